// tests/unit/log/replica.cpp - commands through a replicated log: batches, windows, holes, loss,
// and how each proposal ends.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

namespace {

using cluster3 = cluster<>;
using texts = std::vector<std::string>;

std::string number(std::uint64_t value) {
    bytes out;
    byte_writer writer(out);
    writer.number(value);
    return std::string(as_text(out));
}

}  // namespace

TEST_CASE("a command is decided once, applied everywhere, and answered with the machine's result") {
    cluster3 c;
    const node_id leader = c.elect();
    const submission said = c.propose(leader, "x");
    REQUIRE(said.answer == answer::queued);
    c.settle();
    const auto end = c.end_of(leader, said.ticket);
    REQUIRE(end.has_value());
    CHECK(end->outcome == outcome::decided);
    CHECK(end->result == number(1));
    CHECK(c.machine(leader).lines.front().at == end->at);
    c.run(milliseconds(50));  // the next heartbeat tells the followers that it is chosen
    CHECK(c.agrees());
    CHECK(c.machine(c.follower_of(leader)).texts() == texts{"x"});
}

TEST_CASE("a cluster of one decides by itself") {
    cluster<> c(1);
    c.run(milliseconds(400));
    REQUIRE(c.at(0).is_leading());
    const submission said = c.propose(node_id(0), "x");
    c.settle();
    CHECK(c.end_of(node_id(0), said.ticket)->outcome == outcome::decided);
    CHECK(c.network.total == 0);
}

TEST_CASE("a leader that lost its cluster decides nothing") {
    cluster3 c;
    const node_id leader = c.elect();
    c.isolate(leader);
    const submission said = c.propose(leader, "x");
    c.settle();
    CHECK_FALSE(c.end_of(leader, said.ticket).has_value());
}

TEST_CASE(
    "what is proposed between two flushes shares an entry, in order, and each has its own "
    "position") {
    cluster3 c;
    const node_id leader = c.elect();
    c.network.record();
    for (const char* const text : {"a", "b", "c"}) (void)c.propose(leader, text);
    c.settle();
    CHECK(c.network.sent<accept<entry>>().size() == 2);  // one to each follower
    const auto& lines = c.machine(leader).lines;
    REQUIRE(c.machine(leader).texts() == texts{"a", "b", "c"});
    CHECK(lines[0].at.slot == lines[2].at.slot);
    CHECK(lines[0].at.index == 0);
    CHECK(lines[2].at.index == 2);
}

TEST_CASE("an entry holds at most as many commands and bytes as the limits say") {
    log_limits limits = test_limits();
    limits.batch_commands = 2;
    limits.batch_bytes = 64;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    for (int i = 0; i < 5; ++i) (void)c.propose(leader, "x");
    const std::string half(28, 'y');
    for (int i = 0; i < 3; ++i) (void)c.propose(leader, half + "zzzz");
    c.settle();
    std::map<std::uint64_t, int> per_slot;
    for (const auto& line : c.machine(leader).lines) ++per_slot[line.at.slot.value()];
    REQUIRE(c.machine(leader).lines.size() == 8);
    CHECK(per_slot.size() == 5);  // x x, x x, x y, y, y: two of the longer ones would be 72 bytes
    for (const auto& [at, count] : per_slot) CHECK(count <= 2);
}

TEST_CASE("phase 1 runs once for all slots [PMS 2.2, phase 1(a)]") {
    cluster3 c;
    const node_id leader = c.elect();
    c.network.record();
    for (int i = 0; i < 100; ++i) {
        (void)c.propose(leader, "x");
        c.settle();
    }
    CHECK(c.network.sent<prepare>().empty());
    CHECK(c.network.sent<accept<entry>>().size() == 200);
}

TEST_CASE("at most a window of slots is in flight, and the rest waits its turn") {
    log_limits limits = test_limits();
    limits.window = 4;
    limits.batch_commands = 1;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    c.run(milliseconds(5));
    c.isolate(leader);
    const slot before = c.at(leader).status().next;
    for (int i = 0; i < 10; ++i) (void)c.propose(leader, "x");
    c.settle();
    CHECK(c.at(leader).status().next == before + 4);
    CHECK(c.at(leader).next_deadline() > c.now());
    c.heal();
    c.run(milliseconds(100));
    CHECK(c.machine(leader).lines.size() == 10);
}

TEST_CASE("slots are accepted in any order and applied in order [PMMC 2.1]") {
    log_limits limits = test_limits();
    limits.batch_commands = 1;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    c.network.longest_delay = milliseconds(20);  // letters overtake one another
    for (int i = 0; i < 40; ++i) (void)c.propose(leader, std::to_string(i));
    c.run(milliseconds(140));
    texts expected;
    for (int i = 0; i < 40; ++i) expected.push_back(std::to_string(i));
    CHECK(c.machine(leader).texts() == expected);
    c.network.longest_delay = duration(0);
    c.run(milliseconds(100));
    CHECK(c.agrees());
}

TEST_CASE("with every third message lost all is decided once and in order") {
    log_limits limits = test_limits();
    limits.batch_commands = 3;
    limits.first_retry = milliseconds(5);
    limits.election_timeout = milliseconds(600);  // so that it is not about elections
    cluster3 c(3, limits);
    c.run(seconds(2));
    const auto leader = c.leader();
    REQUIRE(leader.has_value());
    c.network.loss_percent = 30;
    texts expected;
    for (int i = 0; i < 200; ++i) {
        REQUIRE(c.propose(*leader, std::to_string(i)).answer == answer::queued);
        expected.push_back(std::to_string(i));
        c.step(milliseconds(1));
    }
    c.run(seconds(2));
    CHECK(c.machine(*leader).texts() == expected);
    CHECK(c.ends(*leader).size() == 200);
    c.network.loss_percent = 0;
    c.run(seconds(3));
    CHECK(c.agrees());
}

TEST_CASE("a follower that missed slots catches up, chunk by chunk") {
    log_limits limits = test_limits();
    limits.votes_per_answer = 8;
    limits.batch_commands = 1;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    const node_id lagging = c.follower_of(leader);
    c.isolate(lagging);
    for (int i = 0; i < 100; ++i) {
        (void)c.propose(leader, std::to_string(i));
        c.step(milliseconds(1));
    }
    CHECK(c.machine(lagging).lines.empty());
    const ballot led = c.at(leader).status().leader;
    c.heal();
    c.run(milliseconds(200));
    CHECK(c.machine(lagging).lines.size() == 100);
    CHECK(c.agrees());
    CHECK(c.at(leader).status().leader == led);  // and nobody had to be elected for it
}

TEST_CASE(
    "a follower trusts a watermark only where its own vote is of the watermark's ballot or later "
    "[PMS 2.2, P2]") {
    cluster3 c;
    const node_id old_leader = c.elect();
    c.isolate(old_leader);
    (void)c.propose(old_leader, "lost");  // voted for by the old leader alone
    c.settle();
    c.run(milliseconds(600));
    const auto fresh = c.leader();
    REQUIRE(fresh.has_value());
    REQUIRE(*fresh != old_leader);
    (void)c.propose(*fresh, "kept");
    c.settle();
    // The watermark reaches the old leader before the entries do: its own vote in that slot must
    // not be taken for chosen.
    c.network.record();
    c.heal();
    c.run(milliseconds(200));
    CHECK(c.machine(old_leader).texts() == texts{"kept"});
    CHECK(c.agrees());
}

TEST_CASE("a follower names the leader it knows, and takes nothing on") {
    cluster3 c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    const submission said = c.propose(c.follower_of(leader), "x");
    CHECK(said.answer == answer::not_leader);
    CHECK(said.leader == leader);
    CHECK(c.at(c.follower_of(leader)).read(c.now()).answer == answer::not_leader);
    cluster3 fresh;
    CHECK(fresh.propose(node_id(0), "x").answer == answer::not_leader);
    CHECK_FALSE(fresh.propose(node_id(0), "x").leader.has_value());
}

TEST_CASE("a command that no entry could hold is too large, and one that just fits is not") {
    log_limits limits = test_limits();
    limits.batch_bytes = 100;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    CHECK(c.propose(leader, std::string(97, 'x')).answer == answer::too_large);
    CHECK(c.propose(leader, std::string(96, 'x')).answer == answer::queued);
    CHECK(c.propose(leader, "").answer == answer::queued);
    c.settle();
    CHECK(c.machine(leader).texts() == texts{std::string(96, 'x'), ""});
}

TEST_CASE("a leader takes on so many commands and bytes until they are drained, and then again") {
    log_limits limits = test_limits();
    limits.pending_commands = 3;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    for (int i = 0; i < 3; ++i) CHECK(c.propose(leader, "x").answer == answer::queued);
    CHECK(c.propose(leader, "x").answer == answer::overloaded);
    c.at(leader).flush(c.now());
    CHECK(c.propose(leader, "x").answer == answer::overloaded);
    c.settle();
    CHECK(c.propose(leader, "x").answer == answer::queued);

    limits = test_limits();
    limits.batch_bytes = 1000;
    limits.pending_bytes = 1000;
    cluster3 by_bytes(3, limits);
    const node_id other = by_bytes.elect();
    CHECK(by_bytes.propose(other, std::string(900, 'x')).answer == answer::queued);
    CHECK(by_bytes.propose(other, std::string(200, 'x')).answer == answer::overloaded);
    by_bytes.settle();
    CHECK(by_bytes.propose(other, std::string(200, 'x')).answer == answer::queued);
}

TEST_CASE("a deposed leader's queued commands are not decided, and those in flight are unknown") {
    log_limits limits = test_limits();
    limits.window = 2;
    limits.batch_commands = 1;
    cluster3 c(3, limits);
    const node_id leader = c.elect();
    c.settle();
    c.isolate(leader);
    std::vector<ticket> tickets;
    for (int i = 0; i < 5; ++i) tickets.push_back(c.propose(leader, std::to_string(i)).ticket);
    c.run(milliseconds(400));
    REQUIRE_FALSE(c.at(leader).is_leading());
    REQUIRE(c.ends(leader).size() == 5);
    for (int i = 0; i < 5; ++i) {
        const auto end = c.end_of(leader, tickets[static_cast<std::size_t>(i)]);
        CHECK(end->outcome == (i < 2 ? outcome::unknown : outcome::not_decided));
    }
    c.heal();
    c.run(seconds(1));
    CHECK(c.agrees());
    for (const std::string& text : c.machine(leader).texts()) CHECK((text == "0" || text == "1"));
    CHECK(c.ends(leader).size() == 5);
}
