// synod/testing/stage.hpp - what all parts of one simulated run share: time, luck, faults, the
// trace, and the verdict.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/time.hpp>
#include <synod/testing/fault.hpp>
#include <synod/testing/trace.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

/// One run. Not copyable: its parts point here.
///
/// A fault that strikes, unless it is common, and a promise that is broken are events of whoever
/// acts, and lines of the trace.
class stage {
public:
    explicit stage(std::uint64_t seed, bool keeps_lines = false)
        : random(seed), trace(keeps_lines) {}
    stage(const stage&) = delete;
    stage& operator=(const stage&) = delete;

    /// Whether a fault of class `which` strikes whoever acts, which it does so many times in a
    /// million while its class is on. Counts it if so.
    [[nodiscard]] bool strikes(fault which, std::uint64_t per_million) {
        if (!faults.contains(which) || random.below(1'000'000) >= per_million) return false;
        strike(which);
        return true;
    }
    /// A fault of class `which` strikes whoever acts.
    void strike(fault which) {
        tally.count(which);
        if (is_common(which)) return;
        trace.note(now, acting, static_cast<std::uint64_t>(which),
                   [which] { return std::string(struck_by).append(to_text(which)); });
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
        trace.note(now, acting, fingerprint_of(violation).low,
                   [this] { return "breaks a promise: " + violation; });
    }
    [[nodiscard]] bool is_violated() const { return !violation.empty(); }

    /// How the line of a fault begins, before the name of its class.
    static constexpr std::string_view struck_by = "is struck by ";

    instant now;     // true time
    node_id acting;  // whose turn it is; each actor says so when its turn begins
    prng random;
    fault_set faults;  // those that may strike
    fault_tally tally;
    testing::trace trace;
    std::string violation;  // empty while every promise is kept
    instant violated_at;
};

}  // namespace synod::inline SYNOD_ABI::testing
