// tests/unit/paxos/rules.cpp - each rule by itself: a table of what it allows and what it does not.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/rules.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

constexpr rules rule;
const ballot none;

}  // namespace

TEST_CASE("may_promise: only a ballot above the promise [PMS 2.2, phase 1(b)]") {
    CHECK(rule.may_promise(none, p1));
    CHECK(rule.may_promise(p1, q1));
    CHECK(rule.may_promise(q1, p2));
    CHECK(!rule.may_promise(p1, p1));
    CHECK(!rule.may_promise(q1, p1));
    CHECK(!rule.may_promise(none, none));
}

TEST_CASE("may_repeat_promise: only the ballot that was promised last [PTP 2.3, step 2]") {
    CHECK(rule.may_repeat_promise(p1, p1));
    CHECK(!rule.may_repeat_promise(p1, q1));
    CHECK(!rule.may_repeat_promise(q1, p1));
}

TEST_CASE("may_accept: the promised ballot and those above [PMS 2.2, phase 2(b)]") {
    CHECK(rule.may_accept(none, p1));
    CHECK(rule.may_accept(p1, p1));
    CHECK(rule.may_accept(p1, q1));
    CHECK(!rule.may_accept(q1, p1));
}

TEST_CASE("promise_after_vote: rises to the ballot of the vote and never falls [PMMC 2.2]") {
    CHECK(rule.promise_after_vote(none, p1) == p1);
    CHECK(rule.promise_after_vote(p1, q2) == q2);
    CHECK(rule.promise_after_vote(q2, p1) == q2);
}

TEST_CASE("reported: the vote as it was cast [PMS 2.2, phase 1(b)]") {
    CHECK(rule.reported(vote_of(3, p1, "x"), q2) == vote_of(3, p1, "x"));
}

TEST_CASE("is_forgotten: below the first slot that is kept [PMMC 4.1]") {
    CHECK(rule.is_forgotten(slot(2), slot(3)));
    CHECK(!rule.is_forgotten(slot(3), slot(3)));
    CHECK(!rule.is_forgotten(slot(0), slot(0)));
}

TEST_CASE("counts_promise: for the ballot of the attempt alone [PMS 2.2, phase 2(a)]") {
    CHECK(rule.counts_promise(p1, p1));
    CHECK(!rule.counts_promise(p2, p1));
    CHECK(!rule.counts_promise(p1, p2));
}

TEST_CASE("counted: a set, so that nobody counts twice [PTP 2.1]") {
    CHECK(rule.counted({}, a) == node_set{a});
    CHECK(rule.counted({a}, a) == node_set{a});
    CHECK(rule.counted({a}, b) == node_set{a, b});
}

TEST_CASE("outranks: a vote of a higher ballot [PMS 2.2, phase 2(a)]") {
    CHECK(rule.outranks(p1, none));
    CHECK(rule.outranks(q1, p1));
    CHECK(!rule.outranks(p1, q1));
    CHECK(!rule.outranks(p1, p1));
}

TEST_CASE("is_bound: by any vote, whatever its value [PMS 2.2, phase 2(a)]") {
    CHECK(rule.is_bound(vote_of(0, p1, "x")));
    CHECK(rule.is_bound(vote_of(0, p1, "")));
    CHECK(!rule.is_bound(vote<text>{}));
}

TEST_CASE("is_complete and first_free: nothing that an acceptor reports is left out [PMMC fig 7]") {
    CHECK(rule.is_complete(true));
    CHECK(!rule.is_complete(false));
    CHECK(rule.first_free(slot(2), slot(5)) == slot(5));
    CHECK(rule.first_free(slot(5), slot(2)) == slot(5));
}

TEST_CASE("counts_together: votes of one ballot [PMS 2.3]") {
    CHECK(rule.counts_together(p1, p1));
    CHECK(!rule.counts_together(p1, q1));
    CHECK(!rule.counts_together(q1, p1));
}

TEST_CASE("carries_chosen: a vote of the ballot that chose or of a later one [PMS 2.2, P2]") {
    CHECK(rule.carries_chosen(p1, p1));
    CHECK(rule.carries_chosen(q2, p1));
    CHECK(!rule.carries_chosen(p1, q1));
    CHECK(!rule.carries_chosen(none, p1));
    CHECK(!rule.carries_chosen(none, none));
}

TEST_CASE("is_next_to_apply: the next slot, not one before and not one after [PMMC 2.1]") {
    CHECK(rule.is_next_to_apply(slot(4), slot(4)));
    CHECK(!rule.is_next_to_apply(slot(5), slot(4)));
    CHECK(!rule.is_next_to_apply(slot(3), slot(4)));
}

TEST_CASE("rests_on and may_leave: all records staged before, durable [PTP 2.2]") {
    CHECK(rule.rests_on(7) == 7);
    CHECK(rule.may_leave(7, 7));
    CHECK(rule.may_leave(6, 7));
    CHECK(!rule.may_leave(8, 7));
}

TEST_CASE("counts_sync: for the life that started it") {
    CHECK(rule.counts_sync(4, 4));
    CHECK(!rule.counts_sync(5, 4));
}

TEST_CASE("stamped: with the ballot it was built for [PMS 2.2, phase 2(a)]") {
    CHECK(rule.stamped(p1, p2) == p1);
}

TEST_CASE("ballot_source: a round above all that were seen, one's own [PTP 2.2]") {
    CHECK(ballot_source::next(0, p) == p1);
    CHECK(ballot_source::next(41, q) == ballot(42, q));
    CHECK(ballot_source::next(ballot::max_round - 1, p) == ballot(ballot::max_round, p));
    CHECK(!ballot_source::next(ballot::max_round, p).exists());
    CHECK(!ballot_source::next(~std::uint64_t{0}, p).exists());
}
