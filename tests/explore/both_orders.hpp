// tests/explore/both_orders.hpp - a world searched breadth first and depth first.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include "support/catch.hpp"

#include <cstdint>

namespace explore {

/// Sanitizers see the same code in either order, and one is enough for them.
#ifdef SYNOD_ONE_ORDER
inline constexpr bool searches_in_both_orders = false;
#else
inline constexpr bool searches_in_both_orders = true;
#endif

/// Each order of search reaches all states, and nothing is broken. `make` makes the world, anew for
/// each. Returns what the search breadth first found.
template <class Make>
synod::testing::findings reach_exactly(const Make& make, std::uint64_t distinct,
                                       std::uint64_t generated) {
    const synod::testing::findings broad = make()->search_breadth_first({});
    CHECK(broad.is_proof());
    CHECK(broad.distinct == distinct);
    CHECK(broad.generated == generated);
    if constexpr (searches_in_both_orders) {
        const synod::testing::findings deep = make()->search_depth_first({});
        CHECK(deep.is_proof());
        CHECK(deep.distinct == distinct);
        CHECK(deep.generated == generated);
    }
    return broad;
}

}  // namespace explore
