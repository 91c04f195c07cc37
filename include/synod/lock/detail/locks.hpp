// synod/lock/detail/locks.hpp - what the commands do to locks, holds and queues, given that their session is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/admission.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/grant_loop.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>
#include <synod/log/state_machine.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that knows no leases: one function for each command, and one for each way in which things end.
template <class Rules>
class locks {
    /// Named through the parameter, so that nothing is instantiated before a table is.
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;
    using event = deferred<lock::event>;

    /// Events that nobody takes are kept up to this number; then the oldest is dropped.
    static constexpr std::size_t max_events = 65'536;

    explicit locks(const lock::config& config)
        : config_(config), last_token_(config.tokens_after) {}

    [[nodiscard]] reply answer_to(const acquire& asked, const apply_context& context) {
        if (const auto reason = check().refusal_of(asked)) return refused{*reason};
        const handle lock = book_.find_object(asked.name);
        if (check().is_semaphore(lock)) return refused{refusal::kind_mismatch};
        const handle own = check().hold_of(lock, {asked.stamp.session, asked.owner});
        const bool is_again = (asked.flags & reentrant) != 0;
        if (is_again && own != none) return acquire_again(own, asked.mode);
        const bool would_wait = !check().is_free(lock, {asked.mode, 0});
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (own != none) return refused{refusal::self_deadlock};
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, lock, would_wait)) return refused{refusal::limit};
        const handle fresh = book_.add(request_of(asked, client, context));
        book_.enqueue(fresh, book_.reach_object(asked.name), {asked.mode, 0});
        return settle_for(fresh);
    }

    [[nodiscard]] reply answer_to(const acquire_permits& asked, const apply_context& context) {
        const handle found = book_.find_object(asked.name);
        if (const auto reason = check().refusal_of(asked, found)) return refused{*reason};
        const bool would_wait = !check().is_free(found, stake{mode::shared, asked.permits});
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, found, would_wait)) return refused{refusal::limit};
        const handle fresh = book_.add(request_of(asked, client, context));
        const handle semaphore = book_.reach_object(asked.name, asked.capacity);
        book_.enqueue(fresh, semaphore, {mode::shared, asked.permits});
        return settle_for(fresh);
    }

    [[nodiscard]] reply answer_to(const set_capacity& asked, const apply_context&) {
        if (asked.capacity == 0) return refused{refusal::permits_out_of_range};
        const handle found = book_.find_object(asked.name);
        if (found == none) return refused{refusal::unknown_lock};
        if (!check().is_semaphore(found)) return refused{refusal::kind_mismatch};
        const std::uint32_t before = book_.object_at(found).capacity;
        book_.set_capacity(found, asked.capacity);
        settle();
        return resized{before};
    }

    [[nodiscard]] reply answer_to(const acquire_all& asked, const apply_context& context) {
        const auto wanted = check().in_order(asked.locks);
        if (const auto reason = check().refusal_of(asked, wanted)) return refused{*reason};
        const bool would_wait = !check().are_free(wanted);
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (check().holds_any(wanted, {asked.stamp.session, asked.owner})) {
            return refused{refusal::self_deadlock};
        }
        const handle client = book_.reach_client(asked.stamp.session);
        if (check().exceeds_limits(client, wanted, would_wait)) return refused{refusal::limit};
        const handle fresh = book_.add(request_of(asked, client, context));
        for (const auto& [name, as] : wanted) {
            book_.enqueue(fresh, book_.reach_object(name), {as, 0});
        }
        return settle_for(fresh);
    }

    [[nodiscard]] reply answer_to(const convert& asked, const apply_context& context) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = check().refusal_of_hold(one, asked)) return refused{*reason};
        const handle lock = book_.place_at(one).object;
        if (check().is_semaphore(lock)) return refused{refusal::kind_mismatch};
        const handle other = book_.upgrade_of(lock);
        if (other != none && book_.place_at(other).upgrades == one) {
            return refused{refusal::upgrade_conflict};
        }
        if (asked.to <= book_.place_at(one).stake.mode) {
            downgrade(one, asked.to);
            return granted{asked.token};
        }
        const mode from = book_.place_at(one).stake.mode;
        if (!Rules::may_upgrade(book_.object_at(lock).held, from, other != none)) {
            return refused{refusal::upgrade_conflict};
        }
        return upgrade(one, asked, context);
    }

    [[nodiscard]] reply answer_to(const release& asked, const apply_context&) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = check().refusal_of_hold(one, asked)) return refused{*reason};
        const std::uint32_t left = let_go(one);
        if (left == 0) settle();
        return released{left};
    }

    [[nodiscard]] reply answer_to(const release_all& asked, const apply_context&) {
        deferred<std::map<fencing_token, std::uint32_t>> due;
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
        settle();
        return released{most};
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

    [[nodiscard]] reply answer_to(const cancel& asked, const apply_context&) {
        const handle one = find_request(asked.stamp, asked.request);
        if (one == none) return refused{refusal::unknown_request};
        switch (book_.at(one).state) {
            case request_state::queued: book_.end(one, request_state::cancelled); break;
            case request_state::cancelled: return cancelled{};
            case request_state::granted: return cancel_granted(one, asked.on_granted);
            case request_state::timed_out:
            case request_state::token_space_exhausted:
                return request_status{book_.at(one).state, {}};
        }
        settle();
        return cancelled{};
    }

    /// The token of a request if it is held.
    [[nodiscard]] std::optional<deferred<fencing_token>> held_by(const request_stamp& asked) const {
        const handle one = find_request(asked, asked.sequence);
        if (one == none || book_.at(one).state != request_state::granted) return std::nullopt;
        return token_of(one);
    }

    /// Ends the first wait to end if it is over at `now`; false if there is none.
    bool end_one_wait(log_time now) {
        const wait_timer* const first = book_.first_timer();
        if (first == nullptr || !Rules::is_over(first->deadline, now)) return false;
        const handle one = first->request;
        book_.end(one, request_state::timed_out);
        tell(one);
        return true;
    }

    /// Ends what a session has, oldest first.
    void end_session(session_id session) {
        const handle owner = book_.find_client(session);
        if (owner == none) return;
        handle next = none;
        for (handle one = book_.client_at(owner).requests.first; one != none; one = next) {
            next = book_.at(one).client_next;
            book_.forget(one);
        }
        book_.drop_client(owner);
    }

    /// Grants what has become free. The last act of every input that ends something.
    void settle() {
        detail::settle<Rules>(book_, last_token_, [this](handle one) { tell(one); });
    }

    void emit(const event& happened) {
        if (events_.size() == max_events) events_.pop_front();
        events_.push_back(happened);
    }

    template <class Sink>
    void drain_events(Sink&& sink) {
        for (; !events_.empty(); events_.pop_front()) sink(std::as_const(events_.front()));
    }

    [[nodiscard]] log_time next_deadline() const {
        const wait_timer* const first = book_.first_timer();
        return first == nullptr ? log_time::never() : first->deadline;
    }
    [[nodiscard]] const lock::config& config() const { return config_; }
    [[nodiscard]] fencing_token last_token() const { return last_token_; }
    [[nodiscard]] std::size_t size() const { return book_.objects(); }

    /// Fills in the locks, the ended requests and the last token.
    void describe(lock::state& out) const {
        out.last_token = last_token_;
        detail::describe(book_, out);
    }

    /// Becomes what was described. Preconditions: nothing was done yet; the state breaks no invariant.
    void rebuild(const lock::state& from) {
        last_token_ = from.last_token;
        detail::rebuild(book_, from);
    }

private:
    [[nodiscard]] admission<Rules> check() const { return {book_, config_}; }

    [[nodiscard]] handle find_request(const request_stamp& stamp, std::uint64_t sequence) const {
        const handle owner = book_.find_client(stamp.session);
        return owner == none ? none : book_.find_request(owner, sequence);
    }

    /// The token of a request's first lock; zero unless it is held.
    [[nodiscard]] fencing_token token_of(handle one) const {
        const handle first = book_.at(one).places;
        return first == none ? fencing_token() : book_.place_at(first).token;
    }

    [[nodiscard]] reply cancel_granted(handle one, on_granted then) {
        const fencing_token token = token_of(one);
        if (then == on_granted::keep) return already_granted{token};
        if (book_.at(one).kind == request_kind::acquire) return give_back(one);
        const handle held = book_.at(one).places;
        downgrade(held, book_.place_at(held).before);
        return already_granted{token};
    }

    /// One acquisition less of every lock that a request holds. Answers with how many are left of the one that has most.
    [[nodiscard]] reply give_back(handle whole) {
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
        settle();
        return released{most};
    }

    /// So many acquisitions of a hold less, and no hold after the last, nor an upgrade that waits for it. Returns how many are left.
    [[nodiscard]] std::uint32_t let_go(handle one, std::uint32_t times = 1) {
        const std::uint32_t left = book_.place_at(one).count - times;
        if (left > 0) {
            book_.set_count(one, left);
            return left;
        }
        const handle waiting = book_.upgrade_of(book_.place_at(one).object);
        if (waiting != none && book_.place_at(waiting).upgrades == one) {
            const handle upgrade = book_.place_at(waiting).request;
            book_.end(upgrade, request_state::cancelled);
            tell(upgrade);
        }
        book_.forget_place(one);
        return 0;
    }

    /// Passes the queue: who holds may go on, also where others wait. (locks 3.5)
    [[nodiscard]] reply acquire_again(handle own, mode asked) {
        const place& held = book_.place_at(own);
        if (!Rules::covers(held.stake.mode, asked)) return refused{refusal::self_deadlock};
        if (held.count >= config_.max_reentrancy) return refused{refusal::limit};
        book_.set_count(own, held.count + 1);
        return granted{held.token};
    }

    void downgrade(handle one, mode to) {
        book_.convert(one, to);
        settle();
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
        const handle waiting = book_.add(fresh);
        book_.set_upgrades(book_.enqueue_upgrade(waiting, lock, asked.to), one);
        return settle_for(waiting);
    }

    template <class Command>
    [[nodiscard]] static deferred<detail::request> request_of(const Command& asked, handle client,
                                                              const apply_context& context) {
        detail::request fresh;
        fresh.at = context.at;
        fresh.sequence = asked.stamp.sequence;
        fresh.tag = asked.owner;
        fresh.client = client;
        fresh.deadline = asked.wait_ms == no_wait ? log_time::never() : context.now + asked.wait_ms;
        return fresh;
    }

    /// What to answer for a request that has just been queued. All pass the queue, also what is granted at once: holds come from
    /// the grant loop only. (locks 3.5)
    [[nodiscard]] reply settle_for(handle one) {
        settle();
        const detail::request& now = book_.at(one);
        if (now.state == request_state::granted) return granted{token_of(one)};
        if (now.state == request_state::queued) {
            book_.at(one).told_queued = true;
            return queued{};
        }
        book_.forget(one);
        return refused{refusal::token_space_exhausted};
    }

    /// Tells the session of a request how its wait has ended, and nobody else. (locks 3.5)
    void tell(handle one) {
        const detail::request& told = book_.at(one);
        if (!told.told_queued) return;
        const session_id session = book_.client_at(told.client).session;
        if (told.state == request_state::granted) {
            emit(wait_granted{session, told.sequence, token_of(one)});
        } else {
            emit(wait_ended{session, told.sequence, told.state});
        }
    }

    lock::config config_;
    book<Rules> book_;          // between inputs no touched object, and every lock in it is held
    fencing_token last_token_;  // the highest ever granted
    queue<event> events_;       // not taken yet; no part of the state
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
