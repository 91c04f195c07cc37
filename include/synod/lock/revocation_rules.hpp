// synod/lock/revocation_rules.hpp - the rules of holds that end by force, each a function that a
// mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

namespace synod::inline SYNOD_ABI::lock {

/// What nobody may put off, and which token speaks for which lock.
struct revocation_rules {
    /// Whether a further request changes when a hold ends by force: only to an earlier moment.
    /// (locks 3.6)
    [[nodiscard]] static bool brings_forward(log_time asked, log_time known) {
        return asked < known;
    }

    /// Whether who has taken the place of a hold, by an upgrade, ends by force when that would
    /// have. (locks 3.6)
    [[nodiscard]] static bool inherits_end() { return true; }

    /// Whether a token that is held is good: at the lock that was named, and where its mode covers
    /// the one asked for. (locks 3.4)
    [[nodiscard]] static bool is_good(bool is_of_lock, bool covers) { return is_of_lock && covers; }
};

}  // namespace synod::inline SYNOD_ABI::lock
