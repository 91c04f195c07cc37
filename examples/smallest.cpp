// examples/smallest.cpp - three replicas of the lock service in this process, and one lock.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <cstdio>
#include <exception>
#include <mutex>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

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
    mutex door(*client, "door");
    const std::lock_guard inside(door);
    std::printf("inside, with token %zu\n", std::size_t{door.held()->token().value()});
} catch (const std::exception& error) {
    return std::printf("%s\n", error.what());
}
