// tests/unit/client/session_primitives.cpp - values, counters, gates and elections, each from a
// thread that waits for its end.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/session.hpp>
#include <synod/client/session_primitives.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

using namespace synod;
using namespace synod::client_test;

TEST_CASE("a value is written in the version that was read, and under a token that is valid") {
    threaded_cluster all;
    auto s = all.connect();
    const auto first = s.compare_and_set("k", 0, "one");
    REQUIRE(first.has_value());
    REQUIRE(first->has_value());
    CHECK(s.compare_and_set("k", 0, "again")->has_value() == false);
    CHECK(s.read_value("k")->value == "one");
    CHECK(s.read_value("k")->version == **first);
    const auto held = s.acquire_all({{"door"}});
    REQUIRE(held.has_value());
    const auto guarded = [&] {
        lock::guarded_txn asked;
        asked.conditions = {lock::token_valid("door", *held)};
        asked.puts = {{"k", "two"}};
        return *s.transact(asked);
    };
    CHECK(guarded().has_value());
    CHECK(*s.check_token("door", *held));
    CHECK(*s.release(*held) == 0);
    CHECK(!guarded().has_value());
    CHECK(!*s.check_token("door", *held));
    CHECK(s.transact({}).has_value());
}

TEST_CASE("counters are added to by all, and refuse what they cannot hold") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    CHECK(s.add_to_counter("n", 5)->number == 5);
    CHECK(t.add_to_counter("n", -7)->number == -2);
    CHECK(s.read_counter("n")->number == -2);
    CHECK(s.add_to_counter("n", std::numeric_limits<std::int64_t>::min()).error() ==
          errc::counter_overflow);
    CHECK(s.read_value("n").error() == errc::kind_mismatch);
}

TEST_CASE("a latch lets through who waited for it, and who comes later") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    CHECK(s.await_latch("go") == errc::unknown_latch);
    REQUIRE(s.set_latch("go", 2).has_value());
    std::error_code waited = errc::stopped;
    std::thread waiter([&] { waited = t.await_latch("go"); });
    CHECK(s.await_latch("go", 1) == errc::timed_out);
    CHECK(s.count_down("go")->remaining == 1);
    CHECK(s.count_down("go")->remaining == 0);
    waiter.join();
    CHECK(!waited);
}

TEST_CASE("parties of a barrier go on together, or are told together that it is broken") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    std::error_code other = errc::stopped;
    std::thread together([&] { other = t.arrive_at_barrier("b", 2); });
    CHECK(!s.arrive_at_barrier("b", 2));
    together.join();
    CHECK(!other);
    CHECK(s.arrive_at_barrier("b", 2, 1) == errc::barrier_broken);

    std::thread inside([&] {
        other = t.enter_double_barrier("d", 2);
        if (!other) other = t.leave_double_barrier("d");
    });
    CHECK(!s.enter_double_barrier("d", 2));
    CHECK(!s.leave_double_barrier("d"));
    inside.join();
    CHECK(!other);
    CHECK(s.leave_double_barrier("d") == errc::not_inside);
}

TEST_CASE("who campaigns leads with its value until it resigns, and all of that can be watched") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    const auto first = s.campaign("chief", "s");
    REQUIRE(first.has_value());
    CHECK(t.observe("chief")->value == "s");
    std::error_code other = errc::stopped;
    std::thread rival([&] {
        const auto got = t.campaign("chief", "t");
        if (got) other = t.proclaim(*got, "t leads").error();
    });
    CHECK(s.proclaim(*first, "s leads").has_value());
    CHECK(!s.resign(*first));
    rival.join();
    CHECK(!other);
    CHECK(s.proclaim(*first, "late").error() == errc::stale_token);
    const auto seen = s.watch("chief", 1);
    REQUIRE(seen.has_value());
    REQUIRE(seen->changes.size() == 5);
    CHECK(seen->changes[1].value == "s leads");
    CHECK(seen->changes[2].effect == lock::change_effect::gone);
    CHECK(seen->changes[4].value == "t leads");
    CHECK(s.read_prefix("ch")->entries.size() == 1);
}

TEST_CASE("a table is administered through a session, by whoever may") {
    threaded_cluster all;
    auto s = all.connect();
    const auto held = s.acquire_all({{"a"}, {"b"}});
    REQUIRE(held.has_value());
    const auto listed = s.list_locks("", "", 0, lock::list_holders);
    REQUIRE(listed.has_value());
    CHECK(listed->locks.size() == 2);
    CHECK(*s.request_revoke_of("a", "maintenance", 60'000, lock::revocation::cooperative) == 1);
    CHECK(!s.force_release(*held));
    CHECK(s.request_revoke(*held, "again", 0, lock::revocation::forced) == errc::stale_token);
    CHECK(!s.bump_epoch(5));
    CHECK(s.acquire_all({{"c"}})->epoch() == 5);
    lock::config senseless;
    senseless.max_locks = 0;
    CHECK(s.set_limits(senseless) == errc::malformed);
    CHECK(s.set_acl({"", "", lock::may_read}) == errc::denied);
    CHECK(!s.set_acl({"", "", lock::may_administer}));
    CHECK(s.acquire_all({{"d"}}).error() == errc::denied);
}
