// tests/unit/paxos/votes.cpp - one vote a slot, the latest.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/votes.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

}  // namespace

TEST_CASE("there is no vote where none was put") {
    votes<text> kept;
    CHECK(kept.first() == slot(0));
    CHECK(kept.end() == slot(0));
    kept.put(slot(3), p1, "x");
    CHECK(kept.end() == slot(4));
    for (const std::uint64_t at : {0U, 2U, 4U, 99U}) CHECK(!kept.ballot_of(slot(at)).exists());
    CHECK(kept.at(slot(3)) == vote_of(3, p1, "x"));
}

TEST_CASE("a later vote takes the place of the earlier one") {
    votes<text> kept;
    kept.put(slot(0), p1, "x");
    kept.put(slot(0), q2, "y");
    CHECK(kept.at(slot(0)) == vote_of(0, q2, "y"));
    CHECK(kept.end() == slot(1));
}

TEST_CASE("forgetting drops the votes below and no others") {
    votes<text> kept;
    for (const std::uint64_t at : {0U, 1U, 2U}) kept.put(slot(at), p1, "x");
    kept.forget(slot(2));
    CHECK(kept.first() == slot(2));
    CHECK(!kept.ballot_of(slot(1)).exists());
    CHECK(kept.value_of(slot(2)) == "x");
    kept.forget(slot(1));  // no step back
    CHECK(kept.first() == slot(2));
    kept.forget(slot(90));
    CHECK(kept.first() == slot(90));
    kept.put(slot(91), p1, "y");
    CHECK(kept.value_of(slot(91)) == "y");
}

TEST_CASE("votes compare by content, ballots included") {
    votes<text> one;
    votes<text> other;
    one.put(slot(1), p1, "x");
    other.put(slot(1), p1, "x");
    CHECK(one == other);
    CHECK(fingerprint_of(one) == fingerprint_of(other));
    other.put(slot(1), p2, "x");
    CHECK(one != other);
    CHECK(fingerprint_of(one) != fingerprint_of(other));
}
