// tests/unit/log/replica_faults.cpp - loss, repetition, overtaking, cuts, failed syncs and crashes
// at random: what holds all the while.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

namespace {

/// What was ever applied anywhere, and what was ever acknowledged.
struct ledger {
    /// One value a position, whoever applied it; a node's lines are a prefix of everybody's.
    /// [PMS 2.1]
    void check(cluster<>& c) {
        for (const node_id node : c.all()) {
            if (!c.is_up(node)) continue;
            const auto& lines = c.machine(node).lines;
            const std::size_t known = lines.size() < all.size() ? lines.size() : all.size();
            for (std::size_t i = checked[node.value()]; i < known; ++i) REQUIRE(lines[i] == all[i]);
            for (std::size_t i = known; i < lines.size(); ++i) {
                REQUIRE(seen.insert(lines[i].text).second);  // no command is applied twice
                all.push_back(lines[i]);
            }
            checked[node.value()] = lines.size();
        }
    }

    /// A node that crashed applies all again.
    void forget(node_id node) { checked[node.value()] = 0; }

    void note_ends(cluster<>& c, node_id node) {
        for (const ended& end : c.ends(node)) {
            const std::string& text = asked.at({node.value(), end.ticket.value()});
            if (end.outcome == outcome::decided) acknowledged[end.at] = text;
            if (end.outcome == outcome::not_decided) never.insert(text);
            ++ends;
            asked.erase({node.value(), end.ticket.value()});  // `at` throws if it ends again
        }
        c.ends(node).clear();
    }

    std::vector<journal::line> all;
    std::set<std::string> seen;
    std::map<std::uint32_t, std::size_t> checked;
    std::map<position, std::string> acknowledged;
    std::set<std::string> never;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> asked;  // by node and ticket
    int ends = 0;
};

/// One run of a few thousand milliseconds.
class storm {
public:
    storm(std::uint32_t count, std::uint64_t seed)
        : cluster_(count, limits(), seed), random_(seed), count_(count) {}

    void run() {
        for (int i = 0; i < 10'000; ++i) {
            if (i % 200 == 0) change_weather();
            if (random_.below(250) == 0) crash(some_node());
            if (random_.below(250) == 0) cluster_.disk_of(some_node()).fails = true;
            crash_failed();
            start_again();
            for (const node_id node : cluster_.all()) propose(node);
            step();
        }
        calm();
    }

    void check_end() {
        REQUIRE(cluster_.agrees());
        CHECK(ledger_.asked.empty());
        std::map<position, std::string> decided;
        for (const auto& line : ledger_.all) decided[line.at] = line.text;
        for (const auto& [at, text] : ledger_.acknowledged) REQUIRE(decided[at] == text);
        for (const std::string& text : ledger_.never) REQUIRE_FALSE(ledger_.seen.contains(text));
        CHECK(ledger_.acknowledged.size() > 300);
        CHECK(cluster_.seen.elected.size() > 3);
    }

private:
    static log_limits limits() {
        log_limits made = test_limits();
        made.window = 16;
        made.retained = 1 << 16;
        made.batch_commands = 4;
        made.votes_per_answer = 8;
        made.election_timeout = milliseconds(60);
        made.heartbeat_interval = milliseconds(15);
        made.first_retry = milliseconds(10);
        made.longest_retry = milliseconds(80);
        return made;
    }

    /// Every other time the links are whole, so that something gets done.
    void change_weather() {
        cluster_.network.loss_percent = random_.below(3) * 10;
        cluster_.network.repeat_percent = random_.below(2) * 15;
        cluster_.network.longest_delay = milliseconds(static_cast<std::int64_t>(random_.below(12)));
        cluster_.heal();
        if (random_.below(2) == 0) return;
        for (std::uint64_t cuts = random_.below(count_ * 2); cuts > 0; --cuts) {
            cluster_.cut(some_node(), some_node());
        }
    }

    /// What it staged is lost; what it sent is on its way; what it was asked, nobody learns.
    void crash(node_id node) {
        if (!cluster_.is_up(node)) return;
        cluster_.crash(node);
        cluster_.ends(node).clear();
        ledger_.forget(node);
        std::erase_if(ledger_.asked,
                      [&](const auto& one) { return one.first.first == node.value(); });
        const auto rest = static_cast<std::int64_t>(random_.below(200));
        starts_at_[node] = cluster_.now() + milliseconds(rest);
    }

    /// A sync that failed is a crash in the midst of a flush: nobody may have heard of what it
    /// lost.
    void crash_failed() {
        for (const node_id node : cluster_.all()) {
            if (cluster_.is_up(node) && cluster_.at(node).status().error) crash(node);
        }
    }

    void start(node_id node) {
        cluster_.disk_of(node).fails = false;
        cluster_.start(node);
    }

    void start_again() {
        for (const node_id node : cluster_.all()) {
            if (!cluster_.is_up(node) && cluster_.now() >= starts_at_[node]) start(node);
        }
    }

    void propose(node_id node) {
        if (!cluster_.is_up(node) || random_.below(4) != 0) return;
        const std::string text = std::to_string(++last_);
        const submission said = cluster_.propose(node, text);
        if (said.answer != answer::queued) return;
        ledger_.asked[{node.value(), said.ticket.value()}] = text;
    }

    void step() {
        cluster_.step(milliseconds(1));
        for (const node_id node : cluster_.all()) {
            if (cluster_.is_up(node)) ledger_.note_ends(cluster_, node);
        }
        ledger_.check(cluster_);
    }

    void calm() {
        cluster_.network.loss_percent = 0;
        cluster_.network.repeat_percent = 0;
        cluster_.network.longest_delay = duration(0);
        cluster_.heal();
        crash_failed();
        for (const node_id node : cluster_.all()) {
            cluster_.disk_of(node).fails = false;
            if (!cluster_.is_up(node)) start(node);
        }
        for (int i = 0; i < 2'000; ++i) step();
    }

    [[nodiscard]] node_id some_node() {
        return node_id(static_cast<std::uint32_t>(random_.below(count_)));
    }

    cluster<> cluster_;
    ledger ledger_;
    prng random_;
    std::uint32_t count_;
    std::uint64_t last_ = 0;
    std::map<node_id, instant> starts_at_;  // of those that are down
};

}  // namespace

TEST_CASE("whatever happens, replicas agree, and nothing acknowledged is lost [PMS 2.1]") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        const std::uint32_t count = seed % 3 == 0 ? 5 : 3;
        INFO("seed " << seed);
        storm one(count, seed);
        one.run();
        one.check_end();
    }
}

TEST_CASE("votes of an earlier ballot do not help a leader that leads again [PMS 2.3]") {
    cluster<> c(5);
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    const node_id first = c.follower_of(leader);
    const node_id second = *(c.all() - node_set{leader, first}).begin();
    const slot settled = c.at(leader).status().chosen_below;
    const auto deliver_votes_of = [&](node_id voter) {
        while (auto next = c.network.take_due()) {
            if (held<accepted>(next->message) != nullptr && next->from != voter) continue;
            c.hand(next->to, next->from, std::move(next->message));
        }
    };
    (void)c.propose(leader, "x");
    c.flush(leader);
    deliver_votes_of(first);
    REQUIRE(c.at(leader).status().chosen_below == settled);

    const ballot led = c.at(leader).status().leader;
    c.hand(leader, second, refused{c.header_of(second), led, ballot(led.round() + 1, second)});
    REQUIRE_FALSE(c.at(leader).is_leading());
    for (int i = 0; i < 10 && !c.at(leader).is_leading(); ++i) {
        c.network.now = c.at(leader).next_deadline();
        c.at(leader).tick(c.now());
        c.flush(leader);
        deliver_votes_of(second);
    }
    REQUIRE(c.at(leader).status().leader > led);
    CHECK(c.at(leader).status().chosen_below == settled);  // each ballot has two votes of five

    c.run(seconds(1));
    CHECK(c.agrees());
    CHECK(c.machine(leader).texts() == std::vector<std::string>{"x"});
}

TEST_CASE("a follower that does not get through to its leader learns what it missed from another") {
    cluster<> c;
    const node_id leader = c.elect();
    const node_id deaf = c.follower_of(leader);
    c.cut(leader, deaf);
    const std::uint64_t answers = 7;
    for (std::uint64_t i = 0; i < answers * c.limits.votes_per_answer; ++i) {
        (void)c.propose(leader, "missed");
        c.settle();
    }
    c.heal();
    c.cut(deaf, leader);
    // Time to wait in vain once, and not before each answer.
    c.run(milliseconds(110));
    CHECK(c.leader() == leader);
    CHECK(c.at(deaf).status().applied_below == c.at(leader).status().applied_below);
    CHECK(c.agrees());
}

namespace {

/// A follower has missed a command, which the third node has trimmed meanwhile.
struct trimmed_by_a_peer : cluster<> {
    trimmed_by_a_peer() {
        run(milliseconds(100));
        cut(leader, late);
        (void)propose(leader, "missed");
        run(milliseconds(100));
        at(third).trim(at(third).status().applied_below);
        flush(third);
        REQUIRE(at(third).status().first > missed());
        heal();
        network.record();
    }

    /// The first slot that `late` lacks.
    [[nodiscard]] slot missed() { return at(late).status().chosen_below; }

    node_id leader = elect();
    node_id late = follower_of(leader);
    node_id third = *(all() - node_set{leader, late}).begin();
};

}  // namespace

TEST_CASE("what a peer has trimmed, the leader may have yet") {
    trimmed_by_a_peer c;
    c.cut(c.late, c.leader);
    c.run(milliseconds(300));
    REQUIRE(!c.network.sent<forgotten>().empty());
    CHECK(!c.at(c.late).status().is_behind);
    CHECK(c.seen.fell_behind == 0);
    c.heal();
    c.run(milliseconds(300));
    CHECK(c.agrees());
}

TEST_CASE("a candidate that caught up meanwhile is not behind what others have trimmed") {
    trimmed_by_a_peer c;
    const node_id late = c.late;
    const slot missed = c.missed();
    c.cut(late, c.leader);
    c.cut(late, c.third);
    c.run(milliseconds(50));
    REQUIRE(!c.network.sent<fetch>().empty());  // in vain
    c.hand(late, c.leader, transfer{c.header_of(c.leader), c.at(c.leader).status().leader});
    REQUIRE(c.at(late).status().standing == standing::preparing);
    c.hand(c.leader, late, fetch{c.header_of(late), missed});
    c.settle();
    REQUIRE(c.at(late).status().applied_below > missed);
    REQUIRE(c.at(late).status().standing == standing::preparing);
    c.heal();
    c.cut(late, c.leader);
    c.cut(c.leader, late);
    c.run(milliseconds(100));
    CHECK(c.at(late).status().standing == standing::leading);
    CHECK(!c.at(late).status().is_behind);
    CHECK(c.seen.fell_behind == 0);
}
