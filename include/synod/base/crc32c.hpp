// synod/base/crc32c.hpp - the check that goes with bytes which are kept or sent: CRC-32C, of
// Castagnoli's polynomial.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// For each of eight bytes in a row, what each value of it leaves behind once all that follow have
/// gone through.
struct crc32c_tables {
    std::uint32_t of[8][256] = {};

    crc32c_tables() {
        for (std::uint32_t value = 0; value < 256; ++value) {
            std::uint32_t left = value;
            for (int bit = 0; bit < 8; ++bit) left = left >> 1U ^ (left & 1U) * 0x82f63b78U;
            of[0][value] = left;
        }
        for (int row = 1; row < 8; ++row) {
            for (std::uint32_t value = 0; value < 256; ++value) {
                const std::uint32_t before = of[row - 1][value];
                of[row][value] = before >> 8U ^ of[0][before & 0xffU];
            }
        }
    }
};

}  // namespace detail

/// The CRC-32C of bytes, as of RFC 3720, appendix B.4. That of several pieces is that of the last,
/// given that of those `before` it. Linear, eight bytes at a time.
[[nodiscard]] inline std::uint32_t crc32c(bytes_view view, std::uint32_t before = 0) {
    // Made when first used: a compiler takes longer to work them out than to compile all the rest.
    static const detail::crc32c_tables tables;
    const auto& table = tables.of;
    std::uint32_t sum = ~before;
    for (; view.size() >= 8; view = view.subspan(8)) {
        std::uint64_t next = load_little_endian<std::uint64_t>(view.data()) ^ sum;
        sum = 0;
        for (std::size_t row = 8; row-- > 0; next >>= 8U) sum ^= table[row][next & 0xffU];
    }
    for (const std::byte one : view) {
        sum = sum >> 8U ^ table[0][(sum ^ static_cast<std::uint32_t>(one)) & 0xffU];
    }
    return ~sum;
}

}  // namespace synod::inline SYNOD_ABI
