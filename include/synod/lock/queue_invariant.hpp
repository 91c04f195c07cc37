// synod/lock/queue_invariant.hpp - what holds in every state of a lock table of those who wait,
// each a predicate with a name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Whether one goes behind another, by rank, and by position where that is the same.
template <class Record>
[[nodiscard]] bool comes_after(const Record& one, const Record& other) {
    const std::uint64_t own = one.standing.rank;
    const std::uint64_t others = other.standing.rank;
    return own == others ? one.at > other.at : own > others;
}

/// Whether that is a rank that a lock's policy gives to such a request.
template <class Lock, class Record>
[[nodiscard]] bool has_lawful_rank(const Lock& lock, const Record& one) {
    if (one.kind == request_kind::upgrade || lock.policy == policy::fifo) {
        return one.standing.rank == 0;
    }
    if (lock.policy == policy::priority) return true;
    return one.standing.rank == 1 || (one.standing.rank == 0 && one.mode == mode::shared);
}

/// Every lock has a policy, and nobody a rank that it does not give. No semaphore is phase_fair.
/// (locks 3.5)
template <class State>
[[nodiscard]] bool ranks_follow_policies(const State& now) {
    for (const auto& lock : now.locks) {
        if (lock.policy == policy::any) return false;
        if (lock.policy == policy::phase_fair && lock.capacity != 0) return false;
        for (const auto& one : lock.queue) {
            if (!has_lawful_rank(lock, one)) return false;
        }
    }
    return true;
}

/// Whoever waits for several locks finds the same policy at all of them, and none that has an order
/// of its own at each. (locks 3.5)
template <class State>
[[nodiscard]] bool several_locks_have_one_policy(const State& now) {
    synod::detail::deferred<ordered_map<position, policy>, State> seen;
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.queue) {
            const auto [first, is_new] = seen.emplace(one.at, lock.policy);
            if (is_new) continue;
            if (lock.policy == policy::phase_fair || first->second != lock.policy) return false;
        }
    }
    return true;
}

/// Only who waits stands to others in any way.
template <class State>
[[nodiscard]] bool only_who_waits_has_standing(const State& now) {
    const auto is_right = [](const auto& list) {
        for (const auto& one : list) {
            if (one.state != request_state::queued && one.standing != lock::standing())
                return false;
        }
        return true;
    };
    for (const auto& lock : now.locks) {
        if (!is_right(lock.holders) || !is_right(lock.queue)) return false;
    }
    return is_right(now.ended);
}

/// Nobody is overtaken more often than may be, nor lets others pass once that is over. (locks 3.5)
template <class State>
[[nodiscard]] bool bypass_is_bounded(const State& now, std::uint32_t most) {
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.queue) {
            if (one.standing.bypassed > most) return false;
            if (one.standing.lets_pass && one.standing.bypassed == most) return false;
        }
    }
    return true;
}

/// Of two states, the earlier first: the same, where the bound may have been lowered below what was
/// already. Then nobody is overtaken any more who stands at it or beyond. (locks 3.5)
template <class State>
[[nodiscard]] bool bypass_stays_bounded(const State& before, const State& after,
                                        std::uint32_t most) {
    synod::detail::deferred<ordered_map<position, std::uint32_t>, State> was;
    for (const auto& lock : before.locks) {
        for (const auto& one : lock.queue) was[one.at] = one.standing.bypassed;
    }
    for (const auto& lock : after.locks) {
        for (const auto& one : lock.queue) {
            const standing& its = one.standing;
            if (its.lets_pass && its.bypassed >= most) return false;
            if (its.bypassed > most && its.bypassed > was[one.at]) return false;
        }
    }
    return true;
}

/// An upgrade is overtaken by nobody, and only who waits for permits lets others pass. (locks 3.5)
template <class State>
[[nodiscard]] bool only_who_may_be_is_overtaken(const State& now) {
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.queue) {
            if (one.standing.lets_pass && one.permits == 0) return false;
            if (one.kind == request_kind::upgrade && one.standing.bypassed != 0) return false;
        }
    }
    return true;
}

/// No lost wake-up: where all who stand ahead let others pass, nobody waits for permits that are
/// there. (locks 3.5)
template <class State>
[[nodiscard]] bool who_may_pass_does_not_wait(const State& now) {
    for (const auto& lock : now.locks) {
        std::uint64_t held = 0;
        for (const auto& one : lock.holders) held += one.permits;
        for (const auto& one : lock.delays) held += one.permits;
        bool may_pass = lock.capacity != 0;
        for (const auto& one : lock.queue) {
            if (may_pass && rules::has_permits(held, one.permits, lock.capacity)) return false;
            may_pass = may_pass && one.standing.lets_pass;
        }
    }
    return true;
}

/// The name of the first of these that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken_of_queues(const State& now) {
    if (!only_who_waits_has_standing(now)) return "only_who_waits_has_standing";
    if (!ranks_follow_policies(now)) return "ranks_follow_policies";
    if (!several_locks_have_one_policy(now)) return "several_locks_have_one_policy";
    if (!only_who_may_be_is_overtaken(now)) return "only_who_may_be_is_overtaken";
    if (!who_may_pass_does_not_wait(now)) return "who_may_pass_does_not_wait";
    return nullptr;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
