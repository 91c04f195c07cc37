// synod/client/policy.hpp - the client's rules of safety, each a function that a mutant can
// replace, and who is told of what.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::client {

/// Why a message that came to a client was not looked at further. It has changed nothing.
enum class refusal : std::uint8_t {
    unknown_sender,  // no replica of the cluster
    wrong_cluster,
    unknown_number,    // answers nothing that is on its way; late answers are such
    malformed,         // its bytes are no reply and no event
    unexpected_reply,  // a reply that its command cannot have
    other_session,     // an event of a session that is not the current one
};

/// What keeps a client from believing that it holds what it does not. (locks R4)
struct rules {
    /// A renewal counts from its first transmission: the service may have acted on that one, and
    /// only the resend was answered.
    [[nodiscard]] static instant renewed_at(instant first_sent, instant /*last_sent*/) {
        return first_sent;
    }

    /// A lease is relied on while now < safe_until. What arrives later is lost, whatever it says.
    [[nodiscard]] static bool is_safe(instant now, instant safe_until) { return now < safe_until; }

    /// What became of a command whose session has expired. What was never sent had no effect. Of
    /// what was, also if that was once, a copy may have been carried out before: transports may
    /// repeat a message.
    [[nodiscard]] static errc end_of(bool was_sent) {
        return was_sent ? errc::outcome_unknown : errc::session_expired;
    }
};

/// Told what happens to a session, from within its inputs. This one does nothing, and costs
/// nothing.
struct silent_observer {
    /// A message was not looked at further.
    void refused(node_id /*from*/, refusal /*why*/) {}
    /// A command was sent to a replica, for the first time or again.
    void sent(node_id /*to*/) {}
    /// The service has opened a session, and its lease has begun.
    void opened(session_id /*session*/, instant /*now*/) {}
    /// A renewal was acknowledged. The lease is relied on until `safe_until`, which may be past,
    /// and never falls while the session lives.
    void renewed(instant /*safe_until*/, instant /*now*/) {}
    /// The lease has run out by the client's own clock, and its holds are lost; the service may
    /// still keep the session. Told once, until a renewal makes the lease safe again.
    void lapsed(instant /*now*/) {}
    /// The service has ended the session.
    void expired(session_id /*session*/, instant /*now*/) {}
};

/// What a client's core may have replaced.
template <class Rules = rules, class Observer = silent_observer>
struct policy {
    [[no_unique_address]] Rules rules{};
    [[no_unique_address]] Observer observer{};
};

}  // namespace synod::inline SYNOD_ABI::client
