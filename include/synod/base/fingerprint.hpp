// synod/base/fingerprint.hpp - 128 bits that stand for a state.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace synod::inline SYNOD_ABI {

/// 128 bits of hash. Not cryptographic: it tells states apart that nobody chose in order to
/// collide.
struct fingerprint_value {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend constexpr auto operator<=>(const fingerprint_value&, const fingerprint_value&) = default;
};

class fingerprinter;

namespace detail {

template <class T>
concept has_fingerprint =
    requires(const T& value, fingerprinter& sink) { value.fingerprint(sink); };

template <class T>
concept sized_sequence = requires(const T& value) {
    { value.size() } -> std::convertible_to<std::size_t>;
    value.begin() != value.end();
};

/// A sequence of bytes, or of what is as small, and one of those that stand side by side.
template <class T>
concept sized_bytes = sized_sequence<T> && requires(const T& value) {
    static_cast<unsigned char>(*value.begin());
    requires sizeof(*value.begin()) == 1;
};
template <class T>
concept bytes_in_one_piece =
    sized_bytes<T> && requires(const T& value) { static_cast<unsigned char>(*value.data()); };

}  // namespace detail

/// Takes values one after another and yields the fingerprint of the sequence. Takes numbers,
/// enumerations, bytes, sized sequences of those, and whatever has a member `fingerprint(sink)`.
/// The same sequence gives the same value on every machine.
class fingerprinter {
public:
    template <class T>
        requires std::integral<T> || std::is_enum_v<T>
    constexpr void add(T value) {
        if constexpr (std::same_as<T, char>) {
            mix(static_cast<unsigned char>(
                value));  // whether a char has a sign depends on the machine
        } else {
            mix(static_cast<std::uint64_t>(value));
        }
    }

    template <detail::has_fingerprint T>
    constexpr void add(const T& value) {
        value.fingerprint(*this);
    }

    template <detail::sized_sequence T>
        requires(!detail::has_fingerprint<T>)
    constexpr void add(const T& sequence) {
        add(std::size_t{sequence.size()});
        if constexpr (detail::bytes_in_one_piece<T>) {
            mix_bytes(sequence.data(), sequence.size());
        } else if constexpr (detail::sized_bytes<T>) {
            mix_each(sequence);
        } else {
            for (const auto& element : sequence) add(element);
        }
    }

    [[nodiscard]] constexpr fingerprint_value value() const {
        return {finish(high_ ^ low_ << 1U), finish(low_ + high_)};
    }

private:
    static constexpr std::uint64_t finish(std::uint64_t x) {
        x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
        x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
        return x ^ x >> 31U;
    }

    /// Eight at a time; the first is the lowest of its word on every machine.
    template <class Byte>
    constexpr void mix_bytes(const Byte* from, std::size_t count) {
        const auto at = [&from](unsigned i) {
            return std::uint64_t{static_cast<unsigned char>(from[i])} << 8 * i;
        };
        for (; count >= 8; from += 8, count -= 8) {
            mix(at(0) | at(1) | at(2) | at(3) | at(4) | at(5) | at(6) | at(7));
        }
        if (count == 0) return;
        std::uint64_t rest = 0;
        for (unsigned i = 0; i < count; ++i) rest |= at(i);
        mix(rest);
    }

    /// The same of bytes that stand apart.
    template <class Sequence>
    constexpr void mix_each(const Sequence& sequence) {
        std::uint64_t word = 0;
        unsigned filled = 0;
        for (const auto& one : sequence) {
            word |= std::uint64_t{static_cast<unsigned char>(one)} << 8 * filled;
            if (++filled < 8) continue;
            mix(word);
            word = 0;
            filled = 0;
        }
        if (filled > 0) mix(word);
    }

    constexpr void mix(std::uint64_t value) {
        high_ = finish(high_ + value + 0x9e3779b97f4a7c15U);
        low_ = (low_ ^ finish(value ^ 0xd6e8feb86659fd93U)) * 0xff51afd7ed558ccdU;
        low_ ^= low_ >> 33U;
    }

    std::uint64_t high_ = 0x243f6a8885a308d3U;
    std::uint64_t low_ = 0x13198a2e03707344U;
};

/// What a fingerprint can be taken of.
template <class T>
concept fingerprintable = requires(const T& value, fingerprinter& sink) { sink.add(value); };

/// The fingerprint of one value.
template <fingerprintable T>
[[nodiscard]] constexpr fingerprint_value fingerprint_of(const T& value) {
    fingerprinter sink;
    sink.add(value);
    return sink.value();
}

}  // namespace synod::inline SYNOD_ABI
