// tests/unit/lock/searches.cpp - searches for those who wait for each other that are given up, at
// every replica alike.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "beside_reference.hpp"
#include "driver.hpp"
#include "random_commands.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::reply;

namespace {

lock::config searching(std::uint32_t most) {
    lock::config config = short_leases();
    config.max_cycle_search = most;
    return config;
}

lock::table table_of(const lock::config& config) { return std::move(*lock::table::make(config)); }

/// Goes on from a snapshot, where what is listed together lies in other places.
void restore_from_snapshot(lock::table& machine) {
    const bytes kept = snapshot_of(machine);
    machine = table_of(lock::config());
    REQUIRE(restore(machine, kept));
}

struct search_tally {
    std::uint64_t given_up = 0;
    std::size_t victims = 0;
};

/// What one step gave.
struct outcome {
    reply said;
    std::vector<lock::event> events;
    std::uint64_t given_up = 0;

    friend bool operator==(const outcome&, const outcome&) = default;
};
outcome take(lock::table& machine, const step& made) {
    const std::uint64_t before = machine.undetermined();
    outcome its{answer(machine, made), events_of(machine)};
    its.given_up = machine.undetermined() - before;
    return its;
}

/// Whether three replicas do the same, of which one is restored now and then, and one before every
/// step.
bool agree(std::uint64_t seed, const lock::config& config, search_tally& seen) {
    lock::table table = table_of(config);
    lock::table now_and_then = table_of(config);
    lock::table always = table_of(config);
    random_commands source(seed);
    for (int i = 0; i < 300; ++i) {
        const step made = source.next();
        if (i % 23 == 22) restore_from_snapshot(now_and_then);
        restore_from_snapshot(always);
        const outcome its = take(table, made);
        if (take(now_and_then, made) != its || take(always, made) != its) return false;
        if (holds_alternative<lock::would_deadlock>(its.said)) ++seen.victims;
        for (const lock::event& one : its.events) {
            if (holds_alternative<lock::wait_deadlocked>(one)) ++seen.victims;
            source.heard(one);
        }
        seen.given_up += its.given_up;
        source.heard(its.said);
    }
    return state_of(table) == state_of(now_and_then) && state_of(table) == state_of(always);
}

/// Whether the reference, which counts on its own what it looks at, gives up as many searches and
/// comes to the same.
bool agrees_with_reference(std::uint64_t seed, const lock::config& config, search_tally& seen) {
    lock::table table = table_of(config);
    compiled_reference naive(config);
    random_commands source(seed);
    for (int i = 0; i < 300; ++i) {
        const step made = source.next();
        const reply said = answer(table, made);
        const auto events = events_of(table);
        if (told(said) != answer(naive, made) || told(events) != naive.events()) return false;
        if (table.undetermined() != naive.undetermined()) return false;
        if (holds_alternative<lock::would_deadlock>(said)) ++seen.victims;
        source.heard(said);
        for (const lock::event& one : events) source.heard(one);
    }
    seen.given_up += table.undetermined();
    return true;
}

}  // namespace

TEST_CASE("locks 3.12/72: a search that takes too long lets the request wait, and is counted") {
    const auto run = [](std::uint32_t most) {
        driver<> d(searching(most));
        const auto a = d.open(1);
        const auto b = d.open(2);
        d.hold(a, "x");
        d.hold(b, "y");
        d.wait(a, "y");
        const bool is_found = holds_alternative<lock::would_deadlock>(d.acquire(b, "x"));
        return std::pair(is_found, d.table.undetermined());
    };
    CHECK(run(64) == std::pair<bool, std::uint64_t>(true, 0));
    CHECK(run(2).first == false);
    CHECK(run(2).second > 0);
    CHECK(run(0).first == false);
}

TEST_CASE(
    "locks 3.12/72: replicas give up the same searches and choose the same victims, restored or "
    "not") {
    for (std::uint32_t most = 1; most <= 12; ++most) {
        search_tally seen;
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            INFO("at most " << most << " looks, seed " << seed);
            REQUIRE(agree(seed, searching(most), seen));
        }
        CHECK(seen.given_up > 0);
        CHECK((seen.victims > 0 || most < 4));
    }
}

TEST_CASE("locks 3.12/72: the table agrees with its reference on what it looks at, and how much") {
    for (std::uint32_t most = 0; most <= 24; ++most) {
        search_tally seen;
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            lock::config config = seed % 2 == 0 ? tight_limits() : short_leases();
            config.max_cycle_search = most;
            INFO("at most " << most << " looks, seed " << seed);
            REQUIRE(agrees_with_reference(seed, config, seen));
        }
        CHECK(seen.given_up > 0);
        CHECK((seen.victims > 0 || most < 4));
    }
}

TEST_CASE(
    "locks 3.12/72: a cycle that one search was too short for is found by a later one, alike") {
    driver<> d(searching(4));
    const auto a = d.open(1, 100'000);
    const auto b = d.open(2, 100'000);
    std::vector<std::pair<session_id, fencing_token>> readers;
    for (std::uint64_t i = 10; i < 16; ++i) {
        const auto reader = d.open(i, 100'000);
        readers.emplace_back(reader, d.hold_in(lock::mode::shared, reader, "x"));
    }
    d.hold_in(lock::mode::shared, a, "x");
    d.hold(b, "y");
    d.wait(a, "y");
    const auto waits = d.wait(b, "x");  // too many hold it for the search to find a among them
    REQUIRE(d.table.undetermined() > 0);
    for (const auto& [reader, token] : readers) d.release(reader, token);
    d.events();
    lock::table copy = table_of(lock::config());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    const lock::acquire asked{d.late_stamp(a), 0, "free"};
    const apply_context context{{slot(500), 0}, d.now};
    CHECK(execute(copy, context, asked) == d.execute(context, asked));
    const auto told = d.events();
    REQUIRE(told.size() == 1);
    CHECK(get<lock::wait_deadlocked>(told[0]).request == waits);
    CHECK(events_of(copy) == told);
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
}
