// synod/transport/memory.hpp - a network in one thread: what is sent waits in order until the host delivers it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ring.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Queues of messages between the nodes of one program, one queue for each receiver. Loses nothing, keeps the order of each sender,
/// and is as deterministic as its host. Not thread-safe. `Message` is a std::variant of all messages it carries.
///
/// Memory: a queue keeps the room of its longest length.
template <class Message>
class memory_network {
public:
    /// One node's end: a transport. The network must outlive it.
    class link {
    public:
        /// Puts the message into the receiver's queue. Amortised constant time.
        template <class One>
        void send(node_id to, One&& message) noexcept {
            network_->put(self_, to, std::forward<One>(message));
        }

    private:
        friend memory_network;
        link(memory_network& network, node_id self) : network_(&network), self_(self) {}

        memory_network* network_;
        node_id self_;
    };

    memory_network() = default;
    memory_network(const memory_network&) = delete;  // links point here
    memory_network& operator=(const memory_network&) = delete;

    /// The end of node `self`, for its role to send through.
    [[nodiscard]] link connect(node_id self) {
        if (queues_.size() <= self.value()) queues_.resize(self.value() + 1);
        return link(*this, self);
    }

    /// How many messages wait for `to`.
    [[nodiscard]] std::size_t waiting(node_id to) const {
        return to.value() < queues_.size() ? queues_[to.value()].size() : 0;
    }

    /// Hands the messages that wait for `to`, and have when it is called, to `receive(from, message)`. Returns how many.
    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        const std::size_t count = waiting(to);
        for (std::size_t i = 0; i < count; ++i) {
            letter& next = queues_[to.value()].front();
            const node_id from = next.from;
            Message message = std::move(next.message);
            queues_[to.value()].pop_front();
            receive(from, std::move(message));
        }
        return count;
    }

    /// Throws away what waits for `to`, as a network does when a node is down. Returns how many messages.
    std::size_t drop(node_id to) {
        return deliver(to, [](node_id, Message&&) {});
    }

private:
    struct letter {
        node_id from;
        Message message{};
    };

    /// A message to a node that never connected is lost.
    template <class One>
    void put(node_id from, node_id to, One&& message) {
        if (to.value() >= queues_.size()) return;
        letter& last = queues_[to.value()].emplace_back();
        last.from = from;
        last.message = std::forward<One>(message);
    }

    std::vector<ring<letter>> queues_;  // by receiver
};

}  // namespace synod::inline SYNOD_ABI
