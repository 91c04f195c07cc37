// synod/lock/detail/lock_core.hpp - how holds and waits come to their ends, and who is told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/admission.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/gates.hpp>
#include <synod/lock/detail/grant_loop.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/detail/wait_graph.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that runs no commands: what time and the end of a session do, and the acts that commands are made of.
template <class Rules>
class lock_core {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using event = deferred<lock::event>;

    /// Events that nobody takes are kept up to this number; then the oldest is dropped.
    static constexpr std::size_t max_events = 65'536;

    explicit lock_core(const lock::config& config)
        : config_(config), last_token_(config.tokens_after) {
        book_.elections().journal().limit_to(config.watch);
    }

    /// A session has been opened; nothing changes for one that was open.
    void begin_session(session_id session, const client_uuid& client, std::uint64_t lock_delay_ms) {
        const std::uint64_t longest = config_.max_lock_delay_ms;
        book_.begin_session(session, {client, lock_delay_ms < longest ? lock_delay_ms : longest});
    }

    /// Gives every lease of a hold its grace. (locks R3)
    void new_leader(log_time now) { book_.leases().grant_grace(now, config_.sessions); }

    /// Ends what a session has that has been closed, oldest first.
    void end_session(session_id session) {
        end_requests(session, [](handle) {});
    }
    /// The same for one that was over at `deadline`: from then on its holds leave lock-delays.
    void expire_session(session_id session, log_time deadline) {
        end_requests(session, [=, this](handle one) { leave_delay(one, deadline); });
    }

    /// Grants what has become free, from `now` on, and ends waits that would last for ever. The last act of every input that ends
    /// something, or lets somebody wait.
    void settle(log_time now) {
        grant_free(now);
        if (!suspects_.empty()) break_cycles(now);
    }

    void emit(const event& happened) {
        if (events_.size() == max_events) events_.pop_front();
        events_.push_back(happened);
    }

    template <class Sink>
    void drain_events(Sink&& sink) {
        for (; !events_.empty(); events_.pop_front()) sink(std::as_const(events_.front()));
    }

    /// When the next lease of a hold, wait, or lock-delay ends.
    [[nodiscard]] log_time next_end() const {
        return earlier(earlier(lease_end_time(), wait_end_time()), delay_end_time());
    }

    /// Ends the first of them, a lease before a wait before a lock-delay of the same moment, if it is over at `now`; false if
    /// none is.
    bool end_one(log_time now) {
        const log_time first = next_end();
        if (!Rules::is_over(first, now)) return false;
        if (lease_end_time() == first)
            end_one_lease(first);
        else if (wait_end_time() == first)
            end_one_wait();
        else
            end_one_delay();
        return true;
    }
    /// How often a search for those who wait for each other was given up. No part of the state.
    [[nodiscard]] std::uint64_t undetermined() const { return undetermined_; }

    [[nodiscard]] const lock::config& config() const { return config_; }
    [[nodiscard]] fencing_token last_token() const { return last_token_; }
    [[nodiscard]] std::size_t size() const { return book_.objects().size(); }

    /// Fills in the locks, the ended requests, the last token, and what it knows of sessions.
    void describe(lock::state& out) const {
        out.last_token = last_token_;
        for (session_record& one : out.sessions) {
            one.lock_delay_ms = book_.profile_of(one.session).lock_delay_ms;
        }
        detail::describe(book_, out);
        gates_.describe(out.gates, book_);
        book_.elections().journal().describe(out.values, out.watch);
    }

    /// Becomes what was described. Preconditions: nothing was done yet; the state breaks no invariant.
    void rebuild(const lock::state& from) {
        last_token_ = from.last_token;
        for (const session_record& one : from.sessions) {
            begin_session(one.session, one.client, one.lock_delay_ms);
        }
        detail::rebuild(book_, from);
        gates_.rebuild(from.gates, book_);
        book_.elections().journal().rebuild(from.values, from.watch);
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

    [[nodiscard]] log_time wait_end_time() const {
        const wait_timer* const first = book_.waits().first_timer();
        return first == nullptr ? log_time::never() : first->deadline;
    }
    [[nodiscard]] log_time lease_end_time() const {
        const lease_end* const first = book_.leases().first();
        return first == nullptr ? log_time::never() : first->deadline;
    }
    [[nodiscard]] log_time delay_end_time() const {
        const delay_end* const first = book_.objects().delays().first();
        return first == nullptr ? log_time::never() : first->until;
    }

    /// Lists a request that is about to wait, and whoever would wait for itself through it gives way.
    void let_wait(handle one, log_time now) {
        book_.list_wait(one);
        suspect(one);
        settle(now);
    }
    /// Those who wait for a semaphore have come to wait for more of those who hold it.
    void suspect_all_at(handle semaphore) {
        for (handle one = book_.object_at(semaphore).queue.first; one != none;
             one = book_.place_at(one).next) {
            suspect(book_.place_at(one).request);
        }
    }

    /// The cycle that the request of the input under way has given way to.
    [[nodiscard]] deferred<would_deadlock> take_cycle() {
        deferred<would_deadlock> taken;
        taken.cycle.swap(cycle_);
        return taken;
    }

    void end_one_wait() {
        const handle one = book_.waits().first_timer()->request;
        if (is_at_gate(book_.at(one))) return give_up(one, request_state::timed_out);
        book_.end(one, request_state::timed_out);
        tell(one);
    }
    /// Ends a wait at a gate, which may be that of others, too.
    void give_up(handle one, request_state how) {
        gates_.give_up(one, how, book_, [this](handle other) { tell(other); });
    }
    void end_one_lease(log_time deadline) {
        const handle one = book_.leases().first()->place;
        const session_id session = book_.client_at(book_.request_of(one).client).session;
        const fencing_token token = book_.place_at(one).token;
        leave_delay(one, deadline);
        end_hold(one);
        emit(hold_ended{session, token});
    }
    /// And those that end with it at the same object.
    void end_one_delay() {
        const delay_end first = *book_.objects().delays().first();
        book_.objects().end_delays(first.object, first.until);
    }

    /// A hold is about to end that was over at `deadline` and not given back. (locks 3.6)
    void leave_delay(handle one, log_time deadline) {
        const profile& its = book_.profile_of(book_.request_of(one));
        if (!Rules::leaves_delay(its.lock_delay_ms)) return;
        book_.leave_delay(one, its.client, deadline + its.lock_delay_ms);
    }

    /// Calls `before(handle)` for each hold of a session before it ends with all that the session has.
    template <class Before>
    void end_requests(session_id session, Before&& before) {
        if (const handle owner = book_.find_client(session); owner != none) {
            handle next = none;
            for (handle one = book_.client_at(owner).requests.first; one != none; one = next) {
                next = book_.at(one).client_next;
                if (book_.at(one).state == request_state::granted)
                    book_.for_each_place(one, before);
                if (is_at_gate(book_.at(one))) gates_.forget(one, book_);
                book_.forget(one);
            }
            book_.drop_client(owner);
        }
        gates_.end_session(session, book_, [this](handle other) { tell(other); });
        book_.end_session(session);
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

    /// Whoever waits for a lock waits for its new holder from now on, and so for what its owner waits for besides.
    void grant_free(log_time now) {
        detail::settle<Rules>(book_, last_token_, now, [this](handle one) {
            tell(one);
            book_.waits().for_each_of(book_.owner_of(one),
                                      [this](handle other) { suspect(other); });
        });
    }

    /// Ends waits until no suspect waits for itself. (locks 3.7)
    [[gnu::noinline]] void break_cycles(log_time now) {
        wait_graph<Rules> graph(book_, config_.max_cycle_search);
        for (handle victim = next_victim(graph); victim != none; victim = next_victim(graph)) {
            give_way(victim, graph.cycle_of(victim));
            grant_free(now);
        }
        undetermined_ += graph.given_up();
    }

    /// Of all who wait for themselves who gives way; `none`, and no more suspects, if nobody does.
    [[nodiscard]] handle next_victim(wait_graph<Rules>& graph) {
        handle next = none;
        erase_if(suspects_, [&](const auto& one) {
            const bool waits = book_.at(one.second).state == request_state::queued;
            const handle victim = waits ? graph.victim_with(one.second) : none;
            if (victim == none) return true;
            const bool is_rather =
                next == none || Rules::gives_way_before(book_.at(victim).at, book_.at(next).at);
            if (is_rather) next = victim;
            return false;
        });
        return next;
    }

    void suspect(handle one) { suspects_.emplace(book_.at(one).at, one); }

    void give_way(handle victim, const typename wait_graph<Rules>::cycle& cycle) {
        book_.end(victim, request_state::victim);
        const detail::request& ended = book_.at(victim);
        if (ended.told_queued) {
            emit(wait_deadlocked{book_.client_at(ended.client).session, ended.sequence, cycle});
        } else {
            cycle_ = cycle;
        }
    }

    lock::config config_;
    book<Rules> book_;  // between inputs no touched object, and every object in it has a use
    gates<Rules> gates_;
    fencing_token last_token_;  // the highest ever granted
    queue<event> events_;       // not taken yet; no part of the state
    ordered_map<position, deferred<handle>>
        suspects_;                         // empty between inputs: may wait for themselves
    std::vector<deferred<waiter>> cycle_;  // empty between inputs
    std::uint64_t undetermined_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
