// synod/paxos/invariant.hpp - what must be true of every state, whatever was lost, repeated or
// restarted.
//
// Each safety property is a predicate over plain state: of one acceptor, of one acceptor before and
// after a step, or of all the votes that a cluster ever cast. Those of many votes are made of
// claims about two, which whoever sees votes one by one asks alone. Unit tests, the explorer and
// the simulator ask the same functions.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/votes.hpp>

#include <concepts>

namespace synod::inline SYNOD_ABI::invariant {

/// A vote, and whose it is. A cluster's history is a range of these: every vote ever cast, also
/// those overwritten since.
template <std::regular Value>
struct cast_vote {
    node_id by;
    synod::vote<Value> vote{};

    friend bool operator==(const cast_vote&, const cast_vote&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(by);
        sink.add(vote);
    }
};

/// No vote is above the promise: voting is promising, too. `Acceptor` is a role, a core, or a plain
/// struct with `promised()` and `votes()`.
template <class Acceptor>
[[nodiscard]] bool accepted_within_promise(const Acceptor& acceptor) {
    const auto& votes = acceptor.votes();
    for (slot at = votes.first(); at < votes.end(); ++at) {
        if (votes.ballot_of(at) > acceptor.promised()) return false;
    }
    return true;
}

/// A promise is for ever: the later of two is not lower.
[[nodiscard]] inline bool promise_never_falls(ballot before, ballot after) {
    return after >= before;
}
template <class Acceptor>
[[nodiscard]] bool promise_never_falls(const Acceptor& before, const Acceptor& after) {
    return promise_never_falls(before.promised(), after.promised());
}

/// What a proposer has reserved stays reserved: nothing below is taken for unused again.
[[nodiscard]] inline bool reservation_never_falls(ballot before, ballot after) {
    return after >= before;
}

/// A vote gives way only to one of a higher ballot in its slot.
template <std::regular Value>
[[nodiscard]] bool vote_never_regresses(const vote<Value>& was, const vote<Value>& is) {
    return is.ballot > was.ballot || (is.ballot == was.ballot && is.value == was.value);
}
/// No vote of `before` regresses, and none is lost but where the slot is forgotten.
template <class Acceptor>
[[nodiscard]] bool vote_never_regresses(const Acceptor& before, const Acceptor& after) {
    const auto& was = before.votes();
    const auto& is = after.votes();
    if (is.first() < was.first()) return false;
    for (slot at = is.first(); at < was.end(); ++at) {
        if (!was.ballot_of(at).exists()) continue;
        if (!is.ballot_of(at).exists()) return false;
        if (!vote_never_regresses(was.at(at), is.at(at))) return false;
    }
    return true;
}

/// No ballot is used for two attempts: that of a later one is higher, whether or not the proposer
/// was restarted between them.
[[nodiscard]] inline bool ballot_never_reused(ballot earlier, ballot later) {
    return later > earlier;
}

/// In one ballot and slot all votes are for the same value: so are these two, if they are of one.
template <std::regular Value>
[[nodiscard]] bool one_value_per_ballot(const vote<Value>& one, const vote<Value>& other) {
    const bool is_same_round = one.at == other.at && one.ballot == other.ballot;
    return !is_same_round || one.value == other.value;
}
template <class History>
[[nodiscard]] bool one_value_per_ballot(const History& history) {
    for (const auto& one : history) {
        for (const auto& other : history) {
            if (!one_value_per_ballot(one.vote, other.vote)) return false;
        }
    }
    return true;
}

/// Whether a phase-2 quorum voted as `vote` does: for its value, in its slot and ballot.
template <class History, class Quorums, class Value>
[[nodiscard]] bool is_chosen(const History& history, const Quorums& quorums,
                             const vote<Value>& vote) {
    node_set voters;
    for (const auto& one : history) {
        if (one.vote == vote) voters.insert(one.by);
    }
    return quorums.is_phase2(voters);
}

/// At most one value is chosen in each slot: the promise that all else serves. Both of these are
/// chosen.
template <std::regular Value>
[[nodiscard]] bool one_value_chosen(const vote<Value>& one, const vote<Value>& other) {
    return one.at != other.at || one.value == other.value;
}
template <class History, class Quorums>
[[nodiscard]] bool one_value_chosen(const History& history, const Quorums& quorums) {
    for (const auto& one : history) {
        if (!is_chosen(history, quorums, one.vote)) continue;
        for (const auto& other : history) {
            if (one_value_chosen(one.vote, other.vote)) continue;
            if (is_chosen(history, quorums, other.vote)) return false;
        }
    }
    return true;
}

/// Once a value is chosen, every vote of a higher ballot is for that value: so is `other`, if it is
/// one. [PMS 2.2, P2]
template <std::regular Value>
[[nodiscard]] bool chosen_is_carried(const vote<Value>& chosen, const vote<Value>& other) {
    const bool is_higher = other.at == chosen.at && other.ballot > chosen.ballot;
    return !is_higher || other.value == chosen.value;
}
template <class History, class Quorums>
[[nodiscard]] bool chosen_is_carried(const History& history, const Quorums& quorums) {
    for (const auto& one : history) {
        if (!is_chosen(history, quorums, one.vote)) continue;
        for (const auto& other : history) {
            if (!chosen_is_carried(one.vote, other.vote)) return false;
        }
    }
    return true;
}

}  // namespace synod::inline SYNOD_ABI::invariant
