// tests/explore/profile_t.cpp - the real acceptors and rules reach exactly the states that TLC
// reaches in its model of Paxos.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/worlds.hpp>

#include "explore/both_orders.hpp"
#include "explore/worlds.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

using synod::testing::any_world;
using synod::testing::findings;

namespace {

constexpr std::string_view smallest =
    "profile_t acceptors=1 values=1 max_ballot=1";  // Paxos/MCPaxos.cfg
constexpr std::string_view tiny =
    "profile_t acceptors=3 values=2 max_ballot=1";  // PaxosHowToWinATuringAward/MCPaxosTiny.cfg

[[nodiscard]] std::unique_ptr<any_world> make(std::string_view line, const std::string& more) {
    return explore::known_worlds().make(std::string(line) + more);
}

void reach_exactly(std::string_view line, const std::string& roles, std::uint64_t distinct,
                   std::uint64_t generated, std::uint64_t depth) {
    INFO(line << roles);
    const auto world = [&] { return make(line, " roles=" + roles); };
    CHECK(explore::reach_exactly(world, distinct, generated).depth == depth);
}

[[nodiscard]] findings search_with(const std::string& mutant, const std::string& watch) {
    findings found = make(tiny, " mutant=" + mutant + " watch=" + watch)->search_breadth_first({});
    for (const std::string& line : found.schedule) UNSCOPED_INFO(line);
    return found;
}

}  // namespace

TEST_CASE("one acceptor and one value reach the states that TLC reaches") {
    reach_exactly(smallest, "bare", 25, 82, 9);
}

TEST_CASE("three acceptors and two values reach the states that TLC reaches") {
    reach_exactly(tiny, "bare", 3'921, 23'563, 17);
}

TEST_CASE("whole acceptors are values: they reach the same states as their cores") {
    reach_exactly(smallest, "whole", 25, 82, 9);
    reach_exactly(tiny, "whole", 3'921, 23'563, 17);
}

TEST_CASE("the search finds what breaks when acceptors take old ballots [PMS 2.2, phase 2(b)]") {
    CHECK(search_with("accepts_old_ballots", "conduct").broken == "lower_ballots_are_refused");
    CHECK(search_with("accepts_old_ballots", "safety").broken == "vote_never_regresses");
    CHECK(search_with("forgets_its_promise", "safety").broken == "promise_never_falls");
    const auto disagreement = search_with("accepts_old_ballots", "agreement");
    CHECK(disagreement.broken == "one_value_chosen");
    CHECK(disagreement.schedule.size() == 12);
}

TEST_CASE("the search finds what breaks when votes do not bind proposers [PMS 2.2, phase 2(a)]") {
    CHECK(search_with("is_never_bound", "safety").broken == "chosen_is_carried");
    CHECK(search_with("is_never_bound", "agreement").broken == "one_value_chosen");
}

TEST_CASE("what an acceptor does wrong is seen in itself, before it does harm") {
    CHECK(search_with("votes_without_promising", "safety").broken == "accepted_within_promise");
    CHECK(search_with("reports_the_promised_ballot", "conduct").broken ==
          "promises_report_the_vote");
}
