// synod/testing/oracle.hpp - knows what no node knows: every vote ever cast, and so what is chosen
// and what may be said.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/format.hpp>
#include <synod/base/node_set.hpp>
#include <synod/log/messages.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/testing/durable_marks.hpp>
#include <synod/testing/stage.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Who says something, and on what grounds.
struct speaker {
    node_id self;
    const durable_marks& disk;
    slot applied_below;  // by its machine, in this life
};

/// Watches a cluster of replicas from outside of time: votes as they become durable, messages as
/// they leave, lives as they end and begin. Finds two values chosen for a slot, two values in one
/// ballot, a vote that does not carry what is chosen, a ballot used twice, a node that comes back
/// with less than it left, and whatever a node says that a crash could still make untrue. What must
/// be true is that of paxos/invariant.hpp.
template <class Quorums>
class oracle {
public:
    oracle(stage& run, const Quorums& quorums) : stage_(run), quorums_(quorums) {}

    /// `node` has cast a vote, durably.
    template <class Value>
    void voted(node_id node, const vote<Value>& cast) {
        round& its = round_of({cast.at, cast.ballot, fingerprint_of(cast.value).low}, node);
        slot_record& here = record_of(cast.at);
        for (const round& one : here.rounds) {
            if (one.is_chosen && !invariant::chosen_is_carried(one.cast, its.cast)) {
                return violate("chosen_is_carried", cast.at);
            }
        }
        if (its.is_chosen || !quorums_.is_phase2(its.voters)) return;
        its.is_chosen = true;
        choose(here, its.cast);
    }

    /// A life of `node` ends, as `which` incarnation of it, and leaves that much on its disk.
    void ended(node_id node, incarnation which, const durable_marks& left) {
        left_.insert_or_assign({node, which}, left);
    }

    /// `node` begins a life as `which`, on a disk that holds `found`, and has promised `promised`.
    /// A disk that was taken back may be that of another incarnation only: of the same one, all
    /// that its last life left must be there, and known.
    void began(node_id node, incarnation which, const durable_marks& found, ballot promised) {
        const auto before = left_.find({node, which});
        if (before == left_.end()) return;
        const char* fallen = first_fallen(before->second, found);
        if (!invariant::promise_never_falls(before->second.promised(), promised)) {
            fallen = "promise_never_falls";
        }
        if (fallen != nullptr) stage_.violate(std::string(fallen) + ": n" + to_string(node));
    }

    /// `node` leads with `with`.
    void elected(node_id node, ballot with) {
        if (with.proposer() != node) stage_.violate("ballot_never_reused: a foreign ballot");
        if (!led_.insert(with).second) {
            stage_.violate("ballot_never_reused: " + to_string(with));
        }
    }

    /// Every slot below is chosen.
    [[nodiscard]] slot chosen_below() const { return slot(next_); }

    /// A message leaves a node.
    void left(const prepare& said, const speaker& by) {
        expect(by.disk.reserved() >= said.ballot, "a prepare before its ballot is reserved");
    }
    template <class Value>
    void left(const promise<Value>& said, const speaker& by) {
        expect(by.disk.promised() >= said.ballot, "a promise before it is durable");
        for (const vote<Value>& cast : said.votes) {
            expect(by.disk.has_voted(cast.at, cast.ballot), "a vote reported before it is durable");
        }
        expect_forgotten(said.first, by);
    }
    void left(const accepted& said, const speaker& by) {
        expect(by.disk.has_voted(said.at, said.ballot), "a vote told before it is durable");
    }
    void left(const refused& said, const speaker& by) {
        expect(by.disk.promised() >= said.promised, "a refusal before its promise is durable");
    }
    void left(const probe_reply& said, const speaker& by) {
        expect(by.disk.promised() >= said.promised,
               "a probe answered before its promise is durable");
    }
    void left(const heartbeat& said, const speaker& by) {
        expect_chosen(said.chosen_below);
        expect_applied(said.applied_below, by);
        for (const node_id one : quorums_.members()) {
            if (stable_below_[one] < said.applied_below) {
                stage_.violate("applied_is_applied: by n" + to_string(one));
            }
        }
    }
    void left(const heartbeat_reply& said, const speaker& by) {
        expect_applied(said.applied_below, by);
    }
    template <class Value>
    void left(const accept<Value>& said, const speaker& /*by*/) {
        expect_chosen(said.chosen_below);
    }
    template <class Value>
    void left(const chosen<Value>& said, const speaker& by) {
        const slot_record& here = record_of(said.vote.at);
        expect(here.is_chosen && here.value == fingerprint_of(said.vote.value).low,
               "a value called chosen that is not");
        expect(by.disk.has_voted(said.vote.at, said.vote.ballot),
               "a value called chosen in a ballot before the vote is durable");
    }
    void left(const forgotten& said, const speaker& by) { expect_forgotten(said.first, by); }
    template <class Other>
    void left(const Other& /*said*/, const speaker& /*by*/) {}

private:
    struct round {
        vote<std::uint64_t> cast;  // of all its voters, with a fingerprint for the value
        node_set voters;
        bool is_chosen = false;
    };
    struct slot_record {
        std::vector<round> rounds;  // one a ballot
        std::uint64_t value = 0;    // the chosen one
        bool is_chosen = false;
    };

    [[nodiscard]] slot_record& record_of(slot at) {
        if (at.value() >= slots_.size()) slots_.resize(at.value() + 1);
        return slots_[at.value()];
    }

    /// The round that `cast` belongs to, with one voter more.
    [[nodiscard]] round& round_of(const vote<std::uint64_t>& cast, node_id voter) {
        std::vector<round>& rounds = record_of(cast.at).rounds;
        for (round& one : rounds) {
            if (one.cast.ballot != cast.ballot) continue;
            if (!invariant::one_value_per_ballot(one.cast, cast)) {
                violate("one_value_per_ballot", cast.at);
            }
            one.voters.insert(voter);
            return one;
        }
        return rounds.emplace_back(round{cast, only(voter), false});
    }

    [[nodiscard]] static node_set only(node_id voter) {
        node_set made;
        made.insert(voter);
        return made;
    }

    /// A quorum has voted as `cast` does.
    void choose(slot_record& here, const vote<std::uint64_t>& cast) {
        for (const round& one : here.rounds) {
            if (one.is_chosen && !invariant::one_value_chosen(one.cast, cast)) {
                return violate("one_value_chosen", cast.at);
            }
            if (!invariant::chosen_is_carried(cast, one.cast)) {
                return violate("chosen_is_carried", cast.at);
            }
        }
        here.is_chosen = true;
        here.value = cast.value;
        while (next_ < slots_.size() && slots_[next_].is_chosen) ++next_;
    }

    void violate(const char* what, slot at) {
        stage_.violate(std::string(what) + ": slot " + to_string(at));
    }
    void expect(bool holds, const char* what) {
        if (!holds) stage_.violate(std::string("nothing_before_its_sync: ") + what);
    }
    void expect_chosen(slot below) {
        if (below.value() > next_) stage_.violate("chosen_is_chosen: below " + to_string(below));
    }

    /// Whoever says that it has applied a slot has, and what is chosen there is on its disk. Each
    /// slot is looked at once, for a disk never holds less than before.
    void expect_applied(slot below, const speaker& by) {
        if (below > by.applied_below || below.value() > next_) {
            return stage_.violate("applied_is_applied: below " + to_string(below));
        }
        slot& known = stable_below_[by.self];
        for (; known < below; ++known) {
            expect(has_chosen(by.disk, known), "a slot called applied before its vote is durable");
        }
    }
    [[nodiscard]] bool has_chosen(const durable_marks& disk, slot at) const {
        const auto& votes = disk.votes();
        if (at < votes.first()) return true;
        return votes.ballot_of(at).exists() && votes.at(at).value == slots_[at.value()].value;
    }

    /// Whoever has forgotten what is below has applied it, and will know after a crash that it has.
    void expect_forgotten(slot below, const speaker& by) {
        if (below > by.applied_below) {
            stage_.violate("applied_is_applied: forgotten below " + to_string(below));
        }
        expect(by.disk.votes().first() >= below, "a slot called forgotten before that is durable");
    }

    stage& stage_;
    Quorums quorums_;
    std::vector<slot_record> slots_;
    std::uint64_t next_ = 0;                // the first slot not chosen
    std::set<ballot> led_;                  // ballots that somebody was elected in
    std::map<node_id, slot> stable_below_;  // who has said that it has applied so much
    std::map<std::pair<node_id, incarnation>, durable_marks> left_;  // by the last life of each
};

}  // namespace synod::inline SYNOD_ABI::testing
