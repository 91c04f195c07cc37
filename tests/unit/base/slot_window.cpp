// tests/unit/base/slot_window.cpp - a window of slots, against std::map.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/slot_window.hpp>

#include "support/catch.hpp"
#include "unit/base/fragile.hpp"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace synod;

TEST_CASE("a slot window holds elements by slot") {
    prng random(1);
    slot_window<int> window(slot(5));
    std::map<std::uint64_t, int> expected;
    std::uint64_t first = 5;
    for (int i = 1; i < 3'000; ++i) {
        if (random.below(4) == 0) {
            first += random.below(6);
            window.drop_below(slot(first));
            expected.erase(expected.begin(), expected.lower_bound(first));
        } else {
            const std::uint64_t at = first + random.below(20);
            window.reach(slot(at)) = i;
            expected[at] = i;
        }
        REQUIRE(window.first() == slot(first));
        if (!expected.empty()) REQUIRE(window.end() == slot(expected.rbegin()->first + 1));
        for (std::uint64_t at = 0; at < first + 30; ++at) {
            const bool is_inside = at >= first && slot(at) < window.end();
            REQUIRE(window.contains(slot(at)) == is_inside);
            if (is_inside) REQUIRE(window[slot(at)] == (expected.contains(at) ? expected[at] : 0));
        }
    }
}

TEST_CASE("a window is dropped past its end, never back, and restarted anywhere") {
    slot_window<int> window;
    window.reach(slot(2)) = 7;
    CHECK(window.size() == 3);
    window.drop_below(slot(1'000'000));
    CHECK(window.empty());
    CHECK(window.first() == slot(1'000'000));
    window.drop_below(slot(3));
    CHECK(window.first() == slot(1'000'000));
    window.reach(slot(1'000'001)) = 8;
    CHECK(window[slot(1'000'000)] == 0);
    window.restart(slot(4));
    CHECK(window.empty());
    CHECK(window.end() == slot(4));
    CHECK(!window.contains(slot(4)));
}

TEST_CASE("windows differ by where they begin, too") {
    slot_window<int> one(slot(1));
    slot_window<int> other(slot(2));
    CHECK(one != other);
    CHECK(fingerprint_of(one) != fingerprint_of(other));
    one.reach(slot(2)) = 3;
    one.drop_below(slot(2));
    other.reach(slot(2)) = 3;
    CHECK(one == other);
    CHECK(fingerprint_of(one) == fingerprint_of(other));
}

TEST_CASE("copies of a window are apart, and what was moved from is empty and usable") {
    slot_window<std::vector<int>> one(slot(7));
    one.reach(slot(8)) = {1};
    slot_window<std::vector<int>> copy = one;
    copy.reach(slot(8)) = {2};
    CHECK(one[slot(8)] == std::vector{1});

    const slot_window<std::vector<int>> taken = std::move(one);
    CHECK(taken[slot(8)] == std::vector{1});
    CHECK(one.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
    one.reach(slot(9)) = {3};
    CHECK(one[slot(9)] == std::vector{3});
    one = std::move(copy);
    CHECK(one.size() == 2);
    CHECK(one[slot(8)] == std::vector{2});
}

TEST_CASE("a copy of a window that fails half-way lets go of what it has") {
    slot_window<fragile> window;
    window.reach(slot(2));
    fragile::copies_left = 2;
    CHECK_THROWS_AS(slot_window<fragile>(window), std::runtime_error);
    CHECK(fragile::alive == 3);
}
