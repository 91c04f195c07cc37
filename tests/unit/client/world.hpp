// tests/unit/client/world.hpp - three real replicas of the lock service and their clients, on one
// thread and on virtual time.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/session_core.hpp>
#include <synod/host/lock_node.hpp>
#include <synod/lock/service.hpp>
#include <synod/lock/table.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>
#include <synod/transport/memory.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::client_test {

using message = host::lock_message;
using network = memory_network<message>;
using store = memory_storage<records<entry>>;
using server = replica<lock::table, network::link, shared<store>>;

inline constexpr cluster_id the_cluster{7};
inline constexpr std::uint32_t replicas = 3;

/// Writes down what the core tells its observer.
struct diary {
    std::vector<std::pair<node_id, client::refusal>> refusals;
    std::vector<instant> safe_untils;
    std::uint32_t opened_sessions = 0;
    std::uint32_t expiries = 0;
    std::uint32_t lapses = 0;
    std::uint32_t transmissions = 0;

    void refused(node_id from, client::refusal why) { refusals.emplace_back(from, why); }
    void sent(node_id) { ++transmissions; }
    void opened(session_id, instant) { ++opened_sessions; }
    void renewed(instant safe_until, instant) { safe_untils.push_back(safe_until); }
    void lapsed(instant) { ++lapses; }
    void expired(session_id, instant) { ++expiries; }
};

/// A client: the core, and the notices it has handed out.
template <class Rules = client::rules>
struct person {
    using core_type = client::session_core<network::link, client::policy<Rules, diary>>;

    client::request_id acquire(const std::string& name, instant now,
                               instant deadline = instant::never(), bool waits = true,
                               std::uint64_t owner = 1, lock::mode mode = lock::mode::exclusive) {
        return core.acquire({name, owner, waits, deadline, mode}, now);
    }

    client::request_id run(lock::command what, instant now, instant deadline = instant::never(),
                           std::uint64_t owner = 1) {
        return core.run(std::move(what), owner, deadline, now);
    }

    /// What an errand has come to, or nullptr.
    [[nodiscard]] const client::conclusion<lock::reply>* end_of(client::request_id errand) const {
        for (const auto& one : conclusions) {
            if (one.errand == errand) return &one;
        }
        return nullptr;
    }

    /// The last notice about a request.
    [[nodiscard]] const client::notice* last(client::request_id which) const {
        for (auto i = notices.rbegin(); i != notices.rend(); ++i) {
            if (i->request == which) return &*i;
        }
        return nullptr;
    }
    [[nodiscard]] bool is(client::request_id which, client::notice::kind kind) const {
        const auto* const found = last(which);
        return found != nullptr && found->is == kind;
    }
    [[nodiscard]] std::error_code error(client::request_id which) const {
        const auto* const found = last(which);
        return found == nullptr ? std::error_code() : found->error;
    }

    node_id self;
    core_type core;
    std::vector<client::notice> notices{};
    std::vector<client::conclusion<lock::reply>> conclusions{};
};

/// What becomes of a message that is to be delivered.
struct fate {
    bool is_lost = false;
    duration delay{};
};
inline constexpr fate at_once{};
inline constexpr fate lost{true, {}};

/// The cluster, its clients, and everything that lies between them.
template <class Rules = client::rules>
class world {
public:
    using client_type = person<Rules>;
    using filter = std::function<fate(node_id from, node_id to, const message&)>;

    explicit world(const lock::config& config = {}) : config_(config) {
        for (std::uint32_t i = 0; i < replicas; ++i) start(i);
    }

    client_type& add_client(const client_config& config = {}, const std::string& principal = {}) {
        const node_id self(max_nodes + static_cast<std::uint32_t>(clients_.size()));
        const client_identity identity{
            the_cluster, members(), {1, self.value()}, self.value(), principal};
        auto core = client_type::core_type::make(identity, config, network_.connect(self), {}, now);
        REQUIRE(core.has_value());
        clients_.push_back(std::make_unique<client_type>(client_type{self, std::move(*core)}));
        clients_.back()->core.flush(now);
        return *clients_.back();
    }

    [[nodiscard]] static std::vector<node_id> members() {
        return {node_id(0), node_id(1), node_id(2)};
    }

    /// Starts a node, with what its disk holds.
    void start(std::uint32_t which) {
        node& one = nodes_[which];
        const node_id self(which);
        std::vector<member> all;
        for (const node_id each : members()) all.push_back({each, incarnation(1)});
        const auto group = group::make(the_cluster, self, all);
        log_policy<> policy{.quorums = *majority::make(node_set::first(replicas))};
        policy.limits.seed = which + 1;
        auto table = lock::table::make(config_);
        auto link = network_.connect(self);
        auto made = server::recover(*group, *table, link, shared(one.disk), policy, now);
        const bool is_new = made.error() == errc::nothing_to_recover;
        if (is_new) {
            one.role.emplace(
                std::move(*server::make(*group, *table, link, shared(one.disk), policy, now)));
        } else {
            REQUIRE(made.has_value());
            one.role.emplace(std::move(*made));
        }
        one.service.emplace(the_cluster, link);
    }

    void crash(std::uint32_t which) {
        nodes_[which].role.reset();
        nodes_[which].service.reset();
        nodes_[which].disk.crash();
    }

    [[nodiscard]] bool is_up(std::uint32_t which) const { return nodes_[which].role.has_value(); }

    /// The node that leads and is heard by a majority, or `replicas`.
    [[nodiscard]] std::uint32_t leader() const {
        std::uint32_t best = replicas;
        ballot highest;
        for (std::uint32_t i = 0; i < replicas; ++i) {
            if (!is_up(i) || !nodes_[i].role->is_leading()) continue;
            if (const ballot its = nodes_[i].role->status().leader;
                best == replicas || its > highest) {
                best = i;
                highest = its;
            }
        }
        return best;
    }

    [[nodiscard]] server& at(std::uint32_t which) { return *nodes_[which].role; }
    [[nodiscard]] const lock::table& table() const { return nodes_[leader()].role->machine(); }

    /// Who holds a lock as the leader knows it; nothing if nobody does.
    [[nodiscard]] std::optional<fencing_token> holder(const std::string& name) const {
        for (const auto& one : table().describe().locks) {
            if (one.name == name && !one.holders.empty()) return one.holders.front().token;
        }
        return std::nullopt;
    }

    /// Lets time pass, one event after another.
    void run(duration length) {
        const instant end = now + length;
        run_until([] { return false; }, end);
        now = end;
    }

    /// The same until `is_done()`; false if that has not come before `end`.
    template <class Done>
    bool run_until(Done&& is_done, instant end) {
        settle();
        while (!is_done()) {
            const instant next = next_event();
            if (next > end) return false;
            if (next > now) now = next;
            tick();
            settle();
        }
        return true;
    }
    template <class Done>
    bool run_until(Done&& is_done, duration most = seconds(60)) {
        return run_until(std::forward<Done>(is_done), now + most);
    }

    bool elect() {
        return run_until([this] { return leader() < replicas; });
    }

    /// Acquires, and waits until it is held.
    client::request_id hold(client_type& who, const std::string& name, std::uint64_t owner = 1) {
        const auto request = who.acquire(name, now, instant::never(), true, owner);
        REQUIRE(run_until([&] { return who.is(request, client::notice::kind::granted); }));
        return request;
    }

    /// Hands around everything that needs no time.
    void settle() {
        bool moved = true;
        while (moved) {
            flush();
            moved = false;
            for (std::uint32_t i = 0; i < replicas; ++i) moved = collect(node_id(i)) || moved;
            for (auto& one : clients_) moved = collect(one->self) || moved;
            moved = deliver_due() || moved;
        }
    }

    instant now{1'000'000'000};
    filter fate_of = [](node_id, node_id, const message&) { return at_once; };

    /// Nothing from or for this client arrives any more.
    void cut_off(const client_type& one) {
        fate_of = [self = one.self](node_id from, node_id to, const message&) {
            return from == self || to == self ? lost : at_once;
        };
    }
    /// All arrives at once again.
    void heal() {
        fate_of = [](node_id, node_id, const message&) { return at_once; };
    }

private:
    struct node {
        store disk;
        std::optional<server> role;
        std::optional<lock::service<network::link>> service;
    };
    struct letter {
        node_id from;
        node_id to;
        message content;
    };

    /// Takes what waits for `to` and decides its fate.
    bool collect(node_id to) {
        return network_.deliver(to, [&](node_id from, message&& content) {
            const fate its = fate_of(from, to, content);
            if (!its.is_lost)
                in_flight_.emplace(now + its.delay, letter{from, to, std::move(content)});
        }) > 0;
    }

    bool deliver_due() {
        bool any = false;
        while (!in_flight_.empty() && in_flight_.begin()->first <= now) {
            letter next = std::move(in_flight_.begin()->second);
            in_flight_.erase(in_flight_.begin());
            next.content.visit([&](auto& one) { take(next.from, next.to, std::move(one)); });
            any = true;
        }
        return any;
    }

    template <class One>
    void take(node_id from, node_id to, One&& one) {
        using type = std::remove_cvref_t<One>;
        if constexpr (std::is_same_v<type, lock::client_request>) {
            node& here = nodes_[to.value()];
            if (here.role) here.service->receive(*here.role, from, std::move(one), now);
        } else if constexpr (std::is_constructible_v<lock::to_client, type>) {
            clients_[to.value() - max_nodes]->core.receive(from, one, now);
        } else if (is_up(to.value())) {
            nodes_[to.value()].role->receive(from, std::move(one), now);
        }
    }

    void flush() {
        for (node& one : nodes_) {
            if (!one.role) continue;
            one.role->flush(now);
            one.service->serve(*one.role);
        }
        for (auto& one : clients_) {
            one->core.flush(now);
            one->core.drain([&](const client::notice& told) { one->notices.push_back(told); });
            one->core.drain_errands([&](const auto& ended) { one->conclusions.push_back(ended); });
        }
    }

    void tick() {
        for (node& one : nodes_) {
            if (one.role && one.role->next_deadline() <= now) one.role->tick(now);
        }
        for (auto& one : clients_) {
            if (one->core.next_deadline() <= now) one->core.tick(now);
        }
    }

    [[nodiscard]] instant next_event() const {
        instant next = in_flight_.empty() ? instant::never() : in_flight_.begin()->first;
        for (const node& one : nodes_) {
            if (one.role) next = earlier(next, one.role->next_deadline());
        }
        for (const auto& one : clients_) next = earlier(next, one->core.next_deadline());
        return next;
    }

    lock::config config_;
    network network_;
    std::array<node, replicas> nodes_;
    std::vector<std::unique_ptr<client_type>> clients_;
    std::multimap<instant, letter> in_flight_;  // by when it arrives
};

/// The command that a message to a replica carries; nothing for other messages.
template <class Command>
[[nodiscard]] std::optional<Command> command_in(const message& any) {
    const auto* const request = any.get_if<lock::client_request>();
    lock::command asked;
    if (request == nullptr || !decode(request->command, asked)) return std::nullopt;
    const auto* const found = get_if<Command>(&asked);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

/// The reply that a message to a client carries; nothing for other messages.
template <class Reply>
[[nodiscard]] std::optional<Reply> reply_in(const message& any) {
    const auto* const reply = any.get_if<lock::client_reply>();
    lock::reply said;
    if (reply == nullptr || !decode(reply->reply, said)) return std::nullopt;
    const auto* const found = get_if<Reply>(&said);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

[[nodiscard]] inline bool is_event(const message& any) {
    return any.get_if<lock::client_event>() != nullptr;
}

}  // namespace synod::client_test
