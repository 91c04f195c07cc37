// synod/transport/memory.hpp - a network in one thread: what is sent waits in order until the host delivers it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Queues of messages between the nodes of one program, one queue for each receiver. Loses nothing, keeps the order of each sender,
/// and is as deterministic as its host. Not thread-safe. `Message` is a std::variant or one_of of all messages it
/// carries.
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

    /// The end of node `self`, for its role to send through. All nodes connect before anything is delivered.
    [[nodiscard]] link connect(node_id self) {
        if (connected_ <= self.value()) connected_ = self.value() + 1;
        queues_.resize(connected_);
        return link(*this, self);
    }

    /// How many messages wait for `to`.
    [[nodiscard]] std::size_t waiting(node_id to) const {
        return to.value() < connected_ ? queues_[to.value()].arrived.size() : 0;
    }

    /// Hands the messages that wait for `to`, and have when it is called, to `receive(from, message)`, which may send more but not
    /// deliver to `to` again. Returns how many.
    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        if (to.value() >= connected_) return 0;
        queue& own = queues_[to.value()];
        if (own.arrived.empty()) return 0;
        SYNOD_ASSERT(own.leaving.empty());
        own.leaving.swap(own.arrived);
        std::size_t count = 0;
        for (letter& one : own.leaving) {
            receive(one.from, std::move(one.message));
            ++count;
        }
        own.leaving.clear();
        return count;
    }

    /// Throws away what waits for `to`, as a network does when a node is down. Returns how many messages.
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

    /// Letters side by side, in memory that only grows.
    class pile {
    public:
        pile() = default;
        pile(pile&& other) noexcept { swap(other); }
        pile& operator=(pile&&) = delete;
        ~pile() {
            clear();
            ::operator delete(begin_);
        }

        [[nodiscard]] letter* begin() const { return begin_; }
        [[nodiscard]] letter* end() const { return end_; }
        [[nodiscard]] bool empty() const { return begin_ == end_; }
        [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }

        template <class One>
        [[gnu::always_inline]] void add(node_id from, One&& message) {
            if (end_ == limit_) grow();
            ::new (static_cast<void*>(end_)) letter(from, std::forward<One>(message));
            ++end_;
        }
        void clear() {
            for (letter* one = begin_; one != end_; ++one) one->~letter();
            end_ = begin_;
        }
        void swap(pile& other) noexcept {
            std::swap(begin_, other.begin_);
            std::swap(end_, other.end_);
            std::swap(limit_, other.limit_);
        }

    private:
        [[gnu::noinline, gnu::cold]] void grow() {
            const std::size_t room = size() == 0 ? 4 : 2 * size();
            auto* const larger = static_cast<letter*>(::operator new(room * sizeof(letter)));
            letter* to = larger;
            for (letter& one : *this) ::new (static_cast<void*>(to++)) letter(std::move(one));
            clear();
            ::operator delete(begin_);
            begin_ = larger;
            end_ = to;
            limit_ = larger + room;
        }

        letter* begin_ = nullptr;
        letter* end_ = nullptr;
        letter* limit_ = nullptr;  // the end of the memory
    };

    struct queue {
        pile arrived;
        pile leaving;  // empty but while these are delivered
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
            queues_[to.value()].arrived.add(from, std::forward<One>(message));
        } else {
            put_any(from, to, Message(std::forward<One>(message)));
        }
    }
    [[gnu::noinline, gnu::cold]] void put_any(node_id from, node_id to, Message&& message) {
        if (to.value() >= connected_) return;
        queues_[to.value()].arrived.add(from, std::move(message));
    }

    std::vector<queue> queues_;    // by receiver
    std::uint32_t connected_ = 0;  // their number; a vector divides to know it
};

}  // namespace synod::inline SYNOD_ABI
