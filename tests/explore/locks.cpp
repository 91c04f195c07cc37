// tests/explore/locks.cpp - the worlds of locks hold, and in each of the small ones that make a
// mistake, it is found.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/worlds.hpp>

#include "explore/both_orders.hpp"
#include "explore/conversations.hpp"
#include "explore/worlds.hpp"
#include "mutants/kills_of_locks.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

using synod::mutants::kill;
using synod::mutants::kills_of_locks;
using synod::testing::any_world;
using synod::testing::findings;

namespace {

constexpr std::string_view word = "world ";

[[nodiscard]] std::unique_ptr<any_world> make(std::string_view line) {
    REQUIRE(line.starts_with(word));
    return explore::known_worlds().make(line.substr(word.size()));
}

void reach_exactly(std::string_view line, std::uint64_t distinct, std::uint64_t generated) {
    INFO(line);
    explore::reach_exactly([&] { return make(line); }, distinct, generated);
}

/// Two clients, each of whom asks twice for one lock, on behalf of two owners; whoever waits is
/// overtaken once at the most.
constexpr std::string_view to_overtake_in = " menu=brief releases=own owners=2 ticks=0 bypass=1";

/// What is broken there, by this way to overtake, if there is no bound.
[[nodiscard]] std::string broken_without_bound(const std::string& overtaking) {
    const std::string table = "world lock_table overtaking=" + overtaking;
    return make((table + " mutant=overtaking").append(to_overtake_in))
        ->search_breadth_first({})
        .broken;
}

}  // namespace

TEST_CASE(
    "each mistake about locks is found in its small world, and the shortest way to it is a "
    "scenario") {
    for (const kill& one : kills_of_locks) {
        INFO(one.where);
        const findings found = make(one.where)->search_breadth_first({});
        CHECK(found.broken == one.broken);
        CHECK(explore::is_shown(one.where, found));
    }
}

TEST_CASE("the same worlds hold without the mistake") {
    for (const kill& one : kills_of_locks) {
        INFO(one.where);
        const findings found =
            make(one.where.substr(0, one.where.rfind(' ')))->search_breadth_first({});
        CHECK(found.is_proof());
    }
}

TEST_CASE("acquire, release and expire: every order of three commands of each of two clients") {
    reach_exactly("world lock_table menu=brief commands=3", 52'093, 73'185);
}

TEST_CASE("two clients ask for two things each out of all that there is") {
    reach_exactly("world lock_table commands=2", 157'029, 235'493);
}

TEST_CASE("locks 3.5: who barges, or goes ahead by priority, overtakes nobody more than once") {
    const std::string table = "world lock_table overtaking=";
    reach_exactly((table + "barge").append(to_overtake_in), 10'645, 11'125);
    reach_exactly((table + "priority").append(to_overtake_in), 10'229, 10'229);
}

TEST_CASE("a rule by which one may always be overtaken is found, by who barges and by priority") {
    CHECK(broken_without_bound("no").empty());
    CHECK(broken_without_bound("barge") == "bypass_stays_bounded");
    CHECK(broken_without_bound("priority") == "bypass_stays_bounded");
}

TEST_CASE("commands of clients that arrive late, twice and in one entry, under two leaders") {
    reach_exactly(
        "world lock_table menu=brief commands=1 late=1 repeats=1 batch=2 ticks=1 "
        "leaders=2 restores=yes",
        23'308, 78'492);
}

TEST_CASE("a client over a network that repeats, with a clock that drifts") {
    reach_exactly("world lock_client drift=20 deliveries=5 repeats=1", 176'973, 275'203);
    reach_exactly("world lock_client clients=2 deliveries=6 ticks=1", 57'346, 106'611);
}

TEST_CASE("locks R4: holds overlap where clocks drift further than clients were told") {
    const findings found =
        make("world lock_client drift=25 told_drift=0 deliveries=4")->search_breadth_first({});
    CHECK(found.broken == "who_believes_to_hold_holds");
    CHECK(make("world lock_client drift=25 deliveries=4")->search_breadth_first({}).is_proof());
}
