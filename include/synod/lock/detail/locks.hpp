// synod/lock/detail/locks.hpp - what the commands do to locks, holds and queues, given that their
// session is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/admission.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/gate_keeper.hpp>
#include <synod/lock/detail/objects.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/log/session.hpp>
#include <synod/log/session_config.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that knows no sessions: one function for each command, given that its
/// session is live.
template <class Rules>
class locks : public gate_keeper<Rules> {
    using core = gate_keeper<Rules>;

    /// Named through the parameter, so that nothing is instantiated before a table is.
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;

    using gate_keeper<Rules>::gate_keeper;
    using gate_keeper<Rules>::answer_to;
    using core::settle;

    [[nodiscard]] reply answer_to(const acquire_view& asked, const apply_context& context) {
        if (const auto reason = check().refusal_of(asked)) return refused{*reason};
        const hashed_name name(asked.name);
        const handle lock = book_.objects().find(name);
        if (check().is_semaphore(lock)) return refused{refusal::kind_mismatch};
        if (!check().has_policy(lock, asked.policy)) return refused{refusal::policy_mismatch};
        const handle own = check().hold_of(lock, {asked.stamp.session, asked.owner});
        const bool is_again = (asked.flags & reentrant) != 0;
        if (is_again && own != none) return acquire_again(own, asked, context.now);
        const bool reclaims = (asked.flags & reclaim) != 0;
        const client_uuid* const reclaimer =
            reclaims ? &book_.profiles().of(asked.stamp.session).client : nullptr;
        const stake wanted{asked.mode, 0};
        const bool is_first = reclaims && check().may_reclaim_at_once(lock, *reclaimer, asked.mode);
        const bool is_free = is_first || check().is_free(lock, wanted, reclaimer);
        const bool barges = !is_free && may_barge(asked, lock, wanted, reclaimer);
        const bool would_wait = !is_free && !barges;
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (own != none) return refused{refusal::self_deadlock};
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, lock, would_wait)) return refused{refusal::limit};
        if (check().is_full_for(client, 1)) return refused{refusal::limit};
        detail::request made = request_of(asked, client, context);
        made.reclaims = reclaims;
        made.barges = barges;
        const handle target = lock != none ? lock : book_.objects().make(name, 0, asked.policy);
        if (is_free && !reclaims && asked.hold_ttl_ms == 0) {
            const auto token = core::grant_at_once(made, target, wanted, context.now);
            if (token) return granted{*token};
        }
        const handle fresh = add(made, asked, context.now);
        join(fresh, target, wanted, is_first || barges, asked, context.now);
        return settle_for(fresh, context.now);
    }

    [[nodiscard]] reply answer_to(const acquire_permits_view& asked, const apply_context& context) {
        const handle found = book_.objects().find(asked.name);
        if (const auto reason = check().refusal_of(asked, found)) return refused{*reason};
        const stake wanted{mode::shared, asked.permits};
        const bool is_free = check().is_free(found, wanted) || check().may_pass(found, wanted);
        const bool barges = !is_free && may_barge(asked, found, wanted, nullptr);
        const bool would_wait = !is_free && !barges;
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, found, would_wait)) return refused{refusal::limit};
        if (check().is_full_for(client, 1)) return refused{refusal::limit};
        detail::request made = request_of(asked, client, context);
        made.barges = barges;
        const handle fresh = add(made, asked, context.now);
        const handle target = book_.objects().reach(asked.name, asked.capacity, asked.policy);
        join(fresh, target, wanted, barges, asked, context.now);
        return settle_for(fresh, context.now);
    }

    [[nodiscard]] reply answer_to(const set_capacity& asked, const apply_context& context) {
        if (asked.capacity == 0) return refused{refusal::permits_out_of_range};
        const handle found = book_.objects().find(asked.name);
        if (found == none) return refused{refusal::unknown_lock};
        if (!check().is_semaphore(found)) return refused{refusal::kind_mismatch};
        const std::uint32_t before = book_.object_at(found).capacity;
        book_.set_capacity(found, asked.capacity);
        if (asked.capacity < before) core::suspect_all_at(found);
        settle(context.now);
        return resized{before};
    }

    [[nodiscard]] reply answer_to(const deferred<acquire_all>& asked,
                                  const apply_context& context) {
        const auto wanted = check().in_order(asked.locks);
        if (const auto reason = check().refusal_of(asked, wanted)) return refused{*reason};
        const bool would_wait = !check().are_free(wanted);
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (check().holds_any(wanted, {asked.stamp.session, asked.owner})) {
            return refused{refusal::self_deadlock};
        }
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, wanted, would_wait)) return refused{refusal::limit};
        if (check().is_full_for(client, wanted.size())) return refused{refusal::limit};
        detail::request made = request_of(asked, client, context);
        made.is_wide = wanted.size() > 1;
        const handle fresh = add(made, asked, context.now);
        core::join_all(fresh, wanted, check().policy_of(asked, wanted), asked, context.now);
        return settle_for(fresh, context.now);
    }

    [[nodiscard]] reply answer_to(const convert& asked, const apply_context& context) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = check().refusal_of_hold(one, asked)) return refused{*reason};
        const handle lock = book_.place_at(one).object;
        if (check().is_semaphore(lock)) return refused{refusal::kind_mismatch};
        const handle other = book_.upgrade_of(lock);
        if (other != none && book_.upgraded_by(other) == one) {
            return refused{refusal::upgrade_conflict};
        }
        if (asked.to <= book_.place_at(one).mode) {
            downgrade(one, asked.to, context);
            return granted{asked.token};
        }
        const mode from = book_.place_at(one).mode;
        if (!Rules::may_upgrade(book_.object_at(lock).held(), from, other != none)) {
            return refused{refusal::upgrade_conflict};
        }
        return upgrade(one, asked, context);
    }

    [[nodiscard]] reply answer_to(const release& asked, const apply_context& context) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = check().refusal_of_hold(one, asked)) return refused{*reason};
        const std::uint32_t left = let_go(one);
        if (left == 0) settle(context.now);
        return released{left};
    }

    [[nodiscard]] reply answer_to(const deferred<release_all>& asked,
                                  const apply_context& context) {
        deferred<ordered_map<fencing_token, std::uint32_t>> due;
        for (const fencing_token token : asked.tokens) ++due[token];
        deferred<not_released> wrong;
        for (const auto& [token, times] : due) {
            const handle one = book_.find_hold(token);
            auto reason = check().refusal_of_hold(one, asked);
            if (!reason && times > book_.place_at(one).count) reason = refusal::stale_token;
            if (reason) wrong.holds.push_back({token, *reason});
        }
        if (!wrong.holds.empty()) return wrong;
        std::uint32_t most = 0;
        for (const auto& [token, times] : due) {
            const std::uint32_t left = let_go(book_.find_hold(token), times);
            if (left > most) most = left;
        }
        settle(context.now);
        return released{most};
    }

    [[nodiscard]] reply answer_to(const renew_hold& asked, const apply_context& context) {
        if (asked.ttl_ms == 0 || asked.ttl_ms >= ttl_end_ms) {
            return refused{refusal::ttl_out_of_range};
        }
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = check().refusal_of_hold(one, asked)) return refused{*reason};
        if (!book_.place_at(one).has_lease) return kept{wait_forever};
        const std::uint64_t ttl_ms = check().clamp_ttl(asked.ttl_ms);
        const log_time end = book_.leases().renew(one, asked.token, ttl_ms, context.now);
        return kept{end.milliseconds() - context.now.milliseconds()};
    }

    [[nodiscard]] reply answer_to(const query& asked, const apply_context&) const {
        const handle one = find_request(asked.stamp, asked.request);
        if (one == none) return refused{refusal::unknown_request};
        return request_status{book_.at(one).state, token_of(one)};
    }

    [[nodiscard]] reply answer_to(const acknowledge& asked, const apply_context&) {
        const handle one = find_request(asked.stamp, asked.request);
        if (one == none || book_.at(one).state == request_state::granted) return acknowledged{};
        if (book_.at(one).state == request_state::queued) {
            return request_status{request_state::queued, {}};
        }
        book_.forget(one);
        return acknowledged{};
    }

    [[nodiscard]] reply answer_to(const cancel& asked, const apply_context& context) {
        const handle one = find_request(asked.stamp, asked.request);
        if (one == none) return refused{refusal::unknown_request};
        if (is_at_gate(book_.at(one))) return core::withdraw(one);
        switch (book_.at(one).state) {
            case request_state::queued: book_.end(one, request_state::cancelled); break;
            case request_state::cancelled: return cancelled{};
            case request_state::granted: return cancel_granted(one, asked.on_granted, context);
            case request_state::timed_out:
            case request_state::token_space_exhausted:
            case request_state::victim:
            case request_state::passed:
            case request_state::broken: return request_status{book_.at(one).state, {}};
        }
        settle(context.now);
        return cancelled{};
    }

    /// The first token of a request if it is granted.
    [[nodiscard]] std::optional<deferred<fencing_token>> held_by(const request_stamp& asked) const {
        const handle one = find_request(asked, asked.sequence);
        if (one == none || book_.at(one).state != request_state::granted) return std::nullopt;
        return token_of(one);
    }

protected:
    using core::book_;
    using core::check;
    using core::config_;
    using core::find_request;

private:
    using core::add;
    using core::join;
    using core::let_go;
    using core::may_barge;
    using core::request_of;
    using core::token_of;

    [[nodiscard]] reply cancel_granted(handle one, on_granted then, const apply_context& context) {
        const fencing_token token = token_of(one);
        if (then == on_granted::keep) return already_granted{token};
        if (book_.at(one).kind == request_kind::acquisition) return give_back(one, context);
        const handle held = book_.at(one).places;
        downgrade(held, book_.place_at(held).before, context);
        return already_granted{token};
    }

    /// One acquisition less of every lock that a request holds. Answers with how many are left of
    /// the one that has most.
    [[nodiscard]] reply give_back(handle whole, const apply_context& context) {
        std::uint32_t places = 0;
        book_.for_each_place(whole, [&places](handle) { ++places; });
        std::uint32_t due = Rules::given_back(places);
        std::uint32_t most = 0;
        book_.for_each_place(whole, [&](handle one) {
            if (due == 0) return;
            --due;
            const std::uint32_t left = let_go(one);
            if (left > most) most = left;
        });
        settle(context.now);
        return released{most};
    }

    /// Passes the queue: who holds may go on, also where others wait. (locks 3.5)
    [[nodiscard]] reply acquire_again(handle own, const acquire_view& asked, log_time now) {
        const place& held = book_.place_at(own);
        if (!Rules::covers(held.mode, asked.mode)) return refused{refusal::self_deadlock};
        if (held.count >= config_.max_reentrancy) return refused{refusal::limit};
        book_.set_count(own, held.count + 1);
        if (held.has_lease && asked.hold_ttl_ms != 0) {
            book_.leases().renew(own, held.token, check().clamp_ttl(asked.hold_ttl_ms), now);
        }
        return granted{held.token};
    }

    void downgrade(handle one, mode to, const apply_context& context) {
        book_.convert(one, to);
        settle(context.now);
    }

    [[nodiscard]] reply upgrade(handle one, const convert& asked, const apply_context& context) {
        const handle lock = book_.place_at(one).object;
        const handle client = book_.request_of(one).client;
        const bool would_wait = !check().is_compatible_without(one, asked.to);
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (asked.wait_ms > config_.max_wait_ms) return refused{refusal::limit};
        if (would_wait && check().exceeds_limits(client, lock, true))
            return refused{refusal::limit};
        detail::request fresh = request_of(asked, client, context);
        fresh.kind = request_kind::upgrade;
        const handle waiting = add(fresh, asked, context.now);
        book_.set_upgrades(book_.enqueue_upgrade(waiting, lock, asked.to), one);
        return settle_for(waiting, context.now);
    }

    /// What to answer for a request that has just been queued. (locks 3.5)
    [[nodiscard]] reply settle_for(handle one, log_time at) {
        core::grant_free(at);
        if (book_.at(one).state == request_state::queued) core::let_wait(one);
        core::end_cycles(at);
        switch (book_.at(one).state) {
            case request_state::granted: return granted{token_of(one)};
            case request_state::queued: book_.at(one).told_queued = true; return queued{};
            case request_state::victim: book_.forget(one); return core::take_cycle();
            case request_state::cancelled:
            case request_state::timed_out:
            case request_state::passed:
            case request_state::broken:
            case request_state::token_space_exhausted: break;
        }
        book_.forget(one);
        return refused{refusal::token_space_exhausted};
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
