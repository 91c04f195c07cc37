// tests/unit/lock/deadlocks.cpp - who waits for each other, who of them gives way, and what is no
// deadlock.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "support/catch.hpp"
#include "unit/lock/driver.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::reply;
using lock::request_state;

namespace {

/// The owners of a cycle, by session.
std::vector<session_id> sessions_in(const std::vector<lock::waiter>& cycle) {
    std::vector<session_id> found;
    for (const lock::waiter& one : cycle) found.push_back(one.session);
    return found;
}
/// The same for a reply that tells one; none for any other.
std::vector<session_id> sessions_in(const reply& said) {
    const auto* const told = get_if<lock::would_deadlock>(&said);
    return told == nullptr ? std::vector<session_id>() : sessions_in(told->cycle);
}

using sessions = std::vector<session_id>;

/// `a` holds x and waits for y, which `b` holds.
struct half_a_cycle : trio {
    fencing_token x = hold(a, "x");
    fencing_token y = hold(b, "y");
    std::uint64_t first = wait(a, "y");
};

/// Takes permits of `s`, which has `capacity` of them.
reply take(trio& d, session_id who, std::uint32_t permits, std::uint32_t capacity) {
    return d.run(lock::acquire_permits{d.stamp(who), 0, "s", permits, capacity});
}

}  // namespace

TEST_CASE("locks 3.12/67: of two that would wait for each other the second does not wait") {
    half_a_cycle d;
    const reply said = d.acquire(d.b, "x");
    REQUIRE(holds_alternative<lock::would_deadlock>(said));
    const lock::waiter asker{d.b, 0, d.last_sequence(d.b)};
    const lock::waiter other{d.a, 0, d.first};
    CHECK(get<lock::would_deadlock>(said).cycle == std::vector{asker, other});
    CHECK(d.query(d.b, asker.request) == no(lock::refusal::unknown_request));
    CHECK(d.events().empty());
    d.release(d.b, d.y);
    CHECK(granted_to(d.events()) == sessions{d.a});
}

TEST_CASE("a request that has given way is answered alike when it comes again") {
    half_a_cycle d;
    const lock::acquire asked{d.late_stamp(d.b), 0, "x"};
    const reply said = d.run(asked);
    CHECK(sessions_in(said) == sessions{d.b, d.a});
    d.run(lock::release{d.late_stamp(d.b), 0, d.y});
    CHECK(d.run(asked) == said);
}

TEST_CASE("locks 3.12/67: three that would wait in a circle are told of all three") {
    trio d;
    d.hold(d.a, "x");
    d.hold(d.b, "y");
    d.hold(d.c, "z");
    d.wait(d.a, "y");
    d.wait(d.b, "z");
    CHECK(sessions_in(d.acquire(d.c, "x")) == sessions{d.c, d.a, d.b});
}

TEST_CASE("who waits behind others waits for who holds, like them") {
    half_a_cycle d;
    d.wait(d.c, "x");
    CHECK(sessions_in(d.acquire(d.b, "x")) == sessions{d.b, d.a});
    d.hold(d.c, "z");
    CHECK(sessions_in(d.acquire(d.a, "z", lock::wait_forever, 1)).empty());
    CHECK(sessions_in(d.acquire(d.a, "z")).size() == 2);
}

TEST_CASE("another owner of the same session is another owner") {
    half_a_cycle d;
    CHECK(d.acquire(d.b, "x", lock::wait_forever, 1) == reply(lock::queued{}));
}

TEST_CASE("who would not wait is no part of a cycle") {
    half_a_cycle d;
    CHECK(d.acquire(d.b, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.events().empty());
}

TEST_CASE("locks 3.12/67: an upgrade that waits for a reader who waits for the upgrader") {
    trio d;
    d.hold_in(mode::shared, d.a, "x");
    const auto own = d.hold_in(mode::shared, d.b, "x");
    d.hold(d.b, "y");
    d.wait(d.a, "y");
    CHECK(sessions_in(d.convert(d.b, own, mode::exclusive)) == sessions{d.b, d.a});
    CHECK(d.table.describe().locks[0].queue.empty());
    CHECK(d.release(d.b, own) == reply(lock::released{0}));
}

TEST_CASE("who waits behind an upgrade waits for those whom the upgrade waits for") {
    trio d;
    const auto own = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    d.hold(d.c, "y");
    CHECK(d.convert(d.a, own, mode::exclusive) == reply(lock::queued{}));
    d.wait(d.b, "y");
    const reply said = d.acquire_in(mode::shared, d.c, "x");
    CHECK(sessions_in(said) == sessions{d.c, d.a, d.b});
}

TEST_CASE("locks 3.12/67: a cycle through a semaphore, where nobody else could give enough") {
    trio d;
    CHECK(holds_alternative<lock::granted>(take(d, d.a, 2, 3)));
    d.hold(d.b, "x");
    d.wait(d.a, "x");
    CHECK(sessions_in(take(d, d.b, 2, 3)) == sessions{d.b, d.a});
    CHECK(holds_alternative<lock::granted>(take(d, d.c, 1, 3)));
    CHECK(take(d, d.b, 1, 3) == reply(lock::queued{}));  // for c might give its permit back
}

TEST_CASE("locks 3.7: when a semaphore shrinks, who comes to wait for each other is found out") {
    trio d;
    CHECK(holds_alternative<lock::granted>(take(d, d.a, 1, 2)));
    CHECK(holds_alternative<lock::granted>(take(d, d.c, 1, 2)));
    d.hold(d.b, "x");
    d.wait(d.a, "x");
    CHECK(take(d, d.b, 1, 2) == reply(lock::queued{}));
    const std::uint64_t younger = d.last_sequence(d.b);
    d.run(lock::set_capacity{d.stamp(d.c), "s", 1});
    const auto told = d.events();
    REQUIRE(told.size() == 1);
    REQUIRE(holds_alternative<lock::wait_deadlocked>(told[0]));
    CHECK(session_of(told[0]) == d.b);
    CHECK(get<lock::wait_deadlocked>(told[0]).request == younger);
}

TEST_CASE("an owner does not wait for its own permits") {
    trio d;
    CHECK(holds_alternative<lock::granted>(take(d, d.a, 2, 2)));
    CHECK(take(d, d.a, 1, 2) == reply(lock::queued{}));
}

TEST_CASE("locks 3.12/67: a cycle through a request for several locks that stands ahead") {
    trio d;
    d.hold(d.a, "x");
    CHECK(d.acquire_all(d.b, {"x", "y"}) == reply(lock::queued{}));  // y is free
    CHECK(sessions_in(d.acquire(d.a, "y")) == sessions{d.a, d.b});
}

TEST_CASE("locks 3.12/57: several locks that would wait in a circle leave nothing behind") {
    half_a_cycle d;
    CHECK(sessions_in(d.acquire_all(d.b, {"w", "x", "z"})) == sessions{d.b, d.a});
    const lock::state now = d.table.describe();
    CHECK(now.locks.size() == 2);
    CHECK(holds_alternative<lock::granted>(d.acquire_all(d.c, {"w", "z"}, lock::no_wait)));
}

TEST_CASE("locks 3.12/68: a wait whose time is over in this very entry makes no cycle") {
    trio d;
    d.hold(d.a, "x");
    d.hold(d.b, "y");
    d.wait(d.a, "y", 10);
    d.now = d.now + 10;
    CHECK(d.acquire(d.b, "x") == reply(lock::queued{}));
    const auto told = d.events();
    REQUIRE(told.size() == 1);
    CHECK(get<lock::wait_ended>(told[0]).state == request_state::timed_out);
}

TEST_CASE("locks 3.7: a grant that makes two wait for each other ends the younger wait") {
    trio d;
    const auto y = d.hold(d.c, "y");
    d.hold(d.a, "x");
    const auto other = d.wait(d.b, "x");  // b waits for a, and holds nothing yet
    const auto early = d.wait(d.b, "y");
    const auto late = d.wait(d.a, "y");  // behind b, who waits for c
    CHECK(d.events().empty());
    d.release(d.c, y);
    const auto told = d.events();
    REQUIRE(told.size() == 2);
    CHECK(told[0] == lock::event(lock::wait_granted{d.b, early, d.table.last_token()}));
    REQUIRE(holds_alternative<lock::wait_deadlocked>(told[1]));
    const auto& broken = get<lock::wait_deadlocked>(told[1]);
    CHECK(broken.session == d.a);
    CHECK(broken.request == late);
    CHECK(broken.cycle == std::vector<lock::waiter>{{d.a, 0, late}, {d.b, 0, other}});
    CHECK(d.query(d.a, late) == reply(lock::request_status{request_state::victim, {}}));
    CHECK(d.cancel(d.a, late, lock::on_granted::release) ==
          reply(lock::request_status{request_state::victim, {}}));
    CHECK(d.acknowledge(d.a, late) == reply(lock::acknowledged{}));
    CHECK(d.query(d.a, late) == no(lock::refusal::unknown_request));
}

TEST_CASE("locks 3.7: who waits twice for a lock gives way once it is granted") {
    trio d;
    const auto x = d.hold(d.c, "x");
    d.wait(d.a, "x");
    const auto again = d.wait(d.a, "x");
    const auto other = d.wait(d.b, "x");
    d.release(d.c, x);
    const auto told = d.events();
    REQUIRE(told.size() == 2);
    CHECK(get<lock::wait_deadlocked>(told[1]).request == again);
    d.release(d.a, d.table.last_token());
    CHECK(d.events() ==
          std::vector<lock::event>{lock::wait_granted{d.b, other, d.table.last_token()}});
}

TEST_CASE("locks 3.12/70: after a snapshot the same request gives way") {
    half_a_cycle d;
    const bytes before = snapshot_of(d.table);
    auto copy = std::move(*lock::table::make(short_leases()));
    REQUIRE(restore(copy, before));
    const lock::acquire asked{d.late_stamp(d.b), 0, "x"};
    const apply_context context{{slot(100), 0}, d.now};
    const reply said = d.execute(context, asked);
    CHECK(sessions_in(said).size() == 2);
    CHECK(execute(copy, context, asked) == said);
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
}

TEST_CASE("locks 3.12/71: a cycle through one of five readers is a cycle") {
    trio d;
    for (std::uint64_t tag = 1; tag <= 4; ++tag) d.hold_in(mode::shared, d.c, "x", tag);
    d.hold_in(mode::shared, d.a, "x");
    d.hold(d.b, "y");
    d.wait(d.a, "y");
    CHECK(sessions_in(d.acquire(d.b, "x")) == sessions{d.b, d.a});
    CHECK(holds_alternative<lock::granted>(d.acquire_in(mode::shared, d.b, "x")));
}

TEST_CASE("a long cycle is told in part") {
    driver<> d;
    const auto a = d.open(1, 100'000);
    constexpr std::uint64_t owners = 100;
    for (std::uint64_t tag = 0; tag < owners; ++tag) d.hold(a, std::to_string(tag), tag);
    for (std::uint64_t tag = 0; tag + 1 < owners; ++tag) {
        d.wait(a, std::to_string(tag + 1), lock::wait_forever, tag);
    }
    const reply said = d.acquire(a, "0", lock::wait_forever, owners - 1);
    REQUIRE(holds_alternative<lock::would_deadlock>(said));
    const auto& cycle = get<lock::would_deadlock>(said).cycle;
    REQUIRE(cycle.size() == 64);
    for (std::size_t i = 0; i < cycle.size(); ++i)
        CHECK(cycle[i].owner == (owners - 1 + i) % owners);
}

TEST_CASE(
    "all searches of one input have an end, and a victim is told who it waits for in a circle") {
    auto config = short_leases();
    config.max_cycle_search = 100;
    driver<> d(config);
    const auto a = d.open(1, 100'000);
    constexpr std::uint64_t others = 60;
    const fencing_token held = d.hold(a, "m", 1'000);
    for (std::uint64_t tag = 1; tag <= others; ++tag) d.hold(a, std::to_string(tag), tag);
    CHECK(d.acquire(a, "m", lock::wait_forever, 0) == reply(lock::queued{}));
    for (std::uint64_t tag = 1; tag <= others; ++tag) {
        CHECK(d.acquire(a, std::to_string(tag), lock::wait_forever, 0) == reply(lock::queued{}));
    }
    for (std::uint64_t tag = 1; tag <= others; ++tag) d.wait(a, "m", lock::wait_forever, tag);
    d.events();
    d.release(a, held, 1'000);
    std::size_t victims = 0;
    for (const lock::event& one : d.events()) {
        const auto* const told = get_if<lock::wait_deadlocked>(&one);
        if (told == nullptr) continue;
        ++victims;
        CHECK(told->cycle.size() == 2);
    }
    CHECK(victims > 0);
    CHECK(d.table.undetermined() > 0);
    CHECK(d.table.undetermined() < 10 * others);
}

TEST_CASE("locks 3.7: a grant that ends another's wait is answered with its own token") {
    lock::config config = short_leases();
    config.max_cycle_search = 4;
    driver<> d(config);
    const session_id a = d.open(1, 100'000);
    const session_id b = d.open(2, 100'000);
    const session_id c = d.open(3, 100'000);
    std::vector<std::pair<session_id, fencing_token>> readers;
    for (std::uint64_t i = 10; i < 16; ++i) {
        const session_id reader = d.open(i, 100'000);
        readers.emplace_back(reader, d.hold_in(lock::mode::shared, reader, "x"));
    }
    d.hold_in(lock::mode::shared, a, "x");
    d.hold(b, "y");
    d.wait(a, "y");
    d.wait(b, "x");  // too many hold it for the search to find a among them
    REQUIRE(d.table.undetermined() > 0);
    d.wait_in(lock::mode::shared, c, "x");
    for (const auto& [reader, token] : readers) d.release(reader, token);
    static_cast<void>(d.events());
    // The owner has a new hold, so what it waits for is looked at again: b gives way, and c gets
    // its lock under the next token.
    const fencing_token free = d.hold(a, "free");
    CHECK(granted_to(d.events()) == std::vector{c});
    CHECK(d.release(a, free) == reply(lock::released{0}));
}
