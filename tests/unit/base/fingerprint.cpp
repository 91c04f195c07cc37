// tests/unit/base/fingerprint.cpp - 128 bits that stand for a sequence, and for its grouping.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace synod;

enum class colour : std::uint8_t { red, green };

struct pair {
    int first;
    int second;

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(first);
        sink.add(second);
    }
};

struct opaque {};

static_assert(fingerprintable<int> && fingerprintable<colour> && fingerprintable<pair>);
static_assert(fingerprintable<std::vector<std::string>> && fingerprintable<std::array<pair, 2>>);
static_assert(!fingerprintable<opaque> && !fingerprintable<double>);

}  // namespace

TEST_CASE("a fingerprint is the same at compile time and at run time") {
    constexpr auto expected = fingerprint_of(42);
    volatile int number = 42;
    CHECK(fingerprint_of(static_cast<int>(number)) == expected);
}

TEST_CASE("order, grouping and length count") {
    using texts = std::vector<std::string>;
    CHECK(fingerprint_of(texts{"ab", "c"}) != fingerprint_of(texts{"a", "bc"}));
    CHECK(fingerprint_of(texts{"a", "b"}) != fingerprint_of(texts{"b", "a"}));
    CHECK(fingerprint_of(texts{"a"}) != fingerprint_of(texts{"a", ""}));
    CHECK(fingerprint_of(pair{1, 2}) != fingerprint_of(pair{2, 1}));
    CHECK(fingerprint_of(std::vector<int>{0}) != fingerprint_of(std::vector<int>{0, 0}));
}

TEST_CASE("equal sequences have equal fingerprints, whatever they are kept in") {
    const std::vector<int> vector{1, 2, 3};
    const std::array<int, 3> array{1, 2, 3};
    CHECK(fingerprint_of(vector) == fingerprint_of(array));
    CHECK(fingerprint_of(std::string("abc")) == fingerprint_of(std::string_view("abc")));
}

TEST_CASE("equal bytes have equal fingerprints, side by side or apart, as long as they may be") {
    for (std::size_t size = 0; size < 20; ++size) {
        std::string text(size, 'a');
        if (size > 0) text.back() = '\xff';
        const std::deque<char> apart(text.begin(), text.end());
        CHECK(fingerprint_of(apart) == fingerprint_of(text));
    }
    CHECK(fingerprint_of(std::vector<bool>{true, false}) ==
          fingerprint_of(std::array<bool, 2>{true, false}));
    CHECK(fingerprint_of(std::deque<std::int8_t>{-1}) ==
          fingerprint_of(std::vector<std::int8_t>{-1}));
}

TEST_CASE("a char counts as the byte it is, sign or not") {
    const std::string text = "\xff\x80";
    const std::vector<std::byte> bytes{std::byte{0xff}, std::byte{0x80}};
    CHECK(fingerprint_of(text) == fingerprint_of(bytes));
}

TEST_CASE("every byte of a sequence counts, and where it stands") {
    for (std::size_t size = 1; size <= 25; ++size) {
        const std::string blank(size, '\0');
        CHECK(fingerprint_of(blank) != fingerprint_of(std::string(size - 1, '\0')));
        std::set<fingerprint_value> seen{fingerprint_of(blank)};
        for (std::size_t at = 0; at < size; ++at) {
            std::string marked = blank;
            marked[at] = '\xff';
            seen.insert(fingerprint_of(marked));
        }
        CHECK(seen.size() == size + 1);
    }
    constexpr auto expected = fingerprint_of(std::string_view("seventeen bytes.."));
    static_assert(expected == fingerprint_value{0x54aa2eb37e2f4096, 0xc1773f31de8f2a76});
    CHECK(fingerprint_of(std::string("seventeen bytes..")) == expected);
}

TEST_CASE("enumerations count as their numbers") {
    CHECK(fingerprint_of(colour::green) == fingerprint_of(1));
    CHECK(fingerprint_of(colour::green) != fingerprint_of(colour::red));
}

TEST_CASE("a million small states have a million fingerprints, in either half") {
    std::set<std::uint64_t> highs;
    std::set<std::uint64_t> lows;
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        for (std::uint32_t j = 0; j < 1'000; ++j) {
            fingerprinter sink;
            sink.add(i);
            sink.add(j);
            highs.insert(sink.value().high);
            lows.insert(sink.value().low);
        }
    }
    CHECK(highs.size() == 1'000'000);
    CHECK(lows.size() == 1'000'000);
}
