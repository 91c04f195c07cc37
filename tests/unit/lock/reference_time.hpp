// tests/unit/lock/reference_time.hpp - what time does in the reference, and a new leader.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/state.hpp>

#include "reference_grants.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace synod::lock_test {

/// Its timers are found by looking at everything.
class reference_time : public reference_grants {
public:
    void advance(log_time now) {
        if (now.milliseconds() <= now_) return;
        now_ = now.milliseconds();
        while (fire()) {
        }
        grant();
    }

    void new_leader(ballot leader) {
        if (leader <= leader_) return;
        leader_ = leader;
        for (session& one : sessions_) {
            const std::uint64_t wanted = now_ + std::min(one.ttl, config_.sessions.grace_ms);
            if (wanted <= one.deadline) continue;
            const std::uint64_t left = one.ttl * config_.sessions.max_extensions - one.extended;
            const std::uint64_t extra = std::min(wanted - one.deadline, left);
            one.extended += extra;
            one.deadline += extra;
        }
        for (request& one : requests_.all) {
            lock::lease& its = one.is.lease;
            const std::uint64_t wanted = now_ + std::min(its.ttl_ms, config_.sessions.grace_ms);
            if (one.is.state != state::granted || its.ttl_ms == 0) continue;
            if (log_time(wanted) <= its.deadline) continue;
            const std::uint64_t left =
                its.ttl_ms * config_.sessions.max_extensions - its.extended_ms;
            const std::uint64_t extra = std::min(wanted - its.deadline.milliseconds(), left);
            its.extended_ms += extra;
            its.deadline = its.deadline + extra;
        }
    }

protected:
    using reference_grants::reference_grants;

    /// Whichever of two ends first, and of those that end together the first; nullptr is none.
    template <class T, class When>
    static T* earlier(T* one, T* other, When when) {
        if (one == nullptr || other == nullptr) return one == nullptr ? other : one;
        return when(*other) < when(*one) ? other : one;
    }

    /// Ends what is over first: at one moment sessions, then leases, forced ends, waits and
    /// lock-delays.
    bool fire() {
        forced_.forget_all_but(requests_.all);
        session* own = nullptr;
        for (session& one : sessions_)
            own = earlier(own, &one, [](const session& is) { return is.deadline; });
        request* hold = nullptr;
        request* wait = nullptr;
        for (request& one : requests_.all) {
            const auto end = [](const request& of) {
                return std::pair(of.is.lease.deadline, of.is.token);
            };
            if (one.is.lease.deadline < log_time::never()) hold = earlier(hold, &one, end);
            if (one.is.state != state::queued) continue;
            wait = earlier(wait, &one, [](const request& of) { return of.is.deadline; });
        }
        ghost* delay = nullptr;
        for (ghost& one : requests_.ghosts) {
            delay = earlier(delay, &one,
                            [](const ghost& of) { return std::pair(of.is.until, of.is.token); });
        }
        const std::uint64_t never = log_time::never().milliseconds();
        const std::uint64_t ends[] = {
            own == nullptr ? never : own->deadline,
            hold == nullptr ? never : hold->is.lease.deadline.milliseconds(),
            forced_.first() == nullptr ? never : forced_.first()->deadline.milliseconds(),
            wait == nullptr ? never : wait->is.deadline.milliseconds(),
            delay == nullptr ? never : delay->is.until.milliseconds(),
        };
        const auto* const first = std::ranges::min_element(ends);
        if (*first > now_) return false;
        if (first == &ends[0]) return expire(own->id);
        if (first == &ends[1]) return end_lease(*hold);
        if (first == &ends[2]) return end_by_force(*forced_.first());
        if (first == &ends[3]) return time_out(*wait);
        touch(delay->name);
        requests_.ghosts.remove_if([&](const ghost& one) { return &one == delay; });
        return true;
    }

    bool expire(session_id gone) {
        for (const request& one : requests_.all) {
            if (one.is.owner.session == gone && one.is.state == state::granted)
                haunt(one, find(gone)->deadline);
        }
        drop(gone);
        events_.push_back(lock::session_ended{gone});
        return true;
    }

    bool end_lease(request& hold) {
        const lock::hold_ended over{hold.is.owner.session, hold.is.token};
        haunt(hold, hold.is.lease.deadline.milliseconds());
        let_go(hold, hold.is.count);
        events_.push_back(over);
        return true;
    }

    bool end_by_force(lock::forced_end how) {
        request& hold = *requests_.held(how.token);
        const session_id whose = hold.is.owner.session;
        haunt(hold, how.deadline.milliseconds());
        let_go(hold, hold.is.count);
        events_.push_back(lock::hold_revoked{whose, how.token, how.by, how.principal});
        forced_.forget_all_but(requests_.all);
        return true;
    }

    bool time_out(request& wait) {
        const session_id whose = wait.is.owner.session;
        if (wait.gate != 0) {
            gates_.give_up(wait, state::timed_out, requests_, end_and_tell());
            return true;
        }
        end(wait, state::timed_out);
        events_.push_back(lock::wait_ended{whose, wait.is.sequence, state::timed_out});
        return true;
    }
};

}  // namespace synod::lock_test
