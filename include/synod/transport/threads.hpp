// synod/transport/threads.hpp - a network between threads: a bounded mailbox for each node, and a
// link that never waits for one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>

#include <condition_variable>  // and the std::chrono::nanoseconds that it waits for
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// What a `thread_network` has carried so far.
struct traffic {
    std::uint64_t sent = 0;       // put into a mailbox
    std::uint64_t lost_full = 0;  // the mailbox was full
    std::uint64_t lost_down = 0;  // the receiver was not connected, or has no id here

    friend bool operator==(const traffic&, const traffic&) = default;
};

/// Mailboxes between the threads of one program. What is sent is moved, not copied into bytes; the
/// order of each sender is kept. A message to a node that is not connected is lost, and so is one
/// to a mailbox that is full. `Message` is a std::variant or one_of of all messages it carries;
/// what they own must bear being destroyed on another thread, as entries and bytes do.
///
/// Thread-safety: all of it, except that an `inbox` belongs to one thread at a time. The network
/// must outlive its links and inboxes. Memory: a mailbox keeps the room of its longest length.
template <class Message>
class thread_network {
    struct letter;
    struct mailbox;

public:
    using message_type = Message;

    static constexpr std::uint32_t default_ids = 4 * max_nodes;
    static constexpr std::size_t default_capacity = std::size_t{64} * 1024;

    /// One node's sending end: a transport. Copies are the same end, for any thread.
    class link {
    public:
        using message_type = Message;

        /// Puts the message into the receiver's mailbox. Waits at most for the moment in which
        /// another thread does the same or the receiver empties it. Amortised constant time.
        template <class One>
        void send(node_id to, One&& message) noexcept {
            network_->put(self_, to, std::forward<One>(message));
        }

    private:
        friend thread_network;
        link(thread_network& network, node_id self) : network_(&network), self_(self) {}

        thread_network* network_;
        node_id self_;
    };

    /// One node's receiving end, and the reason that it is connected: destroying it disconnects the
    /// node and throws away what waits for it.
    class inbox {
    public:
        inbox(inbox&& other) noexcept
            : box_(std::exchange(other.box_, nullptr)), batch_(std::move(other.batch_)) {}
        inbox& operator=(inbox other) noexcept {
            std::swap(box_, other.box_);
            std::swap(batch_, other.batch_);
            return *this;
        }
        ~inbox() {
            if (box_ != nullptr) box_->disconnect();
        }

        /// Waits until a message has come, `wake` was called, or `longest` is over, and takes
        /// everything that has come. May also return without a reason.
        void wait(duration longest) { box_->take(batch_, longest); }

        /// Hands the messages that the last `wait` took to `receive(from, message)`. Returns how
        /// many.
        template <class Receive>
        std::size_t deliver(Receive&& receive) {
            const std::size_t count = batch_.size();
            for (letter& next : batch_) receive(next.from, std::move(next.message));
            batch_.clear();
            return count;
        }

    private:
        friend thread_network;
        explicit inbox(mailbox& box) : box_(&box) {}

        mailbox* box_;
        std::vector<letter> batch_;  // taken and not delivered yet
    };

    /// A network for the ids below `ids`, those of clients included, with room for `capacity`
    /// messages in each mailbox.
    explicit thread_network(std::uint32_t ids = default_ids,
                            std::size_t capacity = default_capacity)
        : boxes_(ids + 1), capacity_(capacity) {}
    thread_network(const thread_network&) = delete;  // links and inboxes point here
    thread_network& operator=(const thread_network&) = delete;

    /// Connects node `self`. A node that went down may connect again. Errors: id_out_of_range;
    /// duplicate_member while `self` is connected.
    [[nodiscard]] result<inbox> connect(node_id self) {
        mailbox& own = box_of(self);
        if (&own == &boxes_.back()) return errc::id_out_of_range;
        const std::lock_guard lock(own.mutex);
        if (own.is_connected) return errc::duplicate_member;
        own.is_connected = true;
        return inbox(own);
    }

    /// The end through which `self` sends; it need not be connected.
    [[nodiscard]] link link_of(node_id self) { return link(*this, self); }

    /// Ends the `wait` of node `to`, or its next one if it does not wait now.
    void wake(node_id to) {
        mailbox& other = box_of(to);
        std::unique_lock lock(other.mutex);
        other.is_woken = true;
        other.rouse(lock);
    }

    /// Counts so far. Linear in the number of ids.
    [[nodiscard]] synod::traffic traffic() {
        synod::traffic total;
        for (mailbox& one : boxes_) {
            const std::lock_guard lock(one.mutex);
            total.sent += one.counts.sent;
            total.lost_full += one.counts.lost_full;
            total.lost_down += one.counts.lost_down;
        }
        return total;
    }

private:
    struct letter {
        node_id from;
        Message message;
    };

    /// Everything in it is guarded by its mutex.
    struct mailbox {
        [[nodiscard]] bool has_news() const { return is_woken || !letters.empty(); }

        /// Gives the lock back first, so that who is woken need not wait for it.
        void rouse(std::unique_lock<std::mutex>& lock) {
            const bool has_sleeper = std::exchange(is_waiting, false);
            lock.unlock();
            if (has_sleeper) news.notify_one();
        }

        void take(std::vector<letter>& batch, duration longest) {
            std::unique_lock lock(mutex);
            if (!has_news() && longest > duration(0)) {
                is_waiting = true;
                const duration bounded = longest < longest_wait ? longest : longest_wait;
                news.wait_for(lock, std::chrono::nanoseconds(bounded.nanoseconds()),
                              [this] { return has_news(); });
                is_waiting = false;
            }
            is_woken = false;
            if (batch.empty()) std::swap(batch, letters);
        }

        void disconnect() {
            std::vector<letter> dropped;  // destroyed after the lock is given back
            const std::lock_guard lock(mutex);
            is_connected = false;
            is_woken = false;
            std::swap(dropped, letters);
        }

        std::mutex mutex;
        std::condition_variable news;
        std::vector<letter> letters;  // empty unless connected
        synod::traffic counts;        // of messages to this node
        bool is_connected = false;
        bool is_waiting = false;
        bool is_woken = false;
    };

    static constexpr duration longest_wait = seconds(3600);  // far from where clocks overflow

    [[nodiscard]] mailbox& box_of(node_id node) {
        return node.value() < boxes_.size() ? boxes_[node.value()] : boxes_.back();
    }

    template <class One>
    [[gnu::noinline]] void put(node_id from, node_id to, One&& message) {
        mailbox& other = box_of(to);
        std::unique_lock lock(other.mutex);
        if (!other.is_connected) {
            ++other.counts.lost_down;
        } else if (other.letters.size() >= capacity_) {
            ++other.counts.lost_full;
        } else {
            other.letters.push_back({from, Message(std::forward<One>(message))});
            ++other.counts.sent;
            other.rouse(lock);
        }
    }

    // By node id; the last one, for ids without a mailbox, is never connected.
    std::vector<mailbox> boxes_;
    std::size_t capacity_;
};

}  // namespace synod::inline SYNOD_ABI
