// synod/lock/detail/lock_core.hpp - how holds and waits come to their ends, and who is told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/admission.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/grant_loop.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that runs no commands: what time and the end of a session do, and the acts that commands are made of.
template <class Rules>
class lock_core {
public:
    using event = synod::detail::deferred<lock::event, Rules>;

    /// Events that nobody takes are kept up to this number; then the oldest is dropped.
    static constexpr std::size_t max_events = 65'536;

    explicit lock_core(const lock::config& config)
        : config_(config), last_token_(config.tokens_after) {}

    /// Ends the first wait to end if it is over at `now`; false if there is none.
    bool end_one_wait(log_time now) {
        const wait_timer* const first = book_.first_timer();
        if (first == nullptr || !Rules::is_over(first->deadline, now)) return false;
        const handle one = first->request;
        book_.end(one, request_state::timed_out);
        tell(one);
        return true;
    }

    /// Ends the first lease to end if it is over at `now`, and its hold; false if there is none.
    bool end_one_lease(log_time now) {
        const lease_end* const first = book_.leases().first();
        if (first == nullptr || !Rules::is_over(first->deadline, now)) return false;
        const handle one = first->place;
        const session_id session = book_.client_at(book_.request_of(one).client).session;
        const fencing_token token = book_.place_at(one).token;
        end_hold(one);
        emit(hold_ended{session, token});
        return true;
    }

    /// Gives every lease of a hold its grace. (locks R3)
    void new_leader(log_time now) { book_.leases().grant_grace(now, config_.sessions); }

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

    /// Grants what has become free, from `now` on. The last act of every input that ends something.
    void settle(log_time now) {
        detail::settle<Rules>(book_, last_token_, now, [this](handle one) { tell(one); });
    }

    void emit(const event& happened) {
        if (events_.size() == max_events) events_.pop_front();
        events_.push_back(happened);
    }

    template <class Sink>
    void drain_events(Sink&& sink) {
        for (; !events_.empty(); events_.pop_front()) sink(std::as_const(events_.front()));
    }

    /// When the next wait, or the next lease of a hold, ends.
    [[nodiscard]] log_time next_wait_end() const {
        const wait_timer* const first = book_.first_timer();
        return first == nullptr ? log_time::never() : first->deadline;
    }
    [[nodiscard]] log_time next_lease_end() const {
        const lease_end* const first = book_.leases().first();
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

protected:
    [[nodiscard]] admission<Rules> check() const { return {book_, config_}; }

    [[nodiscard]] handle find_request(const request_stamp& stamp, std::uint64_t sequence) const {
        const handle owner = book_.find_client(stamp.session);
        return owner == none ? none : book_.find_request(owner, sequence);
    }

    /// The first of a request's tokens; zero unless it is granted.
    [[nodiscard]] fencing_token token_of(handle one) const { return book_.at(one).first; }

    /// So many acquisitions of a hold less, and no hold after the last, nor an upgrade that waits for it. Returns how many are left.
    [[nodiscard]] std::uint32_t let_go(handle one, std::uint32_t times = 1) {
        const std::uint32_t left = book_.place_at(one).count - times;
        if (left > 0) {
            book_.set_count(one, left);
            return left;
        }
        end_hold(one);
        return 0;
    }

    /// Ends a hold, however often it was acquired, and an upgrade that waits for it.
    void end_hold(handle one) {
        const handle waiting = book_.upgrade_of(book_.place_at(one).object);
        if (waiting != none && book_.place_at(waiting).upgrades == one) {
            const handle upgrade = book_.place_at(waiting).request;
            book_.end(upgrade, request_state::cancelled);
            tell(upgrade);
        }
        book_.forget_place(one);
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
    book<Rules>
        book_;  // between inputs no touched object, and every lock in it is held or waited for
    fencing_token last_token_;  // the highest ever granted
    queue<event> events_;       // not taken yet; no part of the state
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
