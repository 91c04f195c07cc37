// tests/unit/lock/gates.cpp - latches, barriers and double barriers: who is let through together,
// and what everybody is told.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/detail/gate_keeper.hpp>
#include <synod/lock/detail/gates.hpp>
#include <synod/lock/gate_commands.hpp>
#include <synod/lock/gate_config.hpp>
#include <synod/lock/gate_invariant.hpp>
#include <synod/lock/gate_replies.hpp>
#include <synod/lock/gate_rules.hpp>
#include <synod/lock/gate_state.hpp>

#include "driver.hpp"
#include "support/catch.hpp"
#include "watched.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::refusal;
using lock::reply;
using lock::request_state;

namespace {

using event_list = std::vector<lock::event>;

struct gates : trio {
    explicit gates() = default;

    reply set(const std::string& name, std::uint32_t count) {
        return run(lock::set_latch{stamp(a), name, count});
    }
    reply count(session_id who, const std::string& name, std::uint32_t by = 1,
                std::uint64_t generation = 0) {
        return run(lock::count_down{stamp(who), name, by, generation});
    }
    reply await(session_id who, const std::string& name, std::uint64_t ms = lock::wait_forever,
                std::uint64_t generation = 0) {
        return run(lock::await_latch{stamp(who), 0, name, ms, generation});
    }
    reply arrive(session_id who, std::uint32_t parties, std::uint64_t ms = lock::wait_forever,
                 std::uint64_t tag = 0) {
        return run(lock::arrive_at_barrier{stamp(who), tag, "b", parties, ms});
    }
    reply enter(session_id who, std::uint32_t parties, std::uint64_t ms = lock::wait_forever,
                std::uint64_t tag = 0) {
        return run(lock::enter_double_barrier{stamp(who), tag, "d", parties, ms});
    }
    reply leave(session_id who, std::uint64_t ms = lock::wait_forever, std::uint64_t tag = 0) {
        return run(lock::leave_double_barrier{stamp(who), tag, "d", ms});
    }
    /// All three have entered.
    void all_enter() {
        enter(a, 3);
        enter(b, 3);
        CHECK(enter(c, 3) == reply(lock::passed{1}));
        drain();
    }
    void drain() { static_cast<void>(this->driver<>::events()); }

    /// The last request of a session has ended so.
    lock::event told(session_id who, request_state how) {
        return lock::wait_ended{who, last_sequence(who), how};
    }
    reply state_of(session_id who, std::uint64_t sequence) { return query(who, sequence); }
    std::size_t number() { return table.describe().gates.gates.size(); }
};

reply latched(std::uint64_t generation, std::uint32_t remaining) {
    return lock::latched{generation, remaining};
}
reply awaiting(std::uint64_t generation) { return lock::awaiting{generation}; }
reply passed(std::uint64_t generation) { return lock::passed{generation}; }
reply broken(std::uint64_t generation) { return lock::barrier_broken{generation}; }
reply status(request_state is) { return lock::request_status{is, {}}; }

}  // namespace

TEST_CASE("locks 3.10: a latch lets everybody through once it is counted down") {
    gates d;
    CHECK(d.set("l", 3) == latched(1, 3));
    CHECK(d.await(d.b, "l") == awaiting(1));
    CHECK(d.await(d.c, "l") == awaiting(1));
    CHECK(d.count(d.a, "l") == latched(1, 2));
    d.drain();
    CHECK(d.count(d.a, "l", 5) == latched(1, 0));
    CHECK(d.events() ==
          event_list{d.told(d.b, request_state::passed), d.told(d.c, request_state::passed)});
    CHECK(d.await(d.a, "l") == passed(1));
    CHECK(d.await(d.a, "l", lock::no_wait) == passed(1));
    CHECK(d.query(d.b, 1) == status(request_state::passed));
    CHECK(d.cancel(d.b, 1, lock::on_granted::release) == status(request_state::passed));
    CHECK(d.acknowledge(d.b, 1) == reply(lock::acknowledged{}));
    CHECK(d.query(d.b, 1) == no(refusal::unknown_request));
}

TEST_CASE("locks 3.10: a count that is sent again is counted once") {
    gates d;
    d.set("l", 3);
    const lock::count_down asked{d.late_stamp(d.b), "l", 1};
    CHECK(d.run(asked) == latched(1, 2));
    CHECK(d.run(asked) == latched(1, 2));
    CHECK(d.count(d.c, "l") == latched(1, 1));
    const lock::await_latch waits{d.late_stamp(d.b), 0, "l"};
    CHECK(d.run(waits) == awaiting(1));
    CHECK(d.run(waits) == awaiting(1));
    CHECK(d.table.describe().gates.gates[0].waiting.size() == 1);
}

TEST_CASE("locks 3.10: what a dead session has counted stays counted, and its latch stands") {
    gates d;
    d.set("l", 2);
    d.count(d.a, "l");
    d.await(d.b, "l");
    d.close(d.a);
    CHECK(d.count(d.c, "l") == latched(1, 0));
    CHECK(d.query(d.b, 1) == status(request_state::passed));
}

TEST_CASE(
    "locks 3.10: a latch that is set again is another generation, and late counts do not reach "
    "it") {
    gates d;
    d.set("l", 1);
    d.await(d.b, "l");
    d.drain();
    CHECK(d.set("l", 2) == latched(2, 2));
    CHECK(d.events() == event_list{d.told(d.b, request_state::broken)});
    CHECK(d.count(d.c, "l", 1, 1) == no(refusal::stale_generation));
    CHECK(d.await(d.c, "l", lock::wait_forever, 1) == no(refusal::stale_generation));
    CHECK(d.count(d.c, "l", 1, 2) == latched(2, 1));
    CHECK(d.await(d.c, "l", lock::wait_forever, 2) == awaiting(2));
    CHECK(d.set("l", 0) == latched(0, 0));
    CHECK(d.count(d.c, "l") == no(refusal::unknown_latch));
    CHECK(d.await(d.c, "l") == no(refusal::unknown_latch));
    CHECK(d.number() == 0);
    CHECK(d.set("l", 1) == latched(3, 1));
}

TEST_CASE("who waits at a latch gives up alone: by time, by cancel, and with the session") {
    gates d;
    d.set("l", 1);
    CHECK(d.await(d.a, "l", lock::no_wait) == reply(lock::busy{}));
    CHECK(d.await(d.a, "l", 10) == awaiting(1));
    const auto timed = d.last_sequence(d.a);
    d.await(d.b, "l");
    const auto withdrawn = d.last_sequence(d.b);
    d.await(d.c, "l");
    d.drain();
    d.pass(10);
    CHECK(d.events() == event_list{d.told(d.a, request_state::timed_out)});
    CHECK(d.query(d.a, timed) == status(request_state::timed_out));
    CHECK(d.cancel(d.b, withdrawn, lock::on_granted::keep) == reply(lock::cancelled{}));
    CHECK(d.query(d.b, withdrawn) == status(request_state::cancelled));
    CHECK(d.events().empty());
    d.close(d.c);
    CHECK(d.table.describe().gates.gates[0].waiting.empty());
    CHECK(d.table.next_deadline() > d.now + 1'000);
}

TEST_CASE("locks 3.10: a barrier lets all through with the last, and who comes later begins anew") {
    gates d;
    CHECK(d.arrive(d.a, 3) == awaiting(1));
    CHECK(d.arrive(d.b, 3) == awaiting(1));
    d.drain();
    CHECK(d.arrive(d.c, 3) == passed(1));
    CHECK(d.events() ==
          event_list{d.told(d.a, request_state::passed), d.told(d.b, request_state::passed)});
    CHECK(d.number() == 0);
    CHECK(d.arrive(d.c, 2) == awaiting(2));
    CHECK(d.arrive(d.a, 2) == passed(2));
    CHECK(d.arrive(d.a, 1) == passed(3));
}

TEST_CASE(
    "locks 3.10: a party that times out breaks the barrier for all of its generation, itself "
    "included") {
    gates d;
    d.arrive(d.a, 3);
    d.arrive(d.b, 3, 10);
    d.drain();
    d.pass(10);
    CHECK(d.events() ==
          event_list{d.told(d.a, request_state::broken), d.told(d.b, request_state::broken)});
    CHECK(d.query(d.a, 1) == status(request_state::broken));
    CHECK(d.query(d.b, 1) == status(request_state::broken));
    CHECK(d.arrive(d.c, 3) == awaiting(2));
    CHECK(d.arrive(d.a, 3) == awaiting(2));
    CHECK(d.arrive(d.b, 3) == passed(2));
}

TEST_CASE("locks 3.10: a party that is cancelled breaks the barrier, and is told the same") {
    gates d;
    d.arrive(d.a, 3);
    d.arrive(d.b, 3);
    d.drain();
    CHECK(d.cancel(d.b, 1, lock::on_granted::release) == status(request_state::broken));
    CHECK(d.events() == event_list{d.told(d.a, request_state::broken)});
    CHECK(d.query(d.b, 1) == status(request_state::broken));
    CHECK(d.cancel(d.b, 1, lock::on_granted::release) == status(request_state::broken));
}

TEST_CASE("locks 3.10: a party whose session ends breaks the barrier for the others") {
    gates d;
    const auto brief = d.open(9, 100);
    d.arrive(d.a, 4);
    d.arrive(brief, 4, lock::wait_forever, 1);
    d.arrive(brief, 4, lock::wait_forever, 2);
    d.drain();
    d.pass(100);
    CHECK(d.events() == event_list{d.told(d.a, request_state::broken), lock::session_ended{brief}});
    d.arrive(d.b, 2);
    d.close(d.b);
    CHECK(d.number() == 0);
}

TEST_CASE("a cancel that overtakes its arrival keeps it from arriving") {
    gates d;
    const lock::arrive_at_barrier late{d.late_stamp(d.b), 0, "b", 2};
    CHECK(d.run(lock::cancel{d.late_stamp(d.b), 1, lock::on_granted::release}) ==
          reply(lock::cancelled{}));
    CHECK(d.run(late) == reply(lock::cancelled{}));
    CHECK(d.number() == 0);
}

TEST_CASE("arrivals that cannot be are refused, and change nothing") {
    gates d;
    CHECK(d.arrive(d.a, 0) == no(refusal::parties_out_of_range));
    CHECK(d.arrive(d.a, 2, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.number() == 0);
    CHECK(d.arrive(d.a, 3) == awaiting(1));
    CHECK(d.arrive(d.a, 3) == no(refusal::self_deadlock));
    CHECK(d.arrive(d.b, 2) == no(refusal::kind_mismatch));
    CHECK(d.run(lock::set_latch{d.stamp(d.b), "b", 1}) == no(refusal::kind_mismatch));
    CHECK(d.run(lock::enter_double_barrier{d.stamp(d.b), 0, "b", 3}) == no(refusal::kind_mismatch));
    CHECK(d.run(lock::leave_double_barrier{d.stamp(d.b), 0, "b"}) == no(refusal::kind_mismatch));
    CHECK(d.run(lock::set_latch{d.stamp(d.b), "", 1}) == no(refusal::name_empty));
    CHECK(d.run(lock::await_latch{d.stamp(d.b), 0, std::string(513, 'n')}) ==
          no(refusal::name_too_long));
    CHECK(d.arrive(d.a, 3, lock::wait_forever, 1) == awaiting(1));
    CHECK(d.hold(d.b, "b") != fencing_token());
}

TEST_CASE("locks 3.10: of a double barrier all enter together, and leave together") {
    gates d;
    CHECK(d.enter(d.a, 3) == awaiting(1));
    CHECK(d.enter(d.b, 3) == awaiting(1));
    d.drain();
    CHECK(d.enter(d.c, 3) == passed(1));
    CHECK(d.events() ==
          event_list{d.told(d.a, request_state::passed), d.told(d.b, request_state::passed)});
    CHECK(d.enter(d.a, 3) == no(refusal::self_deadlock));
    CHECK(d.leave(d.b, lock::no_wait) == reply(lock::busy{}));
    CHECK(d.leave(d.b) == awaiting(1));
    CHECK(d.leave(d.b) == no(refusal::not_inside));
    CHECK(d.leave(d.a) == awaiting(1));
    d.drain();
    CHECK(d.leave(d.c) == passed(1));
    CHECK(d.events().size() == 2);
    CHECK(d.number() == 0);
    CHECK(d.leave(d.c) == no(refusal::not_inside));
}

TEST_CASE("locks 3.10: who comes while others are inside begins the next generation") {
    gates d;
    d.enter(d.a, 2);
    d.enter(d.b, 2);
    CHECK(d.enter(d.c, 2) == awaiting(2));
    CHECK(d.leave(d.a) == awaiting(1));
    CHECK(d.leave(d.c) == no(refusal::not_inside));
    CHECK(d.enter(d.a, 2, lock::wait_forever, 7) == passed(2));
    CHECK(d.leave(d.b) == passed(1));
    CHECK(d.leave(d.c) == awaiting(2));
    CHECK(d.leave(d.a, lock::wait_forever, 7) == passed(2));
    CHECK(d.number() == 0);
}

TEST_CASE("locks 3.10: to enter is broken like a barrier") {
    gates d;
    d.enter(d.a, 3, 10);
    d.enter(d.b, 3);
    d.drain();
    d.pass(10);
    CHECK(d.events() ==
          event_list{d.told(d.a, request_state::broken), d.told(d.b, request_state::broken)});
    CHECK(d.leave(d.a) == no(refusal::not_inside));
    CHECK(d.number() == 0);
}

TEST_CASE("locks 3.10: a leave that times out has ended, once, and for all") {
    gates d;
    d.all_enter();
    CHECK(d.leave(d.a, 10) == awaiting(1));
    CHECK(d.leave(d.b) == awaiting(1));
    d.pass(10);
    CHECK(d.events() ==
          event_list{d.told(d.a, request_state::broken), d.told(d.b, request_state::broken)});
    CHECK(d.leave(d.a) == no(refusal::not_inside));
    CHECK(d.enter(d.c, 3) == no(refusal::self_deadlock));
    CHECK(d.leave(d.c) == broken(1));
    CHECK(d.leave(d.c) == no(refusal::not_inside));
    CHECK(d.number() == 0);
}

TEST_CASE("locks 3.10: who dies inside breaks the generation for all who are to leave yet") {
    gates d;
    d.all_enter();
    d.leave(d.a);
    d.drain();
    d.close(d.b);
    CHECK(d.events() == event_list{d.told(d.a, request_state::broken)});
    CHECK(d.number() == 1);
    CHECK(d.leave(d.c, lock::no_wait) == broken(1));
    CHECK(d.number() == 0);
    d.enter(d.a, 1);
    d.close(d.a);
    CHECK(d.number() == 0);
}

TEST_CASE(
    "locks 3.12/78: at every limit of gates the answer is definite, and leaving still works") {
    auto config = short_leases();
    config.gates = {.max_gates = 2, .max_parties = 3, .max_members = 3};
    config.max_waiting_per_session = 1;
    config.max_wait_ms = 1'000;
    driver<> d(config);
    const auto a = d.open(1, 100'000);
    const auto b = d.open(2, 100'000);
    const auto arrive = [&](session_id who, const std::string& at, std::uint32_t parties,
                            std::uint64_t ms = 1'000) {
        return d.run(lock::arrive_at_barrier{d.stamp(who), 0, at, parties, ms});
    };
    const auto enter = [&](session_id who, const std::string& at, std::uint32_t parties) {
        return d.run(lock::enter_double_barrier{d.stamp(who), 0, at, parties, 1'000});
    };
    CHECK(arrive(a, "x", 4) == no(refusal::limit));
    CHECK(arrive(a, "x", 3, 1'001) == no(refusal::limit));
    CHECK(arrive(a, "x", 3) == awaiting(1));
    CHECK(arrive(a, "y", 3) == no(refusal::limit));
    CHECK(enter(b, "y", 1) == passed(2));
    CHECK(arrive(b, "z", 3) == no(refusal::limit));
    CHECK(d.run(lock::set_latch{d.stamp(b), "z", 1}) == no(refusal::limit));
    CHECK(d.run(lock::leave_double_barrier{d.stamp(b), 0, "y", 1'000}) == passed(2));
    CHECK(enter(b, "y", 1) == passed(3));
    CHECK(d.run(lock::cancel{d.stamp(a), 3, lock::on_granted::release}) ==
          status(request_state::broken));
    CHECK(d.acknowledge(a, 3) == reply(lock::acknowledged{}));
    CHECK(enter(a, "z", 3) == no(refusal::limit));
    CHECK(enter(a, "z", 2) == awaiting(4));
}

TEST_CASE(
    "who waits at a gate counts against the limits of the session, also once that has ended") {
    auto config = short_leases();
    config.max_waiting_per_session = 2;
    driver<> d(config);
    const auto a = d.open(1, 100'000);
    d.run(lock::set_latch{d.stamp(a), "l", 1});
    const auto waits = [&](std::uint64_t ms) {
        return d.run(lock::await_latch{d.stamp(a), 0, "l", ms});
    };
    CHECK(waits(10) == awaiting(1));
    const auto first = d.last_sequence(a);
    CHECK(waits(50) == awaiting(1));
    CHECK(waits(10) == no(refusal::limit));
    d.pass(10);
    CHECK(waits(10) == no(refusal::limit));
    d.acknowledge(a, first);
    CHECK(waits(10) == awaiting(1));
}

TEST_CASE("locks 3.12/74: a snapshot keeps who waits at gates, and who is inside") {
    gates d;
    d.set("l", 2);
    d.await(d.a, "l", 5'000);
    d.enter(d.a, 2);
    d.enter(d.b, 2);
    d.leave(d.a, 7'000);
    d.enter(d.c, 2);
    d.arrive(d.b, 3);
    const bytes snapshot = snapshot_of(d.table);
    auto copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot));
    CHECK(copy == d.table);
    CHECK(snapshot_of(copy) == snapshot);
    CHECK(copy.next_deadline() == d.table.next_deadline());
    const lock::leave_double_barrier asked{d.late_stamp(d.b), 0, "d"};
    const apply_context context{{slot(100), 0}, d.now};
    CHECK(execute(copy, context, asked) == passed(2));
    CHECK(d.execute(context, asked) == passed(2));
    advance(copy, log_time::never());
    d.advance(log_time::never());
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
    CHECK(copy.describe().gates.gates.size() == 1);
}

namespace {

lock::state with_gate(const lock::gate_record& one) {
    lock::state made;
    made.now = log_time(5);
    made.last = {slot(9), 0};
    made.sessions = {{session_id({slot(1), 0}), log_time(100)},
                     {session_id({slot(2), 0}), log_time(100)}};
    made.gates = {7, {one}};
    return made;
}

lock::passage_record passage(std::uint64_t session, std::uint64_t at) {
    return {{session_id({slot(session), 0}), 0}, at, {slot(at), 0}, log_time::never()};
}
lock::member_record member(std::uint64_t session) { return {{session_id({slot(session), 0}), 0}}; }

std::string broken_in(const lock::state& now) {
    const char* const name = lock::invariant::first_broken(now);
    return name == nullptr ? "" : name;
}

}  // namespace

TEST_CASE("a gate that is no state of a table breaks an invariant") {
    using lock::gate_kind;
    using lock::gate_phase;
    const lock::gate_record barrier{
        7, "b", gate_kind::barrier, gate_phase::gathering, 3, {passage(1, 3), passage(2, 4)}, {}};
    const auto broken = [&barrier](auto&& change) {
        lock::state made = with_gate(barrier);
        change(made, made.gates.gates[0]);
        return broken_in(made);
    };
    CHECK(broken([](auto&, auto&) {}).empty());
    CHECK(broken([](auto& now, auto&) { now.gates.last_generation = 6; }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.count = 2; }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.waiting.clear(); }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.name = ""; }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.phase = gate_phase::broken; }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.inside = {member(1)}; }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.generation = 0; }) == "gates_are_right");
    CHECK(broken([](auto& now, auto& one) {
              now.gates.gates.push_back(one);
              now.gates.gates[0].generation = 6;
          }) == "gates_are_right");
    CHECK(broken([](auto&, auto& one) { one.waiting[0].deadline = log_time(5); }) ==
          "passages_are_right");
    CHECK(broken([](auto&, auto& one) { one.waiting[1].at = one.waiting[0].at; }) ==
          "passages_are_right");
    CHECK(broken([](auto& now, auto&) { now.last = {slot(3), 0}; }) == "passages_are_right");
    CHECK(broken([](auto& now, auto&) { now.sessions.pop_back(); }) == "passages_are_right");
    CHECK(broken([](auto&, auto& one) { one.waiting[1].owner = one.waiting[0].owner; }) ==
          "parties_are_right");
    CHECK(broken([](auto& now, auto&) {
              lock::request_record ended;
              ended.owner = {session_id({slot(1), 0}), 0};
              ended.sequence = 8;
              ended.at = {slot(8), 0};
              ended.deadline = log_time::never();
              ended.state = request_state::passed;
              now.ended = {ended};
          }) == "ended_passages_are_right");
}

TEST_CASE("a double barrier whose parties do not add up breaks an invariant") {
    using lock::gate_kind;
    using lock::gate_phase;
    const lock::gate_record inside{
        7, "d", gate_kind::double_barrier, gate_phase::inside, 2, {passage(1, 3)}, {member(2)}};
    CHECK(broken_in(with_gate(inside)).empty());
    lock::gate_record wrong = inside;
    wrong.count = 3;
    CHECK(broken_in(with_gate(wrong)) == "gates_are_right");
    wrong = inside;
    wrong.phase = gate_phase::broken;
    CHECK(broken_in(with_gate(wrong)) == "gates_are_right");
    wrong.waiting.clear();
    CHECK(broken_in(with_gate(wrong)).empty());
    wrong.inside = {member(2), member(1)};
    CHECK(broken_in(with_gate(wrong)) == "parties_are_right");
    wrong.inside = {member(3)};
    CHECK(broken_in(with_gate(wrong)) == "parties_are_right");
}

namespace {

struct opens_early : lock::rules {
    static bool is_open(std::uint32_t remaining) { return remaining <= 1; }
};
struct never_opens : lock::rules {
    static bool is_open(std::uint32_t) { return false; }
};
struct one_is_missing : lock::rules {
    static bool is_complete(std::uint64_t arrived, std::uint32_t parties) {
        return arrived > parties;
    }
};
struct everybody_gives_up_alone : lock::rules {
    static bool gives_up_alone(lock::gate_kind) { return true; }
};
struct generations_come_again : lock::rules {
    static std::uint64_t next_generation(std::uint64_t) { return 1; }
};

template <class Rules>
reply wait_for_two(watched<Rules>& w) {
    w.run(lock::set_latch{w.stamp(w.a), "l", 2});
    w.run(lock::count_down{w.stamp(w.a), "l"});
    return w.run(lock::await_latch{w.stamp(w.b), 0, "l"});
}
template <class Rules>
void meet(watched<Rules>& w, std::uint64_t wait_ms) {
    w.run(lock::arrive_at_barrier{w.stamp(w.a), 0, "b", 3, wait_ms});
    w.run(lock::arrive_at_barrier{w.stamp(w.b), 0, "b", 3});
}

}  // namespace

TEST_CASE("locks 3.10: a latch that opens too early, or never, is found") {
    watched<lock::rules> right;
    CHECK(wait_for_two(right) == awaiting(1));
    watched<opens_early> early;
    CHECK(wait_for_two(early) == passed(1));
    watched<never_opens> never;
    wait_for_two(never);
    never.run(lock::count_down{never.stamp(never.a), "l"});
    CHECK(never.broken == "gates_are_right");
}

TEST_CASE("locks 3.10: a barrier whose parties wait though all are there is found") {
    watched<one_is_missing> w;
    meet(w, lock::wait_forever);
    w.run(lock::arrive_at_barrier{w.stamp(w.a), 1, "b", 3});
    CHECK(w.broken == "gates_are_right");
}

TEST_CASE("locks 3.10: parties of one generation that are told different things are found") {
    watched<everybody_gives_up_alone> w;
    meet(w, 10);
    CHECK(w.broken.empty());
    w.pass(10);
    CHECK(w.broken == "only_moves_forward");
}

TEST_CASE("locks 3.10: a generation that comes again is found") {
    watched<generations_come_again> w;
    w.run(lock::set_latch{w.stamp(w.a), "l", 2});
    CHECK(w.broken.empty());
    w.run(lock::set_latch{w.stamp(w.a), "l", 3});
    CHECK(w.broken == "only_moves_forward");
}
