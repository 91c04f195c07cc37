// synod/paxos/rules.hpp - every safety rule of Paxos, one named function each.
//
// The roles decide nothing that matters without asking here. A checker replaces one rule by a wrong
// one and must then find a broken invariant; `paxos/invariant.hpp` holds those.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/node_set.hpp>
#include <synod/paxos/messages.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// The rules. A policy has one of these as its member `rules`; to change a rule, derive and hide
/// it.
struct rules {
    // The acceptor.

    /// A prepare is promised if its ballot is above every promise so far. [PMS 2.2, phase 1(b)]
    [[nodiscard]] static bool may_promise(ballot promised, ballot asked) {
        return asked > promised;
    }

    /// A prepare of the ballot promised last may be answered again: the first answer may be lost.
    /// [PTP 2.3, step 2]
    [[nodiscard]] static bool may_repeat_promise(ballot promised, ballot asked) {
        return asked == promised;
    }

    /// A vote is cast unless a higher ballot was promised. [PMS 2.2, phase 2(b)]
    [[nodiscard]] static bool may_accept(ballot promised, ballot asked) {
        return asked >= promised;
    }

    /// A vote is a promise of its ballot, too: nothing lower is accepted after it. [PMMC 2.2]
    [[nodiscard]] static ballot promise_after_vote(ballot promised, ballot voted) {
        if (voted > promised) promised = voted;
        return promised;
    }

    /// What a promise says of a vote: its value, and the ballot in which it was cast.
    /// [PMS 2.2, phase 1(b)]
    template <class Value>
    [[nodiscard]] static vote<Value> reported(vote<Value> cast, ballot /*promised*/) {
        return cast;
    }

    /// Slots below `first` are forgotten: no vote is cast there again, and no promise calls them
    /// empty. [PMMC 4.1]
    [[nodiscard]] static bool is_forgotten(slot at, slot first) { return at < first; }

    // The proposer.

    /// A promise counts for the ballot it names, and for no other. [PMS 2.2, phase 2(a)]
    [[nodiscard]] static bool counts_promise(ballot attempt, ballot promised) {
        return promised == attempt;
    }

    /// Each acceptor counts once, however often its answer arrives. [PTP 2.1]
    [[nodiscard]] static node_set counted(node_set so_far, node_id from) {
        so_far.insert(from);
        return so_far;
    }

    /// Among the votes reported for a slot, that of the highest ballot binds the proposer.
    /// [PMS 2.2, phase 2(a)]
    [[nodiscard]] static bool outranks(ballot reported, ballot best) { return reported > best; }

    /// Whether a proposer is bound to the reported vote: if there is one. A value that means
    /// nothing is still a value. [PMS 2.2, phase 2(a)]
    template <class Value>
    [[nodiscard]] static bool is_bound(const vote<Value>& best) {
        return best.ballot.exists();
    }

    /// An acceptor has reported all of its votes only when it says that none are left. [PMMC fig 7]
    [[nodiscard]] static bool is_complete(bool says_complete) { return says_complete; }

    /// New values go behind every slot for which a vote was reported. [PMMC fig 7]
    [[nodiscard]] static slot first_free(slot known, slot reported_end) {
        return reported_end > known ? reported_end : known;
    }

    // The learner.

    /// Votes are counted together if they were cast in the same ballot. [PMS 2.3]
    [[nodiscard]] static bool counts_together(ballot tally, ballot voted) { return voted == tally; }

    /// A vote carries the chosen value if its ballot is not below the one in which the value was
    /// chosen. [PMS 2.2, P2]
    [[nodiscard]] static bool carries_chosen(ballot voted, ballot chosen_in) {
        return voted.exists() && voted >= chosen_in;
    }

    /// Chosen values are applied in slot order, none skipped, none twice. [PMMC 2.1]
    [[nodiscard]] static bool is_next_to_apply(slot at, slot applied_below) {
        return at == applied_below;
    }

    // The outbox.

    /// What a message rests on: every record staged before it was built, for it may reveal any of
    /// them. [PTP 2.2]
    [[nodiscard]] static std::uint64_t rests_on(std::uint64_t newest_record) {
        return newest_record;
    }

    /// A message leaves once every record it rests on is durable. [PTP 2.2]
    [[nodiscard]] static bool may_leave(std::uint64_t rests_on, std::uint64_t durable) {
        return rests_on <= durable;
    }

    /// A completed sync counts for the life of the storage that started it, and for no later one.
    /// [PTP 2.2]
    [[nodiscard]] static bool counts_sync(std::uint64_t instance, std::uint64_t started_by) {
        return instance == started_by;
    }

    /// A message goes out with the ballot it was built for, whatever the sender's ballot is by
    /// then. [PMS 2.2, phase 2(a)]
    [[nodiscard]] static ballot stamped(ballot built_for, ballot) { return built_for; }
};

/// Where ballots come from: a round above every one seen, so that a ballot is never used twice.
/// None is left above the last round, which a peer may name though nobody ever gets there.
/// [PTP 2.2]
struct ballot_source {
    [[nodiscard]] static ballot next(std::uint64_t highest_round, node_id self) {
        return highest_round < ballot::max_round ? ballot(highest_round + 1, self) : ballot();
    }
};

}  // namespace synod::inline SYNOD_ABI
