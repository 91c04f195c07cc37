// tests/unit/lock/overtaking.cpp - who goes ahead of those that wait, how often, and what comes of
// it.
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

lock::config bounded(std::uint32_t most) {
    lock::config config = short_leases();
    config.max_bypass = most;
    return config;
}

template <class Rules = lock::rules>
struct crowd : driver<Rules> {
    explicit crowd(std::uint32_t most = 16) : driver<Rules>(bounded(most)) {}

    session_id a = this->open(1, 100'000);
    session_id b = this->open(2, 100'000);
    session_id c = this->open(3, 100'000);

    reply barge(session_id who, const std::string& name, mode wanted = mode::exclusive,
                std::uint64_t wait_ms = lock::no_wait) {
        return this->acquire_in(wanted, who, name, wait_ms, lock::barge);
    }
    reply take(session_id who, std::uint32_t permits, std::uint32_t capacity,
               std::uint8_t flags = lock::no_flags, std::uint64_t wait_ms = lock::wait_forever) {
        return this->run(
            lock::acquire_permits{this->stamp(who), 0, "s", permits, capacity, wait_ms, 0, flags});
    }
    void bound_to(std::uint32_t most) {
        CHECK(this->run(lock::set_limits{this->stamp(a), bounded(most)}) ==
              reply(lock::administered{}));
    }
    /// How often each in a queue was overtaken.
    std::vector<std::uint32_t> overtaken(const std::string& name) {
        std::vector<std::uint32_t> found;
        for (const lock::lock_record& lock : this->table.describe().locks) {
            if (lock.name != name) continue;
            for (const auto& one : lock.queue) found.push_back(one.standing.bypassed);
        }
        return found;
    }
};

bool is_granted(const reply& said) { return holds_alternative<lock::granted>(said); }

using counts = std::vector<std::uint32_t>;

/// `a` holds x, `b` waits for x and for y, which is free.
template <class Rules = lock::rules>
struct free_but_waited_for : crowd<Rules> {
    explicit free_but_waited_for(std::uint32_t most = 16) : crowd<Rules>(most) {
        x = this->hold(this->a, "x");
        CHECK(this->acquire_all(this->b, {"x", "y"}) == reply(lock::queued{}));
    }
    fencing_token x;
};

}  // namespace

TEST_CASE(
    "locks 3.12/37: a barge takes what is free ahead of who waits, until the bound is reached") {
    free_but_waited_for d(2);
    for (std::uint32_t times = 1; times <= 2; ++times) {
        const reply said = d.barge(d.c, "y");
        REQUIRE(is_granted(said));
        CHECK(d.overtaken("y") == counts{times});
        d.release(d.c, token_of(said));
    }
    CHECK(d.barge(d.c, "y") == reply(lock::busy{}));
    CHECK(d.barge(d.c, "y", mode::exclusive, 100) == reply(lock::queued{}));
    CHECK(d.overtaken("y") == counts{2, 0});
    d.events();
    d.release(d.a, d.x);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/41: a try takes nothing that others wait for, also where it is free") {
    free_but_waited_for d;
    CHECK(d.acquire(d.c, "y", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.overtaken("y") == counts{0});
    CHECK(d.acquire(d.c, "y", 1) == reply(lock::queued{}));
}

TEST_CASE("locks 3.5: overtaking is counted by request, at whichever of its locks it happens") {
    free_but_waited_for d(3);
    CHECK(d.acquire_in(mode::shared, d.c, "z", lock::no_wait) != reply(lock::busy{}));
    CHECK(d.acquire_all(d.c, {"x", "y"}, 50) == reply(lock::queued{}));
    const reply said = d.barge(d.a, "y");
    REQUIRE(is_granted(said));
    CHECK(d.overtaken("x") == counts{1, 1});
    CHECK(d.overtaken("y") == counts{1, 1});
    d.release(d.a, token_of(said));
}

TEST_CASE("locks 3.5: a reader who barges joins those who read, and nobody joins who write") {
    crowd d(1);
    const auto read = d.hold_in(mode::shared, d.a, "x");
    d.wait(d.b, "x");
    CHECK(d.acquire_in(mode::shared, d.c, "x", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.barge(d.c, "x") == reply(lock::busy{}));
    const reply said = d.barge(d.c, "x", mode::shared);
    REQUIRE(is_granted(said));
    d.release(d.a, read);
    d.release(d.c, token_of(said));
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(d.barge(d.c, "x", mode::shared) == reply(lock::busy{}));
}

TEST_CASE("locks 3.5: nobody barges past an upgrade") {
    crowd d;
    const auto own = d.hold_in(mode::shared, d.a, "x");
    d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.a, own, mode::exclusive) == reply(lock::queued{}));
    CHECK(d.barge(d.c, "x", mode::shared) == reply(lock::busy{}));
}

TEST_CASE("locks 3.5: where nobody waits a barge overtakes nobody") {
    crowd d(0);
    CHECK(is_granted(d.barge(d.a, "x")));
    CHECK(d.barge(d.b, "x", mode::exclusive, 50) == reply(lock::queued{}));
    CHECK(d.overtaken("x") == counts{0});
}

TEST_CASE("locks 3.7: who gets a lock ahead of others while it waits for them is found out") {
    free_but_waited_for d;
    d.hold(d.b, "z");
    const auto waits = d.wait(d.c, "z");  // c waits for b, who waits for x and y
    CHECK(is_granted(d.barge(d.c, "y")));
    CHECK(d.query(d.c, waits) == reply(lock::request_status{request_state::victim, {}}));
}

TEST_CASE(
    "locks 3.12/53: few permits do not pass who wants many, unless that lets them, up to the "
    "bound") {
    for (const std::uint8_t flags : {lock::no_flags, lock::allow_small_pass}) {
        crowd d(2);
        CHECK(is_granted(d.take(d.a, 1, 3)));
        CHECK(d.take(d.b, 3, 3, flags) == reply(lock::queued{}));
        for (std::uint32_t times = 1; times <= 3; ++times) {
            const reply said = d.take(d.c, 1, 3, lock::no_flags, lock::no_wait);
            const bool is_let = flags != lock::no_flags && times <= 2;
            CHECK(is_granted(said) == is_let);
            if (is_let) d.release(d.c, token_of(said));
        }
        CHECK(d.overtaken("s") == counts{flags == lock::no_flags ? 0U : 2U});
    }
}

TEST_CASE("locks 3.12/53, 78: who stands at a bound that is lowered is passed by nobody any more") {
    for (const std::uint32_t most : {0U, 1U, 2U, 3U}) {
        crowd d(4);
        CHECK(is_granted(d.take(d.a, 1, 4)));
        CHECK(d.take(d.b, 4, 4, lock::allow_small_pass) == reply(lock::queued{}));
        CHECK(is_granted(d.take(d.c, 1, 4)));
        CHECK(is_granted(d.take(d.c, 1, 4)));
        d.bound_to(most);
        CHECK(d.table.describe().locks[0].queue[0].standing.lets_pass == (most == 3));
        CHECK(is_granted(d.take(d.c, 1, 4, lock::no_flags, lock::no_wait)) == (most == 3));
        d.bound_to(4);
        CHECK_FALSE(is_granted(d.take(d.c, 1, 4, lock::no_flags, lock::no_wait)));
    }
}

TEST_CASE("locks 3.12/53: who is let past goes ahead as soon as there are permits for it") {
    crowd d;
    CHECK(is_granted(d.take(d.a, 2, 3)));
    const auto one = token_of(d.take(d.a, 1, 3));
    CHECK(d.take(d.b, 3, 3, lock::allow_small_pass) == reply(lock::queued{}));
    CHECK(d.take(d.b, 2, 3, lock::allow_small_pass) == reply(lock::queued{}));
    CHECK(d.take(d.c, 1, 3) == reply(lock::queued{}));
    d.release(d.a, one);
    CHECK(granted_to(d.events()) == std::vector{d.c});
    CHECK(d.overtaken("s") == counts{1, 1});
}

TEST_CASE("locks 3.5: a barge takes permits ahead of who wants more") {
    crowd d(1);
    CHECK(is_granted(d.take(d.a, 2, 3)));
    CHECK(d.take(d.b, 2, 3) == reply(lock::queued{}));
    CHECK(d.take(d.c, 1, 3, lock::no_flags, lock::no_wait) == reply(lock::busy{}));
    CHECK(is_granted(d.take(d.c, 1, 3, lock::barge, lock::no_wait)));
    CHECK(d.overtaken("s") == counts{1});
    CHECK(d.take(d.c, 1, 3, lock::reclaim) == no(lock::refusal::malformed));
}

namespace {

/// `b` holds a permit of four and waits for `c`, who wants three behind one of `a` for all four
/// that lets others pass. One is free.
struct lets_pass : crowd<> {
    session_id other = open(4, 100'000);
    std::uint64_t from_c = 0;
    std::uint64_t from_b = 0;

    explicit lets_pass(std::uint32_t most) : crowd<>(most) {
        hold(c, "x");
        CHECK(is_granted(take(b, 1, 4)));
        CHECK(is_granted(take(other, 2, 4)));
        CHECK(take(a, 4, 4, lock::allow_small_pass) == reply(lock::queued{}));
        CHECK(take(c, 3, 4, lock::allow_small_pass) == reply(lock::queued{}));
        from_c = last_sequence(c);
        from_b = wait(b, "x");
    }
};

}  // namespace

TEST_CASE("locks 3.12/69: a bound that is reached makes a cycle, though nobody has come to wait") {
    lets_pass d(1);
    CHECK(d.events().empty());  // c waits for nobody who waits
    CHECK(is_granted(d.take(d.other, 1, 4)));
    const auto told = d.events();
    REQUIRE(told.size() == 1);
    REQUIRE(holds_alternative<lock::wait_deadlocked>(told[0]));
    CHECK(session_of(told[0]) == d.b);  // of b and c the younger
    CHECK(d.query(d.b, d.from_b) == reply(lock::request_status{request_state::victim, {}}));
}

TEST_CASE("locks 3.12/69: a bound that is lowered makes a cycle, which the same command ends") {
    lets_pass d(2);
    CHECK(is_granted(d.take(d.other, 1, 4)));
    CHECK(d.events().empty());
    d.bound_to(1);
    CHECK(session_of(d.events().at(0)) == d.b);
    CHECK(d.query(d.b, d.from_b) == reply(lock::request_status{request_state::victim, {}}));
}

TEST_CASE("locks 3.7: nobody waits for who lets it pass") {
    lets_pass d(2);
    CHECK(is_granted(d.take(d.other, 1, 4)));
    CHECK(d.events().empty());
    CHECK(d.query(d.c, d.from_c) == reply(lock::request_status{request_state::queued, {}}));
}

TEST_CASE("locks 3.12/74: a snapshot keeps who was overtaken and who lets others pass") {
    free_but_waited_for d(2);
    CHECK(is_granted(d.barge(d.c, "y")));
    CHECK(is_granted(d.take(d.a, 2, 3)));
    CHECK(d.take(d.b, 3, 3, lock::allow_small_pass) == reply(lock::queued{}));
    CHECK(is_granted(d.take(d.c, 1, 3)));
    auto copy = std::move(*lock::table::make(bounded(2)));
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
    CHECK(copy.describe().locks[0].queue[0].standing == lock::standing{{}, 0, 1, true});
}

TEST_CASE("a barge without a token left overtakes nobody") {
    auto config = short_leases();
    config.tokens_after = fencing_token(0, fencing_token::max_counter - 1);
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    d.hold(a, "x");
    CHECK(d.acquire_all(b, {"x", "y"}) == reply(lock::queued{}));
    const reply said = d.acquire_in(mode::exclusive, a, "y", lock::no_wait, lock::barge);
    CHECK(said == no(lock::refusal::token_space_exhausted));
    CHECK(d.table.describe().locks[1].queue[0].standing.bypassed == 0);
}

namespace {

struct everybody_is_overtaken : lock::rules {
    static bool may_be_overtaken(std::uint32_t, std::uint32_t) { return true; }
};

}  // namespace

TEST_CASE("locks 3.12/37: who is overtaken once too often is found") {
    free_but_waited_for<everybody_is_overtaken> d(1);
    const auto barge = [&d] { d.release(d.c, token_of(d.barge(d.c, "y"))); };
    barge();
    CHECK(lock::invariant::bypass_is_bounded(d.table.describe(), 1));
    const lock::state before = d.table.describe();
    barge();
    const lock::state after = d.table.describe();
    CHECK_FALSE(lock::invariant::bypass_is_bounded(after, 1));
    CHECK_FALSE(lock::invariant::bypass_stays_bounded(before, after, 1));
    CHECK(lock::invariant::bypass_stays_bounded(after, after, 1));
}

TEST_CASE(
    "locks 3.5: who lets pass and is not passed, and who cannot be passed and is, are found") {
    crowd d;
    CHECK(is_granted(d.take(d.a, 2, 3)));
    CHECK(d.take(d.b, 2, 3) == reply(lock::queued{}));
    CHECK(d.take(d.c, 1, 3) == reply(lock::queued{}));
    lock::state forged = d.table.describe();
    forged.locks[0].queue[0].standing.lets_pass = true;
    CHECK(std::string(lock::invariant::first_broken(forged)) == "who_may_pass_does_not_wait");
    const auto own = d.hold_in(mode::shared, d.b, "x");
    d.hold_in(mode::shared, d.a, "x");
    CHECK(d.convert(d.b, own, mode::exclusive) == reply(lock::queued{}));
    forged = d.table.describe();
    forged.locks[1].queue[0].standing.bypassed = 1;
    CHECK(std::string(lock::invariant::first_broken(forged)) == "only_who_may_be_is_overtaken");
}
