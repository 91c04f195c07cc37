// synod/testing/storage_laws.hpp - the laws that a storage must obey, so that no role forgets.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/report.hpp>

namespace synod::inline SYNOD_ABI::testing::storage_laws {

/// While nothing is wrong, `sync` and `recover` report no error.
inline constexpr law no_false_alarm{"storage.no_false_alarm",
                                    "nothing fails while nothing is wrong"};

/// A record that is recovered was appended, and is what it was then, down to the last byte.
inline constexpr law invents_nothing{"storage.invents_nothing",
                                     "what is recovered was appended, and is unchanged"};

/// `recover` reports one record of each type in `records::latest` first, then the votes; those in
/// one slot as they were appended.
inline constexpr law ordered{"storage.ordered",
                             "one record of each type comes first, then votes, a slot's in order"};

/// What was appended before a sync that succeeded is recovered, or is replaced by something newer.
inline constexpr law durable{"storage.durable", "what was synced is recovered"};

/// Of what was appended after the last sync a prefix is recovered: nothing without all that came
/// before it.
inline constexpr law prefix{"storage.prefix", "nothing is recovered without what came before it"};

/// Recovering changes nothing: a second recovery reports the same, and so does one after another
/// crash.
inline constexpr law recovers_again{"storage.recovers_again",
                                    "every further recovery gives what the first one gave"};

/// `forget(below)` drops no vote at or above `below`, and no record of another type. A storage that
/// breaks some law with `forget` and none without it breaks this one.
inline constexpr law forgets_only_below{"storage.forgets_only_below",
                                        "forgetting drops votes below its slot and nothing else"};

/// A sync whose write failed returns an error.
inline constexpr law reports_failure{"storage.reports_failure", "a sync that failed says so"};

/// After a sync has failed, every later one fails, until the storage is opened anew.
inline constexpr law stays_failed{"storage.stays_failed", "after a failed sync no other succeeds"};

/// A started sync is answered, by itself or by a later one; none is answered twice, and none that
/// was not started.
inline constexpr law answers_syncs{"storage.answers_syncs",
                                   "each started sync is answered, and no other"};

}  // namespace synod::inline SYNOD_ABI::testing::storage_laws
