// synod/lock/event.hpp - what the lock table tells a session of its own accord, and the bytes of
// it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>
#include <synod/lock/detail/one_of_codec.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/revocation.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// A request that waited is granted. Sent to its session only, so a release wakes nobody else.
struct wait_granted {
    session_id session;
    std::uint64_t request = 0;  // the sequence of its acquire or convert
    fencing_token token;

    friend bool operator==(const wait_granted&, const wait_granted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.request, self.token); }
};

/// A request that waited has ended without a grant, and not by a cancel: an upgrade also with the
/// hold that it was for; or a gate has let it through. How it ended is kept until `acknowledge`.
struct wait_ended {
    session_id session;
    std::uint64_t request = 0;                       // the sequence of its command
    request_state state = request_state::timed_out;  // neither queued nor granted

    friend bool operator==(const wait_ended&, const wait_ended&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.request, self.state); }
};

/// A session has expired, and its holds and requests with it. A session that is closed is told so
/// by its reply.
struct session_ended {
    session_id session;

    friend bool operator==(const session_ended&, const session_ended&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session); }
};

/// The lease of a hold has ended, and the hold with it. Sent to the session that held. Whoever
/// misses this learns it by renewing, which is refused (stale_token).
struct hold_ended {
    session_id session;
    fencing_token token;

    friend bool operator==(const hold_ended&, const hold_ended&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.token); }
};

/// A request that waited gives way to others, for it and they would have waited for each other for
/// ever. It has ended, as `victim`; that is kept until `acknowledge`.
template <class Waiter = waiter>
struct basic_wait_deadlocked {
    session_id session;
    std::uint64_t request = 0;  // the sequence of its acquire or convert
    std::vector<Waiter> cycle;  // as in would_deadlock

    friend bool operator==(const basic_wait_deadlocked&, const basic_wait_deadlocked&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.session, self.request, self.cycle); }
};
using wait_deadlocked = basic_wait_deadlocked<>;

/// Any event. Events are hints: one may be lost on its way, and `query`, or a renewal, tells the
/// same. On the wire the kind is the index, so events are only ever appended.
using event = one_of<wait_granted, wait_ended, session_ended, hold_ended, wait_deadlocked,
                     revoke_requested, hold_revoked>;

/// Turns events into bytes and back; meets `synod::codec`.
using event_codec = detail::one_of_codec<event, 1>;

/// Appends `value` to `out`.
template <std::same_as<event> Event>
void encode(const Event& value, byte_writer& out) {
    event_codec{}.encode(value, out);
}

/// Reads the one event that `from` consists of; false for anything else.
template <std::same_as<event> Event>
[[nodiscard]] bool decode(bytes_view from, Event& value) {
    return detail::decode_whole<event_codec>(from, value);
}

/// The session that an event is for.
template <std::same_as<event> Event>
[[nodiscard]] session_id session_of(const Event& value) {
    return visit([](const auto& one) { return one.session; }, value);
}

}  // namespace synod::inline SYNOD_ABI::lock
