// synod/paxos/observer.hpp - who watches a role: named protocol events, which cost nothing when
// nobody does.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>

#include <concepts>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// Why a message changed nothing.
enum class refusal {
    wrong_cluster,      // it names another cluster
    unknown_sender,     // the sender is no member
    wrong_incarnation,  // an old life of the sender's disk, or one not admitted
    invalid_ballot,     // no proposer makes such a ballot, or the sender is not its proposer
    invalid_slot,       // slots that contradict one another
    promised_higher,    // a higher ballot is promised
    forgotten_slot,     // the slot was chosen and is forgotten
    beyond_window,      // the slot is further ahead than this node may remember
    stale_reply,        // an answer to a question that is no longer asked
    malformed,          // its value cannot be one of this log
    too_large,          // it asks for more than is ever taken at once
    unexpected,         // this role has no use for such a message, or has none now
};

/// The default observer: sees everything, does nothing. Derive from it and hide what you want to
/// see.
struct silent_observer {
    /// A message from `from` was refused.
    static void refused(node_id /*from*/, refusal /*why*/) {}
    /// This acceptor promised.
    static void promised(ballot /*promised*/) {}
    /// This acceptor voted.
    static void accepted(slot /*at*/, ballot /*voted*/) {}
    /// This learner knows every slot below `below` to be chosen.
    static void chosen(slot /*below*/) {}
    /// This proposer finished phase 1.
    static void elected(ballot /*leading*/) {}
    /// This proposer gave `led` up.
    static void stepped_down(ballot /*led*/) {}
    /// This replica applied slot `at`.
    static void applied(slot /*at*/) {}
    /// This node needs slots that one whom it asked has forgotten.
    static void fell_behind(slot /*needed*/, slot /*first_kept*/) {}
    /// The storage failed; the role stays silent until it is rebuilt.
    static void failed(const std::error_code& /*error*/) {}

    friend bool operator==(const silent_observer&, const silent_observer&) = default;
};

namespace detail {

template <class O>
concept sees_refusals = requires(O& observer, node_id from) { observer.refused(from, refusal{}); };

template <class O>
concept sees_acceptors = requires(O& observer, slot at, ballot which) {
    observer.promised(which);
    observer.accepted(at, which);
};

template <class O>
concept sees_learners = requires(O& observer, slot at) {
    observer.chosen(at);
    observer.applied(at);
    observer.fell_behind(at, at);
};

template <class O>
concept sees_leaders = requires(O& observer, ballot which) {
    observer.elected(which);
    observer.stepped_down(which);
};

template <class O>
concept sees_failures =
    requires(O& observer, const std::error_code& error) { observer.failed(error); };

}  // namespace detail

/// Is told of protocol events while a role decides.
/// - It must not call the role back, and should return quickly.
template <class O>
concept observer = detail::sees_refusals<O> && detail::sees_acceptors<O> &&
                   detail::sees_learners<O> && detail::sees_leaders<O> && detail::sees_failures<O>;

}  // namespace synod::inline SYNOD_ABI
