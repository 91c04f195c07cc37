// tests/explore/roles.cpp - whole roles keep every invariant in every state of their worlds, and
// each mistake breaks one.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/worlds.hpp>

#include "explore/both_orders.hpp"
#include "explore/conversations.hpp"
#include "explore/worlds.hpp"
#include "mutants/kills_of_roles.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

using synod::testing::any_world;
using synod::testing::findings;

namespace {

/// The world that the first line of a scenario names, its words told apart by single spaces.
[[nodiscard]] std::unique_ptr<any_world> world_of(std::string_view line) {
    synod::testing::parameters given;
    line.remove_prefix(std::string_view("world roles").size());
    while (!line.empty()) {
        line.remove_prefix(1);
        const std::string_view word = line.substr(0, line.find(' '));
        const std::size_t sign = word.find('=');
        given.set(std::string(word.substr(0, sign)), std::string(word.substr(sign + 1)));
        line.remove_prefix(word.size());
    }
    return explore::known_worlds().make("roles", given);
}

void hold(std::string_view line, std::uint64_t distinct, std::uint64_t generated,
          std::uint64_t depth) {
    const auto world = [&] { return world_of(line); };
    CHECK(explore::reach_exactly(world, distinct, generated).depth == depth);
}

}  // namespace

TEST_CASE("two proposers and three acceptors agree [PMS 2.2]") {
    hold("world roles", 286'216, 1'149'409, 24);
}

TEST_CASE(
    "acceptors crash at every point of their flush, and messages outlive the restart [PTP 2.2]") {
    hold("world roles crashes=1 reach0=01", 114'260, 445'853, 23);
}

TEST_CASE("a message that arrives twice changes nothing [PTP 2.1]") {
    hold("world roles crashes=1 copies=1 deaf=yes reach0=01", 204'096, 823'882, 19);
    hold("world roles crashes=1 copies=1 reach0=01 reach1=12", 58'136, 216'539, 23);
}

TEST_CASE("of a batch that was not synced, any prefix may survive") {
    hold("world roles crashes=1 acceptor_batch=2 reach0=01 reach1=12", 11'164, 40'127, 28);
    hold("world roles acceptors=2 crashes=2 acceptor_batch=2 copies=1", 515'199, 2'185'153, 31);
}

TEST_CASE("syncs go on beside the role, and end after it has crashed [PTP 2.2]") {
    hold("world roles acceptors=2 disk=async crashes=2 copies=1", 658'804, 2'567'481, 35);
}

TEST_CASE("proposers crash, too, and messages are lost [PTP 2.2]") {
    hold("world roles acceptors=2 crashes=1 copies=1 losses=1 proposer_crashes=1", 1'093'748,
         5'345'346, 25);
}

TEST_CASE("a leader takes over with values in flight in two slots [PMMC fig 7]") {
    hold("world roles slots=2 acceptors=2 crashes=1", 494'408, 2'293'955, 29);
    hold("world roles slots=2 crashes=1 reach0=01 reach1=12", 268'432, 1'368'668, 29);
    hold("world roles slots=2 acceptors=2 acceptor_batch=2 proposer_batch=2", 1'271'845, 6'199'109,
         43);
}

TEST_CASE("what the rules of a role remember is part of its state") {
    // Without it, 552 states: those that differ in the promise before the last would be one.
    hold("world roles acceptors=1 proposers=3 watch=agreement mutant=m6", 576, 1'275, 16);
}

TEST_CASE(
    "each mistake that roles can make breaks its invariant, nothing else does, and the shortest "
    "way to "
    "it is a scenario") {
    for (const auto& [which, line, broken] : synod::mutants::kills_of_roles) {
        INFO(line);
        CHECK(synod::mutants::active == synod::mutants::mutant::none);
        const findings found = world_of(line)->search_breadth_first({});
        CHECK(found.broken == broken);
        CHECK(explore::is_shown(line, found));
        const std::string_view right = line.substr(0, line.find(" mutant="));
        CHECK(world_of(right)->search_breadth_first({}).is_proof());
    }
}
