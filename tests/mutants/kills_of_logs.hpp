// tests/mutants/kills_of_logs.hpp - the mistakes of a replicated log, and the scenario that shows each.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <string_view>

namespace synod::mutants {

/// A mistake, and the conversation that it spoils. A scenario that names its mutant ends with the invariant that is broken.
struct kill_of_log {
    mutant killed;
    std::string_view name;      // of the mutant, in a world's header
    std::string_view scenario;  // a file in tests/scenario
};

inline constexpr kill_of_log kills_of_logs[] = {
    {mutant::m18, "m18", "log_m18.txt"}, {mutant::m21, "m21", "log_m21.txt"},
    {mutant::m23, "m23", "log_m23.txt"}, {mutant::m24, "m24", "log_m24.txt"},
    {mutant::m25, "m25", "log_m25.txt"}, {mutant::m26, "m26", "log_m26.txt"},
    {mutant::m28, "m28", "log_m28.txt"}, {mutant::m29, "m29", "log_m29.txt"},
    {mutant::m31, "m31", "log_m31.txt"}, {mutant::m32, "m32", "log_m32.txt"},
    {mutant::m33, "m33", "log_m33.txt"}, {mutant::m34, "m34", "log_m34.txt"},
    {mutant::m38, "m38", "log_m38.txt"}, {mutant::m51, "m51", "log_m51.txt"},
    {mutant::m53, "m53", "log_m53.txt"}, {mutant::m54, "m54", "log_m54.txt"},
    {mutant::m65, "m65", "log_m65.txt"},
};

}  // namespace synod::mutants
