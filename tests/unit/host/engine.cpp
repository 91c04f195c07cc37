// tests/unit/host/engine.cpp - what a runner's thread does and when, on a clock and a network that
// the test moves.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/node.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/rounds.hpp>

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace synod;

namespace {

using machine = testing::summing_machine;

/// What is waited for comes at once, or this is a failure.
constexpr std::chrono::seconds long_enough(20);

/// Shows what it is told to.
struct hand_clock {
    [[nodiscard]] instant now() const noexcept { return instant(time->load()); }

    std::shared_ptr<std::atomic<std::int64_t>> time =
        std::make_shared<std::atomic<std::int64_t>>(1);
};

/// Takes messages to nowhere. Its inbox wakes when told to and by no clock, and writes down how
/// long it was to wait.
class silent_network {
public:
    struct link {
        template <class Message>
        void send(node_id /*to*/, const Message& /*message*/) noexcept {}
    };

    class inbox {
    public:
        explicit inbox(silent_network& network) : network_(&network) {}

        void wait(duration longest) { network_->sleep(longest); }
        template <class Receive>
        static void deliver(const Receive& /*receive*/) {}

    private:
        silent_network* network_;
    };

    [[nodiscard]] result<inbox> connect(node_id /*self*/) { return inbox(*this); }
    [[nodiscard]] static link link_of(node_id /*self*/) { return {}; }

    void wake(node_id /*to*/) {
        const std::lock_guard lock(mutex_);
        is_woken_ = true;
        if (on_wake_) on_wake_();
        changed_.notify_all();
    }

    /// `call` is called with each wake from now on.
    void on_wake(std::function<void()> call) {
        const std::lock_guard lock(mutex_);
        on_wake_ = std::move(call);
    }

    /// How long the thread was to sleep for the `number`-th time, once it does.
    [[nodiscard]] duration sleep_number(std::size_t number) {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, long_enough, [&] { return sleeps_.size() >= number; }));
        return sleeps_[number - 1];
    }

private:
    void sleep(duration longest) {
        std::unique_lock lock(mutex_);
        sleeps_.push_back(longest);
        changed_.notify_all();
        changed_.wait_for(lock, long_enough, [this] { return is_woken_; });
        is_woken_ = false;
    }

    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    bool is_woken_ = false;
    std::function<void()> on_wake_;
    std::vector<duration> sleeps_;
};

/// Takes part in nothing, and remembers whether it was stopped before it went.
class watched_service : public host::no_service {
public:
    struct life {
        std::atomic<bool> is_stopped{false};
        std::atomic<bool> was_stopped_first{false};
    };

    explicit watched_service(std::shared_ptr<life> seen) : seen_(std::move(seen)) {}
    watched_service(watched_service&&) = default;
    watched_service& operator=(watched_service&&) = delete;
    ~watched_service() {
        if (seen_) seen_->was_stopped_first = seen_->is_stopped.load();
    }

    void stop() { seen_->is_stopped = true; }

private:
    std::shared_ptr<life> seen_;  // nothing in one that was moved from
};

using store = memory_storage<records<entry>>;
using lone_replica = replica<machine, silent_network::link, shared<store>>;
using lone_runner = host::runner<lone_replica, silent_network, watched_service, hand_clock>;

/// One node of a cluster of `members`, the others of which are never heard.
class lone_node {
public:
    explicit lone_node(std::uint32_t members) {
        const auto make = [&](silent_network::link link, instant now) {
            const node_set all = node_set::first(members);
            std::vector<member> lives;
            for (const node_id one : all) lives.push_back({one, incarnation(1)});
            const log_policy<> policy{.quorums = *majority::make(all)};
            return lone_replica::make(*group::make(cluster_id(1), node_id(0), lives), {}, link,
                                      shared(store_), policy, now);
        };
        auto made =
            lone_runner::start(network, node_id(0), make, watched_service(service), {}, clock);
        REQUIRE(made.has_value());
        runner.emplace(std::move(*made));
    }

    /// What `look` sees of the replica in a step of its thread. A job that is dropped breaks its
    /// promise, which throws here.
    template <class Look>
    auto seen(Look look) {
        std::promise<decltype(look(std::declval<lone_replica&>()))> promise;
        auto future = promise.get_future();
        REQUIRE(runner->post(
            [promise = std::move(promise), look](lone_replica& replica, instant) mutable {
                promise.set_value(look(replica));
            }));
        return future.get();
    }

    [[nodiscard]] bool is_leading() {
        return seen([](lone_replica& replica) { return replica.is_leading(); });
    }

    /// Moves the clock to the replica's deadline, and returns when the thread has made a step
    /// there.
    void pass_deadline() {
        const instant due = seen([](lone_replica& replica) { return replica.next_deadline(); });
        clock.time->store(due.nanoseconds());
        static_cast<void>(is_leading());  // jobs come first in a step
        static_cast<void>(is_leading());
    }

    hand_clock clock;
    silent_network network;
    std::shared_ptr<watched_service::life> service = std::make_shared<watched_service::life>();

private:
    store store_;

public:
    std::optional<lone_runner> runner;  // goes first
};

bytes one_more() {
    bytes out;
    byte_writer(out).number(std::uint64_t{1});
    return out;
}

}  // namespace

TEST_CASE("the thread sleeps until the replica's deadline") {
    lone_node one(3);
    const duration first = one.network.sleep_number(1);
    CHECK(first >= milliseconds(150));
    CHECK(first <= milliseconds(300));
    one.clock.time->fetch_add(milliseconds(100).nanoseconds());
    one.network.wake(node_id(0));
    CHECK(one.network.sleep_number(2) == first - milliseconds(100));
}

TEST_CASE("a deadline that has come is acted upon, and not before") {
    lone_node one(1);
    CHECK_FALSE(one.is_leading());
    CHECK_FALSE(one.is_leading());
    one.pass_deadline();
    CHECK(one.is_leading());
}

TEST_CASE("everything submitted reaches the replica, in order") {
    lone_node one(1);
    one.pass_deadline();
    std::array<std::promise<host::ending>, 20> ends;
    for (auto& end : ends) {
        one.runner->submit(one_more(),
                           [&end](host::ending&& came) { end.set_value(std::move(came)); });
    }
    position last;
    for (auto& end : ends) {
        const host::ending ended = end.get_future().get();
        CHECK(ended.outcome == host::outcome::decided);
        CHECK(last < ended.at);
        last = ended.at;
    }
    CHECK(one.seen([](lone_replica& replica) { return replica.machine().total; }) == 20);
}

TEST_CASE("whoever is told of an ending finds it in the status") {
    lone_node one(1);
    one.pass_deadline();
    std::promise<bool> is_there;
    one.runner->submit(one_more(), [&](host::ending&& came) {
        is_there.set_value(came.outcome == host::outcome::decided &&
                           one.runner->status().applied_below > came.at.slot);
    });
    CHECK(is_there.get_future().get());
}

TEST_CASE("destroying a runner waits for its thread, and what waited for that has ended by then") {
    lone_node one(1);
    one.pass_deadline();
    std::promise<void> is_held;
    std::promise<void> release;
    std::atomic<bool> is_released{false};
    // The thread is held up behind the point at which a step takes submissions, so the later ones
    // wait for the next step.
    one.runner->submit(one_more(), [&](host::ending&&) {
        is_held.set_value();
        is_released = release.get_future().wait_for(long_enough) == std::future_status::ready;
        for (int i = 0; i < 1000; ++i) std::this_thread::yield();  // whoever does not wait is gone
    });
    is_held.get_future().wait();

    std::atomic<int> commands{0};
    std::atomic<int> reads{0};
    for (int i = 0; i < 3; ++i) {
        one.runner->submit(one_more(), [&](host::ending&& end) {
            if (end.outcome == host::outcome::stopped) ++commands;
        });
        one.runner->read([&](host::outcome how, const machine*) {
            if (how == host::outcome::stopped) ++reads;
        });
    }
    auto kept = std::make_shared<int>();
    const std::weak_ptr<int> job = kept;
    REQUIRE(one.runner->post([kept = std::move(kept)](lone_replica&, instant) {}));

    one.network.on_wake([&] { release.set_value(); });
    one.runner.reset();
    CHECK(is_released);  // the thread was woken, whatever it slept on
    CHECK(one.service->was_stopped_first);
    CHECK(commands == 3);
    CHECK(reads == 3);
    CHECK(job.expired());
}
