// synod/lock/rules.hpp - every rule of safety of the lock table, as a function that a mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>
#include <synod/log/session_rules.hpp>

#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// Who may hold, wait, release or cancel: one tag of one session. (locks 3.2)
struct owner_id {
    session_id session;
    std::uint64_t tag = 0;

    friend auto operator<=>(const owner_id&, const owner_id&) = default;
};

/// The rules of locks.md for what the table can do; those of sessions hold for waits, too.
struct rules : session_rules {
    /// Whether a token is left after `last`. Tokens never wrap. (3.2)
    [[nodiscard]] static bool has_next_token(fencing_token last) {
        return last.counter() < fencing_token::max_counter;
    }

    /// One counter for all locks, one step for each grant. (3.2)
    [[nodiscard]] static fencing_token next_token(fencing_token last) {
        return {last.epoch(), last.counter() + 1};
    }

    /// Whether a lock with so many exclusive holders can be granted once more. (3.5)
    [[nodiscard]] static bool is_compatible(std::size_t holders) { return holders == 0; }

    /// A request waits behind every one that came before it. (3.5)
    [[nodiscard]] static bool goes_behind(const position& asked, const position& waiting) {
        return asked > waiting;
    }

    /// Nothing is granted before every timer that is due has fired: it may be the one of who would be granted. (3.5)
    [[nodiscard]] static bool may_grant(bool timers_are_due) { return !timers_are_due; }

    /// Only the owner gives its hold back; another tag or another session does not. (3.2)
    [[nodiscard]] static bool may_release(const owner_id& holder, const owner_id& asker) {
        return holder == asker;
    }

    /// Whether a leader's first entry counts: only above every leader before it. (R2)
    [[nodiscard]] static bool is_new_leader(ballot known, ballot leader) { return leader > known; }
};

}  // namespace synod::inline SYNOD_ABI::lock
