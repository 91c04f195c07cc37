// tests/explore/log_world.cpp - small logs, in every order of what can happen in them.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/log_parts.hpp"

#include <synod/testing/explorer.hpp>

#include "support/catch.hpp"

using namespace explore;
using synod::mutants::mutant;
using synod::testing::breadth_first;
using synod::testing::depth_first;

TEST_CASE("a command in an elected cluster, in every order") {
    auto world = log_world_of<log_parts>({.begins_elected = true, .commands = 1, .ticks = 1}, mutant::none);
    const auto found = breadth_first(world);
    for (const auto& one : found.schedule) WARN(one);
    CHECK(found.broken == "");
    CHECK(found.distinct == 0);
    WARN(found.seconds);
}
