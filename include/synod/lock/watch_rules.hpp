// synod/lock/watch_rules.hpp - the rules of elections and of watching, as functions that a mutant
// can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/lock/mode.hpp>
#include <synod/lock/watch_state.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// Those of `rules` that are about elections and changes.
struct watch_rules {
    /// Whether who holds like this may lead: only alone. (locks 3.10)
    [[nodiscard]] static bool may_lead(mode held) { return held == mode::exclusive; }

    /// Whether a change is told: all are, also that something is gone. (locks 3.10)
    [[nodiscard]] static bool is_told(change_effect) { return true; }

    /// Whether nothing is forgotten from an index on. (locks 3.12/76)
    [[nodiscard]] static bool is_kept_from(std::uint64_t index, std::uint64_t compacted) {
        return index > compacted;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
