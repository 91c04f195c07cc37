// tests/explore/mutants.hpp - policies with one rule that is wrong, by name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/policy.hpp>

#include "support/recorder.hpp"

#include <cstdint>

namespace explore {

template <class Rules>
using mutated = support::policy_with<Rules>;

/// The policy of `acceptors` acceptors, all rules as they should be.
[[nodiscard]] inline synod::policy<> usual_policy(std::uint32_t acceptors) {
    return {.quorums = *synod::majority::make(synod::node_set::first(acceptors))};
}

/// An acceptor votes whatever it has promised.
struct accepts_old_ballots : synod::rules {
    static bool may_accept(synod::ballot, synod::ballot) { return true; }
};

/// A proposer asks for what it likes, whatever was reported to it.
struct is_never_bound : synod::rules {
    template <class Value>
    static bool is_bound(const synod::vote<Value>&) {
        return false;
    }
};

/// A vote leaves the promise where it was.
struct votes_without_promising : synod::rules {
    static synod::ballot promise_after_vote(synod::ballot promised, synod::ballot) {
        return promised;
    }
};

/// A proposer adopts the vote that was reported last, not that of the highest ballot.
struct adopts_the_last_report : synod::rules {
    static bool outranks(synod::ballot reported, synod::ballot) { return reported.exists(); }
};

/// A promise passes off the ballot promised as the one in which the vote was cast.
struct reports_the_promised_ballot : synod::rules {
    template <class Value>
    static synod::vote<Value> reported(synod::vote<Value> cast, synod::ballot promised) {
        return {cast.at, promised, cast.value};
    }
};

}  // namespace explore
