// tests/unit/paxos/policy.cpp - limits that make no sense are refused, each for its reason.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/policy.hpp>

#include "unit/paxos/world.hpp"

#include <limits>

namespace {

using namespace world;

using change = void (*)(limits&);

std::error_code after(change apply) {
    limits changed;
    apply(changed);
    return changed.validate();
}

constexpr duration longest{std::numeric_limits<std::int64_t>::max()};

}  // namespace

TEST_CASE("the limits that nobody changed are valid") { CHECK(!limits().validate()); }

TEST_CASE("a window must be there, and be remembered") {
    CHECK(after([](limits& of) { of.window = 0; }) == errc::zero_window);
    CHECK(after([](limits& of) { of.window = of.retained + 1; }) == errc::limit_out_of_range);
    CHECK(!after([](limits& of) { of.window = of.retained; }));
    CHECK(!after([](limits& of) { of.window = of.retained = 1; }));
    CHECK(!after([](limits& of) { of.retained = limits::most_retained; }));
    CHECK(after([](limits& of) { of.retained = limits::most_retained + 1; }) ==
          errc::limit_out_of_range);
}

TEST_CASE("an answer must hold something") {
    CHECK(after([](limits& of) { of.votes_per_answer = 0; }) == errc::limit_out_of_range);
    CHECK(!after([](limits& of) { of.votes_per_answer = 1; }));
}

TEST_CASE("waits must be positive, rising and bounded") {
    CHECK(after([](limits& of) { of.first_retry = duration(0); }) == errc::duration_out_of_range);
    CHECK(after([](limits& of) { of.first_retry = duration(-1); }) == errc::duration_out_of_range);
    CHECK(after([](limits& of) { of.first_retry = of.longest_retry + duration(1); }) ==
          errc::duration_out_of_range);
    CHECK(!after([](limits& of) { of.first_retry = of.longest_retry; }));
    CHECK(!after([](limits& of) { of.longest_retry = limits::most_retry; }));
    CHECK(after([](limits& of) { of.longest_retry = limits::most_retry + duration(1); }) ==
          errc::duration_out_of_range);
    CHECK(after([](limits& of) { of.longest_retry = longest; }) == errc::duration_out_of_range);
}
