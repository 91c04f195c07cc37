// tests/explore/log_machine.hpp - the smallest machine that shows what its log held: it writes down
// every command.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/log/state_machine.hpp>

#include "mutants/mutant.hpp"

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <vector>

namespace explore {

/// A command as it was applied.
struct note {
    synod::position at;
    char letter = '?';
    synod::log_time when;

    friend bool operator==(const note&, const note&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(at);
        sink.add(letter);
        sink.add(when);
    }
};

/// Writes down each command, a letter, and answers with the number of those written so far, a byte.
class notebook {
public:
    void apply(const synod::apply_context& context, synod::bytes_view command,
               synod::result_writer& result) {
        write({context.at, static_cast<char>(*command.data()), context.now}, result);
    }
    void advance(synod::log_time now) {
        is_told_right_ = is_told_right_ && now > now_;
        now_ = now;
    }
    [[nodiscard]] static synod::log_time next_deadline() { return synod::log_time::never(); }
    void new_leader(synod::ballot leader) {
        is_told_right_ = is_told_right_ && leader > leader_;
        leader_ = leader;
    }

    /// Notebooks are kept by their storage's records alone: there is no snapshot to write or to
    /// read.
    static void snapshot(synod::byte_writer& /*out*/) {}
    [[nodiscard]] static std::error_code restore(synod::byte_reader& /*in*/) {
        return synod::errc::unsupported;
    }

    [[nodiscard]] const std::vector<note>& notes() const { return notes_; }

    /// Whether time and leaders came as a timed machine is promised: rising.
    [[nodiscard]] bool is_told_right() const { return is_told_right_; }

    friend bool operator==(const notebook&, const notebook&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(notes_);
        sink.add(now_);
        sink.add(leader_);
        sink.add(is_told_right_);
    }

protected:
    void write(const note& one, synod::result_writer& result) {
        notes_.push_back(one);
        result.number(static_cast<std::uint8_t>(notes_.size()));
    }

private:
    std::vector<note> notes_;  // in the order applied
    synod::log_time now_;
    synod::ballot leader_;
    bool is_told_right_ = true;
};

/// A notebook that can make M38: then it takes the time from its node's own clock.
class wrong_notebook : public notebook {
public:
    void apply(const synod::apply_context& context, synod::bytes_view command,
               synod::result_writer& result) {
        synod::apply_context shown = context;
        if (synod::mutants::is(synod::mutants::mutant::m38)) shown.now = own_clock_;
        notebook::apply(shown, command, result);
    }

    /// The node's clock, before anything is applied.
    void show(synod::instant now) {
        own_clock_ = synod::log_time(
            static_cast<std::uint64_t>((now - synod::instant()) / synod::milliseconds(1)));
    }

private:
    synod::log_time own_clock_;  // no part of what it remembers
};

}  // namespace explore
