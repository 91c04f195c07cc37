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
    /// Bounds of a session's time to live; what a client asks for is clamped to them. The lower one is at least four times the
    /// largest step of log time, so that one step never eats a lease.
    std::uint64_t min_ttl_ms = 4'000;
    std::uint64_t max_ttl_ms = 3'600'000;

    /// How much life a new leader leaves to every session at least, but never more than the session's own time to live.
    std::uint64_t grace_ms = 10'000;

    /// How many times its time to live a session may be extended by new leaders in all, since its client last renewed it.
    std::uint32_t max_extensions = 3;

    /// More sessions than this are refused.
    std::uint32_t max_sessions = 65'536;

    /// How many unacknowledged replies a session keeps, and how many more for commands that give something back.
    std::uint32_t max_outstanding = 64;
    std::uint32_t reserved_outstanding = 64;

    friend bool operator==(const session_config&, const session_config&) = default;
};

/// Times to live from here on are refused.
inline constexpr std::uint64_t ttl_end_ms = std::uint64_t{1} << 63U;

/// Errors: duration_out_of_range, limit_out_of_range; none when `config` makes sense.
[[nodiscard]] inline std::error_code validate(const session_config& config) {
    if (config.min_ttl_ms == 0 || config.min_ttl_ms > config.max_ttl_ms) {
        return errc::duration_out_of_range;
    }
    if (config.max_ttl_ms >= ttl_end_ms) return errc::duration_out_of_range;
    if (config.max_sessions == 0) return errc::limit_out_of_range;
    if (config.max_outstanding == 0 || config.reserved_outstanding == 0) {
        return errc::limit_out_of_range;
    }
    return {};
}

}  // namespace synod::inline SYNOD_ABI
