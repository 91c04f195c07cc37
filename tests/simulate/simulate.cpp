// tests/simulate/simulate.cpp - runs seeds of the simulator, says how far it is, and names the seed
// that breaks a promise.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulator.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using namespace synod::testing;
using steady = std::chrono::steady_clock;

constexpr const char* usage =
    "usage: simulate [--seeds N] [--seed S] [--minutes M] [--trace FILE [--mermaid]] [--hashes]\n"
    "  --seeds N     runs N seeds (1000)\n"
    "  --seed S      the first of them (1); alone, the only one\n"
    "  --minutes M   ends after M minutes, however many seeds there are left; alone, runs seeds "
    "until then\n"
    "  --trace FILE  writes every event of the first seed to FILE, one line each\n"
    "  --mermaid     writes it as a Mermaid sequence diagram instead\n"
    "  --hashes      prints the hash of each seed's trace, and nothing else\n"
    "exit code: 0 when every promise was kept, 1 when one was broken, 2 for bad arguments\n";

struct options {
    std::optional<std::uint64_t> seeds;
    std::optional<std::uint64_t> seed;
    std::optional<std::uint64_t> minutes;
    std::string trace;
    bool draws_mermaid = false;
    bool prints_hashes = false;

    [[nodiscard]] std::uint64_t first() const { return seed.value_or(1); }
    [[nodiscard]] std::uint64_t count() const {
        if (seeds) return *seeds;
        if (minutes) return ~std::uint64_t{0} - first();
        return seed ? 1 : 1000;
    }
};

[[nodiscard]] bool read_number(std::string_view text, std::optional<std::uint64_t>& to) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    to = value;
    return true;
}

/// Nothing if there is no sense in them.
[[nodiscard]] std::optional<options> parse(int count, char** arguments) {
    options asked;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--mermaid") {
            asked.draws_mermaid = true;
            continue;
        }
        if (name == "--hashes") {
            asked.prints_hashes = true;
            continue;
        }
        if (i + 1 == count) return std::nullopt;
        const std::string_view value = arguments[++i];
        const bool is_read = name == "--seeds"     ? read_number(value, asked.seeds)
                             : name == "--seed"    ? read_number(value, asked.seed)
                             : name == "--minutes" ? read_number(value, asked.minutes)
                             : name == "--trace"   ? !(asked.trace = value).empty()
                                                   : false;
        if (!is_read) return std::nullopt;
    }
    if (asked.draws_mermaid && asked.trace.empty()) return std::nullopt;
    return asked;
}

[[nodiscard]] double minutes_since(steady::time_point start) {
    return std::chrono::duration<double, std::ratio<60>>(steady::now() - start).count();
}

/// Every class that has struck, and how often.
[[nodiscard]] std::string faults_of(const simulation_summary& so_far) {
    std::string text;
    for (std::size_t i = 0; i < fault_classes; ++i) {
        const auto which = static_cast<fault>(i);
        if (so_far.struck(which) == 0) continue;
        text.append(text.empty() ? "" : ", ").append(to_text(which)).append(1, ' ');
        text.append(std::to_string(so_far.struck(which)));
    }
    return text.empty() ? "none" : text;
}

void print_progress(const simulation_summary& so_far, steady::time_point start) {
    const double hours = static_cast<double>(so_far.virtual_time().nanoseconds()) / 3.6e12;
    const double minutes = minutes_since(start);
    std::printf(
        "%llu seeds, %.2f simulated hours, %llu operations, %llu violations, "
        "%llu histories undecided, %.0f seeds a minute, %.0f times real time; faults: %s\n",
        static_cast<unsigned long long>(so_far.seeds()), hours,
        static_cast<unsigned long long>(so_far.operations()),
        static_cast<unsigned long long>(so_far.violations()),
        static_cast<unsigned long long>(so_far.undecided()),
        static_cast<double>(so_far.seeds()) / minutes, hours * 60 / minutes,
        faults_of(so_far).c_str());
    std::fflush(stdout);
}

/// Returns whether every class struck in at least one seed of twenty, if there were enough to tell,
/// no seed had too little in it, and nearly all histories were judged.
[[nodiscard]] bool print_faults(const simulation_summary& all) {
    bool is_wide = true;
    for (std::size_t i = 0; i < fault_classes; ++i) {
        const auto which = static_cast<fault>(i);
        const std::string name(to_text(which));
        std::printf("  %-18s %10llu times in %llu seeds\n", name.c_str(),
                    static_cast<unsigned long long>(all.struck(which)),
                    static_cast<unsigned long long>(all.seeds_with(which)));
        if (all.seeds() >= 200 && all.seeds_with(which) * 20 < all.seeds()) {
            std::printf("  %s struck in fewer than one seed of twenty\n", name.c_str());
            is_wide = false;
        }
    }
    constexpr simulation_size wanted;
    const auto [operations, idlest] = all.least_operations();
    const auto [faults, calmest] = all.least_faults();
    std::printf(
        "  the least of a seed: %llu operations (seed %llu), %llu faults that are not common (seed "
        "%llu)\n",
        static_cast<unsigned long long>(operations), static_cast<unsigned long long>(idlest),
        static_cast<unsigned long long>(faults), static_cast<unsigned long long>(calmest));
    if (operations < wanted.operations || faults < wanted.faults) {
        std::printf("  a seed had too little in it\n");
        is_wide = false;
    }
    if (all.undecided() * 50 > all.seeds()) {
        std::printf("  more than one history of fifty was left undecided\n");
        return false;
    }
    return is_wide;
}

void print_violation(const simulation_outcome& one) {
    std::printf(
        "seed %llu breaks a promise after %.3f virtual seconds: %s\n"
        "to see it again: simulate --seed %llu --trace FILE\n",
        static_cast<unsigned long long>(one.seed),
        static_cast<double>(one.ended.nanoseconds()) / 1e9, one.violation.c_str(),
        static_cast<unsigned long long>(one.seed));
}

[[nodiscard]] bool write_trace(const options& asked, const simulation_outcome& one) {
    std::ofstream out(asked.trace);
    if (asked.draws_mermaid) {
        out << to_mermaid(one.lines);
    } else {
        for (const trace_line& line : one.lines) out << to_string(line) << '\n';
    }
    if (out.flush()) return true;
    std::cerr << "cannot write " << asked.trace << '\n';
    return false;
}

void print_hash(const simulation_outcome& one) {
    std::printf("%llu %016llx%016llx\n", static_cast<unsigned long long>(one.seed),
                static_cast<unsigned long long>(one.hash.high),
                static_cast<unsigned long long>(one.hash.low));
}

[[nodiscard]] int run(const options& asked) {
    const auto start = steady::now();
    auto reported = start;
    simulation_summary all;
    for (std::uint64_t i = 0; i < asked.count(); ++i) {
        const bool is_traced = i == 0 && !asked.trace.empty();
        const auto one = simulate<>(asked.first() + i, {}, is_traced);
        all.add(one);
        if (is_traced && !write_trace(asked, one)) return 2;
        if (asked.prints_hashes) print_hash(one);
        if (!one.violation.empty()) print_violation(one);
        if (!asked.prints_hashes && steady::now() - reported > std::chrono::seconds(10)) {
            reported = steady::now();
            print_progress(all, start);
        }
        if (asked.minutes && minutes_since(start) >= static_cast<double>(*asked.minutes)) break;
    }
    if (asked.prints_hashes) return all.violations() == 0 ? 0 : 1;
    print_progress(all, start);
    const bool is_wide = print_faults(all);
    return all.violations() == 0 && is_wide ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    const auto asked = parse(count, arguments);
    if (!asked) {
        std::cerr << usage;
        return 2;
    }
    return run(*asked);
}
