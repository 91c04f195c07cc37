// tests/unit/lock/policies.cpp - the orders in which a lock is granted: of arrival, by priority,
// and in phases.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "support/catch.hpp"
#include "unit/lock/driver.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::on_deadlock;
using lock::policy;
using lock::refusal;
using lock::reply;
using lock::request_state;

namespace {

/// Steps of priority of 100 ms, and each is overtaken twice.
lock::config usual() {
    lock::config config = short_leases();
    config.aging_ms = 100;
    config.max_bypass = 2;
    return config;
}

/// Owners are tags of one session, so that there may be many.
template <class Rules = lock::rules>
struct line : driver<Rules> {
    line() : driver<Rules>(usual()) {}

    session_id s = this->open(1, 100'000);

    reply ask(std::uint64_t tag, const std::string& name, policy by, std::uint8_t priority = 0,
              mode wanted = mode::exclusive, std::uint64_t wait_ms = lock::wait_forever) {
        return this->run(lock::acquire{this->stamp(s),
                                       tag,
                                       name,
                                       wanted,
                                       wait_ms,
                                       0,
                                       0,
                                       {on_deadlock::requester, priority},
                                       by});
    }
    fencing_token take(std::uint64_t tag, const std::string& name, policy by,
                       mode wanted = mode::exclusive) {
        return token_of(ask(tag, name, by, 0, wanted, lock::no_wait));
    }
    void wait_by(std::uint64_t tag, const std::string& name, policy by, std::uint8_t priority = 0,
                 mode wanted = mode::exclusive) {
        CHECK(ask(tag, name, by, priority, wanted) == reply(lock::queued{}));
    }
    reply ask_all(std::uint64_t tag, const std::vector<std::string>& names, policy by,
                  std::uint8_t priority = 0) {
        lock::acquire_all asked{this->stamp(s), tag, {}};
        for (const std::string& name : names) asked.locks.push_back({name, mode::exclusive});
        asked.terms.priority = priority;
        asked.policy = by;
        return this->run(asked);
    }

    /// The owners who wait for a lock, or hold it, in order.
    std::vector<std::uint64_t> waiting(const std::string& name) {
        return tags_of(find(name).queue);
    }
    std::vector<std::uint64_t> holding(const std::string& name) {
        return tags_of(find(name).holders);
    }
    /// Gives back all that is held of a lock.
    void release_all(const std::string& name) {
        for (const lock::request_record& one : find(name).holders) {
            this->release(s, one.token, one.owner.tag);
        }
    }
    lock::lock_record find(const std::string& name) {
        for (const lock::lock_record& one : this->table.describe().locks) {
            if (one.name == name) return one;
        }
        return {};
    }

private:
    static std::vector<std::uint64_t> tags_of(const std::vector<lock::request_record>& list) {
        std::vector<std::uint64_t> found;
        for (const lock::request_record& one : list) found.push_back(one.owner.tag);
        return found;
    }
};

using tags = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE(
    "locks 3.5: a lock has the policy with which it came into being, as long as it is there") {
    line d;
    const auto first = d.take(1, "x", policy::priority);
    CHECK(d.ask(2, "x", policy::fifo) == no(refusal::policy_mismatch));
    CHECK(d.ask(2, "x", policy::phase_fair) == no(refusal::policy_mismatch));
    CHECK(d.ask(2, "x", policy::priority, 0, mode::exclusive, 10) == reply(lock::queued{}));
    CHECK(d.ask(3, "x", policy::any, 0, mode::exclusive, 10) == reply(lock::queued{}));
    d.pass(10);
    d.release(d.s, first, 1);
    CHECK(d.table.locks() == 0);
    d.take(1, "x", policy::any);
    CHECK(d.find("x").policy == policy::fifo);
    CHECK(d.ask(2, "x", policy::priority) == no(refusal::policy_mismatch));
    CHECK(d.ask(2, "x", policy::fifo, 0, mode::exclusive, lock::no_wait) == reply(lock::busy{}));
}

TEST_CASE(
    "locks 3.12/59a: several locks that do not have one policy, or have one by phases, are "
    "refused") {
    line d;
    d.take(1, "p", policy::priority);
    d.take(1, "f", policy::fifo);
    d.take(1, "r", policy::phase_fair);
    CHECK(d.ask_all(2, {"f", "p"}, policy::any) == no(refusal::policy_mismatch));
    CHECK(d.ask_all(2, {"f", "new"}, policy::priority) == no(refusal::policy_mismatch));
    CHECK(d.ask_all(2, {"new", "r"}, policy::any) == no(refusal::policy_mismatch));
    CHECK(d.ask_all(2, {"new"}, policy::phase_fair) == no(refusal::policy_mismatch));
    CHECK(d.table.locks() == 3);
    CHECK(d.ask_all(2, {"a", "p"}, policy::any) == reply(lock::queued{}));
    CHECK(d.find("a").policy == policy::priority);
    CHECK(d.ask_all(2, {"f", "g"}, policy::fifo) == reply(lock::queued{}));
    CHECK(d.find("g").policy == policy::fifo);
}

TEST_CASE("locks 3.5: a semaphore is granted by priority, too, but has no readers to be fair to") {
    line d;
    lock::acquire_permits asked{d.stamp(d.s), 1, "s", 2, 3};
    asked.policy = policy::phase_fair;
    CHECK(d.run(asked) == no(refusal::policy_mismatch));
    asked.policy = policy::priority;
    for (const std::uint8_t priority : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
        asked.stamp = d.stamp(d.s);
        asked.owner = priority;
        asked.terms.priority = priority;
        CHECK(holds_alternative<lock::granted>(d.run(asked)) == (priority == 0));
    }
    CHECK(d.waiting("s") == tags{2, 1});
    asked.stamp = d.stamp(d.s);
    asked.policy = policy::fifo;
    CHECK(d.run(asked) == no(refusal::policy_mismatch));
}

TEST_CASE(
    "locks 3.12/27: who comes later with a higher priority is first, and has the smaller token") {
    line d;
    d.take(1, "x", policy::priority);
    d.wait_by(2, "x", policy::priority, 0);
    d.wait_by(3, "x", policy::priority, 1);
    CHECK(d.waiting("x") == tags{3, 2});
    d.release_all("x");
    const fencing_token later = d.find("x").holders[0].token;
    CHECK(d.holding("x") == tags{3});
    d.release_all("x");
    CHECK(d.holding("x") == tags{2});
    CHECK(d.find("x").holders[0].token > later);
}

TEST_CASE("locks 3.12/36: whoever has been overtaken so often as may be is overtaken no more") {
    line d;
    d.take(1, "x", policy::priority);
    d.wait_by(2, "x", policy::priority, 0);
    for (std::uint64_t tag = 3; tag <= 6; ++tag) d.wait_by(tag, "x", policy::priority, 9);
    CHECK(d.waiting("x") == tags{3, 4, 2, 5, 6});
    d.wait_by(7, "x", policy::priority, 10);
    CHECK(d.waiting("x") == tags{3, 4, 2, 5, 6, 7});  // who comes meanwhile ranks as 2 does
    for (int served = 0; served < 3; ++served) d.release_all("x");
    CHECK(d.holding("x") == tags{2});
}

TEST_CASE(
    "locks 3.12/36: a step of priority is worth so much time, and of equal ones the first goes "
    "ahead") {
    line d;
    d.take(1, "x", policy::priority);
    d.wait_by(2, "x", policy::priority, 0);
    d.pass(100);
    d.wait_by(3, "x", policy::priority, 1);  // as if it had come when 2 did
    CHECK(d.waiting("x") == tags{2, 3});
    d.wait_by(4, "x", policy::priority, 2);
    CHECK(d.waiting("x") == tags{4, 2, 3});
    d.pass(1);
    d.wait_by(5, "x", policy::priority, 2);
    CHECK(d.waiting("x") == tags{4, 5, 2, 3});
    d.wait_by(6, "x", policy::priority, 255);  // 2 and 3 have been overtaken twice
    CHECK(d.waiting("x") == tags{4, 5, 2, 3, 6});
}

TEST_CASE("locks 3.12/69: aging alone never re-orders who waits") {
    line d;
    d.take(1, "x", policy::priority);
    d.wait_by(2, "x", policy::priority, 0);
    d.wait_by(3, "x", policy::priority, 1);
    const auto before = d.find("x");
    d.pass(90'000);
    CHECK(d.find("x") == before);
    d.wait_by(4, "x", policy::priority, 2);
    CHECK(d.waiting("x") == tags{3, 2, 4});
}

TEST_CASE("locks 3.5: an upgrade goes ahead of every priority") {
    line d;
    const auto own = d.take(1, "x", policy::priority, mode::shared);
    d.take(2, "x", policy::priority, mode::shared);
    CHECK(d.run(lock::convert{d.stamp(d.s), 1, own, mode::exclusive}) == reply(lock::queued{}));
    d.wait_by(3, "x", policy::priority, 255);
    CHECK(d.waiting("x") == tags{1, 3});
}

TEST_CASE(
    "locks 3.5: who goes ahead by priority is granted at once where only others have to wait") {
    line d;
    d.take(1, "x", policy::priority);
    CHECK(d.ask_all(2, {"x", "y"}, policy::any) == reply(lock::queued{}));
    CHECK(d.ask(3, "y", policy::any, 1, mode::exclusive, lock::no_wait) == reply(lock::busy{}));
    CHECK(holds_alternative<lock::granted>(d.ask(3, "y", policy::any, 1)));
    CHECK(d.find("x").queue[0].standing.bypassed == 1);
}

TEST_CASE("locks 3.12/59a: two that want several free locks are never each ahead of the other") {
    line d;
    const auto on_y = d.take(1, "y", policy::priority);
    const auto on_z = d.take(1, "z", policy::priority);
    CHECK(d.ask_all(2, {"a", "b", "y"}, policy::any) == reply(lock::queued{}));
    d.wait_by(3, "z", policy::priority, 0);
    for (std::uint64_t tag = 4; tag <= 5; ++tag) d.wait_by(tag, "z", policy::any, 5);
    // At z nobody goes ahead of 3 any more, so this one goes behind it, and behind 2 at a and b,
    // too.
    CHECK(d.ask_all(6, {"a", "b", "z"}, policy::any, 9) == reply(lock::queued{}));
    CHECK(d.waiting("z") == tags{4, 5, 3, 6});
    CHECK(d.waiting("a") == tags{2, 6});
    CHECK(d.waiting("b") == tags{2, 6});
    d.release(d.s, on_y, 1);
    CHECK(d.holding("a") == tags{2});
    for (const char* const name : {"a", "b", "y"}) d.release_all(name);
    d.release(d.s, on_z, 1);
    for (int served = 0; served < 3; ++served) d.release_all("z");
    CHECK(d.holding("z") == tags{6});
    CHECK(d.holding("a") == tags{6});
}

TEST_CASE("locks 3.5: who is overtaken at two locks by one request is overtaken once") {
    line d;
    d.take(1, "x", policy::priority);
    CHECK(d.ask_all(2, {"x", "y"}, policy::any) == reply(lock::queued{}));
    CHECK(d.ask_all(3, {"x", "y"}, policy::any, 3) == reply(lock::queued{}));
    CHECK(d.waiting("y") == tags{3, 2});
    CHECK(d.find("x").queue[1].standing.bypassed == 1);
    CHECK(d.find("y").queue[1].standing.bypassed == 1);
}

TEST_CASE("locks 3.7: a cycle that leads through who was put ahead of another is found") {
    for (const std::uint8_t priority : {std::uint8_t{0}, std::uint8_t{5}}) {
        line d;
        d.take(1, "p", policy::priority, mode::shared);
        d.take(2, "q", policy::priority);
        lock::acquire_all both{d.stamp(d.s), 3, {{"p", mode::shared}, {"q"}}};
        both.terms.priority = 9;
        CHECK(d.run(both) == reply(lock::queued{}));
        d.take(4, "y", policy::any);
        d.wait_by(4, "p", policy::any, 0, mode::shared);  // has nothing against 1, but 3 is ahead
        d.wait_by(1, "y", policy::any);
        const reply said = d.ask(5, "p", policy::any, priority);  // waits for 1, who waits for 4
        CHECK(holds_alternative<lock::would_deadlock>(said) == (priority != 0));
        CHECK(d.waiting("p") == (priority != 0 ? tags{3, 4} : tags{3, 4, 5}));
    }
}

TEST_CASE(
    "locks 3.12/33, 34: in the order of arrival readers go in together as they stand together") {
    line d;
    const auto reads = [&](std::uint64_t tag) {
        d.wait_by(tag, "x", policy::fifo, 0, mode::shared);
    };
    d.take(1, "x", policy::fifo);
    reads(2);
    reads(3);
    d.wait_by(4, "x", policy::fifo);
    reads(5);
    reads(6);
    d.release_all("x");
    CHECK(d.holding("x") == tags{2, 3});
    reads(7);
    CHECK(d.holding("x") == tags{2, 3});
    d.release_all("x");
    CHECK(d.holding("x") == tags{4});
    d.release_all("x");
    CHECK(d.holding("x") == tags{5, 6, 7});
}

namespace {

/// A session that outlives an hour of log time.
struct long_line : line<> {
    long_line() {
        lock::config limits = usual();
        limits.sessions.max_ttl_ms = 7'200'000;
        CHECK(run(lock::set_limits{stamp(s), limits}) == reply(lock::administered{}));
        s = open(2, limits.sessions.max_ttl_ms);
    }

    /// The eldest of those who hold goes.
    void go(const std::string& name) {
        const lock::request_record eldest = find(name).holders.at(0);
        CHECK(release(s, eldest.token, eldest.owner.tag) == reply(lock::released{0}));
    }
};

/// For an hour somebody comes each second and somebody goes, so that five hold a lock or wait for
/// it; once a minute it is somebody who wants it in another mode. The longest that one of those
/// waits, in seconds.
int longest_wait(policy by, mode usual, mode rare) {
    long_line d;
    std::uint64_t came = 0;
    std::uint64_t longest = 0;
    for (std::uint64_t now = 1; now <= 3'600; ++now, d.pass(1'000)) {
        const bool is_rare = now % 60 == 10;
        if (is_rare) came = now;
        d.ask(now, "x", by, 0, is_rare ? rare : usual);
        const tags waiting = d.waiting("x");
        const bool waits = std::find(waiting.begin(), waiting.end(), came) != waiting.end();
        if (waits) longest = std::max(longest, now - came + 1);
        if (now >= 5) d.go("x");
    }
    return static_cast<int>(longest);
}

}  // namespace

TEST_CASE("locks 3.12/35: readers who come for an hour keep a writer out for one batch at most") {
    CHECK(longest_wait(policy::fifo, mode::shared, mode::exclusive) == 4);
    CHECK(longest_wait(policy::phase_fair, mode::shared, mode::exclusive) == 4);
}

TEST_CASE("locks 3.12/35: writers who come for an hour keep a reader out for one turn, in phases") {
    CHECK(longest_wait(policy::phase_fair, mode::exclusive, mode::shared) == 1);
    CHECK(longest_wait(policy::fifo, mode::exclusive, mode::shared) == 4);
}

TEST_CASE(
    "locks 3.12/35: writers that never end let all readers in after each of them, in phases") {
    line d;
    d.take(1, "x", policy::phase_fair);
    for (std::uint64_t tag = 2; tag <= 5; ++tag) d.wait_by(tag, "x", policy::any);
    d.wait_by(6, "x", policy::any, 0, mode::shared);
    d.wait_by(7, "x", policy::any, 0, mode::shared);
    d.release_all("x");
    CHECK(d.holding("x") == tags{6, 7});
    d.wait_by(8, "x", policy::any, 0, mode::shared);  // comes when it is the next writer's turn
    CHECK(d.holding("x") == tags{6, 7});
    d.release_all("x");
    CHECK(d.holding("x") == tags{2});
    d.release_all("x");
    CHECK(d.holding("x") == tags{8});
    d.release_all("x");
    CHECK(d.holding("x") == tags{3});
    d.release_all("x");
    CHECK(d.holding("x") == tags{4});
    CHECK(d.find("x").queue[0].standing.bypassed == 0);
}

TEST_CASE("locks 3.5: a writer that goes on reading, and one that is lost, have had their turn") {
    line d;
    const auto own = d.take(1, "x", policy::phase_fair);
    d.wait_by(2, "x", policy::any);
    d.wait_by(3, "x", policy::any, 0, mode::shared);
    CHECK(d.run(lock::convert{d.stamp(d.s), 1, own, mode::shared}) == reply(lock::granted{own}));
    CHECK(d.holding("x") == tags{1, 3});
    const auto lost = get<lock::opened>(d.run(lock::open_session{{0, 7}, 1, 10, 50})).session;
    d.run(lock::acquire{d.stamp(lost), 9, "y", mode::exclusive, 0, 0, 0, {}, policy::phase_fair});
    d.wait_by(4, "y", policy::any);
    d.wait_by(5, "y", policy::any, 0, mode::shared);
    d.pass(10);
    CHECK(d.waiting("y") == tags{5, 4});  // nobody holds it for the lock-delay
    d.wait_by(6, "y", policy::any, 0, mode::shared);
    CHECK(d.waiting("y") == tags{5, 4, 6});
    auto copy = std::move(*lock::table::make(usual()));
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    d.pass(50);
    CHECK(d.holding("y") == tags{5});
}

TEST_CASE("locks 3.7: a reader that is let in ahead of a writer that it waits for makes a cycle") {
    line d;
    d.take(1, "x", policy::any);
    const auto y = d.take(9, "y", policy::phase_fair);
    d.wait_by(1, "y", policy::any);
    const std::uint64_t writer = d.last_sequence(d.s);
    d.wait_by(2, "y", policy::any, 0, mode::shared);
    d.wait_by(2, "x", policy::any);
    const std::uint64_t younger = d.last_sequence(d.s);
    CHECK(d.events().empty());
    d.release(d.s, y, 9);
    CHECK(d.holding("y") == tags{2});
    CHECK(d.query(d.s, younger) == reply(lock::request_status{request_state::victim, {}}));
    CHECK(d.query(d.s, writer) == reply(lock::request_status{request_state::queued, {}}));
}

TEST_CASE(
    "locks 3.12/74: a snapshot keeps the order of a queue by priority, and what comes later goes "
    "on from it") {
    line d;
    d.take(1, "x", policy::priority);
    for (const std::uint8_t priority : {std::uint8_t{0}, std::uint8_t{5}, std::uint8_t{3}}) {
        d.wait_by(std::uint64_t{2} + priority, "x", policy::any, priority);
    }
    CHECK(d.waiting("x") == tags{7, 5, 2});
    auto copy = std::move(*lock::table::make(usual()));
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    const lock::acquire asked{d.stamp(d.s),       9, "x", mode::exclusive,
                              lock::wait_forever, 0, 0,   {on_deadlock::requester, 4},
                              policy::any};
    const apply_context context{{slot(500), 0}, d.now};
    CHECK(d.execute(context, asked) == reply(lock::queued{}));
    CHECK(execute(copy, context, asked) == reply(lock::queued{}));
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
    CHECK(d.waiting("x") == tags{7, 5, 2, 9});
}

TEST_CASE(
    "a step of priority that would overflow is no configuration, and time that would saturates") {
    auto config = usual();
    config.aging_ms = lock::aging_end_ms;
    CHECK(lock::validate(config) == errc::duration_out_of_range);
    config.aging_ms = lock::aging_end_ms - 1;
    CHECK(!lock::validate(config));
    const log_time late(~std::uint64_t{0} - 5);
    CHECK(lock::rules::rank_of(policy::priority, 0, late, 1'000) == ~std::uint64_t{0});
    CHECK(lock::rules::rank_of(policy::priority, 255, late, 1'000) == late.milliseconds());
}

namespace {

struct priorities_upside_down : lock::rules {
    static std::uint64_t rank_of(policy by, std::uint8_t priority, log_time now,
                                 std::uint64_t aging_ms) {
        const auto other = static_cast<std::uint8_t>(255 - priority);
        return lock::rules::rank_of(by, other, now, aging_ms);
    }
};
struct readers_wait_their_turn : lock::rules {
    static bool is_due_to_read(mode) { return false; }
};
struct anybody_is_overtaken : lock::rules {
    static bool may_be_overtaken(std::uint32_t, std::uint32_t) { return true; }
};

template <class Rules>
tags order_by_priority() {
    line<Rules> d;
    d.take(1, "x", policy::priority);
    d.wait_by(2, "x", policy::any, 0);
    d.wait_by(3, "x", policy::any, 1);
    return d.waiting("x");
}
template <class Rules>
tags holders_after_a_writer() {
    line<Rules> d;
    d.take(1, "x", policy::phase_fair);
    d.wait_by(2, "x", policy::any);
    d.wait_by(3, "x", policy::any, 0, mode::shared);
    d.release_all("x");
    return d.holding("x");
}

}  // namespace

TEST_CASE("locks 3.5: a priority upside down, and a phase that is left out, let another go ahead") {
    CHECK(order_by_priority<lock::rules>() == tags{3, 2});
    CHECK(order_by_priority<priorities_upside_down>() == tags{2, 3});
    CHECK(holders_after_a_writer<lock::rules>() == tags{3});
    CHECK(holders_after_a_writer<readers_wait_their_turn>() == tags{2});
}

TEST_CASE("locks 3.12/36: a flood that nothing bounds is found") {
    line<anybody_is_overtaken> d;
    d.take(1, "x", policy::priority);
    for (std::uint64_t tag = 2; tag <= 5; ++tag) {
        CHECK(lock::invariant::bypass_is_bounded(d.table.describe(), 2));
        d.wait_by(tag, "x", policy::any, static_cast<std::uint8_t>(tag));
    }
    CHECK_FALSE(lock::invariant::bypass_is_bounded(d.table.describe(), 2));
}

TEST_CASE(
    "locks 3.5: ranks that no policy gives, and several policies for one request, are found") {
    line d;
    d.take(1, "x", policy::fifo);
    d.take(1, "y", policy::fifo);
    CHECK(d.ask_all(2, {"x", "y"}, policy::any) == reply(lock::queued{}));
    const auto broken = [](const lock::state& now) {
        return std::string(lock::invariant::first_broken(now));
    };
    lock::state forged = d.table.describe();
    forged.locks[0].policy = policy::priority;
    CHECK(broken(forged) == "several_locks_have_one_policy");
    forged.locks[0].policy = policy::any;
    CHECK(broken(forged) == "ranks_follow_policies");
    forged = d.table.describe();
    for (lock::lock_record& one : forged.locks) one.queue[0].standing.rank = 1;
    CHECK(broken(forged) == "ranks_follow_policies");
    for (lock::lock_record& one : forged.locks) one.policy = policy::phase_fair;
    CHECK(broken(forged) == "several_locks_have_one_policy");
}
