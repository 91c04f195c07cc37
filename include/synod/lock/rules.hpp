// synod/lock/rules.hpp - every rule of safety of the lock table, as a function that a mutant can
// replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/access_rules.hpp>
#include <synod/lock/administration_rules.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/gate_rules.hpp>
#include <synod/lock/queue_rules.hpp>
#include <synod/lock/revocation_rules.hpp>
#include <synod/lock/value_rules.hpp>
#include <synod/lock/watch_rules.hpp>
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

/// How many hold a lock in each mode, or how many permits of a semaphore are held.
struct holding {
    std::uint32_t shared = 0;
    std::uint32_t update = 0;
    std::uint32_t exclusive = 0;
    std::uint64_t permits = 0;

    [[nodiscard]] std::uint32_t& in(mode which) {
        if (which == mode::shared) return shared;
        return which == mode::update ? update : exclusive;
    }
    void add(mode which, std::uint32_t of_permits) {
        ++in(which);
        permits += of_permits;
    }
    void add(const holding& others) {
        shared += others.shared;
        update += others.update;
        exclusive += others.exclusive;
        permits += others.permits;
    }
    [[nodiscard]] std::uint32_t total() const { return shared + update + exclusive; }

    friend bool operator==(const holding&, const holding&) = default;
};

/// The rules of locks.md for what the table can do; those of sessions hold for waits, too.
struct rules : session_rules,
               queue_rules,
               revocation_rules,
               access_rules,
               value_rules,
               gate_rules,
               watch_rules,
               administration_rules {
    /// Whether so many tokens are left after `last`. Tokens never wrap. (locks 3.2)
    [[nodiscard]] static bool has_tokens(fencing_token last, std::uint32_t wanted) {
        return wanted <= fencing_token::max_counter - last.counter();
    }

    /// One counter for all locks, one step for each grant. (locks 3.2)
    [[nodiscard]] static fencing_token next_token(fencing_token last) {
        return {last.epoch(), last.counter() + 1};
    }

    /// Whether one may hold in `asked` beside all these: the table of modes. (locks 3.3)
    [[nodiscard]] static bool is_compatible(const holding& others, mode asked) {
        if (asked == mode::exclusive) return others.total() == 0;
        if (asked == mode::update && others.update > 0) return false;
        return others.exclusive == 0;
    }

    /// Whether so many permits can be held beside those that are. The capacity may have been
    /// lowered below what is held. (locks 3.3)
    [[nodiscard]] static bool has_permits(std::uint64_t held, std::uint32_t asked,
                                          std::uint32_t capacity) {
        return held + asked <= capacity;
    }

    /// Whether a hold in `from`, one of `held`, may ask for a stronger mode. Else two would hold,
    /// and each wait for the other. (locks 3.5)
    [[nodiscard]] static bool may_upgrade(const holding& held, mode from, bool another_waits) {
        return !another_waits && (from == mode::update || held.update == 0);
    }

    /// Whether who holds in one mode has all that another mode gives: then it may acquire that
    /// again. (locks 3.5)
    [[nodiscard]] static bool covers(mode held, mode asked) { return held >= asked; }

    /// A request waits behind every one that came before it. (locks 3.5)
    [[nodiscard]] static bool goes_behind(const position& asked, const position& waiting) {
        return asked > waiting;
    }

    /// Nothing is granted before every timer that is due has fired: it may be the one of who would
    /// be granted. (locks 3.5)
    [[nodiscard]] static bool may_grant(bool timers_are_due) { return !timers_are_due; }

    /// Only the owner gives its hold back; another tag or another session does not. (locks 3.2)
    [[nodiscard]] static bool may_release(const owner_id& holder, const owner_id& asker) {
        return holder == asker;
    }

    /// How many of the locks that its request holds a cancel gives back: all. (locks 3.5)
    [[nodiscard]] static std::uint32_t given_back(std::uint32_t held) { return held; }

    /// Whether a hold that its owner has not given back keeps standing in the way of others for its
    /// lock-delay. (locks 3.6)
    [[nodiscard]] static bool leaves_delay(std::uint64_t lock_delay_ms) {
        return lock_delay_ms != 0;
    }

    /// Whether what one client has lost does not stand in the way of another: only of the same.
    /// (locks 3.6)
    [[nodiscard]] static bool may_reclaim(const client_uuid& lost, const client_uuid& asker) {
        return lost == asker;
    }

    /// Of those who wait for each other the youngest gives way, but where another priority decides:
    /// that undoes least. (locks 3.7)
    [[nodiscard]] static bool gives_way_before(const position& one, const position& other) {
        return one > other;
    }

    /// Whether a leader's first entry counts: only above every leader before it. (locks R2)
    [[nodiscard]] static bool is_new_leader(ballot known, ballot leader) { return leader > known; }
};

}  // namespace synod::inline SYNOD_ABI::lock
