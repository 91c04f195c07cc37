// tests/unit/testing/interning.cpp - numbers for values, and reactions that are computed once.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/interning.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

using namespace synod;
using testing::interner;
using testing::reactions;

namespace {

/// Sums what it is given; of equal fingerprint whatever the sum, so that only comparing tells.
struct colliding_sum {
    std::uint32_t total = 0;

    friend bool operator==(const colliding_sum&, const colliding_sum&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(0);
    }
};

}  // namespace

TEST_CASE("equal values have equal numbers, and a number gives its value back") {
    interner<std::string> names;
    const auto ada = names.of("ada");
    const auto bob = names.of("bob");
    CHECK(ada != bob);
    CHECK(names.of("ada") == ada);
    CHECK(names[ada] == "ada");
    CHECK(names[bob] == "bob");
    CHECK(names.size() == 2);
}

TEST_CASE("values of equal fingerprints are told apart") {
    interner<colliding_sum> sums;
    CHECK(sums.of({1}) != sums.of({2}));
    CHECK(sums.of({1}) == sums.of({1}));
}

TEST_CASE("an interner keeps its values where they are while it grows and when it moves") {
    interner<std::string> names;
    const std::string& first = names[names.of("first")];
    for (int i = 0; i < 1000; ++i) static_cast<void>(names.of(std::to_string(i)));
    const interner<std::string> moved = std::move(names);
    CHECK(first == "first");
    CHECK(&moved[testing::interned<std::string>(0)] == &first);
}

TEST_CASE("an interner that runs out of numbers says so") {
    interner<std::string, std::uint8_t> names;
    for (int i = 0; i < 256; ++i) static_cast<void>(names.of(std::to_string(i)));
    CHECK_THROWS_AS(names.of("one more"), std::length_error);
    CHECK_THROWS_AS(names.of("one more"), std::length_error);
    CHECK(names.of("255").value() == 255);
}

TEST_CASE("a reaction is computed once for each component and input") {
    reactions<colliding_sum, std::string, std::string> sums;
    interner<std::string> inputs;
    const auto one = inputs.of("one");
    const auto two = inputs.of("two");
    const auto zero = sums.components().of({0});
    int calls = 0;
    const auto react = [&](std::uint32_t amount) {
        return [&calls, amount](colliding_sum& sum) {
            ++calls;
            sum.total += amount;
            return std::to_string(sum.total);
        };
    };

    const auto to_one = sums.of(zero, one, react(1));
    CHECK(sums.components()[to_one.next].total == 1);
    CHECK(sums.answers()[to_one.answer] == "1");
    const auto to_three = sums.of(to_one.next, two, react(2));
    CHECK(sums.components()[to_three.next].total == 3);
    CHECK(sums.of(sums.of(zero, two, react(2)).next, one, react(1)).next == to_three.next);
    CHECK(calls == 4);
    CHECK(sums.of(zero, one, react(1)).next == to_one.next);
    CHECK(sums.components()[zero].total == 0);
    CHECK(calls == 4);
}
