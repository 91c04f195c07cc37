// tests/unit/log/replica_reads.cpp - linearizable reads: only a leader that still leads, and that
// knows what was completed.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

TEST_CASE("a read costs one round of heartbeats and no entry [Raft 6.4]") {
    cluster<> c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    const slot before = c.at(leader).status().next;
    c.network.record();
    const submission said = c.at(leader).read(c.now());
    REQUIRE(said.answer == answer::queued);
    c.settle();
    CHECK(c.end_of(leader, said.ticket)->outcome == outcome::readable);
    CHECK(c.network.sent<heartbeat>().size() == 2);
    CHECK(c.at(leader).status().next == before);
}

TEST_CASE("one round of heartbeats serves every read that waits for it") {
    cluster<> c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    c.network.least_delay = milliseconds(5);
    c.network.record();
    for (int i = 0; i < 100; ++i) (void)c.at(leader).read(c.now());
    c.run(milliseconds(11));
    CHECK(c.ends(leader).size() == 100);
    CHECK(c.network.sent<heartbeat>().size() <= 4);  // theirs, and perhaps one that was due
}

TEST_CASE("a read that comes while a round is under way waits for the next one") {
    cluster<> c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    c.network.least_delay = milliseconds(5);
    const submission first = c.at(leader).read(c.now());
    c.run(milliseconds(8));
    const submission second = c.at(leader).read(c.now());
    c.run(milliseconds(3));
    CHECK(c.end_of(leader, first.ticket).has_value());
    CHECK_FALSE(c.end_of(leader, second.ticket).has_value());
    c.run(milliseconds(11));
    REQUIRE(c.end_of(leader, second.ticket).has_value());
    CHECK(c.end_of(leader, second.ticket)->outcome == outcome::readable);
}

TEST_CASE("the next round sets off with the answer that ends the one before") {
    cluster<> c(2);
    const node_id leader = c.elect();
    c.run(milliseconds(40));
    c.network.least_delay = milliseconds(2);
    (void)c.at(leader).read(c.now());
    c.flush(leader);
    const submission second = c.at(leader).read(c.now());
    c.network.record();
    for (int i = 0; i < 4; ++i) {
        c.network.now = c.now() + milliseconds(1);
        c.deliver();
    }
    CHECK(c.ends(leader).size() == 1);
    CHECK(c.network.sent<heartbeat>().size() == 1);
    c.run(milliseconds(5));
    CHECK(c.end_of(leader, second.ticket).has_value());
}

TEST_CASE("a read shows every command that was completed before it was asked for") {
    cluster<> c;
    const node_id leader = c.elect();
    for (int i = 0; i < 20; ++i) {
        const submission write = c.propose(leader, std::to_string(i));
        c.step(milliseconds(3));
        REQUIRE(c.end_of(leader, write.ticket).has_value());
        const submission read = c.at(leader).read(c.now());
        c.settle();
        REQUIRE(c.end_of(leader, read.ticket)->outcome == outcome::readable);
        CHECK(c.machine(leader).lines.size() == static_cast<std::size_t>(i) + 1);
    }
}

TEST_CASE("locks 3.12/77: a new leader answers no read before its own first entry is applied") {
    cluster<> c;
    const node_id first = c.elect();
    (void)c.propose(first, "completed");
    c.settle();
    REQUIRE(c.ends(first).size() == 1);
    c.crash(first);
    c.network.least_delay = milliseconds(4);
    while (!c.leader()) c.step(milliseconds(1));
    const node_id fresh = *c.leader();
    const submission said = c.at(fresh).read(c.now());
    REQUIRE(said.answer == answer::queued);
    for (int i = 0; i < 200 && !c.end_of(fresh, said.ticket); ++i) {
        const bool has_barrier = c.at(fresh).status().applied_below > slot(1);
        c.step(milliseconds(1));
        if (c.end_of(fresh, said.ticket)) CHECK((has_barrier || !c.machine(fresh).lines.empty()));
    }
    REQUIRE(c.end_of(fresh, said.ticket)->outcome == outcome::readable);
    CHECK(c.machine(fresh).texts() == std::vector<std::string>{"completed"});
}

TEST_CASE("locks 3.12/77: a stale local read is labelled with its applied index") {
    cluster<> c;
    const node_id leader = c.elect();
    (void)c.propose(leader, "old");
    c.run(milliseconds(50));
    const node_id follower = c.follower_of(leader);
    c.isolate(follower);
    for (const char* text : {"new", "newer"}) {
        (void)c.propose(leader, text);
        c.run(milliseconds(20));
    }
    const auto& all = c.machine(leader).lines;
    REQUIRE(all.size() == 3);
    const auto label = [&] { return c.at(follower).status().applied_below; };
    CHECK(c.machine(follower).texts() == std::vector<std::string>{"old"});
    CHECK(label() > all[0].at.slot);
    CHECK(label() == all[1].at.slot);
    c.heal();
    c.run(milliseconds(100));
    CHECK(c.machine(follower).lines == all);
    CHECK(label() > all[2].at.slot);
    CHECK(label() == c.at(leader).status().applied_below);
}

TEST_CASE(
    "a deposed leader's reads never become readable, not even by answers to earlier heartbeats") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        cluster<> c(3, test_limits(), seed);
        const node_id old_leader = c.elect();
        c.run(milliseconds(50));
        c.isolate(old_leader);
        std::vector<ticket> reads;
        while (c.at(old_leader).is_leading()) {
            const submission said = c.at(old_leader).read(c.now());
            if (said.answer == answer::queued) reads.push_back(said.ticket);
            c.step(milliseconds(1));
        }
        c.run(milliseconds(300));
        REQUIRE(c.leader().has_value());
        c.heal();
        c.run(milliseconds(300));
        REQUIRE_FALSE(reads.empty());
        for (const ticket read : reads) {
            REQUIRE(c.end_of(old_leader, read).has_value());
            CHECK(c.end_of(old_leader, read)->outcome == outcome::not_decided);
        }
    }
}

TEST_CASE("so many reads wait at a leader, and no more") {
    log_limits limits = test_limits();
    limits.pending_reads = 2;
    cluster<> c(3, limits);
    const node_id leader = c.elect();
    CHECK(c.at(leader).read(c.now()).answer == answer::queued);
    CHECK(c.at(leader).read(c.now()).answer == answer::queued);
    CHECK(c.at(leader).read(c.now()).answer == answer::overloaded);
    c.settle();
    CHECK(c.at(leader).read(c.now()).answer == answer::queued);
}

TEST_CASE("an answer to a heartbeat that was never sent confirms nothing") {
    cluster<> c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    c.isolate(leader);
    const submission said = c.at(leader).read(c.now());
    c.flush(leader);
    for (const node_id node : c.all() - node_set{leader}) {
        c.hand(leader, node,
               heartbeat_reply{c.header_of(node), c.at(leader).status().leader, 1'000'000, slot()});
    }
    CHECK_FALSE(c.end_of(leader, said.ticket).has_value());
    CHECK(c.seen.refused[refusal::stale_reply] >= 2);
}
