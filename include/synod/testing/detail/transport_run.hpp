// synod/testing/detail/transport_run.hpp - one run of a network: who sends what, and what arrives.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/base/prng.hpp>
#include <synod/testing/detail/post_office.hpp>
#include <synod/testing/network.hpp>
#include <synod/testing/transport_laws.hpp>
#include <synod/testing/trial.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

enum class transport_step : std::uint8_t { send, deliver, answer };

/// `node` sends a message to `other`; or is delivered what has arrived, and answers each message,
/// if it does, with one to `other`.
struct transport_operation {
    transport_step step;
    node_id node;
    node_id other;
    std::uint64_t seed;  // of the message
};

template <class Message>
[[nodiscard]] std::string to_string(const transport_operation& one) {
    buffer_pool pool(sharing::one_thread);
    const std::string what =
        name_of_any(contents(one.seed, pool).template message<Message>(one.seed));
    const std::string node = "node " + to_string(one.node);
    const std::string other = "node " + to_string(one.other);
    switch (one.step) {
        case transport_step::send: return node + " sends " + other + " a message (" + what + ")";
        case transport_step::deliver: return node + " is delivered what has arrived";
        case transport_step::answer:
            return node + " is delivered what has arrived, and sends " + other + " a message (" +
                   what + ") during the first";
    }
    return {};
}

/// `count` random operations between nodes with the ids below `nodes`, at least two.
[[nodiscard]] inline std::vector<transport_operation>
transport_operations(std::uint64_t seed, std::size_t count, std::uint32_t nodes) {
    static constexpr transport_step steps[] = {transport_step::send, transport_step::send,
                                               transport_step::send, transport_step::deliver,
                                               transport_step::answer};
    prng random(seed);
    std::vector<transport_operation> made;
    while (made.size() < count) {
        const auto node = static_cast<std::uint32_t>(random.below(nodes));
        const auto further = static_cast<std::uint32_t>(1 + random.below(nodes - 1));
        made.push_back({steps[random.below(std::size(steps))], node_id(node),
                        node_id((node + further) % nodes), random.next()});
    }
    return made;
}

/// How many messages of each path and of each kind were sent, and how many came.
class deliveries {
public:
    struct count {
        std::uint64_t sent = 0;
        std::uint64_t arrived = 0;
    };

    template <class Message>
    void sent(const posted<Message>& one) {
        ++paths_[path_of(one)].sent;
        ++kinds_[name_of_any(one.content)].sent;
    }
    template <class Message>
    void arrived(const posted<Message>& one) {
        ++paths_[path_of(one)].arrived;
        ++kinds_[name_of_any(one.content)].arrived;
    }

    /// Puts to the test that of `many` some arrive.
    void judge(std::uint64_t many, witness& seen) const {
        judge(paths_, " messages from node ", many, seen);
        judge(kinds_, " messages of the kind ", many, seen);
    }

private:
    template <class Message>
    [[nodiscard]] static std::string path_of(const posted<Message>& one) {
        return to_string(one.from) + " to node " + to_string(one.to);
    }

    static void judge(const std::map<std::string, count>& counts, const std::string& what,
                      std::uint64_t many, witness& seen) {
        for (const auto& [name, one] : counts) {
            if (one.sent < many) continue;
            const std::string& which = name;
            const std::uint64_t sent = one.sent;
            seen.check(transport_laws::delivers, one.arrived > 0,
                       [&] { return none_of(sent, what, which); });
        }
    }

    [[nodiscard]] static std::string none_of(std::uint64_t sent, const std::string& what,
                                             const std::string& which) {
        return "none of " + std::to_string(sent) + what + which + " arrived";
    }

    std::map<std::string, count> paths_;
    std::map<std::string, count> kinds_;
};

/// Delivers everywhere until nothing is on its way. `deliver(node)` returns how many messages
/// arrived there.
template <class Network, class Deliver>
void drain(Network& network, std::uint32_t nodes, Deliver&& deliver) {
    constexpr int patience = 100'000;
    for (int polls = 0; polls < patience; ++polls) {
        std::size_t arrived = 0;
        for (std::uint32_t node = 0; node < nodes; ++node) arrived += deliver(node_id(node));
        if (arrived > 0) {
            polls = 0;
        } else if constexpr (may_take_its_time<Network>) {
            if (network.idle()) return;
        } else {
            static_cast<void>(network);
            return;
        }
    }
}

/// A network in one thread, between nodes that send random messages.
template <class Network, class Message>
class transport_run {
    using link = decltype(std::declval<Network&>().connect(node_id()));

public:
    template <class Make>
    transport_run(Make& make, std::uint32_t nodes, witness& seen, deliveries& total)
        : network_(make()), nodes_(nodes), seen_(&seen), total_(&total) {
        for (std::uint32_t node = 0; node < nodes; ++node) {
            links_.push_back(network_.connect(node_id(node)));
        }
    }

    void play(const std::vector<transport_operation>& operations) {
        for (std::size_t i = 0; i < operations.size() && seen_->goes_on(); ++i) {
            seen_->begin(i);
            play_one(operations[i]);
        }
        drain(network_, nodes_,
              [this](node_id node) { return seen_->goes_on() ? deliver(node, nullptr) : 0; });
    }

private:
    void play_one(const transport_operation& one) {
        if (one.step == transport_step::send) return send(one);
        static_cast<void>(deliver(one.node, one.step == transport_step::answer ? &one : nullptr));
    }

    void send(const transport_operation& one) {
        posted<Message>& made = office_.write(one.node, one.other, one.seed);
        total_->sent(made);
        is_sending_ = true;
        made.leave_by(links_[one.node.value()], one.seed % 2 == 0);
        is_sending_ = false;
    }

    /// Delivers to `node`, which sends `answer` while it receives the first message.
    std::size_t deliver(node_id node, const transport_operation* answer) {
        std::size_t calls = 0;
        const std::size_t count = network_.deliver(node, [&](node_id from, Message&& message) {
            ++calls;
            // As a role takes it, so that what is delivered twice must be there twice.
            const Message taken = std::move(message);
            receive(node, from, taken);
            const auto* const now = std::exchange(answer, nullptr);
            if (now != nullptr && seen_->goes_on()) send(*now);
        });
        seen_->check(transport_laws::counts, count == calls, [&] {
            return "deliver handed over " + std::to_string(calls) + " and returned " +
                   std::to_string(count);
        });
        return calls;
    }

    void receive(node_id at, node_id from, const Message& message) {
        seen_->check(transport_laws::calls_nobody, !is_sending_, [&] {
            return "node " + to_string(at) + " was given a message (" + name_of_any(message) +
                   ") before a send had returned";
        });
        const posted<Message>* const sent = office_.receive(at, from, message, *seen_);
        if (sent != nullptr) total_->arrived(*sent);
    }

    post_office<Message> office_;  // outlives the network, which may wrongly refer to it
    Network network_;
    std::uint32_t nodes_;
    std::vector<link> links_;
    witness* seen_;
    deliveries* total_;
    bool is_sending_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
