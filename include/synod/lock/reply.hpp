// synod/lock/reply.hpp - what the lock table answers, and the bytes of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/detail/one_of_codec.hpp>
#include <synod/lock/gate_replies.hpp>
#include <synod/lock/listing.hpp>
#include <synod/lock/revocation.hpp>
#include <synod/lock/value_replies.hpp>
#include <synod/lock/watch_replies.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// Why a command was refused. A refused command has changed nothing.
enum class refusal : std::uint8_t {
    malformed,             // the bytes are no command
    unsupported,           // a command, but one that this version does not carry out
    session_expired,       // no such session: it expired, was closed, or never was
    stale_sequence,        // the sequence is already acknowledged
    too_many_outstanding,  // unacknowledged replies; nothing was run: the sequence may come again
    ttl_out_of_range,      // 0, or 2^63 and above
    limit,                 // a limit of the configuration is reached
    name_empty,
    name_too_long,
    kind_mismatch,          // the name belongs to an object of another kind
    self_deadlock,          // the owner holds that lock and would wait for itself
    stale_token,            // no hold has this token any more
    not_owner,              // the hold belongs to another session or another tag
    unknown_request,        // this session has no such request, or has acknowledged it
    token_space_exhausted,  // the counter of fencing tokens is at its end
    upgrade_conflict,       // an upgrade of this lock waits already, or would wait for this one
    permits_out_of_range,   // none, or more than the semaphore has
    unknown_lock,           // nobody holds or waits for a lock of that name
    denied,                 // the access rules do not allow it
    name_repeated,          // a transaction writes it twice
    counter_overflow,       // the sum is no 64-bit number
    policy_mismatch,        // the lock has another policy, or cannot have this one
    unknown_latch,          // no latch of that name is set
    stale_generation,       // the latch has been set again
    parties_out_of_range,   // a barrier for none
    not_inside,             // the owner has not entered, or has left already
    not_leader,             // the hold is not for exclusive use
};
[[nodiscard]] constexpr refusal last_of(refusal) { return refusal::not_leader; }

/// Where a request stands.
enum class request_state : std::uint8_t {
    queued,
    granted,
    cancelled,
    timed_out,
    token_space_exhausted,
    victim,  // it was one of some who waited for each other, and gave way
    passed,  // the gate has let it through
    broken,  // a party of the barrier has given up or is dead, or the latch was set again
};
[[nodiscard]] constexpr request_state last_of(request_state) { return request_state::broken; }

/// The session is open.
struct opened {
    session_id session;
    std::uint64_t ttl_ms = 0;  // what the session really got

    friend bool operator==(const opened&, const opened&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.ttl_ms); }
};

/// The session, or the lease of a hold, is renewed.
struct kept {
    std::uint64_t remaining_ms = 0;  // of log time, counted from this command

    friend bool operator==(const kept&, const kept&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.remaining_ms); }
};

/// The session is closed and all that it held is free.
struct closed {
    friend bool operator==(const closed&, const closed&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

/// The lock is held; of several locks, the first.
struct granted {
    fencing_token token;

    friend bool operator==(const granted&, const granted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.token); }
};

/// The request waits; an event tells how it ends, and `query` does, too. The sequence of its
/// command is answered with this, so a long wait takes no room among the outstanding ones.
struct queued {
    friend bool operator==(const queued&, const queued&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

/// The lock, or one of them, is not free, and the request would not wait.
struct busy {
    friend bool operator==(const busy&, const busy&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

/// The hold is given back; `remaining` more releases are due before it ends.
struct released {
    std::uint32_t remaining = 0;

    friend bool operator==(const released&, const released&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.remaining); }
};

/// Where a request stands, and its token if it is granted; of several locks the first that was
/// granted, also once that is given back.
struct request_status {
    request_state state = request_state::queued;
    fencing_token token;  // zero unless granted

    friend bool operator==(const request_status&, const request_status&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.state, self.token); }
};

/// The request's end is forgotten, or the hold's grant is known to the client.
struct acknowledged {
    friend bool operator==(const acknowledged&, const acknowledged&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

/// The request no longer waits and will never be granted.
struct cancelled {
    friend bool operator==(const cancelled&, const cancelled&) = default;
    static void fields(auto&, auto&& visit) { visit(); }
};

/// The request was granted before the cancel came, and is still held.
struct already_granted {
    fencing_token token;

    friend bool operator==(const already_granted&, const already_granted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.token); }
};

/// The command is refused.
struct refused {
    refusal reason = refusal::malformed;

    friend bool operator==(const refused&, const refused&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.reason); }
};

/// The semaphore has the capacity that was asked for.
struct resized {
    std::uint32_t before = 0;  // what it had

    friend bool operator==(const resized&, const resized&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.before); }
};

/// A hold that cannot be given back.
struct refused_hold {
    fencing_token token;
    refusal reason = refusal::stale_token;

    friend bool operator==(const refused_hold&, const refused_hold&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.token, self.reason); }
};

/// Nothing was given back, because of these.
template <class Hold = refused_hold>
struct basic_not_released {
    std::vector<Hold> holds;  // in order of token

    friend bool operator==(const basic_not_released&, const basic_not_released&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.holds); }
};
using not_released = basic_not_released<>;

/// One who waits: a request, and the owner whose it is.
struct waiter {
    session_id session;
    std::uint64_t owner = 0;    // its tag
    std::uint64_t request = 0;  // the sequence of its acquire or convert

    friend bool operator==(const waiter&, const waiter&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.owner, self.request); }
};

/// The request would wait for ever: for somebody who waits, in so many steps, for its owner. It
/// does not wait, and nothing is held.
template <class Waiter = waiter>
struct basic_would_deadlock {
    /// Each waits for the next, and the last for the first, which is the one answered.
    std::vector<Waiter> cycle;

    friend bool operator==(const basic_would_deadlock&, const basic_would_deadlock&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.cycle); }
};
using would_deadlock = basic_would_deadlock<>;

/// Any reply. On the wire the kind is the index, so replies are only ever appended.
using reply = one_of<opened, kept, closed, granted, queued, busy, released, request_status,
                     acknowledged, cancelled, already_granted, refused, resized, not_released,
                     would_deadlock, revoking, token_checked, administered, committed,
                     condition_failed, value_read, counted, listed, latched, awaiting, passed,
                     barrier_broken, proclaimed, observed, watched, compacted, prefix_read>;

/// Turns replies into bytes and back; meets `synod::codec`.
using reply_codec = detail::one_of_codec<reply, 1>;

/// Appends `value` to `out`.
template <std::same_as<reply> Reply>
void encode(const Reply& value, byte_writer& out) {
    reply_codec{}.encode(value, out);
}

/// Reads the one reply that `from` consists of; false for anything else.
template <std::same_as<reply> Reply>
[[nodiscard]] bool decode(bytes_view from, Reply& value) {
    return detail::decode_whole<reply_codec>(from, value);
}

/// The error that a C++ caller is given for a refusal.
[[nodiscard]] constexpr errc error_of(refusal reason) {
    switch (reason) {
        case refusal::malformed: return errc::malformed;
        case refusal::unsupported: return errc::unsupported;
        case refusal::session_expired: return errc::session_expired;
        case refusal::stale_sequence: return errc::stale_sequence;
        case refusal::too_many_outstanding: return errc::too_many_outstanding;
        case refusal::ttl_out_of_range: return errc::duration_out_of_range;
        case refusal::limit: return errc::limit_reached;
        case refusal::name_empty: return errc::malformed;
        case refusal::name_too_long: return errc::too_large;
        case refusal::kind_mismatch: return errc::kind_mismatch;
        case refusal::self_deadlock: return errc::self_deadlock;
        case refusal::stale_token: return errc::stale_token;
        case refusal::not_owner: return errc::not_owner;
        case refusal::unknown_request: return errc::unknown_request;
        case refusal::token_space_exhausted: return errc::token_space_exhausted;
        case refusal::upgrade_conflict: return errc::upgrade_conflict;
        case refusal::permits_out_of_range: return errc::permits_out_of_range;
        case refusal::unknown_lock: return errc::unknown_lock;
        case refusal::denied: return errc::denied;
        case refusal::name_repeated: return errc::malformed;
        case refusal::counter_overflow: return errc::counter_overflow;
        case refusal::policy_mismatch: return errc::policy_mismatch;
        case refusal::unknown_latch: return errc::unknown_latch;
        case refusal::stale_generation: return errc::stale_generation;
        case refusal::parties_out_of_range: return errc::parties_out_of_range;
        case refusal::not_inside: return errc::not_inside;
        case refusal::not_leader: return errc::not_owner;
    }
    return errc::malformed;
}

/// The error that a C++ caller is given for a wait that has ended so. Precondition: it is not
/// queued, granted or passed.
[[nodiscard]] constexpr errc error_of(request_state ended) {
    switch (ended) {
        case request_state::timed_out: return errc::timed_out;
        case request_state::token_space_exhausted: return errc::token_space_exhausted;
        case request_state::victim: return errc::would_deadlock;
        case request_state::broken: return errc::barrier_broken;
        case request_state::passed:
        case request_state::queued:
        case request_state::granted:
        case request_state::cancelled: break;
    }
    return errc::cancelled;
}

}  // namespace synod::inline SYNOD_ABI::lock
