// tests/unit/testing/stage.cpp - what the parts of a run share: luck that comes from the seed, and
// the first broken promise.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/stage.hpp>

#include "support/catch.hpp"

#include <cstdint>

using namespace synod;
using testing::fault;
using testing::fault_set;
using testing::stage;

TEST_CASE("a fault strikes as often as it is said to") {
    stage run(1);
    run.faults = fault_set::all();
    constexpr std::uint64_t tries = 100'000;
    std::uint64_t struck = 0;
    for (std::uint64_t i = 0; i < tries; ++i) struck += run.strikes(fault::loss, 250'000) ? 1 : 0;
    CHECK(struck > tries / 4 - 1'000);
    CHECK(struck < tries / 4 + 1'000);
    CHECK(run.tally[fault::loss] == struck);
    CHECK(run.tally.total() == struck);
}

TEST_CASE("a fault that is certain strikes each time, and an impossible one never") {
    stage run(2);
    run.faults.insert(fault::pause);
    for (int i = 0; i < 1'000; ++i) {
        REQUIRE(run.strikes(fault::pause, 1'000'000));
        REQUIRE_FALSE(run.strikes(fault::pause, 0));
    }
    CHECK(run.tally[fault::pause] == 1'000);
}

TEST_CASE("a class that is off neither strikes nor costs luck") {
    stage run(3);
    run.faults = fault_set::all();
    run.faults.erase(fault::crash);
    const prng before = run.random;
    CHECK_FALSE(run.strikes(fault::crash, 1'000'000));
    CHECK(run.random == before);
    CHECK(run.tally.total() == 0);
}

TEST_CASE("a length between two may be either of them, and nothing beyond") {
    stage run(4);
    bool was_least = false;
    bool was_most = false;
    for (int i = 0; i < 1'000; ++i) {
        const duration length = run.between(duration(-2), duration(3));
        REQUIRE(length >= duration(-2));
        REQUIRE(length <= duration(3));
        was_least |= length == duration(-2);
        was_most |= length == duration(3);
    }
    CHECK(was_least);
    CHECK(was_most);
    CHECK(run.between(seconds(2), seconds(2)) == seconds(2));
}

TEST_CASE("a coin falls by its percentage") {
    stage run(5);
    int heads = 0;
    for (int i = 0; i < 10'000; ++i) heads += run.flip(30) ? 1 : 0;
    CHECK(heads > 2'800);
    CHECK(heads < 3'200);
    CHECK_FALSE(run.flip(0));
    CHECK(run.flip(100));
}

TEST_CASE("faults that are not common, and the first broken promise, are lines of the trace") {
    stage run(7, true);
    run.faults = fault_set::all();
    run.acting = node_id(3);
    run.now = instant(5'000);
    CHECK(run.strikes(fault::crash, 1'000'000));
    CHECK(run.strikes(fault::loss, 1'000'000));
    run.strike(fault::pause);
    run.violate("granted_once");
    run.violate("no_stale_write");
    REQUIRE(run.trace.lines().size() == 3);
    CHECK(to_string(run.trace.lines()[0]) == "5 n3 is struck by crash [0 0 0 1]");
    CHECK(to_string(run.trace.lines()[1]) == "5 n3 is struck by pause [0 0 0 2]");
    CHECK(to_string(run.trace.lines()[2]) == "5 n3 breaks a promise: granted_once [0 0 0 3]");
    CHECK(run.tally.total() == 3);
}

TEST_CASE("a fault changes the hash of the trace, kept or not") {
    stage quiet(8);
    stage struck(8);
    struck.strike(fault::crash);
    CHECK_FALSE(quiet.trace.hash() == struck.trace.hash());
}

TEST_CASE("a run is remembered for the first promise that it broke, and for when") {
    stage run(6);
    CHECK_FALSE(run.is_violated());
    run.now = instant(70);
    run.violate("one_value_chosen");
    run.now = instant(90);
    run.violate("granted_once");
    CHECK(run.is_violated());
    CHECK(run.violation == "one_value_chosen");
    CHECK(run.violated_at == instant(70));
}
