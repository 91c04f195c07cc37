// tests/unit/host/runner_async.cpp - replicas on threads of their own, over storages that sync on
// theirs.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/detail/ended_syncs.hpp>
#include <synod/host/node.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

using namespace synod;

namespace {

/// Records go to a storage in memory; that they are durable is said later, by a thread of the
/// storage's own.
class threaded_disk {
public:
    using listener = std::function<void(const sync_token&, const std::error_code&)>;

    threaded_disk() : thread_([this] { run(); }) {}
    threaded_disk(const threaded_disk&) = delete;
    threaded_disk& operator=(const threaded_disk&) = delete;
    ~threaded_disk() {
        tell(nullptr, true);
        thread_.join();
    }

    template <class Record>
    void append(const Record& record) noexcept {
        kept_.append(record);
    }
    std::error_code sync() noexcept { return kept_.sync(); }
    void start_sync(const sync_token& token) noexcept {
        const std::lock_guard lock(mutex_);
        started_.emplace_back(token, kept_.sync());
        changed_.notify_one();
    }
    template <class Sink>
    std::error_code recover(Sink&& sink) {
        return kept_.recover(std::forward<Sink>(sink));
    }
    void forget(slot below) noexcept { kept_.forget(below); }

    /// Whom to tell of syncs from now on, also of those that have ended before.
    void report_to(listener told) { tell(std::move(told), false); }

    /// Every sync that has not been reported fails.
    void fail() {
        const std::lock_guard lock(mutex_);
        fails_ = true;
    }

private:
    void tell(listener told, bool stops) {
        const std::lock_guard lock(mutex_);
        told_ = std::move(told);
        stops_ = stops;
        changed_.notify_one();
    }

    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stops_ || (told_ && !started_.empty()); });
            if (stops_) return;
            const auto [token, error] = started_.front();
            started_.pop_front();
            told_(token, fails_ ? std::make_error_code(std::errc::io_error) : error);
        }
    }

    memory_storage<records<entry>> kept_;
    std::mutex mutex_;  // guards all below but the thread
    std::condition_variable changed_;
    std::deque<std::pair<sync_token, std::error_code>> started_;
    listener told_;
    bool fails_ = false;
    bool stops_ = false;
    std::thread thread_;
};
static_assert(async_storage<shared<threaded_disk>, entry>);

struct machine {
    void apply(const apply_context&, bytes_view command, result_writer& result) {
        sum += byte_reader(command).number<std::uint64_t>();
        result.number(sum);
    }
    void snapshot(byte_writer& out) const { out.number(sum); }
    static std::error_code restore(byte_reader&) { return errc::malformed; }

    std::uint64_t sum = 0;
};

using node = host::node<machine, threaded_disk>;

/// Three nodes, each with its disk.
struct trio {
    trio() {
        for (const node_id self : node_set::first(3)) start(self);
    }
    ~trio() {
        for (threaded_disk& disk : disks) disk.report_to(nullptr);
    }

    void start(node_id self) {
        std::array<member, 3> members;
        for (std::uint32_t i = 0; i < 3; ++i) members[i] = {node_id(i), incarnation(1)};
        log_policy<> policy{.quorums = *majority::make(node_set::first(3))};
        policy.limits.seed = self.value() + 1;
        threaded_disk& disk = disks[self.value()];
        host::options how;
        how.on_leadership = [this](const host::leadership_change& change) { note(change); };
        auto made = host::start_node(network, *group::make(cluster_id(1), self, members), machine(),
                                     disk, policy, std::move(how));
        REQUIRE(made.has_value());
        node& running = nodes[self.value()].emplace(std::move(*made));
        disk.report_to([&running](const sync_token& token, const std::error_code& error) {
            running.synced(token, error);
        });
    }

    void note(const host::leadership_change& change) {
        std::uint32_t gone = change.node.value();
        if (change.leads) {
            leader = gone;
        } else {
            leader.compare_exchange_strong(gone, nobody);
        }
        leader.notify_all();
    }

    /// Asks whoever leads for `command` until it takes it on.
    host::ending submit(bytes_view command) {
        for (;;) {
            leader.wait(nobody);
            const std::uint32_t to = leader;
            if (to == nobody) continue;
            host::ending end = nodes[to]->submit_and_wait(command);
            if (end.outcome != host::outcome::not_leader) return end;
        }
    }

    [[nodiscard]] bool has_failed() const {
        return std::ranges::any_of(nodes, [](const std::optional<node>& one) {
            return one->status().error == std::errc::io_error;
        });
    }
    /// Returns when each node has come round once more.
    void await_a_turn() {
        for (std::optional<node>& one : nodes) {
            std::promise<void> turned;
            one->post([&](node::replica_type&, instant) { turned.set_value(); });
            turned.get_future().wait();
        }
    }

    static constexpr std::uint32_t nobody = 3;

    std::atomic<std::uint32_t> leader{nobody};
    host::log_network network;
    std::array<threaded_disk, 3> disks;
    std::array<std::optional<node>, 3> nodes;
};

}  // namespace

TEST_CASE("commands are decided over storages that sync on threads of their own") {
    trio cluster;
    for (std::uint64_t i = 1; i <= 100; ++i) {
        bytes command;
        byte_writer(command).number(i);
        const host::ending end = cluster.submit(command);
        REQUIRE(end.outcome == host::outcome::decided);
        CHECK(byte_reader(end.result).number<std::uint64_t>() == i * (i + 1) / 2);
    }
}

TEST_CASE("a sync that fails on the storage's thread silences the replica") {
    trio cluster;
    const bytes command(sizeof(std::uint64_t));
    REQUIRE(cluster.submit(command).outcome == host::outcome::decided);
    for (threaded_disk& disk : cluster.disks) disk.fail();
    // It has failed already where it had something else to write meanwhile.
    const host::outcome how = cluster.submit(command).outcome;
    CHECK((how == host::outcome::unknown || how == host::outcome::failed));
    // Who was deposed just then does not know either: its own sync has yet to be told of.
    for (int i = 0; i < 10'000 && !cluster.has_failed(); ++i) cluster.await_a_turn();
    CHECK(cluster.has_failed());
}

TEST_CASE("of syncs that ended, the newest counts, and no error is lost") {
    const auto broken = std::make_error_code(std::errc::io_error);
    host::detail::ended_syncs ended;
    CHECK(!ended.take());
    ended.put({1, 5}, {});
    ended.put({1, 4}, {});
    CHECK(ended.take()->token == sync_token{1, 5});
    CHECK(!ended.take());
    ended.put({1, 7}, broken);
    ended.put({1, 9}, {});
    const auto last = ended.take();
    CHECK(last->token == sync_token{1, 7});
    CHECK(last->error == broken);
    ended.put({2, 3}, {});
    ended.put({1, 8}, broken);
    const auto present = ended.take();
    CHECK(present->token == sync_token{2, 3});
    CHECK(!present->error);
    ended.put({1, 8}, broken);
    ended.put({2, 4}, {});
    const auto later = ended.take();
    CHECK(later->token == sync_token{2, 4});
    CHECK(!later->error);
}
