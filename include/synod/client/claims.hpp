// synod/client/claims.hpp - what a client's session claims: its requests for locks, its holds, and the commands about them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/queue.hpp>
#include <synod/client/courier.hpp>
#include <synod/client/debts.hpp>
#include <synod/client/requests.hpp>
#include <synod/lock/event.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// What a request has come to.
struct notice {
    enum class kind : std::uint8_t {
        granted,   // it holds its lock, under `token`
        failed,    // it ended without a hold, for the reason in `error`
        lost,      // its hold is, or may be, gone: stop, and then release it
        released,  // its release was answered; `error` says if it came too late
    };
    request_id request;
    kind is = kind::failed;
    fencing_token token;
    std::error_code error;
};

/// The part of a session that knows no lease: one function for each thing that can happen to a request. Whoever calls says whether
/// the lease is safe at that moment.
template <transport<lock::to_replica> Transport, class Rules>
class claims {
    using courier = client::courier<Transport>;
    using requests = client::requests<synod::detail::deferred<request, Transport>>;
    using debts = client::debts<synod::detail::deferred<wish, Transport>>;

public:
    using command = typename courier::command;
    using reply = typename courier::reply;
    using parcel = typename courier::parcel;
    using delivery = typename courier::delivery;

    claims(const client_identity& identity, const client_config& config, Transport transport)
        : courier_(identity, config, std::move(transport)), first_query_(config.first_query) {}

    request_id add(client::wish wish) {
        const request_id asked = requests_.add(std::move(wish));
        unsent_.push_back(asked);
        requests_.tidy(unsent_);
        return asked;
    }

    /// Withdraws a request, granted or not; nothing more is said of it. Whatever the service makes of it meanwhile, it is not held
    /// in the end. Nothing happens for a request that has ended.
    void cancel(request_id which) {
        const request* const one = requests_.find(which);
        if (one == nullptr) return;
        if (one->is_waiting()) {
            withdraw(which, *one);
        } else if (is_kept_there(one->stage)) {
            give_back(which, *one);
        }
        requests_.erase(which);
    }

    /// Gives a hold back, also a lost one. Ends in the notice `released`. Nothing happens for a request that holds nothing.
    void release(request_id which) {
        const request* const one = requests_.find(which);
        if (one == nullptr || one->is_waiting() || one->stage == stage::releasing) return;
        if (!is_kept_there(one->stage)) return end(which, notice::kind::released, errc::hold_lost);
        give_back(which, *one);
        requests_.update(which, [](request& it) { it.stage = stage::releasing; });
    }

    /// Sends the acquires that may go. Precondition: the lease is safe; what would be granted else could not be held.
    void ask(instant now) {
        while (!unsent_.empty() && courier_.has_room()) {
            const request_id which = unsent_.front();
            unsent_.pop_front();
            if (!requests_.is_unsent(which)) continue;
            const client::wish& wish = requests_.find(which)->wish;
            const std::uint64_t sequence = courier_.send(acquire_of(wish, now), which);
            const bool follows_debt = debts_.has(wish);
            const bool follows_any_debt = debts_.has_any_of(wish.owner);
            requests_.update(which, [&](request& it) {
                it.stage = stage::asked;
                it.sequence = sequence;
                it.follows_debt = follows_debt;
                it.follows_any_debt = follows_any_debt;
            });
        }
    }

    // What the service has answered, or told of its own accord. A request that has ended meanwhile is left alone.

    void conclude(const lock::acquire& /*asked*/, const delivery& ended, instant now,
                  bool is_safe) {
        const request_id which = ended.parcel.about;
        const request* const one = requests_.find(which);
        if (one == nullptr || one->stage != stage::asked) return;
        if (const auto* const granted = get_if<lock::granted>(&ended.reply)) {
            return grant(which, granted->token, is_safe);
        }
        if (holds_alternative<lock::queued>(ended.reply)) return line_up(which, now);
        if (met_itself(*one, ended.reply)) return ask_again(which);
        if (holds_alternative<lock::busy>(ended.reply)) return fail(which, errc::busy);
        if (holds_alternative<lock::would_deadlock>(ended.reply))
            return fail(which, errc::would_deadlock);
        const auto* const refused = get_if<lock::refused>(&ended.reply);
        fail(which, refused == nullptr ? errc::cancelled : lock::error_of(refused->reason));
    }

    void conclude(const lock::query& asked, const delivery& ended, instant /*now*/, bool is_safe) {
        const request_id which = requests_.find_by_sequence(asked.request);
        const request* const one = requests_.find(which);
        if (one == nullptr || !one->is_waiting()) return;
        if (const auto* const status = get_if<lock::request_status>(&ended.reply)) {
            if (status->state == lock::request_state::queued) return;
            if (status->state != lock::request_state::granted)
                return conclude_wait(which, status->state);
            return grant(which, status->token, is_safe);
        }
        fail(which, lock::error_of(get<lock::refused>(ended.reply).reason));
    }

    void conclude(const lock::cancel& asked, const delivery& ended, instant /*now*/,
                  bool /*is_safe*/) {
        settle_debt(ended.parcel.about);
        const bool is_remembered = holds_alternative<lock::cancelled>(ended.reply) ||
                                   holds_alternative<lock::request_status>(ended.reply);
        if (is_remembered) courier_.post(lock::acknowledge{{}, asked.request}, {});
    }

    void conclude(const lock::release& /*asked*/, const delivery& ended, instant /*now*/,
                  bool /*is_safe*/) {
        settle_debt(ended.parcel.about);
        if (requests_.find(ended.parcel.about) == nullptr) return;
        const auto* const refused = get_if<lock::refused>(&ended.reply);
        end(ended.parcel.about, notice::kind::released,
            refused == nullptr ? std::error_code() : lock::error_of(refused->reason));
    }

    /// Claims are for one lock each, keep the mode that they were granted in, and convert nothing.
    template <class Other>
    void conclude(const Other&, const delivery&, instant, bool) {}

    template <class... Events>
    void learn(const one_of<Events...>& told, bool is_safe) {
        visit([&](const auto& one) { learn(one, is_safe); }, told);
    }
    void learn(const lock::wait_granted& told, bool is_safe) {
        const request_id which = requests_.find_by_sequence(told.request);
        const request* const one = requests_.find(which);
        if (one != nullptr && one->is_waiting()) grant(which, told.token, is_safe);
    }

    void learn(const lock::wait_ended& told, bool /*is_safe*/) {
        conclude_wait(requests_.find_by_sequence(told.request), told.state);
    }

    void learn(const lock::wait_deadlocked& told, bool /*is_safe*/) {
        conclude_wait(requests_.find_by_sequence(told.request), lock::request_state::victim);
    }

    void learn(const lock::session_ended& /*told*/, bool /*is_safe*/) { expire(nullptr); }

    void learn(const lock::hold_revoked& told, bool) { lose_holds(stage::gone, told.token); }

    /// Claims ask for no leases of their holds, and give nothing back for being asked.
    template <class Other>
    void learn(const Other&, bool) {}

    /// Looks after every request that something is due for.
    void attend(instant now) {
        for (auto due = requests_.first_due(); due.first <= now; due = requests_.first_due()) {
            attend_one(due.second, now);
        }
    }

    /// Events that were on their way when the leader changed are lost.
    void query_all(instant now) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.stage != stage::queued) return;
            requests_.update(which, [&](request& it) {
                it.query_wait = first_query_;
                it.query_at = now;
            });
        });
    }

    /// The holds are lost for good, or the one under that token; as `gone` if the service keeps them no longer, else as `lost`.
    void lose_holds(stage become, fencing_token only = {}) {
        requests_.for_each([&](request_id which, const request& one) {
            if (only != fencing_token() && one.token != only) return;
            if (one.stage == stage::held) {
                notices_.push_back({which, notice::kind::lost, one.token, errc::hold_lost});
            }
            if (!is_kept_there(one.stage)) return;
            requests_.update(which, [become](request& it) {
                it.stage = become;
                if (become == stage::gone) it.sequence = 0;
            });
        });
    }

    /// The session is over, and so is all that it held or waited for. `told` is the command that was answered so, if it was one. What
    /// was never sent stays, for the next session.
    void expire(const delivery* told) {
        if (told != nullptr) settle_unanswered(told->parcel);
        courier_.for_each([this](const parcel& one) { settle_unanswered(one); });
        forget_commands();
        lose_holds(stage::gone);
        requests_.for_each([this](request_id which, const request& one) {
            if (one.stage == stage::queued) return fail(which, errc::session_expired);
            if (one.stage == stage::releasing) {
                end(which, notice::kind::released, errc::session_expired);
            }
        });
    }

    /// The session is closed: what it held is free.
    void finish() {
        forget_commands();
        requests_.for_each(
            [this](request_id which, const request&) { end(which, notice::kind::released, {}); });
    }

    /// Gives up everything that waits, and sees to it that none of it is held later.
    void give_up_all(errc error) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.is_waiting()) give_up(which, error);
        });
    }

    /// Ends everything that waits, when nothing at the service is to be seen to.
    void fail_waiting(std::error_code error) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.is_waiting()) fail(which, error);
        });
    }

    void fail(request_id which, std::error_code error) { end(which, notice::kind::failed, error); }

    /// Hands each notice to `take(const notice&)`, in the order in which they came about. It may call back.
    template <class Take>
    void drain(Take&& take) {
        while (!notices_.empty()) {
            const notice next = notices_.front();
            notices_.pop_front();
            take(next);
        }
    }

    [[nodiscard]] courier& commands() { return courier_; }
    [[nodiscard]] const courier& commands() const { return courier_; }
    [[nodiscard]] const requests& all() const { return requests_; }
    [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }

private:
    [[nodiscard]] static bool is_kept_there(stage at) {
        return at == stage::held || at == stage::lost;
    }

    [[nodiscard]] static lock::acquire acquire_of(const client::wish& wish, instant now) {
        lock::acquire made;
        made.owner = wish.owner;
        made.name = wish.name;
        made.mode = wish.mode;
        if (!wish.waits) made.wait_ms = lock::no_wait;
        if (wish.waits && wish.deadline != instant::never()) {
            const duration left = wish.deadline > now ? wish.deadline - now : duration(0);
            made.wait_ms = static_cast<std::uint64_t>(left / milliseconds(1)) + 1;
        }
        return made;
    }

    /// Nothing is owed to a session that is over.
    void forget_commands() {
        courier_.clear();
        debts_.clear();
        settle_debt({});
    }

    void line_up(request_id which, instant now) {
        requests_.update(which, [&](request& it) {
            it.stage = stage::queued;
            it.query_wait = first_query_;
            it.query_at = now + it.query_wait;
        });
    }

    /// A grant may be told more than once, and by event, reply or query. (locks R4)
    void grant(request_id which, fencing_token token, bool is_safe) {
        courier_.withdraw(requests_.find(which)->sequence);
        requests_.update(which, [token](request& it) {
            it.stage = stage::held;
            it.token = token;
        });
        if (is_safe) {
            notices_.push_back({which, notice::kind::granted, token, {}});
        } else {
            give_back(which, *requests_.find(which));
            fail(which, errc::hold_lost);
        }
    }

    /// The service has ended a wait, and remembers it until that is acknowledged.
    void conclude_wait(request_id which, lock::request_state how) {
        const request* const one = requests_.find(which);
        if (one == nullptr || !one->is_waiting()) return;
        courier_.withdraw(one->sequence);
        courier_.post(lock::acknowledge{{}, one->sequence}, {});
        fail(which, lock::error_of(how));
    }

    /// Something is due for a request that waits: its caller's deadline, or a look at how it stands.
    void attend_one(request_id which, instant now) {
        const request& one = *requests_.find(which);
        if (one.wish.deadline <= now) return give_up(which, errc::timed_out);
        courier_.post(lock::query{{}, one.sequence}, which);
        requests_.update(which, [&](request& it) {
            it.query_at = now + it.query_wait;
            const duration longest = first_query_ * 16;
            it.query_wait = it.query_wait * 2 < longest ? it.query_wait * 2 : longest;
        });
    }

    /// Ends the request that a command of an expired session was for, if it has waited for that command's answer.
    void settle_unanswered(const parcel& last) {
        const request* const one = requests_.find(last.about);
        if (one == nullptr) return;
        const errc error = Rules::end_of(last.transmissions > 0);
        if (one->stage == stage::asked) return fail(last.about, error);
        if (one->stage == stage::releasing) end(last.about, notice::kind::released, error);
    }

    /// Nobody wants it any more, here; the cancel sees to it that it is not held there, in whatever order the two arrive.
    void withdraw(request_id which, const request& one) {
        if (one.stage == stage::unsent) return;
        courier_.withdraw(one.sequence);
        debts_.add(which, one.wish);
        courier_.post(lock::cancel{{}, one.sequence, lock::on_granted::release}, which);
    }

    void give_back(request_id which, const request& one) {
        debts_.add(which, one.wish);
        courier_.post(lock::release{{}, one.wish.owner, one.token}, which);
    }

    /// Something has been given back; who ran into it asks again.
    void settle_debt(request_id which) {
        debts_.settle(which);
        for (; !held_back_.empty(); held_back_.pop_front()) unsent_.push_back(held_back_.front());
    }

    /// Whether a request was taken for one that waits for itself, or for a hold that is its own, only because it has overtaken what its
    /// owner gives back.
    [[nodiscard]] static bool met_itself(const request& one, const reply& said) {
        if (holds_alternative<lock::would_deadlock>(said)) return one.follows_any_debt;
        if (!one.follows_debt) return false;
        const auto* const refused = get_if<lock::refused>(&said);
        if (refused != nullptr) return refused->reason == lock::refusal::self_deadlock;
        return holds_alternative<lock::busy>(said);
    }

    void ask_again(request_id which) {
        requests_.update(which, [](request& it) {
            it.stage = stage::unsent;
            it.sequence = 0;
        });
        const bool still_owes = debts_.has_any_of(requests_.find(which)->wish.owner);
        (still_owes ? held_back_ : unsent_).push_back(which);
    }

    void give_up(request_id which, errc error) {
        withdraw(which, *requests_.find(which));
        fail(which, error);
    }

    void end(request_id which, notice::kind how, std::error_code error) {
        notices_.push_back({which, how, {}, error});
        requests_.erase(which);
    }

    courier courier_;
    requests requests_;
    duration first_query_;
    debts debts_;                  // releases and cancels on their way
    queue<request_id> unsent_;     // in stage unsent, or ended since
    queue<request_id> held_back_;  // likewise, until a debt is settled
    queue<notice> notices_;
};

}  // namespace synod::inline SYNOD_ABI::client
