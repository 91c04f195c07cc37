// tests/unit/testing/transport_laws.cpp - transports that ship obey the laws, and each broken one
// breaks its own.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/messages.hpp>
#include <synod/testing/check_transport.hpp>
#include <synod/transport/memory.hpp>
#include <synod/transport/threads.hpp>

#include "support/catch.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

using namespace synod;
namespace laws = synod::testing::transport_laws;

namespace {

using names = std::vector<std::string_view>;

/// A thread_network as the kit asks for it.
template <class Message>
class mailboxes {
public:
    using link = typename thread_network<Message>::link;

    [[nodiscard]] link connect(node_id self) {
        inboxes_.push_back(*network_->connect(self));
        return network_->link_of(self);
    }

    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        auto& inbox = inboxes_[to.value()];
        inbox.wait(duration(0));
        return inbox.deliver(receive);
    }

private:
    std::unique_ptr<thread_network<Message>> network_ = std::make_unique<thread_network<Message>>();
    std::vector<typename thread_network<Message>::inbox> inboxes_;
};

/// Queues, and a place for each fault: what is put into them, and what is taken out. The plain one
/// has none.
class plain_network {
public:
    struct letter {
        node_id from;
        replica_message message;
    };
    using receiver = std::function<void(node_id, replica_message&&)>;

    class link {
    public:
        link(plain_network& network, node_id self) : network_(&network), self_(self) {}
        void send(node_id to, replica_message message) noexcept {
            network_->put(self_, to, std::move(message));
        }

    private:
        plain_network* network_;
        node_id self_;
    };

    plain_network() = default;
    plain_network(const plain_network&) = delete;
    plain_network& operator=(const plain_network&) = delete;
    virtual ~plain_network() = default;

    [[nodiscard]] link connect(node_id self) { return {*this, self}; }
    [[nodiscard]] virtual std::size_t deliver(node_id to, const receiver& receive) {
        std::deque<letter> arrived = std::exchange(queues_[to], {});
        for (letter& one : arrived) receive(one.from, std::move(one.message));
        return arrived.size();
    }

protected:
    virtual void put(node_id from, node_id to, replica_message&& message) {
        queues_[to].push_back({from, std::move(message)});
        ++count_;
    }

    std::map<node_id, std::deque<letter>> queues_;
    std::uint64_t count_ = 0;  // of messages so far
};

struct swaps_receivers : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        const bool is_wrong = count_ % 7 == 6;
        plain_network::put(from, is_wrong ? node_id((to.value() + 1) % 3) : to, std::move(message));
    }
};

struct forges_senders : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        plain_network::put(count_ % 7 == 6 ? to : from, to, std::move(message));
    }
};

struct drops_a_vote : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        auto* const promised = message.get_if<promise<entry>>();
        if (promised != nullptr && promised->votes.size() > 1) promised->votes.pop_back();
        plain_network::put(from, to, std::move(message));
    }
};

struct forgets_elapsed_time : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        if (auto* const asked = message.get_if<accept<entry>>()) {
            asked->value = entry::make(pool, asked->value.kind(), asked->value.origin(), 0);
        }
        plain_network::put(from, to, std::move(message));
    }
    buffer_pool pool{sharing::one_thread};
};

struct repeats_what_was_moved_away : plain_network {
    std::size_t deliver(node_id to, const receiver& receive) override {
        std::size_t count = 0;
        for (letter& one : std::exchange(queues_[to], {})) {
            receive(one.from, std::move(one.message));
            receive(one.from, std::move(one.message));
            count += 2;
        }
        return count;
    }
};

struct invents_heartbeats : plain_network {
    std::size_t deliver(node_id to, const receiver& receive) override {
        const std::size_t count = plain_network::deliver(to, receive);
        if (count % 3 != 2) return count;
        receive(node_id(0), heartbeat{});
        return count + 1;
    }
};

/// While a node is delivered something, what arrives is handed to it as soon as it sends.
struct delivers_inside_send : plain_network {
    std::size_t deliver(node_id to, const receiver& receive) override {
        receiving = to;
        now = receive;
        std::size_t count = 0;
        while (next()) ++count;
        now = nullptr;
        return count + std::exchange(inside, 0);
    }
    void put(node_id from, node_id to, replica_message&& message) override {
        plain_network::put(from, to, std::move(message));
        while (now && next()) ++inside;
    }
    bool next() {
        if (queues_[receiving].empty()) return false;
        letter one = std::move(queues_[receiving].front());
        queues_[receiving].pop_front();
        now(one.from, std::move(one.message));
        return true;
    }

    node_id receiving;
    receiver now;
    std::size_t inside = 0;
};

struct waits_for_room : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        std::unique_lock lock(mutex);
        has_room.wait(lock, [&] { return queues_[to].size() < 100; });
        plain_network::put(from, to, std::move(message));
    }
    std::mutex mutex;
    std::condition_variable has_room;
};

struct loses_all_prepares : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        if (message.get_if<prepare>() == nullptr) plain_network::put(from, to, std::move(message));
    }
};

struct cuts_one_path : plain_network {
    void put(node_id from, node_id to, replica_message&& message) override {
        if (from != node_id(2) || to != node_id(0)) {
            plain_network::put(from, to, std::move(message));
        }
    }
};

struct miscounts : plain_network {
    std::size_t deliver(node_id to, const receiver& receive) override {
        return plain_network::deliver(to, receive) > 0 ? 1 : 0;
    }
};

/// Loses a third, delivers a third twice, and turns the order round; all of which is allowed.
struct bad_but_right : plain_network {
    std::size_t deliver(node_id to, const receiver& receive) override {
        std::size_t count = 0;
        for (letter& one : std::exchange(queues_[to], {})) {
            const std::uint64_t fate = ++fates % 3;
            if (fate == 0) continue;
            replica_message copy = one.message;
            receive(one.from, std::move(one.message));
            ++count;
            if (fate == 1) continue;
            receive(one.from, std::move(copy));
            ++count;
        }
        return count;
    }
    void put(node_id from, node_id to, replica_message&& message) override {
        queues_[to].push_front({from, std::move(message)});
    }
    std::uint64_t fates = 0;
};

/// Remembers where the sender's message is, and reads it when it is delivered.
class keeps_references {
public:
    struct link {
        keeps_references* network;
        node_id self;

        template <class Message>
        void send(node_id to, Message&& message) noexcept {
            network->queues_[to].emplace_back(
                self, [&message] { return replica_message(std::as_const(message)); });
        }
    };

    [[nodiscard]] link connect(node_id self) { return {this, self}; }

    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        const auto arrived = std::exchange(queues_[to], {});
        for (const auto& [from, read] : arrived) receive(from, read());
        return arrived.size();
    }

private:
    std::map<node_id, std::deque<std::pair<node_id, std::function<replica_message()>>>> queues_;
};

template <class Network>
testing::report report_on(const testing::transport_options& how = {}) {
    return testing::check_transport([] { return Network(); }, how);
}

}  // namespace

TEST_CASE("a network in memory obeys the laws of transports, for replicas and for roles") {
    const auto replicas = report_on<memory_network<replica_message>>();
    INFO(replicas.text());
    CHECK(replicas);
    CHECK(replicas.untried().empty());
    using roles = memory_network<paxos_message<int>>;
    const auto numbers = testing::check_transport<paxos_message<int>>([] { return roles(); });
    INFO(numbers.text());
    CHECK(numbers);
    CHECK(numbers.untried().empty());
}

TEST_CASE("a network between threads obeys the laws of transports, with one thread and with many") {
    const auto replicas = report_on<mailboxes<replica_message>>({.uses_threads = true});
    INFO(replicas.text());
    CHECK(replicas);
    CHECK(replicas.untried().empty());
    const auto numbers = testing::check_transport<paxos_message<int>>(
        [] { return mailboxes<paxos_message<int>>(); }, {.uses_threads = true});
    INFO(numbers.text());
    CHECK(numbers);
}

TEST_CASE("loss, repetition and another order break no law of transports") {
    const auto report = report_on<bad_but_right>();
    INFO(report.text());
    CHECK(report);
}

TEST_CASE("each broken transport breaks the law that it breaks, and no other") {
    CHECK(report_on<swaps_receivers>().broken() == names{laws::right_receiver.name});
    CHECK(report_on<forges_senders>().broken() == names{laws::right_sender.name});
    CHECK(report_on<drops_a_vote>().broken() == names{laws::unchanged.name});
    CHECK(report_on<forgets_elapsed_time>().broken() == names{laws::unchanged.name});
    CHECK(report_on<repeats_what_was_moved_away>().broken() == names{laws::unchanged.name});
    CHECK(report_on<invents_heartbeats>().broken() == names{laws::invents_nothing.name});
    CHECK(report_on<delivers_inside_send>().broken() == names{laws::calls_nobody.name});
    CHECK(report_on<keeps_references>().broken() == names{laws::keeps_no_reference.name});
    CHECK(report_on<loses_all_prepares>().broken() == names{laws::delivers.name});
    CHECK(report_on<cuts_one_path>().broken() == names{laws::delivers.name});
    CHECK(report_on<miscounts>().broken() == names{laws::counts.name});
}

TEST_CASE("a send that waits for the receiver is reported, and nobody waits for it") {
    const auto report = report_on<waits_for_room>({.patience = milliseconds(200)});
    CHECK(report.broken() == names{laws::never_waits.name});
    CHECK(report.of(laws::never_waits).reason ==
          "send did not return after 100 messages that were not taken");
}

TEST_CASE("a broken transport is reported with the few operations that show it") {
    const auto report = report_on<drops_a_vote>();
    const testing::ruling& unchanged = report.of(laws::unchanged);
    CHECK(unchanged.reason == "a message (promise) arrived changed");
    CHECK(unchanged.operations.size() == 1);
}
