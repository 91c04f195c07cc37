// synod/testing/stage.hpp - what all parts of one simulated run share: time, luck, faults, the trace, and the verdict.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/base/time.hpp>
#include <synod/testing/fault.hpp>
#include <synod/testing/trace.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

/// One run. Not copyable: its parts point here.
class stage {
public:
    explicit stage(std::uint64_t seed, bool keeps_lines = false)
        : random(seed), trace(keeps_lines) {}
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    /// Whether a fault of class `which` strikes, which it does so many times in a million while its class is on. Counts it if so.
    [[nodiscard]] bool strikes(fault which, std::uint64_t per_million) {
        if (!faults.contains(which) || random.below(1'000'000) >= per_million) return false;
        tally.count(which);
        return true;
    }

    /// A length between the two, each of which it may be. Precondition: least <= most.
    [[nodiscard]] duration between(duration least, duration most) {
        const auto room = static_cast<std::uint64_t>((most - least).nanoseconds()) + 1;
        return least + duration(static_cast<std::int64_t>(random.below(room)));
    }

    /// Whether a coin falls that does so that often in a hundred.
    [[nodiscard]] bool flip(std::uint64_t percent) { return random.below(100) < percent; }

    /// A promise is broken. The first one is what the run is remembered for.
    void violate(std::string what) {
        if (!violation.empty()) return;
        violation = std::move(what);
        violated_at = now;
    }
    [[nodiscard]] bool is_violated() const { return !violation.empty(); }

    instant now;  // true time
    prng random;
    fault_set faults;  // those that may strike
    fault_tally tally;
    testing::trace trace;
    std::string violation;  // empty while every promise is kept
    instant violated_at;
};

}  // namespace synod::inline SYNOD_ABI::testing
