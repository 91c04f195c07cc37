// synod/paxos/records.hpp - what a node must not forget.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/messages.hpp>

namespace synod::inline SYNOD_ABI {

/// The first record of every storage: whose it is. A storage without one has never held a node.
struct identity_record {
    cluster_id cluster;
    node_id node;
    synod::incarnation incarnation;

    friend bool operator==(const identity_record&, const identity_record&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cluster);
        sink.add(node);
        sink.add(incarnation);
    }
};

/// An acceptor promised `ballot`.
struct promise_record {
    synod::ballot ballot;

    friend bool operator==(const promise_record&, const promise_record&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(ballot);
    }
};

/// A proposer may have used `ballot`, and never uses it again.
struct reserve_record {
    synod::ballot ballot;

    friend bool operator==(const reserve_record&, const reserve_record&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(ballot);
    }
};

/// Every slot below `below` is chosen, and its value is that of the vote kept here. A hint, written
/// now and then: it saves asking the others after a restart.
struct chosen_record {
    slot below;

    friend bool operator==(const chosen_record&, const chosen_record&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(below);
    }
};

/// The votes in slots below `below` are given up. Durable before they are: a slot that was
/// forgotten must not look like one that nobody voted in.
struct forget_record {
    slot below;

    friend bool operator==(const forget_record&, const forget_record&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(below);
    }
};

/// A list of types of records.
template <class... Records>
struct record_types {};

/// The records of a log of `Value`: a storage is a template over such a set. Of the types in
/// `latest` only the newest record counts. The vote itself is the record of a vote: it implies the
/// promise of its ballot, so the two cannot be torn apart.
template <class Value>
struct records {
    using vote = synod::vote<Value>;
    using latest =
        record_types<identity_record, promise_record, reserve_record, chosen_record, forget_record>;
};

}  // namespace synod::inline SYNOD_ABI
