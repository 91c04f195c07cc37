// tests/explore/explore.cpp - searches a world of any size, and writes down the shortest way to
// what is broken as a scenario.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/scenario.hpp>

#include "explore/worlds.hpp"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#endif

namespace {

using namespace synod::testing;

constexpr const char* usage =
    R"(usage: explore --profile T|S | --world NAME [--order breadth|depth] [--max-states N]
               [--PARAMETER VALUE]...

  --profile T  --acceptors 3 --values 2 --max-ballot 1 --watch conduct|safety|agreement
               --roles bare|whole, or --mutant NAME, which replaces a rule by a wrong one
  --profile S  --clients 2 --servers 3 --lossy
  --world NAME: any world, with its parameters as in explore/worlds.hpp

Ends with 0 if every state was reached and nothing is broken; with 1 if something is, and then
prints the scenario that shows it; with 2 if an argument is wrong; with 3 if there are more
states than --max-states.
)";

enum ending : int { all_holds = 0, is_broken = 1, bad_arguments = 2, met_limit = 3 };

struct request {
    std::string world;
    bool is_depth_first = false;
    explorer_limits limits;
    parameters sizes;
};

/// What stands behind `--` and before the value, if there is one: an option without a value says
/// yes.
[[nodiscard]] std::vector<std::pair<std::string, std::string>>
options_of(const std::vector<std::string>& words) {
    std::vector<std::pair<std::string, std::string>> options;
    for (const std::string& word : words) {
        if (word.starts_with("--")) {
            options.emplace_back(word.substr(2), "yes");
        } else if (!options.empty() && options.back().second == "yes") {
            options.back().second = word;
        } else {
            throw bad_parameter("unexpected argument " + word);
        }
    }
    return options;
}

[[nodiscard]] request request_of(const std::vector<std::string>& words) {
    request made;
    parameters own;
    for (auto& [key, value] : options_of(words)) {
        if (key == "world") {
            made.world = value;
            continue;
        }
        if (key == "profile" || key == "order" || key == "max-states") {
            own.set(key, value);
            continue;
        }
        for (char& one : key) one = one == '-' ? '_' : one;
        made.sizes.set(key, value);
    }
    const std::string profile = own.choice("profile", {"none", "T", "S"});
    if (made.world.empty() == (profile == "none"))
        throw bad_parameter("--profile is missing, or there is a --world besides");
    if (made.world.empty()) made.world = profile == "T" ? "profile_t" : "profile_s";
    made.is_depth_first = own.choice("order", {"breadth", "depth"}) == "depth";
    made.limits.states = own.number("max-states", UINT32_MAX, 1, UINT32_MAX);
    return made;
}

/// The most memory that this process ever had, in bytes; without an answer from the system, what
/// the search says of itself.
[[nodiscard]] std::uint64_t memory_of(const findings& found) {
#if __has_include(<sys/resource.h>) && defined(__linux__)
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0)
        return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
#endif
    return found.bytes;
}

[[nodiscard]] ending report(const world_register& worlds, const request& asked,
                            const findings& found) {
    const auto count = [](std::uint64_t number) { return static_cast<unsigned long long>(number); };
    std::printf("distinct %llu generated %llu depth %llu\n", count(found.distinct),
                count(found.generated), count(found.depth));
    std::printf("%.2f s, %.0f states/s, %llu MiB\n", found.seconds,
                static_cast<double>(found.distinct) / found.seconds,
                count(memory_of(found) >> 20U));
    if (!found.broken.empty()) {
        std::printf("\n%s", scenario_of(worlds, asked.world, asked.sizes, found).c_str());
        return is_broken;
    }
    if (!found.met_limit) return all_holds;
    std::printf("There are more states: the search stopped at the limit, and proves nothing.\n");
    return met_limit;
}

[[nodiscard]] ending run(const std::vector<std::string>& words) {
    const world_register worlds = explore::known_worlds();
    const request asked = request_of(words);
    const auto world = worlds.make(asked.world, asked.sizes);
    return report(worlds, asked,
                  asked.is_depth_first ? world->search_depth_first(asked.limits)
                                       : world->search_breadth_first(asked.limits));
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const bad_parameter& error) {
        std::fprintf(stderr, "explore: %s\n\n%s", error.what(), usage);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "explore: %s\n", error.what());
    }
    return bad_arguments;
}
