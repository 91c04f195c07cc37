// synod/testing/log_world_machine.hpp - a machine of yours in the world of a log, and notes of what
// it was given.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A command as it was applied. The commands of a world are letters: the first that is proposed is
/// 'a'.
struct log_note {
    position at;
    char letter = '?';
    log_time when;

    friend bool operator==(const log_note&, const log_note&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(at);
        sink.add(letter);
        sink.add(when);
    }
};

/// A set of the letters that commands are named by, from 'a' on.
class letter_set {
public:
    void insert(char letter) { bits_ |= bit_of(letter); }
    [[nodiscard]] bool contains(char letter) const { return (bits_ & bit_of(letter)) != 0; }
    [[nodiscard]] bool includes(letter_set other) const { return (other.bits_ & ~bits_) == 0; }

    friend bool operator==(letter_set, letter_set) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(bits_);
    }

private:
    [[nodiscard]] static std::uint32_t bit_of(char letter) { return 1U << (letter - 'a'); }

    std::uint32_t bits_ = 0;
};

/// A `Parts::machine`, and notes of what it was given. Commands are letters, which
/// `Parts::command` turns into what the machine reads. Replicas of a world recover from records
/// alone: there is no snapshot to write or to read.
template <class Parts>
class noted_machine {
public:
    using machine_type = typename Parts::machine;

    void apply(const apply_context& context, bytes_view letter, result_writer& result) {
        const auto name = static_cast<char>(*letter.data());
        notes_.push_back({context.at, name, context.now});
        machine_.apply(context, Parts::command(name), result);
    }
    void advance(log_time now) {
        is_told_right_ = is_told_right_ && now > now_;
        now_ = now;
        if constexpr (is_timed) machine_.advance(now);
    }
    [[nodiscard]] log_time next_deadline() const {
        if constexpr (is_timed) return machine_.next_deadline();
        return log_time::never();
    }
    void new_leader(ballot leader) {
        is_told_right_ = is_told_right_ && leader > leader_;
        leader_ = leader;
        if constexpr (is_timed) machine_.new_leader(leader);
    }

    static void snapshot(byte_writer& /*out*/) {}
    [[nodiscard]] static std::error_code restore(byte_reader& /*in*/) { return errc::unsupported; }

    [[nodiscard]] const machine_type& machine() const { return machine_; }
    /// The commands, in the order applied.
    [[nodiscard]] const std::vector<log_note>& notes() const { return notes_; }

    /// Whether time and leaders came as a timed machine is promised: rising.
    [[nodiscard]] bool is_told_right() const { return is_told_right_; }

    friend bool operator==(const noted_machine&, const noted_machine&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(machine_);
        sink.add(notes_);
        sink.add(now_);
        sink.add(leader_);
        sink.add(is_told_right_);
    }

private:
    static constexpr bool is_timed = timed_state_machine<machine_type>;

    machine_type machine_{};
    std::vector<log_note> notes_;
    log_time now_;
    ballot leader_;
    bool is_told_right_ = true;
};

}  // namespace synod::inline SYNOD_ABI::testing
