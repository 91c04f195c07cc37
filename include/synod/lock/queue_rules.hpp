// synod/lock/queue_rules.hpp - the rules of who goes first among those who wait, and of who gives
// way.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/queueing.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// A part of lock::rules.
struct queue_rules {
    /// Whether a waiting request that was overtaken so often may be once more. (locks 3.5)
    [[nodiscard]] static bool may_be_overtaken(std::uint32_t bypassed, std::uint32_t most) {
        return bypassed < most;
    }

    /// Where a request that comes now stands among others, the lower the sooner: by priority as if
    /// it had come aging_ms earlier for each step. That never changes, so that time alone puts
    /// nobody ahead of anybody. Precondition: aging_ms < aging_end_ms. (locks 3.5)
    [[nodiscard]] static std::uint64_t rank_of(policy by, std::uint8_t priority, log_time now,
                                               std::uint64_t aging_ms) {
        if (by == policy::phase_fair) return 1;
        return by == policy::fifo ? 0
                                  : (now + (highest_priority - priority) * aging_ms).milliseconds();
    }

    /// Whether who waits for that goes ahead when a writer has had its turn: all who read.
    /// (locks 3.5)
    [[nodiscard]] static bool is_due_to_read(mode asked) { return asked == mode::shared; }

    /// Of two who wait for each other, whose choice of who gives way counts: the stricter one's.
    /// (locks 3.7)
    [[nodiscard]] static on_deadlock stricter_of(on_deadlock one, on_deadlock other) {
        return one < other ? one : other;
    }

    /// Whether, where the lowest priority gives way, one priority does rather than another.
    /// (locks 3.7)
    [[nodiscard]] static bool is_less_urgent(std::uint8_t one, std::uint8_t other) {
        return one < other;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
