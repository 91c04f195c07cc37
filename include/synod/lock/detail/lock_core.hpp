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
#include <synod/lock/detail/access.hpp>
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
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of the table that runs no commands: what time and the end of a session do, and the acts
/// that commands are made of.
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

    /// Why a session may not be opened that is not open yet.
    [[nodiscard]] std::optional<deferred<refusal>>
    refusal_of_opening(const open_session_view& asked) const {
        if (asked.principal.size() > principal_bytes_end) return refusal::name_too_long;
        if (asked.meta.size() > config_.max_meta_bytes) return refusal::limit;
        const std::uint32_t others = book_.profiles().sessions_of(asked.principal);
        const bool has_room = Rules::has_room(others, 1, config_.max_sessions_per_principal);
        return has_room && !check().is_full() ? std::nullopt : std::optional(refusal::limit);
    }
    /// A session has been opened, if it was not before. False if it is another principal's.
    [[nodiscard]] bool begin_session(session_id session, const open_session_view& asked) {
        const std::uint64_t longest = config_.max_lock_delay_ms;
        const std::uint64_t delay = asked.lock_delay_ms < longest ? asked.lock_delay_ms : longest;
        book_.profiles().begin(
            session, {asked.client, delay, std::string(asked.principal), std::string(asked.meta)});
        return book_.profiles().of(session).principal == asked.principal;
    }

    /// A command will ask for what has that name. Inline, see detail::prefetch.
    [[gnu::always_inline]] void expect(std::string_view name) const {
        book_.objects().expect(name);
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

    /// Grants what has become free, from `now` on, and ends waits that would last for ever. The
    /// last act of every input that ends something, or lets somebody wait.
    void settle(log_time now) {
        grant_free(now);
        end_cycles(now);
    }

    void emit(const event& happened) {
        if (events_.size() == max_events) events_.pop_front();
        events_.push_back(happened);
    }

    template <class Sink>
    void drain_events(Sink&& sink) {
        for (; !events_.empty(); events_.pop_front()) sink(std::as_const(events_.front()));
    }

    /// When the next lease of a hold, hold that ends by force, wait, or lock-delay ends.
    [[nodiscard]] log_time next_end() const {
        return earlier(earlier(lease_end_time(), forced_end_time()),
                       earlier(wait_end_time(), delay_end_time()));
    }

    /// Ends the first of them, of the same moment in this order, if it is over at `now`; false if
    /// none is.
    bool end_one(log_time now) {
        const log_time first = next_end();
        if (!Rules::is_over(first, now)) return false;
        if (lease_end_time() == first)
            end_one_lease(first);
        else if (forced_end_time() == first)
            end_one_by_force();
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
    void describe(deferred<lock::state>& out) const {
        out.last_token = last_token_;
        for (session_record& one : out.sessions) {
            const profile& its = book_.profiles().of(one.session);
            one.lock_delay_ms = its.lock_delay_ms;
            one.principal = its.principal;
            one.meta = its.meta;
        }
        out.access = access_.all();
        detail::describe(book_, out);
        gates_.describe(out.gates, book_);
        book_.elections().journal().describe(out.values, out.watch);
    }

    /// Becomes a state that breaks no invariant. Precondition: nothing was done yet.
    void rebuild(const deferred<lock::state>& from) {
        last_token_ = from.last_token;
        for (const session_record& one : from.sessions) {
            book_.profiles().begin(one.session,
                                   {one.client, one.lock_delay_ms, one.principal, one.meta});
        }
        access_.restore(from.access);
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
    [[nodiscard]] fencing_token token_of(handle one) const { return book_.first_token_of(one); }

    /// So many acquisitions of a hold less, and no hold after the last, nor an upgrade that waits
    /// for it. Returns how many are left.
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
    [[nodiscard]] log_time forced_end_time() const {
        const forced_end* const first = book_.forced_ends().first();
        return first == nullptr ? log_time::never() : first->deadline;
    }
    [[nodiscard]] log_time delay_end_time() const {
        const delay_end* const first = book_.objects().delays().first();
        return first == nullptr ? log_time::never() : first->until;
    }

    /// Ends waits until nobody waits for itself. Nobody can be granted anything before.
    void end_cycles(log_time now) {
        if (!suspects_.empty()) break_cycles(now);
        suspected_ = none;
    }

    /// Lists a request that is about to wait, and may have made others wait for themselves:
    /// `end_cycles` is due.
    void let_wait(handle one) {
        book_.list_wait(one);
        suspect(one);
    }
    /// Those who wait for a semaphore have come to wait for more of those who hold it.
    void suspect_all_at(handle semaphore) {
        if (semaphore == suspected_) return;
        suspected_ = semaphore;
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
    void end_one_by_force() {
        const deferred<forced_end> first = *book_.forced_ends().first();
        end_by_force(book_.find_hold(first.token), first);
    }
    void end_by_force(handle one, const forced_end& how) {
        const session_id session = book_.client_at(book_.request_of(one).client).session;
        leave_delay(one, how.deadline);
        end_hold(one);
        emit(hold_revoked{session, how.token, how.by, how.principal});
    }
    /// Ends the first lock-delay, and those of the same object that are over by then.
    void end_one_delay() {
        const delay_end first = *book_.objects().delays().first();
        book_.objects().end_delays(first.object, first.until);
    }

    /// A hold is about to end that was over at `deadline` and not given back. (locks 3.6)
    void leave_delay(handle one, log_time deadline) {
        const profile& its = book_.profile_of(book_.request_of(one));
        const std::uint64_t longest = config_.max_lock_delay_ms;
        const std::uint64_t delay = its.lock_delay_ms < longest ? its.lock_delay_ms : longest;
        if (Rules::leaves_delay(delay)) book_.leave_delay(one, its.client, deadline + delay);
    }

    /// Calls `before(handle)` for each hold of a session, which ends with all that it has.
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
        book_.profiles().end(session);
    }

    /// Ends a hold, however often it was acquired, and an upgrade that waits for it.
    void end_hold(handle one) {
        const handle waiting = book_.upgrade_of(book_.place_at(one).object);
        if (waiting != none && book_.upgraded_by(waiting) == one) {
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

    /// Whoever waits for a lock waits for its new holder from now on, and so for what its owner
    /// waits for besides.
    void grant_free(log_time now) {
        detail::settle<Rules>(book_, last_token_, now, listener{this});
    }

    struct listener {
        lock_core* core;

        void ended(handle one) const {
            core->tell(one);
            core->book_.waits().for_each_of(core->book_.owner_of(one),
                                            [this](handle other) { core->suspect(other); });
        }
        void overtaken(handle one) const { core->count_overtaking(one); }
        void moved(handle one) const { core->suspect(one); }
    };

    /// Whoever can be overtaken no more lets nobody pass: those behind wait for it from now on.
    void count_overtaking(handle one) {
        standing its = book_.standing_of(one);
        its.count_overtaking();
        book_.set_standing(one, its);
        if (stops_letting_pass(one)) suspect_all_at(book_.place_at(book_.at(one).places).object);
    }
    [[nodiscard]] bool stops_letting_pass(handle one) {
        standing its = book_.standing_of(one);
        const bool may_go_on = Rules::may_be_overtaken(its.bypassed, config_.max_bypass);
        if (!its.lets_pass || may_go_on) return false;
        its.lets_pass = false;
        book_.set_standing(one, its);
        return true;
    }

    /// Ends waits until no suspect waits for itself. (locks 3.7)
    [[gnu::noinline]] void break_cycles(log_time now) {
        wait_graph<Rules> graph(book_, config_.max_cycle_search);
        suspected_ = none;
        for (handle victim = next_victim(graph); victim != none; victim = next_victim(graph)) {
            give_way(victim, graph.cycle_of(victim));
            grant_free(now);
            suspected_ = none;
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
                next == none || Rules::gives_way_before(book_.at(victim).at(), book_.at(next).at());
            if (is_rather) next = victim;
            return false;
        });
        return next;
    }

    void suspect(handle one) { suspects_.emplace(book_.at(one).at(), one); }

    void give_way(handle victim, const typename wait_graph<Rules>::cycle& cycle) {
        book_.end(victim, request_state::victim);
        const detail::request& ended = book_.at(victim);
        if (ended.told_queued) {
            emit(deferred<wait_deadlocked>{book_.client_at(ended.client).session, ended.sequence,
                                           cycle});
        } else {
            cycle_ = cycle;
        }
    }

    lock::config config_;
    book<Rules> book_;  // between inputs no touched object, and every object in it has a use
    access<Rules> access_;
    gates<Rules> gates_;
    fencing_token last_token_;  // the highest ever granted
    queue<event> events_;       // not taken yet; no part of the state
    ordered_map<position, deferred<handle>>
        suspects_;                         // empty between inputs: may wait for themselves
    handle suspected_ = none;              // between inputs; else all who wait for it are suspects
    std::vector<deferred<waiter>> cycle_;  // empty between inputs
    std::uint64_t undetermined_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
