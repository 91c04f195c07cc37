// tests/explore/roles.cpp - whole roles keep every invariant in every state of their worlds, and each mistake breaks one.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/worlds.hpp>

#include "explore/worlds.hpp"
#include "mutants/kills_of_roles.hpp"
#include "support/catch.hpp"

#include <algorithm>
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
    const findings found = world_of(line)->search_breadth_first({});
    CHECK(found.is_proof());
    CHECK(found.distinct == distinct);
    CHECK(found.generated == generated);
    CHECK(found.depth == depth);
}

void hold_in_both_orders(std::string_view line, std::uint64_t distinct, std::uint64_t generated,
                         std::uint64_t depth) {
    hold(line, distinct, generated, depth);
    const findings deep = world_of(line)->search_depth_first({});
    CHECK(deep.is_proof());
    CHECK(deep.distinct == distinct);
    CHECK(deep.generated == generated);
}

}  // namespace

TEST_CASE("two proposers and three acceptors that never crash") {
    hold_in_both_orders("world roles", 286'216, 1'149'409, 24);
}

TEST_CASE("each mistake that roles can make breaks an invariant, and nothing else does") {
    for (const auto& [which, line] : synod::mutants::kills_of_roles) {
        INFO(line);
        CHECK_FALSE(world_of(line)->search_breadth_first({}).broken.empty());
        const std::string_view right = line.substr(0, line.find(" mutant="));
        CHECK(world_of(right)->search_breadth_first({}).is_proof());
    }
}
