// synod/lock/detail/arrivals.hpp - how a request comes into the queues of its locks, and where in
// them it stands.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/administration.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/log/session.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <optional>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that takes in what was admitted.
template <class Rules>
class arrivals : public administration<Rules> {
    using core = administration<Rules>;

    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using administration<Rules>::administration;

protected:
    using core::book_;
    using core::check;
    using core::config_;

    template <class Command>
    [[nodiscard]] static deferred<detail::request> request_of(const Command& asked, handle client,
                                                              const apply_context& context) {
        detail::request fresh;
        fresh.set_at(context.at);
        fresh.sequence = asked.stamp.sequence;
        fresh.tag = asked.owner;
        fresh.client = client;
        return fresh;
    }

    /// Grants what is free for a request for one object where nobody waits; nothing if no token is
    /// left. Preconditions: it reclaims nothing, and asks for no lease. Its terms count for
    /// nothing: they are for those who wait.
    [[nodiscard]] std::optional<deferred<fencing_token>>
    grant_at_once(const detail::request& made, handle target, const stake& wanted, log_time now) {
        const handle fresh =
            detail::grant_at_once<Rules>(book_, made, target, wanted, core::last_token_);
        if (fresh == none) return std::nullopt;
        const deferred<fencing_token> given = core::last_token_;
        typename core::listener{this}.ended(fresh);
        core::end_cycles(now);  // which may grant something to others
        return given;
    }

    /// Takes a request in on the terms of its command.
    template <class Command>
    [[nodiscard]] handle add(const detail::request& made, const Command& asked, log_time now) {
        const bool is_short = asked.wait_ms == no_wait;
        const handle fresh = book_.add(made, is_short ? log_time::never() : now + asked.wait_ms);
        const bool lets_pass = lets_small_pass(asked);
        if (lets_pass || asked.terms != lock::terms()) {
            book_.set_standing(fresh, {asked.terms, 0, 0, lets_pass});
        }
        return fresh;
    }

    /// Whether smaller requests for permits may go ahead of this one.
    template <class Command>
    [[nodiscard]] bool lets_small_pass(const Command& asked) const {
        if constexpr (requires { asked.permits; }) {
            return (asked.flags & allow_small_pass) != 0 &&
                   Rules::may_be_overtaken(0, config_.max_bypass);
        } else {
            return false;
        }
    }

    /// A request joins a queue, or goes ahead of it.
    template <class Command>
    void join(handle one, handle target, const stake& wanted, bool is_first, const Command& asked,
              log_time now) {
        if (is_first) return want(book_.enqueue_first(one, target, wanted), asked);
        const policy by = book_.object_at(target).policy;
        if (by != policy::fifo) rank(one, target, now);
        want(book_.enqueue(one, target, wanted), asked);
        if (by == policy::priority) count_overtaken_by(one);
    }
    /// The same for several locks of one policy. The rank is found before the first is joined, so
    /// that it is the same in all of them.
    template <class Wanted>
    void join_all(handle one, const Wanted& all, policy by, const deferred<acquire_all>& asked,
                  log_time now) {
        if (by == policy::priority) {
            for (const auto& [name, as] : all) rank(one, book_.objects().reach(name, 0, by), now);
        }
        for (const auto& [name, as] : all) {
            want(book_.enqueue(one, book_.objects().reach(name, 0, by), {as, 0}), asked);
        }
        if (by == policy::priority) count_overtaken_by(one);
    }

    template <class Command>
    [[nodiscard]] bool may_barge(const Command& asked, handle found, const stake& wanted,
                                 const client_uuid* reclaimer) const {
        return (asked.flags & barge) != 0 && check().may_barge(found, wanted, reclaimer);
    }

private:
    /// A place is to have the lease that its command asks for.
    template <class Command>
    void want(handle place, const Command& asked) {
        if (asked.hold_ttl_ms == 0) return;
        book_.want_lease(place, {check().clamp_ttl(asked.hold_ttl_ms), log_time::never(), 0});
    }

    /// Gives a request its rank, or a later one, so that it overtakes nobody at that object who
    /// cannot be overtaken any more.
    [[gnu::noinline]] void rank(handle one, handle target, log_time now) {
        const object& here = book_.object_at(target);
        standing its = book_.standing_of(one);
        const std::uint64_t own =
            Rules::rank_of(here.policy, its.terms.priority, now, config_.aging_ms);
        if (own > its.rank) its.rank = own;
        for (handle other = book_.last_in_queue(target); other != none;
             other = book_.ahead_of(other)) {
            const standing& others = book_.standing_of(book_.place_at(other).request);
            if (others.rank <= its.rank) break;
            if (Rules::may_be_overtaken(others.bypassed, config_.max_bypass)) continue;
            its.rank = others.rank;
            break;
        }
        book_.set_standing(one, its);
    }

    /// Each of those behind a request counts once, at however many locks they are. Where it cannot
    /// be granted for want of tokens it counts nothing, for it may be refused, and has changed
    /// nothing then.
    [[gnu::noinline]] void count_overtaken_by(handle one) {
        std::uint32_t places = 0;
        deferred<ordered_set<handle>> behind;
        book_.for_each_place(one, [&](handle at) {
            ++places;
            for (at = book_.place_at(at).next; at != none; at = book_.place_at(at).next) {
                behind.insert(book_.place_at(at).request);
            }
        });
        if (!Rules::has_tokens(core::last_token(), places)) return;
        for (const handle other : behind) core::count_overtaking(other);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
