// tests/explore/conversations.hpp - the scenarios on disk, beside what searches find.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace explore {

/// The lines of a scenario that say something of the walk itself.
[[nodiscard]] inline std::vector<std::string> lines_of(const std::filesystem::path& scenario) {
    std::ifstream in(std::filesystem::path(SYNOD_SCENARIOS) / scenario);
    REQUIRE(in);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        const bool is_said = !line.empty() && line.front() != '#' && line.front() != ' ';
        if (is_said) lines.push_back(line);
    }
    REQUIRE(lines.size() > 2);
    return lines;
}

/// Whether there is a scenario of the very schedule that a search of the world of `header` found,
/// and of no longer one.
[[nodiscard]] inline bool is_shown(std::string_view header, const synod::testing::findings& found) {
    std::vector<std::string> shortest{std::string(header)};
    shortest.insert(shortest.end(), found.schedule.begin(), found.schedule.end());
    shortest.push_back("broken " + found.broken);
    const std::filesystem::directory_iterator scenarios(SYNOD_SCENARIOS);
    return std::any_of(begin(scenarios), end(scenarios), [&](const auto& file) {
        return file.path().extension() == ".txt" && lines_of(file.path()) == shortest;
    });
}

}  // namespace explore
