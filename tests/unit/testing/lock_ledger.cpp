// tests/unit/testing/lock_ledger.cpp - each claim of the ledger is broken by what it forbids, and
// by nothing that a table does.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/lock_ledger.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_table.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lock = synod::lock;

using synod::fencing_token;
using synod::session_id;
using synod::testing::lock_ledger;

namespace {

constexpr session_id alice{{synod::slot(1), 0}};
constexpr session_id bob{{synod::slot(2), 0}};
constexpr fencing_token first{1};
constexpr fencing_token second{2};

/// Both sessions live, and one lock held, or none without a holder.
lock::state held_by(session_id holder, std::uint64_t sequence, fencing_token token) {
    lock::state made;
    made.last_token = token;
    made.sessions = {{alice, synod::log_time(9)}, {bob, synod::log_time(9)}};
    if (holder == session_id()) return made;
    lock::request_record one;
    one.owner = {holder, 1};
    one.sequence = sequence;
    one.token = one.first = token;
    one.state = lock::request_state::granted;
    made.locks = {{"a", {one}, {}}};
    return made;
}
lock::state idle(fencing_token last = {}) { return held_by({}, 0, last); }

/// One command and its reply.
std::string_view ask(lock_ledger& ledger, const lock::state& before, const lock::command& asked,
                     const lock::reply& said, const lock::state& after) {
    synod::bytes command;
    synod::bytes result;
    synod::byte_writer to_command(command);
    synod::byte_writer to_result(result);
    encode(asked, to_command);
    encode(said, to_result);
    return ledger.applied(before, command, result, after);
}

lock::acquire acquire_of(session_id session, std::uint64_t sequence) {
    lock::acquire made;
    made.stamp = {session, sequence, 0};
    made.owner = 1;
    made.name = "a";
    return made;
}

/// A request that waits for nothing in particular.
lock::request_record waiting_of(session_id session, std::uint64_t sequence) {
    lock::request_record made;
    made.owner = {session, 1};
    made.sequence = sequence;
    made.at = {synod::slot(sequence), 0};
    return made;
}

/// Alice holds, and that one waits behind her.
lock::state queued_behind_alice(const lock::request_record& waiting) {
    lock::state made = held_by(alice, 1, first);
    made.locks.front().queue = {waiting};
    return made;
}

/// A table whose every input a ledger is shown.
class shown_table {
public:
    /// What the ledger says of it.
    std::string ask(const lock::command& asked) {
        synod::bytes command;
        synod::byte_writer to_command(command);
        encode(asked, to_command);
        synod::bytes result;
        synod::byte_writer to_result(result);
        at_ = at_.next();
        table_.apply({{at_, 0}, now_}, command, to_result);
        const lock::state before = std::exchange(state_, table_.describe());
        return std::string(ledger_.applied(before, command, result, state_));
    }
    std::string pass(std::uint64_t milliseconds) {
        now_ = now_ + milliseconds;
        table_.advance(now_);
        const lock::state before = std::exchange(state_, table_.describe());
        return std::string(ledger_.advanced(before, state_));
    }
    /// Time passes, and the table is not told before the next command.
    void pass_unseen(std::uint64_t milliseconds) { now_ = now_ + milliseconds; }
    /// It goes on from its snapshot.
    void restore() {
        synod::bytes kept;
        synod::byte_writer out(kept);
        table_.snapshot(out);
        synod::byte_reader in(kept);
        REQUIRE_FALSE(table_.restore(in));
    }
    /// The session that this client opens.
    session_id open(std::uint64_t client, std::uint64_t ttl_ms = 60'000) {
        CHECK(ask(lock::open_session{{0, client}, 1, ttl_ms}).empty());
        return state_.sessions.back().session;
    }
    [[nodiscard]] const lock::state& state() const { return state_; }

private:
    synod::mutants::wrong_table table_ = std::move(*synod::mutants::wrong_table::make({}));
    lock_ledger ledger_;
    lock::state state_;
    synod::slot at_;
    synod::log_time now_;
};

}  // namespace

TEST_CASE("a request is granted once, and every token to somebody") {
    lock_ledger ledger;
    CHECK(ledger.advanced(idle(), held_by(alice, 1, first)).empty());
    CHECK(ledger.was_granted(alice, 1));
    CHECK(ledger.advanced(held_by(alice, 1, first), held_by(alice, 1, second)) == "granted_once");
    lock_ledger other;
    CHECK(other.advanced(idle(), idle(first)) == "no_grant_to_the_dead");
    CHECK(other.advanced(idle(first), idle()) == "only_moves_forward");
}

TEST_CASE("who is granted at once overtakes nobody") {
    lock_ledger ledger;
    lock::state before = held_by(alice, 1, first);
    static_cast<void>(ledger.advanced(idle(), before));
    const lock::reply said = lock::granted{second};
    CHECK(ask(ledger, idle(first), acquire_of(bob, 1), said, held_by(bob, 1, second)).empty());
    before.locks.front().queue.push_back(before.locks.front().holders.front());
    before.locks.front().queue.front().owner = {bob, 1};
    CHECK(ask(ledger, before, acquire_of(bob, 2), said, before) == "first_come_first_served");
}

TEST_CASE(
    "who is granted in the place of one who has given way overtakes nobody, or else those behind") {
    lock::request_record waiting = held_by(alice, 2, {}).locks.front().holders.front();
    waiting.at = {synod::slot(2), 0};
    waiting.state = lock::request_state::queued;
    waiting.standing.terms = {lock::on_deadlock::lowest_priority, 1};
    lock::request_record behind = waiting;
    behind.at = {synod::slot(3), 0};
    behind.sequence = 3;
    const auto granted = [&](std::uint8_t priority, bool another_waits) {
        lock::state before = held_by(alice, 1, first);
        before.locks.front().holders.clear();
        before.locks.front().queue = {waiting, behind};
        lock::state after = held_by(bob, 3, second);
        after.ended = {waiting};
        after.ended.front().state = lock::request_state::victim;
        if (!another_waits) before.locks.front().queue.pop_back();
        if (another_waits) after.locks.front().queue = {behind};
        lock::acquire asked = acquire_of(bob, 3);
        asked.terms = {lock::on_deadlock::lowest_priority, priority};
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held_by(alice, 1, first)));
        return std::string(ask(ledger, before, asked, lock::granted{second}, after));
    };
    CHECK(granted(2, false).empty());
    CHECK(granted(2, true) == "first_come_first_served");
    CHECK(granted(1, false) == "first_come_first_served");
}

TEST_CASE("who barges, or is let past, overtakes those who know it, and nobody else") {
    lock::state before = held_by(alice, 1, first);
    lock::request_record waiting = before.locks.front().holders.front();
    waiting.owner = {bob, 1};
    waiting.state = lock::request_state::queued;
    before.locks.front().queue = {waiting};
    const auto overtakes = [&](std::uint32_t counted, std::uint8_t flags) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), before));
        lock::acquire asked = acquire_of(alice, 2);
        asked.flags = flags;
        lock::state after = held_by(alice, 2, second);
        after.locks.front().queue = {waiting};
        after.locks.front().queue.front().standing.bypassed = counted;
        return std::string(ask(ledger, before, asked, lock::granted{second}, after));
    };
    CHECK(overtakes(1, lock::barge).empty());
    CHECK(overtakes(0, lock::barge) == "overtaking_is_counted");
    CHECK(overtakes(1, lock::no_flags) == "first_come_first_served");
    before.locks.front().policy = lock::policy::priority;
    CHECK(overtakes(1, lock::no_flags).empty());
    CHECK(overtakes(0, lock::no_flags) == "overtaking_is_counted");
    before.locks.front().policy = lock::policy::phase_fair;
    CHECK(overtakes(1, lock::no_flags) == "first_come_first_served");
    before.locks.front().policy = lock::policy::fifo;
    const auto passes = [&](bool lets_pass, std::uint32_t counted) {
        lock::state full = before;
        full.locks.front().capacity = 3;
        full.locks.front().holders.front().permits = 1;
        full.locks.front().queue.front().permits = 3;
        full.locks.front().queue.front().standing.lets_pass = lets_pass;
        lock::state after = full;
        after.last_token = second;
        after.locks.front().holders.push_back(full.locks.front().holders.front());
        after.locks.front().holders.back().token = after.locks.front().holders.back().first =
            second;
        after.locks.front().holders.back().sequence = 2;
        after.locks.front().queue.front().standing.bypassed = counted;
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), full));
        lock::acquire_permits asked{{alice, 2, 0}, 1, "a", 1, 3};
        return std::string(ask(ledger, full, asked, lock::granted{second}, after));
    };
    CHECK(passes(true, 1).empty());
    CHECK(passes(true, 0) == "overtaking_is_counted");
    CHECK(passes(false, 1) == "first_come_first_served");
}

TEST_CASE(
    "who takes back what its client has lost passes the queue, but no upgrade, and nobody else "
    "does") {
    lock::request_record waiting = held_by(bob, 2, first).locks.front().holders.front();
    waiting.owner.tag = 2;
    lock::state lost = held_by(bob, 1, first);
    lost.sessions.front().client = {1};
    lost.locks.front().queue = {waiting};
    lost.locks.front().delays = {{first, lock::mode::update, 0, {1}, synod::log_time(9)}};
    const auto passes = [](const lock::state& before, session_id who, lock::mode as,
                           std::uint8_t flags) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), before));
        lock::acquire asked = acquire_of(who, 3);
        asked.flags = flags;
        asked.mode = as;
        lock::state after = held_by(who, 3, second);
        after.locks.front().holders.front().mode = as;
        after.locks.front().queue = before.locks.front().queue;
        return std::string(ask(ledger, before, asked, lock::granted{second}, after));
    };
    CHECK(passes(lost, alice, lock::mode::update, lock::reclaim).empty());
    CHECK(passes(lost, alice, lock::mode::shared, lock::reclaim).empty());
    CHECK(passes(lost, alice, lock::mode::exclusive, lock::reclaim) == "first_come_first_served");
    CHECK(passes(lost, alice, lock::mode::update, lock::no_flags) == "first_come_first_served");
    CHECK(passes(lost, bob, lock::mode::update, lock::reclaim) == "first_come_first_served");
    lock::state upgraded = lost;
    upgraded.locks.front().queue.front().upgrades = first;
    CHECK(passes(upgraded, alice, lock::mode::update, lock::reclaim) == "first_come_first_served");
    lock::state given_back = lost;
    given_back.locks.front().delays.clear();
    CHECK(passes(given_back, alice, lock::mode::update, lock::reclaim) ==
          "first_come_first_served");
}

TEST_CASE("locks 3.5: nobody is overtaken more often than may be") {
    lock::request_record waiting = waiting_of(bob, 2);
    const auto overtaken = [&](std::uint32_t before, std::uint32_t after, std::uint32_t most) {
        lock_ledger ledger;
        ledger.limit_bypass(most);
        waiting.standing.bypassed = before;
        const lock::state was = queued_behind_alice(waiting);
        waiting.standing.bypassed = after;
        static_cast<void>(ledger.advanced(idle(), was));
        return std::string(ledger.advanced(was, queued_behind_alice(waiting)));
    };
    CHECK(overtaken(1, 2, 2).empty());
    CHECK(overtaken(1, 2, 1) == "bypass_stays_bounded");
    CHECK(overtaken(3, 3, 1).empty());
    CHECK(overtaken(3, 4, 1) == "bypass_stays_bounded");
}

TEST_CASE("locks 3.12: who waited waits, holds or has ended, unless its session has") {
    const lock::state before = queued_behind_alice(waiting_of(bob, 2));
    const auto become = [&](const lock::state& after) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), before));
        return std::string(ledger.advanced(before, after));
    };
    CHECK(become(before).empty());
    CHECK(become(held_by(bob, 2, second)).empty());
    lock::state after = held_by(alice, 1, first);
    CHECK(become(after) == "no_waiter_is_lost");
    after.ended = {waiting_of(bob, 3)};
    CHECK(become(after) == "no_waiter_is_lost");
    after.ended = {waiting_of(bob, 2)};
    CHECK(become(after).empty());
    after.ended.clear();
    after.sessions.pop_back();
    CHECK(become(after).empty());
}

TEST_CASE("locks 3.12: who waited is forgotten only when its client says so") {
    const lock::state after = held_by(alice, 1, first);
    const auto forgets = [&](const lock::command& asked, const lock::reply& said) {
        lock_ledger ledger;
        const lock::state before = queued_behind_alice(waiting_of(bob, 2));
        static_cast<void>(ledger.advanced(idle(), before));
        return std::string(ask(ledger, before, asked, said, after));
    };
    const auto drop = lock::on_granted::release;
    const lock::reply heard = lock::acknowledged{};
    CHECK(forgets(lock::acknowledge{{bob, 3, 0}, 2}, heard).empty());
    CHECK(forgets(lock::cancel{{bob, 3, 0}, 2, drop}, lock::cancelled{}).empty());
    CHECK(forgets(lock::acknowledge{{bob, 3, 0}, 1}, heard) == "no_waiter_is_lost");
    CHECK(forgets(lock::acknowledge{{alice, 3, 0}, 2}, heard) == "no_waiter_is_lost");
    CHECK(forgets(lock::query{{bob, 3, 0}, 2}, heard) == "no_waiter_is_lost");
}

TEST_CASE("locks 3.12: who waits at a gate is not forgotten, either") {
    lock::state before = idle();
    before.gates.gates = {{1, "g", {}, {}, 1, {{{bob, 1}, 2, {}, {}}}, {}}};
    lock_ledger ledger;
    CHECK(ledger.advanced(before, before).empty());
    CHECK(ledger.advanced(before, idle()) == "no_waiter_is_lost");
}

TEST_CASE("locks 3.12: a wait ends once") {
    const lock::state after = queued_behind_alice(waiting_of(bob, 2));
    const auto begins = [&](const lock::state& before) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), before));
        return std::string(ledger.advanced(before, after));
    };
    lock::state before = held_by(alice, 1, first);
    CHECK(begins(before).empty());
    before.ended = {waiting_of(bob, 2)};
    CHECK(begins(before) == "waits_end_once");
    before.ended = {waiting_of(bob, 1)};
    CHECK(begins(before).empty());
    before.locks.front().holders.push_back(waiting_of(bob, 2));
    CHECK(begins(before) == "waits_end_once");
}

TEST_CASE("locks 3.12: however a wait ends at a table, it is not lost") {
    shown_table shown;
    const session_id a = shown.open(1);
    const session_id b = shown.open(2);
    const session_id c = shown.open(3, 30'000);
    const auto acquire = [&](session_id by, std::uint64_t sequence, std::uint64_t wait_ms) {
        lock::acquire asked = acquire_of(by, sequence);
        asked.owner = sequence;
        asked.wait_ms = wait_ms;
        return shown.ask(asked);
    };
    CHECK(acquire(a, 1, lock::wait_forever).empty());
    for (std::uint64_t one = 1; one <= 4; ++one)
        CHECK(acquire(b, one, one == 1 ? lock::wait_forever : one * 100).empty());
    CHECK(acquire(c, 1, lock::wait_forever).empty());
    CHECK(shown.ask(lock::await_latch{{c, 2, 0}, 1, "g", lock::wait_forever}).empty());
    REQUIRE(shown.state().locks.front().queue.size() == 5);
    CHECK(shown.pass(200).empty());
    REQUIRE(shown.state().ended.size() == 1);
    CHECK(shown.ask(lock::acknowledge{{b, 5, 0}, 2}).empty());
    shown.pass_unseen(100);
    CHECK(shown.ask(lock::acknowledge{{b, 6, 0}, 3}).empty());
    REQUIRE(shown.state().ended.empty());
    CHECK(shown.ask(lock::cancel{{b, 7, 0}, 4, lock::on_granted::release}).empty());
    CHECK(shown.ask(lock::close_session{{c, 3, 0}}).empty());
    CHECK(shown.ask(lock::close_session{{a, 2, 0}}).empty());
    CHECK(shown.state().locks.front().queue.empty());
    CHECK(shown.state().locks.front().holders.size() == 1);
}

TEST_CASE("locks 3.12, M50: a table that forgets who waits is found out") {
    const auto asked_after_restoring = [](synod::mutants::mutant mistake) {
        const synod::mutants::making made(mistake);
        shown_table shown;
        const session_id a = shown.open(1);
        const session_id b = shown.open(2);
        CHECK(shown.ask(acquire_of(a, 1)).empty());
        CHECK(shown.ask(acquire_of(b, 1)).empty());
        shown.restore();
        return shown.ask(lock::keep_alive{{a, 2, 0}});
    };
    CHECK(asked_after_restoring(synod::mutants::mutant::none).empty());
    CHECK(asked_after_restoring(synod::mutants::mutant::m50) == "no_waiter_is_lost");
}

TEST_CASE("nobody waits for somebody who waits for him") {
    lock::state before = held_by(alice, 1, first);
    before.locks.push_back({"b", {held_by(bob, 1, second).locks.front().holders.front()}, {}});
    before.last_token = second;
    const auto waits_for = [](session_id who, std::uint64_t sequence) {
        lock::request_record one = held_by(who, sequence, {}).locks.front().holders.front();
        one.at = {synod::slot(sequence), 0};
        one.state = lock::request_state::queued;
        return one;
    };
    before.locks.back().queue = {waits_for(alice, 2)};
    lock::state after = before;
    after.locks.front().queue = {waits_for(bob, 3)};
    lock_ledger ledger;
    CHECK(ledger.advanced(idle(), before).empty());
    CHECK(ledger.advanced(before, after) == "nobody_waits_for_himself");
    after.locks.front().queue.front().owner.tag = 2;
    CHECK(ledger.advanced(before, after).empty());
}

TEST_CASE("who begins to wait has made nobody else give way, but who is less urgent and agrees") {
    lock::state before = held_by(alice, 1, first);
    lock::request_record waiting = held_by(alice, 2, {}).locks.front().holders.front();
    waiting.at = {synod::slot(2), 0};
    waiting.state = lock::request_state::queued;
    const auto broken = [&](const lock::reply& said, const lock::terms& his,
                            const lock::terms& hers, std::uint64_t passed = 0) {
        lock::state after = before;
        after.ended.push_back(waiting);
        after.ended.front().state = lock::request_state::victim;
        after.now = synod::log_time(passed);
        lock::state then = before;
        then.locks.front().queue = {waiting};
        then.locks.front().queue.front().standing.terms = hers;
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), before));
        lock::acquire asked = acquire_of(bob, 3);
        asked.terms = his;
        return std::string(ask(ledger, then, asked, said, after));
    };
    CHECK(broken(lock::queued{}, {}, {}) == "youngest_gives_way");
    CHECK(broken(lock::busy{}, {}, {}).empty());
    CHECK(broken(lock::queued{}, {}, {}, 1).empty());
    const auto lowest = lock::on_deadlock::lowest_priority;
    CHECK(broken(lock::queued{}, {lowest, 2}, {lowest, 1}).empty());
    CHECK(broken(lock::queued{}, {lowest, 1}, {lowest, 1}) == "youngest_gives_way");
    CHECK(broken(lock::queued{}, {{}, 2}, {lowest, 1}) == "youngest_gives_way");
    CHECK(broken(lock::queued{}, {lowest, 2}, {{}, 1}) == "youngest_gives_way");
}

TEST_CASE("a hold is given back by its owner alone") {
    lock_ledger ledger;
    const lock::state held = held_by(alice, 1, first);
    static_cast<void>(ledger.advanced(idle(), held));
    const lock::reply said = lock::released{};
    const auto release_of = [](session_id session, std::uint64_t owner) {
        return lock::release{{session, 2, 0}, owner, first};
    };
    lock_ledger fresh = ledger;
    CHECK(ask(fresh, held, release_of(alice, 1), said, idle(first)).empty());
    fresh = ledger;
    CHECK(ask(fresh, held, release_of(alice, 2), said, idle(first)) == "only_owners_release");
    fresh = ledger;
    CHECK(ask(fresh, held, release_of(bob, 1), said, idle(first)) == "only_owners_release");
}

TEST_CASE("who holds acquires again past the queue, and nobody else does") {
    lock::state held = held_by(alice, 1, first);
    held.locks.front().queue.push_back(held.locks.front().holders.front());
    held.locks.front().queue.front().owner = {bob, 1};
    const auto again = [&](std::uint64_t owner, std::uint8_t flags) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        lock::acquire asked = acquire_of(alice, 2);
        asked.owner = owner;
        asked.flags = flags;
        return std::string(ask(ledger, held, asked, lock::granted{first}, held));
    };
    CHECK(again(1, lock::reentrant).empty());
    CHECK(again(1, lock::no_flags) == "first_come_first_served");
    CHECK(again(2, lock::reentrant) == "first_come_first_served");
}

TEST_CASE("the mode of a hold is changed by its owner alone") {
    const lock::state held = held_by(alice, 1, first);
    lock::state reading = held;
    reading.locks.front().holders.front().mode = lock::mode::shared;
    const auto converted = [&](session_id session, std::uint64_t owner, const lock::state& after) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        const lock::convert asked{{session, 2, 0}, owner, first, lock::mode::shared};
        return std::string(ask(ledger, held, asked, lock::granted{first}, after));
    };
    CHECK(converted(alice, 1, reading).empty());
    CHECK(converted(alice, 1, held) == "granted_in_the_mode_asked_for");
    CHECK(converted(alice, 2, reading) == "only_owners_convert");
    CHECK(converted(bob, 1, reading) == "only_owners_convert");
}

TEST_CASE("an upgrade has a new token") {
    lock::state reading = held_by(alice, 1, first);
    reading.locks.front().holders.front().mode = lock::mode::shared;
    lock_ledger ledger;
    static_cast<void>(ledger.advanced(idle(), reading));
    const lock::convert asked{{alice, 2, 0}, 1, first, lock::mode::exclusive};
    CHECK(ask(ledger, reading, asked, lock::granted{first}, held_by(alice, 1, first)) ==
          "upgrades_have_new_tokens");
}

TEST_CASE("whoever is told that it holds does hold") {
    const lock::state held = held_by(alice, 1, first);
    const auto told = [&](const lock::command& asked, const lock::reply& said) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        return std::string(ask(ledger, held, asked, said, held));
    };
    const auto query_of = [](session_id session) { return lock::query{{session, 3, 0}, 1}; };
    const auto cancel_of = [](session_id session) {
        return lock::cancel{{session, 3, 0}, 1, lock::on_granted::keep};
    };
    const lock::request_status status{lock::request_state::granted, first};
    CHECK(told(acquire_of(alice, 2), lock::granted{first}).empty());
    CHECK(told(acquire_of(alice, 2), lock::granted{second}) == "granted_means_held");
    CHECK(told(acquire_of(bob, 2), lock::granted{first}) == "granted_means_held");
    CHECK(told(query_of(alice), status).empty());
    CHECK(told(query_of(bob), status) == "granted_means_held");
    CHECK(told(query_of(bob), lock::request_status{}).empty());
    CHECK(told(cancel_of(alice), lock::already_granted{first}).empty());
    CHECK(told(cancel_of(bob), lock::already_granted{first}) == "granted_means_held");
}

TEST_CASE("who has waited is told of a grant only while it holds") {
    lock_ledger ledger;
    const lock::state held = held_by(alice, 1, first);
    CHECK(ask(ledger, idle(), acquire_of(alice, 1), lock::queued{}, idle()).empty());
    static_cast<void>(ledger.advanced(idle(), held));
    lock_ledger later = ledger;
    CHECK(ask(ledger, held, acquire_of(alice, 1), lock::granted{first}, held).empty());
    CHECK(ask(later, idle(first), acquire_of(alice, 1), lock::granted{first}, idle(first)) ==
          "granted_means_held");
}

TEST_CASE("a grant that comes again from memory may be over by then") {
    lock_ledger ledger;
    const lock::state held = held_by(alice, 1, first);
    CHECK(ask(ledger, idle(), acquire_of(alice, 1), lock::granted{first}, held).empty());
    CHECK(
        ask(ledger, idle(first), acquire_of(alice, 1), lock::granted{first}, idle(first)).empty());
}

TEST_CASE("what is told to be given back is held no more") {
    const lock::state held = held_by(alice, 1, first);
    const auto told = [&](const lock::command& asked, const lock::state& after) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        return std::string(ask(ledger, held, asked, lock::released{}, after));
    };
    const lock::release release{{alice, 2, 0}, 1, first};
    const lock::cancel cancel{{alice, 2, 0}, 1, lock::on_granted::release};
    CHECK(told(release, idle(first)).empty());
    CHECK(told(release, held) == "released_means_free");
    CHECK(told(cancel, idle(first)).empty());
    CHECK(told(cancel, held) == "released_means_free");
}

TEST_CASE("a command that comes again is answered again, but for a wait that is over") {
    lock_ledger ledger;
    const lock::state held = held_by(alice, 1, first);
    static_cast<void>(ledger.advanced(idle(), held));
    const auto again = [&](const lock::reply& said) {
        return ask(ledger, held, acquire_of(alice, 1), said, held);
    };
    CHECK(again(lock::queued{}).empty());
    CHECK(again(lock::queued{}).empty());
    CHECK(again(lock::granted{first}).empty());
    CHECK(again(lock::busy{}) == "repeats_are_answered_alike");
    CHECK(again(lock::refused{lock::refusal::stale_sequence}).empty());
    CHECK(again(lock::refused{lock::refusal::session_expired}) == "live_sessions_are_served");
}

TEST_CASE("sessions are opened once each, and stay over") {
    lock_ledger ledger;
    const lock::reply said = lock::opened{alice, 1000};
    CHECK(ask(ledger, idle(), lock::open_session{{1, 0}, 1, 1000}, said, idle()).empty());
    CHECK(ask(ledger, idle(), lock::open_session{{1, 0}, 1, 1000}, said, idle()).empty());
    CHECK(ask(ledger, idle(), lock::open_session{{2, 0}, 1, 1000}, said, idle()) ==
          "sessions_are_unique");
    CHECK(ledger.opener_of(alice) == synod::client_uuid{1, 0});
    CHECK_FALSE(ledger.opener_of(bob).has_value());
    lock::state over = idle();
    over.sessions.clear();
    CHECK(ask(ledger, over, lock::keep_alive{{alice, 1, 0}}, lock::kept{1}, over) ==
          "expired_sessions_stay_expired");
    CHECK(ask(ledger, over, lock::keep_alive{{alice, 2, 0}},
              lock::refused{lock::refusal::session_expired}, over)
              .empty());
}

TEST_CASE("locks R3: a new leader takes no life from a session") {
    lock_ledger ledger;
    lock::state shorter = idle();
    shorter.sessions.back().deadline = synod::log_time(8);
    CHECK(ledger.led(shorter, idle()).empty());
    CHECK(ledger.led(idle(), shorter) == "grace_only_extends");
}

TEST_CASE("what is remembered is part of the fingerprint") {
    lock_ledger ledger;
    const auto empty = synod::fingerprint_of(ledger);
    static_cast<void>(ledger.advanced(idle(), held_by(alice, 1, first)));
    CHECK(synod::fingerprint_of(ledger) != empty);
    CHECK(ledger.applied(idle(first), {}, {}, idle(first)) == "replies_are_replies");
}

namespace {

/// One request of alice that holds two locks.
lock::state both_held() {
    lock::state made = held_by(alice, 1, first);
    made.locks.push_back(made.locks.front());
    made.locks.back().name = "b";
    made.locks.back().holders.front().token = second;
    made.last_token = second;
    return made;
}
lock::acquire_all both_of(session_id session, std::uint64_t sequence) {
    return {{session, sequence, 0}, 1, {{"a"}, {"b"}}, lock::wait_forever};
}

}  // namespace

TEST_CASE("several locks are granted together, all of them, in the modes asked for") {
    lock_ledger apart;
    CHECK(apart.advanced(idle(), held_by(alice, 1, first)).empty());
    CHECK(apart.advanced(held_by(alice, 1, first), both_held()) == "granted_together");
    const auto granted = [](const lock::state& after) {
        lock_ledger ledger;
        return std::string(ask(ledger, idle(), both_of(alice, 1), lock::granted{first}, after));
    };
    CHECK(granted(both_held()).empty());
    CHECK(granted(held_by(alice, 1, first)) == "granted_in_the_mode_asked_for");
    lock::state weaker = both_held();
    weaker.locks.back().holders.front().mode = lock::mode::shared;
    CHECK(granted(weaker) == "granted_in_the_mode_asked_for");
}

TEST_CASE("who is granted several locks at once overtakes nobody at any of them") {
    lock::state before = idle();
    before.locks = {{"b", {}, {held_by(bob, 1, first).locks.front().holders.front()}}};
    lock::state after = both_held();
    after.locks.back().queue = before.locks.front().queue;
    lock_ledger ledger;
    CHECK(ask(ledger, before, both_of(alice, 1), lock::granted{first}, after) ==
          "first_come_first_served");
}

TEST_CASE("what a cancel gives back is told truly, also of several locks") {
    const auto cancelled = [](const lock::state& after, std::uint32_t remaining) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), both_held()));
        const lock::cancel asked{{alice, 2, 0}, 1, lock::on_granted::release};
        return std::string(ask(ledger, both_held(), asked, lock::released{remaining}, after));
    };
    lock::state one_left = both_held();
    one_left.locks.erase(one_left.locks.begin());
    CHECK(cancelled(idle(second), 0).empty());
    CHECK(cancelled(one_left, 1).empty());
    CHECK(cancelled(one_left, 0) == "released_means_free");
}

TEST_CASE("several holds are given back by their owner alone, and truly") {
    const auto given_back = [](session_id session, std::uint64_t owner, const lock::state& after) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), both_held()));
        const lock::release_all asked{{session, 2, 0}, owner, {first, second}};
        return std::string(ask(ledger, both_held(), asked, lock::released{0}, after));
    };
    lock::state one_left = both_held();
    one_left.locks.erase(one_left.locks.begin());
    CHECK(given_back(alice, 1, idle(second)).empty());
    CHECK(given_back(alice, 2, idle(second)) == "only_owners_release");
    CHECK(given_back(bob, 1, idle(second)) == "only_owners_release");
    CHECK(given_back(alice, 1, one_left) == "released_means_free");
}

TEST_CASE("permits are granted in turn, as many as were asked for, and no more than there are") {
    const auto granted = [](std::uint32_t permits, std::uint32_t capacity, bool others_wait) {
        lock::state after = held_by(alice, 1, first);
        after.locks.front().capacity = capacity;
        after.locks.front().holders.front().permits = permits;
        lock::state before = idle();
        if (others_wait) {
            before.locks = {{"a", {}, {waiting_of(bob, 1)}, capacity}};
            after.locks.front().queue = before.locks.front().queue;
        }
        lock_ledger ledger;
        const lock::acquire_permits asked{{alice, 1, 0}, 1, "a", 2, 3, lock::wait_forever};
        return std::string(ask(ledger, before, asked, lock::granted{first}, after));
    };
    CHECK(granted(2, 3, false).empty());
    CHECK(granted(1, 3, false) == "granted_in_the_mode_asked_for");
    CHECK(granted(2, 1, false) == "grants_fit");
    CHECK(granted(2, 3, true) == "first_come_first_served");
}

TEST_CASE("a lease is renewed by its owner alone, for as long as is told") {
    lock::state leased = held_by(alice, 1, first);
    leased.locks.front().holders.front().lease = {5, synod::log_time(5), 0};
    const auto renewed = [&](session_id session, std::uint64_t owner, std::uint64_t remaining) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), leased));
        const lock::renew_hold asked{{session, 2, 0}, owner, first, 5};
        return std::string(ask(ledger, leased, asked, lock::kept{remaining}, leased));
    };
    CHECK(renewed(alice, 1, 5).empty());
    CHECK(renewed(alice, 1, 6) == "renewed_means_kept");
    CHECK(renewed(alice, 2, 5) == "only_owners_renew");
    CHECK(renewed(bob, 1, 5) == "only_owners_renew");
}

TEST_CASE(
    "a token is good while it is held, and a hold that ends by force does so wholly and in time") {
    const lock::state held = held_by(alice, 1, first);
    const auto checked = [&](const char* name, lock::validity said) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        const lock::check_token asked{{bob, 1, 0}, name, first, lock::mode::exclusive};
        return std::string(ask(ledger, held, asked, lock::token_checked{said}, held));
    };
    CHECK(checked("a", lock::validity::valid).empty());
    CHECK(checked("b", lock::validity::stale).empty());
    CHECK(checked("a", lock::validity::stale) == "good_tokens_are_held");
    CHECK(checked("b", lock::validity::valid) == "good_tokens_are_held");
    const auto forced = [&](const lock::state& after) {
        lock_ledger ledger;
        static_cast<void>(ledger.advanced(idle(), held));
        const lock::force_release asked{{bob, 1, 0}, first};
        return std::string(ask(ledger, held, asked, lock::released{0}, after));
    };
    CHECK(forced(idle(first)).empty());
    CHECK(forced(held) == "released_means_free");
    lock::state before = held;
    before.forced_ends = {{first, synod::log_time(9), bob}};
    lock_ledger ledger;
    static_cast<void>(ledger.advanced(idle(), before));
    CHECK(ledger.advanced(before, held) == "forced_ends_only_approach");
}

TEST_CASE("an epoch that begins issues no tokens") {
    lock_ledger ledger;
    const lock::state before = held_by(alice, 1, first);
    lock::state after = before;
    after.last_token = fencing_token(1, 0);
    static_cast<void>(ledger.advanced(idle(), before));
    const lock::bump_epoch asked{{bob, 1, 0}, 1};
    CHECK(ask(ledger, before, asked, lock::administered{}, after).empty());
    after.last_token = fencing_token();
    CHECK(ask(ledger, before, asked, lock::administered{}, after) == "only_moves_forward");
}
