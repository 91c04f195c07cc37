// synod/lock/messages.hpp - what travels between a client and a replica, whether or not they share
// a process.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// A command on its way to a replica. A client has no disk whose lives had to be told apart: its
/// session is its incarnation, a position in the log that no other session ever has, and the
/// sequence in the command tells a late copy from a new wish.
struct client_request {
    cluster_id cluster;
    /// Names this transmission at its client: a new one for each, also when a command is sent
    /// again. A client that restarts behind the same address begins at a random one.
    std::uint64_t number = 0;
    bytes command;  // lock::encode(command)

    friend bool operator==(const client_request&, const client_request&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cluster);
        sink.add(number);
        sink.add(command);
    }
};

/// What became of a request at the replica that it was sent to.
enum class outcome : std::uint8_t {
    answered,         // decided; the reply is the table's
    not_leader,       // nothing was proposed; the hint, if there is one, may know better
    overloaded,       // nothing was proposed; try again later
    too_large,        // nothing was proposed, nor ever will be
    not_decided,      // was proposed, and will never be decided
    outcome_unknown,  // was proposed, and may be decided yet: send the same sequence again
    stopped,          // the replica is going down; as outcome_unknown
};
[[nodiscard]] constexpr outcome last_of(outcome) { return outcome::stopped; }

/// The answer to one `client_request`.
struct client_reply {
    cluster_id cluster;
    std::uint64_t number = 0;  // of the request
    lock::outcome outcome = lock::outcome::answered;
    bool has_hint = false;  // only with not_leader
    node_id hint;           // who leads as far as the replica knows; zero without has_hint
    bytes reply;            // lock::encode(reply); empty unless answered

    friend bool operator==(const client_reply&, const client_reply&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cluster);
        sink.add(number);
        sink.add(outcome);
        sink.add(has_hint);
        sink.add(hint);
        sink.add(reply);
    }
};

/// An event for a session of this client; sent once, by the leader.
struct client_event {
    cluster_id cluster;
    bytes event;  // lock::encode(event)

    friend bool operator==(const client_event&, const client_event&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cluster);
        sink.add(event);
    }
};

/// All that a client sends to a replica, and all that a replica sends to a client.
using to_replica = one_of<client_request>;
using to_client = one_of<client_reply, client_event>;

}  // namespace synod::inline SYNOD_ABI::lock
