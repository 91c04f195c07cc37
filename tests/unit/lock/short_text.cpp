// tests/unit/lock/short_text.cpp - text of every length around the one up to which it lies inside.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/detail/short_text.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using synod::lock::detail::short_text;

namespace {

[[nodiscard]] std::string text_of(std::size_t size) {
    std::string made;
    for (std::size_t i = 0; i < size; ++i) made.push_back(static_cast<char>('a' + i % 26));
    return made;
}

}  // namespace

TEST_CASE("a short text is what was assigned to it last, whatever it was before") {
    static_assert(sizeof(short_text) == 24);
    CHECK(short_text().view().empty());
    for (std::size_t before = 0; before <= 60; ++before) {
        for (std::size_t after = 0; after <= 60; ++after) {
            short_text one;
            one.assign(text_of(before));
            REQUIRE(one.view() == text_of(before));
            one.assign(text_of(after));
            REQUIRE(one.view() == text_of(after));
            REQUIRE(one.size() == after);
        }
    }
}

TEST_CASE("a copy of a short text is a text of its own") {
    for (const std::size_t size : {0U, 1U, 23U, 24U, 256U, 100'000U}) {
        short_text one;
        one.assign(text_of(size));
        const short_text copy(one);
        short_text assigned;
        assigned.assign(text_of(40));
        assigned = one;
        one = std::as_const(one);
        REQUIRE(one.view() == text_of(size));
        one.assign("other");
        CHECK(copy.view() == text_of(size));
        CHECK(assigned.view() == text_of(size));
    }
}

TEST_CASE("a text with a zero in it, or of bytes that are no letters, is kept whole") {
    for (const std::size_t size : {3U, 23U, 24U}) {
        const std::string odd = std::string("\0\xff", 2) + text_of(size - 2);
        short_text one;
        one.assign(odd);
        CHECK(one.view() == odd);
    }
}

TEST_CASE("the memory of a long text is kept for the next ones") {
    short_text one;
    one.assign(text_of(100));
    const char* const memory = one.view().data();
    for (const std::size_t size : {5U, 99U, 0U, 24U, 100U}) {
        one.assign(text_of(size));
        CHECK(one.view() == text_of(size));
        CHECK(one.view().data() == memory);
    }
    one.assign(std::string_view());
    CHECK(one.view().empty());
}
