// tests/unit/testing/trial.cpp - how runs are shortened, and what a report says.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/report.hpp>
#include <synod/testing/trial.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace synod;
using testing::law;

namespace {

constexpr law pairs{"numbers.pairs", "no 3 is followed by a 7"};
constexpr law small{"numbers.small", "no number is above 90"};
constexpr law other{"numbers.other", "nobody asks"};

using numbers = std::vector<int>;
using names = std::vector<std::string_view>;

numbers hundred(std::uint64_t seed) {
    numbers made;
    for (std::uint64_t i = 0; i < 100; ++i)
        made.push_back(static_cast<int>((seed * 31 + 1) * i % 90));
    return made;
}

/// Breaks `pairs` where a 7 comes anywhere behind a 3.
void find_pair(const numbers& all, testing::witness& seen) {
    bool has_three = false;
    for (std::size_t i = 0; i < all.size() && seen.goes_on(); ++i) {
        seen.begin(i);
        has_three = has_three || all[i] == 3;
        seen.check(pairs, !has_three || all[i] != 7, [] { return "a 7 follows a 3"; });
        seen.check(small, all[i] <= 90, [] { return "a number is too large"; });
    }
}

testing::report report_on(const testing::effort& how) {
    testing::report out("numbers", {pairs, small, other});
    testing::try_seeds(out, how, hundred, find_pair, [](int one) { return std::to_string(one); });
    return out;
}

}  // namespace

TEST_CASE("a run that breaks a law is shortened to what is needed for it") {
    const auto report = report_on({.seeds = 20});
    CHECK_FALSE(report);
    CHECK(report.broken() == names{pairs.name});
    CHECK(report.untried() == names{other.name});
    CHECK(report.of(pairs).operations == std::vector<std::string>{"3", "7"});
    CHECK(report.of(pairs).reason == "a 7 follows a 3");
    CHECK(report.of(small).holds());
    CHECK(report.of(small).cases > 100);
}

TEST_CASE("without runs for shortening the run is reported as it was") {
    const auto report = report_on({.seeds = 20, .shortening = 0});
    CHECK(report.of(pairs).operations.size() == 100);
}

TEST_CASE("the first seed that breaks a law is told, and with it alone the law breaks again") {
    const testing::ruling first = report_on({.seeds = 20}).of(pairs);
    CHECK(report_on({.first_seed = 1, .seeds = first.seed - 1}));
    CHECK_FALSE(report_on({.first_seed = first.seed, .seeds = 1}));
}

TEST_CASE("a report says of each law whether it held, and how to break it") {
    testing::report report("numbers", {pairs, small, other});
    report.count(pairs, 12);
    report.count(small, 4);
    CHECK(report);
    report.note({pairs, 0, "a 7 follows a 3", 5, {"3", "7"}});
    report.note({pairs, 0, "again", 6, {}});
    CHECK_FALSE(report);
    CHECK(report.text() ==
          "numbers: 1 of 3 laws hold, 1 broken, 1 not put to the test\n"
          "  BROKEN    numbers.pairs: no 3 is followed by a 7\n"
          "            a 7 follows a 3; seed 5, after\n"
          "              3\n"
          "              7\n"
          "  held      numbers.small: no number is above 90 (4 cases)\n"
          "  untested  numbers.other: nobody asks\n");
}

TEST_CASE("a witness keeps the first violation, wherever the second is") {
    testing::witness seen;
    CHECK(seen.check(small, true, [] { return "not called"; }));
    seen.begin(4);
    CHECK_FALSE(seen.check(pairs, false, [] { return "first"; }));
    seen.begin(5);
    CHECK_FALSE(seen.check(small, false, [] { return "second"; }));
    REQUIRE(seen.broken() != nullptr);
    CHECK(seen.broken()->law == pairs);
    CHECK(seen.broken()->reason == "first");
    CHECK(seen.broken()->operation == 4);
    seen.blame(other);
    CHECK(seen.broken()->law == other);
}
