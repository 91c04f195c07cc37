// synod/lock/queue_invariant.hpp - what holds in every state of a lock table of those who wait, each a predicate with a name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/reply.hpp>

namespace synod::inline SYNOD_ABI::lock::invariant {

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

/// The name of the first of these that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken_of_queues(const State& now) {
    if (!only_who_waits_has_standing(now)) return "only_who_waits_has_standing";
    return nullptr;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
