// tests/unit/client/shared_mutex.cpp - the shared mutex that users touch, on real threads.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/fence_gate.hpp>
#include <synod/client/mutex.hpp>
#include <synod/client/session.hpp>
#include <synod/client/shared_mutex.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <atomic>
#include <barrier>
#include <chrono>
#include <concepts>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::client_test;
using namespace std::chrono_literals;

namespace {

template <class M>
concept shared_timed_lockable = requires(M& m) {
    m.lock_shared();
    { m.try_lock_shared() } -> std::same_as<bool>;
    { m.try_lock_shared_for(1ms) } -> std::same_as<bool>;
    { m.try_lock_shared_until(std::chrono::steady_clock::now()) } -> std::same_as<bool>;
    { m.unlock_shared() } noexcept;
    m.lock();
    { m.try_lock() } -> std::same_as<bool>;
    { m.try_lock_for(1ms) } -> std::same_as<bool>;
    { m.unlock() } noexcept;
};
static_assert(shared_timed_lockable<synod::shared_mutex>);

}  // namespace

TEST_CASE("readers are inside together, a writer alone, and no write is refused") {
    threaded_cluster all;
    auto first = all.connect();
    auto second = all.connect();
    synod::shared_mutex here(first, "pair");
    synod::shared_mutex there(second, "pair");
    fence_gate<> gate;
    std::mutex guards_gate;
    int left = 0;
    int right = 0;
    std::atomic<int> torn{0};
    std::atomic<int> refused{0};
    const auto admit = [&](synod::shared_mutex& through, lock::mode mode) {
        const std::lock_guard lock(guards_gate);
        if (gate.admit(through.held()->token(), mode)) ++refused;
    };
    {
        std::vector<std::jthread> crew;
        for (int i = 0; i < 6; ++i) {
            crew.emplace_back([&, i] {
                synod::shared_mutex& own = i % 2 == 0 ? here : there;
                for (int turn = 0; turn < 40; ++turn) {
                    if (i < 2) {
                        const std::lock_guard inside(own);
                        admit(own, lock::mode::exclusive);
                        ++left;
                        std::this_thread::yield();
                        ++right;
                    } else {
                        const std::shared_lock inside(own);
                        admit(own, lock::mode::shared);
                        if (left != right) ++torn;
                    }
                }
            });
        }
    }
    CHECK(left == 80);
    CHECK(right == 80);
    CHECK(torn == 0);
    CHECK(refused == 0);
}

TEST_CASE("as many as like hold it shared at the same time, under tokens of their own") {
    threaded_cluster all;
    auto first = all.connect();
    auto second = all.connect();
    synod::shared_mutex here(first, "door");
    synod::shared_mutex there(second, "door");
    std::barrier inside(4);  // passed only while all four hold it
    std::vector<fencing_token> tokens(4);
    {
        std::vector<std::jthread> crew;
        for (std::size_t i = 0; i < 4; ++i) {
            crew.emplace_back([&, i] {
                synod::shared_mutex& own = i % 2 == 0 ? here : there;
                const std::shared_lock lock(own);
                tokens[i] = own.held()->token();
                inside.arrive_and_wait();
                CHECK(!own.held()->lost());
                inside.arrive_and_wait();
            });
        }
    }
    for (std::size_t i = 0; i < 4; ++i) {
        for (std::size_t j = 0; j < i; ++j) CHECK(tokens[i] != tokens[j]);
    }
}

TEST_CASE("who tries is told at once which modes shut each other out") {
    threaded_cluster all;
    auto first = all.connect();
    auto second = all.connect();
    synod::shared_mutex mine(first, "door");
    synod::shared_mutex theirs(second, "door");
    synod::mutex plain(second, "door");

    mine.lock_shared();
    CHECK(!theirs.try_lock());
    CHECK(!theirs.try_lock_for(20ms));
    CHECK(!plain.try_lock());
    REQUIRE(theirs.try_lock_shared());
    CHECK(!theirs.release_shared());
    CHECK(!mine.release_shared());

    mine.lock();
    CHECK(!theirs.try_lock_shared());
    CHECK(!theirs.try_lock_shared_for(20ms));
    CHECK(theirs.acquire_shared_for(milliseconds(20)).error() == errc::timed_out);
    mine.unlock();
    CHECK(theirs.try_lock_shared_until(std::chrono::system_clock::now() + 5s));
    CHECK(theirs.held()->token() != fencing_token());
}

TEST_CASE("one who waits to write is not passed by those who come to read later") {
    threaded_cluster all;
    auto first = all.connect();
    auto second = all.connect();
    synod::shared_mutex reader(first, "door");
    synod::shared_mutex writer(second, "door");
    reader.lock_shared();
    std::atomic<bool> has_written{false};
    std::jthread waits([&] {
        const std::lock_guard inside(writer);
        has_written = true;
    });
    std::jthread([&] {
        synod::shared_mutex later(first, "door");
        while (later.try_lock_shared()) later.unlock_shared();  // until the writer is in line
        CHECK(!has_written);
    });
    CHECK(!has_written);
    CHECK(!reader.release_shared());
    waits.join();
    CHECK(has_written);
    CHECK(reader.try_lock_shared_for(5s));
}

TEST_CASE("a thread holds it in one mode, and gives back that one") {
    threaded_cluster all;
    auto client = all.connect();
    synod::shared_mutex door(client, "door");
    door.lock_shared();
    CHECK(door.acquire().error() == errc::self_deadlock);
    CHECK(door.acquire_shared().error() == errc::self_deadlock);
    CHECK(door.release() == errc::not_owner);
    door.unlock();
    CHECK(door.last_release() == errc::not_owner);
    CHECK(door.held().has_value());
    CHECK(!door.release_shared());
    CHECK(!door.held().has_value());
    CHECK(door.release_shared() == errc::not_owner);

    door.lock();
    door.unlock_shared();
    CHECK(door.last_release() == errc::not_owner);
    CHECK(!door.release());
}

TEST_CASE("a thread that gives back and asks again in another mode never meets itself") {
    threaded_cluster all;
    auto client = all.connect();
    synod::shared_mutex door(client, "door");
    for (int i = 0; i < 100; ++i) {
        door.lock_shared();
        door.unlock_shared();
        door.lock();
        door.unlock();
        REQUIRE(door.try_lock_shared());
        door.unlock_shared();
    }
    CHECK(!door.held().has_value());
}

TEST_CASE("a blocked reader is stopped by its stop token") {
    threaded_cluster all;
    auto client = all.connect();
    auto other = all.connect();
    synod::shared_mutex door(client, "door");
    synod::shared_mutex same(other, "door");
    door.lock();
    std::stop_source stop;
    std::error_code told;
    std::jthread blocked([&] { told = same.acquire_shared(stop.get_token()).error(); });
    stop.request_stop();
    blocked.join();
    CHECK(told == errc::cancelled);
    door.unlock();
    CHECK(door.try_lock_for(5s));
}
