// synod/testing/verdict.hpp - what a search may cost, what it did cost, and what it concludes.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::testing {

/// What a search concludes. Undecided means that a limit ended it, and nothing else.
enum class verdict { linearizable, not_linearizable, undecided };

/// How large a search was.
struct search_size {
    std::uint64_t steps = 0;           // operations tried in some state
    std::uint64_t configurations = 0;  // remembered: sets of operations done, each with a state

    friend bool operator==(const search_size&, const search_size&) = default;
};

/// How large a search may become; without limits by default. Steps bound its time, and
/// configurations its memory, at about 50 bytes each.
struct search_limits {
    std::uint64_t steps = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t configurations = std::numeric_limits<std::uint64_t>::max();

    [[nodiscard]] bool is_reached_by(const search_size& size) const {
        return size.steps >= steps || size.configurations >= configurations;
    }
};

}  // namespace synod::inline SYNOD_ABI::testing
