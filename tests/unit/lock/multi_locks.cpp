// tests/unit/lock/multi_locks.cpp - several locks asked for at once: all of them or none, in the
// order of arrival.
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
using lock::request_state;

namespace {

/// The holders of a lock by their sessions, in order of token.
std::vector<session_id> holders_of(const lock::table& table, const std::string& name) {
    std::vector<session_id> found;
    for (const lock::lock_record& lock : table.describe().locks) {
        if (lock.name != name) continue;
        for (const lock::request_record& one : lock.holders) found.push_back(one.owner.session);
    }
    return found;
}

}  // namespace

TEST_CASE("several free locks are held at once, with consecutive tokens in order of name") {
    trio d;
    const auto first = token_of(d.acquire_all(d.a, {"c", "a", "b"}, lock::no_wait));
    const lock::state now = d.table.describe();
    REQUIRE(now.locks.size() == 3);
    for (std::uint64_t i = 0; i < 3; ++i) {
        CHECK(now.locks[i].holders[0].token == fencing_token(first.value() + i));
    }
    CHECK(d.acquire_all(d.b, {"z", "b"}, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.release(d.a, fencing_token(first.value() + 1)) == reply(lock::released{0}));
    CHECK(token_of(d.acquire_all(d.b, {"z", "b"}, lock::no_wait)).value() == first.value() + 3);
}

TEST_CASE("locks 3.12/55: {A,B} and {B,A} from two owners follow each other, and stop nobody") {
    trio d;
    const auto held = d.hold(d.c, "b");
    CHECK(d.acquire_all(d.a, {"a", "b"}) == reply(lock::queued{}));
    const auto first = d.last_sequence(d.a);
    CHECK(d.acquire_all(d.b, {"b", "a"}) == reply(lock::queued{}));
    CHECK(holders_of(d.table, "a").empty());
    d.release(d.c, held);
    CHECK(granted_to(d.events()) == std::vector{d.a});
    CHECK(holders_of(d.table, "a") == std::vector{d.a});
    CHECK(holders_of(d.table, "b") == std::vector{d.a});
    CHECK(d.cancel(d.a, first, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(holders_of(d.table, "a") == std::vector{d.b});
    CHECK(holders_of(d.table, "b") == std::vector{d.b});
}

TEST_CASE("locks 3.12/56: who waits for two locks keeps those who come later from the free one") {
    trio d;
    const auto held = d.hold(d.a, "a");
    CHECK(d.acquire_all(d.b, {"a", "b"}) == reply(lock::queued{}));
    CHECK(d.acquire(d.c, "b", lock::no_wait) == reply(lock::busy{}));
    d.wait(d.c, "b");
    d.release(d.a, held);
    CHECK(granted_to(d.events()) == std::vector{d.b});
    const auto second = d.table.last_token();
    CHECK(d.release(d.b, second) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE(
    "locks 3.12/57, M62: a request for several locks that is cancelled or times out leaves "
    "nothing, "
    "and hands every queue on") {
    const auto ends_by = [](auto&& end, std::uint64_t wait_ms) {
        trio d;
        d.hold(d.a, "a");
        CHECK(d.acquire_all(d.b, {"a", "b", "c"}, wait_ms) == reply(lock::queued{}));
        d.wait(d.c, "b");
        d.wait(d.c, "c");
        end(d);
        CHECK(holders_of(d.table, "b") == std::vector{d.c});
        CHECK(holders_of(d.table, "c") == std::vector{d.c});
        CHECK(granted_to(d.events()) == std::vector{d.c, d.c});
    };
    ends_by(
        [](trio& d) {
            CHECK(d.cancel(d.b, d.last_sequence(d.b), lock::on_granted::release) ==
                  reply(lock::cancelled{}));
        },
        lock::wait_forever);
    ends_by([](trio& d) { d.pass(20); }, 20);
    ends_by([](trio& d) { d.close(d.b); }, lock::wait_forever);
}

TEST_CASE("locks 3.12/57: a cancel gives back all that was granted, or keeps all of it") {
    trio d;
    const auto first = token_of(d.acquire_all(d.a, {"a", "b", "c"}, lock::no_wait));
    const auto request = d.last_sequence(d.a);
    CHECK(d.cancel(d.a, request, lock::on_granted::keep) == reply(lock::already_granted{first}));
    d.release(d.a, first);
    CHECK(d.query(d.a, request) == reply(lock::request_status{request_state::granted, first}));
    CHECK(d.cancel(d.a, request, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(d.table.describe().locks.empty());
    CHECK(d.query(d.a, request) == no(refusal::unknown_request));
}

TEST_CASE("a cancel takes one acquisition from each lock of a request, and says what is left") {
    trio d;
    d.acquire_all(d.a, {"a", "b"}, lock::no_wait);
    const auto request = d.last_sequence(d.a);
    d.acquire_in(mode::exclusive, d.a, "b", lock::no_wait, lock::reentrant);
    CHECK(d.cancel(d.a, request, lock::on_granted::release) == reply(lock::released{1}));
    CHECK(holders_of(d.table, "a").empty());
    CHECK(holders_of(d.table, "b") == std::vector{d.a});
    CHECK(d.cancel(d.a, request, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(d.table.describe().locks.empty());
}

TEST_CASE("locks 3.12/58: names that are given twice count once, in the stronger mode") {
    trio d;
    lock::acquire_all asked{d.stamp(d.a), 0, {}, lock::no_wait};
    asked.locks = {{"x", mode::shared}, {"y", mode::shared}, {"x", mode::exclusive}};
    const auto first = token_of(d.run(asked));
    CHECK(d.table.last_token().value() == first.value() + 1);
    CHECK(d.acquire_in(mode::shared, d.b, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(holds_alternative<lock::granted>(d.acquire_in(mode::shared, d.b, "y", lock::no_wait)));
}

TEST_CASE("locks 3.12/58: no name, too many names, and names that are none are refused") {
    trio d;
    CHECK(d.acquire_all(d.a, {}) == no(refusal::name_empty));
    CHECK(d.acquire_all(d.a, {"x", ""}) == no(refusal::name_empty));
    CHECK(d.acquire_all(d.a, {"x", std::string(513, 'n')}) == no(refusal::name_too_long));
    std::vector<std::string> many;
    for (int i = 0; i < 10'000; ++i) many.push_back("lock " + std::to_string(i));
    CHECK(d.acquire_all(d.a, many) == no(refusal::limit));
    many.resize(lock::config{}.max_locks_per_request);
    CHECK(holds_alternative<lock::granted>(d.acquire_all(d.a, many)));
    CHECK(d.table.locks() == many.size());
}

TEST_CASE("locks 3.8: each lock of a request counts against the limits") {
    auto config = short_leases();
    config.max_requests_per_session = 3;
    config.max_waiting_per_session = 2;
    config.max_locks = 4;
    driver<> d(config);
    const auto a = d.open(1, 100'000);
    const auto b = d.open(2, 100'000);
    CHECK(d.acquire_all(a, {"1", "2", "3", "4"}) == no(refusal::limit));
    const auto first = token_of(d.acquire_all(a, {"1", "2", "3"}));
    CHECK(d.acquire(a, "4") == no(refusal::limit));
    CHECK(d.acquire_all(b, {"4", "5"}) == no(refusal::limit));
    CHECK(d.acquire_all(b, {"1", "2", "4"}) == no(refusal::limit));
    CHECK(d.acquire_all(b, {"1", "4"}) == reply(lock::queued{}));
    CHECK(d.acquire(b, "2") == no(refusal::limit));
    d.release(a, first);
    CHECK(granted_to(d.events()) == std::vector{b});
    d.wait(b, "2");
}

TEST_CASE("locks 3.7: who holds one of the locks already would wait for itself") {
    trio d;
    d.hold_in(mode::shared, d.a, "x");
    CHECK(d.acquire_all(d.a, {"w", "x"}) == no(refusal::self_deadlock));
    CHECK(d.acquire_all(d.a, {"w", "x"}, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.table.locks() == 1);
}

TEST_CASE("readers of several locks hold them together, and a writer waits for all of them") {
    trio d;
    const auto reads = token_of(d.acquire_all(d.a, {"x", "y"}, lock::no_wait, mode::shared));
    CHECK(holds_alternative<lock::granted>(
        d.acquire_all(d.b, {"x", "y"}, lock::no_wait, mode::shared)));
    CHECK(d.acquire_all(d.c, {"x", "y"}) == reply(lock::queued{}));
    d.release(d.a, reads);
    d.release(d.a, fencing_token(reads.value() + 1));
    d.release(d.b, fencing_token(reads.value() + 2));
    CHECK(granted_to(d.events()).empty());
    d.release(d.b, fencing_token(reads.value() + 3));
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("one of several locks is upgraded and given back like any other") {
    trio d;
    const auto first = token_of(d.acquire_all(d.a, {"x", "y"}, lock::no_wait, mode::shared));
    const auto request = d.last_sequence(d.a);
    const auto upgraded = token_of(d.convert(d.a, first, mode::exclusive));
    CHECK(d.query(d.a, request) == reply(lock::request_status{request_state::granted, first}));
    CHECK(d.cancel(d.a, request, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(holders_of(d.table, "y").empty());
    CHECK(d.release(d.a, upgraded) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/30: too few tokens for all locks of a request are none for it") {
    auto config = short_leases();
    config.tokens_after = fencing_token(0, fencing_token::max_counter - 2);
    driver<> d(config);
    const auto a = d.open(1, 100'000);
    const auto b = d.open(2, 100'000);
    CHECK(d.acquire_all(a, {"x", "y", "z"}) == no(refusal::token_space_exhausted));
    CHECK(d.table.locks() == 0);
    const auto held = d.hold(a, "x");
    CHECK(d.acquire_all(b, {"x", "y"}) == reply(lock::queued{}));
    d.release(a, held);
    CHECK(d.events() == std::vector<lock::event>{lock::wait_ended{
                            b, d.last_sequence(b), request_state::token_space_exhausted}});
    CHECK(d.table.locks() == 0);
    d.hold(b, "y");
}

TEST_CASE("locks 3.12/15, 16: sent again, it keeps its place and gets the same token") {
    trio d;
    const auto held = d.hold(d.a, "x");
    const lock::acquire_all asked{d.late_stamp(d.b), 0, {{"x"}, {"y"}}, lock::wait_forever};
    CHECK(d.run(asked) == reply(lock::queued{}));
    CHECK(d.run(asked) == reply(lock::queued{}));
    d.release(d.a, held);
    const auto first = fencing_token(held.value() + 1);
    CHECK(d.run(asked) == reply(lock::granted{first}));
    CHECK(d.table.last_token().value() == first.value() + 1);
    d.run(lock::release{d.late_stamp(d.b), 0, first});
    CHECK(d.run(asked) == reply(lock::granted{first}));
    const lock::acquire_all at_once{d.late_stamp(d.a), 0, {{"p"}, {"q"}}, lock::no_wait};
    const auto token = token_of(d.run(at_once));
    d.run(lock::release{d.late_stamp(d.a), 0, token});
    CHECK(d.run(at_once) == reply(lock::granted{token}));
}

TEST_CASE("locks 3.12/42: a cancel that overtakes it keeps it from ever running") {
    trio d;
    const lock::acquire_all late{d.late_stamp(d.a), 0, {{"x"}, {"y"}}, lock::wait_forever};
    const lock::cancel cancel{d.late_stamp(d.a), late.stamp.sequence, lock::on_granted::release};
    CHECK(d.run(cancel) == reply(lock::cancelled{}));
    CHECK(d.run(late) == reply(lock::cancelled{}));
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/74: a snapshot keeps what waits for several locks, and what holds them") {
    trio d;
    const auto held = d.hold(d.a, "m");
    const auto first = token_of(d.acquire_all(d.b, {"k", "l"}, lock::no_wait));
    CHECK(d.acquire_all(d.c, {"z", "m", "a"}) == reply(lock::queued{}));
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    d.table = std::move(copy);
    d.release(d.a, held);
    CHECK(granted_to(d.events()) == std::vector{d.c});
    const lock::state now = d.table.describe();
    REQUIRE(now.locks.size() == 5);
    CHECK(now.locks[0].holders[0].token == fencing_token(first.value() + 2));
    CHECK(now.locks[3].holders[0].token == fencing_token(first.value() + 3));
    CHECK(now.locks[4].holders[0].token == fencing_token(first.value() + 4));
}
