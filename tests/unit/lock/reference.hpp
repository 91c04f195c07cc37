// tests/unit/lock/reference.hpp - the lock table again, as lists and loops, to compare the real one
// with.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/state_machine.hpp>

#include "reference_listing.hpp"
#include "reference_objects.hpp"
#include "reference_overtaking.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::lock_test {

/// What it is made of comes in layers, each of which knows those below: state, ends, grants, time,
/// acquires, holds, objects. Here a command is heard once, and what is about sessions and about the
/// table as a whole is answered.
class reference : public reference_objects {
public:
    explicit reference(const lock::config& config) : reference_objects(config) {}

    lock::reply execute(const apply_context& context, const lock::command& asked) {
        advance(context.now);
        at_ = context.at;
        return visit([this](const auto& one) { return once(one); }, asked);
    }

    /// How many searches were given up.
    [[nodiscard]] std::uint64_t undetermined() const { return undetermined_; }

    std::vector<lock::event> events() { return std::exchange(events_, {}); }

    [[nodiscard]] const lock::config& config() const { return config_; }

    /// What `table::describe` should say.
    [[nodiscard]] lock::state describe() const {
        lock::state out;
        out.now = log_time(now_);
        out.leader = leader_;
        out.last = at_;
        out.last_token = fencing_token(last_);
        for (const session& one : sessions_) {
            out.sessions.push_back({one.id, log_time(one.deadline), one.client, one.lock_delay,
                                    one.principal, one.meta});
            for (const request& r : requests_.all) {
                const bool is_over =
                    r.is.token == fencing_token() && r.is.state != lock::request_state::queued;
                if (r.is.owner.session == one.id && is_over) out.ended.push_back(r.is);
            }
        }
        out.locks = requests_.locks();
        out.forced_ends = forced_.sorted();
        out.access = access_.sorted();
        out.values = values_.describe();
        out.gates = gates_.describe(requests_);
        watch_.describe(out);
        return out;
    }

private:
    using reference_objects::run;

    lock::reply once(const lock::open_session& asked) {
        for (const session& one : sessions_) {
            if (one.client != asked.client || one.nonce != asked.nonce) continue;
            if (one.principal != asked.principal) return no(lock::refusal::denied);
            return lock::opened{one.id, one.ttl};
        }
        if (asked.principal.size() > 128) return no(lock::refusal::name_too_long);
        if (asked.meta.size() > config_.max_meta_bytes) return no(lock::refusal::limit);
        std::uint32_t alike = 0;
        for (const session& one : sessions_) alike += one.principal == asked.principal ? 1 : 0;
        if (alike >= config_.max_sessions_per_principal || is_full())
            return no(lock::refusal::limit);
        if (asked.ttl_ms == 0 || asked.ttl_ms >> 63U != 0)
            return no(lock::refusal::ttl_out_of_range);
        if (sessions_.size() >= config_.sessions.max_sessions) return no(lock::refusal::limit);
        const auto ttl =
            std::clamp(asked.ttl_ms, config_.sessions.min_ttl_ms, config_.sessions.max_ttl_ms);
        sessions_.push_back({session_id(at_),
                             asked.client,
                             asked.nonce,
                             ttl,
                             now_ + ttl,
                             0,
                             0,
                             std::min(asked.lock_delay_ms, config_.max_lock_delay_ms),
                             {},
                             asked.principal,
                             asked.meta});
        return lock::opened{session_id(at_), ttl};
    }

    template <class Command>
    lock::reply once(const Command& asked) {
        session* const self = find(asked.stamp.session);
        const auto sequence = asked.stamp.sequence;
        if (self == nullptr) return no(lock::refusal::session_expired);
        if (sequence <= asked.stamp.acknowledged || sequence <= self->acknowledged) {
            return no(lock::refusal::stale_sequence);
        }
        self->acknowledged = std::max(self->acknowledged, asked.stamp.acknowledged);
        std::erase_if(self->replies,
                      [&](const auto& one) { return one.first <= self->acknowledged; });
        if (self->replies.contains(sequence)) return again(asked, self->replies[sequence]);
        constexpr bool is_ordinary = !(
            std::is_same_v<Command, lock::keep_alive> ||
            std::is_same_v<Command, lock::close_session> ||
            std::is_same_v<Command, lock::release> || std::is_same_v<Command, lock::release_all> ||
            std::is_same_v<Command, lock::acknowledge> || std::is_same_v<Command, lock::cancel>);
        const std::uint64_t room = config_.sessions.max_outstanding +
                                   (is_ordinary ? 0 : config_.sessions.reserved_outstanding);
        if (self->replies.size() >= room) return no(lock::refusal::too_many_outstanding);
        const bool is_allowed = access_.allows(self->principal, asked, requests_);
        const lock::reply answer = is_allowed ? run(asked, *self) : no(lock::refusal::denied);
        forced_.forget_all_but(requests_.all);
        if (session* const still = find(asked.stamp.session)) still->replies[sequence] = answer;
        return answer;
    }

    template <class Command>
    static constexpr bool is_asking =
        std::is_same_v<Command, lock::acquire> || std::is_same_v<Command, lock::acquire_all> ||
        std::is_same_v<Command, lock::acquire_permits> || std::is_same_v<Command, lock::convert> ||
        is_passing<Command> || std::is_same_v<Command, lock::campaign>;

    template <class Command>
    lock::reply again(const Command& asked, const lock::reply& stored) {
        const request* const one = requests_.find(asked.stamp.session, asked.stamp.sequence);
        const bool had_to_wait = holds_alternative<lock::queued>(stored);
        if (is_asking<Command> && had_to_wait && one != nullptr && one->is.state == state::granted)
            return lock::granted{one->is.first};
        return stored;
    }

    lock::reply run(const lock::keep_alive&, session& self) {
        self.deadline = now_ + self.ttl;
        self.extended = 0;
        return lock::kept{self.ttl};
    }

    lock::reply run(const lock::close_session& asked, session&) {
        drop(asked.stamp.session);
        grant();
        return lock::closed{};
    }

    lock::reply run(const lock::list_locks& asked, session& self) {
        return list_of(asked, requests_.locks(), [&](const std::string& name) {
            return access_.rules.empty() || access_.may(self.principal, name, 1);
        });
    }

    lock::reply run(const lock::set_limits& asked, session&) {
        if (validate(asked.limits)) return no(lock::refusal::malformed);
        const fencing_token begin = config_.tokens_after;
        config_ = asked.limits;
        config_.tokens_after = begin;
        values_.set_limits(config_);
        watch_.set_limits(config_);
        gates_.set_limits(config_);
        overtaking::bound(requests_, config_);
        grant();
        return lock::administered{};
    }

    lock::reply run(const lock::bump_epoch& asked, session&) {
        if (asked.epoch <= last_ >> 48U) return no(lock::refusal::stale_token);
        last_ = std::uint64_t{asked.epoch} << 48U;
        return lock::administered{};
    }

    lock::reply run(const lock::set_acl& asked, session&) {
        const auto wrong = access_.change(asked, config_.max_access_rules);
        if (wrong) return no(*wrong);
        return lock::administered{};
    }
};

}  // namespace synod::lock_test
