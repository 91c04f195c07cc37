// synod/lock/detail/grant_loop.hpp - the only place where holds come into being.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Whether that can be held beside all these.
template <class Rules>
[[nodiscard]] bool is_free_beside(const object& lock, const holding& others, const stake& wanted) {
    if (lock.capacity == 0) return Rules::is_compatible(others, wanted.mode);
    return Rules::has_permits(others.permits, wanted.permits, lock.capacity);
}

/// Whether a place is the first in its queue and can be held beside those who hold, but for the hold that it replaces.
template <class Rules>
[[nodiscard]] bool is_free_for(const book<Rules>& all, handle one) {
    const place& asked = all.place_at(one);
    const object& lock = all.object_at(asked.object);
    if (lock.queue.first != one) return false;
    holding others = all.obstacles_of(one);
    if (asked.upgrades != none) --others.in(all.place_at(asked.upgrades).stake.mode);
    return is_free_beside<Rules>(lock, others, asked.stake);
}

/// Grants a request in all its places, with consecutive tokens. A token is taken at the grant, not on arrival. When too few are
/// left, the request ends instead of waiting for ever.
template <class Rules>
void grant(book<Rules>& all, handle one, std::uint32_t places, fencing_token& last, log_time now) {
    if (!Rules::has_tokens(last, places)) return all.end(one, request_state::token_space_exhausted);
    fencing_token first;
    all.for_each_place(one, [&](handle at) {
        last = Rules::next_token(last);
        if (first == fencing_token()) first = last;
        all.hold(at, last, now);
    });
    all.note_granted(one, first);
}

/// Grants the waiting requests of one lock from the front of its queue, and stops at the first that cannot be granted: nobody
/// is skipped. A request for several locks takes none of them before it can have all. (locks 3.5) `tell(handle)` is called after
/// each request that is granted or ended here.
template <class Rules, class Tell>
void run_grant_loop(book<Rules>& all, handle lock, fencing_token& last, log_time now, Tell&& tell) {
    while (!all.object_at(lock).queue.empty()) {
        const handle front = all.place_at(all.object_at(lock).queue.first).request;
        std::uint32_t places = 0;
        bool is_grantable = true;
        all.for_each_place(front, [&](handle one) {
            ++places;
            is_grantable = is_grantable && is_free_for(all, one);
        });
        if (!is_grantable) return;
        grant(all, front, places, last, now);
        tell(front);
    }
}

/// Runs the loop for every lock that has changed, in the order in which they did, and lets those go that are idle. Called
/// after all due timers have fired, so nobody is granted anything whose own time is over.
template <class Rules, class Tell>
void settle(book<Rules>& all, fencing_token& last, log_time now, Tell&& tell) {
    for (handle lock = all.objects().take_touched(); lock != none;
         lock = all.objects().take_touched()) {
        run_grant_loop(all, lock, last, now, tell);
        all.objects().drop_if_idle(lock);
    }
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
