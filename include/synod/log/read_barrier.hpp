// synod/log/read_barrier.hpp - reads that wait until their leader is known to have led when they
// were asked for.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>
#include <synod/base/queue.hpp>

#include <array>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// The heartbeats of a leader, numbered, and the reads that wait for answers to one sent after they
/// came. One round of heartbeats serves every read that waits for it.
class read_barrier {
public:
    /// Forgets all answers and reads.
    void restart() {
        waiting_.clear();
        answered_.fill(sent_);
    }

    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

    /// A read was asked for while every slot below `index` was chosen.
    ticket ask(slot index) {
        const ticket issued(next_ticket_++);
        waiting_.push_back({issued, sent_ + 1, index});
        return issued;
    }

    /// Whether a read waits for a heartbeat that is not sent yet, and no round before it is still
    /// on its way.
    [[nodiscard]] bool wants_round() const {
        return !waiting_.empty() && waiting_.front().needs > sent_;
    }

    /// The number of the heartbeat sent now.
    std::uint64_t next_round() { return ++sent_; }

    /// `from` answered heartbeat `sequence`. Returns false for an answer to one that was never
    /// sent.
    bool hear(node_id from, std::uint64_t sequence) {
        if (sequence > sent_) return false;
        std::uint64_t& latest = answered_[from.value()];
        if (sequence > latest) latest = sequence;
        return true;
    }

    /// Takes out the reads that are confirmed by a phase-2 quorum and whose slots are applied,
    /// handing each ticket to `take`. `self` needs no answer to itself.
    template <class Policy, class Take>
    void release(node_id self, slot applied_below, slot barrier, Policy& policy, Take&& take) {
        if (waiting_.empty() || !policy.rules.may_read(applied_below, barrier)) return;
        while (!waiting_.empty() && waiting_.front().index <= applied_below &&
               policy.quorums.is_phase2(confirming(self, waiting_.front().needs, policy))) {
            take(waiting_.front().ticket);
            waiting_.pop_front();
        }
    }

    /// Takes out all reads, unanswered.
    template <class Take>
    void abandon(Take&& take) {
        for (; !waiting_.empty(); waiting_.pop_front()) take(waiting_.front().ticket);
    }

    friend bool operator==(const read_barrier&, const read_barrier&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(waiting_);
        sink.add(sent_);
        sink.add(answered_);
        sink.add(next_ticket_);
    }

private:
    static constexpr std::uint64_t first_ticket = std::uint64_t{1}
                                                  << 63U;  // above those of commands

    struct read {
        synod::ticket ticket;
        std::uint64_t needs = 0;  // an answer to this heartbeat or a later one
        slot index;               // applied before the read is answered

        friend bool operator==(const read&, const read&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(ticket);
            sink.add(needs);
            sink.add(index);
        }
    };

    template <class Policy>
    [[nodiscard]] node_set confirming(node_id self, std::uint64_t needed, Policy& policy) const {
        node_set set{self};
        for (const node_id node : policy.quorums.members()) {
            if (policy.rules.confirms(answered_[node.value()], needed)) set.insert(node);
        }
        return set;
    }

    queue<read> waiting_;                              // both numbers rise
    std::uint64_t sent_ = 0;                           // the last heartbeat
    std::array<std::uint64_t, max_nodes> answered_{};  // by node: the latest heartbeat it answered
    std::uint64_t next_ticket_ = first_ticket;
};

}  // namespace synod::inline SYNOD_ABI
