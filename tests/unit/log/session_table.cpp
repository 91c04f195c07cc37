// tests/unit/log/session_table.cpp - sessions, leases on log time, and exactly-once, as any machine
// uses them.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/prng.hpp>
#include <synod/log/session_table.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using opening = session_table::opening::verdict;
using beginning = session_table::beginning::verdict;

namespace {

session_config small() {
    return {.min_ttl_ms = 10,
            .max_ttl_ms = 1'000,
            .grace_ms = 50,
            .max_extensions = 3,
            .max_sessions = 4,
            .max_outstanding = 3,
            .reserved_outstanding = 2};
}

session_table make(const session_config& config = small()) {
    return std::move(*session_table::make(config));
}

position at(std::uint64_t slot_number, std::uint32_t index = 0) {
    return {slot(slot_number), index};
}

session_id open(session_table& table, std::uint64_t number, std::uint64_t ttl_ms = 100) {
    const auto opened = table.open(at(number), {0, number}, 1, ttl_ms);
    CHECK(opened.is == opening::open);
    return opened.session;
}

std::vector<session_id> advance(session_table& table, std::uint64_t now) {
    std::vector<session_id> ended;
    table.advance(log_time(now), [&ended](session_id one) { ended.push_back(one); });
    return ended;
}

/// Runs a command whose reply is a text, as a machine would, and returns what its client is
/// answered.
std::string run(session_table& table, const request_stamp& stamp, std::string_view reply) {
    const auto begun = table.begin(stamp);
    if (begun.is == beginning::repeat) return std::string(as_text(begun.reply));
    if (begun.is != beginning::fresh) return "refused";
    table.store(stamp, as_bytes(reply));
    return std::string(reply);
}

bytes snapshot_of(const session_table& table) {
    bytes all;
    byte_writer out(all);
    table.snapshot(out);
    return all;
}

bool restore(session_table& table, bytes_view from) {
    byte_reader in(from);
    return !table.restore(in) && in.finished();
}

}  // namespace

TEST_CASE("sessions end in the order of deadline and then of id, from their deadline on") {
    session_table table = make();
    const auto late = open(table, 1, 100);
    const auto early = open(table, 2, 50);
    const auto late_too = open(table, 3, 100);
    CHECK(table.next_deadline() == log_time(50));
    CHECK(advance(table, 49).empty());
    CHECK(advance(table, 50) == std::vector{early});
    CHECK(!table.is_live(early));
    CHECK(table.is_live(late));
    CHECK(advance(table, 500) == std::vector{late, late_too});
    CHECK(table.next_deadline() == log_time::never());
    CHECK(table.size() == 0);
}

TEST_CASE("a session is renewed before its deadline and not at it") {
    session_table table = make();
    const auto a = open(table, 1, 100);
    advance(table, 99);
    CHECK(table.renew(a) == 100);
    CHECK(table.deadline_of(a) == log_time(199));
    table.move_time(log_time(199));  // due, and not yet ended
    CHECK(table.renew(a) == std::nullopt);
    CHECK(!table.is_live(a));
    CHECK(table.begin({a, 1, 0}).is == beginning::expired);
    CHECK(table.expire_one() == a);
    CHECK(table.expire_one() == std::nullopt);
}

TEST_CASE("opening again finds the session, and once it is over opens another") {
    session_table table = make();
    const auto first = table.open(at(1), {7, 7}, 1, 100);
    const auto again = table.open(at(2), {7, 7}, 1, 900);
    CHECK(again.session == first.session);
    CHECK(again.ttl_ms == 100);
    CHECK(table.open(at(3), {7, 7}, 2, 100).session == session_id(at(3)));
    CHECK(table.open(at(4), {8, 7}, 1, 100).session == session_id(at(4)));
    CHECK(table.close(first.session));
    CHECK(!table.close(first.session));
    CHECK(table.open(at(5), {7, 7}, 1, 100).session == session_id(at(5)));
}

TEST_CASE("whether a session is open is told by its client and nonce together") {
    session_table table = make();
    const auto first = table.open(at(1), {7, 7}, 1, 100);
    CHECK(table.is_open({7, 7}, 1));
    CHECK(!table.is_open({7, 7}, 2));
    CHECK(!table.is_open({8, 7}, 1));
    table.close(first.session);
    CHECK(!table.is_open({7, 7}, 1));
}

TEST_CASE("other limits hold from now on, and open sessions keep their time to live") {
    session_table table = make();
    const auto first = table.open(at(1), {7, 7}, 1, 100);
    session_config config = table.config();
    config.max_sessions = 1;
    config.max_ttl_ms = config.min_ttl_ms;
    table.set_config(config);
    CHECK(table.config() == config);
    CHECK(table.open(at(2), {8, 7}, 1, 100).is ==
          session_table::opening::verdict::too_many_sessions);
    CHECK(table.open(at(3), {7, 7}, 1, 100).ttl_ms == 100);
    CHECK(table.renew(first.session) == 100U);
    table.close(first.session);
    CHECK(table.open(at(4), {8, 7}, 1, 100).ttl_ms == config.min_ttl_ms);
}

TEST_CASE("a time to live is clamped or refused, and so are too many sessions") {
    session_table table = make();
    CHECK(table.open(at(1), {0, 1}, 1, 1).ttl_ms == 10);
    CHECK(table.open(at(2), {0, 2}, 1, 5'000).ttl_ms == 1'000);
    CHECK(table.open(at(3), {0, 3}, 1, 0).is == opening::ttl_out_of_range);
    CHECK(table.open(at(3), {0, 3}, 1, ttl_end_ms).is == opening::ttl_out_of_range);
    open(table, 4);
    open(table, 5);
    CHECK(table.open(at(6), {0, 6}, 1, 100).is == opening::too_many_sessions);
    CHECK(table.open(at(7), {0, 4}, 1, 100).is == opening::open);
}

TEST_CASE("a command runs once, however often it is sent") {
    session_table table = make();
    const auto a = open(table, 1);
    CHECK(run(table, {a, 1, 0}, "one") == "one");
    CHECK(run(table, {a, 1, 0}, "other") == "one");
    CHECK(run(table, {a, 3, 0}, "three") == "three");
    CHECK(run(table, {a, 2, 0}, "two") == "two");
    CHECK(run(table, {a, 1, 0}, "other") == "one");
    CHECK(run(table, {a, 2, 0}, "other") == "two");
    CHECK(run(table, {a, 3, 0}, "other") == "three");
}

TEST_CASE("what is acknowledged is forgotten and never run again") {
    session_table table = make();
    const auto a = open(table, 1);
    run(table, {a, 1, 0}, "one");
    run(table, {a, 2, 0}, "two");
    CHECK(run(table, {a, 3, 1}, "three") == "three");
    CHECK(table.begin({a, 1, 0}).is == beginning::stale_sequence);
    CHECK(run(table, {a, 2, 0}, "other") == "two");
    CHECK(table.begin({a, 5, 5}).is == beginning::stale_sequence);
    CHECK(table.begin({a, 5, 7}).is ==
          beginning::stale_sequence);  // and nothing is acknowledged by it
    CHECK(run(table, {a, 2, 0}, "other") == "two");
    CHECK(!table.is_unseen(a, 1));
    CHECK(!table.is_unseen(a, 2));
    CHECK(table.is_unseen(a, 4));
    CHECK(!table.is_unseen(session_id(at(9)), 4));
}

TEST_CASE("the window is bounded, and a part of it is reserved") {
    session_table table = make();
    const auto a = open(table, 1);
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) run(table, {a, sequence, 0}, "");
    CHECK(table.begin({a, 4, 0}).is == beginning::too_many_outstanding);
    CHECK(table.begin({a, 2, 0}).is == beginning::repeat);
    for (std::uint64_t sequence = 4; sequence <= 5; ++sequence) {
        const request_stamp stamp{a, sequence, 0};
        REQUIRE(table.begin(stamp, session_table::room::reserved).is == beginning::fresh);
        table.store(stamp, {});
    }
    CHECK(table.begin({a, 6, 0}, session_table::room::reserved).is ==
          beginning::too_many_outstanding);
    CHECK(table.begin({a, 6, 3}).is == beginning::fresh);
}

TEST_CASE("storing a reply for a session that the command ended does nothing") {
    session_table table = make();
    const auto a = open(table, 1);
    CHECK(table.begin({a, 1, 0}).is == beginning::fresh);
    table.close(a);
    table.store({a, 1, 0}, as_bytes("gone"));
    CHECK(table.size() == 0);
}

TEST_CASE("locks R3: grace is the smaller of lease and grace, not additive, and ends at the cap") {
    session_table table = make();
    const auto shorter = open(table, 1, 30);
    const auto longer = open(table, 2, 400);
    advance(table, 20);
    table.new_leader();
    CHECK(table.deadline_of(shorter) == log_time(50));
    CHECK(table.deadline_of(longer) == log_time(400));
    table.new_leader();
    CHECK(table.deadline_of(shorter) == log_time(50));
    advance(table, 390);
    table.new_leader();
    CHECK(table.deadline_of(longer) == log_time(440));
}

TEST_CASE("locks R3: all extensions together stay within the cap until the client renews") {
    session_table table = make();
    const auto a = open(table, 1, 20);
    for (std::uint64_t now = 10; now <= 70; now += 10) {
        advance(table, now);
        table.new_leader();
    }
    CHECK(table.deadline_of(a) == log_time(20 + 60));
    advance(table, 79);
    CHECK(table.renew(a) == 20);
    table.new_leader();
    advance(table, 98);
    table.new_leader();
    CHECK(table.deadline_of(a) == log_time(98 + 20));
}

TEST_CASE("a session table is restored from what it wrote and from nothing else") {
    session_table table = make();
    const auto a = open(table, 1, 50);
    open(table, 2, 100);
    run(table, {a, 2, 0}, "two");
    run(table, {a, 1, 0}, "one");
    advance(table, 20);
    table.new_leader();
    const bytes snapshot = snapshot_of(table);
    session_table copy = make({});
    REQUIRE(restore(copy, snapshot));
    CHECK(copy == table);
    CHECK(copy.config() == small());
    CHECK(copy.next_deadline() == table.next_deadline());
    CHECK(fingerprint_of(copy) == fingerprint_of(table));
    CHECK(run(copy, {a, 1, 0}, "other") == "one");
    CHECK(copy.open(at(9), {0, 2}, 1, 100).session == session_id(at(2)));

    for (std::size_t size = 0; size < snapshot.size(); ++size) {
        session_table other = make({});
        REQUIRE(!restore(other, bytes_view(snapshot).first(size)));
        REQUIRE(other == make({}));
    }
}

TEST_CASE("damaged bytes never become a table that writes other bytes than it was given") {
    session_table table = make();
    const auto a = open(table, 1, 50);
    open(table, 2, 100);
    run(table, {a, 1, 0}, "one");
    const bytes snapshot = snapshot_of(table);
    prng random(3);
    for (int i = 0; i < 20'000; ++i) {
        bytes damaged = snapshot;
        damaged[random.below(damaged.size())] = static_cast<std::byte>(random.below(256));
        session_table other = make({});
        if (restore(other, damaged)) REQUIRE(snapshot_of(other) == damaged);
    }
}

TEST_CASE("a count that the bytes cannot hold is refused without being believed") {
    bytes snapshot = snapshot_of(make());
    for (std::size_t i = snapshot.size() - 8; i < snapshot.size(); ++i)
        snapshot[i] = std::byte{0xff};
    session_table table = make({});
    CHECK(!restore(table, snapshot));
}

TEST_CASE("replies that do not rise, or are acknowledged already, are no part of a table") {
    session_table table = make();
    const auto a = open(table, 1);
    run(table, {a, 1, 0}, "x");
    run(table, {a, 2, 0}, "y");
    const bytes snapshot = snapshot_of(table);
    constexpr std::size_t record = 8 + 4 + 1;
    const std::size_t first = snapshot.size() - 2 * record;
    const std::size_t second = snapshot.size() - record;
    const auto with = [&](std::uint8_t one, std::uint8_t other) {
        bytes changed = snapshot;
        changed[first] = std::byte{one};
        changed[second] = std::byte{other};
        session_table copy = make({});
        return restore(copy, changed);
    };
    CHECK(with(1, 2));
    CHECK(with(1, 9));
    CHECK(!with(2, 1));
    CHECK(!with(2, 2));
    CHECK(!with(0, 2));
}

namespace {

/// Whether a table under these rules still renews a session at its deadline, runs what is
/// acknowledged, or gives more grace than the session's own time to live.
template <class Rules>
struct judged {
    judged() {
        auto table = std::move(*basic_session_table<Rules>::make(small()));
        const auto session = table.open(at(1), {0, 1}, 1, 20).session;
        static_cast<void>(table.begin({session, 2, 1}));
        runs_acknowledged = table.begin({session, 1, 0}).is ==
                            basic_session_table<Rules>::beginning::verdict::fresh;
        table.new_leader();
        has_excess_grace = table.deadline_of(session) > log_time(20);
        table.move_time(*table.deadline_of(session));
        renews_at_deadline = table.renew(session).has_value();
    }

    bool runs_acknowledged = false;
    bool has_excess_grace = false;
    bool renews_at_deadline = false;
};

struct leases_are_over_late : session_rules {
    static bool is_over(log_time deadline, log_time now) { return deadline < now; }
};
struct anything_may_run : session_rules {
    static bool may_run(std::uint64_t, std::uint64_t) { return true; }
};
struct grace_without_bound : session_rules {
    static std::uint64_t grace_ms(std::uint64_t, std::uint64_t configured_ms) {
        return configured_ms;
    }
};

}  // namespace

TEST_CASE("locks R2, R3, R5: the rules of sessions as they are break nothing") {
    const judged<session_rules> real;
    CHECK(!real.renews_at_deadline);
    CHECK(!real.runs_acknowledged);
    CHECK(!real.has_excess_grace);
}

TEST_CASE("locks R2: a lease that is valid at its deadline is found by its renewal") {
    CHECK(judged<leases_are_over_late>().renews_at_deadline);
}

TEST_CASE("locks R5: a sequence that runs although it is acknowledged is found") {
    CHECK(judged<anything_may_run>().runs_acknowledged);
}

TEST_CASE("locks R3: a grace above the session's own time to live is found") {
    CHECK(judged<grace_without_bound>().has_excess_grace);
}
