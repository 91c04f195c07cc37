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
        if (const auto reason = refusal_of_form(asked)) return refused{*reason};
        const handle lock = book_.find_object(asked.name);
        const handle own = hold_of(lock, {asked.stamp.session, asked.owner});
        const bool is_again = (asked.flags & reentrant) != 0;
        if (is_again && own != none) return acquire_again(own, asked.mode);
        const bool would_wait = !is_free(lock, asked.mode);
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (own != none) return refused{refusal::self_deadlock};
        const handle client = book_.reach_client(asked.stamp.session);
        if (exceeds_limits(client, lock, would_wait)) return refused{refusal::limit};
        const detail::request fresh = request_of(asked, asked.mode, client, context);
        return settle_for(book_.enqueue(fresh, book_.reach_object(asked.name)));
    }

    [[nodiscard]] reply answer_to(const convert& asked, const apply_context& context) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = refusal_of_hold(one, asked)) return refused{*reason};
        const handle lock = book_.at(one).object;
        const handle other = book_.upgrade_of(lock);
        if (other != none && book_.at(other).upgrades == one) {
            return refused{refusal::upgrade_conflict};
        }
        if (asked.to <= book_.at(one).mode) {
            downgrade(one, asked.to);
            return granted{asked.token};
        }
        if (!Rules::may_upgrade(book_.object_at(lock).held, book_.at(one).mode, other != none)) {
            return refused{refusal::upgrade_conflict};
        }
        return upgrade(one, asked, context);
    }

    [[nodiscard]] reply answer_to(const release& asked, const apply_context&) {
        const handle one = book_.find_hold(asked.token);
        if (const auto reason = refusal_of_hold(one, asked)) return refused{*reason};
        return give_back(one);
    }

    [[nodiscard]] reply answer_to(const query& asked, const apply_context&) const {
        const handle one = find_request(asked.stamp, asked.request);
        if (one == none) return refused{refusal::unknown_request};
        return request_status{book_.at(one).state, book_.at(one).token};
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
        return book_.at(one).token;
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
    [[nodiscard]] handle find_request(const request_stamp& stamp, std::uint64_t sequence) const {
        const handle owner = book_.find_client(stamp.session);
        return owner == none ? none : book_.find_request(owner, sequence);
    }

    [[nodiscard]] reply cancel_granted(handle one, on_granted then) {
        const detail::request& held = book_.at(one);
        const bool is_upgrade = held.kind == request_kind::upgrade;
        if (then == on_granted::release && !is_upgrade) return give_back(one);
        if (then == on_granted::release) downgrade(one, held.before);
        return already_granted{held.token};
    }

    /// One acquisition of a hold less, and no hold after the last.
    [[nodiscard]] reply give_back(handle one) {
        const std::uint32_t left = book_.at(one).count - 1;
        if (left > 0) {
            book_.set_count(one, left);
            return released{left};
        }
        const handle waiting = book_.upgrade_of(book_.at(one).object);
        if (waiting != none && book_.at(waiting).upgrades == one) {
            book_.end(waiting, request_state::cancelled);
            tell(waiting);
        }
        book_.forget(one);
        settle();
        return released{0};
    }

    /// Passes the queue: who holds may go on, also where others wait. (locks 3.5)
    [[nodiscard]] reply acquire_again(handle own, mode asked) {
        const detail::request& held = book_.at(own);
        if (!Rules::covers(held.mode, asked)) return refused{refusal::self_deadlock};
        if (held.count >= config_.max_reentrancy) return refused{refusal::limit};
        book_.set_count(own, held.count + 1);
        return granted{held.token};
    }

    void downgrade(handle one, mode to) {
        book_.convert(one, to);
        settle();
    }

    [[nodiscard]] reply upgrade(handle one, const convert& asked, const apply_context& context) {
        const handle lock = book_.at(one).object;
        const handle client = book_.at(one).client;
        const bool would_wait = !is_compatible_without(one, asked.to);
        if (would_wait && asked.wait_ms == no_wait) return busy{};
        if (asked.wait_ms > config_.max_wait_ms) return refused{refusal::limit};
        if (would_wait && exceeds_limits(client, lock, true)) return refused{refusal::limit};
        detail::request fresh = request_of(asked, asked.to, client, context);
        fresh.kind = request_kind::upgrade;
        const handle waiting = book_.enqueue_upgrade(fresh, lock);
        book_.set_upgrades(waiting, one);
        return settle_for(waiting);
    }

    template <class Command>
    [[nodiscard]] static deferred<detail::request>
    request_of(const Command& asked, mode wanted, handle client, const apply_context& context) {
        detail::request fresh;
        fresh.at = context.at;
        fresh.sequence = asked.stamp.sequence;
        fresh.tag = asked.owner;
        fresh.client = client;
        fresh.mode = fresh.before = wanted;
        fresh.deadline = asked.wait_ms == no_wait ? log_time::never() : context.now + asked.wait_ms;
        return fresh;
    }

    /// What to answer for a request that has just been queued. All pass the queue, also what is granted at once: holds come from
    /// the grant loop only. (locks 3.5)
    [[nodiscard]] reply settle_for(handle one) {
        settle();
        const detail::request& now = book_.at(one);
        if (now.state == request_state::granted) return granted{now.token};
        if (now.state == request_state::queued) {
            book_.at(one).told_queued = true;
            return queued{};
        }
        book_.forget(one);
        return refused{refusal::token_space_exhausted};
    }

    [[nodiscard]] std::optional<deferred<refusal>> refusal_of_form(const acquire& asked) const {
        if (asked.name.empty()) return refusal::name_empty;
        if (asked.name.size() > config_.max_name_bytes) return refusal::name_too_long;
        if ((asked.flags & ~known_acquire_flags) != 0) return refusal::malformed;
        if ((asked.flags & barge) != 0) return refusal::unsupported;
        if (asked.wait_ms > config_.max_wait_ms) return refusal::limit;
        return std::nullopt;
    }

    /// Why a command may not do anything to the hold that it names.
    template <class Command>
    [[nodiscard]] std::optional<deferred<refusal>> refusal_of_hold(handle one,
                                                                   const Command& asked) const {
        if (one == none) return refusal::stale_token;
        if (!Rules::may_release(owner_of(one), {asked.stamp.session, asked.owner})) {
            return refusal::not_owner;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool exceeds_limits(handle owner, handle lock, bool would_wait) const {
        const detail::client& asker = book_.client_at(owner);
        if (asker.requested >= config_.max_requests_per_session) return true;
        if (lock == none) return book_.objects() >= config_.max_locks;
        if (!would_wait) return false;
        return asker.waiting >= config_.max_waiting_per_session ||
               book_.object_at(lock).waiting >= config_.max_waiting_per_lock;
    }

    [[nodiscard]] bool is_free(handle lock, mode asked) const {
        if (lock == none) return true;
        const detail::object& wanted = book_.object_at(lock);
        return Rules::is_compatible(wanted.held, asked) && wanted.queue.empty();
    }
    /// Whether a hold could be in another mode, as to all the others.
    [[nodiscard]] bool is_compatible_without(handle one, mode asked) const {
        holding others = book_.object_at(book_.at(one).object).held;
        --others.in(book_.at(one).mode);
        return Rules::is_compatible(others, asked);
    }

    [[nodiscard]] owner_id owner_of(handle one) const {
        return {book_.client_at(book_.at(one).client).session, book_.at(one).tag};
    }

    /// The strongest hold that an owner has of a lock, or `none`. Linear in the holders.
    [[nodiscard]] handle hold_of(handle lock, const owner_id& owner) const {
        handle strongest = none;
        if (lock == none) return none;
        for (handle one = book_.object_at(lock).holders.first; one != none;
             one = book_.at(one).next) {
            const bool is_stronger =
                strongest == none || book_.at(one).mode > book_.at(strongest).mode;
            if (is_stronger && owner_of(one) == owner) strongest = one;
        }
        return strongest;
    }

    /// Tells the session of a request how its wait has ended, and nobody else. (locks 3.5)
    void tell(handle one) {
        const detail::request& told = book_.at(one);
        if (!told.told_queued) return;
        const session_id session = book_.client_at(told.client).session;
        if (told.state == request_state::granted) {
            emit(wait_granted{session, told.sequence, told.token});
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
