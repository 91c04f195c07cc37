// tests/unit/lock/number_index.cpp - the index of numbers against std::map: in turn, at random, and
// in several spaces.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/lock/detail/number_index.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <utility>

using namespace synod;
namespace inner = synod::lock::detail;

namespace {

/// An index beside what it should be.
struct beside {
    using key = std::pair<inner::handle, std::uint64_t>;

    inner::basic_number_index<inner::handle> index;
    std::map<key, inner::handle> naive;
    inner::handle next = 0;

    /// Puts something under a number that has nothing, and takes away what is there.
    void turn(const key& at) {
        const auto found = naive.find(at);
        REQUIRE(index.find(at.first, at.second) ==
                (found == naive.end() ? inner::none : found->second));
        if (found == naive.end()) {
            index.insert(next, at.first, at.second);
            naive[at] = next++;
        } else {
            index.erase(at.first, at.second);
            naive.erase(found);
        }
    }
    void check() const {
        for (const auto& [at, one] : naive) REQUIRE(index.find(at.first, at.second) == one);
    }
};

}  // namespace

TEST_CASE("an index of numbers finds what is in it and nothing else") {
    for (const std::uint64_t numbers : {4U, 40U, 4'000U}) {
        for (const std::uint64_t spaces : {1U, 3U}) {
            beside both;
            prng random(numbers + spaces);
            for (int i = 0; i < 20'000; ++i) {
                const auto space = static_cast<inner::handle>(random.below(spaces));
                both.turn({space, random.below(numbers)});
            }
            both.check();
        }
    }
}

TEST_CASE("an index of numbers serves who comes and goes in turn, beside what stays") {
    beside both;
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        both.turn({inner::none, number});
        if (number % 100 != 0) both.turn({inner::none, number});
    }
    both.check();
    CHECK(both.naive.size() == 100);
    CHECK(both.index.runs() == 101);
    for (std::uint64_t number = 0; number < 10'000; number += 100) both.turn({inner::none, number});
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        REQUIRE(both.index.find(inner::none, number) == inner::none);
    }
    CHECK(both.index.runs() == 1);
}

TEST_CASE("an index of numbers takes the highest ones, and the same in many spaces") {
    beside both;
    for (inner::handle space = 0; space < 100; ++space) {
        for (const std::uint64_t number :
             {std::uint64_t{0}, std::uint64_t{1} << 48U, ~std::uint64_t{0}}) {
            both.turn({space, number});
        }
    }
    both.check();
    const auto copy = both.index;
    for (inner::handle space = 0; space < 100; ++space) both.turn({space, 0});
    both.check();
    for (inner::handle space = 0; space < 100; ++space) CHECK(copy.find(space, 0) != inner::none);
}
