// tests/unit/lock/modes.cpp - holds in three modes: who holds beside whom, who is next, and who
// acquires again.
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

TEST_CASE("locks 3.3: which modes are held beside which") {
    constexpr bool goes_beside[3][3] = {
        {true, true, false}, {true, false, false}, {false, false, false}};
    for (const mode held : all_modes) {
        for (const mode asked : all_modes) {
            INFO(static_cast<int>(held) << " is held and " << static_cast<int>(asked) << " asked");
            trio d;
            d.hold_in(held, d.a, "x");
            const reply answer = d.acquire_in(asked, d.b, "x", lock::no_wait);
            const bool expected = goes_beside[static_cast<int>(held)][static_cast<int>(asked)];
            CHECK(holds_alternative<lock::granted>(answer) == expected);
        }
    }
}

TEST_CASE("locks 3.12/28: each shared holder has a token of its own") {
    trio d;
    const auto first = d.hold_in(mode::shared, d.a, "x");
    const auto second = d.hold_in(mode::shared, d.b, "x");
    CHECK(second > first);
    CHECK(d.release(d.a, second) == no(refusal::not_owner));
    CHECK(d.release(d.a, first) == reply(lock::released{0}));
    CHECK(d.table.locks() == 1);
    CHECK(d.release(d.b, second) == reply(lock::released{0}));
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/33: a reader behind a waiting writer waits, and the writer is next") {
    trio d;
    const auto read = d.hold_in(mode::shared, d.a, "x");
    d.wait_in(mode::exclusive, d.b, "x");
    CHECK(d.acquire_in(mode::shared, d.c, "x", lock::no_wait) == reply(lock::busy{}));
    d.wait_in(mode::shared, d.c, "x");
    d.release(d.a, read);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE(
    "locks 3.12/34: readers at the front are granted together, those behind a writer after it") {
    trio d;
    const auto writer = d.open(4, 100'000);
    const auto late = d.open(5, 100'000);
    const auto latest = d.open(6, 100'000);
    const auto first = d.hold(d.a, "x");
    d.wait_in(mode::shared, d.b, "x");
    d.wait_in(mode::shared, d.c, "x");
    d.wait_in(mode::exclusive, writer, "x");
    d.wait_in(mode::shared, late, "x");
    d.wait_in(mode::shared, latest, "x");
    d.release(d.a, first);
    CHECK(granted_to(d.events()) == std::vector{d.b, d.c});
    const auto last = d.table.last_token();
    d.release(d.b, fencing_token(last.value() - 1));
    CHECK(granted_to(d.events()).empty());
    d.release(d.c, last);
    CHECK(granted_to(d.events()) == std::vector{writer});
    d.release(writer, d.table.last_token());
    CHECK(granted_to(d.events()) == std::vector{late, latest});
}

TEST_CASE("locks 3.12/39: a writer whose session ends between readers no longer parts them") {
    trio d;
    d.hold_in(mode::shared, d.a, "x");
    d.wait_in(mode::exclusive, d.b, "x");
    d.wait_in(mode::shared, d.c, "x");
    d.close(d.b);
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/42: a cancel of a hold that was acquired again gives one acquisition back") {
    trio d;
    const auto mine = d.hold(d.a, "x");
    const auto request = d.last_sequence(d.a);
    d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait, lock::reentrant);
    CHECK(d.cancel(d.a, d.last_sequence(d.a), lock::on_granted::release) ==
          no(refusal::unknown_request));
    CHECK(d.cancel(d.a, request, lock::on_granted::release) == reply(lock::released{1}));
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/28: who acquires again has the same token, and passes the queue") {
    trio d;
    const auto mine = d.hold(d.a, "x");
    d.wait(d.b, "x");
    CHECK(d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait, lock::reentrant) ==
          reply(lock::granted{mine}));
    CHECK(d.release(d.a, mine) == reply(lock::released{1}));
    CHECK(granted_to(d.events()).empty());
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE(
    "locks 3.12/49: an exclusive holder that reads again stays exclusive until both are given "
    "back") {
    trio d;
    const auto mine = d.hold(d.a, "x");
    CHECK(d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant) ==
          reply(lock::granted{mine}));
    d.wait_in(mode::shared, d.b, "x");
    CHECK(d.release(d.a, mine) == reply(lock::released{1}));
    CHECK(granted_to(d.events()).empty());
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/50: acquisitions of one hold are limited, and each is given back once") {
    auto config = short_leases();
    config.max_reentrancy = 2;
    driver<> d(config);
    const auto a = d.open(1);
    const auto mine = d.hold(a, "x");
    const auto again = [&] {
        return d.acquire_in(mode::exclusive, a, "x", lock::no_wait, lock::reentrant);
    };
    CHECK(again() == reply(lock::granted{mine}));
    CHECK(again() == no(refusal::limit));
    CHECK(d.release(a, mine) == reply(lock::released{1}));
    CHECK(d.release(a, mine) == reply(lock::released{0}));
    CHECK(d.release(a, mine) == no(refusal::stale_token));
}

TEST_CASE("locks 3.12/23: who acquires again after its session is over is refused") {
    driver<> d;
    const auto a = d.open(1, 100);
    d.hold(a, "x");
    d.pass(100);
    CHECK(d.acquire_in(mode::exclusive, a, "x", lock::no_wait, lock::reentrant) ==
          no(refusal::session_expired));
}
