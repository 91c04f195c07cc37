// tests/unit/base/crc32c.cpp - the check of bytes, against what others publish of it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/crc32c.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>

using namespace synod;

namespace {

bytes rising(std::size_t count) {
    bytes all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<std::byte>(i));
    return all;
}

}  // namespace

TEST_CASE("a CRC-32C is what RFC 3720 says it is") {
    CHECK(crc32c(bytes(32, std::byte{0})) == 0x8a9136aaU);
    CHECK(crc32c(bytes(32, std::byte{0xff})) == 0x62a8ab43U);
    CHECK(crc32c(rising(32)) == 0x46dd794eU);
    CHECK(crc32c(as_bytes("123456789")) == 0xe3069283U);
    CHECK(crc32c({}) == 0);
}

TEST_CASE("a CRC-32C is the same in one piece and in two") {
    const bytes all = rising(41);
    const std::uint32_t whole = crc32c(all);
    for (std::size_t first = 0; first <= all.size(); ++first) {
        const bytes_view view(all);
        CHECK(crc32c(view.subspan(first), crc32c(view.first(first))) == whole);
    }
}

TEST_CASE("a CRC-32C tells of every bit") {
    bytes all = rising(21);
    const std::uint32_t whole = crc32c(all);
    for (std::size_t bit = 0; bit < 8 * all.size(); ++bit) {
        all[bit / 8] ^= std::byte{1} << (bit % 8);
        CHECK(crc32c(all) != whole);
        all[bit / 8] ^= std::byte{1} << (bit % 8);
    }
}
