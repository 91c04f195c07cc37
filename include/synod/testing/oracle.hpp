// synod/testing/oracle.hpp - knows what no node knows: every vote ever cast, and so what is chosen and what may be said.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/format.hpp>
#include <synod/base/node_set.hpp>
#include <synod/log/messages.hpp>
#include <synod/testing/simulated_disk.hpp>
#include <synod/testing/stage.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Watches a cluster of replicas from outside of time: votes as they become durable, messages as they leave. Finds two values
/// chosen for a slot, two values in one ballot, a ballot used twice, and whatever a node says that a crash could still make untrue.
template <class Quorums>
class oracle {
public:
    oracle(stage& run, const Quorums& quorums) : stage_(run), quorums_(quorums) {}

    /// `node` has cast a vote, durably.
    template <class Value>
    void voted(node_id node, const vote<Value>& cast) {
        const std::uint64_t value = fingerprint_of(cast.value).low;
        slot_record& here = record_of(cast.at);
        round& its = here.rounds[cast.ballot];
        if (its.voters.empty()) its.value = value;
        if (its.value != value) {
            return violate("one_value_per_ballot", cast.at);
        }
        its.voters.insert(node);
        if (!quorums_.is_phase2(its.voters)) return;
        if (here.is_chosen && here.value != value) return violate("one_value_chosen", cast.at);
        here.is_chosen = true;
        here.value = value;
        while (next_ < slots_.size() && slots_[next_].is_chosen) ++next_;
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

    /// A message leaves a node on whose disk that much is durable.
    void left(const prepare& said, const durable_marks& disk) {
        expect(disk.reserved >= said.ballot, "a prepare before its ballot is reserved");
    }
    template <class Value>
    void left(const promise<Value>& said, const durable_marks& disk) {
        expect(disk.promised >= said.ballot, "a promise before it is durable");
        for (const vote<Value>& cast : said.votes) {
            expect(disk.has_voted(cast.at, cast.ballot), "a vote reported before it is durable");
        }
    }
    void left(const accepted& said, const durable_marks& disk) {
        expect(disk.has_voted(said.at, said.ballot), "a vote told before it is durable");
    }
    void left(const refused& said, const durable_marks& disk) {
        expect(disk.promised >= said.promised, "a refusal before its promise is durable");
    }
    void left(const probe_reply& said, const durable_marks& disk) {
        expect(disk.promised >= said.promised, "a probe answered before its promise is durable");
    }
    void left(const heartbeat& said, const durable_marks&) { expect_chosen(said.chosen_below); }
    template <class Value>
    void left(const accept<Value>& said, const durable_marks&) {
        expect_chosen(said.chosen_below);
    }
    template <class Value>
    void left(const chosen<Value>& said, const durable_marks&) {
        const slot_record& here = record_of(said.vote.at);
        expect(here.is_chosen && here.value == fingerprint_of(said.vote.value).low,
               "a value called chosen that is not");
    }
    template <class Other>
    void left(const Other&, const durable_marks&) {}

private:
    struct round {
        node_set voters;
        std::uint64_t value = 0;
    };
    struct slot_record {
        std::map<ballot, round> rounds;
        std::uint64_t value = 0;  // the chosen one
        bool is_chosen = false;
    };

    [[nodiscard]] slot_record& record_of(slot at) {
        if (at.value() >= slots_.size()) slots_.resize(at.value() + 1);
        return slots_[at.value()];
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

    stage& stage_;
    Quorums quorums_;
    std::vector<slot_record> slots_;
    std::uint64_t next_ = 0;  // the first slot not chosen
    std::set<ballot> led_;    // ballots that somebody was elected in
};

}  // namespace synod::inline SYNOD_ABI::testing
