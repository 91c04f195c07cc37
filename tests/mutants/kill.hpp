// tests/mutants/kill.hpp - what a list of kills says of each.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <string_view>

namespace synod::mutants {

/// A mistake, a place where it shows itself, and what it breaks there. The place is the first line
/// of a scenario, whose world is searched breadth first, or the name of a file in tests/scenario,
/// which is walked. Without its mutant nothing is broken there.
struct kill {
    mutant which;
    std::string_view where;
    std::string_view broken;  // the invariant

    [[nodiscard]] constexpr bool is_searched() const { return where.starts_with("world "); }
};

}  // namespace synod::mutants
