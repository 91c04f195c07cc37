// tests/unit/base/queue.cpp - a queue, against std::deque.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/queue.hpp>

#include "support/catch.hpp"
#include "unit/base/fragile.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace synod;

bool same(const queue<std::string>& waiting, const std::deque<std::string>& expected) {
    if (waiting.size() != expected.size() || waiting.empty() != expected.empty()) return false;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (waiting[i] != expected[i]) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("a queue is first in, first out") {
    prng random(1);
    queue<std::string> waiting;
    std::deque<std::string> expected;
    for (int i = 0; i < 5'000; ++i) {
        const bool is_growing = i / 100 % 2 == 0;
        if (expected.empty() || random.below(3) < (is_growing ? 2U : 1U)) {
            const std::string value = "a longer text than fits in place " + std::to_string(i);
            waiting.push_back(value);
            expected.push_back(value);
            REQUIRE(waiting[waiting.size() - 1] == value);
        } else {
            REQUIRE(waiting.front() == expected.front());
            waiting.pop_front();
            expected.pop_front();
        }
        REQUIRE(same(waiting, expected));
    }
    waiting.clear();
    CHECK(waiting.empty());
}

TEST_CASE("an element that leaves a queue is let go at once") {
    queue<std::shared_ptr<int>> waiting;
    const auto owned = std::make_shared<int>(1);
    waiting.push_back(owned);
    waiting.pop_front();
    CHECK(owned.use_count() == 1);
    waiting.push_back(owned);
    waiting.clear();
    CHECK(owned.use_count() == 1);
}

TEST_CASE("a fresh element is a default one, also where another was before") {
    queue<int> waiting;
    for (int i = 1; i <= 4; ++i) waiting.push_back(i);
    for (int i = 1; i <= 3; ++i) waiting.pop_front();
    for (int i = 0; i < 3; ++i) CHECK(waiting.emplace_back() == 0);
}

TEST_CASE("queues compare and hash by content, not by where they begin") {
    queue<int> one;
    queue<int> other;
    for (int i = 0; i < 3; ++i) other.push_back(9);
    for (int i = 0; i < 3; ++i) other.pop_front();
    for (int i = 0; i < 4; ++i) {
        one.push_back(i);
        other.push_back(i);
    }
    CHECK(one == other);
    CHECK(fingerprint_of(one) == fingerprint_of(other));
    other[3] = 7;
    CHECK(!(one == other));
    CHECK(fingerprint_of(one) != fingerprint_of(other));
    other.pop_front();
    CHECK(!(one == other));
}

TEST_CASE("copies are apart, and what was moved from is empty and usable") {
    queue<std::string> one;
    one.push_back("x");
    queue<std::string> copy = one;
    copy.push_back("y");
    CHECK(one.size() == 1);

    queue<std::string> taken = std::move(one);
    CHECK(taken.front() == "x");
    CHECK(one.empty());  // NOLINT(bugprone-use-after-move): this is what is tested
    one.push_back("z");
    CHECK(one.front() == "z");
    one = std::move(copy);
    CHECK(one.size() == 2);
}

TEST_CASE("a queue that never runs empty stays where it is") {
    queue<int> waiting;
    for (int i = 0; i < 3; ++i) waiting.push_back(i);
    const int* lowest = &waiting.front();
    const int* highest = lowest;
    for (int i = 3; i < 10'000; ++i) {
        waiting.push_back(i);
        REQUIRE(waiting.front() == i - 3);
        waiting.pop_front();
        if (i == 100) lowest = highest = &waiting.front();
        lowest = std::min<const int*>(lowest, &waiting.front());
        highest = std::max<const int*>(highest, &waiting.front());
    }
    CHECK(highest - lowest < 16);
}

TEST_CASE("a copy of a queue that fails half-way lets go of what it has") {
    queue<fragile> waiting;
    for (int i = 0; i < 3; ++i) waiting.emplace_back();
    fragile::copies_left = 2;
    CHECK_THROWS_AS(queue<fragile>(waiting), std::runtime_error);
    CHECK(fragile::alive == 3);
}
