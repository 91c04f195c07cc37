// synod/lock/access.hpp - who may do what with which names: rights, the rules that give them, and
// the command that sets one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock {

/// What a principal may do with the names that begin so: bits of `access_rule::rights`. None
/// contains another. What gives back, keeps a session or asks after one's own requests needs no
/// right, and neither does what is done to a hold of one's own.
enum rights : std::uint8_t {
    no_rights = 0,
    may_read = 1,  // look: check_token, list_locks, read and watch, make a transaction depend on it
    may_lock = 2,  // acquire in any mode, acquire permits, ask a holder to give back, wait at gates
    may_write = 4,  // change what is there: values, counters, latches
    /// End the holds of others, set capacities and rules; for all names: whatever concerns the
    /// whole table.
    may_administer = 8,
};
inline constexpr std::uint8_t all_rights = may_read | may_lock | may_write | may_administer;

/// Longer principals are refused (name_too_long).
inline constexpr std::size_t principal_bytes_end = 128;

/// Says what a principal may do with the names that begin with a prefix. For a name the rule with
/// the longest prefix decides, alone; of two with the same prefix the one that names the principal.
/// So a rule takes rights away as well as it gives them; but who may administer all names may
/// administer each, whatever is said of that.
struct access_rule {
    std::string prefix;     // of names; empty for all
    std::string principal;  // of sessions; empty for everybody
    std::uint8_t rights = no_rights;

    friend bool operator==(const access_rule&, const access_rule&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.prefix, self.principal, self.rights);
    }
};

/// What set_acl does with a rule.
enum class access_change : std::uint8_t { put, remove };
[[nodiscard]] constexpr access_change last_of(access_change) { return access_change::remove; }

/// Puts a rule in the place of the one that has its prefix and principal, if there is one, or
/// removes that. Where there are no rules at all everybody may do everything; where there are some,
/// nobody may do what none allows. A command is judged when it runs: what is held or waited for
/// then is not taken away.
///
/// Answered by `administered`; also for a removal of what is not there. Refused: denied without
/// may_administer for the prefix or for all names, and where there would be rules and none that
/// lets somebody administer all names, so the first rule to be put and the last to be removed is
/// one of these; malformed for unknown rights; name_too_long; limit for too many rules.
struct set_acl {
    request_stamp stamp;
    access_rule rule;
    access_change change = access_change::put;

    friend bool operator==(const set_acl&, const set_acl&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp);
        self.rule.fields(self.rule, visit);
        visit(self.change);
    }
};

/// What was asked of the table as a whole is done.
struct administered {
    friend bool operator==(const administered&, const administered&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

}  // namespace synod::inline SYNOD_ABI::lock
