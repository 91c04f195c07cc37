// tests/unit/lock/streams.cpp - a million short histories, each from an empty table, beside the
// naive reference.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "beside_reference.hpp"
#include "driver.hpp"
#include "random_commands.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

using namespace synod;
using namespace synod::lock_test;

namespace {

/// Whether replies and events are the same at each step, and the states at the end.
bool end_alike(std::uint64_t seed, const lock::config& config, std::size_t& granted) {
    lock::table table = std::move(*lock::table::make(config));
    compiled_reference naive(config);
    random_commands source(seed);
    prng chance(seed);
    for (std::uint64_t left = 5 + chance.below(30); left > 0; --left) {
        const step made = source.next();
        const lock::reply given = answer(table, made);
        if (told(given) != answer(naive, made)) return false;
        const auto events = events_of(table);
        if (told(events) != naive.events()) return false;
        if (holds_alternative<lock::granted>(given)) ++granted;
        source.heard(given);
        for (const lock::event& one : events) source.heard(one);
    }
    const lock::state after = state_of(table);
    lock::state same = naive.describe();
    same.last = after.last;  // the reference does not count a leader's first entry
    return after == same && first_broken(after) == nullptr;
}

/// As many streams as there are, or fewer where each takes ten times as long.
std::uint64_t streams() {
    const char* const fewer = std::getenv("SYNOD_STREAMS");
    return fewer == nullptr ? 1'000'000 : std::strtoull(fewer, nullptr, 10);
}

}  // namespace

TEST_CASE("the table agrees with its reference over 1,000,000 streams of random commands") {
    std::size_t granted = 0;
    for (std::uint64_t seed = 1; seed <= streams(); ++seed) {
        if (end_alike(seed, seed % 2 == 0 ? tight_limits() : short_leases(), granted)) continue;
        FAIL("seed " << seed);
    }
    CHECK(granted > streams());
}
