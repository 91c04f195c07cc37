// tests/unit/lock/reference_acquires.hpp - how the reference takes in requests for locks and
// permits, and changes of mode.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include "reference_overtaking.hpp"
#include "reference_time.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace synod::lock_test {

/// The commands that may have to wait for a lock.
class reference_acquires : public reference_time {
protected:
    using reference_time::reference_time;

    lock::reply run(const lock::acquire& asked, session& self) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if (asked.flags > 7) return no(lock::refusal::malformed);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (requests_.capacity_of(asked.name) > 0) return no(lock::refusal::kind_mismatch);
        if (is_other_policy(asked.name, asked.policy)) return no(lock::refusal::policy_mismatch);
        const lock::owner_id owner{self.id, asked.owner};
        request* const own = requests_.held(asked.name, owner);
        if ((asked.flags & 1) != 0 && own != nullptr) {
            if (own->is.mode < asked.mode) return no(lock::refusal::self_deadlock);
            if (own->is.count >= config_.max_reentrancy) return no(lock::refusal::limit);
            ++own->is.count;
            if (own->is.lease.ttl_ms > 0 && asked.hold_ttl_ms > 0)
                renew(own->is.lease, asked.hold_ttl_ms);
            return lock::granted{own->is.token};
        }
        const auto has_lost = [&](const ghost& one) {
            return one.name == asked.name && one.is.client == self.client &&
                   one.is.mode >= asked.mode;
        };
        const bool reclaims = (asked.flags & 4) != 0;
        const bool fits =
            requests_.fits(asked.name, asked.mode, {}, reclaims ? &self.client : nullptr);
        const request* const first = requests_.front(asked.name);
        const bool passes = reclaims && fits && std::ranges::any_of(requests_.ghosts, has_lost) &&
                            (first == nullptr || !reference_requests::is_upgrade(first->is));
        const bool barges = first != nullptr && !passes && fits && (asked.flags & 2) != 0 &&
                            overtaking::may_barge(requests_, asked.name, config_);
        const bool is_free = passes || barges || (first == nullptr && fits);
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (own != nullptr) return no(lock::refusal::self_deadlock);
        if (requests_.is_over_limits(config_, {asked.name}, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, 1)) return no(lock::refusal::limit);
        come_into_being(asked.name, asked.policy);
        return queue_up(asked, {{asked.name, asked.mode}}, {}, passes || barges, barges);
    }

    lock::reply run(const lock::acquire_all& asked, session& self) {
        std::map<std::string, lock::mode> sorted;
        for (const lock::wanted& one : asked.locks) {
            sorted.try_emplace(one.name, one.mode);
            sorted[one.name] = std::max(sorted[one.name], one.mode);
        }
        if (sorted.empty() || sorted.begin()->first.empty()) return no(lock::refusal::name_empty);
        std::vector<std::string> names;
        bool is_free = true;
        bool holds_one = false;
        for (const auto& [name, mode] : sorted) {
            if (name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
            if (requests_.capacity_of(name) > 0) return no(lock::refusal::kind_mismatch);
            names.push_back(name);
            is_free = is_free && requests_.front(name) == nullptr && requests_.fits(name, mode, {});
            holds_one = holds_one || requests_.held(name, {self.id, asked.owner}) != nullptr;
        }
        lock::policy common = asked.policy;
        for (const std::string& name : names) {
            if (common == lock::policy::any) common = requests_.policy_of(name);
        }
        if (common == lock::policy::any) common = lock::policy::fifo;
        if (common == lock::policy::phase_fair) return no(lock::refusal::policy_mismatch);
        for (const std::string& name : names) {
            if (is_other_policy(name, common)) return no(lock::refusal::policy_mismatch);
        }
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if (names.size() > config_.max_locks_per_request) return no(lock::refusal::limit);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (holds_one) return no(lock::refusal::self_deadlock);
        if (requests_.is_over_limits(config_, names, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, names.size())) return no(lock::refusal::limit);
        for (const std::string& name : names) come_into_being(name, common);
        return queue_up(asked, sorted, {});
    }

    lock::reply run(const lock::acquire_permits& asked, session& self) {
        if (asked.name.empty()) return no(lock::refusal::name_empty);
        if (asked.name.size() > config_.max_name_bytes) return no(lock::refusal::name_too_long);
        if (asked.hold_ttl_ms >> 63U != 0) return no(lock::refusal::ttl_out_of_range);
        if ((asked.flags & ~10U) != 0) return no(lock::refusal::malformed);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        const bool is_there = requests_.exists(asked.name);
        if (!is_there && asked.capacity == 0) return no(lock::refusal::unknown_lock);
        const auto capacity = is_there ? requests_.capacity_of(asked.name) : asked.capacity;
        if (capacity == 0 || (asked.capacity != 0 && asked.capacity != capacity))
            return no(lock::refusal::kind_mismatch);
        if (asked.policy == lock::policy::phase_fair || is_other_policy(asked.name, asked.policy))
            return no(lock::refusal::policy_mismatch);
        if (asked.permits == 0 || asked.permits > capacity)
            return no(lock::refusal::permits_out_of_range);
        if (!is_there) requests_.capacities[asked.name] = capacity;
        const bool is_enough = requests_.has_permits(asked.name, asked.permits);
        const bool passes = is_enough && overtaking::all_let_pass(requests_, asked.name);
        const bool barges = is_enough && !passes && (asked.flags & 2) != 0 &&
                            overtaking::may_barge(requests_, asked.name, config_);
        const bool is_free = passes || barges;
        if (!is_free && asked.wait_ms == 0) return lock::busy{};
        if (requests_.is_over_limits(config_, {asked.name}, self.id, !is_free))
            return no(lock::refusal::limit);
        if (is_full_for(self, 1)) return no(lock::refusal::limit);
        come_into_being(asked.name, asked.policy);
        return queue_up(asked, {{asked.name, lock::mode::shared}}, {}, barges, barges);
    }

    lock::reply run(const lock::set_capacity& asked, session&) {
        if (asked.capacity == 0) return no(lock::refusal::permits_out_of_range);
        if (!requests_.exists(asked.name)) return no(lock::refusal::unknown_lock);
        const std::uint32_t before = requests_.capacity_of(asked.name);
        if (before == 0) return no(lock::refusal::kind_mismatch);
        requests_.capacities[asked.name] = asked.capacity;
        if (asked.capacity < before) requests_.suspect_all_at(asked.name);
        touch(asked.name);
        grant();
        return lock::resized{before};
    }

    lock::reply run(const lock::convert& asked, session& self) {
        request* const own = requests_.held(asked.token);
        if (own == nullptr) return no(lock::refusal::stale_token);
        if (own->is.owner != lock::owner_id{self.id, asked.owner})
            return no(lock::refusal::not_owner);
        if (own->is.permits > 0) return no(lock::refusal::kind_mismatch);
        const request* const first = requests_.front(own->name);
        const bool one_waits = first != nullptr && reference_requests::is_upgrade(first->is);
        if (one_waits && first->is.upgrades == asked.token)
            return no(lock::refusal::upgrade_conflict);
        if (asked.to <= own->is.mode) {
            if (asked.to != lock::mode::exclusive) note_writer(*own);
            own->is.mode = own->is.before = asked.to;
            if (asked.to != lock::mode::exclusive) resign(*own);
            touch(own->name);
            grant();
            return lock::granted{asked.token};
        }
        if (one_waits) return no(lock::refusal::upgrade_conflict);
        for (const request& other : requests_.by_token(own->name)) {
            const bool may_upgrade = other.is.mode == lock::mode::update;
            if (may_upgrade && other.is.token != asked.token)
                return no(lock::refusal::upgrade_conflict);
        }
        const bool would_wait = !requests_.fits(own->name, asked.to, asked.token);
        if (would_wait && asked.wait_ms == 0) return lock::busy{};
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        if (would_wait && requests_.is_over_limits(config_, {own->name}, self.id, true))
            return no(lock::refusal::limit);
        return queue_up(asked, {{own->name, asked.to}}, asked.token);
    }

    bool is_other_policy(const std::string& name, lock::policy asked) {
        const lock::policy has = requests_.policy_of(name);
        return has != lock::policy::any && asked != lock::policy::any && has != asked;
    }

    void come_into_being(const std::string& name, lock::policy by) {
        if (requests_.exists(name)) return;
        requests_.policies[name] = by == lock::policy::any ? lock::policy::fifo : by;
    }

    template <class Command>
    lock::reply queue_up(const Command& asked, const std::map<std::string, lock::mode>& locks,
                         fencing_token upgrades, bool passes_the_queue = false,
                         bool barges = false) {
        std::vector<std::string> names;
        for (const auto& [name, wanted] : locks) names.push_back(name);
        const bool is_ranked = !passes_the_queue && upgrades == fencing_token();
        const std::uint64_t rank =
            is_ranked ? overtaking::rank(requests_, names, asked.terms, now_, config_) : 0;
        const std::uint64_t left =
            fencing_token::max_counter - (last_ & fencing_token::max_counter);
        const bool counts = requests_.policies.at(names.front()) == lock::policy::priority;
        if (is_ranked && counts && left >= names.size())
            overtaking::count_behind(requests_, names, rank, config_);
        for (const auto& [name, wanted] : locks) {
            request fresh = made_of(asked, name, wanted, upgrades);
            fresh.passes_the_queue = passes_the_queue;
            fresh.barges = barges;
            fresh.is.standing.rank = rank;
            requests_.all.push_back(fresh);
            touch(name);
        }
        return answer_to_the_newest(asked.stamp);
    }

    /// What a command asks of one lock.
    template <class Command>
    request made_of(const Command& asked, const std::string& name, lock::mode wanted,
                    fencing_token upgrades) {
        const bool is_limited = asked.wait_ms != 0 && asked.wait_ms != lock::wait_forever;
        request fresh;
        fresh.name = name;
        fresh.is.owner = {asked.stamp.session, asked.owner};
        fresh.is.sequence = asked.stamp.sequence;
        fresh.is.at = at_;
        fresh.is.deadline = is_limited ? log_time(now_ + asked.wait_ms) : log_time::never();
        fresh.is.mode = fresh.is.before = wanted;
        fresh.is.upgrades = upgrades;
        fresh.is.standing.terms = asked.terms;
        if constexpr (requires { asked.hold_ttl_ms; }) {
            if (asked.hold_ttl_ms > 0) fresh.is.lease.ttl_ms = clamped(asked.hold_ttl_ms);
        }
        if constexpr (requires { asked.flags; }) fresh.is.reclaims = (asked.flags & 4) != 0;
        if constexpr (requires { asked.permits; }) {
            fresh.is.permits = asked.permits;
            fresh.is.standing.lets_pass = (asked.flags & 8) != 0 && config_.max_bypass > 0;
        }
        const bool is_upgrade = reference_requests::is_upgrade(fresh.is);
        fresh.is.kind = is_upgrade ? lock::request_kind::upgrade : lock::request_kind::acquisition;
        return fresh;
    }

    lock::reply answer_to_the_newest(const request_stamp& stamp) {
        answering_ = true;
        grant_changed();
        if (requests_.find(stamp.session, stamp.sequence)->is.state == state::queued)
            requests_.suspects.insert(at_);
        end_circles();
        answering_ = false;
        const request& now = *requests_.find(stamp.session, stamp.sequence);
        if (now.is.state == state::granted) return lock::granted{now.is.first};
        if (now.is.state == state::queued) return lock::queued{};
        const bool gave_way = now.is.state == state::victim;
        drop(&now);
        if (gave_way) return lock::would_deadlock{};
        return no(lock::refusal::token_space_exhausted);
    }

    void renew(lock::lease& its, std::uint64_t ttl) const {
        its.extended_ms = 0;
        const log_time wanted(now_ + clamped(ttl));
        if (wanted <= its.deadline) return;
        its = {clamped(ttl), wanted, 0};
    }
};

}  // namespace synod::lock_test
