// synod/lock/revocation_invariant.hpp - what holds in every state of holds that are to end by
// force.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/revocation.hpp>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Each is of a hold, at most one of each, in order of token, and still to come. (locks 3.6)
template <class State>
[[nodiscard]] bool forced_ends_are_of_holds(const State& now) {
    synod::detail::deferred<ordered_set<fencing_token>, State> held;
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.holders) held.insert(one.token);
    }
    fencing_token last;
    // Each of `last`, `held` and `deadline` is asked in turn.
    for (const auto& one : now.forced_ends) {
        if (one.token <= last || !held.contains(one.token) || one.deadline <= now.now) return false;
        last = one.token;
    }
    return true;
}

/// Of two states, the earlier first: nothing puts off a forced end. Whoever still holds under the
/// same token does so until then at the latest. (locks 3.6)
template <class State>
[[nodiscard]] bool forced_ends_only_approach(const State& before, const State& after) {
    synod::detail::deferred<ordered_map<fencing_token, log_time>, State> due;
    for (const auto& one : before.forced_ends) due[one.token] = one.deadline;
    if (due.empty()) return true;
    synod::detail::deferred<ordered_map<fencing_token, log_time>, State> now_due;
    for (const auto& one : after.forced_ends) now_due[one.token] = one.deadline;
    for (const auto& lock : after.locks) {
        for (const auto& hold : lock.holders) {
            const auto was = due.find(hold.token);
            if (was == due.end()) continue;
            const auto is = now_due.find(hold.token);
            if (is == now_due.end() || is->second > was->second) return false;
        }
    }
    return true;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
