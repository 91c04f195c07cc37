// synod/log/messages.hpp - what replicas say to one another beside the words of the roles.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/one_of.hpp>
#include <synod/log/entry.hpp>
#include <synod/paxos/messages.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// The leader of `ballot` is there. `sequence` numbers its heartbeats, so that an answer names the
/// one it answers.
struct heartbeat {
    message_header header;
    synod::ballot ballot;
    std::uint64_t sequence = 0;
    slot chosen_below;   // every slot below is chosen
    slot applied_below;  // every member has applied, durably, every slot below

    friend bool operator==(const heartbeat&, const heartbeat&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(sequence);
        sink.add(chosen_below);
        sink.add(applied_below);
    }
};

/// The sender had promised nothing above `ballot` when heartbeat `sequence` reached it.
struct heartbeat_reply {
    message_header header;
    synod::ballot ballot;
    std::uint64_t sequence = 0;
    slot applied_below;  // the sender has applied, durably, every slot below

    friend bool operator==(const heartbeat_reply&, const heartbeat_reply&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(sequence);
        sink.add(applied_below);
    }
};

/// Would the receiver want a new leader? Asked before a ballot is raised, so that a node which only
/// thinks that the leader is gone deposes nobody.
struct probe {
    message_header header;
    std::uint64_t sequence = 0;

    friend bool operator==(const probe&, const probe&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(sequence);
    }
};

/// It would: it has heard neither a leader nor a candidate for an election timeout. `promised`
/// tells which ballot must be exceeded. A node that would not says nothing.
struct probe_reply {
    message_header header;
    std::uint64_t sequence = 0;
    ballot promised;

    friend bool operator==(const probe_reply&, const probe_reply&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(sequence);
        sink.add(promised);
    }
};

/// The leader of `ballot` asks the receiver to take over at once.
struct transfer {
    message_header header;
    synod::ballot ballot;

    friend bool operator==(const transfer&, const transfer&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
    }
};

/// Any message between replicas; the two of every round come first.
using replica_message =
    one_of<accept<entry>, accepted, heartbeat, heartbeat_reply, prepare, promise<entry>, refused,
           probe, probe_reply, fetch, chosen<entry>, forgotten, transfer>;

}  // namespace synod::inline SYNOD_ABI
