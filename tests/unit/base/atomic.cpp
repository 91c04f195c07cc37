// tests/unit/base/atomic.cpp - tests of synod/base/atomic.hpp.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/atomic.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <type_traits>

using synod::detail::atomic;

TEST_CASE("an atomic number counts, and says what was there before") {
    atomic<std::int64_t> number(5);
    CHECK(number.add_relaxed(2) == 5);
    CHECK(number.add(-4) == 7);
    CHECK(number.subtract(1) == 3);
    CHECK(number.exchange(9) == 2);
    CHECK(number.load_relaxed() == 9);
    number.store_relaxed(1);
    CHECK(number.load_relaxed() == 1);
}

TEST_CASE("an atomic pointer is replaced only where it is what was seen") {
    int first = 0;
    int second = 0;
    atomic<int*> pointer(&first);
    int* seen = &second;
    CHECK_FALSE(pointer.replace(seen, &second));
    CHECK(seen == &first);
    while (!pointer.replace(seen, &second)) CHECK(seen == &first);
    CHECK(pointer.load_relaxed() == &second);
}

static_assert(!std::is_copy_constructible_v<atomic<int>>);
