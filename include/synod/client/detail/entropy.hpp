// synod/client/detail/entropy.hpp - random bits to name a client by.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#if defined(__linux__)
#include <unistd.h>
#else
#include <random>
#endif

namespace synod::inline SYNOD_ABI::client::detail {

/// 64 bits of the system's randomness. On Linux without <random>, which costs more to include than
/// all of the client.
[[nodiscard]] inline std::uint64_t draw_bits() {
#if defined(__linux__)
    std::uint64_t bits = 0;
    if (::getentropy(&bits, sizeof bits) == 0) return bits;
    SYNOD_ASSERT(false && "the system gives no random bits");
    return bits;
#else
    std::random_device chance;
    return (std::uint64_t{chance()} << 32U) | chance();
#endif
}

}  // namespace synod::inline SYNOD_ABI::client::detail
