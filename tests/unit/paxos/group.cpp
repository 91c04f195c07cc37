// tests/unit/paxos/group.cpp - who may speak to a node.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/group.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

std::error_code made(node_id self, const std::vector<member>& members) {
    return group::make(cluster_id(7), self, members).error();
}

}  // namespace

TEST_CASE("a group without members, with strange ids or with a name twice is refused") {
    CHECK(made(a, {}) == errc::no_members);
    CHECK(made(a, {{a, incarnation(1)}, {node_id(64), incarnation(1)}}) == errc::id_out_of_range);
    CHECK(made(a, {{a, incarnation(1)}, {a, incarnation(2)}}) == errc::duplicate_member);
    CHECK(made(b, {{a, incarnation(1)}}) == errc::id_not_a_member);
    CHECK(made(node_id(64), {{a, incarnation(1)}}) == errc::id_not_a_member);
    CHECK(!made(node_id(63), {{node_id(63), incarnation(1)}}));
}

TEST_CASE("a group knows itself") {
    const auto group = *group::make(cluster_id(7), c, {{c, incarnation(5)}, {a, incarnation(9)}});
    CHECK(group.cluster() == cluster_id(7));
    CHECK(group.self() == c);
    CHECK(group.nodes() == node_set{a, c});
    CHECK(group.incarnation() == incarnation(5));
    CHECK(group.header() == message_header{cluster_id(7), incarnation(5)});
}

TEST_CASE("a group admits its members in their present lives, and says why not otherwise") {
    const auto group = *group::make(cluster_id(7), c, {{c, incarnation(5)}, {a, incarnation(9)}});
    const auto why = [&group](node_id from, std::uint64_t cluster, std::uint64_t life) {
        const message_header header{cluster_id(cluster), incarnation(life)};
        CHECK(!group.admits(from, header));
        return group.why_not(from, header);
    };
    CHECK(group.admits(a, {cluster_id(7), incarnation(9)}));
    CHECK(group.admits(c, {cluster_id(7), incarnation(5)}));
    CHECK(why(a, 8, 9) == refusal::wrong_cluster);
    CHECK(why(a, 7, 8) == refusal::wrong_incarnation);
    CHECK(why(a, 7, 10) == refusal::wrong_incarnation);
    CHECK(why(b, 7, 0) == refusal::unknown_sender);  // between two members
    CHECK(why(b, 0, 0) == refusal::wrong_cluster);
    CHECK(why(p, 7, 9) == refusal::unknown_sender);
    CHECK(why(node_id(64), 7, 9) == refusal::unknown_sender);
    CHECK(why(node_id(~std::uint32_t{0}), 7, 9) == refusal::unknown_sender);
}
