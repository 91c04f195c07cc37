// examples/custom_transport.cpp - a transport of your own: anything with a `send` that may lose, delay and reorder.
//
// This one delays every message by up to 5 ms at random, so that they overtake one another, and loses every tenth. Three replicas
// decide a hundred commands over it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>

#include <cstdio>
#include <map>
#include <utility>
#include <vector>

using namespace synod;

// The network: what was sent, by the time at which it arrives.
struct bad_weather {
    struct letter {
        node_id from, to;
        replica_message message;
    };
    std::multimap<instant, letter> on_its_way;
    instant now;
    prng random{2026};
};

// The transport: one node's end of it. `send` must be noexcept, must not wait for the receiver, and must not call the sender back.
// It is a template because a replica sends several kinds of messages; what arrives, the host hands to `receive`, unchanged.
struct bad_link {
    bad_weather* weather;
    node_id self;

    template <class Message>
    void send(node_id to, Message&& message) noexcept {
        if (weather->random.below(10) == 0) return;
        const auto delay = static_cast<std::int64_t>(weather->random.below(5'000));
        weather->on_its_way.emplace(
            weather->now + microseconds(delay),
            bad_weather::letter{self, to, replica_message(std::forward<Message>(message))});
    }
};
// If something is missing, the compiler names the part of the concept that is not met.
static_assert(transport<bad_link, replica_message>);

// A state machine: it adds up what it is told.
struct sum {
    void apply(const apply_context&, bytes_view command, result_writer& result) {
        byte_reader in(command);
        total += in.number<std::uint64_t>();
        result.number(total);
    }
    void snapshot(byte_writer& out) const { out.number(total); }
    bool restore(byte_reader& in) { return total = in.number<std::uint64_t>(), in.ok(); }

    std::uint64_t total = 0;
};

int main() {
    using node = replica<sum, bad_link, memory_storage<records<entry>>>;
    bad_weather weather;
    const node_set all = node_set::first(3);
    std::vector<member> members;
    for (const node_id id : all) members.push_back({id, incarnation(1)});
    const log_policy<> policy{.quorums = *majority::make(all)};

    std::vector<node> nodes;
    for (const node_id id : all) {
        nodes.push_back(*node::make(*group::make(cluster_id(1), id, members), sum{},
                                    bad_link{&weather, id}, {}, policy, weather.now));
    }
    std::uint64_t proposed = 0;
    for (int ms = 0; ms < 60'000; ++ms) {
        // The whole host: deliver what is due, tick when it is time, flush.
        weather.now = weather.now + milliseconds(1);
        while (!weather.on_its_way.empty() && weather.on_its_way.begin()->first <= weather.now) {
            auto next = weather.on_its_way.extract(weather.on_its_way.begin());
            auto& [from, to, message] = next.mapped();
            nodes[to.value()].receive(from, std::move(message), weather.now);
        }
        for (node& one : nodes) {
            if (weather.now >= one.next_deadline()) one.tick(weather.now);
            if (one.is_leading() && proposed < 100) {
                bytes command;
                byte_writer(command).number(++proposed);
                static_cast<void>(one.propose(command, weather.now));
            }
            one.flush(weather.now);
            one.drain([](const completion&) {});  // results of this node's proposals
        }
        std::uint64_t all_totals = 0;
        for (const node& one : nodes) all_totals += one.machine().total;
        if (all_totals != 3 * 5'050) continue;  // 1 + ... + 100, three times
        std::printf("three replicas agree on %d after %d ms of bad weather\n", 5'050, ms);
        return 0;
    }
    return 1;
}
