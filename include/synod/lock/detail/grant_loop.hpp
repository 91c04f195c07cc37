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

/// Whether a place is the first in its queue and can be held beside those who hold, but for the
/// hold that it replaces.
template <class Rules>
[[nodiscard]] bool is_free_for(const book<Rules>& all, handle one) {
    const place& asked = all.place_at(one);
    const object& lock = all.object_at(asked.object);
    if (lock.queue.first != one) return false;
    holding others = all.obstacles_of(one);
    if (asked.is_upgrade) --others.in(all.place_at(all.upgraded_by(one)).mode);
    return is_free_beside<Rules>(lock, others, asked.stake());
}

/// Grants a request in all its places, with consecutive tokens. A token is taken at the grant, not
/// on arrival. When too few are left, the request ends instead of waiting for ever.
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

/// Grants a request, which is for one object that is free for it, and where nobody waits: it need
/// not pass the queue. `none`, and nothing has changed, when no token is left. Precondition: it
/// reclaims nothing.
template <class Rules>
[[nodiscard]] handle grant_at_once(book<Rules>& all, const request& asked, handle target,
                                   const stake& wanted, fencing_token& last) {
    if (!Rules::has_tokens(last, 1)) return none;
    last = Rules::next_token(last);
    return all.add_hold(asked, target, wanted, last);
}

/// From a place on, the first in its queue that lets nobody pass, or `none`.
template <class Rules>
[[nodiscard]] handle who_blocks(const book<Rules>& all, handle from) {
    while (from != none && all.standing_of(all.place_at(from).request).lets_pass) {
        from = all.place_at(from).next;
    }
    return from;
}

/// Whoever can be granted of those who wait for a semaphore and whom all ahead of them let pass;
/// `none` if nobody can. Linear in those who let others pass.
template <class Rules>
[[nodiscard]] handle find_passing(const book<Rules>& all, handle semaphore) {
    const object& here = all.object_at(semaphore);
    const holding others = all.objects().obstacles(semaphore);
    const handle last = who_blocks(all, here.queue.first);
    for (handle one = here.queue.first; one != last;) {
        one = all.place_at(one).next;
        if (one == none) return none;
        if (is_free_beside<Rules>(here, others, all.place_at(one).stake())) return one;
    }
    return none;
}

/// Grants one who passes those ahead of it; false if nobody can. `listener` as below.
template <class Rules, class Listener>
[[gnu::noinline]] bool let_one_pass(book<Rules>& all, handle semaphore, fencing_token& last,
                                    log_time now, Listener& listener) {
    const handle passing = find_passing(all, semaphore);
    if (passing == none) return false;
    const handle last_ahead = all.ahead_of(passing);
    const handle whose = all.place_at(passing).request;
    grant(all, whose, 1, last, now);
    if (all.at(whose).state == request_state::granted) {
        for (handle one = last_ahead; one != none; one = all.ahead_of(one)) {
            listener.overtaken(all.place_at(one).request);
        }
    }
    listener.ended(whose);
    return true;
}

/// Grants the first in the queue of one lock; false if it cannot be granted. `listener` as below.
template <class Rules, class Listener>
bool let_front_in(book<Rules>& all, const object& here, fencing_token& last, log_time now,
                  Listener& listener) {
    const handle front = all.place_at(here.queue.first).request;
    std::uint32_t places = 0;
    bool is_grantable = true;
    all.for_each_place(front, [&](handle one) {
        ++places;
        is_grantable = is_grantable && is_free_for(all, one);
    });
    if (!is_grantable) return false;
    grant(all, front, places, last, now);
    const request& whose = all.at(front);
    if (whose.barges && whose.state == request_state::granted) {
        for (handle one = here.queue.first; one != none; one = all.place_at(one).next) {
            listener.overtaken(all.place_at(one).request);
        }
    }
    listener.ended(front);
    return true;
}

/// A writer's hold has ended, so those who wait to read by now go ahead of those who wait to write,
/// in the order of their arrival. Linear in those who wait.
template <class Rules, class Listener>
[[gnu::noinline]] void let_readers_ahead(book<Rules>& all, handle lock, Listener& listener) {
    handle before = all.upgrade_of(lock);
    for (handle one = all.object_at(lock).queue.first, next = none; one != none; one = next) {
        next = all.place_at(one).next;
        const place& waiting = all.place_at(one);
        const bool is_due = !waiting.is_upgrade && Rules::is_due_to_read(waiting.mode);
        if (!is_due) continue;
        standing its = all.standing_of(waiting.request);
        if (its.rank != 0) {
            its.rank = 0;
            all.set_standing(waiting.request, its);
            all.move_behind(before, one);
            listener.moved(waiting.request);
        }
        before = one;
    }
    all.objects()[lock].is_phase_over = false;
}

/// Grants the waiting requests of one lock from the front of its queue, and stops at the first that
/// cannot be granted: nobody is skipped, but who lets others pass. A request for several locks
/// takes none of them before it can have all. (locks 3.5) `listener.ended(handle)` is called after
/// each wait that ends here, with a grant or without, and `listener.overtaken(handle)` for each who
/// goes on waiting while another is granted ahead of it, and `listener.moved(handle)` for each who
/// was put ahead of others.
template <class Rules, class Listener>
void run_grant_loop(book<Rules>& all, handle lock, fencing_token& last, log_time now,
                    Listener& listener) {
    const object& here = all.object_at(lock);
    if (here.is_phase_over) let_readers_ahead(all, lock, listener);
    while (!here.queue.empty()) {
        if (let_front_in(all, here, last, now, listener)) continue;
        if (here.capacity == 0 || !let_one_pass(all, lock, last, now, listener)) return;
    }
}

/// Runs the loop for every lock that has changed, in the order in which they did, and lets those go
/// that are idle. Called after all due timers have fired, so nobody is granted anything whose own
/// time is over.
template <class Rules, class Listener>
void settle(book<Rules>& all, fencing_token& last, log_time now, Listener&& listener) {
    for (handle lock = all.objects().take_touched(); lock != none;
         lock = all.objects().take_touched()) {
        run_grant_loop(all, lock, last, now, listener);
        all.objects().drop_if_idle(lock);
    }
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
