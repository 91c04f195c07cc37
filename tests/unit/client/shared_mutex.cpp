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
    std::atomic<int> lost{0};
    {
        std::vector<std::jthread> crew;
        for (std::size_t i = 0; i < 4; ++i) {
            crew.emplace_back([&, i] {
                synod::shared_mutex& own = i % 2 == 0 ? here : there;
                const std::shared_lock lock(own);
                tokens[i] = own.held()->token();
                inside.arrive_and_wait();
                if (own.held()->lost()) ++lost;
                inside.arrive_and_wait();
            });
        }
    }
    CHECK(lost == 0);
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
    synod::shared_mutex later(first, "door");
    reader.lock_shared();
    fencing_token of_writer;
    fencing_token of_later;
    std::jthread writes([&] {
        const std::lock_guard inside(writer);
        of_writer = writer.held()->token();
    });
    const auto end = std::chrono::steady_clock::now() + 20s;
    const auto is_early = [end] { return std::chrono::steady_clock::now() < end; };
    std::atomic<bool> is_in_line{false};
    std::jthread reads([&] {
        while (!is_in_line && is_early()) {
            const auto tried = later.try_acquire_shared();
            if (tried.has_value()) later.unlock_shared();
            is_in_line = tried.error() == errc::busy;
        }
        const std::shared_lock inside(later);
        of_later = later.held()->token();
    });
    while (!is_in_line && is_early()) std::this_thread::yield();
    CHECK(!reader.release_shared());
    writes.join();
    reads.join();
    CHECK(is_in_line);
    CHECK(of_later > of_writer);
}

TEST_CASE("a thread holds it in one mode, and gives back that one") {
    threaded_cluster all;
    auto client = all.connect();
    synod::shared_mutex door(client, "door");
    door.lock_shared();
    CHECK(door.acquire().error() == errc::self_deadlock);
    CHECK(door.acquire_shared().error() == errc::self_deadlock);
    CHECK(door.try_acquire_shared().error() == errc::self_deadlock);
    CHECK(door.try_acquire().error() == errc::busy);
    CHECK(door.release() == errc::not_owner);
    door.unlock();
    CHECK(door.last_release() == errc::not_owner);
    CHECK(door.held().has_value());
    CHECK(!door.release_shared());
    CHECK(!door.held().has_value());
    CHECK(door.release_shared() == errc::not_owner);

    door.lock();
    CHECK(door.acquire_shared().error() == errc::self_deadlock);
    CHECK(door.try_acquire_shared().error() == errc::busy);
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

TEST_CASE("each thread is told of its own release, whatever others give back meanwhile") {
    threaded_cluster all;
    auto client = all.connect();
    synod::shared_mutex door(client, "door");
    std::atomic<int> wrong{0};
    {
        std::vector<std::jthread> crew;
        for (int i = 0; i < 3; ++i) {
            crew.emplace_back([&] {
                for (int turn = 0; turn < 50; ++turn) {
                    door.lock_shared();
                    if (door.release_shared()) ++wrong;
                }
            });
        }
        crew.emplace_back([&] {
            for (int turn = 0; turn < 2'000; ++turn) door.unlock();  // of what it does not hold
        });
    }
    CHECK(wrong == 0);
}

TEST_CASE("a reader that is stopped ends with that, whether it waits already or not") {
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
