// synod/client/claims_core.hpp - what is kept of a client's requests and errands, and the acts that
// their ends are made of.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/queue.hpp>
#include <synod/client/courier.hpp>
#include <synod/client/debts.hpp>
#include <synod/client/errands.hpp>
#include <synod/client/requests.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// What a request has come to.
struct notice {
    enum class kind : std::uint8_t {
        granted,     // it holds its lock, under `token`
        failed,      // it ended without a hold, for the reason in `error`
        asked_back,  // somebody asks it to give its hold back soon
        lost,        // its hold is, or may be, gone: stop, and then release it
        released,    // its release was answered, or the lease was over first, as `error` says
    };
    request_id request;
    kind is = kind::failed;
    fencing_token token;
    std::error_code error;
};

/// The part of the claims that hears nothing: requests for locks, which are to be held, and
/// errands, which are commands of the caller's own and end with their replies. Both are sent,
/// waited for, withdrawn and given up alike.
template <transport<lock::to_replica> Transport, class Rules>
class claims_core {
public:
    using courier = client::courier<Transport>;
    using requests = client::requests<synod::detail::deferred<request, Transport>>;
    using command = typename courier::command;
    using reply = typename courier::reply;
    using parcel = typename courier::parcel;
    using delivery = typename courier::delivery;

    claims_core(const client_identity& identity, const client_config& config, Transport transport)
        : courier_(identity, config, std::move(transport)), first_query_(config.first_query) {}

    [[nodiscard]] courier& commands() { return courier_; }
    [[nodiscard]] const courier& commands() const { return courier_; }
    [[nodiscard]] const requests& all() const { return requests_; }
    [[nodiscard]] std::size_t unsent() const { return unsent_.size(); }

    void fail(request_id which, std::error_code error) { end(which, notice::kind::failed, error); }

    /// Hands each notice to `take(const notice&)`, in the order in which they came about. It may
    /// call back.
    template <class Take>
    void drain(Take&& take) {
        while (!notices_.empty()) {
            const notice next = notices_.front();
            notices_.pop_front();
            take(next);
        }
    }
    /// The same for the ends of errands.
    template <class Take>
    void drain_errands(Take&& take) {
        errands_.drain(take);
    }

protected:
    using debts = client::debts<synod::detail::deferred<wish, Transport>>;

    [[nodiscard]] static bool is_kept_there(stage at) {
        return at == stage::held || at == stage::lost;
    }

    /// What is sent for a request.
    [[nodiscard]] command command_of(request_id which, instant now) const {
        const request& one = *requests_.find(which);
        if (one.is_errand) return errands_.command_of(which);
        return acquire_of(one.wish, now);
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

    [[nodiscard]] static bool has_to_wait(const reply& said) {
        return holds_alternative<lock::queued>(said) || holds_alternative<lock::awaiting>(said);
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
        if (requests_.find(which)->is_errand) {
            return finish_errand(which, lock::granted{token}, is_safe);
        }
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

    /// An errand has its reply. What it was granted after its own safe window is given back, where
    /// a cancel does that. (locks R4)
    void finish_errand(request_id which, const reply& said, bool is_safe) {
        const request& one = *requests_.find(which);
        if (!is_safe && holds_alternative<lock::granted>(said)) {
            if (!one.is_undone) return fail(which, errc::outcome_unknown);
            cancel_there(which, one);
            return fail(which, errc::hold_lost);
        }
        errands_.finish(which, said);
        requests_.erase(which);
    }

    /// The service has ended a wait, and remembers it until that is acknowledged. `said` is what an
    /// errand is answered.
    void conclude_wait(request_id which, lock::request_state how, const reply& said) {
        const request* const one = requests_.find(which);
        if (one == nullptr || !one->is_waiting()) return;
        courier_.withdraw(one->sequence);
        courier_.post(lock::acknowledge{{}, one->sequence}, {});
        if (one->is_errand) return finish_errand(which, said, true);
        fail(which, lock::error_of(how));
    }
    void conclude_wait(request_id which, lock::request_state how) {
        conclude_wait(which, how, lock::request_status{how, {}});
    }

    /// Something is due for a request that waits: its caller's deadline, or a look at how it
    /// stands.
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

    /// Ends the request that a command of an expired session was for, if it has waited for that
    /// command's answer.
    void settle_unanswered(const parcel& last) {
        const request* const one = requests_.find(last.about);
        if (one == nullptr) return;
        const errc error = Rules::end_of(last.transmissions > 0);
        if (one->stage == stage::asked) return fail(last.about, error);
        if (one->stage == stage::releasing) end(last.about, notice::kind::released, error);
    }

    /// Nobody wants it any more, here; the cancel sees to it that it is not held there, in whatever
    /// order the two arrive.
    void withdraw(request_id which, const request& one) {
        if (one.stage == stage::unsent) return;
        courier_.withdraw(one.sequence);
        if (one.makes_request) cancel_there(which, one);
    }
    void cancel_there(request_id which, const request& one) {
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

    /// Whether a request was taken for one that waits for itself, or for a hold that is its own,
    /// only because it has overtaken what its owner gives back.
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

    /// What has been sent, and no cancel undoes, may have had its effect.
    [[nodiscard]] static std::error_code end_of(const request& one, std::error_code error) {
        const bool is_unknown = !one.is_undone && one.stage != stage::unsent;
        return is_unknown ? errc::outcome_unknown : error;
    }

    void give_up(request_id which, errc error) {
        const request& one = *requests_.find(which);
        const std::error_code end = end_of(one, error);
        withdraw(which, one);
        fail(which, end);
    }

    void end(request_id which, notice::kind how, std::error_code error) {
        if (requests_.find(which)->is_errand)
            errands_.fail(which, error);
        else
            notices_.push_back({which, how, {}, error});
        requests_.erase(which);
    }

    courier courier_;
    requests requests_;
    client::errands<command, reply> errands_;  // of requests that are errands
    duration first_query_;
    debts debts_;                  // releases and cancels on their way
    queue<request_id> unsent_;     // in stage unsent, or ended since
    queue<request_id> held_back_;  // likewise, until a debt is settled
    queue<notice> notices_;
};

}  // namespace synod::inline SYNOD_ABI::client
