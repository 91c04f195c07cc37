// synod/paxos/proposer_core.hpp - the pure proposer: wins a ballot, and is bound by the votes it
// finds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/node_set.hpp>
#include <synod/base/slot_window.hpp>
#include <synod/paxos/observer.hpp>
#include <synod/paxos/records.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Phase 1, once for all slots from some slot on. What to propose then, and when to try again, is
/// for the caller.
template <std::regular Value>
class proposer_core {
public:
    enum class phase : std::uint8_t { idle, preparing, leading };

    [[nodiscard]] phase current() const { return phase_; }
    [[nodiscard]] bool is_leading() const { return phase_ == phase::leading; }
    /// The ballot of the latest attempt.
    [[nodiscard]] ballot attempt() const { return attempt_; }

    /// Begins phase 1 with a new ballot, for the slots from `from` on. The ballot is reserved by a
    /// record staged before the prepares, so that they rest on it. Does nothing when no ballot is
    /// left. [PMS 2.2, phase 1(a)]
    template <class Output>
    [[gnu::cold]] void start(slot from, Output& out) {
        const ballot next = out.policy().ballots.next(highest_round_, out.group().self());
        if (!next.exists()) return;
        attempt_ = next;
        highest_round_ = attempt_.round();
        phase_ = phase::preparing;
        from_ = from;
        complete_ = {};
        covered_.fill(from);
        first_kept_ = from;
        best_.restart(from);
        out.append(reserve_record{attempt_});
        ask_again(out);
    }

    /// Sends the prepare to every acceptor that has not reported all of its votes, from where its
    /// last report ended.
    template <class Output>
    void ask_again(Output& out) {
        if (phase_ != phase::preparing) return;
        for (const node_id to : out.policy().quorums.members() - complete_) ask(to, out);
    }

    /// Whether a promise is the one that is waited for, and says nothing impossible; the observer
    /// hears why not. A report counts where the last one of that acceptor ended, so that none is
    /// counted twice and none is missed.
    template <class Output>
    [[nodiscard, gnu::cold]] bool admits(node_id from, const promise<Value>& message, Output& out) {
        const bool is_awaited =
            phase_ == phase::preparing && out.rules().counts_promise(attempt_, message.ballot) &&
            out.policy().quorums.members().contains(from) &&
            message.from == covered_[from.value()] && message.next >= message.from;
        if (!is_awaited) out.observer().refused(from, refusal::stale_reply);
        return is_awaited && is_sane(from, message, out);
    }

    /// Counts a promise if it is admitted. Returns whether phase 1 ended with it.
    template <class Output>
    [[gnu::cold]] bool receive(node_id from, promise<Value>&& message, Output& out) {
        return admits(from, message, out) && count(from, std::move(message), out);
    }

    /// Counts a promise that is admitted. Returns whether phase 1 ended with it.
    template <class Output>
    [[gnu::cold]] bool count(node_id from, promise<Value>&& message, Output& out) {
        if (message.first > first_kept_) first_kept_ = message.first;
        best_.drop_below(first_kept_);
        for (vote<Value>& one : message.votes) adopt(std::move(one), out.rules());
        covered_[from.value()] = message.next;
        if (!out.rules().is_complete(message.complete)) {
            ask(from, out);
            return false;
        }
        complete_ = out.rules().counted(complete_, from);
        if (!out.policy().quorums.is_phase1(complete_)) return false;
        phase_ = phase::leading;
        out.observer().elected(attempt_);
        return true;
    }

    /// A ballot was seen somewhere. The next attempt goes above it. Returns whether it beats the
    /// current attempt.
    bool see(ballot seen) {
        if (seen.round() > highest_round_) highest_round_ = seen.round();
        return phase_ != phase::idle && seen > attempt_;
    }

    /// Gives the ballot up. It is never taken up again.
    template <class Output>
    void stop(Output& out) {
        if (phase_ == phase::leading) out.observer().stepped_down(attempt_);
        phase_ = phase::idle;
        best_.restart(from_);
    }

    /// The reports of that acceptor reach up to here.
    [[nodiscard]] slot covered(node_id acceptor) const { return covered_[acceptor.value()]; }

    /// The first slot that phase 1 asked about, and the first behind all slots for which a vote was
    /// reported: between them each slot is proposed anew, with the value it is bound to or one that
    /// does nothing. [PMMC fig 7]
    [[nodiscard]] slot from() const { return from_; }
    template <class Rules>
    [[nodiscard]] slot first_free(const Rules& rules) const {
        return rules.first_free(from_, best_.end());
    }

    /// Slots below this one were chosen, and some acceptor of the quorum has forgotten its votes
    /// there: nothing may be proposed in them, whatever the others report. At least `from()`.
    /// [PMMC 4.1]
    [[nodiscard]] slot first_kept() const { return first_kept_; }

    /// The vote that binds this proposer in slot `at`, or nullptr where none was reported. Valid
    /// until `release` or `stop`.
    template <class Rules>
    [[nodiscard]] const vote<Value>* bound(slot at, const Rules& rules) const {
        if (!best_.contains(at) || !rules.is_bound(best_[at])) return nullptr;
        return &best_[at];
    }

    /// Lets go of the votes reported for slots below `below`, which have been proposed.
    void release(slot below) { best_.drop_below(below); }

    void recover(const reserve_record& record) { see(record.ballot); }
    void recover(const promise_record& record) { see(record.ballot); }

    friend bool operator==(const proposer_core&, const proposer_core&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(phase_);
        sink.add(attempt_);
        sink.add(highest_round_);
        sink.add(from_);
        sink.add(first_kept_);
        sink.add(complete_);
        sink.add(covered_);
        sink.add(best_);
    }

private:
    template <class Output>
    void ask(node_id to, Output& out) {
        out.send(to, prepare{out.header(), attempt_, covered_[to.value()]});
    }

    template <class Output>
    [[gnu::cold]] bool is_sane(node_id from, const promise<Value>& message, Output& out) {
        const bool makes_progress = message.complete || message.next > message.from;
        const slot kept = message.first < first_kept_ ? first_kept_ : message.first;
        bool sane = makes_progress && message.first <= message.next &&
                    (message.next < kept || message.next - kept <= 2 * out.limits().retained);
        for (const vote<Value>& one : message.votes) {
            sane = sane && one.at >= message.from && one.at >= message.first &&
                   one.at < message.next && one.ballot.is_valid() && one.ballot < attempt_;
        }
        if (!sane) out.observer().refused(from, refusal::invalid_slot);
        return sane;
    }

    template <class Rules>
    void adopt(vote<Value>&& reported, const Rules& rules) {
        if (reported.at < best_.first()) return;
        vote<Value>& best = best_.reach(reported.at);
        if (rules.outranks(reported.ballot, best.ballot)) best = std::move(reported);
    }

    phase phase_ = phase::idle;
    ballot attempt_;
    std::uint64_t highest_round_ = 0;  // of all ballots reserved or seen; at least that of attempt_
    slot from_;
    slot first_kept_;    // at least from_; below it an acceptor has forgotten its votes
    node_set complete_;  // acceptors that have reported every vote from from_ on
    std::array<slot, max_nodes> covered_{};  // by node: its reports reach up to here
    slot_window<vote<Value>> best_;          // by slot: the reported vote of the highest ballot
};

}  // namespace synod::inline SYNOD_ABI
