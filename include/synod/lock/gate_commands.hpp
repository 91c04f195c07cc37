// synod/lock/gate_commands.hpp - what a client may ask of latches, barriers and double barriers.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/mode.hpp>
#include <synod/log/session.hpp>

#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock {

// Who waits at a gate has a request like one who waits for a lock: named by the sequence of its
// command, with a limit in log time, withdrawn by `cancel`, asked about by `query`, and kept once
// it has ended until `acknowledge`. wait_ended tells how it ended: passed; timed_out or cancelled,
// at a latch; broken. Such waits are no part of the search for deadlocks. Names are those of gates
// alone, apart from those of locks and of values; one that a gate of another kind has is refused
// (kind_mismatch).

/// Sets a latch, which stands until it is set again, whoever's session ends. Each time that it is
/// set begins a generation, with a number that no gate has had before; whoever still waits for the
/// former one is let down (broken). Zero takes the latch away. Answered by `latched`, or `refused`
/// (limit; name_empty, name_too_long). (locks 3.10)
struct set_latch {
    request_stamp stamp;
    std::string name;
    std::uint32_t count = 1;

    friend bool operator==(const set_latch&, const set_latch&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name, self.count); }
};

/// Counts a latch down, to zero at the least; at zero it lets everybody through, from then on.
/// Nothing undoes that, also not the end of the session. Answered by `latched`, or `refused`
/// (unknown_latch; stale_generation where it has been set again since the generation that is
/// named). (locks 3.10)
struct count_down {
    request_stamp stamp;
    std::string name;
    std::uint32_t count = 1;
    std::uint64_t generation = 0;  // zero for whichever is there

    friend bool operator==(const count_down&, const count_down&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.name, self.count, self.generation);
    }
};

/// Waits for a latch to be counted down to zero. Answered by `passed`; `awaiting` (never with
/// no_wait); `busy` (only with no_wait); `cancelled`, if its cancel came first; or `refused`
/// (unknown_latch, stale_generation, limit).
struct await_latch {
    request_stamp stamp;
    std::uint64_t owner = 0;  // as in acquire
    std::string name;
    std::uint64_t wait_ms = wait_forever;  // log time
    std::uint64_t generation = 0;          // zero for whichever is there

    friend bool operator==(const await_latch&, const await_latch&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.wait_ms, self.generation);
    }
};

/// Arrives at a barrier, which comes into being with the first arrival, and lets all through
/// together once so many have arrived; that ends the generation, and whoever comes later begins the
/// next. A party that times out, is cancelled, or whose session ends breaks the generation: every
/// party is told the same, `broken`, the one that gave up, too. (locks 3.10)
///
/// Answered by `passed`; `awaiting` (never with no_wait); `busy` (only with no_wait, and then it
/// has not arrived); `cancelled`, if its cancel came first; or `refused`: parties_out_of_range for
/// zero, kind_mismatch where others wait for another number of parties, self_deadlock for an owner
/// that waits there already, limit.
struct arrive_at_barrier {
    request_stamp stamp;
    std::uint64_t owner = 0;  // as in acquire
    std::string name;
    std::uint32_t parties = 1;
    std::uint64_t wait_ms = wait_forever;  // log time

    friend bool operator==(const arrive_at_barrier&, const arrive_at_barrier&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.parties, self.wait_ms);
    }
};

/// Arrives at a double barrier, to enter it together with the others, and is inside from then on
/// until it leaves. As long as it waits, all is as at a barrier. Whoever comes once all are inside
/// begins the next generation; an owner that is inside is refused (self_deadlock). (locks 3.10)
struct enter_double_barrier {
    request_stamp stamp;
    std::uint64_t owner = 0;  // as in acquire
    std::string name;
    std::uint32_t parties = 1;
    std::uint64_t wait_ms = wait_forever;  // log time

    friend bool operator==(const enter_double_barrier&, const enter_double_barrier&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.parties, self.wait_ms);
    }
};

/// Leaves a double barrier, together with all who have entered it in the same generation. It is out
/// once this is answered, except by `busy` or a refusal: a wait that ends as broken has ended, and
/// to leave again is refused (not_inside). A party that gives up waiting, or whose session ends
/// inside, breaks the generation for all who are to leave yet. (locks 3.10)
///
/// Answered by `passed`; `barrier_broken`, at once, for a generation that is broken; `awaiting`
/// (never with no_wait); `busy` (only with no_wait); `cancelled`, if its cancel came first; or
/// `refused` (not_inside, limit).
struct leave_double_barrier {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that entered
    std::string name;
    std::uint64_t wait_ms = wait_forever;  // log time

    friend bool operator==(const leave_double_barrier&, const leave_double_barrier&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.wait_ms);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
