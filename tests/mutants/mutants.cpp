// tests/mutants/mutants.cpp - makes every mistake of the list, and shows who finds it and at what cost.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulator.hpp>

#include "mutants/known.hpp"
#include "mutants/mutant.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

namespace {

using namespace synod;
using namespace synod::mutants;

void print(std::string_view number, std::string_view mistake, const std::string& killed_by,
           const std::string& broken) {
    std::printf("%-4s %-58s %-28s %s\n", std::string(number).c_str(), std::string(mistake).c_str(),
                killed_by.c_str(), broken.c_str());
    std::fflush(stdout);
}

/// Seeds from 1 on until one breaks a promise. Returns how many it took, or zero if `budget` did not do.
[[nodiscard]] std::uint64_t simulate_until_broken(std::uint64_t budget, std::string& broken) {
    for (std::uint64_t seed = 1; seed <= budget; ++seed) {
        wrong_table::begin_run();
        const auto one = testing::simulate<wrong_suite>(seed);
        if (one.violation.empty()) continue;
        broken = one.violation;
        return seed;
    }
    return 0;
}

[[nodiscard]] bool is_killed(const known_mutant& one) {
    const making mistake(one.which);
    std::string broken;
    const std::uint64_t seeds = simulate_until_broken(one.seeds, broken);
    if (seeds > 0) {
        print(one.number, one.mistake, "simulator, " + std::to_string(seeds) + " seeds", broken);
    } else {
        print(one.number, one.mistake, "SURVIVES", "");
    }
    return seeds > 0;
}

}  // namespace

int main() {
    bool are_killed = true;
    for (const known_mutant& one : known_mutants) are_killed = is_killed(one) && are_killed;
    for (const waiting_mutant& one : waiting_mutants) {
        print(one.number, "", "waits for", std::string(one.needs));
    }
    std::string broken;
    const bool is_quiet = simulate_until_broken(100, broken) == 0;
    print("none", "no mistake", is_quiet ? "nobody, 100 seeds" : "FALSE ALARM", broken);
    return are_killed && is_quiet ? 0 : 1;
}
