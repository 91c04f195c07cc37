// examples/custom_transport.cpp - a transport of your own: a `send` that may lose and reorder.
//
// This one delays every message by up to 5 ms at random, and loses every tenth. The conformance kit
// tries it against the laws of transports; then three replicas decide a hundred commands over it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/conformance.hpp>
#include <synod/testing/rounds.hpp>

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
    // One node's end of it. `send` is noexcept, waits for no receiver, and calls nobody back.
    struct link {
        bad_weather* weather;
        node_id self;

        void send(node_id to, replica_message message) noexcept {
            if (weather->random.below(10) == 0) return;
            const auto delay = microseconds(static_cast<int>(weather->random.below(5'000)));
            weather->on_its_way.emplace(weather->now + delay, letter{self, to, std::move(message)});
        }
    };
    // If something is missing, the compiler names the part of the concept that is not met.
    static_assert(transport<link, replica_message>);

    link connect(node_id self) { return {this, self}; }

    // A millisecond later: what has arrived at `to`, the host hands to `receive`, unchanged.
    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        std::multimap<instant, letter> arrived;
        now = now + milliseconds(1);
        for (auto next = on_its_way.begin(); next != on_its_way.upper_bound(now);) {
            const auto here = next++;
            if (here->second.to == to) arrived.insert(on_its_way.extract(here));
        }
        for (auto& [time, one] : arrived) receive(one.from, std::move(one.message));
        return arrived.size();
    }
    bool idle() const { return on_its_way.empty(); }

    std::multimap<instant, letter> on_its_way;
    instant now;
    prng random{2026};
};

int main() {
    using node =
        replica<testing::summing_machine, bad_weather::link, memory_storage<records<entry>>>;
    const testing::report report = testing::check_transport([] { return bad_weather(); });
    std::fputs(report.text().c_str(), stdout);
    if (!report) return 1;
    bad_weather weather;
    const node_set all = node_set::first(3);
    std::vector<member> members;
    for (const node_id id : all) members.push_back({id, incarnation(1)});
    const log_policy<> policy{.quorums = *majority::make(all)};
    std::vector<node> nodes;
    for (const node_id id : all) {
        nodes.push_back(*node::make(*group::make(cluster_id(1), id, members), {},
                                    weather.connect(id), {}, policy, weather.now));
    }
    std::uint64_t proposed = 0, totals = 0;
    while (totals != 3 * 5'050 && weather.now < instant() + seconds(60)) {
        totals = 0;
        for (const node_id id : all) {
            // The whole host: deliver what is due, tick when it is time, flush.
            node& self = nodes[id.value()];
            weather.deliver(id, [&](node_id from, replica_message&& message) {
                self.receive(from, std::move(message), weather.now);
            });
            if (weather.now >= self.next_deadline()) self.tick(weather.now);
            if (self.is_leading() && proposed < 100) {
                bytes command;
                byte_writer(command).number(++proposed);
                static_cast<void>(self.propose(command, weather.now));
            }
            self.flush(weather.now);
            self.drain([](const completion&) {});  // results of this node's proposals
            totals += self.machine().total;
        }
    }
    std::printf("three replicas agree on %d in bad weather\n", static_cast<int>(totals / 3));
    return totals == 3 * 5'050 ? 0 : 1;
}
