// tests/unit/lock/leases.cpp - holds that end before their session does.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

struct leased : trio {
    reply ask(session_id who, const std::string& name, std::uint64_t ttl_ms,
              std::uint64_t wait_ms = lock::no_wait, mode wanted = mode::exclusive,
              std::uint8_t flags = lock::no_flags) {
        return run(lock::acquire{stamp(who), 0, name, wanted, wait_ms, flags, ttl_ms});
    }
    fencing_token take(session_id who, const std::string& name, std::uint64_t ttl_ms) {
        return token_of(ask(who, name, ttl_ms));
    }
    reply renew(session_id who, fencing_token token, std::uint64_t ttl_ms) {
        return run(lock::renew_hold{stamp(who), 0, token, ttl_ms});
    }
    /// What is said of the only hold.
    lock::lease lease_of_one() {
        const lock::state all = table.describe();
        REQUIRE(all.locks.size() == 1);
        REQUIRE(all.locks[0].holders.size() == 1);
        return all.locks[0].holders[0].lease;
    }
};

}  // namespace

TEST_CASE(
    "locks 3.6: a hold with a lease ends with it, its holder is told, and the next is granted") {
    leased d;
    const auto mine = d.take(d.a, "x", 50);
    d.wait(d.b, "x");
    d.pass(49);
    CHECK(d.events().empty());
    CHECK(d.table.next_deadline() == d.now + 1);
    d.pass(1);
    const auto told = d.events();
    REQUIRE(told.size() == 2);
    CHECK(told[0] == lock::event(lock::hold_ended{d.a, mine}));
    CHECK(granted_to(told) == std::vector{d.b});
    CHECK(d.release(d.a, mine) == no(refusal::stale_token));
    CHECK(holds_alternative<lock::granted>(d.acquire(d.a, "y", lock::no_wait)));
}

TEST_CASE("locks 3.12/1: a hold is renewed one millisecond before its end, and not at its end") {
    leased d;
    const auto mine = d.take(d.a, "x", 50);
    d.pass(49);
    CHECK(d.renew(d.a, mine, 50) == reply(lock::kept{50}));
    d.now = d.now + 50;  // told by the entry of the renewal itself
    CHECK(d.renew(d.a, mine, 50) == no(refusal::stale_token));
    CHECK(d.events().size() == 1);
}

TEST_CASE(
    "locks 3.12/40: where a wait and what it waits for end in one entry, the next is granted") {
    leased d;
    const auto held = d.take(d.a, "x", 0);
    const auto wait = d.acquire_all(d.b, {"w", "x"}, 20);
    CHECK(wait == reply(lock::queued{}));
    d.wait(d.c, "x");
    d.now = d.now + 20;
    CHECK(d.release(d.a, held) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/13: a lease that would end beyond all time does not end") {
    leased d;
    d.now = log_time(~std::uint64_t{0} - 1'001);
    const auto late = d.open(9, 100'000);
    const auto mine = d.take(late, "x", 10'000);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    CHECK(d.release(late, mine) == reply(lock::released{0}));
}

TEST_CASE("locks 3.6: a renewal never shortens a lease, nor does acquiring again") {
    leased d;
    const auto mine = d.take(d.a, "x", 50);
    CHECK(d.renew(d.a, mine, 20) == reply(lock::kept{50}));
    d.pass(10);
    d.ask(d.a, "x", 20, lock::no_wait, mode::exclusive, lock::reentrant);
    CHECK(d.renew(d.a, mine, 10) == reply(lock::kept{40}));
    d.ask(d.a, "x", 0, lock::no_wait, mode::exclusive, lock::reentrant);
    CHECK(d.renew(d.a, mine, 10) == reply(lock::kept{40}));
    d.ask(d.a, "x", 60, lock::no_wait, mode::exclusive, lock::reentrant);
    CHECK(d.renew(d.a, mine, 10) == reply(lock::kept{60}));
    d.pass(60);
    CHECK(d.events() == std::vector<lock::event>{lock::hold_ended{d.a, mine}});
    CHECK(d.table.locks() == 0);
}

TEST_CASE("a hold without a lease has none to renew, and gets none by being acquired again") {
    leased d;
    const auto mine = d.take(d.a, "x", 0);
    CHECK(d.renew(d.a, mine, 20) == reply(lock::kept{lock::wait_forever}));
    d.ask(d.a, "x", 20, lock::no_wait, mode::exclusive, lock::reentrant);
    d.pass(1'000);
    CHECK(d.release(d.a, mine) == reply(lock::released{1}));
}

TEST_CASE("locks 3.12/12: leases of holds are clamped like those of sessions") {
    leased d;
    const auto mine = d.take(d.a, "x", 1);
    CHECK(d.renew(d.a, mine, 1) == reply(lock::kept{10}));
    CHECK(d.renew(d.a, mine, 1'000'000) == reply(lock::kept{100'000}));
    CHECK(d.renew(d.a, mine, 0) == no(refusal::ttl_out_of_range));
    CHECK(d.renew(d.a, mine, ttl_end_ms) == no(refusal::ttl_out_of_range));
    CHECK(d.ask(d.a, "y", ttl_end_ms) == no(refusal::ttl_out_of_range));
    CHECK(d.run(lock::acquire_all{d.stamp(d.a), 0, {{"y"}}, 0, ttl_end_ms}) ==
          no(refusal::ttl_out_of_range));
    CHECK(d.run(lock::acquire_permits{d.stamp(d.a), 0, "y", 1, 1, 0, ttl_end_ms}) ==
          no(refusal::ttl_out_of_range));
}

TEST_CASE("only its owner renews a hold") {
    leased d;
    const auto mine = d.take(d.a, "x", 50);
    CHECK(d.renew(d.b, mine, 50) == no(refusal::not_owner));
    CHECK(d.run(lock::renew_hold{d.stamp(d.a), 1, mine, 50}) == no(refusal::not_owner));
}

TEST_CASE("the lease of a hold that had to wait begins with its grant") {
    leased d;
    const auto held = d.take(d.a, "x", 0);
    CHECK(d.ask(d.b, "x", 50, lock::wait_forever) == reply(lock::queued{}));
    d.pass(100);
    d.release(d.a, held);
    CHECK(granted_to(d.events()) == std::vector{d.b});
    d.pass(49);
    CHECK(d.events().empty());
    d.pass(1);
    CHECK(d.events().size() == 1);
}

TEST_CASE("an upgrade keeps the lease, and a lease that ends takes the waiting upgrade along") {
    leased d;
    const auto mine = token_of(d.ask(d.a, "x", 50, lock::no_wait, mode::shared));
    d.pass(20);
    const auto upgraded = token_of(d.convert(d.a, mine, mode::exclusive));
    CHECK(d.renew(d.a, upgraded, 10) == reply(lock::kept{30}));
    d.convert(d.a, upgraded, mode::shared);
    d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, upgraded, mode::exclusive) == reply(lock::queued{}));
    const auto waiting = d.last_sequence(d.a);
    d.pass(30);
    CHECK(d.events() ==
          std::vector<lock::event>{lock::wait_ended{d.a, waiting, lock::request_state::cancelled},
                                   lock::hold_ended{d.a, upgraded}});
}

TEST_CASE("each of several locks has a lease of its own, and the rest stay held") {
    leased d;
    const auto first =
        token_of(d.run(lock::acquire_all{d.stamp(d.a), 0, {{"x"}, {"y"}}, lock::no_wait, 50}));
    const fencing_token second(first.value() + 1);
    d.pass(20);
    d.renew(d.a, second, 50);
    d.pass(30);
    CHECK(d.events() == std::vector<lock::event>{lock::hold_ended{d.a, first}});
    CHECK(d.release(d.a, second) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/52: permits that end apart are given back whole or not at all") {
    leased d;
    const auto take = [&](std::uint64_t ttl_ms) {
        return token_of(
            d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 2, lock::no_wait, ttl_ms}));
    };
    const auto brief = take(20);
    const auto lasting = take(60);
    d.pass(20);
    CHECK(d.run(lock::release_all{d.stamp(d.a), 0, {brief, lasting}}) ==
          reply(lock::not_released{{{brief, refusal::stale_token}}}));
    CHECK(d.run(lock::acquire_permits{d.stamp(d.b), 0, "s", 2, 2, lock::no_wait}) ==
          reply(lock::busy{}));
    CHECK(d.run(lock::release_all{d.stamp(d.a), 0, {lasting}}) == reply(lock::released{0}));
}

TEST_CASE(
    "locks R2: of what ends at one moment sessions go first, then leases by token, then waits") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 100'000);
    const auto c = d.open(3, 100'000);
    const auto lease = [&](session_id who, const std::string& name) {
        return token_of(
            d.run(lock::acquire{d.stamp(who), 0, name, mode::exclusive, lock::no_wait, 0, 100}));
    };
    const auto first = lease(c, "x");
    const auto second = lease(b, "y");
    const auto wait = d.wait(b, "x", 100);
    d.pass(100);
    CHECK(d.events() ==
          std::vector<lock::event>{lock::session_ended{a}, lock::hold_ended{c, first},
                                   lock::hold_ended{b, second},
                                   lock::wait_ended{b, wait, lock::request_state::timed_out}});
}

TEST_CASE(
    "locks 3.12/6, R3: a new leader gives leases their grace, which is not added up, up to a "
    "limit") {
    leased d;
    d.take(d.a, "x", 40);
    d.pass(30);
    d.table.new_leader(ballot(1, node_id(0)));
    CHECK(d.lease_of_one().deadline == d.now + 40);
    d.table.new_leader(ballot(2, node_id(0)));
    CHECK(d.lease_of_one().deadline == d.now + 40);
    for (std::uint64_t round = 3; round < 11; ++round) {
        d.pass(20);
        d.table.new_leader(ballot(round, node_id(0)));
    }
    CHECK(d.table.locks() == 0);
    const auto again = d.take(d.a, "x", 40);
    d.pass(39);
    d.table.new_leader(ballot(20, node_id(0)));
    CHECK(d.lease_of_one().extended_ms == 39);
    d.renew(d.a, again, 50);
    CHECK(d.lease_of_one() == lock::lease{50, d.now + 50, 0});
}

TEST_CASE("locks 3.12/74: a snapshot keeps leases, of what is held and of what waits") {
    leased d;
    const auto mine = d.take(d.a, "x", 50);
    CHECK(d.ask(d.b, "x", 30, lock::wait_forever) == reply(lock::queued{}));
    d.pass(10);
    d.table.new_leader(ballot(1, node_id(0)));
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    CHECK(copy.next_deadline() == d.table.next_deadline());
    d.table = std::move(copy);
    d.release(d.a, mine);
    CHECK(granted_to(d.events()) == std::vector{d.b});
    d.pass(30);
    CHECK(d.events().size() == 1);
}
