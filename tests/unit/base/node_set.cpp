// tests/unit/base/node_set.cpp - sets of nodes, against std::set.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/node_set.hpp>
#include <synod/base/prng.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <vector>

namespace {

using namespace synod;
using reference = std::set<std::uint32_t>;

static_assert(std::forward_iterator<node_set::iterator>);

std::vector<std::uint32_t> members(node_set set) {
    std::vector<std::uint32_t> found;
    for (const node_id node : set) found.push_back(node.value());
    return found;
}

bool same(node_set set, const reference& expected) {
    return members(set) == std::vector<std::uint32_t>(expected.begin(), expected.end()) &&
           set.size() == expected.size() && set.empty() == expected.empty();
}

}  // namespace

TEST_CASE("a set holds what was inserted and not erased, in rising order") {
    prng random(1);
    node_set set;
    reference expected;
    for (int i = 0; i < 2'000; ++i) {
        const auto node = static_cast<std::uint32_t>(random.below(max_nodes));
        if (random.below(2) == 0) {
            set.insert(node_id(node));
            expected.insert(node);
        } else {
            set.erase(node_id(node));
            expected.erase(node);
        }
        REQUIRE(same(set, expected));
        REQUIRE(set.contains(node_id(node)) == expected.contains(node));
    }
}

TEST_CASE("union, intersection, difference and inclusion are those of sets") {
    prng random(2);
    for (int i = 0; i < 200; ++i) {
        const auto x = node_set::from_bits(random.next() & random.next());
        const auto y = node_set::from_bits(random.next());
        for (std::uint32_t n = 0; n < max_nodes; ++n) {
            const node_id node(n);
            REQUIRE((x | y).contains(node) == (x.contains(node) || y.contains(node)));
            REQUIRE((x & y).contains(node) == (x.contains(node) && y.contains(node)));
            REQUIRE((x - y).contains(node) == (x.contains(node) && !y.contains(node)));
        }
        CHECK((x | y).includes(x));
        CHECK(x.includes(x & y));
        CHECK(x.includes(y) == ((y - x).empty()));
    }
}

TEST_CASE("the first nodes of a cluster") {
    CHECK(node_set::first(0).empty());
    CHECK(node_set::first(3) == node_set{node_id(0), node_id(1), node_id(2)});
    CHECK(node_set::first(64).size() == 64);
    CHECK(node_set::first(64).contains(node_id(63)));
}

TEST_CASE("no set contains an id that it cannot hold") {
    for (const std::uint32_t node : {64U, 65U, 128U, ~0U}) {
        CHECK(!node_set::first(64).contains(node_id(node)));
    }
}

TEST_CASE("sets compare by content") {
    CHECK(node_set{node_id(1)} != node_set{node_id(2)});
    CHECK(fingerprint_of(node_set{node_id(1)}) != fingerprint_of(node_set{node_id(2)}));
    CHECK(node_set{node_id(1), node_id(1)}.size() == 1);
}
