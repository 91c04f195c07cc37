// locks.cpp - what commands of the lock table cost and what a held lock takes, beside look-ups in a
// hash table of as many names.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "allocations.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using synod::bytes;
using synod::fencing_token;
namespace lock = synod::lock;

constexpr std::uint64_t held = 1'000'000;      // locks, before anything is measured, at the most
constexpr std::uint64_t further = 1'000'000;   // names to draw from, behind those
constexpr std::size_t batch = 1024;            // commands that are encoded before they are timed
constexpr std::uint64_t long_ms = 86'400'000;  // a day of log time: nothing is measured for longer

/// Of 16 bytes.
std::string name_of(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "lock %011llu",
                  static_cast<unsigned long long>(number % 100'000'000'000));
    return text;
}

/// A table behind a log: positions and sequences are counted here, and every command acknowledges
/// all before it.
class driver {
public:
    driver() : table_(std::move(*lock::table::make(roomy()))) {
        run(encoded(lock::open_session{{0, 1}, 1, long_ms}));
        session_ = synod::session_id(at_);
    }

    [[nodiscard]] bytes acquire(std::string name, std::uint64_t wait_ms = lock::no_wait,
                                std::uint64_t tag = 0, lock::mode wanted = lock::mode::exclusive) {
        return encoded(lock::acquire{stamp(), tag, std::move(name), wanted, wait_ms});
    }
    [[nodiscard]] bytes acquire_for(std::string name, std::uint64_t ttl_ms) {
        lock::acquire made{stamp(), 0, std::move(name)};
        made.hold_ttl_ms = ttl_ms;
        return encoded(made);
    }
    [[nodiscard]] bytes renew(fencing_token token, std::uint64_t ttl_ms) {
        return encoded(lock::renew_hold{stamp(), 0, token, ttl_ms});
    }
    [[nodiscard]] bytes release(fencing_token token, std::uint64_t tag = 0) {
        return encoded(lock::release{stamp(), tag, token});
    }

    /// Withdraws what was asked for last.
    void withdraw() {
        const std::uint64_t last = sequence_;
        run(encoded(lock::cancel{stamp(), last}));
        run(encoded(lock::acknowledge{stamp(), last}));
    }

    void run(const bytes& command) {
        at_ = {at_.slot.next(), 0};
        reply_.clear();
        synod::byte_writer out(reply_);
        table_.apply({at_, now_}, command, out);
    }

    void pass(std::uint64_t milliseconds) {
        now_ = now_ + milliseconds;
        table_.advance(now_);
    }

    [[nodiscard]] std::size_t drain() {
        std::size_t events = 0;
        table_.drain_events([&events](const lock::event&) { ++events; });
        return events;
    }

    [[nodiscard]] const lock::table& table() const { return table_; }

private:
    static lock::config roomy() {
        lock::config limits;
        limits.max_requests_per_session = 4'000'000;
        limits.max_waiting_per_session = 4'000'000;
        limits.max_holds_per_session = 4'000'000;
        limits.sessions.max_ttl_ms = long_ms;
        return limits;
    }
    static bytes encoded(const lock::command& asked) {
        bytes all;
        synod::byte_writer out(all);
        encode(asked, out);
        return all;
    }
    [[nodiscard]] synod::request_stamp stamp() {
        const std::uint64_t sequence = ++sequence_;
        return {session_, sequence, sequence - 1};
    }

    lock::table table_;
    synod::position at_;
    synod::log_time now_;
    synod::session_id session_;
    std::uint64_t sequence_ = 0;
    bytes reply_;
};

/// One for all that measure with so many locks held.
driver& with_held(std::uint64_t wanted) {
    static std::map<std::uint64_t, driver> all;
    const auto [found, is_new] = all.try_emplace(wanted);
    for (std::uint64_t i = 0; is_new && i < wanted; ++i) {
        found->second.run(found->second.acquire(name_of(i)));
    }
    if (found->second.table().locks() != wanted) std::abort();
    return found->second;
}

/// One for all that measure with so many leases that run.
driver& with_leases(std::uint64_t wanted) {
    static std::map<std::uint64_t, driver> all;
    const auto [found, is_new] = all.try_emplace(wanted);
    for (std::uint64_t i = 0; is_new && i < wanted; ++i) {
        found->second.run(found->second.acquire_for(name_of(i), long_ms / 2 + i));
    }
    if (found->second.table().locks() != wanted) std::abort();
    return found->second;
}

/// Acquires and releases as many free locks, drawn at random.
std::vector<bytes> pairs_of(driver& all, std::mt19937_64& random) {
    std::vector<bytes> commands;
    for (std::size_t i = 0; i < batch; ++i) {
        commands.push_back(all.acquire(name_of(held + random() % further)));
        commands.push_back(all.release(fencing_token(all.table().last_token().value() + i + 1)));
    }
    return commands;
}

/// Seconds that `work` takes.
template <class Work>
double seconds_of(Work&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void count(benchmark::State& state) {
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                            static_cast<std::int64_t>(batch));
}

/// Acquires and releases free locks drawn at random, beside those that are held; an item is a pair.
/// Fails if one allocates.
void acquire_and_release(benchmark::State& state) {
    const auto beside = static_cast<std::uint64_t>(state.range(0));
    driver& all = with_held(beside);
    std::mt19937_64 random(1);
    for (const bytes& one : pairs_of(all, random)) all.run(one);  // until everything has its size
    std::uint64_t allocated = 0;
    for (auto _ : state) {
        const std::vector<bytes> commands = pairs_of(all, random);
        const std::uint64_t before = allocations();
        state.SetIterationTime(seconds_of([&] {
            for (const bytes& one : commands) all.run(one);
        }));
        allocated += allocations() - before;
        if (all.table().locks() != beside) state.SkipWithError("a lock was not released");
    }
    count(state);
    const double pairs = static_cast<double>(state.iterations()) * static_cast<double>(batch);
    state.counters["allocs_per_pair"] = static_cast<double>(allocated) / pairs;
    if (allocated != 0) state.SkipWithError("an acquire or a release has allocated");
}

/// Looks two names up that were drawn at random; an item is a pair.
void two_lookups(benchmark::State& state) {
    static const std::unordered_map<std::string, std::uint64_t> names = [] {
        std::unordered_map<std::string, std::uint64_t> all;
        for (std::uint64_t i = 0; i < further; ++i) all.emplace(name_of(held + i), i);
        return all;
    }();
    std::mt19937_64 random(2);
    for (auto _ : state) {
        std::vector<std::string> wanted;
        for (std::size_t i = 0; i < 2 * batch; ++i) {
            wanted.push_back(name_of(held + random() % further));
        }
        std::uint64_t sum = 0;
        state.SetIterationTime(seconds_of([&] {
            for (const std::string& one : wanted) sum += names.find(one)->second;
        }));
        benchmark::DoNotOptimize(sum);
    }
    count(state);
}

/// Releases a lock that so many owners wait for; one more queues up after each release. An item is
/// a release.
void release_with_waiters(benchmark::State& state) {
    driver all;
    const auto waiters = static_cast<std::uint64_t>(state.range(0));
    std::uint64_t tag = 0;
    while (tag <= waiters) all.run(all.acquire("the one lock ...", lock::wait_forever, tag++));
    std::uint64_t holder = 0;  // they are granted in the order of their tags
    std::size_t events = 0;
    for (auto _ : state) {
        double seconds = 0;
        for (std::size_t i = 0; i < batch; ++i) {
            const bytes release = all.release(all.table().last_token(), holder++);
            seconds += seconds_of([&] { all.run(release); });
            events += all.drain();
            all.run(all.acquire("the one lock ...", lock::wait_forever, tag++));
        }
        state.SetIterationTime(seconds);
    }
    count(state);
    const double releases = static_cast<double>(state.iterations()) * static_cast<double>(batch);
    state.counters["grants_per_release"] = static_cast<double>(events) / releases;
    if (static_cast<double>(events) != releases)
        state.SkipWithError("a release made not one grant");
}

/// Queues up behind so many owners, all of whom write or read but for the first, who writes. An
/// item is a request, which looks for those who would wait for it.
void enqueue_behind(benchmark::State& state) {
    const auto waiters = static_cast<std::uint64_t>(state.range(0));
    const lock::mode wanted = state.range(1) == 0 ? lock::mode::exclusive : lock::mode::shared;
    driver all;
    std::uint64_t tag = 0;
    while (tag <= 1) all.run(all.acquire("the one lock ...", lock::wait_forever, tag++));
    while (tag <= waiters)
        all.run(all.acquire("the one lock ...", lock::wait_forever, tag++, wanted));
    for (auto _ : state) {
        double seconds = 0;
        for (std::size_t i = 0; i < batch; ++i) {
            const bytes asked = all.acquire("the one lock ...", lock::wait_forever, tag, wanted);
            seconds += seconds_of([&] { all.run(asked); });
            all.withdraw();
        }
        state.SetIterationTime(seconds);
    }
    count(state);
    if (all.table().undetermined() != 0) state.SkipWithError("a search was given up");
}

/// Renews a lease drawn at random, which ends later than all others then. An item is a renewal.
void renew_lease(benchmark::State& state) {
    const auto leases = static_cast<std::uint64_t>(state.range(0));
    driver& all = with_leases(leases);
    std::mt19937_64 random(3);
    std::uint64_t ttl_ms = long_ms / 2 + leases;
    for (auto _ : state) {
        std::vector<bytes> commands;
        for (std::size_t i = 0; i < batch; ++i) {
            const fencing_token any(all.table().last_token().value() - random() % leases);
            commands.push_back(all.renew(any, ++ttl_ms));
        }
        state.SetIterationTime(seconds_of([&] {
            for (const bytes& one : commands) all.run(one);
        }));
        if (all.table().locks() != leases) state.SkipWithError("a lease has ended");
    }
    count(state);
}

/// A millisecond passes in which no lease ends. An item is a millisecond.
void pass_time(benchmark::State& state) {
    const auto leases = static_cast<std::uint64_t>(state.range(0));
    driver all;
    for (std::uint64_t i = 0; i < leases; ++i) all.run(all.acquire_for(name_of(i), long_ms / 2));
    for (auto _ : state) {
        state.SetIterationTime(seconds_of([&] {
            for (std::size_t i = 0; i < batch; ++i) all.pass(1);
        }));
        if (all.table().locks() != leases) state.SkipWithError("a lease has ended");
    }
    count(state);
}

/// What a held lock takes of memory, its name of 16 bytes included.
void memory(benchmark::State& state) {
    double each = 0;
    for (auto _ : state) {
        const std::uint64_t before = allocated_bytes();
        driver all;
        for (std::uint64_t i = 0; i < held; ++i) all.run(all.acquire(name_of(i)));
        each = static_cast<double>(allocated_bytes() - before) / static_cast<double>(held);
    }
    state.counters["bytes_per_lock"] = each;
}

}  // namespace

BENCHMARK(two_lookups)->Name("lookups/names:1000000")->UseManualTime();
BENCHMARK(acquire_and_release)
    ->Name("locks/acquire_release")
    ->ArgName("held")
    ->Arg(1'000)
    ->Arg(held)
    ->UseManualTime();
BENCHMARK(release_with_waiters)
    ->Name("locks/release")
    ->ArgName("waiters")
    ->Arg(1)
    ->Arg(10'000)
    ->UseManualTime();
BENCHMARK(enqueue_behind)
    ->Name("locks/enqueue")
    ->ArgNames({"waiters", "readers"})
    ->ArgsProduct({{10, 10'000}, {0, 1}})
    ->UseManualTime();
BENCHMARK(renew_lease)
    ->Name("locks/renew")
    ->ArgName("leases")
    ->Arg(1'000)
    ->Arg(held)
    ->UseManualTime();
BENCHMARK(pass_time)
    ->Name("locks/pass")
    ->ArgName("leases")
    ->Arg(1)
    ->Arg(held)
    ->Iterations(100)
    ->UseManualTime();
BENCHMARK(memory)->Name("locks/memory/held:1000000")->Iterations(1);

BENCHMARK_MAIN();
