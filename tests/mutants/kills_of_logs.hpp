// tests/mutants/kills_of_logs.hpp - the scenarios that show the mistakes of a replicated log, and
// the worlds in which a search finds them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/kill.hpp"
#include "mutants/mutant.hpp"

#include <array>

namespace synod::mutants {

/// Where the world of a scenario is searched, too, the scenario is what the search prints: nothing
/// shorter breaks anything.
inline constexpr std::array kills_of_logs{
    kill{mutant::m18, "log_m18.txt", "one_value_chosen"},
    kill{mutant::m21, "log_m21.txt", "applied_is_chosen"},
    kill{mutant::m23, "world log nodes=1 begin=elected crashes=1 mutant=m23", "applied_is_chosen"},
    kill{mutant::m23, "log_m23.txt", "applied_is_chosen"},
    kill{mutant::m24, "world log begin=elected ticks=2 mutant=m24", "chosen_is_carried"},
    kill{mutant::m24, "log_m24.txt", "chosen_is_carried"},
    kill{mutant::m25, "log_m25.txt", "one_value_chosen"},
    kill{mutant::m26, "log_m26.txt", "one_value_chosen"},
    kill{mutant::m28, "log_m28.txt", "one_value_chosen"},
    kill{mutant::m29, "log_m29.txt", "one_value_chosen"},
    kill{mutant::m31, "log_m31.txt", "results_are_those_of_the_log"},
    kill{mutant::m32, "world log begin=elected ticks=2 reads=1 mutant=m32",
         "reads_are_linearizable"},
    kill{mutant::m32, "log_m32.txt", "reads_are_linearizable"},
    kill{mutant::m33, "world log begin=elected ticks=2 reads=1 mutant=m33",
         "reads_are_linearizable"},
    kill{mutant::m33, "log_m33.txt", "reads_are_linearizable"},
    kill{mutant::m34, "world log begin=elected ticks=2 reads=1 mutant=m34",
         "reads_are_linearizable"},
    kill{mutant::m34, "log_m34.txt", "reads_are_linearizable"},
    kill{mutant::m38, "log_m38.txt", "applied_is_chosen"},
    kill{mutant::m51, "log_m51.txt", "nothing_before_its_sync"},
    kill{mutant::m53, "log_m53.txt", "time_and_leaders_rise"},
    kill{mutant::m54, "world log begin=elected ticks=1 commands=2 mutant=m54", "log_time_keeps_up"},
    kill{mutant::m54, "log_m54.txt", "log_time_keeps_up"},
    kill{mutant::m65, "log_m65.txt", "nothing_before_its_sync"},
};

}  // namespace synod::mutants
