// tests/explore/profile_t.cpp - the real acceptors and rules reach exactly the states that TLC
// reaches in its model of Paxos.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/profile_t.hpp"

#include <synod/testing/explorer.hpp>

#include "explore/mutants.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>

using namespace explore;
using synod::testing::breadth_first;
using synod::testing::depth_first;
using synod::testing::findings;

namespace {

constexpr profile_t_sizes smallest{.acceptors = 1, .values = 1, .ballots = 2};  // Paxos/MCPaxos.cfg
constexpr profile_t_sizes tiny{
    .acceptors = 3, .values = 2, .ballots = 2};  // PaxosHowToWinATuringAward/MCPaxosTiny.cfg

template <template <class> class Acceptor>
void reach_exactly(const profile_t_sizes& sizes, std::uint64_t distinct, std::uint64_t generated,
                   std::uint64_t depth) {
    profile_t<Acceptor, synod::policy<>> world(sizes, usual_policy(sizes.acceptors));
    const findings broad = breadth_first(world);
    CHECK(broad.broken.empty());
    CHECK(broad.distinct == distinct);
    CHECK(broad.generated == generated);
    CHECK(broad.depth == depth);
    const findings deep = depth_first(world);
    CHECK(deep.is_proof());
    CHECK(deep.distinct == distinct);
    CHECK(deep.generated == generated);
}

template <class Rules>
findings search_with(watch watch) {
    profile_t_sizes sizes = tiny;
    sizes.watch = watch;
    profile_t<bare_acceptor, mutated<Rules>> world(sizes, mutated<Rules>(usual_policy(3)));
    findings found = breadth_first(world);
    for (const std::string& line : found.schedule) UNSCOPED_INFO(line);
    return found;
}

/// Votes whatever it has promised, and has then promised no more than that.
struct forgets_its_promise : accepts_old_ballots {
    static synod::ballot promise_after_vote(synod::ballot, synod::ballot voted) { return voted; }
};

}  // namespace

TEST_CASE("one acceptor and one value reach the states that TLC reaches") {
    reach_exactly<bare_acceptor>(smallest, 25, 82, 9);
}

TEST_CASE("three acceptors and two values reach the states that TLC reaches") {
    reach_exactly<bare_acceptor>(tiny, 3'921, 23'563, 17);
}

TEST_CASE("whole acceptors are values: they reach the same states as their cores") {
    reach_exactly<whole_acceptor>(smallest, 25, 82, 9);
    reach_exactly<whole_acceptor>(tiny, 3'921, 23'563, 17);
}

TEST_CASE("the search finds what breaks when acceptors take old ballots [PMS 2.2, phase 2(b)]") {
    CHECK(search_with<accepts_old_ballots>(watch::conduct).broken == "lower_ballots_are_refused");
    CHECK(search_with<accepts_old_ballots>(watch::safety).broken == "vote_never_regresses");
    CHECK(search_with<forgets_its_promise>(watch::safety).broken == "promise_never_falls");
    const auto disagreement = search_with<accepts_old_ballots>(watch::agreement);
    CHECK(disagreement.broken == "one_value_chosen");
    CHECK(disagreement.schedule.size() == 12);
}

TEST_CASE("the search finds what breaks when votes do not bind proposers [PMS 2.2, phase 2(a)]") {
    CHECK(search_with<is_never_bound>(watch::safety).broken == "chosen_is_carried");
    CHECK(search_with<is_never_bound>(watch::agreement).broken == "one_value_chosen");
}

TEST_CASE("what an acceptor does wrong is seen in itself, before it does harm") {
    CHECK(search_with<votes_without_promising>(watch::safety).broken == "accepted_within_promise");
    CHECK(search_with<reports_the_promised_ballot>(watch::conduct).broken ==
          "promises_report_the_vote");
}
