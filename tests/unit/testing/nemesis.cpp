// tests/unit/testing/nemesis.cpp - what the nemesis does to the paths of a simulated network, and
// to the clock of a leader.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulation.hpp>

#include "support/catch.hpp"

#include <cstdint>

using namespace synod;
using testing::fault;
using testing::lock_suite;
using testing::server_state;
using testing::simulation;
using testing::stage;

namespace {

/// A run that is taken step by step.
struct walk {
    explicit walk(std::uint64_t seed) : run(seed) {}

    /// Goes on until `which` has struck once more, and returns right after that.
    void until_struck(fault which) {
        const std::uint64_t before = run.tally[which];
        while (run.tally[which] == before) all.step();
    }

    [[nodiscard]] std::uint32_t servers() {
        return static_cast<std::uint32_t>(all.servers().size());
    }
    [[nodiscard]] std::uint32_t actors() {
        return servers() + static_cast<std::uint32_t>(all.clients().size());
    }
    [[nodiscard]] bool is_obstructed(std::uint32_t from, std::uint32_t to) {
        return all.network().is_obstructed(node_id(from), node_id(to));
    }

    stage run;
    simulation<lock_suite, lock_suite::disk> all{run, {}};
};

/// Whether a path between a client and a server is obstructed.
[[nodiscard]] bool reaches_clients(walk& one) {
    for (std::uint32_t client = one.servers(); client < one.actors(); ++client) {
        for (std::uint32_t server = 0; server < one.servers(); ++server) {
            if (one.is_obstructed(client, server) || one.is_obstructed(server, client)) return true;
        }
    }
    return false;
}

/// Whether a path from an actor is obstructed.
[[nodiscard]] bool obstructs_somebody(walk& one, std::uint32_t from) {
    for (std::uint32_t to = 0; to < one.actors(); ++to) {
        if (one.is_obstructed(from, to)) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("some partitions part clients from servers, and some do not") {
    for (const fault which : {fault::clog_release, fault::one_way_partition, fault::ring_partition,
                              fault::leader_isolation}) {
        std::uint32_t with = 0;
        std::uint32_t without = 0;
        for (std::uint64_t seed = 1; seed <= 30 && (with == 0 || without == 0); ++seed) {
            walk one(seed);
            one.run.faults.insert(which);
            one.until_struck(which);
            ++(reaches_clients(one) ? with : without);
        }
        INFO(to_text(which));
        CHECK(with > 0);
        CHECK(without > 0);
    }
}

TEST_CASE("what counts as a strike obstructs at least one path from whom it names") {
    for (const fault which : {fault::clog_release, fault::one_way_partition}) {
        for (std::uint64_t seed = 1; seed <= 8; ++seed) {
            walk one(seed);
            one.run.faults.insert(which);
            for (int strikes = 0; strikes < 10; ++strikes) {
                one.until_struck(which);
                INFO(to_text(which) << ", seed " << seed << ", strike " << strikes);
                CHECK(obstructs_somebody(one, one.run.acting.value()));
            }
        }
    }
}

TEST_CASE("nobody is parted from itself") {
    for (const fault which : {fault::clogging, fault::clog_release, fault::one_way_partition,
                              fault::ring_partition, fault::leader_isolation}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            walk one(seed);
            one.run.faults.insert(which);
            for (int strikes = 0; strikes < 5; ++strikes) {
                one.until_struck(which);
                for (std::uint32_t i = 0; i < one.actors(); ++i) {
                    REQUIRE_FALSE(one.is_obstructed(i, i));
                }
            }
        }
    }
}

TEST_CASE("a clogged path is one of two actors") {
    walk one(1);
    one.run.faults.insert(fault::clogging);
    one.until_struck(fault::clogging);
    std::uint32_t obstructed = 0;
    for (std::uint32_t from = 0; from < one.actors(); ++from) {
        for (std::uint32_t to = 0; to < one.actors(); ++to) {
            obstructed += one.is_obstructed(from, to) ? 1 : 0;
        }
    }
    CHECK(obstructed == 1);
}

TEST_CASE("a leader that is isolated with its clock stopped is struck twice") {
    bool was_stopped = false;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        walk one(seed);
        one.run.faults.insert(fault::leader_isolation);
        one.until_struck(fault::leader_isolation);
        one.run.faults.insert(fault::clock_freeze);
        const std::uint64_t before = one.run.tally[fault::clock_freeze];
        one.until_struck(fault::leader_isolation);
        const auto& leader = *one.all.servers()[one.run.acting.value()];
        const instant later = one.run.now + seconds(1);
        const bool stands = leader.clock.at(later) == leader.clock.at(one.run.now);
        if (stands) REQUIRE(one.run.tally[fault::clock_freeze] > before);
        was_stopped |= stands;
    }
    CHECK(was_stopped);
}

TEST_CASE("a disk that is damaged, in whichever way, is found out when its node comes back") {
    for (const fault which : {fault::bit_flip, fault::misdirected_write, fault::stale_sector}) {
        walk one(1);
        one.run.faults.insert(which);
        one.until_struck(which);
        const node_id whose = one.run.acting;
        auto& struck = *one.all.servers()[whose.value()];
        INFO(to_text(which) << " at n" << to_string(whose));
        REQUIRE(struck.disk().is_damaged());
        const instant latest = one.run.now + seconds(3);
        while (struck.state() != server_state::faulty && one.run.now < latest) one.all.step();
        CHECK(struck.state() == server_state::faulty);
        CHECK(one.run.violation.empty());
    }
}

TEST_CASE("a majority of disks stays whole, however often one is to be damaged") {
    walk one(1);
    for (const fault which : {fault::bit_flip, fault::misdirected_write, fault::stale_sector}) {
        one.run.faults.insert(which);
    }
    while (one.run.now < instant(seconds(60).nanoseconds())) one.all.step();
    std::uint32_t damaged = 0;
    for (const auto& server : one.all.servers()) damaged += server->disk().is_damaged() ? 1 : 0;
    CHECK(damaged == (one.servers() - 1) / 2);
    CHECK(one.run.violation.empty());
}
