// tests/unit/testing/simulated_process.cpp - a life ends before exactly the effect that it is
// doomed to, and has none after.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulated_process.hpp>

#include "support/catch.hpp"

#include <cstdint>

using namespace synod;
using testing::simulated_process;

TEST_CASE("a life that nothing dooms goes on") {
    simulated_process life;
    for (int i = 0; i < 1'000; ++i) REQUIRE(life.acts());
    CHECK_FALSE(life.is_dead());
    CHECK_FALSE(life.is_spent());
}

TEST_CASE("a doomed life has as many effects as it was given, and then none for ever") {
    for (std::uint64_t left = 0; left < 5; ++left) {
        simulated_process life;
        REQUIRE(life.acts());
        life.doom(left);
        for (std::uint64_t i = 0; i < left; ++i) {
            REQUIRE_FALSE(life.is_spent());
            REQUIRE(life.acts());
        }
        CHECK(life.is_spent());
        CHECK_FALSE(life.is_dead());  // nothing shows before the effect that does not come
        CHECK_FALSE(life.acts());
        CHECK(life.is_dead());
        life.doom(10);  // nobody dies twice
        CHECK_FALSE(life.acts());
        CHECK(life.is_dead());
    }
}
