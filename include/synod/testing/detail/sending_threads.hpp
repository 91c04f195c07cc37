// synod/testing/detail/sending_threads.hpp - threads that send, and a watch that reports when one
// of them hangs.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/testing/contents.hpp>
#include <synod/testing/detail/post_office.hpp>
#include <synod/testing/detail/transport_run.hpp>
#include <synod/testing/network.hpp>
#include <synod/testing/transport_laws.hpp>
#include <synod/testing/trial.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// What the threads of one trial share. A thread that hangs keeps it alive.
template <class Network, class Message>
struct sending_state {
    using link = decltype(std::declval<Network&>().connect(node_id()));

    template <class Make>
    sending_state(Make& make, std::uint32_t nodes) : network(make()) {
        for (std::uint32_t node = 0; node < nodes; ++node) {
            links.push_back(network.connect(node_id(node)));
        }
    }

    post_office<Message> office;  // written before the threads start
    Network network;
    std::vector<link> links;
    std::atomic<std::uint64_t> sent{0};
    std::atomic<std::uint32_t> ended{0};
};

/// Runs `work(state, index)` on threads of their own, and `meanwhile()` on this one again and again
/// until all have ended. Returns false when nothing was sent for `patience`; then the threads are
/// left to themselves.
template <class State, class Work, class Meanwhile>
[[nodiscard]] bool run_threads(const std::shared_ptr<State>& state, std::uint32_t count,
                               duration patience, const Work& work, Meanwhile&& meanwhile) {
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (std::uint32_t index = 0; index < count; ++index) {
        threads.emplace_back([state, work, index] {
            work(*state, index);
            ++state->ended;
        });
    }
    std::uint64_t seen = 0;
    instant since = std::chrono::steady_clock::now();
    while (state->ended < count) {
        meanwhile();
        const instant now = std::chrono::steady_clock::now();
        if (std::exchange(seen, state->sent.load()) != state->sent) since = now;
        if (now - since > patience) {
            for (std::thread& one : threads) one.detach();
            return false;
        }
        std::this_thread::yield();
    }
    for (std::thread& one : threads) one.join();
    return true;
}

/// Sends `count` messages to a node that is delivered nothing.
template <class Network, class Message, class Make>
void try_flood(Make& make, std::size_t count, duration patience, witness& seen) {
    using state = sending_state<Network, Message>;
    const auto shared_state = std::make_shared<state>(make, 2);
    const auto work = [count](state& self, std::uint32_t) {
        constexpr std::uint64_t longest = 64;  // bytes: all of them wait at once
        buffer_pool pool(sharing::between_threads);
        for (std::uint64_t i = 0; i < count; ++i) {
            auto one = contents(i, pool, longest).template message<Message>(i);
            open_set(one, [&self](auto& open) { self.links[0].send(node_id(1), std::move(open)); });
            ++self.sent;
        }
    };
    const bool has_ended = run_threads(shared_state, 1, patience, work, [] {});
    seen.check(transport_laws::never_waits, has_ended, [&] {
        return "send did not return after " + std::to_string(shared_state->sent.load()) +
               " messages that were not taken";
    });
}

/// Lets each node send `count` messages from a thread of its own, while they are delivered on this
/// one.
template <class Network, class Message, class Make>
void try_threads(Make& make, std::uint32_t nodes, std::size_t count, duration patience,
                 witness& seen) {
    using state = sending_state<Network, Message>;
    const auto shared_state = std::make_shared<state>(make, nodes);
    for (const transport_operation& one : transport_operations(count, nodes * count, nodes)) {
        shared_state->office.write(one.node, one.other, one.seed);
    }
    const auto work = [](state& self, std::uint32_t index) {
        for (posted<Message>& one : self.office.all()) {
            if (one.from != node_id(index)) continue;
            one.leave_by(self.links[index], self.sent % 2 == 0);
            ++self.sent;
        }
    };
    const auto deliver = [&](node_id node) {
        return shared_state->network.deliver(node, [&](node_id from, Message&& message) {
            const Message taken = std::move(message);
            shared_state->office.receive(node, from, taken, seen);
        });
    };
    const auto deliver_all = [&] {
        for (std::uint32_t node = 0; node < nodes; ++node) deliver(node_id(node));
    };
    const bool has_ended = run_threads(shared_state, nodes, patience, work, deliver_all);
    if (!seen.check(transport_laws::never_waits, has_ended,
                    [] { return std::string("a send from a thread of its own did not return"); })) {
        return;
    }
    drain(shared_state->network, nodes, deliver);
}

}  // namespace synod::inline SYNOD_ABI::testing::detail
