// tests/unit/lock/table.cpp - the lock table: one command, one answer; and what time does.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::refusal;
using lock::reply;
using lock::request_state;

static_assert(timed_state_machine<lock::table>);
static_assert(event_source<lock::table>);

namespace {

using events = std::vector<lock::event>;

reply state_is(request_state state, fencing_token token = {}) {
    return lock::request_status{state, token};
}

}  // namespace

TEST_CASE("a free lock is granted at once and a held one is handed on at its release") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x");
    const auto request = d.wait(b, "x");
    CHECK(d.events().empty());

    CHECK(d.release(a, token) == reply(lock::released{0}));
    const fencing_token next(token.value() + 1);
    CHECK(d.events() == events{lock::wait_granted{b, request, next}});
    CHECK(d.query(b, request) == state_is(request_state::granted, next));
    CHECK(d.release(b, next) == reply(lock::released{0}));
    CHECK(d.table.locks() == 0);
}

TEST_CASE("a config that makes no sense is refused") {
    auto with = [](auto change) {
        lock::config config;
        change(config);
        return lock::table::make(config).error();
    };
    CHECK(!with([](auto&) {}));
    CHECK(with([](auto& c) { c.sessions.min_ttl_ms = 0; }) == errc::duration_out_of_range);
    CHECK(with([](auto& c) { c.sessions.max_ttl_ms = 1; }) == errc::duration_out_of_range);
    CHECK(!with([](auto& c) { c.sessions.max_ttl_ms = longest_lease_ms; }));
    CHECK(with([](auto& c) { c.sessions.max_ttl_ms = longest_lease_ms + 1; }) ==
          errc::duration_out_of_range);
    CHECK(!with([](auto& c) { c.sessions.grace_ms = longest_lease_ms; }));
    CHECK(with([](auto& c) { c.sessions.grace_ms = longest_lease_ms + 1; }) ==
          errc::duration_out_of_range);
    CHECK(with([](auto& c) { c.sessions.max_sessions = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.sessions.max_outstanding = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.sessions.reserved_outstanding = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_locks = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_requests_per_session = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_waiting_per_session = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_waiting_per_lock = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_reentrancy = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_name_bytes = 0; }) == errc::limit_out_of_range);
    CHECK(with([](auto& c) { c.max_name_bytes = 513; }) == errc::limit_out_of_range);
}

TEST_CASE("locks 3.12/1: a renewal at the deadline fails and one millisecond before it passes") {
    for (const std::uint64_t elapsed : {99U, 100U}) {
        driver<> d;
        const auto a = d.open(1, 100);
        d.now = d.now + elapsed;
        const reply expected =
            elapsed < 100 ? reply(lock::kept{100}) : no(refusal::session_expired);
        CHECK(d.keep(a) == expected);
    }
}

TEST_CASE("locks 3.12/2: what has expired when a renewal's entry comes is not revived by it") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 1'000);
    d.hold(a, "x");
    const auto request = d.wait(b, "x");
    d.now = d.now + 100;  // the time and the renewal are of one entry
    CHECK(d.keep(a) == no(refusal::session_expired));
    CHECK(d.query(b, request) == state_is(request_state::granted, fencing_token(2)));
}

TEST_CASE(
    "locks 3.12/6: two new leaders within one lease give one grace, and the cap ends a lease") {
    driver<> d;  // grace 50, three extensions
    const auto a = d.open(1, 40);
    ballot leader(1, node_id(0));
    auto elect = [&] {
        leader = ballot(leader.round() + 1, node_id(0));
        d.table.new_leader(leader);
    };
    d.pass(10);
    elect();
    CHECK(d.table.next_deadline() == log_time(50));  // min(ttl, grace) from now
    elect();
    CHECK(d.table.next_deadline() == log_time(50));
    for (int i = 0; i < 20 && d.table.sessions().is_live(a); ++i) {
        d.pass(20);
        elect();
    }
    CHECK(!d.table.sessions().is_live(a));
    CHECK(d.now > log_time(40 + 3 * 40 - 20));  // the whole of the cap was given
    CHECK(d.now <= log_time(40 + 3 * 40 + 20));
}

TEST_CASE("locks 3.12/6: a renewal gives a session its extensions back") {
    driver<> d;
    const auto a = d.open(1, 40);
    for (std::uint64_t round = 2; round < 60; ++round) {
        d.pass(20);
        d.table.new_leader(ballot(round, node_id(0)));
        if (round % 3 == 0) CHECK(d.keep(a) == reply(lock::kept{40}));
    }
    CHECK(d.table.sessions().is_live(a));
}

TEST_CASE("locks 3.12/7: nothing expires while no time passes, and a new leader leaves its grace") {
    driver<> d;
    const auto a = d.open(1, 100);
    d.pass(99);
    d.table.new_leader(ballot(7, node_id(1)));
    d.pass(49);
    CHECK(d.keep(a) == reply(lock::kept{100}));
}

TEST_CASE("locks 3.12/59b, M53: an older leader that is adopted late gives no grace") {
    driver<> d;
    d.open(1, 100);
    d.table.new_leader(ballot(7, node_id(1)));
    d.pass(90);
    const bytes before = snapshot_of(d.table);
    d.table.new_leader(ballot(6, node_id(2)));
    d.table.new_leader(ballot(7, node_id(1)));
    CHECK(snapshot_of(d.table) == before);
    CHECK(d.table.next_deadline() == log_time(100));
}

TEST_CASE("locks 3.12/11: a renewal whose reply was lost still renewed") {
    driver<> d;
    const auto a = d.open(1, 100);
    d.pass(90);
    const lock::keep_alive renewal{d.late_stamp(a)};
    static_cast<void>(d.run(renewal));
    d.pass(90);
    CHECK(d.run(renewal) == reply(lock::kept{100}));  // the stored reply; it renews nothing
    CHECK(d.table.next_deadline() == log_time(190));
    CHECK(d.keep(a) == reply(lock::kept{100}));
}

TEST_CASE("locks 3.12/12: a time to live is clamped, and one that makes no sense is refused") {
    driver<> d;
    auto ask = [&](std::uint64_t ttl_ms) {
        static std::uint64_t nonce = 0;
        return d.run(lock::open_session{{1, 1}, ++nonce, ttl_ms});
    };
    CHECK(get<lock::opened>(ask(1)).ttl_ms == 10);
    CHECK(get<lock::opened>(ask(50)).ttl_ms == 50);
    CHECK(get<lock::opened>(ask(100'001)).ttl_ms == 100'000);
    CHECK(get<lock::opened>(ask((std::uint64_t{1} << 63U) - 1)).ttl_ms == 100'000);
    CHECK(ask(0) == no(refusal::ttl_out_of_range));
    CHECK(ask(std::uint64_t{1} << 63U) == no(refusal::ttl_out_of_range));
}

TEST_CASE("locks 3.12/13: deadlines saturate") {
    driver<> d;
    d.now = log_time(log_time::never().milliseconds() - 5);
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(a, "x");
    d.wait(b, "x", lock::wait_forever - 1);
    CHECK(d.table.next_deadline() == log_time::never());
    d.pass(4);
    CHECK(d.table.sessions().is_live(a));
    CHECK(d.table.sessions().is_live(b));
}

TEST_CASE("locks 3.12/14: a session that closes in the batch of its own grant leaves nothing") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x");
    d.wait(b, "x");
    CHECK(d.release(a, token) == reply(lock::released{0}));
    CHECK(d.close(b) == reply(lock::closed{}));
    CHECK(d.table.locks() == 0);
    CHECK(d.close(b) == no(refusal::session_expired));
}

TEST_CASE("locks 3.12/15: an acquire that is sent again after its grant gets the same token") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const lock::acquire at_once{d.late_stamp(a), 0, "x"};
    const auto token = get<lock::granted>(d.run(at_once)).token;
    CHECK(d.run(at_once) == reply(lock::granted{token}));

    const lock::acquire after_waiting{d.late_stamp(b), 0, "x"};
    CHECK(d.run(after_waiting) == reply(lock::queued{}));
    CHECK(d.release(a, token) == reply(lock::released{0}));  // one release is enough
    const fencing_token next(token.value() + 1);
    CHECK(d.run(after_waiting) == reply(lock::granted{next}));
    CHECK(d.table.last_token() == next);
}

TEST_CASE("locks 3.12/16: an acquire that is sent again while it waits keeps its one place") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto c = d.open(3);
    const auto token = d.hold(a, "x");
    const lock::acquire asked{d.late_stamp(b), 0, "x"};
    CHECK(d.run(asked) == reply(lock::queued{}));
    d.wait(c, "x");
    CHECK(d.run(asked) == reply(lock::queued{}));
    CHECK(d.table.describe().locks[0].queue.size() == 2);
    d.release(a, token);
    CHECK(d.table.describe().locks[0].holders[0].owner.session == b);
}

TEST_CASE("locks 3.12/17: a release that is sent again leaves the next hold alone") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x");
    const lock::release given_back{d.late_stamp(a), 0, token};
    CHECK(d.run(given_back) == reply(lock::released{0}));
    d.hold(b, "x");
    CHECK(d.run(given_back) == reply(lock::released{0}));
    CHECK(d.table.describe().locks[0].holders[0].owner.session == b);
}

TEST_CASE("locks 3.12/18, M48: an old token of the same session releases nothing") {
    driver<> d;
    const auto a = d.open(1);
    const auto old = d.hold(a, "x");
    d.release(a, old);
    d.hold(a, "x");
    CHECK(d.release(a, old) == no(refusal::stale_token));
    CHECK(d.release(a, fencing_token()) == no(refusal::stale_token));
    CHECK(d.table.locks() == 1);
}

TEST_CASE("locks 3.2, M57: a release by another session or another tag is refused") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x", 7);
    CHECK(d.release(b, token, 7) == no(refusal::not_owner));
    CHECK(d.release(a, token, 8) == no(refusal::not_owner));
    CHECK(d.release(a, token, 7) == reply(lock::released{0}));
}

TEST_CASE(
    "locks 3.12/19: sequences may come in any order, but not twice and not when acknowledged") {
    driver<> d;
    const auto a = d.open(1);
    auto ask = [&](std::uint64_t sequence, std::uint64_t acknowledged, const char* name) {
        const request_stamp stamp{a, sequence, acknowledged};
        return d.run(lock::acquire{stamp, 0, name, lock::mode::exclusive, lock::no_wait, 0});
    };
    CHECK(ask(5, 0, "x") == reply(lock::granted{fencing_token(1)}));
    CHECK(ask(4, 0, "y") == reply(lock::granted{fencing_token(2)}));
    CHECK(ask(5, 0, "anything") == reply(lock::granted{fencing_token(1)}));
    CHECK(ask(9, 4, "z") == reply(lock::granted{fencing_token(3)}));  // a gap
    CHECK(ask(4, 0, "y") == no(refusal::stale_sequence));
    CHECK(ask(0, 0, "y") == no(refusal::stale_sequence));
    CHECK(ask(10, 10, "w") == no(refusal::stale_sequence));  // acknowledges itself
    CHECK(ask(5, 0, "x") == reply(lock::granted{fencing_token(1)}));
    CHECK(d.table.last_token() == fencing_token(3));
}

TEST_CASE("locks 3.12/19: a full window refuses acquires and still lets a session give back") {
    auto config = short_leases();
    config.sessions.max_outstanding = 3;
    config.sessions.reserved_outstanding = 4;
    driver<> d(config);
    const auto a = d.open(1);
    auto ask = [&](std::uint64_t acknowledged) {
        auto stamp = d.late_stamp(a);
        stamp.acknowledged = acknowledged;
        const std::string name = std::to_string(stamp.sequence);
        return d.run(lock::acquire{stamp, 0, name, lock::mode::exclusive, lock::no_wait, 0});
    };
    for (int i = 0; i < 3; ++i) CHECK(holds_alternative<lock::granted>(ask(0)));
    CHECK(ask(0) == no(refusal::too_many_outstanding));
    CHECK(d.run(lock::query{d.late_stamp(a), 1}) == no(refusal::too_many_outstanding));
    CHECK(d.run(lock::keep_alive{d.late_stamp(a)}) == reply(lock::kept{1'000}));
    CHECK(d.run(lock::release{d.late_stamp(a), 0, fencing_token(1)}) == reply(lock::released{0}));
    CHECK(d.run(lock::cancel{d.late_stamp(a), 2, lock::on_granted::release}) ==
          reply(lock::released{0}));
    CHECK(d.run(lock::acknowledge{d.late_stamp(a), 77}) == reply(lock::acknowledged{}));
    CHECK(d.run(lock::release{d.late_stamp(a), 0, fencing_token(3)}) ==
          no(refusal::too_many_outstanding));
    CHECK(holds_alternative<lock::granted>(ask(9)));  // acknowledged, so there is room again
}

TEST_CASE(
    "locks 3.12/20: an open that is sent again finds its session, another nonce opens another") {
    driver<> d;
    const auto a = d.open(1, 1'000, 1);
    d.pass(10);
    CHECK(d.open(1, 5'000, 1) == a);
    CHECK(d.table.next_deadline() == log_time(1'000));  // and does not renew it
    CHECK(d.open(1, 1'000, 2) != a);
    CHECK(d.open(2, 1'000, 1) != a);
    CHECK(d.table.sessions().size() == 3);
}

TEST_CASE("locks 3.12/59d, M55: two opens in one batch are two sessions") {
    driver<> d;
    const auto open = [&](std::uint32_t index, std::uint64_t nonce) {
        const position at{slot(9), index};
        return d.execute({at, log_time()}, lock::open_session{{1, 1}, nonce, 100});
    };
    CHECK(open(0, 1) == reply(lock::opened{session_id({slot(9), 0}), 100}));
    CHECK(open(1, 2) == reply(lock::opened{session_id({slot(9), 1}), 100}));
    CHECK(d.table.sessions().size() == 2);
}

TEST_CASE("locks 3.12/21: a command of a session that is over is refused and does nothing") {
    driver<> d;
    const auto a = d.open(1, 100);
    const session_id never({slot(4'000), 0});
    d.pass(100);
    CHECK(d.events() == events{lock::session_ended{a}});
    for (const session_id session : {a, never}) {
        CHECK(d.acquire(session, "x") == no(refusal::session_expired));
        CHECK(d.acquire(session, "x", lock::no_wait) == no(refusal::session_expired));
        CHECK(d.release(session, fencing_token(1)) == no(refusal::session_expired));
        CHECK(d.keep(session) == no(refusal::session_expired));
        CHECK(d.close(session) == no(refusal::session_expired));
        CHECK(d.query(session, 1) == no(refusal::session_expired));
        CHECK(d.acknowledge(session, 1) == no(refusal::session_expired));
        CHECK(d.cancel(session, 1, lock::on_granted::keep) == no(refusal::session_expired));
    }
    CHECK(d.table.locks() == 0);
    CHECK(d.table.last_token() == fencing_token());
}

TEST_CASE("locks 3.12/23, M58: an owner whose session was lost has lost its hold") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 1'000);
    const auto token = d.hold(a, "x");
    d.pass(100);
    CHECK(d.acquire(a, "x") == no(refusal::session_expired));
    CHECK(d.keep(a) == no(refusal::session_expired));
    CHECK(d.hold(b, "x") > token);
}

TEST_CASE("an owner that asks for what it holds would wait for itself") {
    driver<> d;
    const auto a = d.open(1);
    d.hold(a, "x", 1);
    CHECK(d.acquire(a, "x", lock::wait_forever, 1) == no(refusal::self_deadlock));
    CHECK(d.acquire(a, "x", 1, 1) == no(refusal::self_deadlock));
    CHECK(d.acquire(a, "x", lock::no_wait, 1) == reply(lock::busy{}));
    CHECK(d.acquire(a, "x", lock::wait_forever, 2) == reply(lock::queued{}));
}

TEST_CASE(
    "locks 3.12/26: tokens rise over all locks, over deletion and re-creation, snapshots and "
    "leaders") {
    driver<> d;
    const auto a = d.open(1);
    fencing_token last;
    for (int i = 0; i < 10; ++i) {
        for (const char* name : {"x", "y", "z"}) {
            const auto token = d.hold(a, name);
            CHECK(token.value() == last.value() + 1);
            last = token;
            d.release(a, token);
            CHECK(d.table.locks() == 0);
        }
        REQUIRE(restore(d.table, snapshot_of(d.table)));
        CHECK(d.table.last_token() == last);
        d.table.new_leader(ballot(static_cast<std::uint64_t>(i) + 1, node_id(0)));
    }
}

TEST_CASE(
    "locks 3.12/30: the last token is granted once, and then everybody is told that there is "
    "none") {
    auto config = short_leases();
    config.tokens_after = fencing_token(3, fencing_token::max_counter - 1);
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x");
    CHECK(token == fencing_token(3, fencing_token::max_counter));
    const auto first = d.wait(b, "x", lock::wait_forever, 1);
    const auto second = d.wait(b, "x", lock::wait_forever, 2);
    CHECK(d.acquire(a, "y") == no(refusal::token_space_exhausted));
    CHECK(d.acquire(a, "y", lock::no_wait) == no(refusal::token_space_exhausted));
    CHECK(d.release(a, token) == reply(lock::released{0}));
    constexpr auto exhausted = request_state::token_space_exhausted;
    CHECK(d.events() ==
          events{lock::wait_ended{b, first, exhausted}, lock::wait_ended{b, second, exhausted}});
    CHECK(d.query(b, second) == state_is(exhausted));
    CHECK(d.table.last_token() == token);
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/32: a release with 10,000 waiters tells one of them, the first") {
    driver<> d;
    const auto a = d.open(1, 100'000);
    const auto b = d.open(2, 100'000);
    const auto token = d.hold(a, "x");
    for (std::uint64_t tag = 0; tag < 10'000; ++tag) {
        const session_id session({slot(50'000 + tag / 2'000), 0});
        if (tag % 2'000 == 0) {
            static_cast<void>(
                d.execute({session.opened_at(), d.now}, lock::open_session{{9, tag}, 1, 100'000}));
        }
        const position at{slot(60'000 + tag), 0};
        const lock::acquire asked{d.stamp(session), tag, "x"};
        CHECK(d.execute({at, d.now}, asked) == reply(lock::queued{}));
    }
    const position at{slot(90'000), 0};
    CHECK(d.execute({at, d.now}, lock::release{d.stamp(a), 0, token}) == reply(lock::released{0}));
    const session_id first({slot(50'000), 0});
    CHECK(d.events() == events{lock::wait_granted{first, 1, fencing_token(token.value() + 1)}});
    CHECK(d.table.sessions().is_live(b));
}

TEST_CASE("M60: grants follow the order of arrival, whoever tries in between") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto c = d.open(3);
    const auto token = d.hold(a, "x");
    const auto early = d.wait(b, "x");
    CHECK(d.acquire(c, "x", lock::no_wait) == reply(lock::busy{}));
    const auto late = d.wait(c, "x", 500);
    d.release(a, token);
    CHECK(d.acquire(a, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.query(b, early) == state_is(request_state::granted, fencing_token(2)));
    CHECK(d.query(c, late) == state_is(request_state::queued));
}

TEST_CASE(
    "locks 3.12/38, M59: the head of the queue dies, and the next is granted in the same entry") {
    driver<> d;
    const auto a = d.open(1, 1'000);
    const auto b = d.open(2, 100);
    const auto c = d.open(3, 1'000);
    const auto token = d.hold(a, "x");
    d.wait(b, "x");
    const auto request = d.wait(c, "x");
    d.now = d.now + 100;
    CHECK(d.release(a, token) == reply(lock::released{0}));
    const fencing_token next(token.value() + 1);
    CHECK(d.events() == events{lock::session_ended{b}, lock::wait_granted{c, request, next}});
}

TEST_CASE(
    "locks 3.12/38: holder and head of the queue die in one step, and the dead one gets no token") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 110);
    const auto c = d.open(3, 1'000);
    const auto token = d.hold(a, "x");
    d.wait(b, "x");
    const auto request = d.wait(c, "x");
    d.pass(110);
    CHECK(d.events() == events{lock::session_ended{a}, lock::session_ended{b},
                               lock::wait_granted{c, request, fencing_token(token.value() + 1)}});
}

TEST_CASE(
    "a session whose holder dies hands its locks on in the order in which they were asked for") {
    driver<> d;
    const auto a = d.open(1, 100);
    const auto b = d.open(2, 1'000);
    d.hold(a, "z");
    d.hold(a, "y");
    const auto wants_y = d.wait(b, "y");
    const auto wants_z = d.wait(b, "z");
    d.pass(100);
    CHECK(d.events() == events{lock::session_ended{a},
                               lock::wait_granted{b, wants_z, fencing_token(3)},
                               lock::wait_granted{b, wants_y, fencing_token(4)}});
}

TEST_CASE(
    "locks 3.12/40: a time-out and a release in one entry: the time-out wins, the next is "
    "granted") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto c = d.open(3);
    const auto token = d.hold(a, "x");
    const auto early = d.wait(b, "x", 50);
    const auto late = d.wait(c, "x", 51);
    CHECK(d.table.next_deadline() == log_time(50));
    d.now = d.now + 50;
    d.release(a, token);
    CHECK(d.events() == events{lock::wait_ended{b, early, request_state::timed_out},
                               lock::wait_granted{c, late, fencing_token(2)}});
    CHECK(d.query(b, early) == state_is(request_state::timed_out));
    CHECK(d.table.next_deadline() == log_time(1'000));
}

TEST_CASE("timers fire in the order of deadline, then sessions before waits, then position") {
    driver<> d;
    const auto a = d.open(1, 1'000);
    const auto b = d.open(2, 60);
    const auto c = d.open(3, 60);
    d.hold(a, "x");
    const auto at_70 = d.wait(a, "x", 70, 1);
    const auto at_60 = d.wait(a, "x", 60, 2);
    const auto at_60_too = d.wait(a, "x", 60, 3);
    const auto at_50 = d.wait(a, "x", 50, 4);
    d.pass(80);
    constexpr auto over = request_state::timed_out;
    CHECK(d.events() == events{lock::wait_ended{a, at_50, over}, lock::session_ended{b},
                               lock::session_ended{c}, lock::wait_ended{a, at_60, over},
                               lock::wait_ended{a, at_60_too, over},
                               lock::wait_ended{a, at_70, over}});
}

TEST_CASE("locks 3.12/41: a try never waits, and a wait of one millisecond does") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(a, "x");
    CHECK(d.acquire(b, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.table.describe().locks[0].queue.empty());
    CHECK(d.acquire(b, "x", 1) == reply(lock::queued{}));
    CHECK(d.table.describe().locks[0].queue.size() == 1);
    d.pass(1);
    CHECK(d.table.describe().locks[0].queue.empty());
}

TEST_CASE("locks 3.12/42: a cancel before the grant withdraws, and the next moves up") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto c = d.open(3);
    const auto token = d.hold(a, "x");
    const auto request = d.wait(b, "x");
    d.wait(c, "x");
    CHECK(d.cancel(b, request, lock::on_granted::keep) == reply(lock::cancelled{}));
    d.release(a, token);
    CHECK(d.table.describe().locks[0].holders[0].owner.session == c);
    CHECK(d.query(b, request) == state_is(request_state::cancelled));
}

TEST_CASE("locks 3.12/42: a cancel after the grant keeps or releases, as it was told") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto c = d.open(3);
    const auto token = d.hold(a, "x");
    const auto request = d.wait(b, "x");
    d.wait(c, "x");
    d.release(a, token);
    const fencing_token next(token.value() + 1);
    CHECK(d.cancel(b, request, lock::on_granted::keep) == reply(lock::already_granted{next}));
    CHECK(d.cancel(b, request, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(d.table.describe().locks[0].holders[0].owner.session == c);

    d.hold(a, "y");  // granted at once: cancelled by its sequence all the same
    CHECK(d.cancel(a, d.last_sequence(a), lock::on_granted::release) == reply(lock::released{0}));
    CHECK(d.table.locks() == 1);
}

TEST_CASE("locks 3.12/42, 81: a cancel that overtakes its acquire keeps it from ever running") {
    driver<> d;
    const auto a = d.open(1);
    const lock::acquire asked{d.late_stamp(a), 0, "x"};
    const lock::cancel withdrawn{d.late_stamp(a), asked.stamp.sequence};
    CHECK(d.run(withdrawn) == reply(lock::cancelled{}));
    CHECK(d.run(asked) == reply(lock::cancelled{}));
    CHECK(d.run(withdrawn) == reply(lock::cancelled{}));
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/43: a cancel of what is unknown or over says so") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto token = d.hold(a, "x");
    const auto request = d.wait(b, "x", 50);
    const auto other = d.wait(b, "x", 60, 1);
    CHECK(d.cancel(a, 100, lock::on_granted::keep) == no(refusal::unknown_request));
    CHECK(d.cancel(a, 0, lock::on_granted::keep) == no(refusal::unknown_request));
    CHECK(d.cancel(a, request, lock::on_granted::keep) == reply(lock::already_granted{token}));
    d.release(a, token);
    CHECK(d.cancel(a, 1, lock::on_granted::keep) == no(refusal::unknown_request));  // released
    CHECK(d.cancel(b, other, lock::on_granted::keep) == reply(lock::cancelled{}));
    CHECK(d.cancel(b, other, lock::on_granted::keep) == reply(lock::cancelled{}));
    CHECK(d.acknowledge(b, other) == reply(lock::acknowledged{}));
    CHECK(d.acknowledge(b, other) == reply(lock::acknowledged{}));
    CHECK(d.cancel(b, other, lock::on_granted::keep) == no(refusal::unknown_request));
    CHECK(d.query(b, other) == no(refusal::unknown_request));

    const auto third = d.wait(a, "x", 10);
    d.pass(10);
    CHECK(d.cancel(a, third, lock::on_granted::release) == state_is(request_state::timed_out));
    const auto own = d.last_sequence(a) + 1;
    CHECK(d.cancel(a, own, lock::on_granted::release) == no(refusal::unknown_request));  // itself
}

TEST_CASE(
    "an end of a wait is kept until it is acknowledged, and a wait cannot be acknowledged away") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(a, "x");
    const auto request = d.wait(b, "x", 50);
    CHECK(d.acknowledge(b, request) == state_is(request_state::queued));
    CHECK(d.query(a, request) == state_is(request_state::granted, fencing_token(1)));
    d.pass(50);
    CHECK(d.table.describe().ended.size() == 1);
    CHECK(d.acknowledge(b, request) == reply(lock::acknowledged{}));
    CHECK(d.table.describe().ended.empty());
    CHECK(d.acknowledge(a, 1) == reply(lock::acknowledged{}));  // a hold stays one
    CHECK(d.table.locks() == 1);
}

TEST_CASE("locks 3.12/44: a session that closes takes its holds and its waiting requests with it") {
    driver<> d;
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(a, "x");
    d.hold(b, "y");
    d.wait(a, "y", 500, 1);
    const auto request = d.wait(b, "x");
    CHECK(d.close(a) == reply(lock::closed{}));
    const lock::state now = d.table.describe();
    REQUIRE(now.locks.size() == 2);
    CHECK(now.locks[0].holders[0].owner.session == b);
    CHECK(now.locks[1].queue.empty());
    CHECK(d.events() == events{lock::wait_granted{b, request, fencing_token(3)}});
    CHECK(d.table.next_deadline() == log_time(1'000));
}

TEST_CASE("locks 3.12/50: releasing more often than acquired is refused") {
    driver<> d;
    const auto a = d.open(1);
    const auto token = d.hold(a, "x");
    CHECK(d.release(a, token) == reply(lock::released{0}));
    CHECK(d.release(a, token) == no(refusal::stale_token));
}

TEST_CASE("locks 3.12/78: at every limit the answer is definite, and what gives back still works") {
    auto config = short_leases();
    config.sessions.max_sessions = 2;
    config.max_locks = 3;
    config.max_requests_per_session = 4;
    config.max_waiting_per_session = 2;
    config.max_waiting_per_lock = 3;
    config.max_wait_ms = 400;
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    CHECK(d.run(lock::open_session{{0, 3}, 1, 100}) == no(refusal::limit));
    CHECK(d.open(1) == a);  // no new session

    const auto x = d.hold(a, "x");
    d.hold(a, "y");
    d.hold(b, "z");
    CHECK(d.acquire(b, "w", lock::no_wait) == no(refusal::limit));  // a fourth lock
    CHECK(d.acquire(b, "x", 401) == no(refusal::limit));
    CHECK(d.acquire(b, "x", lock::wait_forever) == no(refusal::limit));

    const auto first = d.wait(b, "x", 100, 1);
    d.wait(b, "x", 200, 2);
    CHECK(d.acquire(b, "x", 100, 3) == no(refusal::limit));  // waiting requests of the session
    d.wait(a, "x", 100, 4);
    CHECK(d.acquire(a, "x", 100, 5) == no(refusal::limit));  // waiting requests of the lock
    d.wait(a, "z", 100, 6);
    CHECK(d.acquire(a, "z", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.acquire(a, "w", lock::no_wait) == no(refusal::limit));  // requests of the session

    d.pass(100);  // ended, yet they count until they are acknowledged
    CHECK(d.acquire(b, "y", 100, 3) == no(refusal::limit));
    CHECK(d.acknowledge(b, first) == reply(lock::acknowledged{}));
    CHECK(d.acquire(b, "y", 100, 3) == reply(lock::queued{}));
    CHECK(d.keep(a) == reply(lock::kept{1'000}));
    CHECK(d.release(a, x) == reply(lock::released{0}));
    CHECK(d.close(a) == reply(lock::closed{}));
    CHECK(d.close(b) == reply(lock::closed{}));
}

TEST_CASE(
    "locks 3.12/78: holds, waits and unacknowledged ends of one session are limited together") {
    auto config = short_leases();
    config.max_requests_per_session = 3;
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(b, "x");
    const auto token = d.hold(a, "y");
    d.hold(a, "z");
    const auto request = d.wait(a, "x", 10);
    CHECK(d.acquire(a, "w", lock::no_wait) == no(refusal::limit));
    CHECK(d.acquire(a, "x", 10, 1) == no(refusal::limit));
    CHECK(d.acquire(a, "x", lock::no_wait) == reply(lock::busy{}));
    d.pass(10);
    CHECK(d.acquire(a, "w", lock::no_wait) == no(refusal::limit));
    CHECK(d.acknowledge(a, request) == reply(lock::acknowledged{}));
    d.hold(a, "w");
    CHECK(d.acquire(a, "v", lock::no_wait) == no(refusal::limit));
    CHECK(d.release(a, token) == reply(lock::released{0}));
    d.hold(a, "v");
}

TEST_CASE("a name that is empty or too long, and a flag that does not exist, get an answer each") {
    auto config = short_leases();
    config.max_name_bytes = 20;
    driver<> d(config);
    const auto a = d.open(1);
    CHECK(d.acquire(a, "") == no(refusal::name_empty));
    CHECK(d.acquire(a, std::string(21, 'n')) == no(refusal::name_too_long));
    CHECK(holds_alternative<lock::granted>(d.acquire(a, std::string(20, 'n'))));
    lock::acquire asked{d.stamp(a), 0, "x"};
    for (const std::uint8_t unknown : {std::uint8_t{0x80}, std::uint8_t{lock::allow_small_pass}}) {
        asked.stamp = d.stamp(a);
        asked.flags = unknown;
        CHECK(d.run(asked) == no(refusal::malformed));
    }
    CHECK(d.table.locks() == 1);
}

TEST_CASE("bytes that are no command are answered, and change nothing but the time") {
    driver<> d;
    d.open(1);
    for (const std::string_view text :
         {"", "\x01", "\x01\x07", "\x02\x01", "\x01\xff", "nonsense"}) {
        bytes answer;
        byte_writer out(answer);
        d.table.apply({{slot(100), 0}, d.now}, as_bytes(text), out);
        reply read;
        REQUIRE(lock::decode(answer, read));
        CHECK(read == no(refusal::malformed));
    }
    CHECK(d.table.sessions().size() == 1);
}

TEST_CASE("apply and execute are the same") {
    driver<> typed;
    driver<> encoded;
    const lock::command open = lock::open_session{{1, 2}, 3, 100};
    bytes asked;
    byte_writer to_asked(asked);
    lock::encode(open, to_asked);
    bytes answer;
    byte_writer to_answer(answer);
    encoded.table.apply({{slot(1), 0}, log_time(5)}, asked, to_answer);
    reply read;
    REQUIRE(lock::decode(answer, read));
    CHECK(read == typed.execute({{slot(1), 0}, log_time(5)}, open));
    CHECK(encoded.table == typed.table);
    CHECK(encoded.table.state_hash() == typed.table.state_hash());
}

TEST_CASE("time never goes back") {
    driver<> d;
    d.pass(50);
    d.advance(log_time(10));
    CHECK(d.table.sessions().now() == log_time(50));
}

TEST_CASE("events that nobody takes are kept up to a bound") {
    driver<> d;
    const auto a = d.open(1, 100'000);
    d.hold(a, "x", 1);
    const std::size_t more = lock::table::max_events + 10;
    for (std::size_t i = 0; i < more; ++i) {
        const position at{slot(100 + i), 0};
        const lock::acquire asked{d.stamp(a), 2, "x", lock::mode::exclusive, 1, 0};
        static_cast<void>(d.execute({at, d.now}, asked));
        d.pass(1);
        const lock::acknowledge end{d.stamp(a), asked.stamp.sequence};
        static_cast<void>(d.execute({at, d.now}, end));
        if (i % 1'000 == 0) static_cast<void>(d.execute({at, d.now}, lock::keep_alive{d.stamp(a)}));
    }
    const events kept = d.events();
    CHECK(kept.size() == lock::table::max_events);
    CHECK(d.events().empty());
}

TEST_CASE("a reply is kept alone, whatever stands before it where it is written") {
    driver<> d;
    const session_id a = d.open(1);
    bytes asked;
    byte_writer to_asked(asked);
    const request_stamp stamp = d.stamp(a);
    lock::encode(lock::command(lock::keep_alive{stamp}), to_asked);
    bytes said(5, std::byte{9});
    byte_writer out(said);
    d.table.apply({position(slot(100), 0), d.now}, asked, out);
    const bytes first(said.begin() + 5, said.end());
    d.table.apply({position(slot(101), 0), d.now}, asked, out);
    CHECK(bytes(said.begin() + 5 + static_cast<std::ptrdiff_t>(first.size()), said.end()) == first);
    lock::reply told;
    REQUIRE(lock::decode(first, told));
    CHECK(holds_alternative<lock::kept>(told));
}

// A request for several locks passes the queue always, also where it names but one.
TEST_CASE("what is granted at once leaves the same as what has passed the queue") {
    const auto with = [](lock::mode wanted, lock::policy by, const lock::terms& terms) {
        driver<> at_once;
        driver<> queued;
        bytes left[2];
        std::size_t which = 0;
        for (driver<>* const d : {&at_once, &queued}) {
            const session_id a = d->open(1);
            const session_id b = d->open(2);
            d->hold(b, "other");
            d->wait(a, "other");
            d->hold_in(lock::mode::shared, b, "shared");
            for (const char* const name : {"free", "shared"}) {
                const bool is_free = std::string(name) == "free" || wanted == lock::mode::shared;
                if (!is_free) continue;
                const lock::policy its = std::string(name) == "free" ? by : lock::policy::any;
                lock::acquire one{d->stamp(a), 0, name, wanted};
                one.terms = terms;
                one.policy = its;
                lock::acquire_all all{one.stamp, 0, {{name, wanted}}};
                all.terms = terms;
                all.policy = its;
                const lock::reply said = d == &at_once ? d->run(one) : d->run(all);
                REQUIRE(holds_alternative<lock::granted>(said));
            }
            CHECK(d->events().empty());
            left[which++] = snapshot_of(d->table);
        }
        return left[0] == left[1];
    };
    lock::terms urgent;
    urgent.priority = 9;
    for (const lock::mode wanted : all_modes) {
        for (const lock::policy by : {lock::policy::fifo, lock::policy::priority}) {
            CHECK(with(wanted, by, {}));
            CHECK(with(wanted, by, urgent));
        }
    }
}
