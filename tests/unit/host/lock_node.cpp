// tests/unit/host/lock_node.cpp - the lock service on threads, and a client that speaks to it in
// messages.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/lock_node.hpp>
#include <synod/storage/memory.hpp>
#include <synod/transport/threads.hpp>

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

using namespace synod;

namespace {

using store = memory_storage<records<entry>>;

/// A client on the test's own thread.
class lone_client {
public:
    lone_client(host::lock_network& net, node_id self)
        : inbox_(std::move(*net.connect(self))), link_(net.link_of(self)) {}

    /// Asks one node after another until one answers from the table.
    lock::reply ask(const lock::command& asked) {
        bytes encoded;
        byte_writer out(encoded);
        lock::encode(asked, out);
        for (;;) {
            link_.send(to_, lock::client_request{cluster_id(7), ++number_, encoded});
            const auto said = wait();
            lock::reply decoded;
            if (said && said->outcome == lock::outcome::answered) {
                REQUIRE(lock::decode(said->reply, decoded));
                return decoded;
            }
            to_ = said && said->has_hint ? said->hint : node_id((to_.value() + 1) % 3);
        }
    }

private:
    std::optional<lock::client_reply> wait() {
        std::optional<lock::client_reply> found;
        for (int i = 0; i < 5 && !found; ++i) {
            inbox_.wait(milliseconds(20));
            inbox_.deliver([&](node_id, host::lock_message&& any) {
                auto* const reply = any.get_if<lock::client_reply>();
                if (reply != nullptr && reply->number == number_) found = std::move(*reply);
            });
        }
        return found;
    }

    host::lock_network::inbox inbox_;
    host::lock_network::link link_;
    node_id to_{0};
    std::uint64_t number_ = 0;
};

}  // namespace

TEST_CASE("locks R2: a step of log time that eats more than a quarter of a lease is refused") {
    host::lock_network net;
    const auto start = [&](std::uint32_t max_step_ms, std::uint64_t min_ttl_ms) {
        store disk;
        log_policy<> policy{.quorums = *majority::make(node_set::first(1))};
        policy.limits.max_step_ms = max_step_ms;
        lock::config config;
        config.sessions.min_ttl_ms = min_ttl_ms;
        const auto group = group::make(cluster_id(7), node_id(0), {{node_id(0), incarnation(1)}});
        return host::start_lock_node(net, *group, disk, policy, config).error();
    };
    CHECK(!start(1'000, 4'000));
    CHECK(start(1'001, 4'000) == errc::duration_out_of_range);
    CHECK(start(1'000, 3'999) == errc::duration_out_of_range);
    CHECK(!start(1, 4));
}

TEST_CASE("locks outlive the leader that granted them") {
    host::lock_network net;
    std::array<store, 3> stores;
    std::vector<member> members;
    for (const node_id one : node_set::first(3)) members.push_back({one, incarnation(1)});
    std::array<std::optional<host::lock_node<store>>, 3> nodes;
    const auto start = [&](node_id node) {
        log_policy<> policy{.quorums = *majority::make(node_set::first(3))};
        policy.limits.election_timeout = milliseconds(100);
        policy.limits.seed = node.value() + 1;
        auto made = host::start_lock_node(net, *group::make(cluster_id(7), node, members),
                                          stores[node.value()], policy);
        REQUIRE(made.has_value());
        nodes[node.value()].emplace(std::move(*made));
    };
    for (const node_id node : node_set::first(3)) start(node);

    lone_client ann(net, node_id(max_nodes));
    const auto opened = ann.ask(lock::open_session{{1, 2}, 3, 60'000});
    const session_id session = get<lock::opened>(opened).session;
    const auto granted =
        ann.ask(lock::acquire{{session, 1, 0}, 0, "door", lock::mode::exclusive, 0, 0});
    const fencing_token token = get<lock::granted>(granted).token;

    node_id leader(0);
    for (const node_id node : node_set::first(3)) {
        if (nodes[node.value()]->status().standing == standing::leading) leader = node;
    }
    nodes[leader.value()].reset();
    CHECK(ann.ask(lock::query{{session, 2, 0}, 1}) ==
          lock::reply(lock::request_status{lock::request_state::granted, token}));
    start(leader);
    CHECK(ann.ask(lock::release{{session, 3, 0}, 0, token}) == lock::reply(lock::released{0}));
}

TEST_CASE("a node of a host that knows its clients opens their sessions as whom they are") {
    host::lock_network net;
    store disk;
    const auto group = group::make(cluster_id(7), node_id(0), {{node_id(0), incarnation(1)}});
    const log_policy<> policy{.quorums = *majority::make(node_set::first(1))};
    const auto who = [](node_id, std::string_view) -> std::string_view { return "ann"; };
    const auto node = host::start_lock_node(net, *group, disk, policy, host::known_clients{who});
    REQUIRE(node.has_value());
    lone_client ann(net, node_id(max_nodes));
    const auto opened = ann.ask(lock::open_session{{1, 2}, 3, 60'000, 0, "root"});
    const session_id session = get<lock::opened>(opened).session;
    CHECK(ann.ask(lock::set_acl{{session, 1, 0}, {"", "ann", lock::all_rights}}) ==
          lock::reply(lock::administered{}));
    // Nobody else has any right by now.
    CHECK(holds_alternative<lock::granted>(
        ann.ask(lock::acquire{{session, 2, 0}, 0, "door", lock::mode::exclusive, 0, 0})));
}

namespace {

/// Tells whoever waits for it of the first refusal.
struct first_refusal : silent_observer {
    void refused(node_id from, refusal why) const {
        if (!has_told->exchange(true)) told->set_value({from, why});
    }

    std::promise<std::pair<node_id, refusal>>* told = nullptr;
    std::atomic<bool>* has_told = nullptr;
};

}  // namespace

TEST_CASE("what is for nobody at a node is refused there") {
    std::promise<std::pair<node_id, refusal>> told;
    std::atomic<bool> has_told{false};
    host::lock_network net;
    store disk;
    const auto group = group::make(cluster_id(7), node_id(0), {{node_id(0), incarnation(1)}});
    const log_policy<majority, first_refusal> policy{.quorums = *majority::make(node_set::first(1)),
                                                     .observer{{}, &told, &has_told}};
    const auto node = host::start_lock_node(net, *group, disk, policy);
    REQUIRE(node.has_value());
    const node_id stranger(max_nodes);
    net.link_of(stranger).send(node_id(0), lock::client_event{cluster_id(7), {}});
    CHECK(told.get_future().get() == std::pair(stranger, refusal::unexpected));
}
