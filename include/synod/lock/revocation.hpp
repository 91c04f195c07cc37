// synod/lock/revocation.hpp - holds that others ask for, or end: the commands, their replies, the
// events, and what is kept of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/mode.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock {

/// What becomes of a hold that is asked for and not given back.
enum class revocation : std::uint8_t {
    cooperative,  // nothing: its owner gives it back, or does not
    forced,       // it ends when the grace is over
};
[[nodiscard]] constexpr revocation last_of(revocation) { return revocation::forced; }

/// Longer reasons are refused.
inline constexpr std::size_t revoke_reason_end = 256;

/// Asks who holds to give back: one hold by its token, or all holds of a lock or semaphore by its
/// name. Each of their sessions is told, by revoke_requested. Answered by `revoking`, or `refused`:
/// name_empty for neither token nor name, malformed for both, stale_token, unknown_lock,
/// ttl_out_of_range for a grace of 2^63 and above, limit for a reason that is too long.
///
/// When `forced`, a hold that is not given back before ends when the grace is over, wholly, however
/// often it was acquired, as if its lease had run out: with its session's lock-delay. No renewal,
/// no new leader, no later request and no upgrade puts that off; an earlier one brings it forward,
/// and no grace at all ends it at once. An upgrade that waits for the hold ends with it, as
/// cancelled. (locks 3.6)
struct request_revoke {
    request_stamp stamp;
    fencing_token token;         // zero where the name says which
    std::string name;            // of the lock; empty where the token says which
    std::string reason;          // any bytes, for whoever holds
    std::uint64_t grace_ms = 0;  // log time
    revocation how = revocation::cooperative;

    friend bool operator==(const request_revoke&, const request_revoke&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.token, self.name, self.reason, self.grace_ms, self.how);
    }
};

/// Ends a hold at once, wholly, whoever holds, and with its session's lock-delay. Its session is
/// told by whom, by hold_revoked. Answered by `released` or `refused` (stale_token). (locks 3.6)
struct force_release {
    request_stamp stamp;
    fencing_token token;

    friend bool operator==(const force_release&, const force_release&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.token); }
};

/// Asks whether a token is that of a hold of this lock, in this mode or a stronger one: for a
/// resource that is shown tokens and cannot compare them, such as those of permits, for which the
/// mode does not matter. Of whichever session; the answer is true when the command is applied, and
/// may be over when it arrives. Answered by `token_checked`.
struct check_token {
    request_stamp stamp;
    std::string name;  // of the lock or semaphore
    fencing_token token;
    lock::mode mode = lock::mode::exclusive;

    friend bool operator==(const check_token&, const check_token&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.name, self.token, self.mode);
    }
};

/// So many holds are asked for, or have ended already for want of any grace.
struct revoking {
    std::uint32_t holds = 0;

    friend bool operator==(const revoking&, const revoking&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.holds); }
};

/// Whether a token is that of a hold.
enum class validity : std::uint8_t { stale, valid };
[[nodiscard]] constexpr validity last_of(validity) { return validity::valid; }

/// What a token was good for when it was looked at.
struct token_checked {
    validity is = validity::stale;

    friend bool operator==(const token_checked&, const token_checked&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.is); }
};

/// Somebody asks for a hold of this session. What is told is what will happen: where an earlier
/// request ends the hold by force, that is told again.
struct revoke_requested {
    session_id session;
    fencing_token token;
    session_id by;       // who asks
    std::string reason;  // of whoever asks
    /// Of log time: until the hold ends by force, or else until it is wanted.
    std::uint64_t remaining_ms = 0;
    revocation how = revocation::cooperative;

    friend bool operator==(const revoke_requested&, const revoke_requested&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.session, self.token, self.by, self.reason, self.remaining_ms, self.how);
    }
};

/// A hold of this session was ended by force.
struct hold_revoked {
    session_id session;
    fencing_token token;
    session_id by;            // who has asked for that
    std::string principal{};  // as whom that session acted

    friend bool operator==(const hold_revoked&, const hold_revoked&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.session, self.token, self.by, self.principal);
    }
};

/// When a hold ends by force.
struct forced_end {
    fencing_token token;  // of the hold
    log_time deadline;
    session_id by;            // who has asked for that, and may be gone
    std::string principal{};  // as whom that session acted

    friend bool operator==(const forced_end&, const forced_end&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.token, self.deadline, self.by, self.principal);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
