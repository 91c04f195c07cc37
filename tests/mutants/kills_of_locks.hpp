// tests/mutants/kills_of_locks.hpp - the small worlds in which the mistakes of locks are found, one
// for each.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/kill.hpp"
#include "mutants/mutant.hpp"

#include <array>

namespace synod::mutants {

/// Each search takes a second at the most.
inline constexpr std::array kills_of_locks{
    kill{mutant::m38, "world lock_table clients=1 commands=0 replicas=2 mutant=m38",
         "replicas_agree"},
    kill{mutant::m46, "world lock_table clients=1 commands=0 replicas=2 mutant=m46",
         "replicas_agree"},
    kill{mutant::m47, "world lock_table clients=1 menu=brief leaders=2 ticks=0 mutant=m47",
         "only_moves_forward"},
    kill{mutant::m47, "world lock_table clients=1 menu=brief restores=yes ticks=0 mutant=m47",
         "restored_state_is_the_state"},
    kill{mutant::m48, "world lock_table menu=brief releases=own commands=3 ticks=1 mutant=m48",
         "only_owners_release"},
    kill{mutant::m48, "world lock_table menu=brief leases=yes ticks=1 mutant=m48",
         "only_owners_renew"},
    kill{mutant::m49, "world lock_client deliveries=4 mutant=m49", "failures_are_definite"},
    kill{mutant::m50, "world lock_table menu=brief commands=1 restores=yes mutant=m50",
         "restored_state_is_the_state"},
    kill{mutant::m53, "world lock_table clients=1 commands=0 leaders=3 mutant=m53",
         "only_moves_forward"},
    kill{mutant::m55, "world lock_table commands=0 batch=2 mutant=m55", "sessions_are_unique"},
    kill{mutant::m56, "world lock_client deliveries=4 mutant=m56", "who_believes_to_hold_holds"},
    kill{mutant::m57, "world lock_table menu=brief commands=1 mutant=m57", "only_owners_release"},
    kill{mutant::m58, "world lock_table clients=1 commands=1 mutant=m58", "nothing_is_overdue"},
    kill{mutant::m59, "world lock_table menu=brief commands=1 mutant=m59", "no_grant_to_the_dead"},
    kill{mutant::m60, "world lock_table menu=brief owners=2 mutant=m60", "queues_rise_in_position"},
    kill{mutant::m61,
         "world lock_table clients=1 menu=brief modes=yes restores=yes ticks=0 mutant=m61",
         "restored_state_is_the_state"},
    kill{mutant::m62,
         "world lock_table clients=1 locks=2 menu=brief together=yes ticks=0 mutant=m62",
         "released_means_free"},
    kill{mutant::m63, "world lock_table locks=2 menu=brief releases=own ticks=0 mutant=m63",
         "youngest_gives_way"},
    kill{mutant::m64, "world lock_client acquires=2 writes=2 deliveries=10 ticks=0 mutant=m64",
         "no_stale_write"}};

}  // namespace synod::mutants
