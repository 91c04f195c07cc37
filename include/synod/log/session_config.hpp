// synod/log/session_config.hpp - what a session table is told about leases and limits.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>

#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// The same at every replica. It is part of the state, so a restored snapshot brings its own.
struct session_config {
    /// Bounds of a session's time to live, and of the lease of a hold; what a client asks for is
    /// clamped to them. The upper one is at most a day. The lower one is to be at least four times
    /// the largest step of log time, so that one step never eats a lease; see `leaves_room_for`.
    std::uint64_t min_ttl_ms = 4'000;
    std::uint64_t max_ttl_ms = 3'600'000;

    /// How much life a new leader leaves to every session and lease at least, but never more than
    /// its own time to live. At most a day.
    std::uint64_t grace_ms = 10'000;

    /// How many times its time to live a session or lease may be extended by new leaders in all,
    /// since its client last renewed it.
    std::uint32_t max_extensions = 3;

    /// More sessions than this are refused.
    std::uint32_t max_sessions = 65'536;

    /// How many unacknowledged replies a session keeps, and how many more for commands that give
    /// something back.
    std::uint32_t max_outstanding = 64;
    std::uint32_t reserved_outstanding = 64;

    friend bool operator==(const session_config&, const session_config&) = default;
};

/// Times to live from here on are refused.
inline constexpr std::uint64_t ttl_end_ms = std::uint64_t{1} << 63U;

/// The most that a bound of the configuration may be: a day.
inline constexpr std::uint64_t longest_lease_ms = 86'400'000;

/// Errors: duration_out_of_range, limit_out_of_range; none when `config` makes sense.
[[nodiscard]] inline std::error_code validate(const session_config& config) {
    if (config.min_ttl_ms == 0 || config.min_ttl_ms > config.max_ttl_ms) {
        return errc::duration_out_of_range;
    }
    if (config.max_ttl_ms > longest_lease_ms || config.grace_ms > longest_lease_ms) {
        return errc::duration_out_of_range;
    }
    if (config.max_sessions == 0) return errc::limit_out_of_range;
    if (config.max_outstanding == 0 || config.reserved_outstanding == 0) {
        return errc::limit_out_of_range;
    }
    return {};
}

/// Whether one entry, which carries at most `max_step_ms` of log time, eats no more than a quarter
/// of any lease. (locks R2)
[[nodiscard]] constexpr bool leaves_room_for(std::uint32_t max_step_ms,
                                             const session_config& config) {
    return max_step_ms <= config.min_ttl_ms / 4;
}

}  // namespace synod::inline SYNOD_ABI
