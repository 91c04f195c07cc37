// synod/log/session_rules.hpp - every rule of safety of the session table, as a function that a
// mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// The rules of leases on log time and of commands that run once.
struct session_rules {
    /// A lease is valid while now < deadline, and over from its deadline on. (locks R2)
    [[nodiscard]] static bool is_over(log_time deadline, log_time now) { return deadline <= now; }

    /// Whether a client that acknowledged so much can still mean this sequence. (locks R5)
    [[nodiscard]] static bool may_run(std::uint64_t sequence, std::uint64_t acknowledged) {
        return sequence > acknowledged;
    }

    /// How much life a new leader leaves to a session at least. (locks R3)
    [[nodiscard]] static std::uint64_t grace_ms(std::uint64_t ttl_ms, std::uint64_t configured_ms) {
        return ttl_ms < configured_ms ? ttl_ms : configured_ms;
    }
};

}  // namespace synod::inline SYNOD_ABI
