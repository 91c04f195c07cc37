// synod/lock/detail/grant_loop.hpp - the only place where holds come into being.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Whether the request at the front of a queue can be granted beside those who hold, but for the hold that it replaces.
template <class Rules>
[[nodiscard]] bool is_grantable(const book<Rules>& all, handle front) {
    const request& asked = all.at(front);
    holding others = all.object_at(asked.object).held;
    if (asked.upgrades != none) --others.in(all.at(asked.upgrades).mode);
    return Rules::is_compatible(others, asked.mode);
}

/// Grants the waiting requests of one lock from the front of its queue, and stops at the first that cannot be granted: nobody
/// is skipped. (locks 3.5) A token is taken at the grant, not on arrival. When none is left, the requests end instead of
/// waiting for ever. `tell(handle)` is called after each request that is granted or ended here.
template <class Rules, class Tell>
void run_grant_loop(book<Rules>& all, handle lock, fencing_token& last, Tell&& tell) {
    while (!all.object_at(lock).queue.empty()) {
        const handle front = all.object_at(lock).queue.first;
        if (!is_grantable(all, front)) return;
        if (Rules::has_next_token(last)) {
            last = Rules::next_token(last);
            all.hold(front, last);
        } else {
            all.end(front, request_state::token_space_exhausted);
        }
        tell(front);
    }
}

/// Runs the loop for every lock that has changed, in the order in which they did, and lets those go that are idle. Called
/// after all due timers have fired, so nobody is granted anything whose own time is over.
template <class Rules, class Tell>
void settle(book<Rules>& all, fencing_token& last, Tell&& tell) {
    for (handle lock = all.take_touched(); lock != none; lock = all.take_touched()) {
        run_grant_loop(all, lock, last, tell);
        all.drop_if_idle(lock);
    }
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
