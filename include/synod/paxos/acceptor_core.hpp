// synod/paxos/acceptor_core.hpp - the pure acceptor: one promise for all slots, and a vote per
// slot.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/observer.hpp>
#include <synod/paxos/records.hpp>
#include <synod/paxos/votes.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Promises and votes. Decides only: records and messages go to the `output` that each call is
/// lent.
template <std::regular Value>
class acceptor_core {
public:
    using value_type = Value;

    /// Phase 1b. Answers with a promise and the votes from the slot asked for, or with the ballot
    /// that stands in the way. Complexity: linear in the votes reported, which
    /// limits().votes_per_answer bounds.
    template <class Output>
    [[gnu::cold]] void receive(node_id from, const prepare& message, Output& out) {
        if (out.rules().may_promise(promised_, message.ballot)) {
            promised_ = message.ballot;
            out.append(promise_record{promised_});
            out.observer().promised(promised_);
        } else if (!out.rules().may_repeat_promise(promised_, message.ballot)) {
            return refuse(from, message.ballot, out);
        }
        out.send(from, answer(message, out));
    }

    /// Phase 2b. Votes, unless a higher ballot is promised or the slot is out of reach; a repeated
    /// request is answered again.
    template <class Output>
    [[gnu::always_inline]] void receive(node_id from, accept<Value>&& message, Output& out) {
        if (!out.rules().may_accept(promised_, message.ballot)) {
            return refuse(from, message.ballot, out);
        }
        if (!may_remember(from, message.at, out)) return;
        if (votes_.ballot_of(message.at) != message.ballot) {
            keep(votes_.put(message.at, message.ballot, std::move(message.value)), out);
            out.observer().accepted(message.at, message.ballot);
        }
        out.send(from, accepted{out.header(), message.ballot, message.at});
    }

    /// Takes over a value that is already chosen, with the ballot of the vote that carried it,
    /// unless the vote here is at least as recent and so carries the same value. Safe whatever is
    /// promised: every higher ballot proposes this value, too. [PMS 2.2, P2]
    template <class Output>
    [[gnu::cold]] void learn(node_id from, vote<Value>&& known, Output& out) {
        if (out.rules().carries_chosen(votes_.ballot_of(known.at), known.ballot)) return;
        if (!may_remember(from, known.at, out)) return;
        keep(votes_.put(known.at, known.ballot, std::move(known.value)), out);
    }

    /// Replays a record of this acceptor; other records are none of its business.
    void recover(const promise_record& record) { raise(record.ballot); }
    void recover(const forget_record& record) { forget(record.below); }
    [[gnu::cold]] void recover(const vote<Value>& record) {
        raise(record.ballot);
        if (record.at >= votes_.first()) votes_.put(record.at, record.ballot, record.value);
    }

    /// Drops the votes below `below`, which the caller knows to be chosen and no longer needed.
    void forget(slot below) { votes_.forget(below); }

    [[nodiscard]] ballot promised() const { return promised_; }
    [[nodiscard]] const synod::votes<Value>& votes() const { return votes_; }

    friend bool operator==(const acceptor_core&, const acceptor_core&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(promised_);
        sink.add(votes_);
    }

private:
    void raise(ballot seen) {
        if (seen > promised_) promised_ = seen;
    }

    template <class Output>
    [[gnu::noinline, gnu::cold]] void refuse(node_id from, ballot beaten, Output& out) {
        out.observer().refused(from, refusal::promised_higher);
        out.send(from, refused{out.header(), beaten, promised_});
    }

    template <class Output>
    bool may_remember(node_id from, slot at, Output& out) {
        const bool is_kept = !out.rules().is_forgotten(at, votes_.first());
        if (is_kept && at - votes_.first() < out.limits().retained) return true;
        turn_away(from, is_kept, out);
        return false;
    }

    template <class Output>
    [[gnu::noinline, gnu::cold]] void turn_away(node_id from, bool is_kept, Output& out) {
        if (is_kept) return out.observer().refused(from, refusal::beyond_window);
        out.observer().refused(from, refusal::forgotten_slot);
        out.send(from, forgotten{out.header(), votes_.first()});
    }

    template <class Output>
    [[gnu::always_inline]] void keep(const vote<Value>& cast, Output& out) {
        promised_ = out.rules().promise_after_vote(promised_, cast.ballot);
        out.append(cast);
    }

    template <class Output>
    [[gnu::cold]] promise<Value> answer(const prepare& message, Output& out) const {
        promise<Value> reply{out.header(), promised_, message.from, message.from, votes_.first(),
                             true,         {}};
        const slot first = message.from < votes_.first() ? votes_.first() : message.from;
        std::size_t count = 0;
        for (reply.next = first; reply.next < votes_.end(); ++reply.next) {
            reply.complete = count < out.limits().votes_per_answer;
            if (!reply.complete) break;
            if (votes_.ballot_of(reply.next).exists()) ++count;
        }
        reply.votes = std::vector<vote<Value>>(count);
        vote<Value>* reported = reply.votes.data();
        for (slot at = first; at < reply.next; ++at) {
            if (!votes_.ballot_of(at).exists()) continue;
            *reported++ = out.rules().reported(votes_.at(at), promised_);
        }
        return reply;
    }

    ballot promised_;  // never falls; at least the ballot of every vote cast here
    synod::votes<Value> votes_;
};

}  // namespace synod::inline SYNOD_ABI
