// tests/unit/base/bytes.cpp - what is written is read back, and nothing is read that is not there.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/bytes.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace {

using namespace synod;

template <class Number>
void survives(Number value) {
    bytes out;
    byte_writer(out).number(value);
    CHECK(out.size() == sizeof value);
    byte_reader in(out);
    CHECK(in.template number<Number>() == value);
    CHECK(in.finished());
}

}  // namespace

TEST_CASE("numbers are written least significant byte first") {
    bytes out;
    byte_writer(out).number(std::uint32_t{0x04030201});
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(std::to_integer<int>(out[i]) == static_cast<int>(i + 1));
    std::array<std::byte, 8> place{};
    store_little_endian(place.data(), std::uint64_t{0x8877665544332211});
    CHECK(load_little_endian<std::uint8_t>(place.data()) == 0x11);
    CHECK(load_little_endian<std::uint16_t>(place.data()) == 0x2211);
    CHECK(load_little_endian<std::uint64_t>(place.data()) == 0x8877665544332211);
}

TEST_CASE("numbers of every width survive") {
    survives(std::uint8_t{0xfe});
    survives(std::uint16_t{0xfedc});
    survives(std::uint32_t{0xfedcba98});
    survives(std::numeric_limits<std::uint64_t>::max());
    survives(std::uint64_t{0});
}

TEST_CASE("blocks and texts survive, empty ones included") {
    bytes out;
    byte_writer writer(out);
    writer.text("hello");
    writer.block({});
    writer.raw(as_bytes("raw"));
    CHECK(out.size() == 4 + 5 + 4 + 3);
    byte_reader in(out);
    CHECK(in.text() == "hello");
    CHECK(in.block().empty());
    CHECK(in.ok());
    CHECK(!in.finished());
    CHECK(in.remaining() == 3);
    CHECK(as_text(in.raw(3)) == "raw");
    CHECK(in.finished());
}

TEST_CASE("reading past the end yields nothing, for good") {
    bytes out;
    byte_writer(out).number(std::uint16_t{7});
    byte_reader in(out);
    CHECK(in.number<std::uint32_t>() == 0);
    CHECK(!in.ok());
    CHECK(in.remaining() == 0);
    CHECK(in.number<std::uint8_t>() == 0);
    CHECK(!in.finished());
}

TEST_CASE("a length that lies is not believed") {
    bytes out;
    byte_writer writer(out);
    writer.number(~std::uint32_t{0});
    writer.raw(as_bytes("abc"));
    byte_reader in(out);
    CHECK(in.block().empty());
    CHECK(!in.ok());
}

TEST_CASE("every prefix of a record is read without harm, and only the whole is accepted") {
    bytes out;
    byte_writer writer(out);
    writer.number(std::uint64_t{42});
    writer.text("text");
    writer.number(std::uint8_t{1});
    for (std::size_t length = 0; length <= out.size(); ++length) {
        const bytes prefix(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length));
        byte_reader in(prefix);
        static_cast<void>(in.number<std::uint64_t>());
        static_cast<void>(in.text());
        static_cast<void>(in.number<std::uint8_t>());
        CHECK(in.finished() == (length == out.size()));
    }
}

TEST_CASE("views compare by content") {
    CHECK(same_bytes({}, {}));
    CHECK(same_bytes(as_bytes("abc"), as_bytes("abc")));
    CHECK(!same_bytes(as_bytes("abc"), as_bytes("abd")));
    CHECK(!same_bytes(as_bytes("abc"), as_bytes("ab")));
}

TEST_CASE("a writer appends to what is there, and shows what came since") {
    bytes all(3, std::byte{7});
    byte_writer out(all);
    CHECK(out.size() == 3);
    CHECK(out.from(3).empty());
    out.number(std::uint16_t{0x0201});
    CHECK(out.size() == 5);
    CHECK(to_bytes(out.from(3)) == bytes{std::byte{1}, std::byte{2}});
    CHECK(out.from(0).size() == 5);
}
