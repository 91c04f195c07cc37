// tests/unit/log/replica_leadership.cpp - who leads: probing, stepping down, taking over, handing
// over.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

namespace {

using texts = std::vector<std::string>;

std::vector<entry_kind> kinds_of_accepts(const cluster<>& c) {
    std::map<slot, entry_kind> by_slot;
    for (const auto& [where, request] : c.network.sent<accept<entry>>()) {
        by_slot[request.at] = request.value.kind();
    }
    std::vector<entry_kind> kinds;
    for (const auto& [at, kind] : by_slot) kinds.push_back(kind);
    return kinds;
}

}  // namespace

TEST_CASE("a cluster elects one leader and keeps it") {
    for (const std::uint32_t count : {2U, 3U, 5U, 7U}) {
        for (std::uint64_t seed = 1; seed <= 5; ++seed) {
            log_limits limits = test_limits();
            cluster<> c(count, limits, seed);
            const node_id leader = c.elect();
            c.run(seconds(2));
            CHECK(c.leader() == leader);
            CHECK(c.seen.stepped_down.empty());
            for (const node_id node : c.all()) CHECK(c.at(node).leader() == leader);
        }
    }
}

TEST_CASE("a node that comes back does not depose a working leader") {
    cluster<> c;
    const node_id leader = c.elect();
    const ballot led = c.at(leader).status().leader;
    const node_id away = c.follower_of(leader);
    c.isolate(away);
    c.run(seconds(3));  // it misses the leader all the while
    CHECK(c.at(away).status().standing == standing::probing);
    c.heal();
    c.run(seconds(1));
    CHECK(c.at(leader).is_leading());
    CHECK(c.at(leader).status().leader == led);
    CHECK(c.at(away).leader() == leader);
}

TEST_CASE("a node that cannot hear the leader, and that the others can hear, does not depose it") {
    cluster<> c(5);
    const node_id leader = c.elect();
    const ballot led = c.at(leader).status().leader;
    c.cut(leader, c.follower_of(leader));
    c.run(seconds(3));
    CHECK(c.at(leader).is_leading());
    CHECK(c.at(leader).status().leader == led);
}

TEST_CASE("a leader that hears no phase-2 quorum for an election timeout steps down") {
    cluster<> c(5);
    const node_id leader = c.elect();
    c.run(milliseconds(20));
    for (const node_id node : c.all() - node_set{leader}) c.cut(node, leader);
    c.run(milliseconds(100));
    CHECK(c.at(leader).is_leading());
    c.run(milliseconds(100));
    CHECK_FALSE(c.at(leader).is_leading());
    CHECK(c.seen.stepped_down.size() == 1);
}

TEST_CASE("a new leader is elected within four election timeouts when the old one is gone") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        cluster<> c(5, test_limits(), seed);
        const node_id first = c.elect();
        c.run(milliseconds(static_cast<std::int64_t>(seed) * 7));
        c.crash(first);
        const instant before = c.now();
        CHECK(c.elect() != first);
        CHECK(c.now() - before <= milliseconds(4 * 150));
    }
}

TEST_CASE(
    "a leader's first entry is NewLeader, and holes below it are filled with no-ops [PMMC fig 7]") {
    log_limits limits = test_limits();
    limits.batch_commands = 1;
    limits.first_retry = seconds(1);
    limits.election_timeout = milliseconds(300);
    cluster<> c(3, limits);
    const node_id first = c.elect();
    c.run(milliseconds(100));
    const slot start = c.at(first).status().next;
    // Only the last of four slots reaches a follower: three holes remain below a vote.
    const node_id other = c.follower_of(first);
    const node_id third = *(c.all() - node_set{first, other}).begin();
    c.isolate(third);
    c.cut(first, other);
    for (const char* const text : {"a", "b", "c"}) {
        (void)c.propose(first, text);
        c.settle();
    }
    c.network.cut.erase({first.value(), other.value()});
    c.cut(other, first);
    (void)c.propose(first, "d");
    c.settle();
    c.crash(first);
    c.heal();
    c.network.record();
    const node_id fresh = c.elect();
    c.run(milliseconds(100));
    const auto kinds = kinds_of_accepts(c);
    REQUIRE(kinds.size() >= 5);
    CHECK(std::vector(kinds.begin(), kinds.begin() + 5) ==
          std::vector{entry_kind::no_op, entry_kind::no_op, entry_kind::no_op, entry_kind::commands,
                      entry_kind::new_leader});
    CHECK(c.at(fresh).status().applied_below >= start + 5);
    CHECK(c.machine(fresh).texts() == texts{"d"});
    c.run(milliseconds(100));
    CHECK(c.agrees());
}

TEST_CASE("a vote that phase 1 finds is proposed again as it is [PMS 2.2, phase 2(a)]") {
    cluster<> c;
    const node_id first = c.elect();
    const node_id other = c.follower_of(first);
    for (const node_id node : c.all()) c.cut(node, first);
    (void)c.propose(first, "kept");
    c.settle();
    c.crash(first);
    c.heal();
    const node_id fresh = c.elect();
    c.run(milliseconds(100));
    CHECK(c.machine(fresh).texts() == texts{"kept"});
    CHECK(c.machine(other).texts() == texts{"kept"});
}

TEST_CASE(
    "leadership is handed over at once, and what was in flight is decided first [Raft 3.10]") {
    cluster<> c;
    const node_id first = c.elect();
    const node_id heir = c.follower_of(first);
    c.run(milliseconds(50));
    const submission early = c.propose(first, "early");
    REQUIRE_FALSE(c.at(first).transfer_leadership(heir, c.now()));
    CHECK(c.at(first).transfer_leadership(heir, c.now()) == make_error_code(errc::busy));
    const submission late = c.propose(first, "late");
    CHECK(late.answer == answer::queued);
    c.run(milliseconds(10));
    CHECK(c.at(heir).is_leading());
    CHECK_FALSE(c.at(first).is_leading());
    CHECK(c.end_of(first, early.ticket)->outcome != outcome::unknown);
    CHECK(c.end_of(first, late.ticket)->outcome == outcome::not_decided);
    c.run(milliseconds(100));
    CHECK(c.agrees());
}

TEST_CASE("who cannot take over does not: leadership stays, and commands that waited are decided") {
    cluster<> c;
    const node_id first = c.elect();
    const node_id heir = c.follower_of(first);
    c.isolate(heir);
    c.run(milliseconds(10));
    REQUIRE_FALSE(c.at(first).transfer_leadership(heir, c.now()));
    const submission said = c.propose(first, "x");
    c.run(milliseconds(100));
    CHECK_FALSE(c.end_of(first, said.ticket).has_value());
    c.run(milliseconds(300));
    CHECK(c.at(first).is_leading());
    CHECK(c.end_of(first, said.ticket)->outcome == outcome::decided);
    CHECK(c.at(first).transfer_leadership(first, c.now()) ==
          make_error_code(errc::id_not_a_member));
    CHECK(c.at(first).transfer_leadership(node_id(9), c.now()) ==
          make_error_code(errc::id_not_a_member));
    CHECK(c.at(heir).transfer_leadership(first, c.now()) == make_error_code(errc::not_leader));
}

TEST_CASE("a candidate that learns of chosen slots while it prepares leads behind them") {
    log_limits limits = test_limits();
    limits.batch_commands = 1;
    limits.election_timeout = milliseconds(200);
    cluster<> c(3, limits);
    const node_id first = c.elect();
    c.run(milliseconds(100));
    const node_id candidate = c.follower_of(first);
    const node_id third = *(c.all() - node_set{first, candidate}).begin();
    c.isolate(candidate);
    for (const char* const text : {"a", "b", "c"}) {
        (void)c.propose(first, text);
        c.settle();
    }
    c.run(milliseconds(60));
    c.crash(first);
    c.heal();
    c.cut(candidate, third);  // so that the third one waits for it
    c.run(milliseconds(250));
    c.heal();
    c.network.least_delay = milliseconds(3);
    for (int i = 0; i < 2000 && c.at(candidate).status().standing != standing::preparing; ++i) {
        c.step(milliseconds(1));
        if (c.at(third).status().standing == standing::preparing) c.crash(third), c.start(third);
    }
    REQUIRE(c.at(candidate).status().standing == standing::preparing);
    c.hand(third, candidate, fetch{c.header_of(candidate), c.at(candidate).status().chosen_below});
    const slot before = c.at(candidate).status().chosen_below;
    c.step(milliseconds(1));
    c.run(milliseconds(20));
    REQUIRE(c.at(candidate).status().chosen_below > before);
    const submission said = c.propose(candidate, "d");
    REQUIRE(said.answer == answer::queued);
    c.run(milliseconds(50));
    CHECK(c.end_of(candidate, said.ticket).has_value());
    CHECK(c.machine(candidate).texts() == texts{"a", "b", "c", "d"});
}

TEST_CASE(
    "two candidates whose phase 1 takes long do not interrupt each other for ever [PMMC fig 7]") {
    log_limits limits = test_limits();
    limits.batch_commands = 1;
    limits.votes_per_answer = 1;
    cluster<> c(5, limits);
    const node_id leader = c.elect();
    const node_set others = c.all() - node_set{leader};
    const std::vector<node_id> follower(others.begin(), others.end());
    for (const node_id one : follower) c.cut(one, leader);
    c.crash(follower[3]);
    c.cut(leader, follower[2]);
    for (int i = 0; i < 20; ++i) CHECK(c.propose(leader, "x").answer == answer::queued);
    c.settle();
    c.cut(leader, follower[1]);
    for (int i = 0; i < 30; ++i) CHECK(c.propose(leader, "x").answer == answer::queued);
    c.settle();
    c.crash(leader);
    c.heal();
    // Three are left, with fifty votes, twenty and none: who has told all hears nothing while
    // another still reports.
    c.network.least_delay = milliseconds(20);
    c.run(seconds(6));
    REQUIRE(c.leader().has_value());
    CHECK(c.machine(*c.leader()).lines.size() == 50);
}

TEST_CASE(
    "phase 1 may take longer than an election timeout, as long as reports keep coming in [PMMC fig "
    "7]") {
    log_limits limits = test_limits();
    limits.batch_commands = 1;
    limits.votes_per_answer = 1;
    cluster<> c(3, limits);
    const node_id leader = c.elect();
    for (const node_id follower : c.all() - node_set{leader}) c.cut(follower, leader);
    for (int i = 0; i < 50; ++i) CHECK(c.propose(leader, "x").answer == answer::queued);
    c.settle();
    c.crash(leader);
    c.heal();
    c.network.least_delay = milliseconds(20);  // fifty round trips take two seconds
    c.run(seconds(4));
    REQUIRE(c.leader().has_value());
    CHECK(c.machine(*c.leader()).lines.size() == 50);
}

TEST_CASE(
    "a leader that inherits more chosen slots than its window holds gets through them though votes "
    "are lost") {
    log_limits limits = test_limits();
    limits.window = 2;
    limits.batch_commands = 1;
    cluster<> c(3, limits);
    const node_id old = c.elect();
    const node_id heir = c.follower_of(old);
    c.network.least_delay = milliseconds(5);
    c.cut(old, heir);  // so that the heir misses the values
    for (int i = 0; i < 6; ++i) CHECK(c.propose(old, "x").answer == answer::queued);
    c.run(milliseconds(80));
    c.heal();
    c.cut(heir, old);  // nor is it sent what it misses
    REQUIRE(!c.at(old).transfer_leadership(heir, c.now()));
    for (int i = 0; i < 200 && c.leader() != heir; ++i) c.step(milliseconds(1));
    REQUIRE(c.leader() == heir);
    CHECK(c.at(heir).status().chosen_below < slot(4));
    for (const node_id other : c.all() - node_set{heir}) c.cut(other, heir);
    c.run(milliseconds(15));
    c.heal();
    c.run(seconds(1));
    CHECK(c.machine(heir).lines.size() == 6);
}
