// tests/unit/log/replica_storage.cpp - what a replica must not forget, what it may, and what it
// does when it cannot tell.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

namespace {

using texts = std::vector<std::string>;
using replica3 = cluster<>::replica;

}  // namespace

TEST_CASE("a node that crashed is rebuilt from its storage, machine and all") {
    cluster<> c;
    const node_id leader = c.elect();
    for (const char* const text : {"a", "b", "c"}) {
        (void)c.propose(leader, text);
        c.settle();
    }
    c.run(milliseconds(100));
    for (const node_id node : c.all()) c.crash(node);
    for (const node_id node : c.all()) c.start(node);
    c.elect();
    c.run(milliseconds(200));
    for (const node_id node : c.all()) CHECK(c.machine(node).texts() == texts{"a", "b", "c"});
}

TEST_CASE("a ballot is never used again after a restart [PTP 2.2]") {
    cluster<> c(1);
    std::set<ballot> used;
    for (int life = 0; life < 10; ++life) {
        c.run(milliseconds(400));
        REQUIRE(c.at(0).is_leading());
        CHECK(used.insert(c.at(0).status().leader).second);
        c.crash(node_id(0));
        c.start(node_id(0));
    }
    CHECK(c.seen.elected.size() == 10);
}

TEST_CASE("a promise is durable before anybody hears of it [PTP 2.2]") {
    cluster<> c;
    const node_id leader = c.elect();
    const node_id acceptor = c.follower_of(leader);
    const node_id candidate = *(c.all() - node_set{leader, acceptor}).begin();
    c.at(acceptor).receive(candidate, prepare{c.header_of(candidate), ballot(9, candidate), slot()},
                           c.now());
    c.network.record();
    const std::uint64_t syncs = c.disk_of(acceptor).syncs;
    c.flush(acceptor);
    CHECK(c.disk_of(acceptor).syncs > syncs);
    REQUIRE(c.network.sent<promise<entry>>().size() == 1);
    c.crash(acceptor);
    c.start(acceptor);
    CHECK(c.at(acceptor).status().promised == ballot(9, candidate));
}

TEST_CASE("a storage that failed silences its node for good, and everything there ends") {
    cluster<> c;
    const node_id leader = c.elect();
    c.run(milliseconds(50));
    const submission before = c.propose(leader, "x");
    (void)c.at(leader).read(c.now());
    c.disk_of(leader).fails = true;
    c.settle();
    REQUIRE(c.end_of(leader, before.ticket).has_value());
    CHECK(c.end_of(leader, before.ticket)->outcome == outcome::unknown);
    CHECK(c.ends(leader).size() == 2);
    CHECK(c.at(leader).status().error == std::make_error_code(std::errc::io_error));
    CHECK(c.seen.failed == 1);
    CHECK_FALSE(c.at(leader).is_leading());
    CHECK(c.propose(leader, "y").answer == answer::failed);
    CHECK(c.at(leader).read(c.now()).answer == answer::failed);
    CHECK(c.at(leader).next_deadline() == instant::never());
    c.disk_of(leader).fails = false;  // too late
    c.network.record();
    c.run(seconds(2));
    for (const auto& sent : c.network.recorded) CHECK(sent.from != leader);
    const auto fresh = c.leader();
    REQUIRE(fresh.has_value());
    CHECK(*fresh != leader);
    c.crash(leader);
    c.start(leader);
    c.run(seconds(1));
    CHECK(c.agrees());
}

TEST_CASE("a follower whose storage failed does not answer, and the others go on without it") {
    cluster<> c;
    const node_id leader = c.elect();
    const node_id broken = c.follower_of(leader);
    c.disk_of(broken).fails = true;
    const submission said = c.propose(leader, "x");
    c.network.record();
    c.settle();
    CHECK(c.end_of(leader, said.ticket)->outcome == outcome::decided);
    for (const auto& sent : c.network.recorded) CHECK(sent.from != broken);
}

TEST_CASE("the storage of somebody else, or of nobody, is refused") {
    cluster<> c;
    wire network;
    disk empty;
    const wire::link link(network, node_id(0));
    const auto recover = [&](const group& who, disk& from) {
        return replica3::recover(who, {}, link, shared(from), c.policy_of(who.self()), c.now())
            .error();
    };
    const auto members = [&](std::uint64_t life) {
        std::vector<member> all;
        for (const node_id node : c.all()) all.push_back({node, incarnation(life)});
        return all;
    };
    CHECK(recover(c.group_of(node_id(0)), empty) == make_error_code(errc::nothing_to_recover));
    disk& full = c.disk_of(node_id(0));
    CHECK_FALSE(recover(c.group_of(node_id(0)), full));
    CHECK(recover(c.group_of(node_id(1)), full) == make_error_code(errc::wrong_node));
    CHECK(recover(*group::make(cluster_id(8), node_id(0), members(1)), full) ==
          make_error_code(errc::wrong_cluster));
    CHECK(recover(*group::make(cluster_id(7), node_id(0), members(2)), full) ==
          make_error_code(errc::wrong_incarnation));
    const auto again = replica3::make(c.group_of(node_id(0)), {}, link, shared(full),
                                      c.policy_of(node_id(0)), c.now());
    CHECK(again.error() == make_error_code(errc::storage_not_empty));
}

TEST_CASE("limits that make no sense are refused") {
    wire network;
    cluster<> c;
    const auto error_of = [&](auto&& change) {
        disk fresh;
        auto policy = c.policy_of(node_id(0));
        change(policy.limits);
        return replica3::make(c.group_of(node_id(0)), {}, wire::link(network, node_id(0)),
                              shared(fresh), policy, c.now())
            .error();
    };
    CHECK_FALSE(error_of([](log_limits&) {}));
    CHECK(error_of([](log_limits& l) { l.window = 0; }) == make_error_code(errc::zero_window));
    CHECK(error_of([](log_limits& l) { l.window = l.retained; }) ==
          make_error_code(errc::limit_out_of_range));
    CHECK(error_of([](log_limits& l) { l.batch_commands = 0; }) ==
          make_error_code(errc::limit_out_of_range));
    CHECK(error_of([](log_limits& l) { l.max_step_ms = 0; }) ==
          make_error_code(errc::limit_out_of_range));
    CHECK(error_of([](log_limits& l) { l.heartbeat_interval = l.election_timeout; }) ==
          make_error_code(errc::duration_out_of_range));
    CHECK(error_of([](log_limits& l) { l.heartbeat_interval = duration(INT64_MAX); }) ==
          make_error_code(errc::duration_out_of_range));
    CHECK_FALSE(error_of([](log_limits& l) { l.election_timeout = log_limits::most_retry; }));
    CHECK(error_of([](log_limits& l) {
              l.election_timeout = log_limits::most_retry + duration(1);
          }) == make_error_code(errc::duration_out_of_range));
}

TEST_CASE("what all have applied may be trimmed, and catching up needs none of it") {
    cluster<> c;
    const node_id leader = c.elect();
    for (int i = 0; i < 50; ++i) {
        (void)c.propose(leader, std::to_string(i));
        c.settle();
    }
    c.run(milliseconds(100));
    for (const node_id node : c.all()) {
        const slot below = c.at(node).status().trimmable_below;
        CHECK(below >= slot(50));
        c.at(node).trim(below);
        c.flush(node);
        CHECK(c.at(node).status().first == below);
    }
    const node_id away = c.follower_of(leader);
    c.isolate(away);
    for (int i = 0; i < 50; ++i) {
        (void)c.propose(leader, std::to_string(i));
        c.settle();
    }
    c.run(milliseconds(20));
    CHECK(c.at(leader).status().trimmable_below <= slot(60));  // the one that is away holds it
    c.heal();
    c.run(milliseconds(300));
    CHECK(c.agrees());
    CHECK(c.machine(away).lines.size() == 100);
}

TEST_CASE("a node that trimmed its log cannot rebuild its machine from it, and says so") {
    cluster<> c;
    const node_id leader = c.elect();
    for (int i = 0; i < 10; ++i) {
        (void)c.propose(leader, "x");
        c.settle();
    }
    c.run(milliseconds(100));
    c.at(leader).trim(c.at(leader).status().trimmable_below);
    c.flush(leader);
    c.crash(leader);
    const auto again = replica3::recover(c.group_of(leader), {}, wire::link(c.network, leader),
                                         shared(c.disk_of(leader)), c.policy_of(leader), c.now());
    CHECK(again.error() == make_error_code(errc::fallen_behind));
}

TEST_CASE("a leader that hears of a whole window at once still keeps within what is retained") {
    log_limits limits = test_limits();
    limits.window = 4;
    limits.retained = 16;
    limits.batch_commands = 1;
    cluster<> c(3, limits);
    const node_id leader = c.elect();
    std::vector<submission> said;
    for (int i = 0; i < 200; ++i) said.push_back(c.propose(leader, std::to_string(i)));
    c.settle_in_batches();
    for (const submission& one : said) {
        REQUIRE(one.answer == answer::queued);
        REQUIRE(c.end_of(leader, one.ticket).has_value());
        CHECK(c.end_of(leader, one.ticket)->outcome == outcome::decided);
    }
    c.run(milliseconds(100));
    CHECK(c.agrees());
}

TEST_CASE("a node behind further than what is retained is told so, and the others go on") {
    log_limits limits = test_limits();
    limits.window = 8;
    limits.retained = 64;
    cluster<> c(3, limits);
    const node_id leader = c.elect();
    const node_id away = c.follower_of(leader);
    c.isolate(away);
    for (int i = 0; i < 300; ++i) {
        const submission said = c.propose(leader, std::to_string(i));
        c.step(milliseconds(1));
        REQUIRE(c.end_of(leader, said.ticket)->outcome == outcome::decided);
    }
    const replica_status status = c.at(leader).status();
    CHECK(status.applied_below - status.first <= 64);
    c.heal();
    c.run(seconds(1));
    CHECK(c.at(away).status().is_behind);
    CHECK(c.seen.fell_behind > 0);
    const submission said = c.propose(leader, "on");
    c.settle();
    CHECK(c.end_of(leader, said.ticket)->outcome == outcome::decided);
    // Nor does it ever lead, for it would not know what to propose in the slots it lacks.
    c.crash(leader);
    c.run(seconds(3));
    CHECK_FALSE(c.at(away).is_leading());
    const auto fresh = c.leader();
    REQUIRE(fresh.has_value());
    CHECK(*fresh != away);
}
