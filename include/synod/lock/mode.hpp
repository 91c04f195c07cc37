// synod/lock/mode.hpp - how a lock is held.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// How a lock is held, from the weakest to the strongest. `shared` goes beside `shared` and `update`, anything else stands alone;
/// who holds for `update` reads now and may upgrade to `exclusive` later, without meeting another who would. (locks 3.3)
enum class mode : std::uint8_t { shared, update, exclusive };
[[nodiscard]] constexpr mode last_of(mode) { return mode::exclusive; }

}  // namespace synod::inline SYNOD_ABI::lock
