// tests/unit/lock/reference_ends.hpp - how requests and holds come to their ends in the reference.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/event.hpp>
#include <synod/lock/state.hpp>

#include "reference_state.hpp"

#include <algorithm>
#include <cstdint>

namespace synod::lock_test {

/// The acts that commands and time are made of.
class reference_ends : public reference_state {
protected:
    using reference_state::reference_state;

    /// What waited at several locks has ended once.
    void end(request& one, state how) {
        for (const request* place : requests_.places_of(one)) touch(place->name);
        requests_.all.remove_if(
            [&](const request& other) { return &other != &one && other.is.at == one.is.at; });
        one.is.state = how;
        one.is.deadline = log_time::never();
        one.is.upgrades = {};
        one.is.mode = one.is.before = lock::mode::exclusive;
        one.is.permits = 0;
        one.is.lease = {};
        one.is.standing = {};
        one.is.reclaims = false;
        one.is.has_value = false;
        one.is.value.clear();
    }

    /// A hold is about to end that was not given back.
    void haunt(const request& hold, std::uint64_t deadline) {
        const session& whose = *find(hold.is.owner.session);
        const std::uint64_t lasts = std::min(whose.lock_delay, config_.max_lock_delay_ms);
        if (lasts == 0) return;
        ghost left{{hold.is.token, hold.is.mode, hold.is.permits, whose.client,
                    log_time(deadline + lasts)},
                   hold.name};
        for (const ghost& one : requests_.ghosts) {
            if (!is_like(one, left)) continue;
            left.is.until = std::max(left.is.until, one.is.until);
            left.is.token = std::max(left.is.token, one.is.token);
        }
        requests_.ghosts.remove_if([&](const ghost& one) { return is_like(one, left); });
        requests_.ghosts.push_back(left);
    }

    /// Of a lock, a client leaves one in each mode.
    static bool is_like(const ghost& one, const ghost& other) {
        return one.name == other.name && one.is.client == other.is.client &&
               one.is.mode == other.is.mode && one.is.permits == 0 && other.is.permits == 0;
    }

    /// Who leads has a value that everybody is told, and so is that it leads no more.
    void take_office(request& one) {
        if (!one.is.has_value || one.is.state != state::granted) return;
        watch_.tell({{0, lock::change_kind::leader, {}, one.name, one.is.token, one.is.value, 0}});
        one.is.proclaimed = watch_.revision();
    }

    void resign(request& one) {
        if (one.is.has_value && one.is.state == state::granted) {
            watch_.tell({{0, lock::change_kind::leader, lock::change_effect::gone, one.name,
                          one.is.token, "", 0}});
        }
        one.is.has_value = false;
        one.is.value.clear();
        one.is.proclaimed = 0;
    }

    /// Ends who waits at a gate, and tells all but `quiet_`.
    auto end_and_tell() {
        return [this](request& one, state how) {
            end(one, how);
            if (&one == quiet_) return;
            events_.push_back(lock::wait_ended{one.is.owner.session, one.is.sequence, how});
        };
    }

    void drop(session_id id) {
        sessions_.remove_if([&](const session& one) { return one.id == id; });
        for (const request& one : requests_.all) {
            const bool counts = one.is.state == state::queued || one.is.state == state::granted;
            if (one.is.owner.session == id && counts) touch(one.name);
            if (one.is.owner.session == id) note_writer(one);
        }
        for (request& one : requests_.all) {
            if (one.is.owner.session == id) resign(one);
        }
        const auto broken = gates_.broken_by(id, requests_);
        requests_.all.remove_if([&](const request& one) { return one.is.owner.session == id; });
        gates_.shatter_all(broken, requests_, end_and_tell());
    }

    void drop(const request* gone) {
        note_writer(*gone);
        if (gone->is.state == state::granted) touch(gone->name);
        for (request& one : requests_.all) {
            if (&one == gone) resign(one);
        }
        requests_.all.remove_if([&](const request& one) { return &one == gone; });
    }

    std::uint32_t let_go(request& one, std::uint32_t times = 1) {
        one.is.count -= times;
        if (one.is.count > 0) return one.is.count;
        for (request& other : requests_.all) {
            if (other.is.upgrades != one.is.token) continue;
            end(other, state::cancelled);
            events_.push_back(
                lock::wait_ended{other.is.owner.session, other.is.sequence, state::cancelled});
        }
        drop(&one);
        return 0;
    }
};

}  // namespace synod::lock_test
