// tests/mutants/wrong_rules.hpp - the rules of Paxos and of the log, and where ballots come from.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/policy.hpp>

#include "mutants/mutant.hpp"

#include <cstdint>
#include <utility>

namespace synod::mutants {

/// The rules of Paxos and of the log.
struct wrong_rules : log_rules {
    [[nodiscard]] bool may_promise(ballot promised, ballot asked) {
        if (is(mutant::m6)) before_ = promised;
        if (is(mutant::m13)) return asked.round() >= promised.round() && asked != promised;
        return log_rules::may_promise(promised, asked);
    }
    [[nodiscard]] static bool may_accept(ballot promised, ballot asked) {
        if (is(mutant::m3)) return true;
        if (is(mutant::m13)) return asked.round() >= promised.round();
        return log_rules::may_accept(promised, asked);
    }
    [[nodiscard]] static ballot promise_after_vote(ballot promised, ballot voted) {
        return is(mutant::m4) ? promised : log_rules::promise_after_vote(promised, voted);
    }
    /// M6 reports the promise of before, for the proposer turns away votes of its own ballot.
    template <class Value>
    [[nodiscard]] vote<Value> reported(vote<Value> cast, ballot promised) const {
        if (is(mutant::m6) && before_ > cast.ballot) cast.ballot = before_;
        return log_rules::reported(std::move(cast), promised);
    }
    [[nodiscard]] static bool is_forgotten(slot at, slot first) {
        return !is(mutant::m28) && log_rules::is_forgotten(at, first);
    }
    [[nodiscard]] static bool counts_promise(ballot attempt, ballot promised) {
        return is(mutant::m14) || log_rules::counts_promise(attempt, promised);
    }
    [[nodiscard]] static node_set counted(node_set so_far, node_id from) {
        if (is(mutant::m15) && so_far.contains(from)) {
            for (const node_id other : node_set::first(max_nodes)) {
                if (so_far.contains(other)) continue;
                so_far.insert(other);
                break;
            }
        }
        return log_rules::counted(so_far, from);
    }
    [[nodiscard]] static bool outranks(ballot reported, ballot best) {
        return is(mutant::m11) ? !best.exists() : log_rules::outranks(reported, best);
    }
    template <class Value>
    [[nodiscard]] static bool is_bound(const vote<Value>& best) {
        if (is(mutant::m10)) return false;
        if constexpr (requires { best.value.kind(); }) {
            if (is(mutant::m18) && best.ballot.exists() && best.value.kind() == entry_kind::no_op) {
                return false;
            }
        } else if (is(mutant::m18) && best.value == Value()) {
            return false;  // the value of roles that stands for a no-op
        }
        return log_rules::is_bound(best);
    }
    [[nodiscard]] static bool is_complete(bool says_complete) {
        return is(mutant::m26) || log_rules::is_complete(says_complete);
    }
    [[nodiscard]] static slot first_free(slot known, slot reported_end) {
        return is(mutant::m24) ? known : log_rules::first_free(known, reported_end);
    }
    [[nodiscard]] static bool counts_together(ballot tally, ballot voted) {
        return is(mutant::m19) || log_rules::counts_together(tally, voted);
    }
    [[nodiscard]] static bool carries_chosen(ballot voted, ballot chosen_in) {
        return is(mutant::m21) ? voted.exists() : log_rules::carries_chosen(voted, chosen_in);
    }
    /// M51 lets an answer rest on what it staged itself, and on nothing if that is nothing.
    [[nodiscard]] std::uint64_t rests_on(std::uint64_t newest_record) {
        if (is(mutant::m2)) return 0;
        if (is(mutant::m51) && newest_record == std::exchange(newest_, newest_record)) return 0;
        return log_rules::rests_on(newest_record);
    }
    [[nodiscard]] static bool counts_sync(std::uint64_t instance, std::uint64_t started_by) {
        return is(mutant::m65) || log_rules::counts_sync(instance, started_by);
    }
    [[nodiscard]] static ballot stamped(ballot built_for, ballot current) {
        return is(mutant::m29) ? current : log_rules::stamped(built_for, current);
    }
    [[nodiscard]] static bool may_read(slot applied_below, slot barrier) {
        return is(mutant::m32) || log_rules::may_read(applied_below, barrier);
    }
    [[nodiscard]] static bool confirms(std::uint64_t answered, std::uint64_t needed) {
        if (is(mutant::m33)) return answered + 1 >= needed && answered > 0;
        if (is(mutant::m34)) return true;
        return log_rules::confirms(answered, needed);
    }
    [[nodiscard]] static bool takes_over(ballot next, ballot leader) {
        return is(mutant::m53) ? next != leader : log_rules::takes_over(next, leader);
    }

    friend bool operator==(const wrong_rules& a, const wrong_rules& b) {
        return a.before_ == b.before_ && a.newest_ == b.newest_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(before_);
        sink.add(newest_);
    }

private:
    ballot before_;             // the promise before the last prepare, by M6
    std::uint64_t newest_ = 0;  // the newest record when a message was built last, by M51
};

/// M12 counts its attempts of this life, and looks at nothing else.
struct wrong_ballots : ballot_source {
    [[nodiscard]] ballot next(std::uint64_t highest_round, node_id self) {
        if (is(mutant::m12)) return {++attempts_, self};
        return ballot_source::next(highest_round, self);
    }

    friend bool operator==(const wrong_ballots& a, const wrong_ballots& b) {
        return a.attempts_ == b.attempts_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(attempts_);
    }

private:
    std::uint64_t attempts_ = 0;
};

}  // namespace synod::mutants
