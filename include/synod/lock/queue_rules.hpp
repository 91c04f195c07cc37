// synod/lock/queue_rules.hpp - the rules of who goes first among those who wait, and of who gives way.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/lock/queueing.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// A part of lock::rules.
struct queue_rules {
    /// Whether a waiting request that was overtaken so often may be once more. (3.5)
    [[nodiscard]] static bool may_be_overtaken(std::uint32_t bypassed, std::uint32_t most) {
        return bypassed < most;
    }

    /// Of two who wait for each other, whose choice of who gives way counts: the stricter one's. (3.7)
    [[nodiscard]] static on_deadlock stricter_of(on_deadlock one, on_deadlock other) {
        return one < other ? one : other;
    }

    /// Whether, where the lowest priority gives way, one priority does rather than another. (3.7)
    [[nodiscard]] static bool is_less_urgent(std::uint8_t one, std::uint8_t other) {
        return one < other;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
