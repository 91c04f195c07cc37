// synod/paxos/learner_core.hpp - the pure learner: counts votes, and knows which slots are chosen.
// It holds no values.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/node_set.hpp>
#include <synod/base/slot_window.hpp>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// Votes counted for one slot.
struct tally {
    /// The highest in which a vote was seen, or the one in which the slot was chosen.
    synod::ballot ballot;
    node_set voters;  // who voted in that ballot
    bool is_chosen = false;

    friend bool operator==(const tally&, const tally&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(ballot);
        sink.add(voters);
        sink.add(is_chosen);
    }
};

}  // namespace detail

/// Knows what is chosen: in which slots, and since which ballot. The value itself is that of any
/// vote whose ballot is at least that one, so whoever keeps votes keeps the values, and this only
/// counts.
///
/// A slot has one tally, that of the highest ballot in which a vote was seen there: a vote of a
/// higher ballot starts it anew, and one of a lower ballot is not counted. That is safe, for what
/// is called chosen has a phase-2 quorum of one ballot. It may be late: a quorum of a lower ballot
/// that is completed after the first vote of a higher one goes unnoticed, and the slot is learned
/// with the quorum of the higher ballot, or from whoever learned it before (`hear`, `settle`).
class learner_core {
public:
    /// Every slot below is chosen, and its value was at hand when that became known.
    [[nodiscard]] slot next() const { return tallies_.first(); }

    /// Slots below this are known to be chosen, at hand or not.
    [[nodiscard]] slot known_below() const { return watermark_below_; }

    /// Counts a vote, unless one of a higher ballot was seen in that slot. Slots below `next()` are
    /// settled; the caller bounds how far ahead `at` may be. Returns whether the slot became chosen
    /// by it.
    template <class Policy>
    [[gnu::always_inline]] bool count(node_id from, slot at, ballot voted, Policy& policy) {
        if (at < next()) return false;
        detail::tally& here = at == tallies_.end() ? tallies_.extend() : tallies_.reach(at);
        if (here.is_chosen) return false;
        if (voted > here.ballot) {
            here.ballot = voted;
            here.voters = {};
        }
        if (!policy.rules.counts_together(here.ballot, voted)) return false;
        here.voters = policy.rules.counted(here.voters, from);
        here.is_chosen = policy.quorums.is_phase2(here.voters);
        return here.is_chosen;
    }

    /// Somebody who leads in `led` says that every slot below `below` is chosen, in `led` or an
    /// earlier ballot.
    void hear(ballot led, slot below) {
        if (below <= watermark_below_) return;
        watermark_ = led;
        watermark_below_ = below;
    }

    /// Slot `at` is chosen, in `ballot` or before.
    void settle(slot at, ballot settled_in) {
        if (at < next()) return;
        detail::tally& here = tallies_.reach(at);
        if (here.is_chosen) return;
        here.ballot = settled_in;
        here.is_chosen = true;
    }

    /// Moves past every slot that is chosen and whose vote in `votes` carries the chosen value.
    /// Returns whether it moved.
    template <class Votes, class Policy>
    [[gnu::always_inline]] bool advance(const Votes& votes, Policy& policy) {
        const slot before = next();
        while (is_next_settled(votes, policy.rules)) tallies_.drop_first();
        if (next() == before) return false;
        policy.observer.chosen(next());
        return true;
    }

    /// Whose votes for slot `at` have been counted, in the ballot that counts.
    [[nodiscard]] node_set voters(slot at) const {
        return tallies_.contains(at) ? tallies_[at].voters : node_set();
    }

    /// Whether slot `at` is known to be chosen.
    [[nodiscard]] bool is_chosen(slot at) const {
        if (at < next() || at < watermark_below_) return true;
        return tallies_.contains(at) && tallies_[at].is_chosen;
    }

    /// Moves past the slots below `below`, which are chosen; what, is known elsewhere or not at
    /// all.
    void skip(slot below) { tallies_.drop_below(below); }

    /// Starts over at `at`, below which all is known elsewhere.
    void restart(slot at) { tallies_.restart(at); }

    friend bool operator==(const learner_core&, const learner_core&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(tallies_);
        sink.add(watermark_);
        sink.add(watermark_below_);
    }

private:
    template <class Votes, class Rules>
    [[nodiscard, gnu::always_inline]] bool is_next_settled(const Votes& votes,
                                                           const Rules& rules) const {
        const slot at = next();
        if (!tallies_.empty() && tallies_[at].is_chosen &&
            rules.carries_chosen(votes.ballot_of(at), tallies_[at].ballot)) {
            return true;
        }
        return at < watermark_below_ && rules.carries_chosen(votes.ballot_of(at), watermark_);
    }

    slot_window<detail::tally> tallies_;  // starts at next()
    ballot watermark_;                    // who said so
    slot watermark_below_;                // every slot below is chosen
};

}  // namespace synod::inline SYNOD_ABI
