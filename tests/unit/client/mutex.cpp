// tests/unit/client/mutex.cpp - the mutex that users touch, on real threads.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/fence_gate.hpp>
#include <synod/client/mutex.hpp>
#include <synod/client/session.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::client_test;
using namespace std::chrono_literals;

namespace {

template <class M>
concept lockable = requires(M& m) {
    m.lock();
    { m.try_lock() } -> std::same_as<bool>;
    { m.unlock() } noexcept;
};
template <class M>
concept timed_lockable = lockable<M> && requires(M& m) {
    { m.try_lock_for(1ms) } -> std::same_as<bool>;
    { m.try_lock_until(std::chrono::system_clock::now()) } -> std::same_as<bool>;
};
static_assert(timed_lockable<synod::mutex>);
static_assert(!std::is_copy_constructible_v<synod::mutex>);
static_assert(std::is_nothrow_move_constructible_v<session>);
static_assert(noexcept(std::declval<synod::mutex&>().unlock()));

[[nodiscard]] std::error_code thrown_by(auto&& what) {
    try {
        what();
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("threads and sessions exclude one another, tokens rise, and no write is refused") {
    threaded_cluster all;
    auto first = all.connect();
    auto second = all.connect();
    synod::mutex here(first, "counter");
    synod::mutex there(second, "counter");
    fence_gate<> gate;
    int counter = 0;
    int refused = 0;
    {
        std::vector<std::jthread> crew;
        for (int i = 0; i < 8; ++i) {
            crew.emplace_back([&, i] {
                synod::mutex& own = i % 2 == 0 ? here : there;
                for (int left = 50; left > 0; --left) {
                    const std::lock_guard inside(own);
                    gate.admit(own.held()->token()) ? ++refused : ++counter;
                }
            });
        }
    }
    CHECK(counter == 400);
    CHECK(refused == 0);
    CHECK(gate.marks().exclusive.counter() == 400);
}

TEST_CASE("locks 3.12/85: the standard library's lock types work") {
    threaded_cluster all;
    auto client = all.connect();
    auto other = all.connect();
    synod::mutex a(client, "a");
    synod::mutex b(client, "b");
    synod::mutex b_elsewhere(other, "b");
    {
        const std::scoped_lock both(a, b);
        CHECK(a.held().has_value());
        CHECK(b.held().has_value());
        CHECK(b.held()->token() != a.held()->token());
        CHECK(!b_elsewhere.try_lock());
        CHECK(!b_elsewhere.try_lock_for(20ms));
        CHECK(!b_elsewhere.try_lock_until(std::chrono::steady_clock::time_point::min()));
        using hour = std::chrono::time_point<std::chrono::system_clock, std::chrono::hours>;
        CHECK(!b_elsewhere.try_lock_until(hour::min()));
        CHECK(synod::detail::time_until(hour::max()) > seconds(3'600));
        using frames = std::chrono::duration<std::int64_t, std::ratio<1, 60>>;
        using frame = std::chrono::time_point<std::chrono::steady_clock, frames>;
        CHECK(!b_elsewhere.try_lock_until(frame()));
        CHECK(synod::detail::time_until(frame::max()) > seconds(3'600));
    }
    CHECK(!a.held().has_value());
    std::unique_lock late(b_elsewhere, std::chrono::system_clock::now() + 5s);
    REQUIRE(late.owns_lock());
    late.unlock();
    CHECK(!b_elsewhere.last_release());

    std::unique_lock tried(a, std::try_to_lock);
    CHECK(tried.owns_lock());
    std::unique_lock deferred(b, std::defer_lock);
    CHECK(deferred.try_lock_for(std::chrono::hours::max()));
    std::unique_lock<synod::mutex> adopted(*deferred.release(), std::adopt_lock);
    CHECK(adopted.owns_lock());
}

TEST_CASE("locks 3.12/85: a condition variable waits on it") {
    threaded_cluster all;
    auto client = all.connect();
    synod::mutex door(client, "door");
    std::condition_variable_any changed;
    bool is_ready = false;
    std::jthread waker([&] {
        const std::lock_guard inside(door);
        is_ready = true;
        changed.notify_all();
    });
    std::unique_lock inside(door);
    changed.wait(inside, [&] { return is_ready; });
    CHECK(is_ready);
    CHECK(door.held().has_value());
}

TEST_CASE("errors are thrown with synod's category, and the twins return them") {
    threaded_cluster all;
    auto client = all.connect();
    synod::mutex door(client, "door");
    synod::mutex nameless(client, "");
    CHECK(thrown_by([&] { nameless.lock(); }) == errc::malformed);
    CHECK(nameless.acquire().error() == errc::malformed);
    CHECK(door.release() == errc::not_owner);
    door.unlock();
    CHECK(door.last_release() == errc::not_owner);
    door.lock();
    CHECK(thrown_by([&] { door.lock(); }) == errc::self_deadlock);
    CHECK(!door.try_lock());
    std::jthread([&] { CHECK(door.release() == errc::not_owner); });
    CHECK(!door.release());
    CHECK(!door.held().has_value());

    const auto config = [] {
        client_config made;
        made.ttl = milliseconds(100);
        return made;
    }();
    auto refused = session::connect(all.network, node_id(200), all.identity(), config);
    CHECK(refused.error() == errc::lease_below_clock_error);
}

TEST_CASE("locks 3.12/81: a blocked lock is stopped by its stop token, and leaves nothing behind") {
    threaded_cluster all;
    auto client = all.connect();
    auto other = all.connect();
    synod::mutex door(client, "door");
    synod::mutex same(other, "door");
    door.lock();
    std::stop_source stop;
    std::error_code told;
    std::jthread blocked([&] { told = thrown_by([&] { same.lock(stop.get_token()); }); });
    std::this_thread::yield();  // stopped before it waits or while it does: the end is the same
    stop.request_stop();
    blocked.join();
    CHECK(told == errc::cancelled);
    CHECK(same.acquire(stop.get_token()).error() == errc::cancelled);
    door.unlock();
    CHECK(door.try_lock_for(5s));
}

TEST_CASE(
    "locks 3.12/8: a lost session is told by the clock alone: the stop token fires, and late news "
    "changes nothing") {
    threaded_cluster all;
    client_config config;
    config.ttl = seconds(4);
    config.margin = milliseconds(3'000);
    auto client = all.connect(config);
    synod::mutex door(client, "door");
    door.lock();
    const hold mine = *door.held();
    CHECK(!mine.lost());
    std::mutex waits;
    std::condition_variable fired;
    bool has_fired = false;
    const std::stop_callback on_loss(mine.stop_token(), [&] {
        const std::lock_guard lock(waits);
        has_fired = true;
        fired.notify_all();
    });
    const auto begin = std::chrono::steady_clock::now();
    all.stop();
    std::unique_lock lock(waits);
    REQUIRE(fired.wait_for(lock, 10s, [&] { return has_fired; }));
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
    CHECK(mine.lost());
    CHECK(mine.in_jeopardy());
    lock.unlock();
    CHECK(door.held()->lost());
    door.unlock();
    CHECK(!door.held().has_value());
}

TEST_CASE(
    "locks 3.12/8, 9: after a suspension a hold is lost at the first look, before any thread is "
    "told") {
    threaded_cluster all;
    jumping_clock clock;
    auto client = session::connect(all.network, node_id(100), all.identity(), {}, clock);
    REQUIRE(client.has_value());
    synod::mutex door(*client, "door");
    door.lock();
    const hold mine = *door.held();
    CHECK(!mine.in_jeopardy());
    clock.jump->store(7'000);
    CHECK(mine.in_jeopardy());
    clock.jump->store(10'000);
    CHECK(mine.lost());
    CHECK(mine.stop_token().stop_requested());
    clock.jump->store(0);
    CHECK(mine.lost());
}

TEST_CASE("an expired session fails its locks, and a later call opens another one") {
    lock::config service;
    service.sessions.min_ttl_ms = 200;
    threaded_cluster all(service);
    client_config config;
    config.ttl = milliseconds(400);
    config.margin = milliseconds(10);
    jumping_clock clock;
    auto client = session::connect(all.network, node_id(100), all.identity(), config, clock);
    synod::mutex door(*client, "door");
    door.lock();
    const hold mine = *door.held();
    auto other = all.connect();
    synod::mutex same(other, "door");
    all.network.cut.store(100);
    REQUIRE(same.try_lock_for(20s));  // once the service has ended the session
    CHECK(mine.lost());
    all.network.cut.store(all.network.nobody);
    synod::mutex second(*client, "second");
    while (second.acquire_for(seconds(5)).error()) {
    }
    CHECK(second.held().has_value());
    CHECK(mine.lost());
    CHECK(same.held()->token() > mine.token());
    CHECK(door.release() != std::error_code());
}

TEST_CASE("locks 3.12/22: many threads that are the first to use a session open one") {
    threaded_cluster all;
    auto client = all.connect();
    std::atomic<int> inside{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&client, &inside, i] {
            synod::mutex door(client, std::to_string(i));
            const std::lock_guard within(door);
            ++inside;
        });
    }
    threads.clear();
    CHECK(inside == 8);
    CHECK(all.sessions() == 1);
}

TEST_CASE("locks 3.12/82: with a dead cluster every wait and every destructor comes to an end") {
    threaded_cluster all;
    client_config config;
    config.ttl = seconds(4);
    config.patience = milliseconds(300);
    config.longest_try = milliseconds(100);
    config.farewell = milliseconds(100);
    std::optional<session> client(all.connect(config));
    synod::mutex held(*client, "held");
    synod::mutex given_back(*client, "given back");
    synod::mutex door(*client, "door");
    held.lock();
    given_back.lock();
    all.stop();
    const auto begin = std::chrono::steady_clock::now();
    CHECK(!door.try_lock());
    CHECK(!door.try_lock_for(50ms));
    CHECK(given_back.release() == errc::outcome_unknown);
    CHECK(thrown_by([&] { door.lock(); }) == errc::unreachable);
    client.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 8s);
    CHECK(thrown_by([&] { door.lock(); }) == errc::stopped);
    CHECK(held.held()->lost());
    held.unlock();
}

TEST_CASE("locks 3.12/83: callbacks of a stop token may lock and unlock") {
    threaded_cluster all;
    std::optional<session> client(all.connect());
    auto other = all.connect();
    synod::mutex door(*client, "door");
    synod::mutex elsewhere(other, "elsewhere");
    door.lock();
    bool is_done = false;
    const std::stop_callback on_loss(door.held()->stop_token(), [&] {
        const std::lock_guard inside(elsewhere);
        door.unlock();
        is_done = true;
    });
    client.reset();
    CHECK(is_done);
}

TEST_CASE(
    "locks 3.6, 3.12/83: whoever is asked for its hold hears of it in a callback, and gives it "
    "back") {
    threaded_cluster all;
    auto holder = all.connect();
    auto other = all.connect();
    synod::mutex door(holder, "door");
    std::promise<hold> held;
    std::promise<std::error_code> asked;
    std::error_code answer;  // to who locks in the callback
    std::jthread owner([&] {
        door.lock();
        const auto own = door.held();
        const std::stop_callback on_revoke(own->revoke_requested(), [&] {
            asked.set_value(door.acquire().error());  // on the session's own thread
        });
        held.set_value(*own);
        auto told = asked.get_future();
        if (told.wait_for(30s) == std::future_status::ready) answer = told.get();
        door.unlock();
    });
    const hold seen = held.get_future().get();
    CHECK(!seen.revoke_requested().stop_requested());
    REQUIRE(
        !other.request_revoke(seen.token(), "maintenance", 60'000, lock::revocation::cooperative));
    const auto next = other.acquire("door");
    REQUIRE(next.has_value());
    owner.join();
    CHECK(answer == errc::would_deadlock);
    CHECK(*next > seen.token());
    CHECK(seen.revoke_requested().stop_requested());
    CHECK(!seen.stop_token().stop_requested());
    CHECK(!seen.lost());
}

TEST_CASE("locks 3.12/83: on its own thread a session refuses to lock at once, and goes on") {
    threaded_cluster all;
    client_config config;
    config.ttl = seconds(4);
    jumping_clock clock;
    auto client = session::connect(all.network, node_id(100), all.identity(), config, clock);
    REQUIRE(client.has_value());
    auto other = all.connect();
    synod::mutex door(*client, "door");
    synod::mutex same_session(*client, "same session");
    synod::mutex elsewhere(other, "elsewhere");
    door.lock();
    std::vector<std::error_code> told;
    std::promise<std::thread::id> done;
    const std::stop_callback on_loss(door.held()->stop_token(), [&] {
        told = {same_session.acquire().error(),     same_session.acquire_for(seconds(5)).error(),
                same_session.try_acquire().error(), door.release(),
                elsewhere.acquire().error(),        elsewhere.release()};
        done.set_value(std::this_thread::get_id());
    });
    all.network.cut.store(100);
    clock.jump->store(10'000);
    auto where = done.get_future();
    REQUIRE(where.wait_for(20s) == std::future_status::ready);
    CHECK(where.get() != std::this_thread::get_id());
    const std::error_code refused = errc::would_deadlock;
    const std::error_code none;
    CHECK(told ==
          std::vector<std::error_code>{refused, refused, refused, errc::not_owner, none, none});
    all.network.cut.store(all.network.nobody);
    while (same_session.acquire_for(seconds(5)).error()) {
    }
    CHECK(same_session.held().has_value());
    door.unlock();
    CHECK(!door.held().has_value());
}

namespace {

thread_local bool is_short_of_memory = false;

/// Writes down what is sent, as an observer may, and has no room for it at times.
struct cramped_observer : client::silent_observer {
    void sent(node_id) const {
        if (is_short_of_memory) throw std::bad_alloc();
    }
};

}  // namespace

TEST_CASE("a lock that fails for want of memory is forgotten, and its session given up") {
    using policy = client::policy<client::rules, cramped_observer>;
    threaded_cluster all;
    auto client = basic_session<policy>::connect(all.network, node_id(100), all.identity());
    REQUIRE(client.has_value());
    basic_mutex<policy> door(*client, "door");
    basic_mutex<policy> window(*client, "window");
    door.lock();
    is_short_of_memory = true;
    CHECK_THROWS_AS(window.acquire(), std::bad_alloc);
    is_short_of_memory = false;
    CHECK(door.held()->lost());
    CHECK(door.held()->stop_token().stop_requested());
    CHECK(window.acquire().error() == errc::stopped);
}
