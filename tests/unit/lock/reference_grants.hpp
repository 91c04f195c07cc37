// tests/unit/lock/reference_grants.hpp - who is granted what in the reference, and who gives way.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/event.hpp>
#include <synod/lock/state.hpp>

#include "reference_ends.hpp"
#include "reference_overtaking.hpp"
#include "reference_searches.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

/// The only place where its holds come into being.
class reference_grants : public reference_ends {
protected:
    using reference_ends::reference_ends;

    void grant() {
        grant_changed();
        end_circles();
    }
    void grant_changed() {
        while (!changed_.empty()) {
            const std::string name = changed_.front();
            changed_.pop_front();
            grant(name);
        }
    }

    /// Of those who give way in circles, the youngest goes first.
    void end_circles() {
        reference_searches searches(config_.max_cycle_search);
        while (const auto chosen = who_gives_way(searches)) {
            request& victim = *std::ranges::find_if(
                requests_.all, [&](const request& other) { return other.is.at == *chosen; });
            const lock::wait_deadlocked told{victim.is.owner.session, victim.is.sequence, {}};
            end(victim, state::victim);
            if (*chosen != at_now()) events_.push_back(told);
            grant_changed();
        }
        undetermined_ += searches.given_up();
    }
    /// As long as no search was given up this is found by looking at everything; what searches come
    /// to does not count.
    std::optional<position> who_gives_way(reference_searches& searches) {
        const auto found = searches.victim(requests_.locks(), requests_.suspects);
        const bool is_sure = undetermined_ + searches.given_up() == 0;
        return is_sure ? requests_.victim() : found;
    }

    void grant(const std::string& name) {
        const bool is_fair = requests_.policy_of(name) == lock::policy::phase_fair;
        if (had_writer_.erase(name) > 0 && is_fair) overtaking::end_phase(requests_, name);
        while (request* const front = requests_.front(name)) {
            std::vector<request*> places = requests_.places_of(*front);
            const bool is_grantable = std::ranges::all_of(places, [this](const request* one) {
                return requests_.front(one->name) == one && fits(*one);
            });
            request* const passing = is_grantable ? nullptr : overtaking::passing(requests_, name);
            if (!is_grantable && passing == nullptr) return;
            if (passing != nullptr) places = {passing};
            const auto queue = overtaking::queue_of(requests_, name);
            const auto overtaken = passing != nullptr ? std::ranges::find(queue, passing)
                                   : front->barges    ? queue.end() - 1
                                                      : queue.begin();
            const auto several = static_cast<std::size_t>(overtaken - queue.begin());
            const lock::request_record asked = places.front()->is;
            const bool is_exhausted =
                fencing_token::max_counter - (last_ & fencing_token::max_counter) < places.size();
            if (is_exhausted) end(*places.front(), state::token_space_exhausted);
            const std::uint64_t first = last_ + 1;
            for (request* one : places) {
                if (is_exhausted) break;
                one->is.first = fencing_token(first);
                hold(*one);
            }
            if (!is_exhausted) overtaking::count(requests_, name, several, config_);
            requests_.suspect_waits_of(asked.owner);
            if (asked.at == at_now()) continue;
            if (is_exhausted) {
                events_.push_back(lock::wait_ended{asked.owner.session, asked.sequence,
                                                   state::token_space_exhausted});
            } else {
                events_.push_back(
                    lock::wait_granted{asked.owner.session, asked.sequence, fencing_token(first)});
            }
        }
    }

    bool fits(const request& one) {
        if (one.is.permits > 0) return requests_.has_permits(one.name, one.is.permits);
        return requests_.fits(one.name, one.is.mode, one.is.upgrades,
                              one.is.reclaims ? &find(one.is.owner.session)->client : nullptr);
    }

    void hold(request& one) {
        one.is.state = state::granted;
        one.is.standing = {};
        one.is.deadline = log_time::never();
        one.is.token = fencing_token(++last_);
        if (one.is.lease.ttl_ms > 0) one.is.lease.deadline = log_time(now_) + one.is.lease.ttl_ms;
        touch(one.name);
        take_office(one);
        if (std::exchange(one.is.reclaims, false)) {
            const client_uuid& self = find(one.is.owner.session)->client;
            requests_.ghosts.remove_if(
                [&](const ghost& left) { return left.name == one.name && left.is.client == self; });
        }
        const fencing_token replaced = std::exchange(one.is.upgrades, {});
        const request* const old = requests_.held(replaced);
        if (old == nullptr) return;
        one.is.count = old->is.count;
        one.is.before = old->is.mode;
        one.is.lease = old->is.lease;
        forced_.rename(replaced, one.is.token);
        requests_.all.remove_if([&](const request& gone) { return &gone == old; });
    }
};

}  // namespace synod::lock_test
