// tests/unit/paxos/backoff.cpp - each wait is longer than the last, up to a bound, and never the
// same for two seeds.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/backoff.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

duration wait_of(backoff& one) {
    one.arm(start);
    return one.deadline() - start;
}

}  // namespace

TEST_CASE("a wait doubles with each attempt, up to the longest, plus a random part below it") {
    backoff one(milliseconds(10), milliseconds(50), 1);
    for (const std::int64_t least : {10, 20, 40, 50, 50, 50}) {
        const duration wait = wait_of(one);
        CHECK(wait >= milliseconds(least));
        CHECK(wait < milliseconds(2 * least));
    }
    one.relax();
    CHECK(wait_of(one) < milliseconds(20));
}

TEST_CASE("a wait is never longer than the longest, doubled, whatever the first is") {
    backoff one(milliseconds(30), milliseconds(40), 1);
    for (int i = 0; i < 100; ++i) {
        const duration wait = wait_of(one);
        CHECK(wait < milliseconds(80));
    }
}

TEST_CASE("rivals with other seeds get out of step; the same seed gives the same waits") {
    backoff one(milliseconds(10), seconds(1), 1);
    backoff same(milliseconds(10), seconds(1), 1);
    backoff other(milliseconds(10), seconds(1), 2);
    int alike = 0;
    for (int i = 0; i < 8; ++i) {
        const duration wait = wait_of(one);
        CHECK(wait == wait_of(same));
        alike += wait == wait_of(other) ? 1 : 0;
    }
    CHECK(alike == 0);
    CHECK(one == same);
    CHECK(fingerprint_of(one) == fingerprint_of(same));
    CHECK(fingerprint_of(one) != fingerprint_of(other));
}

TEST_CASE("a deadline is due at its instant and not before, and never when disarmed") {
    backoff one(milliseconds(10), seconds(1), 1);
    CHECK(!one.is_armed());
    CHECK(!one.is_due(start + seconds(1'000'000)));
    one.arm(start);
    CHECK(one.is_armed());
    CHECK(!one.is_due(one.deadline() + duration(-1)));
    CHECK(one.is_due(one.deadline()));
    one.disarm();
    CHECK(!one.is_armed());
    CHECK(one.deadline() == instant::never());
}
