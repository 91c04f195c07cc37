// tests/unit/base/standard_format.cpp - std::format takes ids, ballots, tokens and durations.
//
// SPDX-License-Identifier: BSL-1.0
//
// A program of its own: libstdc++ 12 has no std::format, and what is built with libc++, which has,
// cannot be linked to a Catch2 that is not.

#include <synod/base/format.hpp>

#include <array>
#include <cstdio>
#include <format>
#include <string>

using namespace synod;

namespace {

struct pair_of_texts {
    std::string made;
    std::string wanted;
};

}  // namespace

int main() {
    const position at{slot(12), 3};
    const ballot first(3, node_id(1));
    const std::array checks{
        pair_of_texts{
            std::format("{} {} {} {}", node_id(7), incarnation(8), cluster_id(9), ticket(10)),
            "7 8 9 10"},
        pair_of_texts{std::format("{} {} {}", first, ballot(), slot(11)), "3.1 none 11"},
        pair_of_texts{std::format("{} {}", at, session_id(at)), "12.3 12.3"},
        pair_of_texts{std::format("{} {}", fencing_token(1, 42), milliseconds(20)), "1:42 20ms"},
        pair_of_texts{std::format("[{:>6}] [{:<6}] [{:*^6}]", slot(11), first, seconds(2)),
                      "[    11] [3.1   ] [**2s**]"}};
    int wrong = 0;
    for (const auto& [made, wanted] : checks) {
        if (made == wanted) continue;
        std::printf("made '%s', wanted '%s'\n", made.c_str(), wanted.c_str());
        ++wrong;
    }
    return wrong;
}
