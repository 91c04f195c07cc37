// tests/unit/lock/invariant.cpp - each invariant holds in a good state and breaks in a state that
// is bad in one way only.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/invariant.hpp>

#include "support/catch.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace synod;
using lock::request_state;
using lock::state;

namespace {

session_id session(std::uint64_t number) { return session_id({slot(number), 0}); }

lock::request_record request(std::uint64_t owner, std::uint64_t at, request_state is) {
    lock::request_record made;
    made.owner = {session(owner), 0};
    made.sequence = at;
    made.at = {slot(at), 0};
    made.deadline = log_time::never();
    made.state = is;
    if (is == request_state::granted) made.token = made.first = fencing_token(at);
    return made;
}

void set_mode(lock::request_record& one, lock::mode to) { one.mode = one.before = to; }

/// Two sessions, two locks, one of them waited for, one ended request.
state good() {
    state now;
    now.now = log_time(100);
    now.leader = ballot(3, node_id(0));
    now.last = {slot(50), 0};
    now.last_token = fencing_token(20);
    now.sessions = {{session(1), log_time(200)}, {session(2), log_time(150)}};
    now.locks = {{"x", {request(1, 10, request_state::granted)}, {}},
                 {"y", {request(2, 11, request_state::granted)}, {}}};
    now.locks[1].queue = {request(1, 12, request_state::queued),
                          request(2, 13, request_state::queued)};
    now.locks[1].queue[0].deadline = log_time(101);
    now.ended = {request(1, 14, request_state::timed_out)};
    return now;
}

/// Has the first in the second lock's queue wait to upgrade that lock's hold, beside another one in
/// the mode `other`.
lock::lock_record& let_upgrade(state& now, lock::mode other) {
    lock::lock_record& lock = now.locks[1];
    set_mode(lock.holders[0], lock::mode::shared);
    lock.queue[0].owner = lock.holders[0].owner;
    lock.queue[0].upgrades = lock.holders[0].token;
    lock.queue[0].kind = lock::request_kind::upgrade;
    lock.holders.push_back(request(1, 15, request_state::granted));
    set_mode(lock.holders[1], other);
    return lock;
}

/// The name of the invariant that breaks when a good state is changed.
template <class Change>
std::string broken_by(Change&& change) {
    state now = good();
    change(now);
    const char* const broken = lock::invariant::first_broken(now);
    return broken == nullptr ? "" : broken;
}

}  // namespace

TEST_CASE("a good state breaks no invariant, and neither does an empty one") {
    CHECK(broken_by([](state&) {}).empty());
    CHECK(lock::invariant::first_broken(state()) == nullptr);
}

TEST_CASE("two holders of one lock break mutual exclusion") {
    CHECK(broken_by([](state& now) {
              now.locks[0].holders.push_back(request(2, 15, request_state::granted));
          }) == "no_holds_conflict");
}

TEST_CASE("who holds for exclusive use is alone, and one holds for update") {
    const auto with = [](lock::mode first, lock::mode second) {
        return broken_by([=](state& now) {
            set_mode(now.locks[0].holders[0], first);
            now.locks[0].holders.push_back(request(2, 15, request_state::granted));
            set_mode(now.locks[0].holders[1], second);
        });
    };
    using lock::mode;
    CHECK(with(mode::shared, mode::shared).empty());
    CHECK(with(mode::shared, mode::update).empty());
    CHECK(with(mode::update, mode::update) == "no_holds_conflict");
    CHECK(with(mode::shared, mode::exclusive) == "no_holds_conflict");
}

TEST_CASE("an upgrade is first, for a weaker hold of its owner, and nothing else upgrades") {
    const auto with = [](auto&& change) {
        return broken_by([&](state& now) { change(now, let_upgrade(now, lock::mode::shared)); });
    };
    const std::string name = "upgrades_have_holds";
    CHECK(with([](state&, lock::lock_record&) {}).empty());
    CHECK(with([](state&, auto& lock) { lock.queue[0].at = {slot(20), 0}; }).empty());
    CHECK(with([](state&, auto& lock) { std::swap(lock.queue[0], lock.queue[1]); }) ==
          "queues_rise_in_position");
    CHECK(with([](state&, auto& lock) { lock.queue[0].owner.tag = 1; }) == name);
    CHECK(with([](state&, auto& lock) { lock.queue[0].upgrades = fencing_token(9); }) == name);
    CHECK(with([](state&, auto& lock) { set_mode(lock.queue[0], lock::mode::shared); }) == name);
    CHECK(with([](state&, auto& lock) { lock.queue[0].kind = lock::request_kind::acquisition; }) ==
          name);
    CHECK(with([](state&, auto& lock) { lock.queue[1].kind = lock::request_kind::upgrade; }) ==
          name);
    CHECK(with([](state&, auto& lock) { lock.holders[1].upgrades = fencing_token(11); }) == name);
    CHECK(with([](state& now, auto&) { now.ended[0].upgrades = fencing_token(11); }) == name);
}

TEST_CASE("what is held is acquired at least once, and nothing else more than once") {
    const std::string name = "counts_are_right";
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].count = 2; }).empty());
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].count = 0; }) == name);
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].count = 2; }) == name);
    CHECK(broken_by([](state& now) { now.ended[0].count = 2; }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].before = lock::mode::shared; }) ==
          name);
    CHECK(broken_by([](state& now) {
              now.locks[0].holders[0].kind = lock::request_kind::upgrade;
              now.locks[0].holders[0].before = lock::mode::shared;
          }).empty());
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].before = lock::mode::shared; }) == name);
    CHECK(broken_by([](state& now) {
              set_mode(now.locks[0].holders[0], lock::mode::shared);
              now.locks[0].holders[0].kind = lock::request_kind::upgrade;
              now.locks[0].holders[0].before = lock::mode::update;
          }) == name);
}

TEST_CASE("no reader's upgrade waits for who holds for update, and may upgrade itself") {
    const auto with = [](lock::mode other) {
        return broken_by([=](state& now) { let_upgrade(now, other); });
    };
    CHECK(with(lock::mode::shared).empty());
    CHECK(with(lock::mode::update) == "upgrades_end");
}

TEST_CASE("nobody is first in a queue who could hold") {
    CHECK(broken_by([](state& now) {
              set_mode(now.locks[1].holders[0], lock::mode::shared);
              set_mode(now.locks[1].queue[0], lock::mode::shared);
          }) == "fronts_have_to_wait");
    CHECK(
        broken_by([](state& now) { set_mode(now.locks[1].queue[0], lock::mode::shared); }).empty());
}

TEST_CASE("a held token is issued, unique, and of a holder") {
    const std::string name = "held_tokens_are_issued_once";
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].token = fencing_token(21); }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].first = fencing_token(11); }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].first = fencing_token(); }) == name);
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].first = fencing_token(5); }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].token = fencing_token(11); }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].token = fencing_token(); }) == name);
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].token = fencing_token(5); }) == name);
    CHECK(broken_by([](state& now) { now.ended[0].token = fencing_token(5); }) == name);
}

TEST_CASE("nothing belongs to a session that is over") {
    const std::string name = "requests_have_live_sessions";
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].owner.session = session(3); }) ==
          name);
    CHECK(broken_by([](state& now) { now.locks[1].queue[1].owner.session = session(3); }) == name);
    CHECK(broken_by([](state& now) { now.ended[0].owner.session = session(3); }) == name);
}

TEST_CASE("what is over has ended: deadlines are half-open") {
    const std::string name = "nothing_is_overdue";
    CHECK(broken_by([](state& now) { now.sessions[1].deadline = log_time(100); }) == name);
    CHECK(broken_by([](state& now) { now.sessions[1].deadline = log_time(101); }).empty());
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].deadline = log_time(100); }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].deadline = log_time(500); }) == name);
}

TEST_CASE("a lease runs while its hold is held, and ends with it") {
    const lock::lease waiting{50, log_time::never(), 0};
    const lock::lease running{50, log_time(101), 7};
    CHECK(broken_by([&](state& now) { now.locks[0].holders[0].lease = running; }).empty());
    CHECK(broken_by([&](state& now) { now.locks[1].queue[0].lease = waiting; }).empty());
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].lease = {50, log_time(100), 0}; }) ==
          "nothing_is_overdue");
    const std::string name = "leases_run_with_holds";
    CHECK(broken_by([&](state& now) {
              now.locks[0].holders[0].lease = {ttl_end_ms, log_time::never(), 0};
          }) == name);
    CHECK(broken_by([&](state& now) {
              let_upgrade(now, lock::mode::shared).queue[0].lease = waiting;
          }) == name);
    CHECK(broken_by([&](state& now) { now.locks[1].queue[0].lease = running; }) == name);
    CHECK(broken_by([&](state& now) { now.ended[0].lease = waiting; }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].lease.extended_ms = 1; }) == name);
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].lease.deadline = log_time(101); }) ==
          name);
}

TEST_CASE("queues are in the order of arrival") {
    CHECK(broken_by([](state& now) { std::swap(now.locks[1].queue[0], now.locks[1].queue[1]); }) ==
          "queues_rise_in_position");
}

TEST_CASE("a lock that nobody holds or waits for is gone, and nobody waits alone") {
    CHECK(broken_by([](state& now) { now.locks[0].holders.clear(); }) == "no_lock_is_idle");
    CHECK(broken_by([](state& now) { now.locks[1].holders.clear(); }) == "fronts_have_to_wait");
}

TEST_CASE("a lock-delay is of a former hold, goes beside what that went beside, and ends") {
    const auto with = [](auto&& change) {
        return broken_by([&](state& now) {
            lock::delay_record fresh;
            fresh.token = fencing_token(5);
            fresh.until = log_time(101);
            fresh.mode = lock::mode::shared;
            set_mode(now.locks[0].holders[0], lock::mode::shared);
            now.locks[0].delays = {fresh};
            change(now.locks[0], now.locks[0].delays[0]);
        });
    };
    using record = lock::delay_record;
    CHECK(with([](auto&, record&) {}).empty());
    CHECK(with([](auto& lock, record&) { lock.holders.clear(); }).empty());
    CHECK(with([](auto&, record& one) { one.mode = lock::mode::exclusive; }) ==
          "no_holds_conflict");
    CHECK(with([](auto&, record& one) { one.token = {}; }) == "delays_follow_holds");
    CHECK(with([](auto&, record& one) { one.token = fencing_token(21); }) == "delays_follow_holds");
    CHECK(with([](auto& lock, record& one) { one.token = lock.holders[0].token; }) ==
          "delays_follow_holds");
    CHECK(with([](auto&, record& one) { one.until = log_time(100); }) == "delays_follow_holds");
    CHECK(with([](auto&, record& one) { one.permits = 1; }) == "delays_follow_holds");
    CHECK(with([](auto& lock, record& one) { lock.delays.push_back(record(one)); }) ==
          "delays_follow_holds");
    CHECK(broken_by([](state& now) {
              lock::delay_record elsewhere;
              elsewhere.token = now.locks[1].holders[0].token;
              elsewhere.mode = lock::mode::shared;
              elsewhere.until = log_time(101);
              now.locks[0].delays = {elsewhere};
              set_mode(now.locks[0].holders[0], lock::mode::shared);
          }) == "delays_follow_holds");
    CHECK(broken_by([](state& now) { now.locks[0].holders[0].reclaims = true; }) ==
          "who_reclaims_waits");
    CHECK(broken_by([](state& now) { now.locks[1].queue[0].reclaims = true; }).empty());
    CHECK(broken_by([](state& now) {
              now.locks[0].delays = {{fencing_token(5), lock::mode::shared, 0, {}, log_time(101)}};
          }) == "no_holds_conflict");
}

TEST_CASE("permits are of semaphores, and each of their requests has some") {
    const auto with = [](auto&& change) {
        return broken_by([&](state& now) {
            now.locks[1].capacity = 3;
            for (lock::request_record* one :
                 {&now.locks[1].holders[0], &now.locks[1].queue[0], &now.locks[1].queue[1]}) {
                one->permits = 2;
                set_mode(*one, lock::mode::shared);
            }
            change(now);
        });
    };
    const std::string name = "permits_are_of_semaphores";
    CHECK(with([](state&) {}).empty());
    CHECK(with([](state& now) { now.locks[1].queue[0].permits = 1; }) == "fronts_have_to_wait");
    CHECK(with([](state& now) { now.locks[1].capacity = 1; }).empty());
    CHECK(with([](state& now) { now.locks[1].queue[1].permits = 0; }) == name);
    CHECK(with([](state& now) { now.locks[0].holders[0].permits = 1; }) == name);
    CHECK(with([](state& now) { now.locks[1].capacity = 0; }) == name);
    CHECK(with([](state& now) { now.ended[0].permits = 1; }) == name);
    CHECK(with([](state& now) { now.ended[0].mode = lock::mode::shared; }) == name);
    CHECK(with([](state& now) { set_mode(now.locks[1].queue[0], lock::mode::exclusive); }) == name);
    CHECK(with([](state& now) { now.locks[1].queue[0].kind = lock::request_kind::upgrade; }) ==
          name);
    CHECK(with([](state& now) {
              now.locks[1].holders[0].permits = ~std::uint32_t{0};
              now.locks[1].holders.push_back(now.locks[1].holders[0]);
          }) == name);
}

TEST_CASE("no semaphore grants more than it has, though more may be held of a lowered one") {
    state before = good();
    before.locks[1].capacity = 3;
    before.locks[1].holders[0].permits = 3;
    state after = before;
    after.locks[1].capacity = 2;
    CHECK(lock::invariant::grants_fit(before, after));
    after.last_token = fencing_token(21);
    after.locks[1].holders.push_back(after.locks[1].queue[0]);
    after.locks[1].holders[1].token = after.last_token;
    after.locks[1].holders[1].permits = 1;
    CHECK(!lock::invariant::grants_fit(before, after));
    before.locks[1].capacity = 4;  // and was lowered after the grant
    CHECK(lock::invariant::grants_fit(before, after));
}

TEST_CASE("a request for two locks waits while one of them is not free, and is the same at both") {
    const auto with = [](auto&& change) {
        return broken_by([&](state& now) {
            now.locks[0].holders = {};
            now.locks[0].queue = {now.locks[1].queue[0]};
            change(now);
        });
    };
    CHECK(with([](state&) {}).empty());
    CHECK(with([](state& now) { now.locks[1].holders.clear(); }) == "fronts_have_to_wait");
    const std::string name = "requests_are_unique";
    CHECK(with([](state& now) { now.locks[0].queue[0].owner.tag = 1; }) == name);
    CHECK(with([](state& now) { now.locks[0].queue[0].sequence = 90; }) == name);
    CHECK(with([](state& now) { now.locks[0].queue[0].deadline = log_time(102); }) == name);
    CHECK(with([](state& now) {
              now.locks[0].holders = {request(1, 12, request_state::granted)};
              now.locks[0].queue = {};
          }) == name);
    CHECK(with([](state& now) { now.ended[0].at = {slot(12), 0}; }) == name);
    CHECK(broken_by([](state& now) {
              now.locks[1].queue[1] = now.locks[1].queue[0];
              now.locks[1].queue[1].at = {slot(13), 0};
          }) == name);
}

TEST_CASE("a request is listed where its state belongs") {
    const std::string name = "states_match_places";
    CHECK(broken_by([](state& now) { now.locks[1].queue[1].state = request_state::cancelled; }) ==
          name);
    CHECK(broken_by([](state& now) { now.ended[0].state = request_state::queued; }) == name);
    CHECK(broken_by([](state& now) {
              now.locks[0].holders[0].state = request_state::queued;
              now.locks[0].holders[0].token = now.locks[0].holders[0].first = {};
          }) == name);
}

TEST_CASE("positions and sequences name one request each") {
    const std::string name = "requests_are_unique";
    CHECK(broken_by([](state& now) { now.ended[0].at = {slot(10), 0}; }) == name);
    CHECK(broken_by([](state& now) { now.ended[0].sequence = 10; }) == name);
    CHECK(broken_by([](state& now) { now.ended[0].at = {slot(51), 0}; }) == name);
}

TEST_CASE("sessions and lists are in canonical order") {
    CHECK(broken_by([](state& now) { std::swap(now.sessions[0], now.sessions[1]); }) ==
          "sessions_are_sorted");
    const std::string name = "lists_are_sorted";
    CHECK(broken_by([](state& now) { now.locks[1].name = now.locks[0].name; }) == name);
    CHECK(broken_by([](state& now) {
              set_mode(now.locks[0].holders[0], lock::mode::shared);
              now.locks[0].holders.push_back(request(2, 9, request_state::granted));
              set_mode(now.locks[0].holders[1], lock::mode::shared);
          }) == name);
    CHECK(broken_by([](state& now) {
              now.ended.push_back(request(1, 9, request_state::cancelled));
          }) == name);
}

TEST_CASE("a forced end is of a hold, once, in order, still to come, and never put off") {
    const std::string name = "forced_ends_are_of_holds";
    const auto with = [](std::vector<lock::forced_end> ends) {
        return broken_by([&](state& now) { now.forced_ends = std::move(ends); });
    };
    const lock::forced_end one{fencing_token(10), log_time(101), {}};
    const lock::forced_end other{fencing_token(11), log_time(101), {}};
    CHECK(with({one, other}).empty());
    CHECK(with({other, one}) == name);
    CHECK(with({one, one}) == name);
    CHECK(with({{fencing_token(9), log_time(101), {}}}) == name);
    CHECK(with({{fencing_token(10), log_time(100), {}}}) == name);
    state before = good();
    before.forced_ends = {one};
    state after = before;
    CHECK(lock::invariant::forced_ends_only_approach(before, after));
    after.forced_ends[0].deadline = log_time(102);
    CHECK(!lock::invariant::forced_ends_only_approach(before, after));
    after.forced_ends.clear();
    CHECK(!lock::invariant::forced_ends_only_approach(before, after));
    after.locks[0].holders.clear();
    CHECK(lock::invariant::forced_ends_only_approach(before, after));
}

TEST_CASE("access rules are in order, name known rights, and let somebody administer all names") {
    const auto with = [](std::vector<lock::access_rule> rules) {
        return broken_by([&](state& now) { now.access = std::move(rules); });
    };
    const lock::access_rule all{"", "root", lock::all_rights};
    const lock::access_rule some{"a", "", lock::may_lock};
    const std::string order = "access_is_in_order";
    CHECK(with({all, some, {"a", "b", 0}}).empty());
    CHECK(with({some, all}) == order);
    CHECK(with({all, {"a", "b", 0}, some}) == order);
    CHECK(with({all, some, some}) == order);
    CHECK(with({all, {"a", "", 16}}) == order);
    CHECK(with({all, {"a", std::string(129, 'p'), 0}}) == order);
    CHECK(with({some}) == "somebody_administers");
    CHECK(with({{"", "root", lock::may_lock}}) == "somebody_administers");
    CHECK(with({{"a", "root", lock::may_administer}}) == "somebody_administers");
}

TEST_CASE("time, leader and tokens only move forward, and a new hold has a new token") {
    const state before = good();
    state after = good();
    CHECK(lock::invariant::only_moves_forward(before, after));
    after.now = log_time(99);
    CHECK(!lock::invariant::only_moves_forward(before, after));
    after = good();
    after.leader = ballot(2, node_id(0));
    CHECK(!lock::invariant::only_moves_forward(before, after));
    after = good();
    after.last_token = fencing_token(19);
    CHECK(!lock::invariant::only_moves_forward(before, after));
    after = good();
    after.locks[0].holders[0].token = fencing_token(20);  // issued before, yet nobody held it
    CHECK(!lock::invariant::only_moves_forward(before, after));
    after.last_token = fencing_token(21);
    after.locks[0].holders[0].token = fencing_token(21);
    CHECK(lock::invariant::only_moves_forward(before, after));
}
