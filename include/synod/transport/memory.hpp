// synod/transport/memory.hpp - a network in one thread: what is sent waits in order until the host
// delivers it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/queue.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Queues of messages between the nodes of one program, one queue for each receiver. Loses nothing,
/// keeps the order of each sender, and is as deterministic as its host. Not thread-safe. `Message`
/// is a std::variant or one_of of all messages it carries.
///
/// Memory: a queue keeps the room of its longest length.
template <class Message>
class memory_network {
public:
    /// One node's end: a transport. The network must outlive it.
    class link {
    public:
        static constexpr bool is_single_threaded = true;
        using message_type = Message;

        /// Puts the message into the receiver's queue. Amortised constant time.
        template <class One>
        [[gnu::always_inline]] void send(node_id to, One&& message) noexcept {
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

    /// The end of node `self`, for its role to send through. All nodes connect before anything is
    /// delivered.
    [[nodiscard]] link connect(node_id self) {
        if (connected_ <= self.value()) connected_ = self.value() + 1;
        boxes_.resize(connected_);
        return link(*this, self);
    }

    /// How many messages wait for `to`.
    [[nodiscard]] std::size_t waiting(node_id to) const {
        return to.value() < connected_ ? boxes_[to.value()].arrived.size() : 0;
    }

    /// Hands the messages that wait for `to`, and have when it is called, to
    /// `receive(from, message)`, which may send more but not deliver to `to` again. Returns how
    /// many.
    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        if (to.value() >= connected_) return 0;
        mailbox& own = boxes_[to.value()];
        if (own.arrived.empty()) return 0;
        SYNOD_ASSERT(own.leaving.empty());
        own.leaving.swap(own.arrived);
        const std::size_t count = own.leaving.size();
        for (letter& one : own.leaving) receive(one.from, std::move(one.message));
        own.leaving.clear();
        return count;
    }

    /// Throws away what waits for `to`, as a network does when a node is down. Returns how many
    /// messages.
    std::size_t drop(node_id to) {
        return deliver(to, [](node_id, Message&&) {});
    }

private:
    struct letter {
        template <class One>
        letter(node_id sender, One&& sent) : from(sender), message(std::forward<One>(sent)) {}

        node_id from;
        Message message;
    };

    struct mailbox {
        queue<letter> arrived;
        queue<letter> leaving;  // empty but while these are delivered
    };

    /// Whether One is one of the messages, and not all of them or a set in the set.
    template <class One, template <class...> class Set, class... Messages>
    [[nodiscard]] static constexpr bool is_among(const Set<Messages...>* /*which*/) {
        return (std::is_same_v<One, Messages> || ...);
    }

    /// A message to a node that never connected is lost.
    template <class One>
    [[gnu::always_inline]] void put(node_id from, node_id to, One&& message) {
        constexpr const Message* which = nullptr;
        if constexpr (is_among<std::remove_cvref_t<One>>(which)) {
            if (to.value() >= connected_) return;
            boxes_[to.value()].arrived.emplace_back(from, std::forward<One>(message));
        } else {
            put_any(from, to, Message(std::forward<One>(message)));
        }
    }
    [[gnu::noinline, gnu::cold]] void put_any(node_id from, node_id to, Message&& message) {
        if (to.value() >= connected_) return;
        boxes_[to.value()].arrived.emplace_back(from, std::move(message));
    }

    std::vector<mailbox> boxes_;   // by receiver
    std::uint32_t connected_ = 0;  // their number; a vector divides to know it
};

}  // namespace synod::inline SYNOD_ABI
