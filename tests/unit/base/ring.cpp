// tests/unit/base/ring.cpp - a queue and a window of slots, against std::deque and std::map.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/ring.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace {

using namespace synod;

bool same(const ring<std::string>& queue, const std::deque<std::string>& expected) {
    if (queue.size() != expected.size() || queue.empty() != expected.empty()) return false;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (queue[i] != expected[i]) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("a ring is a queue") {
    prng random(1);
    ring<std::string> queue;
    std::deque<std::string> expected;
    for (int i = 0; i < 5'000; ++i) {
        const bool is_growing = i / 100 % 2 == 0;
        if (expected.empty() || random.below(3) < (is_growing ? 2U : 1U)) {
            const std::string value = "a longer text than fits in place " + std::to_string(i);
            queue.push_back(value);
            expected.push_back(value);
            REQUIRE(queue.back() == value);
        } else {
            REQUIRE(queue.front() == expected.front());
            queue.pop_front();
            expected.pop_front();
        }
        REQUIRE(same(queue, expected));
    }
    queue.clear();
    CHECK(queue.empty());
}

TEST_CASE("an element that leaves a ring is let go at once") {
    ring<std::shared_ptr<int>> queue;
    const auto owned = std::make_shared<int>(1);
    queue.push_back(owned);
    queue.pop_front();
    CHECK(owned.use_count() == 1);
    queue.push_back(owned);
    queue.clear();
    CHECK(owned.use_count() == 1);
}

TEST_CASE("a fresh element is a default one, also where another was before") {
    ring<int> queue;
    for (int i = 1; i <= 4; ++i) queue.push_back(i);
    for (int i = 1; i <= 3; ++i) queue.pop_front();
    for (int i = 0; i < 3; ++i) CHECK(queue.emplace_back() == 0);
}

TEST_CASE("rings compare and hash by content, not by where they begin") {
    ring<int> one;
    ring<int> other;
    for (int i = 0; i < 3; ++i) other.push_back(9);
    for (int i = 0; i < 3; ++i) other.pop_front();
    for (int i = 0; i < 4; ++i) {
        one.push_back(i);
        other.push_back(i);
    }
    CHECK(one == other);
    CHECK(fingerprint_of(one) == fingerprint_of(other));
    other.back() = 7;
    CHECK(!(one == other));
    CHECK(fingerprint_of(one) != fingerprint_of(other));
    other.pop_front();
    CHECK(!(one == other));
}

TEST_CASE("copies are apart, and what was moved from is empty and usable") {
    ring<std::string> one;
    one.push_back("x");
    ring<std::string> copy = one;
    copy.push_back("y");
    CHECK(one.size() == 1);

    ring<std::string> taken = std::move(one);
    CHECK(taken.front() == "x");
    CHECK(one.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
    one.push_back("z");
    CHECK(one.front() == "z");
    one = std::move(copy);
    CHECK(one.size() == 2);
}

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
