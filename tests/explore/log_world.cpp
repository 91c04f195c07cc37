// tests/explore/log_world.cpp - the world of a log: what it begins with, that its search can be
// trusted, and that it shows mistakes.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/scenario.hpp>

#include "explore/both_orders.hpp"
#include "explore/conversations.hpp"
#include "explore/worlds.hpp"
#include "mutants/kill.hpp"
#include "mutants/kills_of_logs.hpp"
#include "support/catch.hpp"

#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace synod::testing;
using synod::mutants::kill;
using synod::mutants::kills_of_logs;

namespace {

using words = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::unique_ptr<any_world> log_with(const words& told) {
    parameters given;
    for (const auto& [key, value] : told) given.set(key, value);
    return explore::known_worlds().make("log", std::move(given));
}

/// The world that a scenario's header names, without the mistake.
[[nodiscard]] std::unique_ptr<any_world> right_world_of(const std::string& header) {
    std::istringstream in(header);
    words told;
    for (std::string word; in >> word;) {
        const std::size_t sign = word.find('=');
        if (sign == std::string::npos || word.starts_with("mutant=")) continue;
        told.emplace_back(word.substr(0, sign), word.substr(sign + 1));
    }
    return log_with(told);
}

[[nodiscard]] std::unique_ptr<any_world> world_of(const kill& one) {
    return explore::known_worlds().make(one.where.substr(std::string_view("world ").size()));
}

}  // namespace

TEST_CASE("an elected cluster has a leader that takes commands, and followers that wait") {
    const auto world = log_with({{"begin", "elected"}, {"ticks", "1"}});
    CHECK(world->enabled() ==
          std::vector<std::string>{"propose a at 0", "tick 0", "tick 1", "tick 2"});
    CHECK(world->broken().empty());
}

TEST_CASE(
    "a node crashes before anything comes of a step, behind all of it, and at each point between") {
    const auto crashes_of = [](const std::string& step, const words& more,
                               const char* crashes = "1") {
        words sizes{{"begin", "elected"}, {"crashes", crashes}, {"crash", "in_flush"}};
        sizes.insert(sizes.end(), more.begin(), more.end());
        std::vector<std::string> found;
        for (const std::string& one : log_with(sizes)->enabled()) {
            if (one.starts_with(step + " but crash")) found.push_back(one.substr(step.size()));
        }
        return found;
    };
    // Two requests leave, then the own vote is synced; of one node, nothing but that happens.
    const std::vector<std::string> all{" but crash after 0 effects", " but crash after 1 effect",
                                       " but crash after 2 effects", " but crash after 3 effects"};
    CHECK(crashes_of("propose a at 0", {}) == all);
    CHECK(crashes_of("propose a at 0", {{"disk", "async"}}) == all);
    CHECK(crashes_of("propose a at 0", {{"nodes", "1"}}) ==
          std::vector<std::string>(all.begin(), all.begin() + 2));
    CHECK(crashes_of("read at 0", {{"reads", "1"}}).size() == 3);
    CHECK(crashes_of("propose a at 0", {}, "0").empty());
}

TEST_CASE("the order in which a log is searched does not matter") {
    const words sizes{{"ticks", "1"}, {"commands", "1"}};
    explore::reach_exactly([&] { return log_with(sizes); }, 17'725, 37'186);
}

TEST_CASE("types that can go wrong do what those that ship do, while none does") {
    // Nothing that is cut short is promised here, so m26 has nothing to get wrong.
    const words sizes{{"begin", "elected"}, {"commands", "2"}, {"crashes", "1"}};
    words wrong = sizes;
    wrong.emplace_back("mutant", "m26");
    const findings right = log_with(sizes)->search_breadth_first({});
    const findings idle = log_with(wrong)->search_breadth_first({});
    CHECK(right.is_proof());
    CHECK(idle.is_proof());
    CHECK(idle.distinct == right.distinct);
}

TEST_CASE(
    "each mistake of a log has its own conversation, which names it and ends with what it breaks") {
    std::set<std::string_view> scenarios;
    for (const kill& one : kills_of_logs) {
        if (one.is_searched()) continue;
        INFO(one.where);
        CHECK(scenarios.insert(one.where).second);
        const auto lines = explore::lines_of(one.where);
        CHECK(lines.front().starts_with("world log "));
        CHECK((lines.front() + ' ').find(" mutant=" + name_of(one.which) + ' ') !=
              std::string::npos);
        CHECK(lines.back() == "broken " + std::string(one.broken));
    }
}

TEST_CASE("the same conversations break nothing without the mistake, as far as they can go") {
    for (const kill& one : kills_of_logs) {
        if (one.is_searched()) continue;
        INFO(one.where);
        const auto lines = explore::lines_of(one.where);
        const auto world = right_world_of(lines.front());
        std::size_t taken = 0;
        for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
            const auto step = world->take(lines[i]);
            if (step.came != any_world::outcome::taken) break;
            ++taken;
            CHECK(step.broken == "");
        }
        CHECK(taken > 0);
    }
}

TEST_CASE("a mistake whose world is searched has the shortest conversation that there is") {
    for (const kill& one : kills_of_logs) {
        if (!one.is_searched()) continue;
        INFO(one.where);
        const findings found = world_of(one)->search_breadth_first({});
        CHECK(found.broken == one.broken);
        CHECK(explore::is_shown(one.where, found));
    }
}

TEST_CASE("the worlds in which a mistake of a log is found hold without it, as far as that goes") {
    for (const kill& one : kills_of_logs) {
        if (!one.is_searched()) continue;
        INFO(one.where);
        const findings found = world_of(one)->search_breadth_first({});
        const auto right = right_world_of(std::string(one.where));
        CHECK(right->search_breadth_first({found.distinct}).broken.empty());
    }
}
