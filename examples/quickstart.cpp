// examples/quickstart.cpp - a lock that outlives its leader: three replicas, eight workers, one
// counter, and two crashes.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint32_t replicas = 3;
constexpr int workers = 8;
constexpr int adds_each = 500;
constexpr int expected = workers * adds_each;
const synod::cluster_id the_cluster(2024);
const std::vector<synod::node_id> ids{synod::node_id(0), synod::node_id(1), synod::node_id(2)};

double milliseconds_since(clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(clock::now() - begin).count();
}

/// A storage is anything with append, sync, recover and forget. This one lives in memory, outlives
/// its replica, and counts.
struct disk : synod::memory_storage<synod::records<synod::entry>> {
    [[nodiscard]] std::error_code sync() noexcept {
        syncs.fetch_add(1, std::memory_order_relaxed);
        return memory_storage::sync();
    }
    std::atomic<std::uint64_t> syncs{0};
};

/// Three replicas of the lock service, each on a thread of its own, in one process.
class cluster {
public:
    using node = synod::host::lock_node<disk>;

    /// Starts a replica; if its disk holds an earlier life, it recovers from that.
    void start(std::uint32_t which) {
        std::vector<synod::member> members;
        members.reserve(replicas);
        for (const auto id : ids) members.push_back({id, synod::incarnation(1)});
        const auto group = synod::group::make(the_cluster, ids[which], members);
        synod::log_policy<> policy{.quorums = *synod::majority::make(group->nodes())};
        policy.limits.seed = which + 1;
        synod::host::options options;
        options.on_leadership = [this](const auto& change) { report(change); };
        auto made = synod::host::start_lock_node(network, *group, disks_[which], policy, {},
                                                 std::move(options));
        if (!made) throw std::system_error(made.error());
        nodes_[which].emplace(std::move(*made));
    }

    /// Destroys the replica and its thread. What it had not synced is gone, too.
    void crash(std::uint32_t which) {
        nodes_[which].reset();
        disks_[which].crash();
    }

    void wait_for_leader() const { leader_.wait(nobody); }

    /// Waits for a leader and names it, each only once: the next call waits for whoever is elected
    /// after that.
    [[nodiscard]] std::uint32_t take_leader() {
        for (;;) {
            wait_for_leader();
            const std::uint32_t elected = leader_.exchange(nobody);
            if (elected != nobody) return elected;
        }
    }

    [[nodiscard]] std::uint64_t syncs() const {
        std::uint64_t total = 0;
        for (const disk& one : disks_) total += one.syncs.load(std::memory_order_relaxed);
        return total;
    }

    synod::host::lock_network network;

private:
    void report(const synod::host::leadership_change& change) {
        if (!change.leads) return;
        std::printf("  replica %u is elected after %.1f ms\n", change.node.value(),
                    static_cast<double>(change.took.nanoseconds()) / 1e6);
        leader_.store(change.node.value());
        leader_.notify_all();
    }

    static constexpr std::uint32_t nobody = replicas;

    std::array<disk, replicas> disks_;
    std::atomic<std::uint32_t> leader_{nobody};
    std::array<std::optional<node>, replicas> nodes_;  // the first to go
};

/// What the lock guards. The counter has no mutex and is no atomic; the gate refuses writes under a
/// token that is too old.
struct resource {
    synod::fence_gate<> gate;
    int counter = 0;
    int refused = 0;
    bool tokens_rise = true;
    synod::fencing_token last;

    [[nodiscard]] bool add(synod::fencing_token token) {
        if (gate.admit(token)) return ++refused, false;
        tokens_rise = tokens_rise && token > last;
        last = token;
        ++counter;
        return true;
    }
};

/// How far the workers have come, and how long each of their acquires took.
struct progress {
    std::atomic<int> done{0};
    clock::time_point begin = clock::now();
    clock::time_point last_line = begin;

    void advance(int counter) {
        constexpr int step = expected / 8;
        if (counter % step == 0) {
            std::printf("  %4d of %d after %4.0f ms, %6.0f holds per second\n", counter, expected,
                        milliseconds_since(begin), step * 1000 / milliseconds_since(last_line));
            last_line = clock::now();
        }
        done.store(counter);
        done.notify_all();
    }
    void wait_for(int counter) {
        for (int now = done.load(); now < counter; now = done.load()) done.wait(now);
    }
};

/// One worker: 500 times, lock and add one. The standard library's own lock types do.
void work(synod::mutex& door, resource& shared, progress& how_far, std::vector<double>& waits) {
    for (int left = adds_each; left > 0;) {
        const auto asked = clock::now();
        try {
            const std::lock_guard inside(door);
            waits.push_back(milliseconds_since(asked));
            if (!shared.add(door.held()->token())) continue;
            --left;
            how_far.advance(shared.counter);
        } catch (const std::system_error& lost) {
            std::printf("  a worker tries again: %s\n", lost.what());
        }
    }
}

/// Waits for another leader than the one that was destroyed: until then that may have been elected
/// once more.
std::uint32_t successor_of(std::uint32_t destroyed, cluster& all) {
    for (;;) {
        const std::uint32_t elected = all.take_leader();
        if (elected != destroyed) return elected;
    }
}

/// The replica that is neither of the two.
std::uint32_t third_beside(std::uint32_t leader, std::uint32_t rebuilt) {
    std::uint32_t third = 0;
    while (third == leader || third == rebuilt) ++third;
    return third;
}

/// Takes the leader away at a third of the way and a follower at two thirds, and rebuilds each from
/// its disk.
void disturb(cluster& all, progress& how_far) {
    how_far.wait_for(expected / 3);
    const std::uint32_t leader = all.take_leader();
    std::printf("the leader, replica %u, is destroyed\n", leader);
    const auto crashed = clock::now();
    all.crash(leader);
    const std::uint32_t next = successor_of(leader, all);
    how_far.wait_for(how_far.done.load() + 1);
    std::printf("  locks are granted again %.1f ms after the crash\n", milliseconds_since(crashed));

    how_far.wait_for(expected / 2);
    std::printf("replica %u is rebuilt from its disk\n", leader);
    all.start(leader);

    how_far.wait_for(2 * expected / 3);
    const std::uint32_t follower = third_beside(next, leader);
    std::printf("a follower, replica %u, is destroyed\n", follower);
    all.crash(follower);

    how_far.wait_for(5 * expected / 6);
    std::printf("replica %u is rebuilt from its disk\n", follower);
    all.start(follower);
}

int report(const cluster& all, std::uint64_t messages, const resource& shared,
           std::vector<double> waits, double elapsed) {
    std::ranges::sort(waits);
    const auto at = [&waits](double part) {
        return waits[static_cast<std::size_t>(static_cast<double>(waits.size() - 1) * part)];
    };
    const auto per_hold = [&waits](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(waits.size());
    };
    resource late = shared;  // somebody who held the lock long ago wakes up and writes
    const bool is_fenced = !late.add(synod::fencing_token(1));

    std::printf("counter           %d, expected %d\n", shared.counter, expected);
    std::printf("refused writes    %d; one under the first token %s\n", shared.refused,
                is_fenced ? "would be" : "would pass, which is wrong");
    std::printf("tokens            %s\n",
                shared.tokens_rise ? "rose strictly" : "did not rise strictly");
    std::printf("holds             %.0f per second over all\n",
                static_cast<double>(waits.size()) * 1000 / elapsed);
    std::printf("acquiring         %.3f ms p50, %.3f ms p99\n", at(0.50), at(0.99));
    std::printf("per hold          %.1f messages, %.1f syncs\n", per_hold(messages),
                per_hold(all.syncs()));
    return shared.counter == expected && shared.tokens_rise && is_fenced ? 0 : 1;
}

}  // namespace

int main() try {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    std::printf("three replicas start\n");
    cluster all;
    for (std::uint32_t i = 0; i < replicas; ++i) all.start(i);
    all.wait_for_leader();

    auto session =
        synod::session::connect(all.network, synod::node_id(synod::max_nodes), {the_cluster, ids});
    if (!session) return std::printf("%s\n", session.error().message().c_str());
    synod::mutex door(*session, "door");

    std::printf("%d workers add 1 under one lock, %d times each\n", workers, adds_each);
    resource shared;
    progress how_far;
    std::array<std::vector<double>, workers> waits;
    {
        std::vector<std::jthread> crew;
        crew.reserve(workers);
        for (auto& own : waits) {
            crew.emplace_back([&] { work(door, shared, how_far, own); });
        }
        disturb(all, how_far);
    }
    const double elapsed = milliseconds_since(how_far.begin);
    for (std::size_t i = 1; i < waits.size(); ++i) {
        waits[0].insert(waits[0].end(), waits[i].begin(), waits[i].end());
    }
    return report(all, all.network.traffic().sent, shared, std::move(waits[0]), elapsed);
} catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
}
