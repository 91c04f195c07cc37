// tests/unit/log/catch_up.cpp - when a node asks for what it misses, and when it asks another.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/catch_up.hpp>

#include "support/catch.hpp"

#include <cstdint>

using namespace synod;

namespace {

constexpr std::uint64_t per_answer = 64;
constexpr slot end(10'000);

/// One node's, and a clock.
struct asking {
    /// Goes on to the next deadline, where it asks for the slots from `next` on. Returns how long
    /// it waited.
    duration ask_next(slot next) {
        const instant before = now;
        now = it.deadline();
        CHECK(it.should_ask(next, end, per_answer, now));
        return now - before;
    }

    catch_up it{milliseconds(10), seconds(1), 1};
    instant now;
};

}  // namespace

TEST_CASE("what is used up is asked on at once") {
    asking a;
    CHECK(a.it.should_ask(slot(0), end, per_answer, a.now));
    CHECK(!a.it.should_ask(slot(63), end, per_answer, a.now));
    CHECK(a.it.should_ask(slot(64), end, per_answer, a.now));
    CHECK(!a.it.should_ask(end, end, per_answer, a.now));
    CHECK(!a.it.is_asking());
}

TEST_CASE("who answers in part goes on being asked, and as soon as ever") {
    asking a;
    CHECK(a.it.should_ask(slot(0), end, per_answer, a.now));
    for (std::uint64_t next = 32; next < 3'200; next += 32) {
        CHECK(a.ask_next(slot(next)) <= milliseconds(20));
    }
    CHECK(a.it.turn() == 0);
}

TEST_CASE("without an answer it is another's turn, after a longer while each time") {
    asking a;
    CHECK(a.it.should_ask(slot(0), end, per_answer, a.now));
    for (std::uint32_t turn = 1; turn <= 6; ++turn) {
        const duration least = milliseconds(10 << (turn - 1));
        const duration waited = a.ask_next(slot(0));
        CHECK(waited >= least);
        CHECK(waited <= least * 2);
        CHECK(a.it.turn() == turn);
    }
    CHECK(a.ask_next(slot(1)) >= milliseconds(500));
    CHECK(a.it.turn() == 6);  // it was the last asked that answered
    CHECK(a.ask_next(slot(2)) <= milliseconds(20));
}
