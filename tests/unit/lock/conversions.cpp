// tests/unit/lock/conversions.cpp - how a hold changes its mode: upgrades, downgrades, and what
// ends them.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::refusal;
using lock::reply;

TEST_CASE("locks 3.12/28, 45: an upgrade goes first, has a new token, and keeps new readers out") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    const auto other = d.hold_in(mode::shared, d.b, "x");
    d.wait_in(mode::exclusive, d.c, "x");
    CHECK(d.convert(d.a, mine, mode::exclusive) == reply(lock::queued{}));
    const auto upgrade = d.last_sequence(d.a);
    CHECK(d.query(d.a, upgrade) == reply(lock::request_status{lock::request_state::queued, {}}));
    const auto late = d.open(4);
    CHECK(d.acquire_in(mode::shared, late, "x", lock::no_wait) == reply(lock::busy{}));
    d.release(d.b, other);
    CHECK(granted_to(d.events()) == std::vector{d.a});
    const auto upgraded = d.table.last_token();
    CHECK(upgraded > mine);
    CHECK(d.query(d.a, upgrade) ==
          reply(lock::request_status{lock::request_state::granted, upgraded}));
    CHECK(d.release(d.a, mine) == no(refusal::stale_token));
    CHECK(d.release(d.a, upgraded) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/46: of two that would upgrade, the second is refused at once") {
    trio d;
    const auto first = d.hold_in(mode::shared, d.a, "x");
    const auto second = d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, first, mode::exclusive) == reply(lock::queued{}));
    CHECK(d.convert(d.a, first, mode::exclusive) == no(refusal::upgrade_conflict));
    CHECK(d.convert(d.b, second, mode::exclusive) == no(refusal::upgrade_conflict));
    CHECK(d.convert(d.b, second, mode::update, lock::no_wait) == no(refusal::upgrade_conflict));
    d.release(d.b, second);
    CHECK(granted_to(d.events()) == std::vector{d.a});
}

TEST_CASE(
    "locks 3.5: while one holds for update, no reader may upgrade, and its own upgrade waits for "
    "readers only") {
    trio d;
    const auto update = d.hold_in(mode::update, d.a, "x");
    const auto read = d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.b, read, mode::exclusive) == no(refusal::upgrade_conflict));
    CHECK(d.convert(d.b, read, mode::update) == no(refusal::upgrade_conflict));
    CHECK(d.convert(d.a, update, mode::exclusive, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.convert(d.a, update, mode::exclusive) == reply(lock::queued{}));
    d.release(d.b, read);
    CHECK(granted_to(d.events()) == std::vector{d.a});
}

TEST_CASE("a reader becomes the one that holds for update at once, with a new token") {
    trio d;
    const auto read = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    const auto update = token_of(d.convert(d.a, read, mode::update));
    CHECK(update > read);
    CHECK(d.acquire_in(mode::update, d.c, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(holds_alternative<lock::granted>(d.acquire_in(mode::shared, d.c, "x", lock::no_wait)));
}

TEST_CASE(
    "locks 3.12/47: who holds for update and dies while its upgrade waits leaves the lock to the "
    "next") {
    trio d;
    const auto update = d.hold_in(mode::update, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, update, mode::exclusive) == reply(lock::queued{}));
    d.wait_in(mode::shared, d.c, "x");
    d.close(d.a);
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("a hold that is given back takes its waiting upgrade with it") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, mine, mode::exclusive) == reply(lock::queued{}));
    const auto upgrade = d.last_sequence(d.a);
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
    CHECK(d.events() ==
          std::vector<lock::event>{lock::wait_ended{d.a, upgrade, lock::request_state::cancelled}});
    CHECK(d.acknowledge(d.a, upgrade) == reply(lock::acknowledged{}));
}

TEST_CASE("an upgrade that times out or is cancelled leaves the hold as it was") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, mine, mode::exclusive, 30) == reply(lock::queued{}));
    const auto upgrade = d.last_sequence(d.a);
    d.wait_in(mode::shared, d.c, "x");
    d.pass(30);
    CHECK(d.events().size() == 2);
    CHECK(d.query(d.a, upgrade) == reply(lock::request_status{lock::request_state::timed_out, {}}));
    CHECK(d.convert(d.a, mine, mode::exclusive) == reply(lock::queued{}));
    CHECK(d.cancel(d.a, d.last_sequence(d.a), lock::on_granted::release) ==
          reply(lock::cancelled{}));
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/28, 48: a downgrade keeps its token and lets the readers in that wait") {
    trio d;
    const auto mine = d.hold(d.a, "x");
    d.wait_in(mode::shared, d.b, "x");
    d.wait_in(mode::shared, d.c, "x");
    CHECK(d.convert(d.a, mine, mode::shared) == reply(lock::granted{mine}));
    CHECK(granted_to(d.events()) == std::vector{d.b, d.c});
    CHECK(d.convert(d.a, mine, mode::shared) == reply(lock::granted{mine}));
}

TEST_CASE("locks 3.12/48: each downgrade lets in whom the weaker mode goes with") {
    const auto waits_after = [](mode from, mode to, mode waiting) {
        trio d;
        const auto mine = d.hold_in(from, d.a, "x");
        d.wait_in(waiting, d.b, "x");
        d.convert(d.a, mine, to);
        return granted_to(d.events()).empty();
    };
    CHECK(!waits_after(mode::exclusive, mode::update, mode::shared));
    CHECK(waits_after(mode::exclusive, mode::update, mode::update));
    CHECK(!waits_after(mode::update, mode::shared, mode::update));
    CHECK(waits_after(mode::update, mode::shared, mode::exclusive));
}

TEST_CASE(
    "locks 3.12/47: who holds for update and expires while its upgrade waits leaves the lock to "
    "the next") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 100'000);
    const auto c = d.open(3, 100'000);
    const auto update = d.hold_in(mode::update, a, "x");
    d.hold_in(mode::shared, b, "x");
    CHECK(d.convert(a, update, mode::exclusive) == reply(lock::queued{}));
    d.wait_in(mode::shared, c, "x");
    d.pass(100);
    CHECK(granted_to(d.events()) == std::vector{c});
}

TEST_CASE(
    "locks 3.12/42: a cancel undoes an upgrade that was granted, and nothing else of the hold") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant);
    const auto upgraded = token_of(d.convert(d.a, mine, mode::exclusive));
    const auto upgrade = d.last_sequence(d.a);
    d.wait_in(mode::shared, d.b, "x");
    CHECK(d.cancel(d.a, upgrade, lock::on_granted::keep) == reply(lock::already_granted{upgraded}));
    CHECK(granted_to(d.events()).empty());
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    d.table = std::move(copy);
    CHECK(d.cancel(d.a, upgrade, lock::on_granted::release) ==
          reply(lock::already_granted{upgraded}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(d.cancel(d.a, upgrade, lock::on_granted::release) ==
          reply(lock::already_granted{upgraded}));
    CHECK(d.release(d.a, upgraded) == reply(lock::released{1}));
    CHECK(d.release(d.a, upgraded) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/42: a cancel that overtakes its convert keeps it from ever running") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    const lock::convert late{d.late_stamp(d.a), 0, mine, mode::exclusive, lock::wait_forever};
    const lock::cancel cancel{d.late_stamp(d.a), late.stamp.sequence, lock::on_granted::release};
    CHECK(d.run(cancel) == reply(lock::cancelled{}));
    CHECK(d.run(late) == reply(lock::cancelled{}));
    CHECK(holds_alternative<lock::granted>(d.acquire_in(mode::shared, d.b, "x", lock::no_wait)));
}

TEST_CASE(
    "locks 3.8: an upgrade that would wait counts against the limits of those who wait, and no "
    "other does") {
    auto config = short_leases();
    config.max_requests_per_session = 1;
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto mine = d.hold_in(mode::shared, a, "x");
    const auto upgraded = token_of(d.convert(a, mine, mode::exclusive));
    CHECK(d.convert(a, upgraded, mode::shared) == reply(lock::granted{upgraded}));
    d.hold_in(mode::shared, b, "x");
    CHECK(d.convert(a, upgraded, mode::exclusive) == no(refusal::limit));
}

TEST_CASE("locks 3.12/30: a hold whose upgrade finds no token left stays as it is") {
    auto config = short_leases();
    config.tokens_after = fencing_token(0, fencing_token::max_counter - 2);
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto mine = d.hold_in(mode::shared, a, "x");
    const auto other = d.hold_in(mode::shared, b, "x");
    CHECK(d.convert(a, mine, mode::exclusive) == reply(lock::queued{}));
    d.release(b, other);
    CHECK(d.events() == std::vector<lock::event>{lock::wait_ended{
                            a, d.last_sequence(a), lock::request_state::token_space_exhausted}});
    CHECK(d.convert(a, mine, mode::exclusive) == no(refusal::token_space_exhausted));
    CHECK(d.release(a, mine) == reply(lock::released{0}));
}

TEST_CASE(
    "locks 3.7: who holds in whatever mode and asks again, not by re-entrance, would wait for "
    "itself") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    for (const mode asked : all_modes)
        CHECK(d.acquire_in(asked, d.a, "x") == no(refusal::self_deadlock));
    CHECK(d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(holds_alternative<lock::granted>(d.convert(d.a, mine, mode::exclusive)));
}

TEST_CASE("what is converted is a hold of one's own, for a wait within the limits") {
    auto config = short_leases();
    config.max_wait_ms = 100;
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto mine = d.hold_in(mode::shared, a, "x");
    CHECK(d.convert(b, mine, mode::exclusive, 0) == no(refusal::not_owner));
    CHECK(d.convert(a, fencing_token(99), mode::exclusive, 0) == no(refusal::stale_token));
    CHECK(d.convert(a, mine, mode::exclusive, 101) == no(refusal::limit));
    CHECK(d.convert(a, mine, mode::shared, 101) == reply(lock::granted{mine}));
    CHECK(holds_alternative<lock::granted>(d.convert(a, mine, mode::exclusive, 100)));
}

TEST_CASE("locks 3.12/15: a convert that is sent again after its grant gets the same token") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    const auto other = d.hold_in(mode::shared, d.b, "x");
    const lock::convert asked{d.late_stamp(d.a), 0, mine, mode::exclusive, lock::wait_forever};
    CHECK(d.run(asked) == reply(lock::queued{}));
    CHECK(d.run(asked) == reply(lock::queued{}));
    d.release(d.b, other);
    CHECK(d.run(asked) == reply(lock::granted{d.table.last_token()}));
}

TEST_CASE("a reader that would write again is told to convert, and another tag is another owner") {
    trio d;
    d.hold_in(mode::shared, d.a, "x", 1);
    CHECK(d.acquire_in(mode::exclusive, d.a, "x", lock::wait_forever, lock::reentrant, 1) ==
          no(refusal::self_deadlock));
    CHECK(d.acquire_in(mode::exclusive, d.a, "x", lock::wait_forever, lock::reentrant, 2) ==
          reply(lock::queued{}));
}

TEST_CASE("an upgrade takes the acquisitions of its hold along, and so does a snapshot [M61]") {
    trio d;
    const auto mine = d.hold_in(mode::shared, d.a, "x");
    d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant);
    const auto other = d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, mine, mode::exclusive) == reply(lock::queued{}));
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    d.table = std::move(copy);
    d.release(d.b, other);
    const auto upgraded = d.table.last_token();
    CHECK(d.release(d.a, upgraded) == reply(lock::released{1}));
    CHECK(d.release(d.a, upgraded) == reply(lock::released{0}));
}
