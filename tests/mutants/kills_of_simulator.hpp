// tests/mutants/kills_of_simulator.hpp - the promises that mistakes break in whole lock services, within how many seeds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "mutants/mutant.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace synod::mutants {

/// The promise that a mistake is to break first: a certain one, or either of two where it is said why.
class either_of {
public:
    template <std::convertible_to<std::string_view> Name>
    constexpr either_of(Name only) : either_of(only, only) {}
    constexpr either_of(std::string_view one, std::string_view other) : names_{one, other} {}

    /// Whether `broken` is one of these, with or without what is said of it behind a colon.
    [[nodiscard]] constexpr bool contains(std::string_view broken) const {
        const std::string_view name = broken.substr(0, broken.find(':'));
        return name == names_[0] || name == names_[1];
    }

    /// In words.
    [[nodiscard]] std::string text() const {
        const std::string all(names_[0]);
        return names_[0] == names_[1] ? all : all + " or " + std::string(names_[1]);
    }

private:
    std::array<std::string_view, 2> names_;  // twice the same when there is one
};

/// A mistake, within how many seeds the simulator finds it, and what the first of them that breaks anything breaks.
struct simulated_kill {
    mutant which;
    std::uint64_t seeds;
    either_of broken;
};

/// Two values chosen for a slot are seen as votes, or first as replicas that differ: a flush applies what becomes chosen with the votes
/// that it syncs, and tells of those votes when it is over.
inline constexpr either_of agreement{"one_value_chosen", "replicas_agree"};

/// Whether a hold has a token above the newest is looked at before whether the newest has fallen, and not every time is there such a hold.
inline constexpr either_of falling_tokens{"held_tokens_are_issued_once", "only_moves_forward"};

inline constexpr std::array kills_of_simulator{
    simulated_kill{mutant::m1, 20, "nothing_before_its_sync"},
    simulated_kill{mutant::m2, 20, "nothing_before_its_sync"},
    simulated_kill{mutant::m3, 100, agreement},
    simulated_kill{mutant::m5, 50, agreement},
    simulated_kill{mutant::m6, 50, "nothing_before_its_sync"},
    simulated_kill{mutant::m7, 50, "one_value_per_ballot"},
    simulated_kill{mutant::m8, 50, "nothing_before_its_sync"},
    simulated_kill{mutant::m9, 300, agreement},
    simulated_kill{mutant::m10, 50, agreement},
    simulated_kill{mutant::m11, 100, agreement},
    simulated_kill{mutant::m12, 300, "ballot_never_reused"},
    simulated_kill{mutant::m13, 100, agreement},
    simulated_kill{mutant::m15, 50, "chosen_is_chosen"},
    simulated_kill{mutant::m16, 50, "chosen_is_chosen"},
    simulated_kill{mutant::m18, 300, agreement},
    simulated_kill{mutant::m21, 100, "replicas_agree"},
    simulated_kill{mutant::m23, 50, "replicas_agree"},
    simulated_kill{mutant::m24, 50, agreement},
    simulated_kill{mutant::m25, 100, agreement},
    simulated_kill{mutant::m26, 100, agreement},
    simulated_kill{mutant::m31, 50, "chosen_is_chosen"},
    simulated_kill{mutant::m32, 200, "histories_are_linearizable"},
    simulated_kill{mutant::m34, 300, "histories_are_linearizable"},
    simulated_kill{mutant::m38, 50, "replicas_agree"},
    simulated_kill{mutant::m46, 50, "replicas_agree"},
    simulated_kill{mutant::m47, 50, falling_tokens},
    simulated_kill{mutant::m48, 50, "only_owners_release"},
    simulated_kill{mutant::m49, 300, "failures_are_definite"},
    simulated_kill{mutant::m50, 50, "replicas_agree"},
    simulated_kill{mutant::m51, 100, "nothing_before_its_sync"},
    simulated_kill{mutant::m54, 300, "log_time_keeps_pace"},
    simulated_kill{mutant::m55, 50, "sessions_are_unique"},
    simulated_kill{mutant::m57, 50, "only_owners_release"},
    simulated_kill{mutant::m58, 50, "nothing_is_overdue"},
    simulated_kill{mutant::m59, 100, "no_grant_to_the_dead"},
    simulated_kill{mutant::m60, 50, "queues_rise_in_position"},
    simulated_kill{mutant::m64, 50, "no_stale_write"},
    simulated_kill{mutant::m65, 300, "nothing_before_its_sync"},
};

}  // namespace synod::mutants
