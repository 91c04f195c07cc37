// tests/unit/lock/revocation.cpp - holds that others ask for or end, and tokens that others look
// at.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>
#include <synod/log/session_config.hpp>

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
using lock::revocation;
using lock::validity;

namespace {

/// Three sessions that live long, and one that has a lock-delay besides.
template <class Rules = lock::rules>
struct revoking_driver : driver<Rules> {
    reply revoke(fencing_token token, std::uint64_t grace_ms, revocation how = revocation::forced) {
        return this->run(
            lock::request_revoke{this->stamp(boss), token, {}, "please", grace_ms, how});
    }
    reply revoke(const std::string& name, std::uint64_t grace_ms,
                 revocation how = revocation::forced) {
        return this->run(
            lock::request_revoke{this->stamp(boss), {}, name, "please", grace_ms, how});
    }
    reply force(fencing_token token) {
        return this->run(lock::force_release{this->stamp(boss), token});
    }
    validity check(const std::string& name, fencing_token token, mode wanted = mode::exclusive) {
        return get<lock::token_checked>(
                   this->run(lock::check_token{this->stamp(boss), name, token, wanted}))
            .is;
    }
    lock::event asked_of(session_id whose, fencing_token token, std::uint64_t remaining_ms,
                         revocation how = revocation::forced) {
        return lock::revoke_requested{whose, token, boss, "please", remaining_ms, how};
    }
    lock::event ended_of(session_id whose, fencing_token token) {
        return lock::hold_revoked{whose, token, boss};
    }

    session_id boss = this->open(9, 100'000);
    session_id a = this->open(1, 100'000);
    session_id b = this->open(2, 100'000);
    session_id delayed =
        get<lock::opened>(this->run(lock::open_session{{0, 3}, 1, 100'000, 30})).session;
};
using revoker = revoking_driver<>;

}  // namespace

TEST_CASE("locks 3.12/65: who holds is asked to give back, and may do so in time") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    d.wait(d.b, "x");
    CHECK(d.revoke(mine, 50) == reply(lock::revoking{1}));
    CHECK(d.events() == std::vector{d.asked_of(d.a, mine, 50)});
    d.pass(49);
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.b});
    CHECK(d.table.describe().forced_ends.empty());
    d.pass(1);
    CHECK(d.events().empty());
}

TEST_CASE("locks 3.12/65: who is only asked keeps the hold for as long as it likes") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    CHECK(d.revoke(mine, 50, revocation::cooperative) == reply(lock::revoking{1}));
    CHECK(d.events() == std::vector{d.asked_of(d.a, mine, 50, revocation::cooperative)});
    d.pass(500);
    CHECK(d.events().empty());
    CHECK(d.check("x", mine) == validity::valid);
    CHECK(d.release(d.a, mine) == reply(lock::released{0}));
}

TEST_CASE("locks 3.12/65: who ignores it loses the hold at the deadline, with its lock-delay") {
    revoker d;
    const auto mine = d.hold(d.delayed, "x");
    d.wait(d.b, "x");
    d.revoke(mine, 50);
    d.events();
    CHECK(d.table.next_deadline() == d.now + 50);
    d.pass(49);
    CHECK(d.check("x", mine) == validity::valid);
    d.pass(1);
    CHECK(d.events() == std::vector{d.ended_of(d.delayed, mine)});
    CHECK(d.check("x", mine) == validity::stale);
    CHECK(d.release(d.delayed, mine) == no(refusal::stale_token));
    d.pass(29);
    CHECK(d.events().empty());
    d.pass(1);
    CHECK(granted_to(d.events()) == std::vector{d.b});
}

TEST_CASE("locks 3.12/65: a hold that was acquired again ends wholly") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait, lock::reentrant);
    d.acquire_in(mode::exclusive, d.a, "x", lock::no_wait, lock::reentrant);
    d.revoke(mine, 50);
    CHECK(d.release(d.a, mine) == reply(lock::released{2}));
    d.pass(50);
    CHECK(d.table.locks() == 0);
    CHECK(d.release(d.a, mine) == no(refusal::stale_token));
}

TEST_CASE("locks 3.12/65: what is held no longer cannot be asked for") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    d.release(d.a, mine);
    CHECK(d.revoke(mine, 50) == no(refusal::stale_token));
    CHECK(d.force(mine) == no(refusal::stale_token));
    CHECK(d.revoke("x", 50) == no(refusal::unknown_lock));
    CHECK(d.events().empty());
}

TEST_CASE("no renewal, no acquiring again and no new leader puts a forced end off") {
    revoker d;
    const lock::acquire asked{d.stamp(d.a), 0, "x", mode::exclusive, lock::no_wait, 0, 60};
    const auto mine = token_of(d.run(asked));
    d.revoke(mine, 50);
    d.pass(20);
    CHECK(d.run(lock::renew_hold{d.stamp(d.a), 0, mine, 5'000}) == reply(lock::kept{5'000}));
    d.run(lock::acquire{d.stamp(d.a), 0, "x", mode::exclusive, lock::no_wait, lock::reentrant,
                        9'000});
    d.keep(d.a);
    d.table.new_leader(ballot(1, node_id(0)));
    d.pass(29);
    CHECK(d.check("x", mine) == validity::valid);
    d.pass(1);
    CHECK(d.check("x", mine) == validity::stale);
}

TEST_CASE("of two forced ends the earlier one counts, and the holder is told so") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    d.revoke(mine, 50);
    d.pass(10);
    d.events();
    d.revoke(mine, 100);
    CHECK(d.events() == std::vector{d.asked_of(d.a, mine, 40)});
    d.revoke(mine, 100, revocation::cooperative);
    CHECK(d.events() == std::vector{d.asked_of(d.a, mine, 40)});
    d.revoke(mine, 20);
    CHECK(d.events() == std::vector{d.asked_of(d.a, mine, 20)});
    d.pass(20);
    CHECK(d.events() == std::vector{d.ended_of(d.a, mine)});
}

TEST_CASE("a forced end without any grace is at once, and the next is granted") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    d.wait(d.b, "x");
    CHECK(d.revoke(mine, 0) == reply(lock::revoking{1}));
    const auto told = d.events();
    REQUIRE(told.size() == 2);
    CHECK(told[0] == d.ended_of(d.a, mine));
    CHECK(granted_to(told) == std::vector{d.b});
}

TEST_CASE("all who hold a lock are asked by its name, and end in the order of their tokens") {
    revoker d;
    const auto first = d.hold_in(mode::shared, d.a, "x");
    const auto second = d.hold_in(mode::update, d.b, "x");
    const auto third = d.hold_in(mode::shared, d.a, "x", 7);
    d.wait_in(mode::exclusive, d.delayed, "x");
    CHECK(d.revoke("x", 50) == reply(lock::revoking{3}));
    CHECK(d.events() == std::vector{d.asked_of(d.a, first, 50), d.asked_of(d.b, second, 50),
                                    d.asked_of(d.a, third, 50)});
    CHECK(d.release(d.b, second) == reply(lock::released{0}));
    d.pass(50);
    const auto told = d.events();
    REQUIRE(told.size() == 3);
    CHECK(told[0] == d.ended_of(d.a, first));
    CHECK(told[1] == d.ended_of(d.a, third));
    CHECK(granted_to(told) == std::vector{d.delayed});
}

TEST_CASE("permits are asked for like locks, and one of several locks ends alone") {
    revoker d;
    d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 2, 3, lock::no_wait});
    CHECK(d.revoke("s", 0) == reply(lock::revoking{1}));
    CHECK(d.table.locks() == 0);
    const auto first = token_of(d.acquire_all(d.a, {"x", "y"}, lock::no_wait));
    CHECK(d.force(first) == reply(lock::released{0}));
    CHECK(d.check("x", first) == validity::stale);
    CHECK(d.check("y", fencing_token(first.value() + 1)) == validity::valid);
}

TEST_CASE("locks 3.12/66: a release by force ends the upgrade that waits for the hold") {
    revoker d;
    const auto reader = d.hold_in(mode::shared, d.delayed, "x");
    const auto other = d.hold_in(mode::shared, d.b, "x");
    CHECK(d.convert(d.delayed, reader, mode::exclusive) == reply(lock::queued{}));
    const auto upgrade = d.last_sequence(d.delayed);
    CHECK(d.force(reader) == reply(lock::released{0}));
    const auto told = d.events();
    REQUIRE(told.size() == 2);
    CHECK(told[0] ==
          lock::event(lock::wait_ended{d.delayed, upgrade, lock::request_state::cancelled}));
    CHECK(told[1] == d.ended_of(d.delayed, reader));
    d.release(d.b, other);
    CHECK(holds_alternative<lock::busy>(d.acquire(d.a, "x", lock::no_wait)));
    d.pass(30);
    CHECK(d.table.locks() == 0);
}

TEST_CASE("locks 3.12/66: a forced end holds for the upgrade that takes the hold's place") {
    revoker d;
    const auto reader = d.hold_in(mode::shared, d.a, "x");
    const auto other = d.hold_in(mode::shared, d.b, "x");
    d.convert(d.a, reader, mode::exclusive);
    d.revoke(reader, 50);
    d.release(d.b, other);
    d.events();
    const fencing_token upgraded = d.table.last_token();
    CHECK(d.check("x", upgraded) == validity::valid);
    d.pass(50);
    CHECK(d.events() == std::vector{d.ended_of(d.a, upgraded)});
}

TEST_CASE(
    "at one moment a session ends before a lease, that before a forced end, and a wait last") {
    revoker d;
    const auto brief = d.open(7, 50);
    const auto of_brief = d.hold(brief, "w");
    const lock::acquire asked{d.stamp(d.a), 0, "x", mode::exclusive, lock::no_wait, 0, 50};
    const auto leased = token_of(d.run(asked));
    const auto forced = d.hold(d.a, "y");
    const auto wait = d.wait(d.b, "y", 50);
    for (const auto token : {of_brief, leased, forced}) d.revoke(token, 50);
    d.events();
    d.pass(50);
    CHECK(d.events() ==
          std::vector<lock::event>{lock::session_ended{brief}, lock::hold_ended{d.a, leased},
                                   d.ended_of(d.a, forced),
                                   lock::wait_ended{d.b, wait, lock::request_state::timed_out}});
}

TEST_CASE("a request to give back that makes no sense is refused, and asks nobody") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    const auto asked = [&](fencing_token token, const std::string& name) {
        return lock::request_revoke{d.stamp(d.boss), token, name, "please"};
    };
    CHECK(d.run(asked({}, "")) == no(refusal::name_empty));
    CHECK(d.run(asked(mine, "x")) == no(refusal::malformed));
    CHECK(d.revoke(mine, ttl_end_ms) == no(refusal::ttl_out_of_range));
    lock::request_revoke wordy = asked(mine, "");
    wordy.reason = std::string(lock::revoke_reason_end, 'r');
    CHECK(d.run(wordy) == reply(lock::revoking{1}));
    wordy.stamp = d.stamp(d.boss);
    wordy.reason += 'r';
    d.events();
    CHECK(d.run(wordy) == no(refusal::limit));
    CHECK(d.events().empty());
}

TEST_CASE("locks 3.4: a token is good at its lock, in the modes that it covers, while it is held") {
    revoker d;
    const auto token = d.hold_in(mode::update, d.a, "x");
    CHECK(d.check("x", token, mode::shared) == validity::valid);
    CHECK(d.check("x", token, mode::update) == validity::valid);
    CHECK(d.check("x", token, mode::exclusive) == validity::stale);
    CHECK(d.check("y", token, mode::shared) == validity::stale);
    CHECK(d.check("x", fencing_token(token.value() + 1), mode::shared) == validity::stale);
    d.run(lock::acquire_permits{d.stamp(d.b), 0, "s", 1, 3, lock::no_wait});
    CHECK(d.check("s", d.table.last_token()) == validity::valid);
    d.release(d.a, token);
    CHECK(d.check("x", token, mode::shared) == validity::stale);
}

TEST_CASE("locks 3.12/74: a snapshot keeps which holds end by force, when, and who asked") {
    revoker d;
    const auto mine = d.hold(d.a, "x");
    const auto other = d.hold(d.delayed, "y");
    d.wait(d.b, "x");
    d.revoke(mine, 50);
    d.revoke(other, 20);
    revoker copy;
    REQUIRE(restore(copy.table, snapshot_of(d.table)));
    REQUIRE(copy.table == d.table);
    CHECK(
        copy.table.describe().forced_ends ==
        std::vector<lock::forced_end>{{mine, log_time(50), d.boss}, {other, log_time(20), d.boss}});
    copy.events();
    copy.pass(20);
    CHECK(copy.events() == std::vector{d.ended_of(d.delayed, other)});
    copy.pass(30);
    CHECK(granted_to(copy.events()) == std::vector{d.b});
}

namespace {

struct puts_it_off : lock::rules {
    static bool brings_forward(log_time, log_time) { return true; }
};
struct upgrades_escape : lock::rules {
    static bool inherits_end() { return false; }
};
struct any_token_is_good : lock::rules {
    static bool is_good(bool, bool) { return true; }
};

}  // namespace

TEST_CASE("locks 3.6: a forced end that a later request puts off is found") {
    revoking_driver<puts_it_off> d;
    const auto mine = d.hold(d.a, "x");
    d.revoke(mine, 50);
    const lock::state before = d.table.describe();
    d.revoke(mine, 100);
    CHECK(!lock::invariant::forced_ends_only_approach(before, d.table.describe()));
}

TEST_CASE("locks 3.6: an upgrade by which a hold escapes its end keeps others out for ever") {
    const auto locks_left = [](auto d) {
        d.revoke(d.hold_in(mode::shared, d.a, "x"), 50);
        d.convert(d.a, d.table.last_token(), mode::exclusive);
        d.pass(50);
        return d.table.locks();
    };
    CHECK(locks_left(revoker()) == 0);
    CHECK(locks_left(revoking_driver<upgrades_escape>()) == 1);
}

TEST_CASE(
    "locks 3.4: a token that is called good at another lock, or in a stronger mode, is found") {
    const auto verdict = [](auto d, const std::string& name, mode wanted) {
        return d.check(name, d.hold_in(mode::shared, d.a, "x"), wanted);
    };
    using mutant = revoking_driver<any_token_is_good>;
    CHECK(verdict(revoker(), "y", mode::shared) == validity::stale);
    CHECK(verdict(mutant(), "y", mode::shared) == validity::valid);
    CHECK(verdict(revoker(), "x", mode::exclusive) == validity::stale);
    CHECK(verdict(mutant(), "x", mode::exclusive) == validity::valid);
}
