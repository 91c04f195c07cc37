// synod/testing/machine_laws.hpp - the laws that a state machine must obey, so that replicas stay
// equal.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/report.hpp>

namespace synod::inline SYNOD_ABI::testing::machine_laws {

/// Two machines that apply the same log write the same results.
inline constexpr law same_results{"machine.same_results", "the same log gives the same results"};

/// Two machines that apply the same log write the same snapshot.
inline constexpr law same_snapshot{"machine.same_snapshot",
                                   "the same log gives the same snapshot, byte by byte"};

/// Two timed machines that apply the same log name the same deadlines.
inline constexpr law same_deadlines{"machine.same_deadlines",
                                    "the same log gives the same deadlines"};

/// Two event sources that apply the same log produce the same events.
inline constexpr law same_events{"machine.same_events", "the same log gives the same events"};

/// After `advance(now)` the next deadline of a timed machine is later than `now`.
inline constexpr law timers_fire{"machine.timers_fire", "no deadline is left behind by time"};

/// Writing a snapshot changes nothing: two in a row are equal, and the machine goes on as if there
/// had been none.
inline constexpr law snapshot_changes_nothing{"machine.snapshot_changes_nothing",
                                              "writing a snapshot changes nothing"};

/// A machine restores what one like it wrote, and reads all of it.
inline constexpr law restores_its_own{"machine.restores_its_own",
                                      "what snapshot wrote can be restored"};

/// A snapshot at any index and the rest of the log equal the whole log, in results, deadlines,
/// events and the last snapshot.
inline constexpr law snapshot_is_whole{"machine.snapshot_is_whole",
                                       "a snapshot and the rest of the log equal the whole log"};

/// Nothing of what a machine was before `restore` is left.
inline constexpr law restore_replaces{"machine.restore_replaces",
                                      "restoring leaves nothing of what was before"};

/// A `restore` that returned an error has changed nothing.
inline constexpr law refusal_changes_nothing{"machine.refusal_changes_nothing",
                                             "a restore that is refused changes nothing"};

/// Of damaged bytes, `restore` takes only those that some snapshot could have written: writing it
/// again gives the same.
inline constexpr law restores_snapshots_only{"machine.restores_snapshots_only",
                                             "only what snapshot could write is restored"};

}  // namespace synod::inline SYNOD_ABI::testing::machine_laws
