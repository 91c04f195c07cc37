// synod/lock/mode.hpp - how a lock is held, and how long somebody waits.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::lock {

/// How a lock is held, from the weakest to the strongest. `shared` goes beside `shared` and
/// `update`, anything else stands alone; who holds for `update` reads now and may upgrade to
/// `exclusive` later, without meeting another who would. (locks 3.3)
enum class mode : std::uint8_t { shared, update, exclusive };
[[nodiscard]] constexpr mode last_of(mode) { return mode::exclusive; }

/// Values of `wait_ms` with a meaning of their own: answer at once, and wait until the session
/// ends.
inline constexpr std::uint64_t no_wait = 0;
inline constexpr std::uint64_t wait_forever = std::numeric_limits<std::uint64_t>::max();

}  // namespace synod::inline SYNOD_ABI::lock
