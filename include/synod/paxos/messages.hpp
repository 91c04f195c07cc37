// synod/paxos/messages.hpp - what proposers, acceptors and learners say to one another.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>

#include <vector>

namespace synod::inline SYNOD_ABI {

/// Opens every message: the cluster it belongs to, and which life of the sender's disk speaks.
struct message_header {
    cluster_id cluster;
    incarnation sender;

    friend bool operator==(const message_header&, const message_header&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cluster);
        sink.add(sender);
    }
};

/// Phase 1a: asks to promise `ballot`, and for the votes from slot `from` on. [PMS 2.2, phase 1(a)]
struct prepare {
    message_header header;
    synod::ballot ballot;
    slot from;

    friend bool operator==(const prepare&, const prepare&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(from);
    }
};

/// A vote: in slot `at`, for `value`, in `ballot`. Told to proposers and learners, and kept as a
/// record.
template <class Value>
struct vote {
    slot at;
    synod::ballot ballot;
    Value value{};

    friend bool operator==(const vote&, const vote&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(at);
        sink.add(ballot);
        sink.add(value);
    }
};

/// Phase 1b: promises `ballot` and reports every vote in the slots from `from` up to but not
/// including `next`. Unless `complete` there are votes from `next` on, which the proposer asks for
/// with another prepare. Below `first` the acceptor has forgotten its votes; that is not the same
/// as never having voted. [PMS 2.2, phase 1(b)]
template <class Value>
struct promise {
    message_header header;
    synod::ballot ballot;
    slot from;
    slot next;
    slot first;
    bool complete = false;
    std::vector<vote<Value>> votes{};

    friend bool operator==(const promise&, const promise&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(from);
        sink.add(next);
        sink.add(first);
        sink.add(complete);
        sink.add(votes);
    }
};

/// Phase 2a: asks to vote for `value` in slot `at`. Says also that every slot below `chosen_below`
/// is chosen. [PMS 2.2, phase 2(a)]
template <class Value>
struct accept {
    message_header header;
    synod::ballot ballot;
    slot at;
    slot chosen_below;
    Value value{};

    friend bool operator==(const accept&, const accept&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(at);
        sink.add(chosen_below);
        sink.add(value);
    }
};

/// Phase 2b: the sender voted in slot `at` for the value of `ballot`. [PMS 2.2, phase 2(b)]
struct accepted {
    message_header header;
    synod::ballot ballot;
    slot at;

    friend bool operator==(const accepted&, const accepted&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(ballot);
        sink.add(at);
    }
};

/// The answer to a prepare or accept of a ballot below the promise: `promised` beat `beaten`.
struct refused {
    message_header header;
    ballot beaten;
    ballot promised;

    friend bool operator==(const refused&, const refused&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(beaten);
        sink.add(promised);
    }
};

/// Asks for what the receiver knows of the slots from `from` on: an acceptor answers with `voted`,
/// a replica with `chosen`.
struct fetch {
    message_header header;
    slot from;

    friend bool operator==(const fetch&, const fetch&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(from);
    }
};

/// An acceptor's vote, with its value, for a learner that asked.
template <class Value>
struct voted {
    message_header header;
    synod::vote<Value> vote{};

    friend bool operator==(const voted&, const voted&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(vote);
    }
};

/// A chosen value, with a vote that carried it in the ballot in which it was chosen or a later one.
template <class Value>
struct chosen {
    message_header header;
    synod::vote<Value> vote{};

    friend bool operator==(const chosen&, const chosen&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(vote);
    }
};

/// The answer to a question about a slot below `first`: it was chosen, and is forgotten here.
struct forgotten {
    message_header header;
    slot first;

    friend bool operator==(const forgotten&, const forgotten&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(header);
        sink.add(first);
    }
};

/// Any message between roles.
template <class Value>
using paxos_message = one_of<accept<Value>, accepted, prepare, promise<Value>, refused, fetch,
                             voted<Value>, forgotten>;

}  // namespace synod::inline SYNOD_ABI
