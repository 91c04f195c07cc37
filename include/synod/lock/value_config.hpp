// synod/lock/value_config.hpp - how much the values and counters of a lock table may take.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// Limits of the key-value space beside the locks. What would grow beyond one is answered
/// `refusal::limit`; deleting always works, also where a limit is below what is there. (locks 3.8)
struct value_config {
    /// Values and counters that exist at a time; zero for none.
    std::uint32_t max_values = 65'536;

    /// Length of one value. Replies to reads are kept like others, so a session may take so much
    /// for each outstanding one.
    std::uint32_t max_value_bytes = 4'096;

    /// Conditions, puts and deletes of one transaction together; at least two.
    std::uint32_t max_operations = 64;

    /// All names and values together; a counter takes eight bytes and its name.
    std::uint64_t max_total_bytes = std::uint64_t{64} * 1024 * 1024;

    /// The values of all who lead or wait to, together.
    std::uint64_t max_candidate_bytes = std::uint64_t{16} * 1024 * 1024;

    friend bool operator==(const value_config&, const value_config&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.max_values, self.max_value_bytes, self.max_operations, self.max_total_bytes);
        visit(self.max_candidate_bytes);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
