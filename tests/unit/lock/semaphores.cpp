// tests/unit/lock/semaphores.cpp - permits, and holds that are given back together.
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

/// Of a semaphore "s".
struct permits : trio {
    reply ask(session_id who, std::uint32_t number, std::uint64_t wait_ms = lock::wait_forever,
              std::uint32_t capacity = 3, std::uint64_t tag = 0) {
        return run(lock::acquire_permits{stamp(who), tag, "s", number, capacity, wait_ms});
    }
    fencing_token take(session_id who, std::uint32_t number, std::uint64_t tag = 0) {
        return token_of(ask(who, number, lock::no_wait, 3, tag));
    }
    reply resize(std::uint32_t capacity) {
        return run(lock::set_capacity{stamp(a), "s", capacity});
    }
    reply give_back(session_id who, std::vector<fencing_token> tokens, std::uint64_t tag = 0) {
        return run(lock::release_all{stamp(who), tag, std::move(tokens)});
    }
};

}  // namespace

TEST_CASE("a semaphore has as many permits as it was made with, and hands on what comes back") {
    permits d;
    const auto two = d.take(d.a, 2);
    d.take(d.b, 1);
    CHECK(d.ask(d.c, 1, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.ask(d.c, 2) == reply(lock::queued{}));
    CHECK(d.release(d.a, two) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/51: none, or more than there are, are an error at once") {
    permits d;
    CHECK(d.ask(d.a, 4) == no(refusal::permits_out_of_range));
    CHECK(d.ask(d.a, 0) == no(refusal::permits_out_of_range));
    CHECK(d.table.locks() == 0);
    d.take(d.a, 3);
    CHECK(d.ask(d.b, 4, lock::wait_forever, 0) == no(refusal::permits_out_of_range));
}

TEST_CASE("locks 3.12/51: a capacity below what is held grants nothing until enough came back") {
    permits d;
    const auto first = d.take(d.a, 2);
    d.take(d.b, 1);
    CHECK(d.resize(1) == reply(lock::resized{3}));
    CHECK(d.ask(d.c, 1, lock::wait_forever, 0) == reply(lock::queued{}));
    d.release(d.a, first);
    CHECK(d.events().empty());
    d.close(d.b);
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/51: a capacity that rises lets in who waits, in the order of arrival") {
    permits d;
    d.take(d.a, 3);
    CHECK(d.ask(d.b, 2) == reply(lock::queued{}));
    CHECK(d.ask(d.c, 1) == reply(lock::queued{}));
    CHECK(d.resize(4) == reply(lock::resized{3}));
    CHECK(d.events().empty());
    CHECK(d.resize(6) == reply(lock::resized{4}));
    CHECK(granted_to(d.events()) == std::vector{d.b, d.c});
}

TEST_CASE("a request for more than is left of a lowered capacity waits until it rises again") {
    permits d;
    const auto all = d.take(d.a, 3);
    CHECK(d.ask(d.b, 3) == reply(lock::queued{}));
    d.resize(2);
    d.release(d.a, all);
    CHECK(d.events().empty());
    CHECK(d.resize(3) == reply(lock::resized{2}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/53: a request for many is not overtaken by those for few") {
    permits d;
    const auto one = d.take(d.a, 1);
    CHECK(d.ask(d.b, 3) == reply(lock::queued{}));
    CHECK(d.ask(d.c, 1, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.ask(d.c, 1) == reply(lock::queued{}));
    d.release(d.a, one);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("who has permits asks for more like anybody, and each grant is a hold of its own") {
    permits d;
    const auto first = d.take(d.a, 1);
    const auto second = d.take(d.a, 2);
    CHECK(second > first);
    CHECK(d.ask(d.a, 1) == reply(lock::queued{}));
    d.release(d.a, first);
    CHECK(granted_to(d.events()) == std::vector{d.a});
}

TEST_CASE("locks 3.12/54: locks and semaphores of one name do not go together") {
    permits d;
    d.take(d.a, 1);
    CHECK(d.acquire(d.b, "s") == no(refusal::kind_mismatch));
    CHECK(d.acquire_all(d.b, {"r", "s"}) == no(refusal::kind_mismatch));
    CHECK(d.ask(d.b, 1, lock::no_wait, 4) == no(refusal::kind_mismatch));
    CHECK(d.convert(d.a, d.table.last_token(), mode::exclusive) == no(refusal::kind_mismatch));
    d.release(d.a, d.table.last_token());
    const auto lock = d.hold(d.b, "s");
    CHECK(d.ask(d.a, 1) == no(refusal::kind_mismatch));
    CHECK(d.ask(d.a, 1, lock::no_wait, 0) == no(refusal::kind_mismatch));
    CHECK(d.resize(2) == no(refusal::kind_mismatch));
    d.release(d.b, lock);
    CHECK(d.ask(d.a, 1, lock::no_wait, 0) == no(refusal::unknown_lock));
    CHECK(d.resize(2) == no(refusal::unknown_lock));
    CHECK(d.resize(0) == no(refusal::permits_out_of_range));
}

TEST_CASE("names and waits of semaphores are bounded like those of locks") {
    auto config = short_leases();
    config.max_wait_ms = 10;
    config.max_waiting_per_lock = 1;
    driver<> d(config);
    const auto a = d.open(1);
    const auto ask = [&](std::string name, std::uint64_t wait_ms) {
        return d.run(lock::acquire_permits{d.stamp(a), 0, std::move(name), 1, 1, wait_ms});
    };
    CHECK(ask("", 0) == no(refusal::name_empty));
    CHECK(ask(std::string(513, 'n'), 0) == no(refusal::name_too_long));
    CHECK(ask("s", 11) == no(refusal::limit));
    CHECK(holds_alternative<lock::granted>(ask("s", 10)));
    CHECK(ask("s", 10) == reply(lock::queued{}));
    CHECK(ask("s", 10) == no(refusal::limit));
    d.pass(10);
    CHECK(d.events().size() == 1);
}

TEST_CASE("locks 3.12/52: a list of holds is given back whole, or not at all, and says why") {
    permits d;
    const auto first = d.take(d.a, 1);
    const auto second = d.take(d.a, 1);
    const auto other = d.take(d.b, 1);
    d.release(d.a, first);
    const lock::not_released wrong{{{first, refusal::stale_token}, {other, refusal::not_owner}}};
    CHECK(d.give_back(d.a, {other, second, first}) == reply(wrong));
    CHECK(d.ask(d.c, 2, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.give_back(d.a, {second}, 1) ==
          reply(lock::not_released{{{second, refusal::not_owner}}}));
    CHECK(d.give_back(d.a, {second}) == reply(lock::released{0}));
    CHECK(d.give_back(d.a, {}) == reply(lock::released{0}));
}

TEST_CASE("locks that were taken together are given back together, and handed on at once") {
    permits d;
    const auto first = token_of(d.acquire_all(d.a, {"x", "y"}, lock::no_wait));
    const fencing_token second(first.value() + 1);
    CHECK(d.acquire_all(d.b, {"x", "y"}) == reply(lock::queued{}));
    CHECK(d.give_back(d.a, {second, first}) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("a token that is given twice is two releases") {
    permits d;
    const auto held = d.hold(d.a, "x");
    for (int i = 0; i < 3; ++i) {
        d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait, lock::reentrant);
    }
    CHECK(d.give_back(d.a, {held, held}) == reply(lock::released{2}));
    CHECK(d.give_back(d.a, {held, held, held}) ==
          reply(lock::not_released{{{held, refusal::stale_token}}}));
    CHECK(d.give_back(d.a, {held, held}) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/74: a snapshot keeps permits, and a capacity that was changed") {
    permits d;
    const auto held = d.take(d.a, 3);
    CHECK(d.ask(d.b, 2) == reply(lock::queued{}));
    d.resize(2);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    d.table = std::move(copy);
    d.release(d.a, held);
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(d.ask(d.c, 1, lock::no_wait, 0) == reply(lock::busy{}));
}
