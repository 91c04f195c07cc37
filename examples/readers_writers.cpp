// examples/readers_writers.cpp - two prices that many read at once, and none without the other.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <atomic>
#include <cstdio>
#include <exception>
#include <latch>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

namespace {

constexpr int readers = 4;
constexpr int writers = 2;
constexpr int turns = 100;

/// What the lock guards; the prices are no atomics. The gate refuses whoever comes under a token
/// that is too old, and has a mutex of this process, for readers are inside together.
struct prices {
    [[nodiscard]] bool admits(fencing_token token, lock::mode mode) {
        const std::lock_guard inside(guards_gate);
        return !gate.admit(token, mode);
    }
    [[nodiscard]] bool write(fencing_token token) {
        if (!admits(token, lock::mode::exclusive)) return false;
        ++net;
        std::this_thread::yield();  // this would be the moment to look
        gross = 2 * net;
        return true;
    }
    [[nodiscard]] bool read(fencing_token token) {
        return admits(token, lock::mode::shared) && gross == 2 * net;
    }

    std::mutex guards_gate;
    fence_gate<> gate;
    int net = 0;
    int gross = 0;
};

}  // namespace

int main() try {
    const cluster_id cluster(1);
    const std::vector<node_id> ids{node_id(0), node_id(1), node_id(2)};
    const std::vector<member> members{
        {ids[0], incarnation(1)}, {ids[1], incarnation(1)}, {ids[2], incarnation(1)}};
    host::lock_network network;
    std::vector<disk> disks(ids.size());
    std::vector<host::lock_node<disk>> nodes;
    nodes.reserve(ids.size());
    for (const node_id id : ids) {
        const auto group = group::make(cluster, id, members);
        log_policy<> policy{.quorums = *majority::make(group->nodes())};
        policy.limits.seed = id.value() + 1;
        auto node = host::start_lock_node(network, *group, disks[id.value()], policy);
        if (!node) return 1;
        nodes.push_back(std::move(*node));
    }
    auto client = session::connect(network, node_id(max_nodes), {cluster, ids});
    if (!client) return 1;

    synod::shared_mutex door(*client, "prices");
    prices shared;
    std::atomic<int> wrong{0};
    std::latch all_inside(readers);  // nobody gets past it before every reader holds the lock
    {
        std::vector<std::jthread> crew;
        for (int i = 0; i < readers; ++i) {
            crew.emplace_back([&] {
                for (int turn = 0; turn < turns; ++turn) {
                    const std::shared_lock inside(door);
                    if (turn == 0) all_inside.arrive_and_wait();
                    if (!shared.read(door.held()->token())) ++wrong;
                }
            });
        }
        for (int i = 0; i < writers; ++i) {
            crew.emplace_back([&] {
                all_inside.wait();
                for (int turn = 0; turn < turns; ++turn) {
                    const std::lock_guard inside(door);
                    if (!shared.write(door.held()->token())) ++wrong;
                }
            });
        }
    }
    std::printf("%d readers inside together; %d writes, %d wrong\n", readers, shared.net, +wrong);
    return wrong == 0 && shared.net == writers * turns ? 0 : 1;
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
