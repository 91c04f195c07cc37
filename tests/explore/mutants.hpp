// tests/explore/mutants.hpp - rules of which one is wrong, by name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/policy.hpp>

#include "support/recorder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace explore {

/// The policy of `acceptors` acceptors, all rules as they should be.
[[nodiscard]] inline synod::policy<> usual_policy(std::uint32_t acceptors) {
    return {.quorums = *synod::majority::make(synod::node_set::first(acceptors))};
}

/// Which rule is wrong.
enum class slip : std::uint8_t {
    none,
    /// An acceptor votes whatever it has promised.
    accepts_old_ballots,
    /// An acceptor votes whatever it has promised, and has then promised no more than that.
    forgets_its_promise,
    /// A proposer asks for what it likes, whatever was reported to it.
    is_never_bound,
    /// A vote leaves the promise where it was.
    votes_without_promising,
    /// A proposer adopts the vote that was reported last, not that of the highest ballot.
    adopts_the_last_report,
    /// A promise passes off the ballot promised as the one in which the vote was cast.
    reports_the_promised_ballot,
};

/// Their names, in that order.
inline constexpr std::array<std::string_view, 7> slips{"none",
                                                       "accepts_old_ballots",
                                                       "forgets_its_promise",
                                                       "is_never_bound",
                                                       "votes_without_promising",
                                                       "adopts_the_last_report",
                                                       "reports_the_promised_ballot"};

static_assert(slips[static_cast<std::size_t>(slip::reports_the_promised_ballot)] ==
              "reports_the_promised_ballot");

/// The rules, of which `made` is wrong.
struct slipping_rules : synod::rules {
    slip made = slip::none;

    [[nodiscard]] bool may_accept(synod::ballot promised, synod::ballot asked) const {
        return made == slip::accepts_old_ballots || made == slip::forgets_its_promise ||
               synod::rules::may_accept(promised, asked);
    }
    template <class Value>
    [[nodiscard]] bool is_bound(const synod::vote<Value>& reported) const {
        return made != slip::is_never_bound && synod::rules::is_bound(reported);
    }
    [[nodiscard]] synod::ballot promise_after_vote(synod::ballot promised,
                                                   synod::ballot voted) const {
        if (made == slip::votes_without_promising) return promised;
        if (made == slip::forgets_its_promise) return voted;
        return synod::rules::promise_after_vote(promised, voted);
    }
    [[nodiscard]] bool outranks(synod::ballot reported, synod::ballot adopted) const {
        if (made == slip::adopts_the_last_report) return reported.exists();
        return synod::rules::outranks(reported, adopted);
    }
    template <class Value>
    [[nodiscard]] synod::vote<Value> reported(synod::vote<Value> cast,
                                              synod::ballot promised) const {
        if (made == slip::reports_the_promised_ballot) return {cast.at, promised, cast.value};
        return synod::rules::reported(std::move(cast), promised);
    }
};

/// The policy of `acceptors` acceptors, with one rule that is wrong.
using slipping_policy = support::policy_with<slipping_rules>;
[[nodiscard]] inline slipping_policy policy_that(slip made, std::uint32_t acceptors) {
    slipping_policy policy(usual_policy(acceptors));
    policy.rules.made = made;
    return policy;
}

}  // namespace explore
