// synod/client/claims.hpp - what a client's session claims: its requests for locks, its holds, and
// the commands about them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/claims_core.hpp>
#include <synod/lock/event.hpp>

#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// The part of a session that knows no lease: one function for each thing that can happen to a
/// request. Whoever calls says whether the lease is safe at that moment.
template <transport<lock::to_replica> Transport, class Rules>
class claims : public claims_core<Transport, Rules> {
    using core = claims_core<Transport, Rules>;

public:
    using typename core::command;
    using typename core::delivery;
    using typename core::parcel;
    using typename core::reply;

    using core::claims_core;
    using core::fail;

    request_id add(client::wish wish) {
        const request_id asked = requests_.add(std::move(wish));
        unsent_.push_back(asked);
        requests_.tidy(unsent_);
        return asked;
    }

    /// Takes an errand on: a command that carries a stamp, of the owner that the wish names.
    request_id add(command what, client::wish whose) {
        const bool makes_request =
            visit([]<class One>(const One&) { return lock::makes_request<One>; }, what);
        const bool is_undone = detail::is_undone_by_cancel(what);
        const request_id asked = add(std::move(whose));
        requests_.update(asked, [=](request& it) {
            it.is_errand = true;
            it.makes_request = makes_request;
            it.is_undone = is_undone;
        });
        errands_.add(asked, std::move(what));
        return asked;
    }

    /// Withdraws a request, granted or not; nothing more is said of it. Whatever the service makes
    /// of it meanwhile, it is not held in the end; but an errand that a cancel does not undo may
    /// have had its effect. Nothing happens for a request that has ended.
    void cancel(request_id which) {
        const request* const one = requests_.find(which);
        if (one == nullptr) return;
        if (one->is_waiting()) {
            core::withdraw(which, *one);
        } else if (core::is_kept_there(one->stage)) {
            core::give_back(which, *one);
        }
        requests_.erase(which);
        errands_.drop(which);
    }

    /// Gives a hold back. Ends in the notice `released`, for one that is lost at once: what the
    /// service may keep of it is given back all the same. Nothing happens for a request that holds
    /// nothing.
    void release(request_id which) {
        const request* const one = requests_.find(which);
        if (one == nullptr || one->is_waiting() || one->stage == stage::releasing) return;
        if (core::is_kept_there(one->stage)) core::give_back(which, *one);
        if (one->stage != stage::held) {
            return core::end(which, notice::kind::released, errc::hold_lost);
        }
        requests_.update(which, [](request& it) { it.stage = stage::releasing; });
    }

    /// Sends what may go. Precondition: the lease is safe; what would be granted else could not be
    /// held.
    void ask(instant now) {
        while (!unsent_.empty() && courier_.has_room()) {
            const request_id which = unsent_.front();
            unsent_.pop_front();
            if (!requests_.is_unsent(which)) continue;
            const std::uint64_t sequence = courier_.send(core::command_of(which, now), which);
            const request& own = *requests_.find(which);
            const bool follows_any_debt = debts_.has_any_of(own.wish.owner);
            const bool follows_debt = own.is_errand ? follows_any_debt : debts_.has(own.wish);
            requests_.update(which, [&](request& it) {
                it.stage = stage::asked;
                it.sequence = sequence;
                it.follows_debt = follows_debt;
                it.follows_any_debt = follows_any_debt;
            });
        }
    }

    // What the service has answered, or told of its own accord. A request that has ended meanwhile
    // is left alone.

    /// Whether a reply is the one to an errand that still waits for it; then it is taken.
    bool conclude_errand(const delivery& ended, instant now, bool is_safe) {
        const request_id which = ended.parcel.about;
        const request* const one = requests_.find(which);
        if (one == nullptr || !one->is_errand || one->sequence != ended.parcel.sequence)
            return false;
        if (core::has_to_wait(ended.reply))
            core::line_up(which, now);
        else if (core::met_itself(*one, ended.reply))
            core::ask_again(which);
        else
            core::finish_errand(which, ended.reply, is_safe);
        return true;
    }

    void conclude(const lock::acquire& /*asked*/, const delivery& ended, instant now,
                  bool is_safe) {
        const request_id which = ended.parcel.about;
        const request* const one = requests_.find(which);
        if (one == nullptr || one->stage != stage::asked) return;
        if (const auto* const granted = get_if<lock::granted>(&ended.reply)) {
            return core::grant(which, granted->token, is_safe);
        }
        if (holds_alternative<lock::queued>(ended.reply)) return core::line_up(which, now);
        if (core::met_itself(*one, ended.reply)) return core::ask_again(which);
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
                return core::conclude_wait(which, status->state);
            return core::grant(which, status->token, is_safe);
        }
        fail(which, lock::error_of(get<lock::refused>(ended.reply).reason));
    }

    void conclude(const lock::cancel& asked, const delivery& ended, instant /*now*/,
                  bool /*is_safe*/) {
        core::settle_debt(ended.parcel.about);
        const bool is_remembered = holds_alternative<lock::cancelled>(ended.reply) ||
                                   holds_alternative<lock::request_status>(ended.reply);
        if (is_remembered) courier_.post(lock::acknowledge{{}, asked.request}, {});
    }

    void conclude(const lock::release& /*asked*/, const delivery& ended, instant /*now*/,
                  bool /*is_safe*/) {
        core::settle_debt(ended.parcel.about);
        if (requests_.find(ended.parcel.about) == nullptr) return;
        const auto* const refused = get_if<lock::refused>(&ended.reply);
        core::end(ended.parcel.about, notice::kind::released,
                  refused == nullptr ? std::error_code() : lock::error_of(refused->reason));
    }

    template <class... Events>
    void learn(const one_of<Events...>& told, bool is_safe) {
        visit([&](const auto& one) { learn(one, is_safe); }, told);
    }
    void learn(const lock::wait_granted& told, bool is_safe) {
        const request_id which = requests_.find_by_sequence(told.request);
        const request* const one = requests_.find(which);
        if (one != nullptr && one->is_waiting()) core::grant(which, told.token, is_safe);
    }

    void learn(const lock::wait_ended& told, bool /*is_safe*/) {
        core::conclude_wait(requests_.find_by_sequence(told.request), told.state);
    }

    template <class Waiter>
    void learn(const lock::basic_wait_deadlocked<Waiter>& told, bool /*is_safe*/) {
        core::conclude_wait(requests_.find_by_sequence(told.request), lock::request_state::victim,
                            lock::basic_would_deadlock<Waiter>{told.cycle});
    }

    void learn(const lock::session_ended& /*told*/, bool /*is_safe*/) { expire(nullptr); }

    void learn(const lock::hold_revoked& told, bool) { lose_holds(stage::gone, told.token); }

    /// What follows from that is the holder's to decide.
    void learn(const lock::revoke_requested& told, bool) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.stage == stage::held && one.token == told.token) {
                notices_.push_back({which, notice::kind::asked_back, one.token, {}});
            }
        });
    }

    /// Claims ask for no leases of their holds.
    template <class Other>
    void learn(const Other&, bool) {}

    /// Looks after every request that something is due for.
    void attend(instant now) {
        for (auto due = requests_.first_due(); due.first <= now; due = requests_.first_due()) {
            core::attend_one(due.second, now);
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

    /// The lease has run out here. What is being given back goes on to be, and nobody waits for
    /// the answer any longer.
    void lapse() {
        lose_holds(stage::lost);
        requests_.for_each([this](request_id which, const request& one) {
            if (one.stage == stage::releasing) {
                core::end(which, notice::kind::released, errc::outcome_unknown);
            }
        });
    }

    /// The holds are lost for good, or the one under that token; as `gone` if the service keeps
    /// them no longer, else as `lost`.
    void lose_holds(stage become, fencing_token only = {}) {
        requests_.for_each([&](request_id which, const request& one) {
            if (only != fencing_token() && one.token != only) return;
            if (one.stage == stage::held) {
                notices_.push_back({which, notice::kind::lost, one.token, errc::hold_lost});
            }
            if (!core::is_kept_there(one.stage)) return;
            requests_.update(which, [become](request& it) {
                it.stage = become;
                if (become == stage::gone) it.sequence = 0;
            });
        });
    }

    /// The session is over, and so is all that it held or waited for. `told` is the command that
    /// was answered so, if it was one. What was never sent stays, for the next session.
    void expire(const delivery* told) {
        if (told != nullptr) core::settle_unanswered(told->parcel);
        courier_.for_each([this](const parcel& one) { core::settle_unanswered(one); });
        core::forget_commands();
        lose_holds(stage::gone);
        requests_.for_each([this](request_id which, const request& one) {
            if (one.stage == stage::queued) return fail(which, errc::session_expired);
            if (one.stage == stage::releasing) {
                core::end(which, notice::kind::released, errc::session_expired);
            }
        });
    }

    /// The session is closed: what it held is free.
    void finish() {
        core::forget_commands();
        requests_.for_each([this](request_id which, const request&) {
            core::end(which, notice::kind::released, {});
        });
    }

    /// Gives up everything that waits, and sees to it that none of it is held later.
    void give_up_all(errc error) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.is_waiting()) core::give_up(which, error);
        });
    }

    /// Ends everything that waits, when nothing at the service is to be seen to.
    void fail_waiting(std::error_code error) {
        requests_.for_each([&](request_id which, const request& one) {
            if (one.is_waiting()) fail(which, core::end_of(one, error));
        });
    }

private:
    using core::courier_;
    using core::debts_;
    using core::errands_;
    using core::first_query_;
    using core::notices_;
    using core::requests_;
    using core::unsent_;
};

}  // namespace synod::inline SYNOD_ABI::client
