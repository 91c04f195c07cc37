// tests/unit/base/time.cpp - lengths and points of time, and how those of std::chrono become ours.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/time.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>

namespace {

using namespace synod;
using namespace std::chrono_literals;

static_assert(std::convertible_to<std::chrono::milliseconds, duration>);
static_assert(!std::convertible_to<std::int64_t, duration>);
static_assert(!std::convertible_to<duration, instant>);
static_assert(!std::constructible_from<duration, instant>);
static_assert(!std::constructible_from<instant, std::chrono::seconds>);
static_assert(!std::constructible_from<duration, std::chrono::steady_clock::time_point>);

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("lengths are made of units") {
    CHECK(microseconds(3) == duration(3'000));
    CHECK(milliseconds(3) == microseconds(3'000));
    CHECK(seconds(3) == milliseconds(3'000));
}

TEST_CASE("lengths of std::chrono convert, whatever their unit") {
    CHECK(duration(5ns) == duration(5));
    CHECK(duration(5us) == microseconds(5));
    CHECK(duration(5ms) == milliseconds(5));
    CHECK(duration(5s) == seconds(5));
    CHECK(duration(2min) == seconds(120));
    CHECK(duration(1h) == seconds(3'600));
    CHECK(duration(-5ms) == milliseconds(-5));
    CHECK(duration(std::chrono::duration<int, std::ratio<1, 4>>(4)) == seconds(1));
}

TEST_CASE("lengths of std::chrono that are too long become the longest, and none wraps around") {
    using unsigned_seconds = std::chrono::duration<std::uint64_t>;
    constexpr duration longest(most);
    constexpr duration shortest(std::numeric_limits<std::int64_t>::min());
    STATIC_REQUIRE(duration(std::chrono::hours::max()) == longest);
    STATIC_REQUIRE(duration(std::chrono::hours::min()) == shortest);
    STATIC_REQUIRE(duration(std::chrono::nanoseconds::max()) == longest);
    STATIC_REQUIRE(duration(std::chrono::nanoseconds::min()) == shortest);
    STATIC_REQUIRE(duration(unsigned_seconds::max()) == longest);
    STATIC_REQUIRE(duration(std::chrono::duration<double>::max()) == longest);
    STATIC_REQUIRE(duration(std::chrono::duration<double>::min()) == shortest);
    STATIC_REQUIRE(duration(std::chrono::duration<float>::max()) == longest);
    STATIC_REQUIRE(duration(std::chrono::seconds(most / 1'000'000'000)) ==
                   seconds(most / 1'000'000'000));
    STATIC_REQUIRE(duration(std::chrono::seconds(most / 1'000'000'000 + 1)) == longest);
    STATIC_REQUIRE(duration(std::chrono::seconds(-(most / 1'000'000'000) - 1)) == shortest);
    STATIC_REQUIRE(instant(std::chrono::sys_time<std::chrono::hours>::max()) == instant::never());
}

TEST_CASE("a fraction of a unit is not lost") {
    CHECK(duration(0.5s) == milliseconds(500));
    CHECK(duration(std::chrono::duration<float>(0.25F)) == milliseconds(250));
    CHECK(duration(1.5ms) == microseconds(1'500));
    CHECK(duration(0.7ns) == duration(0));
}

TEST_CASE("points of std::chrono convert to nanoseconds since their clock's epoch") {
    const std::chrono::steady_clock::time_point point(7ms);
    CHECK(instant(point) == instant(7'000'000));
    const std::chrono::sys_time<std::chrono::seconds> day(24h);
    CHECK(instant(day).nanoseconds() == 86'400'000'000'000);
}

TEST_CASE("lengths are added, subtracted, stretched and compared") {
    CHECK(seconds(1) + milliseconds(500) == milliseconds(1'500));
    CHECK(seconds(1) - milliseconds(1'500) == milliseconds(-500));
    CHECK(milliseconds(3) * 4 == milliseconds(12));
    CHECK(milliseconds(12) / 4 == milliseconds(3));
    CHECK(milliseconds(12) > milliseconds(3));
}

TEST_CASE("a point later by a length") {
    const instant at(1'000);
    CHECK(at + duration(5) == instant(1'005));
    CHECK(at + duration(-5) == instant(995));
    CHECK(instant(1'005) - at == duration(5));
    CHECK(earlier(at, instant(995)) == instant(995));
    CHECK(earlier(at, instant::never()) == at);
}

TEST_CASE("a point so late that no clock shows it is never, and stays so") {
    CHECK(instant(most - 5) + duration(5) == instant::never());
    CHECK(instant(most - 5) + duration(6) == instant::never());
    CHECK(instant(most - 5) + duration(most) == instant::never());
    CHECK(instant::never() + seconds(1) == instant::never());
    CHECK(instant(most - 5) + duration(4) == instant(most - 1));
    CHECK(instant::never() + duration(0) == instant::never());
    CHECK(instant::never() + duration(-1) == instant(most - 1));
    CHECK(instant(-5) + duration(most) == instant(most - 5));
}

TEST_CASE("logical time counts milliseconds and saturates") {
    CHECK(log_time(5) + 3 == log_time(8));
    CHECK(log_time::never() + 1 == log_time::never());
    CHECK(log_time(~std::uint64_t{0} - 1) + 9 == log_time::never());
    CHECK(log_time(1) < log_time::never());
}

TEST_CASE("times differ in fingerprint when they differ") {
    CHECK(fingerprint_of(duration(1)) != fingerprint_of(duration(2)));
    CHECK(fingerprint_of(instant(1)) != fingerprint_of(instant(2)));
    CHECK(fingerprint_of(log_time(1)) != fingerprint_of(log_time(2)));
}
