// tests/explore/log_worlds.cpp - makes each of the worlds of logs.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/log_worlds.hpp"

#include "explore/log_parts.hpp"
#include "mutants/kills_of_logs.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

namespace {

using synod::testing::forget_type;
using synod::testing::log_sizes;
using synod::testing::log_world;
using synod::testing::parameters;

using made = std::unique_ptr<synod::testing::any_world>;

[[nodiscard]] log_sizes log_sizes_of(parameters& given) {
    constexpr std::uint32_t most = log_sizes::most_steps;
    log_sizes sizes;
    sizes.nodes = given.number("nodes", 3, 1, log_sizes::most_nodes);
    sizes.begins_elected = given.choice("begin", {"fresh", "elected"}) == "elected";
    sizes.crashes_in_flush = given.choice("crash", {"between", "in_flush"}) == "in_flush";
    sizes.commands = given.number("commands", 1, 0, log_sizes::most_commands);
    sizes.reads = given.number("reads", 0, 0, most);
    sizes.ticks = given.number("ticks", 0, 0, most);
    sizes.crashes = given.number("crashes", 0, 0, most);
    sizes.repeats = given.number("repeats", 0, 0, most);
    sizes.losses = given.number("losses", 0, 0, most);
    sizes.trims = given.number("trims", 0, 0, most);
    sizes.transfers = given.number("transfers", 0, 0, most);
    return sizes;
}

[[nodiscard]] synod::log_limits log_limits_of(parameters& given) {
    synod::log_limits limits = synod::testing::small_log_limits(given.number("window", 8, 1, 64));
    limits.votes_per_answer = given.number("votes_per_answer", 64, 1, 64);
    return limits;
}

[[nodiscard]] synod::mutants::mutant mistake_of(parameters& given) {
    std::vector<std::string> names{"none"};
    for (const auto& one : synod::mutants::kills_of_logs) {
        std::string name = name_of(one.which);
        if (name != names.back()) names.push_back(std::move(name));
    }
    const std::string wanted = given.choice("mutant", {names.begin(), names.end()});
    for (const auto& one : synod::mutants::kills_of_logs) {
        if (name_of(one.which) == wanted) return one.which;
    }
    return synod::mutants::mutant::none;
}

template <class Parts>
[[nodiscard]] log_world<Parts> log_of(const log_sizes& sizes, const synod::log_limits& limits) {
    using policy = typename Parts::policy;
    using quorums = decltype(policy::quorums);
    const auto majority = *synod::majority::make(synod::node_set::first(sizes.nodes));
    return {sizes, policy{.quorums = quorums(majority), .limits = limits}};
}

template <class Parts, class WrongParts>
[[nodiscard]] made make_of(const log_sizes& sizes, const synod::log_limits& limits,
                           synod::mutants::mutant mistake) {
    if (mistake == synod::mutants::mutant::none) return forget_type(log_of<Parts>(sizes, limits));
    return forget_type(mistaken_log<WrongParts>(log_of<WrongParts>(sizes, limits), mistake));
}

}  // namespace

made make_log(parameters& given) {
    const log_sizes sizes = log_sizes_of(given);
    const synod::log_limits limits = log_limits_of(given);
    const synod::mutants::mutant mistake = mistake_of(given);
    if (given.choice("disk", {"sync", "async"}) == "async")
        return make_of<async_log_parts, wrong_async_log_parts>(sizes, limits, mistake);
    return make_of<log_parts, wrong_log_parts>(sizes, limits, mistake);
}

}  // namespace explore
