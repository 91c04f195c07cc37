// tests/unit/testing/virtual_clock.cpp - a virtual clock is wrong by as much as it was told to be,
// and knows when it will show what.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/testing/virtual_clock.hpp>

#include "support/catch.hpp"

#include <cstdint>

using namespace synod;
using testing::virtual_clock;

namespace {

constexpr instant start(1'000);
constexpr instant noon(500'000'000'000);  // what it shows at the start

[[nodiscard]] instant after(duration length) { return start + length; }

}  // namespace

TEST_CASE("a clock that nothing happened to runs at the true rate") {
    const virtual_clock clock(start, noon);
    CHECK(clock.at(start) == noon);
    CHECK(clock.at(after(seconds(7))) == noon + seconds(7));
    CHECK(clock.when(noon + seconds(7), start) == after(seconds(7)));
}

TEST_CASE("a clock that drifts gains and loses millionths") {
    virtual_clock clock(start, noon);
    clock.drift(start, 250);
    CHECK(clock.at(after(seconds(4))) == noon + seconds(4) + milliseconds(1));
    clock.drift(after(seconds(4)), -500);
    CHECK(clock.at(after(seconds(6))) == noon + seconds(6));
    clock.drift(after(seconds(6)), 0);
    CHECK(clock.at(after(seconds(9))) == noon + seconds(9));
}

TEST_CASE("a clock drifts over a century without an overflow") {
    constexpr duration century = seconds(std::int64_t{100} * 365 * 24 * 3600);
    virtual_clock clock(start, noon);
    clock.drift(start, 400'000);
    CHECK(clock.at(after(century)) == noon + century / 10 * 14);
}

TEST_CASE("a clock that jumps is off from there on, forwards or backwards") {
    virtual_clock clock(start, noon);
    clock.jump(after(seconds(1)), seconds(-3));
    CHECK(clock.at(after(seconds(1))) == noon + seconds(-2));
    CHECK(clock.at(after(seconds(5))) == noon + seconds(2));
    clock.jump(after(seconds(5)), milliseconds(10));
    CHECK(clock.at(after(seconds(5))) == noon + seconds(2) + milliseconds(10));
}

TEST_CASE("a frozen clock stands still, also when it jumps, and runs on from what it shows") {
    virtual_clock clock(start, noon);
    clock.freeze(after(seconds(1)));
    CHECK(clock.at(after(seconds(90))) == noon + seconds(1));
    clock.jump(after(seconds(90)), seconds(4));
    CHECK(clock.at(after(seconds(95))) == noon + seconds(5));
    clock.thaw(after(seconds(100)));
    CHECK(clock.at(after(seconds(100))) == noon + seconds(5));
    CHECK(clock.at(after(seconds(101))) == noon + seconds(6));
}

TEST_CASE("what a clock shows already, it shows at once") {
    virtual_clock clock(start, noon);
    const instant later = after(seconds(2));
    CHECK(clock.when(noon + seconds(1), later) == later);
    CHECK(clock.when(noon + seconds(2), later) == later);
    clock.freeze(later);
    CHECK(clock.when(noon + seconds(2), later) == later);
}

TEST_CASE("a frozen clock never shows what is to come, and no clock ever shows never") {
    virtual_clock clock(start, noon);
    CHECK(clock.when(instant::never(), start) == instant::never());
    clock.freeze(start);
    CHECK(clock.when(noon + duration(1), start) == instant::never());
}

TEST_CASE("the time at which a clock shows something is the first such time, at any rate") {
    prng random(6);
    for (int i = 0; i < 10'000; ++i) {
        virtual_clock clock(start, noon);
        const auto rate = static_cast<std::int64_t>(random.below(800'001)) - 400'000;
        clock.drift(start, rate);
        const duration wait(static_cast<std::int64_t>(1 + random.below(100'000'000'000)));
        const instant found = clock.when(noon + wait, start);
        INFO("rate " << rate << ", wait " << wait.nanoseconds());
        REQUIRE(clock.at(found) >= noon + wait);
        REQUIRE(clock.at(found + duration(-1)) < noon + wait);
    }
}

TEST_CASE("what a clock shows never falls while it only drifts") {
    virtual_clock clock(start, noon);
    clock.drift(start, -400'000);
    for (std::int64_t i = 999'900; i < 1'000'100; ++i) {
        REQUIRE(clock.at(start + duration(i)) <= clock.at(start + duration(i + 1)));
    }
}
