// synod/lock/gate_config.hpp - how many latches and barriers a lock table may have.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// Limits of latches and barriers; what waits at one counts against
/// config::max_requests_per_session and max_waiting_per_session, too. (locks 3.8)
struct gate_config {
    /// Latches, and generations of barriers that somebody has arrived at, at a time; zero for none.
    std::uint32_t max_gates = 65'536;

    /// Parties of one barrier, and who wait at one latch.
    std::uint32_t max_parties = 65'536;

    /// Parties of all double barriers together.
    std::uint32_t max_members = 1'048'576;

    friend bool operator==(const gate_config&, const gate_config&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.max_gates, self.max_parties, self.max_members);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
