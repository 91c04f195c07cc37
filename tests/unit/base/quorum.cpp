// tests/unit/base/quorum.cpp - every quorum system of up to seven nodes, against a reference that
// counts on its fingers.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/quorum.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <vector>

namespace {

using namespace synod;

/// Members that are not the nodes 0, 1, 2 ..., and nodes beside them that are no members.
constexpr std::uint32_t spread = 9;

node_set members_of(std::uint32_t count) {
    node_set members;
    for (std::uint32_t i = 0; i < count; ++i) members.insert(node_id(i * spread));
    return members;
}

/// The subset of the members that `chosen` names by its bits.
node_set subset(std::uint32_t chosen, std::uint32_t count) {
    node_set set;
    for (std::uint32_t i = 0; i < count; ++i) {
        if ((chosen >> i & 1U) != 0) set.insert(node_id(i * spread));
    }
    return set;
}

std::uint32_t count_ones(std::uint32_t chosen) {
    std::uint32_t count = 0;
    for (; chosen != 0; chosen >>= 1U) count += chosen & 1U;
    return count;
}

/// Whether some set of `phase1` nodes and some set of `phase2` nodes have none in common, found by
/// trying all pairs.
bool some_pair_is_disjoint(std::uint32_t count, std::uint32_t phase1, std::uint32_t phase2) {
    for (std::uint32_t one = 0; one < 1U << count; ++one) {
        for (std::uint32_t other = 0; other < 1U << count; ++other) {
            const bool are_quorums = count_ones(one) >= phase1 && count_ones(other) >= phase2;
            if (are_quorums && (one & other) == 0) return true;
        }
    }
    return false;
}

const node_set strangers{node_id(1),  node_id(2),  node_id(40),
                         node_id(41), node_id(62), node_id(63)};

/// Whether the system calls exactly the sets of at least that many members quorums, strangers or
/// not.
template <class Quorums>
bool counts_rightly(const Quorums& quorums, std::uint32_t count, std::uint32_t phase1,
                    std::uint32_t phase2) {
    for (std::uint32_t chosen = 0; chosen < 1U << count; ++chosen) {
        for (const node_set set : {subset(chosen, count), subset(chosen, count) | strangers}) {
            if (quorums.is_phase1(set) != (count_ones(chosen) >= phase1)) return false;
            if (quorums.is_phase2(set) != (count_ones(chosen) >= phase2)) return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("a majority is more than half, for every set of up to seven members") {
    for (std::uint32_t count = 1; count <= 7; ++count) {
        const auto quorums = *majority::make(members_of(count));
        CHECK(quorums.members() == members_of(count));
        for (std::uint32_t chosen = 0; chosen < 1U << count; ++chosen) {
            const bool expected = 2 * count_ones(chosen) > count;
            for (const node_set set : {subset(chosen, count), subset(chosen, count) | strangers}) {
                REQUIRE(quorums.is_phase1(set) == expected);
                REQUIRE(quorums.is_phase2(set) == expected);
            }
        }
    }
}

TEST_CASE("any two majorities intersect [FPaxos 3]") {
    for (std::uint32_t count = 1; count <= 7; ++count) {
        const auto quorums = *majority::make(members_of(count));
        for (std::uint32_t one = 0; one < 1U << count; ++one) {
            if (!quorums.is_phase1(subset(one, count))) continue;
            for (std::uint32_t other = 0; other < 1U << count; ++other) {
                if (quorums.is_phase2(subset(other, count))) REQUIRE((one & other) != 0);
            }
        }
    }
}

TEST_CASE("flexible quorums are accepted just when all pairs intersect, up to seven [FPaxos 3]") {
    for (std::uint32_t count = 1; count <= 7; ++count) {
        for (std::uint32_t phase1 = 1; phase1 <= count; ++phase1) {
            for (std::uint32_t phase2 = 1; phase2 <= count; ++phase2) {
                CAPTURE(count, phase1, phase2);
                const auto made = flexible::make(members_of(count), phase1, phase2);
                REQUIRE(made.has_value() == !some_pair_is_disjoint(count, phase1, phase2));
                if (!made) {
                    CHECK(made.error() == errc::quorums_do_not_intersect);
                    continue;
                }
                CHECK(made->members() == members_of(count));
                CHECK(counts_rightly(*made, count, phase1, phase2));
            }
        }
    }
}

TEST_CASE("sizes that no quorum has are refused") {
    for (std::uint32_t count = 1; count <= 7; ++count) {
        for (std::uint32_t size = 0; size <= count + 1; ++size) {
            for (const std::uint32_t bad : {0U, count + 1, ~0U}) {
                CHECK(flexible::make(members_of(count), bad, size).error() ==
                      errc::limit_out_of_range);
                CHECK(flexible::make(members_of(count), size, bad).error() ==
                      errc::limit_out_of_range);
            }
        }
    }
}

TEST_CASE("a system without members is refused") {
    CHECK(majority::make({}).error() == errc::no_members);
    CHECK(flexible::make({}, 1, 1).error() == errc::no_members);
}

TEST_CASE("systems compare by members and sizes") {
    CHECK(*majority::make(members_of(3)) == *majority::make(members_of(3)));
    CHECK(!(*majority::make(members_of(3)) == *majority::make(members_of(4))));
    CHECK(*flexible::make(members_of(4), 3, 2) == *flexible::make(members_of(4), 3, 2));
    CHECK(!(*flexible::make(members_of(4), 3, 2) == *flexible::make(members_of(4), 2, 3)));
}
