// synod/lock/value_rules.hpp - the rules of safety of values and counters, as functions that a
// mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/lock/mode.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::lock {

/// Those of `rules` that are about values.
struct value_rules {
    /// Whether a value is still the one that was read. (locks 3.4)
    [[nodiscard]] static bool is_same_version(std::uint64_t found, std::uint64_t expected) {
        return found == expected;
    }

    /// The version of what is written next: never one that there was before, also of what was
    /// deleted since. (locks 3.10)
    [[nodiscard]] static std::uint64_t next_revision(std::uint64_t last) { return last + 1; }

    /// Whether a counter can take an addition. It never wraps. (locks 3.10)
    [[nodiscard]] static bool can_add(std::int64_t number, std::int64_t delta) {
        using limits = std::numeric_limits<std::int64_t>;
        return delta >= 0 ? number <= limits::max() - delta : number >= limits::min() - delta;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
