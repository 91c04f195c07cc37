// tests/unit/lock/delays.cpp - lock-delays: how long a lock stays closed whose holder was lost, and
// who may have it back.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>
#include <synod/log/session_config.hpp>

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

/// One client with short sessions and a lock-delay, and two others that live long and have none.
struct delayed : driver<> {
    explicit delayed(const lock::config& config = short_leases()) : driver<>(config) {}

    session_id open_delayed(std::uint64_t client, std::uint64_t nonce, std::uint64_t delay_ms) {
        const lock::open_session asked{{0, client}, nonce, 100, delay_ms};
        return get<lock::opened>(run(asked)).session;
    }
    reply reclaim(session_id who, const std::string& name, mode wanted = mode::exclusive,
                  std::uint64_t wait_ms = lock::no_wait) {
        return acquire_in(wanted, who, name, wait_ms, lock::reclaim);
    }
    bool is_held(const reply& answer) { return holds_alternative<lock::granted>(answer); }
    bool is_busy(const reply& answer) { return holds_alternative<lock::busy>(answer); }
    std::vector<lock::delay_record> delays() {
        const lock::state all = table.describe();
        REQUIRE(all.locks.size() == 1);
        return all.locks[0].delays;
    }

    session_id lost = open_delayed(1, 1, 30);
    session_id b = open(2, 100'000);
    session_id c = open(3, 100'000);
};

}  // namespace

TEST_CASE(
    "locks 3.12/60: nobody gets what an expired holder had until the delay is over, and then at "
    "once") {
    delayed d;
    d.hold(d.lost, "x");
    const auto exclusive = d.wait(d.b, "x");
    d.pass(100);
    CHECK(granted_to(d.events()).empty());
    CHECK(d.is_busy(d.acquire_in(mode::shared, d.c, "x", lock::no_wait)));
    CHECK(d.query(d.b, exclusive) == reply(lock::request_status{lock::request_state::queued, {}}));
    CHECK(d.table.next_deadline() == d.now + 30);
    d.pass(29);
    CHECK(granted_to(d.events()).empty());
    d.pass(1);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/60: a lock that nobody waits for is kept for its delay, and no longer") {
    delayed d;
    d.hold(d.lost, "x");
    d.pass(100);
    CHECK(d.table.locks() == 1);
    CHECK(d.is_busy(d.acquire(d.b, "x", lock::no_wait)));
    d.pass(30);
    CHECK(d.table.locks() == 0);
    CHECK(d.is_held(d.acquire(d.b, "x", lock::no_wait)));
}

TEST_CASE("locks 3.12/61: what an expired reader leaves keeps out writers only") {
    delayed d;
    d.hold_in(mode::shared, d.lost, "x");
    d.pass(100);
    CHECK(d.is_busy(d.acquire(d.b, "x", lock::no_wait)));
    const auto reader = d.hold_in(mode::shared, d.b, "x");
    CHECK(d.is_held(d.acquire_in(mode::update, d.c, "x", lock::no_wait)));
    d.release(d.b, reader);
    d.pass(30);
    CHECK(d.delays().empty());
}

TEST_CASE("what an expired holder for update leaves keeps out writers, and others for update") {
    delayed d;
    d.hold_in(mode::update, d.lost, "x");
    d.pass(100);
    CHECK(d.is_busy(d.acquire(d.b, "x", lock::no_wait)));
    CHECK(d.is_busy(d.acquire_in(mode::update, d.b, "x", lock::no_wait)));
    CHECK(d.is_held(d.acquire_in(mode::shared, d.b, "x", lock::no_wait)));
}

TEST_CASE(
    "locks 3.12/62: what is closed or released leaves no delay, nor does a session without one") {
    delayed d;
    d.hold(d.lost, "x");
    d.close(d.lost);
    CHECK(d.table.locks() == 0);

    const auto released = d.open_delayed(1, 2, 30);
    d.release(released, d.hold(released, "x"));
    CHECK(d.table.locks() == 0);

    const auto without = d.open_delayed(1, 3, 0);
    d.hold(without, "x");
    d.pass(100);
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/62: a delay is cut off at the limit, and what the first open said counts") {
    lock::config config = short_leases();
    config.max_lock_delay_ms = 50;
    delayed d(config);
    const auto greedy = d.open_delayed(4, 1, 1'000);
    CHECK(d.open_delayed(4, 1, 10) == greedy);
    d.hold(greedy, "x");
    d.pass(100);
    d.pass(49);
    CHECK(d.table.locks() == 1);
    d.pass(1);
    CHECK(d.table.locks() == 0);
}

TEST_CASE(
    "locks 3.12/63: its client may reclaim within the delay, under a new token, ahead of those who "
    "wait") {
    delayed d;
    const auto before = d.hold(d.lost, "x");
    d.wait(d.b, "x");
    d.pass(100);
    CHECK(d.is_busy(d.reclaim(d.c, "x")));
    const auto again = d.open_delayed(1, 2, 30);
    CHECK(d.is_busy(d.acquire(again, "x", lock::no_wait)));
    const auto token = token_of(d.reclaim(again, "x"));
    CHECK(token > before);
    CHECK(d.delays().empty());
    d.pass(30);
    CHECK(granted_to(d.events()).empty());
    d.release(again, token);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/63: after the delay a reclaim is an acquire like any other") {
    delayed d;
    d.hold(d.lost, "x");
    d.wait(d.b, "x");
    d.pass(130);
    CHECK(granted_to(d.events()) == std::vector{d.b});
    const auto again = d.open_delayed(1, 2, 30);
    CHECK(d.is_busy(d.reclaim(again, "x")));
    CHECK(d.reclaim(again, "x", mode::exclusive, 5) == reply(lock::queued{}));
}

TEST_CASE("nobody reclaims past those who hold beside the delay, nor past an upgrade that waits") {
    delayed d;
    d.hold_in(mode::shared, d.lost, "x");
    const auto reader = d.hold_in(mode::shared, d.b, "x");
    d.pass(100);
    const auto again = d.open_delayed(1, 2, 0);
    CHECK(d.is_busy(d.reclaim(again, "x")));
    CHECK(d.delays().size() == 1);
    CHECK(d.convert(d.b, reader, mode::exclusive) == reply(lock::queued{}));
    CHECK(d.is_busy(d.reclaim(again, "x", mode::shared)));
    d.pass(30);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("a reclaim that is refused leaves the delay as it was") {
    lock::config config = short_leases();
    config.max_requests_per_session = 1;
    delayed d(config);
    d.hold(d.lost, "x");
    d.pass(100);
    const auto again = d.open_delayed(1, 2, 0);
    d.hold(again, "y");
    CHECK(d.reclaim(again, "x") == no(refusal::limit));
    CHECK(d.is_busy(d.acquire(d.b, "x", lock::no_wait)));
}

TEST_CASE(
    "a reclaim that comes before the loss waits in its place, and then meets no delay of its own") {
    delayed d;
    d.hold(d.lost, "x");
    const auto again = d.open_delayed(1, 2, 30);
    d.keep(again);
    CHECK(d.reclaim(again, "x", mode::exclusive, lock::wait_forever) == reply(lock::queued{}));
    d.wait(d.b, "x");
    d.pass(99);
    d.keep(again);
    CHECK(granted_to(d.events()).empty());
    d.pass(1);
    CHECK(granted_to(d.events()) == std::vector{again});
    CHECK(d.delays().empty());
}

TEST_CASE("who reclaims more than was lost passes nobody") {
    delayed d;
    d.hold_in(mode::shared, d.lost, "x");
    d.wait(d.b, "x");
    d.pass(100);
    const auto again = d.open_delayed(1, 2, 0);
    CHECK(d.is_busy(d.reclaim(again, "x", mode::exclusive)));
    const auto token = token_of(d.reclaim(again, "x", mode::shared));
    CHECK(d.delays().empty());
    d.release(again, token);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("a client leaves one delay in each mode of a lock, and a grant to it ends them all") {
    delayed d;
    const auto other = d.open_delayed(1, 2, 50);
    d.hold_in(mode::shared, d.lost, "x");
    d.hold_in(mode::shared, d.lost, "x", 7);
    d.hold_in(mode::shared, other, "x");
    d.hold_in(mode::update, other, "x", 7);
    d.pass(100);
    REQUIRE(d.delays().size() == 2);
    CHECK(d.delays()[0].until == d.now + 50);
    CHECK(d.delays()[0].token < d.delays()[1].token);
    const auto again = d.open_delayed(1, 3, 0);
    CHECK(d.is_held(d.reclaim(again, "x")));
    CHECK(d.delays().empty());
}

TEST_CASE(
    "locks 3.12/64: of two delays of one lock the later one counts, and a new leader changes "
    "neither") {
    delayed d;
    const auto longer = d.open_delayed(4, 1, 60);
    d.hold_in(mode::shared, d.lost, "x");
    d.hold_in(mode::shared, longer, "x");
    d.wait(d.b, "x");
    d.pass(100);
    d.table.new_leader(ballot(1, node_id(0)));
    CHECK(d.delays().size() == 2);
    d.pass(30);
    CHECK(d.delays().size() == 1);
    d.pass(29);
    CHECK(granted_to(d.events()).empty());
    d.pass(1);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("a hold whose own lease ends leaves the delay of its session, which lives on") {
    delayed d;
    d.run(lock::acquire{d.stamp(d.lost), 0, "x", mode::exclusive, lock::no_wait, 0, 20});
    d.pass(20);
    CHECK(d.is_busy(d.acquire(d.lost, "x", lock::no_wait)));
    CHECK(d.is_held(d.reclaim(d.lost, "x")));
}

TEST_CASE("permits of an expired holder are not granted again until its delay is over") {
    delayed d;
    d.run(lock::acquire_permits{d.stamp(d.lost), 0, "s", 2, 3});
    d.pass(100);
    const auto permits = [&d](std::uint32_t wanted) {
        return d.run(lock::acquire_permits{d.stamp(d.b), 0, "s", wanted, 0, lock::no_wait});
    };
    CHECK(d.is_busy(permits(2)));
    CHECK(d.is_held(permits(1)));
    d.pass(30);
    CHECK(d.is_held(permits(2)));
}

TEST_CASE("a request for several locks waits for the delay of one of them") {
    delayed d;
    d.hold(d.lost, "x");
    d.pass(100);
    CHECK(d.acquire_all(d.b, {"x", "y"}) == reply(lock::queued{}));
    d.pass(30);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("a wait that is over with the delay is over before it") {
    delayed d;
    d.hold(d.lost, "x");
    d.wait(d.b, "x", 130);
    d.wait(d.c, "x");
    d.pass(130);
    CHECK(granted_to(d.events()) == std::vector{d.c});
}

TEST_CASE("locks 3.12/74: a snapshot keeps lock-delays, who may reclaim, and who waits to") {
    delayed d;
    d.hold(d.lost, "x");
    const auto later = d.open_delayed(5, 1, 40);
    d.hold(later, "y");
    const auto early = d.open(5, 100'000, 2);
    CHECK(d.reclaim(early, "y", mode::exclusive, lock::wait_forever) == reply(lock::queued{}));
    d.wait(d.b, "x");
    d.pass(99);
    d.keep(later);
    d.pass(1);
    for (const bool reclaims : {false, true}) {
        delayed other;
        REQUIRE(restore(other.table, snapshot_of(d.table)));
        REQUIRE(other.table == d.table);
        other.now = d.now;
        if (reclaims) {
            const position at{slot(1'000), 0};
            const lock::open_session asked{{0, 1}, 9, 100'000};
            const auto opened = get<lock::opened>(other.execute({at, other.now}, asked));
            const lock::acquire again{
                {opened.session, 1, 0}, 0, "x", mode::exclusive, lock::no_wait, lock::reclaim};
            CHECK(other.is_held(other.execute({at, other.now}, again)));
        }
        other.pass(30);
        CHECK(granted_to(other.events()).size() == (reclaims ? 0 : 1));
        other.pass(69);
        CHECK(granted_to(other.events()) == std::vector{early});
    }
}

TEST_CASE("a lock-delay that would close a lock for ever is refused") {
    lock::config config;
    config.max_lock_delay_ms = ttl_end_ms;
    CHECK(lock::table::make(config).error() == errc::duration_out_of_range);
}
