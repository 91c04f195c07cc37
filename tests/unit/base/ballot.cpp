// tests/unit/base/ballot.cpp - no two proposers share a ballot, and any two ballots have an order.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/ballot.hpp>
#include <synod/base/fingerprint.hpp>

#include "support/catch.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace {

using namespace synod;

static_assert(!std::convertible_to<std::uint64_t, ballot>);
static_assert(!std::convertible_to<ballot, std::uint64_t>);
static_assert(sizeof(ballot) == 8 && std::is_trivially_copyable_v<ballot>);

}  // namespace

TEST_CASE("ballots are totally ordered, by round and then by proposer [PMS 2.2]") {
    for (std::uint64_t round = 1; round < 5; ++round) {
        for (std::uint32_t proposer = 0; proposer < max_nodes; ++proposer) {
            const ballot one(round, node_id(proposer));
            CHECK(one.round() == round);
            CHECK(one.proposer() == node_id(proposer));
            CHECK(one < ballot(round + 1, node_id(0)));
            if (proposer > 0) CHECK(one > ballot(round, node_id(proposer - 1)));
        }
    }
}

TEST_CASE("two proposers never share a ballot [PMS 2.2]") {
    CHECK(ballot(1, node_id(0)) != ballot(1, node_id(1)));
    CHECK(fingerprint_of(ballot(1, node_id(0))) != fingerprint_of(ballot(1, node_id(1))));
}

TEST_CASE("no ballot is below all ballots") {
    CHECK(!ballot().exists());
    CHECK(!ballot().is_valid());
    CHECK(ballot() < ballot(1, node_id(0)));
    CHECK(ballot(1, node_id(0)).exists());
    CHECK(ballot(1, node_id(0)).is_valid());
}

TEST_CASE("the highest ballot is one") {
    const ballot highest(ballot::max_round, node_id(max_nodes - 1));
    CHECK(highest.round() == ballot::max_round);
    CHECK(highest.proposer() == node_id(max_nodes - 1));
    CHECK(highest.is_valid());
}

TEST_CASE("any number unpacks, and what no proposer makes is not valid") {
    const ballot one(7, node_id(3));
    CHECK(ballot::from_packed(one.packed()) == one);
    CHECK(!ballot::from_packed(3).is_valid());  // round 0
    CHECK(ballot::from_packed(3).exists());
    CHECK(!ballot::from_packed(1U << 8U | 64U).is_valid());  // proposer 64
    CHECK(!ballot::from_packed(~std::uint64_t{0}).is_valid());
}
