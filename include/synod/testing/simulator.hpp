// synod/testing/simulator.hpp - years of faults in minutes: whole lock services on virtual time,
// one run for each seed.
//
// A run is real code, the very replica, lock table and sessions that ship, with clocks, disks and a
// network that are not. Everything random comes from the seed, so a run that breaks a promise
// breaks it again whenever its seed is run.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/testing/lock_suite.hpp>
#include <synod/testing/simulation.hpp>
#include <synod/testing/stage.hpp>
#include <synod/testing/trace.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What came of one seed.
struct simulation_outcome {
    std::uint64_t seed = 0;
    std::string violation;  // the promise that was broken first; empty when all were kept
    instant ended;          // virtual time, when it was broken or when all had come right
    fault_tally faults;
    std::uint64_t operations = 0;  // of clients
    std::uint64_t grants = 0;
    std::uint64_t events = 0;
    bool is_over_budget = false;      // more disks were lost than a majority can do without
    bool is_judged = false;           // whether its history is linearizable was found out
    fingerprint_value hash;           // of the trace: the same in every run of this seed
    std::vector<trace_line> lines{};  // of the trace, if they were asked for
};

namespace detail {

/// Each class is on if its bit is. Where none is on that strikes again and again without end,
/// crashes are, too: the others are bounded or need one of these, and too little would ever happen.
[[nodiscard]] constexpr fault_set faults_from(std::uint64_t bits) {
    constexpr std::array endless{fault::clogging,          fault::clog_release,
                                 fault::one_way_partition, fault::ring_partition,
                                 fault::leader_isolation,  fault::crash,
                                 fault::restart_storm,     fault::pause};
    fault_set drawn = fault_set::from_bits(bits);
    for (const fault one : endless) {
        if (drawn.contains(one)) return drawn;
    }
    drawn.insert(fault::crash);
    return drawn;
}

template <class Suite, class Disk>
[[nodiscard]] simulation_outcome simulate_on(std::uint64_t seed, const simulation_size& size,
                                             bool keeps_lines) {
    stage run(seed, keeps_lines);
    run.faults = faults_from(run.random.next());
    simulation<Suite, Disk> all(run, size);
    all.perform();
    return {.seed = seed,
            .violation = run.violation,
            .ended = run.is_violated() ? run.violated_at : run.now,
            .faults = run.tally,
            .operations = all.operations(),
            .grants = all.auditor().grants().size(),
            .events = all.events(),
            .is_over_budget = all.is_over_budget(),
            .is_judged = all.is_judged(),
            .hash = run.trace.hash(),
            .lines = run.trace.lines()};
}

}  // namespace detail

/// Runs one seed. Each class of faults is on or off by chance; odd seeds have disks that block,
/// even ones disks that sync beside the node. Takes some tens of milliseconds; with `keeps_lines`
/// several times that, and memory for every event.
template <class Suite = lock_suite>
[[nodiscard]] simulation_outcome simulate(std::uint64_t seed, const simulation_size& size = {},
                                          bool keeps_lines = false) {
    if (seed % 2 == 1) {
        return detail::simulate_on<Suite, typename Suite::disk>(seed, size, keeps_lines);
    }
    return detail::simulate_on<Suite, typename Suite::async_disk>(seed, size, keeps_lines);
}

/// What came of many seeds together.
class simulation_summary {
public:
    void add(const simulation_outcome& one) {
        ++seeds_;
        virtual_time_ = virtual_time_ + (one.ended - instant());
        for (std::size_t i = 0; i < fault_classes; ++i) {
            const auto which = static_cast<fault>(i);
            seeds_with_[i] += one.faults[which] > 0 ? 1 : 0;
            struck_[i] += one.faults[which];
        }
        violations_ += one.violation.empty() ? 0 : 1;
        undecided_ += one.violation.empty() && !one.is_judged ? 1 : 0;
        operations_ += one.operations;
        if (!one.violation.empty()) return;
        least_operations_ = std::min(least_operations_, {one.operations, one.seed});
        least_faults_ = std::min(least_faults_, {one.faults.grave(), one.seed});
    }

    [[nodiscard]] std::uint64_t seeds() const { return seeds_; }
    [[nodiscard]] std::uint64_t violations() const { return violations_; }
    /// How many histories nobody could judge within the limits of the search.
    [[nodiscard]] std::uint64_t undecided() const { return undecided_; }
    [[nodiscard]] std::uint64_t operations() const { return operations_; }
    [[nodiscard]] duration virtual_time() const { return virtual_time_; }
    /// The fewest operations, and the fewest faults that are not common, of a seed that kept all
    /// promises, and that seed; the largest number there is if there was none.
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> least_operations() const {
        return least_operations_;
    }
    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> least_faults() const {
        return least_faults_;
    }
    /// How often a class has struck, and in how many seeds it has at all.
    [[nodiscard]] std::uint64_t struck(fault which) const {
        return struck_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] std::uint64_t seeds_with(fault which) const {
        return seeds_with_[static_cast<std::size_t>(which)];
    }

private:
    std::uint64_t seeds_ = 0;
    std::uint64_t violations_ = 0;
    std::uint64_t undecided_ = 0;
    std::uint64_t operations_ = 0;
    static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
    std::pair<std::uint64_t, std::uint64_t> least_operations_{none, none};  // and whose they were
    std::pair<std::uint64_t, std::uint64_t> least_faults_{none, none};
    duration virtual_time_;
    std::array<std::uint64_t, fault_classes> struck_{};
    std::array<std::uint64_t, fault_classes> seeds_with_{};
};

}  // namespace synod::inline SYNOD_ABI::testing
