// synod/lock/waits.hpp - the two lengths of a wait that have a meaning of their own.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::lock {

/// Values of `acquire::wait_ms` with a meaning of their own: answer at once, and wait until granted or the session ends.
inline constexpr std::uint64_t no_wait = 0;
inline constexpr std::uint64_t wait_forever = std::numeric_limits<std::uint64_t>::max();

}  // namespace synod::inline SYNOD_ABI::lock
