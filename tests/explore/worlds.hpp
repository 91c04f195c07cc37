// tests/explore/worlds.hpp - the worlds that may be named in a scenario or on a command line.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

namespace explore {

/// - `profile_t acceptors=3 values=2 max_ballot=1 watch=conduct mutant=none roles=bare`
/// - `profile_s clients=2 servers=3 lossy=no`
/// - `lock_table clients=2 locks=1 commands=2 owners=1 ticks=2 ttl=2 leaders=1 repeats=0 late=0
///   batch=1 replicas=1 tokens_after=0 restores=no menu=all releases=any modes=no together=no
///   permits=no leases=no revokes=no overtaking=no bypass=16 delay=0 opens=any mutant=none`, see
///   `lock_world_sizes`; `modes` may be `yes`, or `upgrade` for readers and their upgrades alone;
///   `overtaking` may be `barge` or `priority`, and `bypass` is how often one may be overtaken
/// - `lock_client clients=1 acquires=1 writes=0 deliveries=6 repeats=0 ticks=2 ttl=2 drift=0
///   told_drift=0 mutant=none`, see `client_world_sizes`; `told_drift` is `drift` if it is absent
/// - `log`, see log_worlds.hpp
/// - `roles acceptors=3 proposers=2 learners=0 slots=1 max_ballot=1 votes_per_answer=64
///   acceptor_batch=1 proposer_batch=1 disk=blocking mutant=none`, and how much there is of each
///   trouble: `copies`, `losses`, `crashes`, `proposer_crashes`, `repeats`, `failures`,
///   `replacements` and `forgettings`, all 0; `deaf=yes` loses every accepted and refused on its
///   way to a proposer, `reach0=01` what proposer 0 sends to other acceptors than 0 and 1;
///   `watch=conduct`
/// Here with what holds of a parameter that is absent. A mutant is made of bare roles.
[[nodiscard]] synod::testing::world_register known_worlds();

}  // namespace explore
