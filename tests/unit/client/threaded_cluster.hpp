// tests/unit/client/threaded_cluster.hpp - three replicas on threads of their own, for tests of
// what blocks.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/session.hpp>
#include <synod/host/lock_node.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace synod::client_test {

/// A thread_network on which one client can be cut off from being heard.
class cuttable_network : public host::lock_network {
public:
    class link {
    public:
        link(cuttable_network& network, node_id self, host::lock_network::link inner)
            : network_(&network), self_(self), inner_(inner) {}

        template <class One>
        void send(node_id to, One&& message) noexcept {
            ++network_->sent;
            if (network_->cut.load() != self_.value()) {
                inner_.send(to, std::forward<One>(message));
            }
        }

    private:
        cuttable_network* network_;
        node_id self_;
        host::lock_network::link inner_;
    };

    [[nodiscard]] link link_of(node_id self) {
        return {*this, self, host::lock_network::link_of(self)};
    }

    static constexpr std::uint32_t nobody = 0xffff'ffff;

    std::atomic<std::uint32_t> cut{nobody};  // the client that is not heard
    std::atomic<std::uint64_t> sent{0};      // by clients, heard or not
};

/// A clock that jumps when told to, as time does for a process that was stopped. Shared by its
/// copies.
struct jumping_clock {
    [[nodiscard]] instant now() const noexcept {
        return host::steady_clock().now() + milliseconds(jump->load());
    }
    std::shared_ptr<std::atomic<std::int64_t>> jump =
        std::make_shared<std::atomic<std::int64_t>>(0);
};

class threaded_cluster {
public:
    using store = memory_storage<records<entry>>;

    explicit threaded_cluster(const lock::config& config = {}) {
        for (std::uint32_t i = 0; i < replicas; ++i) start(i, config);
    }

    void stop() {
        for (auto& one : nodes_) one.reset();
    }

    [[nodiscard]] client_identity identity() const {
        return {cluster_id(7), {node_id(0), node_id(1), node_id(2)}};
    }

    [[nodiscard]] session connect(const client_config& config = {}) {
        auto made = session::connect(network, node_id(max_nodes + clients_++), identity(), config);
        REQUIRE(made.has_value());
        return std::move(*made);
    }

    /// How many sessions the service keeps, by a read at whoever leads.
    [[nodiscard]] std::size_t sessions() {
        for (std::size_t i = 0;; i = (i + 1) % replicas) {
            std::promise<std::optional<std::size_t>> told;
            nodes_[i]->read([&told](host::outcome, const lock::table* table) {
                told.set_value(table == nullptr ? std::nullopt
                                                : std::optional(table->sessions().size()));
            });
            if (const auto count = told.get_future().get()) return *count;
        }
    }

    cuttable_network network;

private:
    static constexpr std::uint32_t replicas = 3;

    void start(std::uint32_t which, const lock::config& config) {
        std::vector<member> members;
        for (std::uint32_t i = 0; i < replicas; ++i)
            members.push_back({node_id(i), incarnation(1)});
        const auto group = group::make(cluster_id(7), node_id(which), members);
        log_policy<> policy{.quorums = *majority::make(group->nodes())};
        policy.limits.seed = which + 1;
        const std::uint64_t shortest = config.sessions.min_ttl_ms;
        policy.limits.max_step_ms =
            static_cast<std::uint32_t>(std::min(shortest / 4, std::uint64_t{1'000}));
        auto made = host::start_lock_node(static_cast<host::lock_network&>(network), *group,
                                          disks_[which], policy, config);
        REQUIRE(made.has_value());
        nodes_[which].emplace(std::move(*made));
    }

    std::array<store, replicas> disks_;
    std::array<std::optional<host::lock_node<store>>, replicas> nodes_;
    std::uint32_t clients_ = 0;
};

}  // namespace synod::client_test
