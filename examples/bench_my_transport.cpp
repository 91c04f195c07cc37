// examples/bench_my_transport.cpp - message rounds of real replicas, on a transport of your own.
//
// Bring a network with two functions: `connect(self)` gives a node its transport,
// `deliver(to, receive)` hands over what has arrived; and a third if it takes its time: `idle()`
// says that nothing is on its way. `testing::rounds` builds the cluster on it and drives it; you
// hold the stopwatch.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/rounds.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <map>
#include <vector>

using namespace synod;
using namespace std::chrono_literals;

/// Yours would be sockets, a message bus or shared memory. This one keeps letters in a deque for
/// each receiver.
class my_network {
public:
    struct letter {
        node_id from;
        replica_message content;
    };

    /// The transport that a replica holds: it may lose, delay or repeat, but must not wait and must
    /// not throw.
    struct pen {
        static constexpr bool is_single_threaded = true;  // so shared entries need no atomic counts

        my_network* network;
        node_id self;

        void send(node_id to, replica_message content) noexcept {
            network->boxes_[to].push_back({self, std::move(content)});
        }
    };

    pen connect(node_id self) { return {this, self}; }

    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        std::deque<letter> arrived = std::exchange(boxes_[to], {});
        for (letter& one : arrived) receive(one.from, std::move(one.content));
        return arrived.size();
    }

private:
    std::map<node_id, std::deque<letter>> boxes_;
};

static_assert(transport<my_network::pen, replica_message>);
static_assert(testing::network<my_network>);

/// Times `commands` of them and prints the median of five runs.
template <class Cluster>
bool measure(const char* name, Cluster& cluster, std::uint64_t commands) {
    std::vector<double> nanoseconds;
    std::uint64_t decided = 0;
    for (int run = 0; run < 5; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        decided += cluster.run(commands);
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - begin;
        nanoseconds.push_back(took.count() / static_cast<double>(commands));
    }
    std::sort(nanoseconds.begin(), nanoseconds.end());
    std::printf("%-28s %8.1f ns per command\n", name, nanoseconds[2]);
    return decided == 5 * commands && cluster.agrees_on(decided);
}

int main() {
    bool is_right = true;
    for (const std::size_t window : {1U, 64U, 1024U}) {
        my_network network;
        auto cluster = testing::rounds<my_network>::make(network, {.window = window});
        if (!cluster) return std::puts(cluster.error().message().c_str()), 1;
        const std::string name = "window " + std::to_string(window);
        is_right = measure(name.c_str(), *cluster, 16 * 1024) && is_right;
    }

    // What a command costs in messages and bytes, whatever the clock says.
    my_network network;
    testing::counting_network<my_network> counted(network);
    auto cluster = testing::rounds<testing::counting_network<my_network>>::make(counted, {});
    const std::uint64_t before = counted.messages();
    is_right = cluster && cluster->run(1000) == 1000 && is_right;
    std::printf("%-28s %8.1f messages per command\n", "one at a time",
                static_cast<double>(counted.messages() - before) / 1000);
    return is_right ? 0 : 1;
}
