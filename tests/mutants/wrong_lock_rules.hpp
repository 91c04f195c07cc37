// tests/mutants/wrong_lock_rules.hpp - the rules of locks, and a clock that they ought not to look
// at.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/lock/rules.hpp>
#include <synod/log/log_time.hpp>

#include "mutants/mutant.hpp"

#include <cstdint>
#include <optional>

namespace synod::mutants {

/// What a replica's own clock shows while it applies, in milliseconds. Whoever runs replicas side
/// by side sets it before each input; where nobody does, it shows nothing that two of them agree
/// on.
inline for_a_run<std::optional<std::uint64_t>> own_clock_shows;

[[nodiscard]] inline std::uint64_t own_clock() {
    static for_a_run<std::uint64_t> reads;
    if (const auto shown = *own_clock_shows) return *shown;
    return ++*reads / 5 % 40;
}

[[nodiscard]] inline std::uint64_t hash_of(const position& one) { return fingerprint_of(one).low; }

struct wrong_lock_rules : lock::rules {
    [[nodiscard]] static bool is_over(log_time deadline, log_time now) {
        if (is(mutant::m38)) now = now + own_clock();
        if (is(mutant::m58)) deadline = deadline + 500;
        return lock::rules::is_over(deadline, now);
    }
    [[nodiscard]] static bool goes_behind(const position& asked, const position& waiting) {
        return !is(mutant::m60) && lock::rules::goes_behind(asked, waiting);
    }
    [[nodiscard]] static bool may_grant(bool timers_are_due) {
        return is(mutant::m59) || lock::rules::may_grant(timers_are_due);
    }
    [[nodiscard]] static bool may_release(const lock::owner_id& holder,
                                          const lock::owner_id& asker) {
        if (is(mutant::m48) || is(mutant::m57)) return true;
        return lock::rules::may_release(holder, asker);
    }
    [[nodiscard]] static std::uint32_t given_back(std::uint32_t held) {
        return is(mutant::m62) ? 1 : lock::rules::given_back(held);
    }
    [[nodiscard]] static bool gives_way_before(const position& one, const position& other) {
        if (is(mutant::m63)) return hash_of(one) > hash_of(other);
        return lock::rules::gives_way_before(one, other);
    }
    [[nodiscard]] static bool may_be_overtaken(std::uint32_t bypassed, std::uint32_t most) {
        return is(mutant::overtaking) || lock::rules::may_be_overtaken(bypassed, most);
    }
    [[nodiscard]] static bool is_new_leader(ballot known, ballot leader) {
        return is(mutant::m53) ? leader != known : lock::rules::is_new_leader(known, leader);
    }
};

}  // namespace synod::mutants
