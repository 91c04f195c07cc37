// tests/unit/lock/victims.cpp - who of those that wait for each other gives way, by the choice and
// the priority of each.
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
using lock::on_deadlock;
using lock::reply;
using lock::request_state;

namespace {

constexpr lock::terms lowest(std::uint8_t priority) {
    return {on_deadlock::lowest_priority, priority};
}

/// What asks on terms; the rest is as in `driver`.
template <class Rules = lock::rules>
struct bargain : driver<Rules> {
    session_id a = this->open(1, 100'000);
    session_id b = this->open(2, 100'000);
    session_id c = this->open(3, 100'000);

    reply ask(session_id who, const std::string& name, const lock::terms& terms,
              mode wanted = mode::exclusive) {
        return this->run(
            lock::acquire{this->stamp(who), 0, name, wanted, lock::wait_forever, 0, 0, terms});
    }
    /// The sequence of a request that waits on terms.
    std::uint64_t wait_on(session_id who, const std::string& name, const lock::terms& terms,
                          mode wanted = mode::exclusive) {
        CHECK(ask(who, name, terms, wanted) == reply(lock::queued{}));
        return this->last_sequence(who);
    }
    /// Whether that request has given way.
    bool gave_way(session_id who, std::uint64_t request) {
        return this->query(who, request) == reply(lock::request_status{request_state::victim, {}});
    }
};

/// `a` waits for `b` on `first`, and `b` would wait for `a` on `second`. Whether `a` gives way to
/// `b`.
template <class Rules = lock::rules>
bool gives_way(const lock::terms& first, const lock::terms& second) {
    bargain<Rules> d;
    d.hold(d.a, "x");
    d.hold(d.b, "y");
    const std::uint64_t older = d.wait_on(d.a, "y", first);
    const reply said = d.ask(d.b, "x", second);
    CHECK(holds_alternative<lock::queued>(said) == d.gave_way(d.a, older));
    return holds_alternative<lock::queued>(said);
}

}  // namespace

TEST_CASE(
    "locks 3.7: where all would have it so the lowest priority gives way, also if it is older") {
    CHECK(gives_way(lowest(1), lowest(2)));
    CHECK_FALSE(gives_way(lowest(2), lowest(1)));
}

TEST_CASE("locks 3.12/70: of those of the same priority the youngest gives way") {
    CHECK_FALSE(gives_way(lowest(7), lowest(7)));
}

TEST_CASE("locks 3.7: the strictest choice of those who wait for each other counts") {
    for (const auto stricter : {on_deadlock::requester, on_deadlock::youngest}) {
        CHECK_FALSE(gives_way({stricter, 1}, lowest(2)));
        CHECK_FALSE(gives_way(lowest(1), {stricter, 2}));
    }
}

TEST_CASE("locks 3.7: who gives way is told so, with the cycle, and the one who asked waits on") {
    bargain d;
    const auto x = d.hold(d.a, "x");
    d.hold(d.b, "y");
    const auto older = d.wait_on(d.a, "y", lowest(0));
    const auto younger = d.wait_on(d.b, "x", lowest(1));
    const std::vector<lock::waiter> cycle{{d.a, 0, older}, {d.b, 0, younger}};
    CHECK(d.events() == std::vector<lock::event>{lock::wait_deadlocked{d.a, older, cycle}});
    d.release(d.a, x);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.7: who stands ahead and waits for nothing else may give way, too") {
    bargain d;
    const auto x = d.hold_in(mode::shared, d.a, "x");
    d.hold(d.b, "y");
    d.wait_on(d.a, "y", lowest(2));
    const auto writer = d.wait_on(d.c, "x", lowest(1));
    CHECK(holds_alternative<lock::granted>(d.ask(d.b, "x", lowest(2), mode::shared)));
    CHECK(d.gave_way(d.c, writer));
    CHECK(d.table.locks() == 2);
    d.release(d.a, x);
}

TEST_CASE("locks 3.7: an upgrade gives way by the priority of its own command") {
    for (const std::uint8_t priority : {std::uint8_t{1}, std::uint8_t{3}}) {
        bargain d;
        const auto own = d.hold_in(mode::shared, d.a, "x");
        d.hold_in(mode::shared, d.b, "x");
        d.hold(d.a, "y");
        const lock::convert asked{d.stamp(d.a),    0, own, mode::exclusive, lock::wait_forever,
                                  lowest(priority)};
        CHECK(d.run(asked) == reply(lock::queued{}));
        const reply said = d.ask(d.b, "y", lowest(2));
        CHECK(holds_alternative<lock::queued>(said) == (priority < 2));
        CHECK(d.gave_way(d.a, asked.stamp.sequence) == (priority < 2));
    }
}

TEST_CASE("locks 3.7: several locks and permits give way by priority, too") {
    bargain d;
    const lock::acquire_permits two{d.stamp(d.a), 0, "s", 2, 3};
    CHECK(holds_alternative<lock::granted>(d.run(two)));
    d.hold(d.b, "x");
    const lock::acquire_all both{d.stamp(d.a), 0, {{"x"}, {"y"}}, lock::wait_forever, 0, lowest(1)};
    CHECK(d.run(both) == reply(lock::queued{}));
    lock::acquire_permits more{d.stamp(d.b), 0, "s", 2};
    more.terms = lowest(2);
    CHECK(d.run(more) == reply(lock::queued{}));
    CHECK(d.gave_way(d.a, both.stamp.sequence));
}

TEST_CASE("locks 3.12/70: after a snapshot the same request gives way by priority") {
    bargain d;
    d.hold(d.a, "x");
    d.hold(d.b, "y");
    const auto older = d.wait_on(d.a, "y", lowest(1));
    CHECK(d.table.describe().locks[1].queue[0].standing.terms == lowest(1));
    auto copy = std::move(*lock::table::make(short_leases()));
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    const lock::acquire asked{d.stamp(d.b),       0, "x", mode::exclusive,
                              lock::wait_forever, 0, 0,   lowest(2)};
    const apply_context context{{slot(100), 0}, d.now};
    CHECK(d.execute(context, asked) == reply(lock::queued{}));
    CHECK(execute(copy, context, asked) == reply(lock::queued{}));
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
    CHECK(copy.describe().ended.front().sequence == older);
}

TEST_CASE("what a request asked for while it waited is forgotten with its wait") {
    bargain d;
    const auto x = d.hold(d.a, "x");
    d.wait_on(d.b, "x", lowest(3));
    d.release(d.a, x);
    CHECK(d.table.describe().locks[0].holders[0].standing == lock::standing());
    CHECK(holds_alternative<lock::granted>(d.ask(d.b, "y", lowest(3))));
    lock::state forged = d.table.describe();
    forged.locks[0].holders[0].standing.terms = lowest(3);
    CHECK(std::string(lock::invariant::first_broken(forged)) == "only_who_waits_has_standing");
}

namespace {

struct the_laxest_decides : lock::rules {
    static on_deadlock stricter_of(on_deadlock one, on_deadlock other) {
        return one < other ? other : one;
    }
};
struct the_urgent_give_way : lock::rules {
    static bool is_less_urgent(std::uint8_t one, std::uint8_t other) { return one > other; }
};

}  // namespace

TEST_CASE("locks 3.7: a choice of another's, and a priority upside down, let another give way") {
    // The search starts at the youngest.
    CHECK_FALSE(gives_way({on_deadlock::youngest, 1}, lowest(2)));
    CHECK(gives_way<the_laxest_decides>({on_deadlock::youngest, 1}, lowest(2)));
    CHECK_FALSE(gives_way<the_urgent_give_way>(lowest(1), lowest(2)));
    CHECK(gives_way<the_urgent_give_way>(lowest(2), lowest(1)));
}
