// tests/scenario/scenario.cpp - walks through scenarios, and says where one goes wrong; or writes
// its facts anew.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/scenario.hpp>

#include "explore/worlds.hpp"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace synod::testing;

[[nodiscard]] std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    if (!(out << text).flush()) throw std::runtime_error("cannot be written");
}

/// Returns whether the scenario goes as written, or could be written anew.
[[nodiscard]] bool handle(const world_register& worlds, const std::string& path,
                          bool is_rewritten) {
    try {
        if (is_rewritten) {
            write(path, rewrite_scenario(worlds, read(path)));
        } else {
            replay_scenario(worlds, read(path));
        }
        return true;
    } catch (const scenario_error& error) {
        std::fprintf(stderr, "%s:%zu: %s\n", path.c_str(), error.line(), error.what());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", path.c_str(), error.what());
    }
    return false;
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<std::string> paths(arguments + 1, arguments + count);
    const bool is_rewritten = !paths.empty() && paths.front() == "--rewrite";
    if (is_rewritten) paths.erase(paths.begin());
    if (paths.empty() || paths.front().starts_with("--")) {
        std::fprintf(stderr, "usage: scenario [--rewrite] FILE...\n");
        return 2;
    }
    const world_register worlds = explore::known_worlds();
    bool is_well = true;
    for (const std::string& path : paths) is_well = handle(worlds, path, is_rewritten) && is_well;
    return is_well ? 0 : 1;
}
