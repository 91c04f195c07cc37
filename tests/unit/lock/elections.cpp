// tests/unit/lock/elections.cpp - who leads, what it has everybody see, and how that ends.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/detail/elections.hpp>
#include <synod/lock/detail/electorate.hpp>
#include <synod/lock/watch_commands.hpp>
#include <synod/lock/watch_rules.hpp>

#include "driver.hpp"
#include "support/catch.hpp"
#include "watched.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::change;
using lock::change_effect;
using lock::change_kind;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

struct elections : trio {
    explicit elections() = default;

    reply campaign(session_id who, const std::string& value,
                   std::uint64_t wait_ms = lock::wait_forever, std::uint64_t ttl_ms = 0) {
        return run(lock::campaign{stamp(who), 0, "e", value, wait_ms, ttl_ms});
    }
    fencing_token win(session_id who, const std::string& value) {
        return token_of(campaign(who, value, lock::no_wait));
    }
    reply proclaim(session_id who, fencing_token token, const std::string& value,
                   std::uint64_t tag = 0) {
        return run(lock::proclaim{stamp(who), tag, token, value});
    }
    /// Who leads, without the index.
    reply leader() {
        auto seen = get<lock::observed>(run(lock::observe{stamp(c), "e"}));
        seen.index = 0;
        return seen;
    }
    std::vector<change> changes() { return table.describe().watch.changes; }
};

reply leads(fencing_token token, const std::string& value) {
    return lock::observed{0, token, value};
}
const reply nobody = lock::observed{0, {}, {}};

change written(std::uint64_t index, fencing_token token, const std::string& value) {
    return {index, change_kind::leader, change_effect::written, "e", token, value, 0};
}
change gone(std::uint64_t index, fencing_token token) {
    return {index, change_kind::leader, change_effect::gone, "e", token, "", 0};
}

}  // namespace

TEST_CASE("locks 3.10: who wins is seen with its value and its token, and by release nobody is") {
    elections d;
    CHECK(d.leader() == nobody);
    const auto token = d.win(d.a, "alice");
    CHECK(d.leader() == leads(token, "alice"));
    CHECK(d.campaign(d.b, "bob", lock::no_wait) == reply(lock::busy{}));
    d.release(d.a, token);
    CHECK(d.leader() == nobody);
    CHECK(d.changes() == std::vector<change>{written(1, token, "alice"), gone(2, token)});
}

TEST_CASE("locks 3.10: a candidate that waits is seen with the very grant, and not before") {
    elections d;
    const auto first = d.win(d.a, "alice");
    CHECK(d.campaign(d.b, "bob") == reply(lock::queued{}));
    CHECK(d.leader() == leads(first, "alice"));
    d.release(d.a, first);
    const auto second = d.table.last_token();
    CHECK(second > first);
    CHECK(d.leader() == leads(second, "bob"));
    CHECK(d.changes() == std::vector<change>{written(1, first, "alice"), gone(2, first),
                                             written(3, second, "bob")});
}

TEST_CASE("locks 3.10: only who leads proclaims, under the token that is valid") {
    elections d;
    const auto first = d.win(d.a, "alice");
    CHECK(d.proclaim(d.a, first, "alice at work") == reply(lock::proclaimed{2}));
    CHECK(d.leader() == leads(first, "alice at work"));
    CHECK(d.proclaim(d.b, first, "bob") == no(refusal::not_owner));
    CHECK(d.proclaim(d.a, first, "another", 7) == no(refusal::not_owner));
    d.release(d.a, first);
    const auto second = d.win(d.b, "bob");
    CHECK(d.proclaim(d.a, first, "alice again") == no(refusal::stale_token));
    CHECK(d.leader() == leads(second, "bob"));
}

TEST_CASE("locks 3.10: a leader whose session or lease ends is told to be gone") {
    elections d;
    const auto brief = d.open(9, 100);
    const auto first = d.win(brief, "brief");
    d.pass(100);
    CHECK(d.leader() == nobody);
    CHECK(d.changes().back() == gone(2, first));
    const auto second = token_of(d.campaign(d.a, "leased", lock::no_wait, 50));
    d.campaign(d.b, "next");
    d.pass(50);
    CHECK(d.leader() == leads(d.table.last_token(), "next"));
    d.close(d.b);
    CHECK(d.leader() == nobody);
    const auto told = d.changes();
    REQUIRE(told.size() == 6);
    CHECK(told[3] == gone(4, second));
    CHECK(told[5].effect == change_effect::gone);
}

TEST_CASE("a candidate that gives up waiting is never seen") {
    elections d;
    const auto first = d.win(d.a, "alice");
    d.campaign(d.b, "bob", 10);
    d.pass(10);
    d.campaign(d.b, "bob again");
    d.cancel(d.b, d.last_sequence(d.b), lock::on_granted::release);
    d.campaign(d.c, "carol");
    d.close(d.c);
    d.release(d.a, first);
    CHECK(d.changes() == std::vector<change>{written(1, first, "alice"), gone(2, first)});
}

TEST_CASE("a campaign is an acquire: sent again it is answered alike, and it waits in line") {
    elections d;
    const auto held = d.hold(d.a, "e");
    const lock::campaign asked{d.late_stamp(d.b), 0, "e", "bob"};
    CHECK(d.run(asked) == reply(lock::queued{}));
    CHECK(d.leader() == nobody);
    d.wait(d.c, "e");
    d.release(d.a, held);
    CHECK(d.run(asked) == reply(lock::granted{d.table.last_token()}));
    CHECK(d.leader() == leads(d.table.last_token(), "bob"));
    CHECK(d.run(lock::campaign{d.stamp(d.b), 0, "e", "bob"}) == no(refusal::self_deadlock));
    CHECK(d.changes().size() == 1);
    d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 3, lock::no_wait});
    CHECK(d.run(lock::campaign{d.stamp(d.b), 0, "s", "bob"}) == no(refusal::kind_mismatch));
}

TEST_CASE("locks 3.10: who holds alone may lead, and who holds beside others does not any more") {
    elections d;
    const auto shared = d.hold_in(mode::shared, d.b, "e");
    CHECK(d.proclaim(d.b, shared, "bob") == no(refusal::not_leader));
    d.release(d.b, shared);
    const auto token = d.hold(d.a, "e");
    CHECK(d.leader() == nobody);
    CHECK(d.proclaim(d.a, token, "alice") == reply(lock::proclaimed{1}));
    CHECK(d.leader() == leads(token, "alice"));
    d.convert(d.a, token, mode::shared);
    CHECK(d.leader() == nobody);
    CHECK(d.changes().back() == gone(2, token));
    const auto permits = d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 3, lock::no_wait});
    CHECK(d.proclaim(d.a, token_of(permits), "alice") == no(refusal::not_leader));
}

TEST_CASE("locks 3.12/78: values of leaders and candidates have their limits") {
    auto config = short_leases();
    config.values.max_value_bytes = 8;
    config.values.max_candidate_bytes = 10;
    driver<> d(config);
    const auto a = d.open(1);
    const auto b = d.open(2);
    const auto run = [&](session_id who, const std::string& value) {
        return d.run(lock::campaign{d.stamp(who), 0, "e", value});
    };
    CHECK(run(a, "123456789") == no(refusal::limit));
    const auto token = token_of(run(a, "12345678"));
    CHECK(run(b, "123") == no(refusal::limit));
    CHECK(run(b, "12") == reply(lock::queued{}));
    const auto proclaim = [&](const std::string& value) {
        return d.run(lock::proclaim{d.stamp(a), 0, token, value});
    };
    CHECK(proclaim("abcdefgh") == reply(lock::proclaimed{2}));
    CHECK(proclaim("abcdefghi") == no(refusal::limit));
    CHECK(proclaim("a") == reply(lock::proclaimed{3}));
    CHECK(d.run(lock::observe{d.stamp(a), ""}) == no(refusal::name_empty));
    CHECK(d.run(lock::observe{d.stamp(a), std::string(513, 'n')}) == no(refusal::name_too_long));
}

TEST_CASE("locks 3.12/74: a snapshot keeps who leads, and the values of those who wait to") {
    elections d;
    const auto first = d.win(d.a, "alice");
    d.campaign(d.b, "bob");
    d.proclaim(d.a, first, "alice at work");
    const bytes snapshot = snapshot_of(d.table);
    auto copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot));
    CHECK(copy == d.table);
    CHECK(snapshot_of(copy) == snapshot);
    const lock::release asked{d.stamp(d.a), 0, first};
    const apply_context context{{slot(100), 0}, d.now};
    static_cast<void>(execute(copy, context, asked));
    static_cast<void>(d.execute(context, asked));
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
    CHECK(d.leader() == leads(d.table.last_token(), "bob"));
}

namespace {

struct readers_lead : lock::rules {
    static bool may_lead(lock::mode) { return true; }
};
struct nobody_is_told_of_the_end : lock::rules {
    static bool is_told(lock::change_effect effect) { return effect == change_effect::written; }
};

}  // namespace

TEST_CASE("locks 3.10: a leader that holds beside others is found") {
    watched<readers_lead> w;
    const reply held = w.run(lock::acquire{w.stamp(w.a), 0, "e", mode::shared, lock::no_wait, 0});
    w.run(lock::proclaim{w.stamp(w.a), 0, token_of(held), "alice"});
    CHECK(w.broken == "leaders_hold_alone");
}

TEST_CASE("locks 3.10: a leader whose end nobody is told of is found") {
    watched<nobody_is_told_of_the_end> w;
    const reply won = w.run(lock::campaign{w.stamp(w.a), 0, "e", "alice"});
    CHECK(w.broken.empty());
    w.run(lock::release{w.stamp(w.a), 0, token_of(won)});
    CHECK(w.broken == "changes_have_no_gap");
}
