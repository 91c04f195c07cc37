// examples/smallest.cpp - three replicas of the lock service in this process, and one lock.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/synod.hpp>

#include <cstdio>
#include <mutex>
#include <vector>

using namespace synod;
using disk = memory_storage<records<entry>>;

int main() {
    const cluster_id cluster(1);
    const std::vector<node_id> ids{node_id(0), node_id(1), node_id(2)};
    std::vector<member> members;
    for (const node_id id : ids) members.push_back({id, incarnation(1)});

    host::lock_network network;
    std::vector<disk> disks(ids.size());
    std::vector<host::lock_node<disk>> nodes;
    for (const node_id id : ids) {
        log_policy<> policy{.quorums = *majority::make(node_set::first(3))};
        policy.limits.seed = id.value() + 1;
        auto node = host::start_lock_node(network, *group::make(cluster, id, members),
                                          disks[id.value()], policy);
        if (!node) return std::printf("%s\n", node.error().message().c_str());
        nodes.push_back(std::move(*node));
    }

    auto client = session::connect(network, node_id(max_nodes), {cluster, ids});
    if (!client) return std::printf("%s\n", client.error().message().c_str());
    mutex door(*client, "door");
    const std::lock_guard inside(door);
    std::printf("inside, with token %llu\n",
                static_cast<unsigned long long>(door.held()->token().value()));
}
