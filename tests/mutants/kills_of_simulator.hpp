// tests/mutants/kills_of_simulator.hpp - the promises that mistakes break in whole lock services,
// within how many seeds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace synod::mutants {

/// The promise that a mistake is to break first: a certain one, or one of a few where it is said
/// why.
class one_of_these {
public:
    template <std::convertible_to<std::string_view>... Names>
    constexpr one_of_these(Names... names) : names_{names...} {
        static_assert(sizeof...(names) >= 1 && sizeof...(names) <= 3);
    }

    /// Whether `broken` is one of these, with or without what is said of it behind a colon.
    [[nodiscard]] constexpr bool contains(std::string_view broken) const {
        const std::string_view name = broken.substr(0, broken.find(':'));
        for (const std::string_view one : names_) {
            if (!one.empty() && name == one) return true;
        }
        return false;
    }

    /// In words.
    [[nodiscard]] std::string text() const {
        std::string all(names_[0]);
        for (std::size_t i = 1; i < names_.size() && !names_[i].empty(); ++i) {
            all += " or " + std::string(names_[i]);
        }
        return all;
    }

private:
    std::array<std::string_view, 3> names_;  // empty behind the last
};

/// A mistake, within how many seeds the simulator finds it, and what the first of them that breaks
/// anything breaks.
struct simulated_kill {
    mutant which;
    std::uint64_t seeds;
    one_of_these broken;
};

/// Two values for a slot are seen in the vote that departs from what is chosen, in the vote that
/// has another value chosen, or first as replicas that differ: a flush applies what becomes chosen
/// with the votes that it syncs, and tells of those votes when it is over.
inline constexpr one_of_these agreement{"chosen_is_carried", "one_value_chosen", "replicas_agree"};

/// Half a vote gives way to the other half in one ballot, on one disk or seen over two.
inline constexpr one_of_these torn_votes{"vote_never_regresses", "one_value_per_ballot"};

/// A value that too few have voted for is seen where a message calls slots chosen, or where one
/// tells such a value, or without the vote.
inline constexpr one_of_these chosen_too_early{"chosen_is_chosen", "nothing_before_its_sync"};

/// What outlives its time is a session, a lease or a wait, a lock-delay, or a hold without its end.
inline constexpr one_of_these overdue{"nothing_is_overdue", "delays_follow_holds",
                                      "forced_ends_are_of_holds"};

/// Two commands of an entry that share an id open a session, ask for a lock or wait at a gate,
/// whichever comes first.
inline constexpr one_of_these shared_ids{"sessions_are_unique", "requests_are_unique",
                                         "passages_are_right"};

/// What a member promised and voted for before it lost its disk, whichever it is asked for first.
inline constexpr one_of_these lost_memory{"promise_never_falls", "vote_never_regresses"};

/// What the name of a lock passes for, where it should be a token.
inline constexpr one_of_these others_holds{"only_owners_release", "only_owners_renew"};

/// What a snapshot makes of a replica that restores it: another than it was, and than its peers.
inline constexpr one_of_these wrong_restore{"replicas_agree", "only_moves_forward",
                                            "no_waiter_is_lost"};

inline constexpr std::array kills_of_simulator{
    simulated_kill{mutant::m1, 20, "nothing_before_its_sync"},
    simulated_kill{mutant::m2, 20, "nothing_before_its_sync"},
    simulated_kill{mutant::m3, 100, "vote_never_regresses"},
    simulated_kill{mutant::m5, 50, agreement},
    simulated_kill{mutant::m6, 50, "nothing_before_its_sync"},
    simulated_kill{mutant::m7, 50, torn_votes},
    simulated_kill{mutant::m8, 50, chosen_too_early},
    simulated_kill{mutant::m9, 50, lost_memory},
    simulated_kill{mutant::m10, 50, agreement},
    simulated_kill{mutant::m12, 50, "reservation_never_falls"},
    simulated_kill{mutant::m13, 100, "promise_never_falls"},
    simulated_kill{mutant::m15, 50, "chosen_is_chosen"},
    simulated_kill{mutant::m16, 50, chosen_too_early},
    simulated_kill{mutant::m18, 300, agreement},
    simulated_kill{mutant::m21, 100, "replicas_agree"},
    simulated_kill{mutant::m23, 50, "replicas_agree"},
    simulated_kill{mutant::m24, 50, agreement},
    simulated_kill{mutant::m25, 100, agreement},
    simulated_kill{mutant::m26, 100, agreement},
    simulated_kill{mutant::m31, 50, chosen_too_early},
    simulated_kill{mutant::m32, 200, "histories_are_linearizable"},
    simulated_kill{mutant::m34, 300, "histories_are_linearizable"},
    simulated_kill{mutant::m38, 50, "replicas_agree"},
    simulated_kill{mutant::m46, 50, "replicas_agree"},
    simulated_kill{mutant::m47, 50, wrong_restore},
    simulated_kill{mutant::m48, 50, others_holds},
    simulated_kill{mutant::m49, 300, "failures_are_definite"},
    simulated_kill{mutant::m50, 50, wrong_restore},
    simulated_kill{mutant::m51, 100, "nothing_before_its_sync"},
    simulated_kill{mutant::m54, 300, "log_time_keeps_pace"},
    simulated_kill{mutant::m55, 50, shared_ids},
    simulated_kill{mutant::m57, 50, "only_owners_release"},
    simulated_kill{mutant::m58, 50, overdue},
    simulated_kill{mutant::m59, 100, "no_grant_to_the_dead"},
    simulated_kill{mutant::m60, 50, "queues_rise_in_position"},
    simulated_kill{mutant::m61, 100, "replicas_agree"},
    simulated_kill{mutant::m64, 50, "no_stale_write"},
};

}  // namespace synod::mutants
