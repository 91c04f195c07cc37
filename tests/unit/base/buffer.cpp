// tests/unit/base/buffer.cpp - bytes with many owners, and memory that is used again.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/buffer.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace synod;

buffer filled(buffer_pool& pool, const std::string& text) {
    return pool.make(text.size(), [&text](std::byte* to) {
        if (!text.empty()) std::memcpy(to, text.data(), text.size());
    });
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a buffer holds what was put in, in every size", "", ((sharing Mode), Mode),
                       sharing::one_thread, sharing::between_threads) {
    buffer_pool pool(Mode);
    std::vector<std::pair<buffer, std::string>> kept;
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text(size, static_cast<char>('a' + size % 26));
        kept.emplace_back(filled(pool, text), text);
    }
    kept.emplace_back(filled(pool, std::string(1'000'000, 'z')), std::string(1'000'000, 'z'));
    for (const auto& [bytes, text] : kept) {
        REQUIRE(as_text(bytes.view()) == text);
    }
}

TEMPLATE_TEST_CASE_SIG("copies share the bytes; the last owner gives the memory back", "",
                       ((sharing Mode), Mode), sharing::one_thread, sharing::between_threads) {
    buffer_pool pool(Mode);
    buffer one = filled(pool, "hello");
    const auto* const place = one.view().data();
    buffer copy = one;
    CHECK(copy.view().data() == place);
    const buffer moved = std::move(one);
    CHECK(one.view().empty());  // NOLINT(bugprone-use-after-move): this is what is tested
    one = copy;
    copy = buffer();
    CHECK(filled(pool, "other").view().data() != place);
    one = buffer();
    CHECK(filled(pool, "other").view().data() != place);
}

TEMPLATE_TEST_CASE_SIG("memory that nobody owns is used again, by size", "", ((sharing Mode), Mode),
                       sharing::one_thread, sharing::between_threads) {
    buffer_pool pool(Mode);
    std::set<const std::byte*> places;
    for (int i = 0; i < 100; ++i) {
        const buffer small = filled(pool, "small");
        const buffer large = filled(pool, std::string(1'000, 'x'));
        places.insert(small.view().data());
        places.insert(large.view().data());
    }
    CHECK(places.size() == 2);
}

TEMPLATE_TEST_CASE_SIG("a buffer outlives its pool, and so do copies of the pool", "",
                       ((sharing Mode), Mode), sharing::one_thread, sharing::between_threads) {
    std::optional<buffer_pool> pool(Mode);
    buffer first = filled(*pool, "first");
    buffer second = filled(*pool, "second");
    buffer_pool copy = *pool;
    pool.reset();
    const buffer third = filled(copy, "third");
    copy = buffer_pool(Mode);
    CHECK(as_text(first.view()) == "first");
    CHECK(as_text(third.view()) == "third");
    first = buffer();
    const buffer again = second;
    CHECK(as_text(again.view()) == "second");
}

TEST_CASE("buffers compare and hash by content, whatever their pool") {
    buffer_pool one(sharing::one_thread);
    buffer_pool other(sharing::between_threads);
    CHECK(filled(one, "abc") == filled(other, "abc"));
    CHECK(!(filled(one, "abc") == filled(one, "abd")));
    CHECK(buffer() == filled(one, ""));
    CHECK(fingerprint_of(filled(one, "abc")) == fingerprint_of(filled(other, "abc")));
    CHECK(fingerprint_of(filled(one, "abc")) != fingerprint_of(filled(one, "abd")));
    buffer same = filled(one, "abc");
    const buffer& itself = same;
    same = itself;
    CHECK(as_text(same.view()) == "abc");
}

TEST_CASE("buffers of all sizes come and go in any order") {
    prng random(1);
    buffer_pool pool(sharing::one_thread);
    std::vector<std::pair<buffer, std::string>> kept(16);
    for (int i = 0; i < 5'000; ++i) {
        auto& [bytes, text] = kept[static_cast<std::size_t>(random.below(kept.size()))];
        REQUIRE(as_text(bytes.view()) == text);
        text.assign(static_cast<std::size_t>(random.below(500)), static_cast<char>('a' + i % 26));
        bytes = filled(pool, text);
    }
}
