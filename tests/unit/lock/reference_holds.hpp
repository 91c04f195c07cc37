// tests/unit/lock/reference_holds.hpp - what is asked of the reference about holds, and about
// requests that wait or have ended.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>

#include "reference_acquires.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace synod::lock_test {

/// The commands that give back, keep, take away, or look.
class reference_holds : public reference_acquires {
protected:
    using reference_acquires::reference_acquires;

    using reference_acquires::run;

    lock::reply run(const lock::release& asked, session& self) {
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        const std::uint32_t left = let_go(*one);
        grant();
        return lock::released{left};
    }

    lock::reply run(const lock::release_all& asked, session& self) {
        const std::multiset<fencing_token> tokens(asked.tokens.begin(), asked.tokens.end());
        lock::not_released wrong;
        for (auto one = tokens.begin(); one != tokens.end(); one = tokens.upper_bound(*one)) {
            const request* const held = requests_.held(*one);
            if (held == nullptr || tokens.count(*one) > held->is.count)
                wrong.holds.push_back({*one, lock::refusal::stale_token});
            if (held != nullptr && held->is.owner != lock::owner_id{self.id, asked.owner}) {
                if (tokens.count(*one) > held->is.count) wrong.holds.pop_back();
                wrong.holds.push_back({*one, lock::refusal::not_owner});
            }
        }
        if (!wrong.holds.empty()) return wrong;
        for (const fencing_token one : tokens) let_go(*requests_.held(one));
        std::uint32_t most = 0;
        for (const fencing_token one : tokens) {
            const request* const left = requests_.held(one);
            if (left != nullptr) most = std::max(most, left->is.count);
        }
        grant();
        return lock::released{most};
    }

    lock::reply run(const lock::renew_hold& asked, session& self) {
        if (asked.ttl_ms == 0 || asked.ttl_ms >> 63U != 0)
            return no(lock::refusal::ttl_out_of_range);
        request* const one = requests_.held(asked.token);
        if (one == nullptr) return no(lock::refusal::stale_token);
        if (one->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (one->is.lease.ttl_ms == 0) return lock::kept{lock::wait_forever};
        renew(one->is.lease, asked.ttl_ms);
        return lock::kept{one->is.lease.deadline.milliseconds() - now_};
    }

    lock::reply run(const lock::request_revoke& asked, session& self) {
        if (const auto* const wrong = complaint_about(asked)) return no(*wrong);
        std::vector<fencing_token> tokens;
        for (const request& one : requests_.by_token(asked.name)) tokens.push_back(one.is.token);
        if (asked.name.empty()) {
            if (requests_.held(asked.token) == nullptr) return no(lock::refusal::stale_token);
            tokens = {asked.token};
        } else if (!requests_.exists(asked.name)) {
            return no(lock::refusal::unknown_lock);
        }
        const bool forced = asked.how == lock::revocation::forced;
        for (const fencing_token token : tokens) {
            const lock::forced_end wanted{token, log_time(now_) + asked.grace_ms, self.id,
                                          self.principal};
            if (forced && asked.grace_ms == 0) {
                end_by_force(wanted);
                continue;
            }
            if (forced) forced_.add(wanted);
            lock::revoke_requested told{requests_.held(token)->is.owner.session, token, self.id,
                                        asked.reason, asked.grace_ms};
            if (const auto* const known = forced_.of(token)) {
                told.remaining_ms = known->deadline.milliseconds() - now_;
                told.how = lock::revocation::forced;
            }
            events_.push_back(told);
        }
        grant();
        return lock::revoking{static_cast<std::uint32_t>(tokens.size())};
    }

    lock::reply run(const lock::force_release& asked, session& self) {
        if (requests_.held(asked.token) == nullptr) return no(lock::refusal::stale_token);
        end_by_force({asked.token, log_time(now_), self.id, self.principal});
        grant();
        return lock::released{0};
    }

    lock::reply run(const lock::check_token& asked, session&) {
        for (const request& one : requests_.by_token(asked.name)) {
            if (one.is.token == asked.token && covers(one, asked.mode))
                return lock::token_checked{lock::validity::valid};
        }
        return lock::token_checked{lock::validity::stale};
    }

    lock::reply run(const lock::query& asked, session& self) {
        const request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr) return no(lock::refusal::unknown_request);
        return lock::request_status{one->is.state, one->is.first};
    }

    lock::reply run(const lock::acknowledge& asked, session& self) {
        const request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr || one->is.state == state::granted) return lock::acknowledged{};
        if (one->is.state == state::queued) return lock::request_status{state::queued, {}};
        drop(one);
        return lock::acknowledged{};
    }

    lock::reply run(const lock::cancel& asked, session& self) {
        const bool is_unseen =
            asked.request > self.acknowledged && !self.replies.contains(asked.request);
        if (is_unseen && asked.request < asked.stamp.sequence) {
            self.replies[asked.request] = lock::cancelled{};
            return lock::cancelled{};
        }
        request* const one = requests_.find(self.id, asked.request);
        if (one == nullptr) return no(lock::refusal::unknown_request);
        if (one->gate != 0 && one->is.state == state::queued) {
            quiet_ = one;
            gates_.give_up(*one, state::cancelled, requests_, end_and_tell());
            quiet_ = nullptr;
            if (one->is.state != state::cancelled) return lock::request_status{one->is.state, {}};
            return lock::cancelled{};
        }
        if (one->is.state == state::queued) {
            end(*one, state::cancelled);
            grant();
            return lock::cancelled{};
        }
        if (one->is.state == state::cancelled) return lock::cancelled{};
        if (one->is.state != state::granted) return lock::request_status{one->is.state, {}};
        const bool is_release = asked.on_granted == lock::on_granted::release;
        if (is_release && one->is.kind == lock::request_kind::acquisition) {
            std::uint32_t most = 0;
            for (request* place : requests_.places_of(*one)) most = std::max(most, let_go(*place));
            grant();
            return lock::released{most};
        }
        if (is_release) {
            if (one->is.before != lock::mode::exclusive) note_writer(*one);
            one->is.mode = one->is.before;
            if (one->is.mode != lock::mode::exclusive) resign(*one);
            touch(one->name);
            grant();
        }
        return lock::already_granted{one->is.first};
    }
};

}  // namespace synod::lock_test
