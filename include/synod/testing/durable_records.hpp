// synod/testing/durable_records.hpp - what a disk has of one role, as the newest record of each
// type.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/records.hpp>
#include <synod/paxos/votes.hpp>

#include <concepts>
#include <optional>

namespace synod::inline SYNOD_ABI::testing {

/// The durable records of one role, each as the newest of its type. Has the members that
/// `paxos/invariant.hpp` asks of an acceptor.
template <std::regular Value>
class durable_records {
public:
    void keep(const identity_record& record) { identity_ = record; }
    void keep(const promise_record& record) { promised_ = record.ballot; }
    void keep(const reserve_record& record) { reserved_ = record.ballot; }
    void keep(const chosen_record& record) { chosen_below_ = record.below; }
    void keep(const forget_record& record) { votes_.forget(record.below); }
    void keep(const vote<Value>& record) {
        if (record.at >= votes_.first()) votes_.put(record.at, record.ballot, record.value);
    }

    /// Calls `sink(record)` as a storage recovers.
    template <class Sink>
    void report(Sink&& sink) const {
        if (identity_) sink(*identity_);
        if (promised_.exists()) sink(promise_record{promised_});
        if (reserved_.exists()) sink(reserve_record{reserved_});
        if (chosen_below_ != slot()) sink(chosen_record{chosen_below_});
        if (votes_.first() != slot()) sink(forget_record{votes_.first()});
        for (slot at = votes_.first(); at < votes_.end(); ++at) {
            if (votes_.ballot_of(at).exists()) sink(votes_.at(at));
        }
    }

    /// The highest ballot promised or voted in.
    [[nodiscard]] ballot promised() const {
        ballot highest = promised_;
        for (slot at = votes_.first(); at < votes_.end(); ++at) {
            if (votes_.ballot_of(at) > highest) highest = votes_.ballot_of(at);
        }
        return highest;
    }
    [[nodiscard]] const synod::votes<Value>& votes() const { return votes_; }
    [[nodiscard]] ballot reserved() const { return reserved_; }

    /// Whether the vote in slot `at` is one of `ballot` or of a later one, or is forgotten.
    [[nodiscard]] bool has_voted(slot at, ballot ballot) const {
        return at < votes_.first() || votes_.ballot_of(at) >= ballot;
    }

    /// Whether there is a vote in every slot below `below`, or it is forgotten.
    [[nodiscard]] bool has_votes_below(slot below) const {
        slot at = votes_.first();
        while (at < below && votes_.ballot_of(at).exists()) ++at;
        return at >= below;
    }

    friend bool operator==(const durable_records&, const durable_records&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(identity_.has_value());
        if (identity_) sink.add(*identity_);
        sink.add(promised_);
        sink.add(reserved_);
        sink.add(chosen_below_);
        sink.add(votes_);
    }

private:
    std::optional<identity_record> identity_;
    ballot promised_;
    ballot reserved_;
    slot chosen_below_;
    synod::votes<Value> votes_;  // none below what the forget_record says
};

}  // namespace synod::inline SYNOD_ABI::testing
