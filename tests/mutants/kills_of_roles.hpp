// tests/mutants/kills_of_roles.hpp - the worlds of roles in which an exhaustive search finds each
// mistake that roles can make.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/kill.hpp"
#include "mutants/mutant.hpp"

#include <array>

namespace synod::mutants {

/// All of them.
inline constexpr std::array kills_of_roles{
    kill{mutant::m1, "world roles acceptors=1 crashes=1 watch=agreement mutant=m1",
         "one_value_chosen"},
    kill{mutant::m2, "world roles acceptors=1 crashes=1 watch=agreement mutant=m2",
         "one_value_chosen"},
    kill{mutant::m3, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m3",
         "one_value_chosen"},
    kill{mutant::m4,
         "world roles proposers=3 deaf=yes reach0=01 reach2=01 watch=agreement mutant=m4",
         "one_value_chosen"},
    kill{mutant::m5, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m5",
         "one_value_chosen"},
    kill{mutant::m6,
         "world roles proposers=3 deaf=yes reach0=01 reach2=01 watch=agreement mutant=m6",
         "one_value_chosen"},
    kill{mutant::m7, "world roles crashes=1 deaf=yes reach0=01 watch=safety mutant=m7",
         "one_value_per_ballot"},
    kill{mutant::m8, "world roles acceptors=1 failures=1 crashes=1 watch=agreement mutant=m8",
         "one_value_chosen"},
    kill{mutant::m9,
         "world roles crashes=1 replacements=1 deaf=yes reach0=01 reach1=12 watch=agreement "
         "mutant=m9",
         "one_value_chosen"},
    kill{mutant::m10, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m10",
         "one_value_chosen"},
    kill{
        mutant::m11,
        "world roles proposers=3 deaf=yes reach0=01 reach1=12 reach2=01 watch=agreement mutant=m11",
        "one_value_chosen"},
    kill{mutant::m12,
         "world roles proposers=1 max_ballot=2 proposer_crashes=1 copies=1 deaf=yes watch=safety "
         "mutant=m12",
         "one_value_per_ballot"},
    kill{mutant::m13, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m13",
         "one_value_chosen"},
    kill{mutant::m14,
         "world roles max_ballot=2 copies=1 reach0=01 reach1=12 watch=agreement mutant=m14",
         "one_value_chosen"},
    kill{mutant::m15,
         "world roles copies=1 deaf=yes reach0=01 reach1=12 watch=agreement mutant=m15",
         "one_value_chosen"},
    kill{mutant::m16, "world roles acceptors=4 proposers=1 watch=safety mutant=m16",
         "what_is_called_chosen_is_chosen"},
    kill{mutant::m17,
         "world roles proposers=3 deaf=yes reach0=12 reach1=01 reach2=12 watch=safety mutant=m17",
         "chosen_is_carried"},
    kill{mutant::m18, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m18",
         "one_value_chosen"},
    kill{mutant::m19, "world roles learners=1 deaf=yes reach0=01 reach1=12 watch=safety mutant=m19",
         "what_is_called_chosen_is_chosen"},
    kill{mutant::m20, "world roles learners=1 deaf=yes reach0=01 reach1=12 watch=safety mutant=m20",
         "what_is_called_chosen_is_chosen"},
    kill{mutant::m21, "world roles acceptors=2 learners=1 watch=agreement mutant=m21",
         "one_value_is_called_chosen"},
    kill{mutant::m25, "world roles slots=2 deaf=yes reach0=01 reach1=12 watch=agreement mutant=m25",
         "one_value_chosen"},
    kill{mutant::m26,
         "world roles slots=2 votes_per_answer=1 deaf=yes reach0=01 reach1=12 watch=agreement "
         "mutant=m26",
         "one_value_chosen"},
    kill{mutant::m28, "world roles acceptors=2 forgettings=1 watch=safety mutant=m28",
         "chosen_is_carried"},
    kill{
        mutant::m29,
        "world roles acceptors=1 max_ballot=2 copies=1 proposer_batch=3 watch=agreement mutant=m29",
        "one_value_chosen"},
    kill{mutant::m31, "world roles acceptors=1 crashes=1 watch=agreement mutant=m31",
         "one_value_is_called_chosen"},
    kill{mutant::m51,
         "world roles acceptors=1 learners=1 acceptor_batch=2 crashes=1 repeats=1 watch=agreement "
         "mutant=m51",
         "one_value_is_called_chosen"},
    kill{mutant::m65,
         "world roles acceptors=1 max_ballot=2 disk=async crashes=2 copies=1 watch=agreement "
         "mutant=m65",
         "one_value_chosen"},
};

}  // namespace synod::mutants
