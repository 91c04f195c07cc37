// tests/explore/log_parts.hpp - the parts of the logs that are explored here: those that ship, and
// those that can go wrong.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/log_world.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_policy.hpp"

#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace explore {

using synod::testing::log_vote;

/// The smallest machine that shows how much its log held: it answers with the number of commands
/// so far, a byte.
class counter {
public:
    void apply(const synod::apply_context&, synod::bytes_view, synod::result_writer& result) {
        result.number(++count_);
    }
    static void snapshot(synod::byte_writer& /*out*/) {}
    [[nodiscard]] static std::error_code restore(synod::byte_reader& /*in*/) {
        return synod::errc::unsupported;
    }

    friend bool operator==(const counter&, const counter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(count_);
    }

private:
    std::uint8_t count_ = 0;
};

/// A machine that can make M38: then it takes the time from its node's own clock.
template <class Parts>
class wrong_machine : public synod::testing::noted_machine<Parts> {
public:
    void apply(const synod::apply_context& context, synod::bytes_view letter,
               synod::result_writer& result) {
        synod::apply_context shown = context;
        if (synod::mutants::is(synod::mutants::mutant::m38)) shown.now = own_clock_;
        synod::testing::noted_machine<Parts>::apply(shown, letter, result);
    }

    /// The node's clock, before anything is applied.
    void show(synod::instant now) {
        own_clock_ = synod::log_time(
            static_cast<std::uint64_t>((now - synod::instant()) / synod::milliseconds(1)));
    }

private:
    synod::log_time own_clock_;  // no part of what it remembers
};

/// A disk that can make M31: then the votes of a leader for its own entries reach it only after the
/// sync that they ought to have been part of.
class wrong_log_disk : public synod::testing::log_world_disk {
public:
    template <class Record>
    void append(const Record& one) noexcept {
        log_world_disk::append(one);
    }
    void append(const synod::identity_record& one) noexcept {
        self_ = one.node;
        log_world_disk::append(one);
    }
    void append(const log_vote& one) noexcept {
        const bool is_own = one.ballot.proposer() == self_;
        if (!synod::mutants::is(synod::mutants::mutant::m31) || !is_own)
            return log_world_disk::append(one);
        unwritten_.push_back(one);
    }
    [[nodiscard]] std::error_code sync() noexcept {
        const std::error_code error = log_world_disk::sync();
        for (const log_vote& one : unwritten_) log_world_disk::append(one);
        unwritten_.clear();
        return error;
    }

private:
    synod::node_id self_{synod::max_nodes};
    std::vector<log_vote> unwritten_;  // none between two steps
};

/// What ships.
struct log_parts : synod::testing::log_world_parts {
    using machine = counter;
};

/// The same with a disk whose syncs go on beside the node.
struct async_log_parts : log_parts {
    using disk = synod::testing::log_world_async_disk;
};

/// What can make one mistake of the list. What is chosen is judged by those that cannot.
struct wrong_log_parts : log_parts {
    using disk = wrong_log_disk;
    using policy = synod::mutants::wrong_policy<synod::silent_observer>;

    template <class Parts>
    using noted = wrong_machine<Parts>;

    /// M23 keeps a machine whose node crashed.
    [[nodiscard]] static bool machine_survives_crash() {
        return synod::mutants::is(synod::mutants::mutant::m23);
    }
};

struct wrong_async_log_parts : wrong_log_parts {
    using disk = synod::testing::log_world_async_disk;
};

/// A log's world in which one mistake is made.
template <class Parts>
class mistaken_log {
    using world = synod::testing::log_world<Parts>;

public:
    using state = typename world::state;
    using step = typename world::step;

    mistaken_log(world right, synod::mutants::mutant mistake)
        : world_(std::move(right)), mistake_(mistake) {}

    [[nodiscard]] state initial() {
        const synod::mutants::making make(mistake_);
        synod::mutants::begin_run();
        return world_.initial();
    }
    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        const synod::mutants::making make(mistake_);
        world_.for_each_step(here, visit);
    }
    [[nodiscard]] std::string_view broken(const state& here) const { return world_.broken(here); }
    template <class Sink>
    void facts(const state& before, const step& taken, const state& after, Sink&& sink) {
        world_.facts(before, taken, after, sink);
    }

private:
    world world_;
    synod::mutants::mutant mistake_;
};

}  // namespace explore
