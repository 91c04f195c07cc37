// tests/unit/client/session_commands.cpp - the commands of a session, each from a thread that waits
// for its end.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/session.hpp>
#include <synod/client/session_commands.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::client_test;

namespace {

/// Runs `what` on a thread of its own, which is another owner, and returns what it returns.
template <class What>
auto elsewhere(What&& what) {
    std::optional<decltype(what())> got;
    std::thread([&] { got.emplace(what()); }).join();
    return *std::move(got);
}

/// Carries nothing: the service grants whatever is asked for, under tokens from 7 on, and renews
/// what is not over.
class scripted_session : public session_commands<scripted_session> {
public:
    std::uint64_t over = 0;  // a token whose lease has ended
    std::vector<fencing_token> renewed;
    std::vector<fencing_token> given_back;

private:
    friend session_commands<scripted_session>;

    result<lock::reply> carry(const lock::command& asked, const std::stop_token& /*stop*/) {
        if (const auto* const back = get_if<lock::release>(&asked)) {
            given_back.push_back(back->token);
            return lock::reply(lock::released{});
        }
        const auto* const renewal = get_if<lock::renew_hold>(&asked);
        if (renewal == nullptr) return lock::reply(lock::granted{fencing_token(7)});
        renewed.push_back(renewal->token);
        if (renewal->token.value() == over) {
            return lock::reply(lock::refused{lock::refusal::stale_token});
        }
        return lock::reply(lock::kept{renewal->ttl_ms});
    }
};

}  // namespace

TEST_CASE(
    "several locks are taken together, and given back together, by the thread that took them") {
    threaded_cluster all;
    auto s = all.connect();
    const auto first = s.acquire_all({{"a"}, {"b"}});
    REQUIRE(first.has_value());
    const std::vector<fencing_token> both{*first, {first->epoch(), first->counter() + 1}};
    CHECK(s.acquire_all({{"b"}, {"c"}}, lock::no_wait).error() == errc::busy);
    CHECK(elsewhere([&] { return s.release_all(both); }).error() == errc::not_owner);
    CHECK(*s.release_all(both) == 0);
    CHECK(s.release_all(both).error() == errc::stale_token);
    CHECK(s.acquire_all({{"b"}, {"c"}}, lock::no_wait).has_value());
}

TEST_CASE("a lock is taken as its command says, and belongs to the thread that took it") {
    threaded_cluster all;
    auto s = all.connect();
    const auto reader = s.acquire("x", lock::mode::shared);
    REQUIRE(reader.has_value());
    CHECK(elsewhere([&] { return s.acquire("x", lock::mode::exclusive, lock::no_wait); }).error() ==
          errc::busy);
    lock::acquire leased;
    leased.name = "y";
    leased.hold_ttl_ms = 60'000;
    leased.flags = lock::reentrant;
    const auto held = s.acquire(leased);
    REQUIRE(held.has_value());
    CHECK(s.acquire(leased).value() == *held);
    CHECK(s.renew_hold(*held, 60'000).value() <= 60'000);
    CHECK(*s.release(*held) == 1);
    CHECK(elsewhere([&] { return s.release(*held); }).error() == errc::not_owner);
    CHECK(*s.release(*held) == 0);
}

TEST_CASE(
    "locks R4: a hold with a lease of its own that may have waited is renewed before it counts") {
    scripted_session s;
    lock::acquire one;
    one.name = "x";
    CHECK(s.acquire(one).has_value());
    one.hold_ttl_ms = 500;
    one.wait_ms = lock::no_wait;
    CHECK(s.acquire(one).has_value());
    CHECK(s.renewed.empty());
    one.wait_ms = lock::wait_forever;
    CHECK(s.acquire(one).has_value());
    CHECK(s.renewed == std::vector{fencing_token(7)});
    lock::acquire_all both;
    both.locks = {{"a", lock::mode::shared}, {"b"}, {"a"}};
    both.hold_ttl_ms = 500;
    s.renewed.clear();
    CHECK(s.acquire(both).has_value());
    CHECK(s.renewed == std::vector{fencing_token(7), fencing_token(8)});
    s.over = 8;
    CHECK(s.acquire(one).has_value());
    CHECK(s.given_back.empty());
    CHECK(s.acquire(both).error() == errc::hold_lost);
    CHECK(s.given_back == std::vector{fencing_token(7), fencing_token(8)});
    s.over = 7;
    CHECK(s.acquire(one).error() == errc::hold_lost);
}

TEST_CASE("several locks and permits are taken as their commands say") {
    threaded_cluster all;
    auto s = all.connect();
    lock::acquire_all both;
    both.locks = {{"a", lock::mode::shared}, {"b", lock::mode::exclusive}};
    both.wait_ms = lock::no_wait;
    CHECK(s.acquire(both).has_value());
    CHECK(elsewhere([&] { return s.acquire(both); }).error() == errc::busy);
    lock::acquire_permits some;
    some.name = "s";
    some.permits = 2;
    some.capacity = 3;
    some.flags = lock::barge;
    some.wait_ms = lock::no_wait;
    CHECK(s.acquire(some).has_value());
    CHECK(s.acquire(some).error() == errc::busy);
}

TEST_CASE("permits wait for permits, and for a capacity that rises") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    const auto held = s.acquire_permits("s", 2, 3);
    REQUIRE(held.has_value());
    CHECK(t.acquire_permits("s", 2, 3, lock::no_wait).error() == errc::busy);
    CHECK(t.acquire_permits("s", 2, 3, 1).error() == errc::timed_out);
    CHECK(t.acquire_permits("s", 2, 9).error() == errc::kind_mismatch);
    bool has_got = false;
    std::thread waiter([&] { has_got = t.acquire_permits("s", 2, 0).has_value(); });
    CHECK(*s.set_capacity("s", 4) == 3);
    waiter.join();
    CHECK(has_got);
    CHECK(*s.release(*held) == 0);
}

TEST_CASE("a hold is converted, and one with a lease is renewed") {
    threaded_cluster all;
    auto s = all.connect();
    lock::acquire asked;
    asked.name = "x";
    asked.mode = lock::mode::shared;
    asked.hold_ttl_ms = 5'000;
    const auto said = s.run(asked);
    REQUIRE(said.has_value());
    const fencing_token reader = get<lock::granted>(*said).token;
    CHECK(s.renew_hold(reader, 4'000).error() == errc::not_owner);  // its tag is not this thread's
    const auto mine = s.acquire_all({{"y", lock::mode::shared}});
    REQUIRE(mine.has_value());
    CHECK(*s.renew_hold(*mine, 4'000) == lock::wait_forever);  // it has no lease of its own
    const auto writer = s.convert(*mine, lock::mode::exclusive);
    REQUIRE(writer.has_value());
    CHECK(*writer > *mine);
    CHECK(s.release(*mine).error() == errc::stale_token);
    CHECK(*s.convert(*writer, lock::mode::shared) == *writer);
}

TEST_CASE("a command that waits ends when its stop token fires, and leaves nothing behind") {
    threaded_cluster all;
    auto s = all.connect();
    auto t = all.connect();
    const auto held = s.acquire_permits("s", 3, 3);
    REQUIRE(held.has_value());
    std::stop_source source;
    std::error_code why;
    std::thread waiter([&] {
        why = t.acquire_permits("s", 1, 3, lock::wait_forever, source.get_token()).error();
    });
    source.request_stop();
    waiter.join();
    CHECK(why == errc::cancelled);
    CHECK(*s.release(*held) == 0);
    CHECK(s.acquire_permits("s", 3, 3, 10'000).has_value());
}

TEST_CASE("commands of a session whose cluster is dead end, and so do those of one that is over") {
    threaded_cluster all;
    client_config hurried;
    hurried.patience = milliseconds(300);
    hurried.farewell = milliseconds(50);
    auto s = all.connect(hurried);
    REQUIRE(s.acquire_permits("s", 1, 3).has_value());
    all.stop();
    CHECK(s.acquire_permits("s", 1, 3).error() == errc::unreachable);
    CHECK(s.set_capacity("s", 5).error() == errc::outcome_unknown);
}
