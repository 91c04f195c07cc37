// synod/base/prng.hpp - randomness that is a value: the same seed gives the same numbers
// everywhere.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// SplitMix64 (Steele, Lea and Flood 2014). Used for jitter only: no rule of safety rests on it.
class prng {
public:
    constexpr explicit prng(std::uint64_t seed) : state_(seed) {}

    /// 64 random bits.
    constexpr std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t x = state_;
        x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
        x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
        return x ^ x >> 31U;
    }

    /// A number below `bound`, which must not be zero; the bias is below bound / 2^64.
    constexpr std::uint64_t below(std::uint64_t bound) {
        SYNOD_ASSERT(bound > 0);
        return next() % bound;
    }

    /// A length in [length, 2 * length).
    constexpr duration stretched(duration length) {
        const auto whole = static_cast<std::uint64_t>(length.nanoseconds());
        return whole == 0 ? length : length + duration(static_cast<std::int64_t>(below(whole)));
    }

    friend constexpr bool operator==(prng, prng) = default;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(state_);
    }

private:
    std::uint64_t state_;
};

}  // namespace synod::inline SYNOD_ABI
