// tests/mutants/mutants.cpp - makes every mistake of the list, and shows who finds it and at what
// cost.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/scenario.hpp>
#include <synod/testing/simulator.hpp>

#include "explore/worlds.hpp"
#include "mutants/kill.hpp"
#include "mutants/kills_of_locks.hpp"
#include "mutants/kills_of_logs.hpp"
#include "mutants/kills_of_roles.hpp"
#include "mutants/kills_of_simulator.hpp"
#include "mutants/known.hpp"
#include "mutants/mutant.hpp"
#include "mutants/wrong_suite.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace synod;
using namespace synod::mutants;

/// The most states that a search may need to find a mistake.
constexpr testing::explorer_limits search_budget{2'000'000};

/// Who found a mistake, what it took, and what was broken by it.
struct finding {
    std::string by;
    std::string cost;
    std::string broken;
};

void print(std::string_view number, std::string_view mistake, const finding& found) {
    std::printf("%-5s %-58s %-10s %-12s %s\n", std::string(number).c_str(),
                std::string(mistake).c_str(), found.by.c_str(), found.cost.c_str(),
                found.broken.c_str());
    std::fflush(stdout);
}

[[nodiscard]] std::string count_of(std::uint64_t number, const char* what) {
    return std::to_string(number) + ' ' + what + (number == 1 ? "" : "s");
}

/// The world of `header` is searched, nearest states first.
[[nodiscard]] std::optional<finding> explore(const testing::world_register& worlds,
                                             std::string_view header) {
    header.remove_prefix(std::string_view("world ").size());
    const auto found = worlds.make(header)->search_breadth_first(search_budget);
    if (found.broken.empty()) return std::nullopt;
    return finding{"explorer", count_of(found.schedule.size(), "step"), found.broken};
}

/// The conversation in `file` goes as it is written, and it is written that it ends in something
/// broken.
[[nodiscard]] std::optional<finding> replay(const testing::world_register& worlds,
                                            std::string_view file) {
    std::ifstream in(std::string(SYNOD_SCENARIOS "/") + std::string(file), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t end = text.rfind("\nbroken ");
    if (end == std::string::npos) return std::nullopt;
    try {
        testing::replay_scenario(worlds, text);
    } catch (const std::exception& departure) {
        return finding{"scenario", "", departure.what()};
    }
    std::uint64_t steps = 0;
    for (std::size_t at = text.find("\nworld ") + 1; at < end; at = text.find('\n', at) + 1) {
        if (text[at] != ' ' && text[at] != '#') ++steps;
    }
    const std::string broken = text.substr(end + 8);
    return finding{"scenario", count_of(steps - 1, "step"), broken.substr(0, broken.find('\n'))};
}

/// Seeds from 1 on until one breaks a promise.
[[nodiscard]] std::optional<finding> simulate(std::uint64_t budget) {
    for (std::uint64_t seed = 1; seed <= budget; ++seed) {
        begin_run();
        const auto one = testing::simulate<wrong_suite>(seed);
        if (!one.violation.empty())
            return finding{"simulator", count_of(seed, "seed"), one.violation};
    }
    return std::nullopt;
}

static_assert(agreement.contains("replicas_agree: states differ"));
static_assert(agreement.contains("one_value_chosen"));
static_assert(!agreement.contains("one_value_chosen_below"));
static_assert(!agreement.contains(""));

/// What is found in the place that `one` names.
[[nodiscard]] std::optional<finding> look(const testing::world_register& worlds, const kill& one) {
    return one.is_searched() ? explore(worlds, one.where) : replay(worlds, one.where);
}

/// Whether everybody who is to find one mistake does, by what it is to break, and somebody is.
class hunt {
public:
    explicit hunt(const known_mutant& mistake) : mistake_(mistake) {}

    void expect(const one_of_these& broken, const std::optional<finding>& found, const char* by) {
        ++hunters_;
        finding shown = found.value_or(finding{by, "", "SURVIVES"});
        const bool is_right = found && broken.contains(found->broken);
        if (found && !is_right) shown.broken = "BROKE " + shown.broken + ", NOT " + broken.text();
        if (!is_right) is_over_ = true;
        print(mistake_.number, mistake_.mistake, shown);
    }
    [[nodiscard]] bool is_killed() const { return hunters_ > 0 && !is_over_; }

private:
    const known_mutant& mistake_;
    int hunters_ = 0;
    bool is_over_ = false;  // somebody has not found it, or has found something else
};

[[nodiscard]] bool is_killed(const testing::world_register& worlds, const known_mutant& mistake) {
    hunt all(mistake);
    const auto look_in = [&](const auto& kills) {
        for (const kill& one : kills) {
            if (one.which != mistake.which) continue;
            all.expect(one.broken, look(worlds, one), one.is_searched() ? "explorer" : "scenario");
        }
    };
    look_in(kills_of_roles);
    look_in(kills_of_locks);
    look_in(kills_of_logs);
    for (const simulated_kill& one : kills_of_simulator) {
        if (one.which != mistake.which) continue;
        const making making_it(one.which);
        all.expect(one.broken, simulate(one.seeds), "simulator");
    }
    if (!all.is_killed()) print(mistake.number, mistake.mistake, {"", "", "IS NOT KILLED"});
    return all.is_killed();
}

/// Without a mistake, the types that can go wrong keep every promise.
[[nodiscard]] bool is_quiet() {
    constexpr std::uint64_t seeds = 100;
    const auto alarm = simulate(seeds);
    print("none", "no mistake",
          alarm.value_or(finding{"simulator", count_of(seeds, "seed"), "nothing is broken"}));
    return !alarm;
}

[[nodiscard]] bool run() {
    const testing::world_register worlds = explore::known_worlds();
    bool is_well = true;
    for (const known_mutant& one : known_mutants) is_well = is_killed(worlds, one) && is_well;
    for (const waiting_mutant& one : waiting_mutants) {
        print(one.number, "", {"waits", "", std::string(one.needs)});
    }
    return is_quiet() && is_well;
}

}  // namespace

int main() {
    try {
        return run() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
