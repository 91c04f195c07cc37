// tests/mutants/kills_of_roles.hpp - the worlds of roles in which an exhaustive search finds each mistake that roles can make.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <string_view>

namespace synod::mutants {

/// A mistake, and the first line of the scenario that a search for it prints. Without the last word, the mutant, nothing is broken
/// in that world.
struct explored_kill {
    mutant which;
    std::string_view world;
};

inline constexpr explored_kill kills_of_roles[] = {
    {mutant::m1, "world roles acceptors=1 crashes=1 watch=agreement mutant=m1"},
    {mutant::m2, "world roles acceptors=1 crashes=1 watch=agreement mutant=m2"},
    {mutant::m3, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m3"},
    {mutant::m4, "world roles proposers=3 deaf=yes reach0=01 reach2=01 watch=agreement mutant=m4"},
    {mutant::m5, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m5"},
    {mutant::m6, "world roles proposers=3 deaf=yes reach0=01 reach2=01 watch=agreement mutant=m6"},
    {mutant::m7, "world roles crashes=1 deaf=yes reach0=01 watch=safety mutant=m7"},
    {mutant::m8, "world roles acceptors=1 failures=1 crashes=1 watch=agreement mutant=m8"},
    {mutant::m9,
     "world roles crashes=1 replacements=1 deaf=yes reach0=01 reach1=12 watch=agreement mutant=m9"},
    {mutant::m10, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m10"},
    {mutant::m11,
     "world roles proposers=3 deaf=yes reach0=01 reach1=12 reach2=01 watch=agreement mutant=m11"},
    {mutant::m12,
     "world roles proposers=1 max_ballot=2 proposer_crashes=1 copies=1 deaf=yes watch=safety "
     "mutant=m12"},
    {mutant::m13, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m13"},
    {mutant::m14,
     "world roles max_ballot=2 copies=1 reach0=01 reach1=12 watch=agreement mutant=m14"},
    {mutant::m15, "world roles copies=1 deaf=yes reach0=01 reach1=12 watch=agreement mutant=m15"},
    {mutant::m16, "world roles acceptors=4 proposers=1 watch=safety mutant=m16"},
    {mutant::m17,
     "world roles proposers=3 deaf=yes reach0=12 reach1=01 reach2=12 watch=safety mutant=m17"},
    {mutant::m18, "world roles deaf=yes reach0=01 reach1=12 watch=agreement mutant=m18"},
    {mutant::m19, "world roles learners=1 deaf=yes reach0=01 reach1=12 watch=safety mutant=m19"},
    {mutant::m20, "world roles learners=1 deaf=yes reach0=01 reach1=12 watch=safety mutant=m20"},
    {mutant::m21, "world roles acceptors=2 learners=1 watch=agreement mutant=m21"},
    {mutant::m25, "world roles slots=2 deaf=yes reach0=01 reach1=12 watch=agreement mutant=m25"},
    {mutant::m26,
     "world roles slots=2 votes_per_answer=1 deaf=yes reach0=01 reach1=12 watch=agreement "
     "mutant=m26"},
    {mutant::m28, "world roles acceptors=2 forgettings=1 watch=safety mutant=m28"},
    {mutant::m29,
     "world roles acceptors=1 max_ballot=2 copies=1 proposer_batch=3 watch=agreement mutant=m29"},
    {mutant::m31, "world roles acceptors=1 crashes=1 watch=agreement mutant=m31"},
    {mutant::m51,
     "world roles acceptors=1 learners=1 acceptor_batch=2 crashes=1 repeats=1 watch=agreement "
     "mutant=m51"},
    {mutant::m65,
     "world roles acceptors=1 max_ballot=2 disk=async crashes=2 copies=1 watch=agreement "
     "mutant=m65"},
};

}  // namespace synod::mutants
