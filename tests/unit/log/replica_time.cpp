// tests/unit/log/replica_time.cpp - log time: stamped by leaders, the same everywhere, never faster
// than their clocks. (locks R2)
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

using timed_cluster = cluster<timed_journal>;

/// A machine that always has something to wait for, so that leaders keep time moving.
timed_journal restless() {
    timed_journal machine;
    machine.deadline = log_time(1'000'000'000);
    return machine;
}

/// The leader of a cluster of one, whose clock shows what the test says.
struct lone_leader {
    lone_leader() {
        all.run(milliseconds(400));
        REQUIRE(all.at(0).is_leading());
        now = all.now();
    }

    /// Log time after an entry that is proposed so much later.
    log_time put(duration later) {
        now = now + later;
        static_cast<void>(all.at(0).propose(as_bytes("x"), now));
        all.at(0).flush(now);
        return all.at(0).time();
    }

    timed_cluster all{1};
    instant now;
};

std::uint64_t milliseconds_of(duration length) {
    return static_cast<std::uint64_t>(length / milliseconds(1));
}

}  // namespace

TEST_CASE(
    "an entry carries the whole milliseconds since the one before, and the machine hears of them "
    "first") {
    timed_cluster c;
    const node_id leader = c.elect();
    const log_time start = c.at(leader).time();
    c.run(milliseconds(40));
    (void)c.propose(leader, "x");
    c.settle();
    REQUIRE(c.machine(leader).lines.size() == 1);
    CHECK(c.machine(leader).lines[0].now == start + 40);
    CHECK(c.machine(leader).now == start + 40);
    c.run(milliseconds(100));
    (void)c.propose(leader, "y");
    c.settle();
    CHECK(c.machine(leader).lines[1].now == start + 140);
}

TEST_CASE("an idle cluster whose machine waits for nothing proposes nothing") {
    timed_cluster c;
    const node_id leader = c.elect();
    c.run(milliseconds(10));
    const slot before = c.at(leader).status().next;
    c.run(seconds(5));
    CHECK(c.at(leader).status().next == before);
}

TEST_CASE(
    "while the machine waits, time moves at least every half step, and to the deadline when it "
    "comes") {
    timed_journal machine;
    machine.deadline = log_time(1'750);
    timed_cluster c(3, test_limits(), 1, machine);
    const node_id leader = c.elect();
    const instant elected = c.now();
    c.run(milliseconds(600));
    CHECK(c.at(leader).time() >= log_time(500));
    c.run(milliseconds(1'149));
    CHECK(c.at(leader).time() < log_time(1'750));
    c.run(milliseconds(3));
    CHECK(c.at(leader).time() >= log_time(1'750));
    CHECK(c.at(leader).time().milliseconds() <= milliseconds_of(c.now() - elected));
}

TEST_CASE("a leader that may open no slot is not woken up to move time") {
    log_limits limits = test_limits();
    limits.window = 2;
    limits.batch_commands = 1;
    timed_journal machine;
    machine.deadline = log_time(1);  // long over, as far as the leader can tell
    timed_cluster c(3, limits, 1, machine);
    const node_id leader = c.elect();
    c.run(milliseconds(20));
    c.isolate(leader);
    for (int i = 0; i < 5; ++i) (void)c.propose(leader, "x");
    c.run(milliseconds(5));
    REQUIRE(c.at(leader).is_leading());
    CHECK(c.at(leader).next_deadline() > c.now());
    c.heal();
    c.run(milliseconds(50));
    REQUIRE_FALSE(c.at(leader).transfer_leadership(c.follower_of(leader), c.now()));
    c.isolate(c.follower_of(leader));
    c.run(milliseconds(5));
    CHECK(c.at(leader).next_deadline() > c.now());
}

TEST_CASE("locks 3.12/59c: ten thousand stamps a second for an hour lose not a millisecond") {
    time_stamper stamper;
    instant now(123'456'789);
    stamper.start(now);
    std::uint64_t passed = 0;
    for (int i = 0; i < 3600 * 10'000; ++i) {
        now = now + microseconds(100);
        passed += stamper.stamp(now, 1'000);
    }
    CHECK(passed == 3'600'000);
}

TEST_CASE("ten thousand entries a second for half a minute lose not a millisecond") {
    log_limits limits = test_limits();
    limits.window = 8;
    limits.retained = 64;
    timed_cluster c(1, limits);
    c.run(milliseconds(400));
    auto& leader = c.at(0);
    REQUIRE(leader.is_leading());
    instant now = c.now();
    const auto put = [&] {
        static_cast<void>(leader.propose({}, now));
        leader.flush(now);
        leader.drain([](const completion&) {});
        leader.machine().lines.clear();
        return leader.time();
    };
    const log_time before = put();
    for (int i = 0; i < 30 * 10'000; ++i) {
        now = now + microseconds(100);
        put();
    }
    CHECK(leader.time() == before + 30'000);
}

TEST_CASE(
    "locks 3.12/4: a leader's clock that jumps an hour ahead costs one step, and one that jumps "
    "back "
    "nothing") {
    lone_leader alone;
    const log_time before = alone.put(milliseconds(1));
    CHECK(alone.put(seconds(3600)) == before + 1'000);
    CHECK(alone.put(milliseconds(10)) == before + 1'010);
    CHECK(alone.put(duration(0) - seconds(7200)) == before + 1'010);
    CHECK(alone.put(milliseconds(10)) == before + 1'020);
}

TEST_CASE("locks 3.12/5: after an idle hour ten seconds of log time are ten seconds") {
    lone_leader alone;
    const log_time opened = alone.put(seconds(3600));
    for (int i = 1; i < 100; ++i) CHECK(alone.put(milliseconds(100)) < opened + 10'000);
    CHECK(alone.put(milliseconds(100)) == opened + 10'000);
}

TEST_CASE("locks 3.12/5: no time passes through a leader that was away and is deposed") {
    timed_cluster c(3, test_limits(), 1, restless());
    const node_id away = c.elect();
    c.run(seconds(1));
    const log_time before = c.at(away).time();
    const instant begin = c.now();
    c.isolate(away);
    for (int i = 0; i < 1200; ++i) {
        for (const node_id node : c.all()) (void)c.propose(node, "x");
        c.run(milliseconds(500));
    }
    c.heal();
    c.run(seconds(1));
    const std::uint64_t passed = milliseconds_of(c.now() - begin);
    REQUIRE(c.leader() != away);
    for (const node_id node : c.all()) {
        const bool has_followed =
            c.at(node).time().milliseconds() > before.milliseconds() + passed / 2;
        CHECK((has_followed || node == away));
        CHECK(c.at(node).time().milliseconds() <= before.milliseconds() + passed + 1'000);
    }
}

TEST_CASE(
    "locks 3.12/4: what an entry carries above the longest step is cut off where it is applied") {
    timed_cluster c;
    const node_id leader = c.elect();
    const node_id follower = c.follower_of(leader);
    c.run(milliseconds(50));
    const ballot led = c.at(leader).status().leader;
    const log_time before = c.at(follower).time();
    const slot at = c.at(follower).status().chosen_below;
    buffer_pool pool(sharing::one_thread);
    const entry hostile = entry::make(pool, entry_kind::commands, led, 4'000'000'000U);
    c.hand(follower, leader, accept<entry>{c.header_of(leader), led, at, at, hostile});
    c.hand(follower, leader, heartbeat{c.header_of(leader), led, 1'000, at.next(), slot()});
    CHECK(c.at(follower).time() == before + 1'000);
}

TEST_CASE(
    "locks 3.12/3, 59b: entries of another leader than the last move no time, "
    "and an older NewLeader changes nothing") {
    timed_cluster c;
    const node_id first = c.elect();
    c.crash(first);
    c.run(milliseconds(300));
    c.start(first);
    const node_id leader = c.elect();
    const node_id follower = c.follower_of(leader);
    c.run(milliseconds(50));
    const ballot led = c.at(leader).status().leader;
    buffer_pool pool(sharing::one_thread);
    const auto apply = [&](const entry& value) {
        const slot at = c.at(follower).status().chosen_below;
        c.hand(follower, leader, accept<entry>{c.header_of(leader), led, at, at, value});
        c.hand(follower, leader, heartbeat{c.header_of(leader), led, 1'000, at.next(), slot()});
        REQUIRE(c.at(follower).status().applied_below == at.next());
    };
    const ballot older(led.round() - 1, follower);
    const auto leaders = c.machine(follower).leaders;
    const log_time before = c.at(follower).time();
    apply(entry::make(pool, entry_kind::commands, older, 500));
    CHECK(c.at(follower).time() == before);
    apply(entry::make(pool, entry_kind::new_leader, older, 500));
    CHECK(c.at(follower).time() == before);
    CHECK(c.machine(follower).leaders == leaders);
    apply(entry::make(pool, entry_kind::no_op, led, 500));
    apply(entry::make(pool, entry_kind::commands, led, 500));
    CHECK(c.at(follower).time() >= before + 500);
}

TEST_CASE("no time passes while there is no leader") {
    timed_cluster c(3, test_limits(), 1, restless());
    const node_id leader = c.elect();
    c.run(seconds(2));
    for (const node_id node : c.all()) c.isolate(node);
    c.run(milliseconds(400));
    const log_time before = c.at(leader).time();
    c.run(seconds(60));
    for (const node_id node : c.all()) CHECK(c.at(node).time() <= before);
    c.heal();
    const instant healed = c.now();
    c.elect();
    c.run(seconds(1));
    CHECK(c.at(leader).time().milliseconds() <=
          before.milliseconds() + milliseconds_of(c.now() - healed));
}

TEST_CASE("locks 3.12/3: over random changes of leaders log time passes no faster than real time") {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        log_limits limits = test_limits();
        limits.batch_commands = 2;
        timed_cluster c(5, limits, seed, restless());
        prng random(seed);
        const instant begin = c.now();
        c.network.longest_delay = milliseconds(8);
        for (int round = 0; round < 25; ++round) {
            c.heal();
            const node_id away(static_cast<std::uint32_t>(random.below(5)));
            const auto leading = c.leader();
            if (round % 2 == 0 && leading) {
                // The leader keeps filling slots at one acceptor while another one takes over.
                for (const node_id node : c.all()) {
                    if (node != away && node != *leading) c.cut(*leading, node);
                    c.cut(node, *leading);
                }
            } else {
                c.isolate(away);
            }
            const auto length = 1 + random.below(600);
            for (std::uint64_t i = 0; i < length; ++i) {
                for (const node_id node : c.all()) {
                    if (c.at(node).is_leading() && i % 7 == 0) (void)c.propose(node, "x");
                }
                c.step(milliseconds(1));
            }
            for (const node_id node : c.all()) {
                REQUIRE(c.at(node).time().milliseconds() <= milliseconds_of(c.now() - begin));
            }
        }
        c.heal();
        c.network.longest_delay = duration(0);
        c.run(seconds(3));
        CHECK(c.agrees());
        CHECK(c.machine(node_id(0)).now > log_time(500));
    }
}
