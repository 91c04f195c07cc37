// tests/explore/worlds.hpp - the worlds that may be named in a scenario or on a command line.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

namespace explore {

/// - `profile_t acceptors=3 values=2 max_ballot=1 watch=conduct mutant=none roles=bare`
/// - `profile_s clients=2 servers=3 lossy=no`
/// - `roles acceptors=3 proposers=2 learners=0 slots=1 max_ballot=1 votes_per_answer=64 acceptor_batch=1 proposer_batch=1
///   disk=blocking mutant=none`, and how much there is of each trouble: `copies`, `losses`, `crashes`, `proposer_crashes`, `repeats`,
///   `failures`, `replacements` and `forgettings`, all 0; `deaf=yes` loses every accepted and refused on its way to a proposer, `reach0=01` what
///   proposer 0 sends to other acceptors than 0 and 1; `watch=conduct`
/// Here with what holds of a parameter that is absent. A mutant is made of bare roles.
[[nodiscard]] synod::testing::world_register known_worlds();

}  // namespace explore
