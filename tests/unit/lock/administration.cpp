// tests/unit/lock/administration.cpp - limits that change while a table runs, limits of what it
// takes in, and epochs of tokens.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/fence_gate.hpp>
#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

template <class Rules = lock::rules>
struct administered_driver : driver<Rules> {
    explicit administered_driver(const lock::config& config = short_leases())
        : driver<Rules>(config) {}

    reply set(const lock::config& limits) {
        return this->run(lock::set_limits{this->stamp(root), limits});
    }
    template <class Change>
    void limit(Change&& change) {
        lock::config limits = this->table.config();
        change(limits);
        CHECK(set(limits) == reply(lock::administered{}));
    }
    reply bump(std::uint16_t epoch) {
        return this->run(lock::bump_epoch{this->stamp(root), epoch});
    }
    reply open_as(const std::string& principal, std::uint64_t client, std::string meta = {}) {
        return this->run(
            lock::open_session{{0, client}, 1, 100'000, 0, principal, std::move(meta)});
    }

    session_id root = this->open(9, 100'000);
    session_id a = this->open(1, 100'000);
    session_id b = this->open(2, 100'000);
};
using administrated = administered_driver<>;

/// As low as a limit can be.
lock::config lowest_limits(lock::config limits) {
    limits.sessions.max_sessions = 1;
    limits.max_locks = 1;
    limits.max_requests_per_session = 1;
    limits.max_holds_per_session = 1;
    limits.max_waiting_per_session = 1;
    limits.max_waiting_per_lock = 1;
    limits.max_sessions_per_principal = 1;
    limits.max_reentrancy = 1;
    limits.max_locks_per_request = 1;
    limits.max_name_bytes = 1;
    limits.max_wait_ms = 0;
    limits.max_lock_delay_ms = 0;
    limits.soft_memory_bytes = 0;
    return limits;
}

}  // namespace

TEST_CASE(
    "locks 3.12/78: below limits that were lowered nothing is added, and what gives back works") {
    administrated d;
    const auto first = d.hold(d.a, "a long name");
    d.acquire_in(mode::exclusive, d.a, "a long name", lock::no_wait, lock::reentrant);
    const auto second = d.hold(d.a, "y");
    const auto third = d.hold(d.a, "z");
    const auto waits = d.wait(d.b, "a long name");
    const auto other = d.wait(d.b, "y");
    CHECK(d.set(lowest_limits(d.table.config())) == reply(lock::administered{}));
    const lock::state before = d.table.describe();

    CHECK(d.open_as("", 20) == no(refusal::limit));
    CHECK(d.acquire(d.root, "w", lock::no_wait) == no(refusal::limit));
    CHECK(d.acquire(d.a, "w", lock::no_wait) == no(refusal::limit));
    CHECK(d.acquire(d.root, "ww", lock::no_wait) == no(refusal::name_too_long));
    CHECK(d.acquire_in(mode::exclusive, d.a, "y", lock::no_wait, lock::reentrant) ==
          no(refusal::limit));
    lock::state after = d.table.describe();
    after.last = before.last;
    CHECK(after == before);

    CHECK(d.keep(d.a) == reply(lock::kept{100'000}));
    CHECK(d.cancel(d.b, other, lock::on_granted::release) == reply(lock::cancelled{}));
    CHECK(d.acknowledge(d.b, other) == reply(lock::acknowledged{}));
    CHECK(d.release(d.a, first) == reply(lock::released{1}));
    CHECK(d.release(d.a, first) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(holds_alternative<lock::request_status>(d.query(d.b, waits)));
    CHECK(d.run(lock::release_all{d.stamp(d.a), 0, {second, third}}) == reply(lock::released{0}));
    CHECK(d.close(d.b) == reply(lock::closed{}));
    CHECK(d.table.locks() == 0);
    CHECK(d.acquire(d.root, "w", lock::no_wait) == no(refusal::limit));
    d.limit([](lock::config& limits) { limits.soft_memory_bytes = 2'000; });
    CHECK(holds_alternative<lock::granted>(d.acquire(d.root, "w", lock::no_wait)));
}

TEST_CASE("locks 3.12/78: a window that was lowered lets a client go on once it acknowledges") {
    administrated d;
    const auto held = d.hold(d.a, "x");
    for (int i = 0; i < 10; ++i) d.run(lock::keep_alive{d.late_stamp(d.a)});
    d.limit([](lock::config& limits) {
        limits.sessions.max_outstanding = limits.sessions.reserved_outstanding = 1;
    });
    CHECK(d.run(lock::keep_alive{d.late_stamp(d.a)}) == no(refusal::too_many_outstanding));
    CHECK(d.release(d.a, held) == reply(lock::released{0}));
}

TEST_CASE("limits that make no sense are refused, and change nothing") {
    administrated d;
    const lock::config before = d.table.config();
    lock::config limits = before;
    limits.max_locks = 0;
    CHECK(d.set(limits) == no(refusal::malformed));
    limits = before;
    limits.sessions.min_ttl_ms = limits.sessions.max_ttl_ms + 1;
    CHECK(d.set(limits) == no(refusal::malformed));
    CHECK(d.table.config() == before);
    CHECK(d.table.sessions().config() == before.sessions);
}

TEST_CASE("where tokens begin stays, and sessions keep the time to live that they were told") {
    administrated d;
    d.limit([](lock::config& limits) {
        limits.tokens_after = fencing_token(500);
        limits.sessions.max_ttl_ms = 50;
    });
    CHECK(d.table.config().tokens_after == fencing_token());
    CHECK(d.hold(d.a, "x") == fencing_token(1));
    CHECK(d.keep(d.a) == reply(lock::kept{100'000}));
    CHECK(get<lock::opened>(d.run(lock::open_session{{0, 20}, 1, 100'000})).ttl_ms == 50);
}

TEST_CASE("a lock-delay is cut off at the limit of the moment at which it begins") {
    administrated d;
    const auto lost = get<lock::opened>(d.run(lock::open_session{{0, 20}, 1, 100, 80})).session;
    d.hold(lost, "x");
    d.limit([](lock::config& limits) { limits.max_lock_delay_ms = 30; });
    lock::table copy = std::move(*lock::table::make());
    CHECK(restore(copy, snapshot_of(d.table)));
    d.pass(100);
    CHECK(d.table.next_deadline() == d.now + 30);
    d.limit([](lock::config& limits) { limits.max_lock_delay_ms = 0; });
    CHECK(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    CHECK(copy.config().max_lock_delay_ms == 0);
    d.pass(30);
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.8: so many sessions of one principal are open at a time") {
    administrated d;
    d.limit([](lock::config& limits) { limits.max_sessions_per_principal = 3; });
    CHECK(d.open_as("", 20) == no(refusal::limit));
    const reply first = d.open_as("alice", 21);
    CHECK(holds_alternative<lock::opened>(first));
    CHECK(holds_alternative<lock::opened>(d.open_as("alice", 22)));
    CHECK(holds_alternative<lock::opened>(d.open_as("alice", 23)));
    CHECK(d.open_as("alice", 24) == no(refusal::limit));
    CHECK(d.open_as("alice", 21) == first);
    d.close(get<lock::opened>(first).session);
    CHECK(holds_alternative<lock::opened>(d.open_as("alice", 24)));
    CHECK(holds_alternative<lock::opened>(d.open_as("bob", 25)));
}

TEST_CASE("locks 3.8: a session that has as many holds as it may asks for no more") {
    administrated d;
    d.limit([](lock::config& limits) { limits.max_holds_per_session = 2; });
    const auto reader = d.hold_in(mode::shared, d.a, "x");
    CHECK(d.acquire_all(d.a, {"y", "z"}, lock::no_wait) == no(refusal::limit));
    d.hold(d.a, "y");
    CHECK(d.acquire(d.a, "z", lock::no_wait) == no(refusal::limit));
    CHECK(d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 3, lock::no_wait}) ==
          no(refusal::limit));
    CHECK(holds_alternative<lock::granted>(
        d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant)));
    CHECK(holds_alternative<lock::granted>(d.convert(d.a, reader, mode::exclusive)));
    CHECK(holds_alternative<lock::granted>(d.acquire(d.b, "z", lock::no_wait)));
}

TEST_CASE("locks 3.8: above the memory mark sessions and acquires are refused, and nothing else") {
    administrated d;
    const auto reader = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    const std::uint64_t used = 3 * 384 + 128 + 1 + 2 * (96 + 64);
    d.limit([&](lock::config& limits) { limits.soft_memory_bytes = used; });
    CHECK(d.open_as("", 20) == no(refusal::limit));
    CHECK(d.acquire(d.a, "y", lock::no_wait) == no(refusal::limit));
    CHECK(d.acquire_all(d.a, {"y"}, lock::no_wait) == no(refusal::limit));
    CHECK(d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 3}) == no(refusal::limit));
    CHECK(d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant) ==
          reply(lock::granted{reader}));
    CHECK(d.convert(d.a, reader, mode::exclusive) == reply(lock::queued{}));
    CHECK(d.keep(d.a) == reply(lock::kept{100'000}));
    CHECK(d.run(lock::release{d.stamp(d.a), 0, reader}) == reply(lock::released{1}));
    CHECK(d.close(d.b) == reply(lock::closed{}));
    CHECK(holds_alternative<lock::granted>(d.acquire(d.a, "y", lock::no_wait)));
}

TEST_CASE("locks 3.8: what a principal, meta and names take counts against the memory mark") {
    administrated d;
    const std::uint64_t used = 3 * 384;
    d.limit([&](lock::config& limits) { limits.soft_memory_bytes = used + 384 + 20; });
    const auto named = get<lock::opened>(d.open_as("0123456789", 20, "0123456789")).session;
    CHECK(d.acquire(d.a, "x", lock::no_wait) == no(refusal::limit));
    d.close(named);
    const auto brief = get<lock::opened>(d.open_as("0123456789", 20, "012345678")).session;
    CHECK(holds_alternative<lock::granted>(d.acquire(d.a, "x", lock::no_wait)));
    d.close(brief);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    const lock::acquire asked{d.stamp(d.a), 0, std::string(116, 'n'), mode::exclusive};
    CHECK(holds_alternative<lock::granted>(execute(copy, {{slot(900), 0}, d.now}, asked)));
    lock::acquire another = asked;
    another.stamp = d.stamp(d.a);
    another.name = "y";
    CHECK(execute(copy, {{slot(901), 0}, d.now}, another) == no(refusal::limit));
}

namespace {

/// What becomes of the first token that a service issues after it was restored from a backup, at a
/// resource that has seen later ones.
template <class Rules>
std::error_code first_write_after_a_restore(bool bumps) {
    administered_driver<Rules> d;
    fence_gate<> resource;
    CHECK(!resource.admit(d.hold(d.a, "x")));
    const bytes backup = snapshot_of(d.table);
    for (int i = 0; i < 5; ++i) {
        d.release(d.a, d.table.last_token());
        CHECK(!resource.admit(d.hold(d.a, "x")));
    }
    CHECK(restore(d.table, backup));
    if (bumps) CHECK(d.bump(1) == reply(lock::administered{}));
    d.release(d.a, fencing_token(1));
    return resource.admit(d.hold(d.a, "x"));
}

struct epochs_change_nothing : lock::rules {
    static fencing_token before_first_of(std::uint16_t, fencing_token last) { return last; }
};
struct any_epoch_will_do : lock::rules {
    static bool may_begin(std::uint16_t, fencing_token) { return true; }
};
struct there_is_always_room : lock::rules {
    static bool has_room(std::uint64_t, std::uint64_t, std::uint64_t) { return true; }
};

}  // namespace

TEST_CASE(
    "locks 3.12/29: after a restore from a backup a bumped epoch makes all new tokens larger") {
    CHECK(!first_write_after_a_restore<lock::rules>(true));
}

TEST_CASE(
    "locks 3.12/29: an epoch that nobody bumped, or that changes nothing, is found by the gate") {
    CHECK(first_write_after_a_restore<lock::rules>(false) == errc::stale_token);
    CHECK(first_write_after_a_restore<epochs_change_nothing>(true) == errc::stale_token);
}

TEST_CASE("locks 3.12/29: an epoch only ever follows an earlier one, and holds stay as they are") {
    administrated d;
    const auto held = d.hold(d.a, "x");
    CHECK(d.bump(0) == no(refusal::stale_token));
    CHECK(d.bump(3) == reply(lock::administered{}));
    CHECK(d.bump(3) == no(refusal::stale_token));
    CHECK(d.bump(2) == no(refusal::stale_token));
    CHECK(d.hold(d.a, "y") == fencing_token(3, 1));
    CHECK(d.release(d.a, held) == reply(lock::released{0}));
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy.last_token() == fencing_token(3, 1));
}

TEST_CASE("locks 3.12/30: where the tokens of an epoch are used up a later one has more") {
    lock::config config = short_leases();
    config.tokens_after = fencing_token(7, fencing_token::max_counter);
    administrated d(config);
    CHECK(d.acquire(d.a, "x", lock::no_wait) == no(refusal::token_space_exhausted));
    d.bump(8);
    CHECK(d.hold(d.a, "x") == fencing_token(8, 1));
}

TEST_CASE("locks 3.12/29: an epoch that goes back is found") {
    driver<any_epoch_will_do> mutant;
    const session_id session = mutant.open(1);
    mutant.execute(lock::bump_epoch{mutant.stamp(session), 3});
    const lock::state before = mutant.table.describe();
    mutant.execute(lock::bump_epoch{mutant.stamp(session), 2});
    CHECK(!lock::invariant::only_moves_forward(before, mutant.table.describe()));
}

TEST_CASE("locks 3.8: a table that takes in what it has no room for is found") {
    const auto second_hold = [](auto d) {
        d.limit([](lock::config& limits) { limits.max_holds_per_session = 1; });
        d.hold(d.a, "x");
        return d.acquire(d.a, "y", lock::no_wait);
    };
    CHECK(second_hold(administrated()) == no(refusal::limit));
    CHECK(
        holds_alternative<lock::granted>(second_hold(administered_driver<there_is_always_room>())));
}
