// tests/unit/paxos/invariant.cpp - each property holds where it should and, as importantly, does
// not where it should not.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/invariant.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

/// As much of an acceptor as the properties look at.
struct plain_acceptor {
    [[nodiscard]] ballot promised() const { return promise; }
    [[nodiscard]] const synod::votes<text>& votes() const { return kept; }

    plain_acceptor& with(std::uint64_t at, ballot voted, text value) {
        kept.put(slot(at), voted, std::move(value));
        return *this;
    }

    ballot promise;
    synod::votes<text> kept;
};

plain_acceptor promised_to(ballot which) { return {which, {}}; }

using history = std::vector<invariant::cast_vote<text>>;

const history chosen_in_p1{{a, vote_of(0, p1, "x")}, {b, vote_of(0, p1, "x")}};

history with(history votes, node_id by, vote<text> more) {
    votes.push_back({by, std::move(more)});
    return votes;
}

}  // namespace

TEST_CASE("accepted_within_promise sees a vote above the promise") {
    CHECK(invariant::accepted_within_promise(promised_to(p1)));
    CHECK(invariant::accepted_within_promise(promised_to(p1).with(3, p1, "x")));
    CHECK(!invariant::accepted_within_promise(promised_to(p1).with(3, q1, "x")));
}

TEST_CASE("promise_never_falls sees a promise that fell") {
    CHECK(invariant::promise_never_falls(promised_to(p1), promised_to(p1)));
    CHECK(invariant::promise_never_falls(promised_to(p1), promised_to(q1)));
    CHECK(!invariant::promise_never_falls(promised_to(q1), promised_to(p1)));
}

TEST_CASE(
    "vote_never_regresses sees votes lost, lowered or changed, and forgotten slots come back") {
    const auto before = promised_to(q2).with(1, q1, "x");
    const auto holds = [&before](const plain_acceptor& after) {
        return invariant::vote_never_regresses(before, after);
    };
    CHECK(holds(before));
    CHECK(holds(promised_to(q2).with(1, p2, "y")));
    CHECK(holds(promised_to(q2).with(1, q1, "x").with(4, q1, "z")));
    CHECK(!holds(promised_to(q2)));
    CHECK(!holds(promised_to(q2).with(1, p1, "x")));
    CHECK(!holds(promised_to(q2).with(1, q1, "y")));

    auto forgetful = before;
    forgetful.kept.forget(slot(2));
    CHECK(holds(forgetful));
    CHECK(!invariant::vote_never_regresses(forgetful, before));
}

TEST_CASE("each claim about many votes is one about two") {
    CHECK(invariant::vote_never_regresses(vote_of(0, p1, "x"), vote_of(0, p1, "x")));
    CHECK(invariant::vote_never_regresses(vote_of(0, p1, "x"), vote_of(0, q1, "y")));
    CHECK(!invariant::vote_never_regresses(vote_of(0, p1, "x"), vote_of(0, p1, "y")));
    CHECK(!invariant::vote_never_regresses(vote_of(0, q1, "x"), vote_of(0, p1, "x")));
    CHECK(invariant::one_value_per_ballot(vote_of(0, p1, "x"), vote_of(0, q1, "y")));
    CHECK(!invariant::one_value_per_ballot(vote_of(0, p1, "x"), vote_of(0, p1, "y")));
    CHECK(invariant::one_value_chosen(vote_of(0, p1, "x"), vote_of(1, p1, "y")));
    CHECK(!invariant::one_value_chosen(vote_of(0, p1, "x"), vote_of(0, q1, "y")));
    CHECK(invariant::chosen_is_carried(vote_of(0, q1, "x"), vote_of(0, p1, "y")));
    CHECK(!invariant::chosen_is_carried(vote_of(0, p1, "x"), vote_of(0, q1, "y")));
}

TEST_CASE("reservation_never_falls sees a ballot that is free again") {
    CHECK(invariant::reservation_never_falls(p1, p1));
    CHECK(invariant::reservation_never_falls(p1, q1));
    CHECK(!invariant::reservation_never_falls(q1, p1));
}

TEST_CASE("ballot_never_reused sees a ballot used again [PTP 2.2]") {
    CHECK(invariant::ballot_never_reused(p1, p2));
    CHECK(!invariant::ballot_never_reused(p2, p2));
    CHECK(!invariant::ballot_never_reused(p2, p1));
}

TEST_CASE("one_value_per_ballot sees two values in one ballot of one slot") {
    CHECK(invariant::one_value_per_ballot(history()));
    CHECK(invariant::one_value_per_ballot(chosen_in_p1));
    CHECK(invariant::one_value_per_ballot(with(chosen_in_p1, c, vote_of(0, q1, "y"))));
    CHECK(invariant::one_value_per_ballot(with(chosen_in_p1, c, vote_of(1, p1, "y"))));
    CHECK(!invariant::one_value_per_ballot(with(chosen_in_p1, c, vote_of(0, p1, "y"))));
}

TEST_CASE("is_chosen counts distinct acceptors, one ballot, one value") {
    CHECK(invariant::is_chosen(chosen_in_p1, quorums(), vote_of(0, p1, "x")));
    CHECK(!invariant::is_chosen(chosen_in_p1, quorums(), vote_of(0, q1, "x")));
    CHECK(!invariant::is_chosen(chosen_in_p1, quorums(), vote_of(0, p1, "y")));
    const history repeated{{a, vote_of(0, p1, "x")}, {a, vote_of(0, p1, "x")}};
    CHECK(!invariant::is_chosen(repeated, quorums(), vote_of(0, p1, "x")));
    const history spread{{a, vote_of(0, p1, "x")}, {b, vote_of(0, q1, "x")}};
    CHECK(!invariant::is_chosen(spread, quorums(), vote_of(0, p1, "x")));
}

TEST_CASE("one_value_chosen sees a second value chosen in a slot") {
    CHECK(invariant::one_value_chosen(chosen_in_p1, quorums()));
    const auto one_more = with(chosen_in_p1, c, vote_of(0, q1, "y"));
    CHECK(invariant::one_value_chosen(one_more, quorums()));
    CHECK(!invariant::one_value_chosen(with(one_more, b, vote_of(0, q1, "y")), quorums()));
    const auto elsewhere = with(with(chosen_in_p1, b, vote_of(1, q1, "y")), c, vote_of(1, q1, "y"));
    CHECK(invariant::one_value_chosen(elsewhere, quorums()));
}

TEST_CASE("chosen_is_carried sees one later vote for another value [PMS 2.2, P2]") {
    CHECK(invariant::chosen_is_carried(chosen_in_p1, quorums()));
    CHECK(invariant::chosen_is_carried(with(chosen_in_p1, c, vote_of(0, q1, "x")), quorums()));
    CHECK(invariant::chosen_is_carried(with(chosen_in_p1, c, vote_of(1, q1, "y")), quorums()));
    CHECK(!invariant::chosen_is_carried(with(chosen_in_p1, c, vote_of(0, q1, "y")), quorums()));
    const history later{
        {a, vote_of(0, q1, "x")}, {b, vote_of(0, q1, "x")}, {c, vote_of(0, p1, "y")}};
    CHECK(invariant::chosen_is_carried(later, quorums()));  // an earlier vote may differ
}
