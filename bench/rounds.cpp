// rounds.cpp - message rounds of real replicas, and the floor under them: the same bytes through
// the same queues, no protocol.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/rounds.hpp>
#include <synod/transport/memory.hpp>

#include "allocations.hpp"
#include "floor.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using synod::testing::counting_network;
using synod::testing::rounds;
using synod::testing::rounds_config;

constexpr std::uint64_t commands = 1024;  // in one iteration

using single_threaded = synod::memory_network<synod::replica_message>;

/// The same network, without the word that its messages stay on one thread: entries are counted
/// atomically.
class between_threads {
public:
    class link {
    public:
        explicit link(single_threaded::link inner) : inner_(inner) {}

        template <class Message>
        void send(synod::node_id to, Message&& message) noexcept {
            inner_.send(to, std::forward<Message>(message));
        }

    private:
        single_threaded::link inner_;
    };

    [[nodiscard]] link connect(synod::node_id self) { return link(inner_.connect(self)); }

    template <class Receive>
    std::size_t deliver(synod::node_id to, Receive&& receive) {
        return inner_.deliver(to, receive);
    }

private:
    single_threaded inner_;
};

/// What a command costs in messages and bytes, counted apart from the timed run.
void count_traffic(benchmark::State& state, const rounds_config& config) {
    single_threaded inner;
    counting_network<single_threaded> network(inner);
    auto cluster = rounds<counting_network<single_threaded>>::make(network, config);
    const std::uint64_t messages = network.messages();
    const std::uint64_t bytes = network.bytes();
    cluster->run(commands);
    const auto per_command = [](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(commands);
    };
    state.counters["messages_per_command"] = per_command(network.messages() - messages);
    state.counters["bytes_per_command"] = per_command(network.bytes() - bytes);
}

template <class Network>
void measure_rounds(benchmark::State& state, const rounds_config& config) {
    Network network;
    auto cluster = rounds<Network>::make(network, config);
    if (!cluster) return state.SkipWithError(cluster.error().message().c_str());
    std::uint64_t total = cluster->run(16 * commands);  // until every queue has its length
    const std::uint64_t before = allocations();
    for (auto _ : state) total += cluster->run(commands);
    const std::uint64_t allocated = allocations() - before;
    if (!cluster->agrees_on(total)) state.SkipWithError("the replicas disagree");
    const auto items =
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(commands);
    state.SetItemsProcessed(items);
    state.counters["allocs_per_command"] =
        static_cast<double>(allocated) / static_cast<double>(items);
    if (allocated != 0) state.SkipWithError("a command has allocated");
    count_traffic(state, config);
}

void measure_floor(benchmark::State& state, std::size_t replicas, std::size_t bytes,
                   std::size_t window) {
    floor_cluster* const cluster = floor_make(replicas, bytes);
    const std::vector<unsigned char> command(bytes, 1);
    floor_run(cluster, command.data(), 16 * commands, window);
    for (auto _ : state) {
        benchmark::DoNotOptimize(floor_run(cluster, command.data(), commands, window));
    }
    floor_free(cluster);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(commands));
}

template <class... Arguments>
void add(const std::string& name, Arguments... arguments) {
    benchmark::RegisterBenchmark(name.c_str(), arguments...);
}

void add_size(std::uint32_t replicas, std::size_t bytes) {
    const std::string size =
        "/replicas:" + std::to_string(replicas) + "/bytes:" + std::to_string(bytes);
    for (const std::size_t window : {1U, 64U, 1024U}) {
        const std::string name = size + "/window:" + std::to_string(window);
        const rounds_config config{.replicas = replicas, .bytes = bytes, .window = window};
        add("floor" + name,
            [=](benchmark::State& state) { measure_floor(state, replicas, bytes, window); });
        add("rounds" + name,
            [=](benchmark::State& state) { measure_rounds<single_threaded>(state, config); });
    }
    rounds_config unbatched{.replicas = replicas, .bytes = bytes, .window = 1024, .batch = 1};
    add("rounds" + size + "/window:1024/batch:1",
        [=](benchmark::State& state) { measure_rounds<single_threaded>(state, unbatched); });
    rounds_config single{.replicas = replicas, .bytes = bytes};
    add("rounds" + size + "/window:1/counts:atomic",
        [=](benchmark::State& state) { measure_rounds<between_threads>(state, single); });
}

}  // namespace

int main(int argc, char** argv) {
    for (const std::uint32_t replicas : {3U, 5U, 7U}) {
        for (const std::size_t bytes : {8U, 128U}) add_size(replicas, bytes);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
