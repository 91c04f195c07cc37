// tests/unit/base/prng.cpp - the same seed gives the same numbers everywhere.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>

namespace {

using namespace synod;

}  // namespace

TEST_CASE("the numbers are those of SplitMix64") {
    prng random(1'234'567);
    for (const std::uint64_t expected :
         {6457827717110365317U, 3203168211198807973U, 9817491932198370423U, 4593380528125082431U,
          16408922859458223821U}) {
        CHECK(random.next() == expected);
    }
}

TEST_CASE("numbers below a bound are below it and reach all of them") {
    prng random(1);
    std::array<int, 7> seen{};
    for (int i = 0; i < 7'000; ++i) ++seen[static_cast<std::size_t>(random.below(7))];
    for (const int times : seen) CHECK(times > 800);
    CHECK(random.below(1) == 0);
}

TEST_CASE("a stretched length is at least the length and less than twice it") {
    prng random(1);
    duration least = seconds(9);
    duration most(0);
    for (int i = 0; i < 1'000; ++i) {
        const duration length = random.stretched(seconds(1));
        if (length < least) least = length;
        if (length > most) most = length;
    }
    CHECK(least >= seconds(1));
    CHECK(least < milliseconds(1'050));
    CHECK(most < seconds(2));
    CHECK(most > milliseconds(1'950));
    CHECK(random.stretched(duration(0)) == duration(0));
}

TEST_CASE("a generator is a value") {
    prng one(5);
    const prng copy = one;
    static_cast<void>(one.next());
    CHECK(one != copy);
    CHECK(fingerprint_of(one) != fingerprint_of(copy));
    prng other(5);
    static_cast<void>(other.next());
    CHECK(one == other);
}
