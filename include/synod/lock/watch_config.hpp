// synod/lock/watch_config.hpp - how far back the changes of a lock table can be read.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// The changes that `watch` can tell: the newest, so many and no more. They are part of the state,
/// and of snapshots.
struct watch_config {
    /// Changes that are kept; zero for none.
    std::uint32_t max_changes = 16'384;

    /// Changes that one reply tells, unless they are of one transaction, and entries that one reply
    /// lists; at least one.
    std::uint32_t max_page = 64;

    /// Names and values of the changes that are kept.
    std::uint64_t max_change_bytes = std::uint64_t{16} * 1024 * 1024;

    friend bool operator==(const watch_config&, const watch_config&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.max_changes, self.max_page, self.max_change_bytes);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
