// tests/unit/paxos/conversation.cpp - all roles together on a network that loses, repeats and
// reorders: they still agree.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/paxos/invariant.hpp>

#include "unit/paxos/world.hpp"

#include <optional>

namespace {

using namespace world;

struct faults {
    std::uint64_t lost_percent = 0;
    std::uint64_t repeated_percent = 0;
    bool restarts = false;
};

/// Three acceptors, proposers p and q, and learner l. Time moves when nothing is on its way.
class cluster {
public:
    cluster(std::uint64_t seed, faults faults, limits limits = {})
        : random_(seed), faults_(faults), limits_(limits) {
        for (const node_id self : {a, b, c}) {
            acceptors_.push_back(*acceptor_role::make(seen_by(self), {}, {}, policy_of(self), {l}));
        }
        for (const node_id self : {p, q}) {
            proposers_.push_back(*proposer_role::make(seen_by(self), {}, {}, policy_of(self), {l}));
        }
        learner_.emplace(*learner_role::make(seen_by(l), {}, policy_of(l), now_));
    }

    [[nodiscard]] auto& proposer_of(node_id node) { return proposers_[node.value() - p.value()]; }
    [[nodiscard]] auto& learner() { return *learner_; }

    void propose(node_id by, std::uint64_t at, text value) {
        REQUIRE(!proposer_of(by).propose(slot(at), std::move(value), now_));
        collect(proposer_of(by));
    }

    /// Until `done()`, and for at most so many steps.
    template <class Done>
    [[nodiscard]] bool run_until(Done&& done, int steps = 20'000) {
        for (; steps > 0 && !done(); --steps) step();
        return done();
    }

    [[nodiscard]] bool keeps_its_promises() const {
        return invariant::one_value_per_ballot(history_) &&
               invariant::one_value_chosen(history_, quorums()) &&
               invariant::chosen_is_carried(history_, quorums());
    }

private:
    using usual = policy<>;
    using acceptor_role = acceptor<text, wire, disk, usual>;
    using proposer_role = proposer<text, wire, disk, usual>;
    using learner_role = synod::learner<text, wire, usual>;

    struct in_flight {
        node_id from;
        support::letter<message> letter;
    };

    [[nodiscard]] usual policy_of(node_id self) const {
        limits own = limits_;
        own.seed = self.value() + 1;
        return {.quorums = quorums(), .limits = own};
    }

    [[nodiscard]] bool happens(std::uint64_t percent) { return random_.below(100) < percent; }

    void step() {
        if (faults_.restarts && happens(2))
            restart(node_id(static_cast<std::uint32_t>(random_.below(5))));
        if (on_the_way_.empty()) return pass_time();
        std::swap(on_the_way_[random_.below(on_the_way_.size())], on_the_way_.back());
        in_flight next = on_the_way_.back();
        if (!happens(faults_.repeated_percent)) on_the_way_.pop_back();
        if (!happens(faults_.lost_percent)) deliver(std::move(next));
    }

    void deliver(in_flight next) {
        const node_id to = next.letter.to;
        const auto hand = [&](auto& role) {
            role.receive(next.from, std::move(next.letter.message), now_);
            collect(role, to);
        };
        if (to == l) return hand(*learner_);
        if (to.value() >= p.value()) return hand(proposer_of(to));
        hand(acceptors_[to.value()]);
        note_votes(to);
    }

    void note_votes(node_id by) {
        const auto& kept = acceptors_[by.value()].votes();
        for (slot at = kept.first(); at < kept.end(); ++at) {
            if (!kept.ballot_of(at).exists()) continue;
            const invariant::cast_vote<text> one{by, kept.at(at)};
            bool is_known = false;
            for (const auto& known : history_) is_known = is_known || known == one;
            if (!is_known) history_.push_back(one);
        }
    }

    void pass_time() {
        instant next = learner_->next_deadline();
        for (auto& one : proposers_) next = earlier(next, one.next_deadline());
        now_ = next;
        for (auto& one : proposers_) {
            one.tick(now_);
            collect(one);
        }
        learner_->tick(now_);
        collect(*learner_, l);
    }

    /// The node loses what it did not sync, and comes back.
    void restart(node_id self) {
        if (self.value() < p.value()) {
            auto& old = acceptors_[self.value()];
            old = *acceptor_role::recover(seen_by(self), {}, old.storage(), policy_of(self), {l});
            return;
        }
        auto& old = proposer_of(self);
        const ballot last = old.attempt();
        old = *proposer_role::recover(seen_by(self), {}, old.storage(), policy_of(self), {l});
        const std::error_code error =
            old.propose(slot(), text(1, static_cast<char>('0' + self.value())), now_);
        REQUIRE(!error);
        CHECK(invariant::ballot_never_reused(last, old.attempt()));
        collect(old);
    }

    void collect(proposer_role& role) { collect(role, role.attempt().proposer()); }
    template <class Role>
    void collect(Role& role, node_id self) {
        role.flush(now_);
        for (auto& one : role.transport().take()) on_the_way_.push_back({self, std::move(one)});
    }

    prng random_;
    faults faults_;
    limits limits_;
    instant now_ = start;
    std::vector<acceptor_role> acceptors_;
    std::vector<proposer_role> proposers_;
    std::optional<learner_role> learner_;
    std::vector<in_flight> on_the_way_;
    std::vector<invariant::cast_vote<text>> history_;  // every vote ever cast
};

/// One value in slot 0, the same for all who know one.
void agree_on_slot_0(cluster& nodes) {
    const auto is_known_to_all = [&nodes] {
        return nodes.proposer_of(p).chosen(slot()) != nullptr &&
               nodes.proposer_of(q).chosen(slot()) != nullptr &&
               nodes.learner().chosen(slot()) != nullptr;
    };
    REQUIRE(nodes.run_until(is_known_to_all));
    CHECK(*nodes.proposer_of(p).chosen(slot()) == *nodes.learner().chosen(slot()));
    CHECK(*nodes.proposer_of(q).chosen(slot()) == *nodes.learner().chosen(slot()));
    CHECK(nodes.keeps_its_promises());
}

}  // namespace

TEST_CASE("one proposer decides slot 0 without a hitch: single-decree Paxos [PMS 2.2]") {
    cluster nodes(1, {});
    nodes.propose(p, 0, "x");
    REQUIRE(nodes.run_until([&] { return nodes.learner().chosen(slot()) != nullptr; }, 100));
    CHECK(*nodes.learner().chosen(slot()) == "x");
    CHECK(*nodes.proposer_of(p).chosen(slot()) == "x");
    CHECK(nodes.proposer_of(p).attempt() == p1);
}

TEST_CASE("a network that loses half of all messages only delays") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        cluster nodes(seed, {.lost_percent = 50});
        for (std::uint64_t at = 0; at < 5; ++at) nodes.propose(p, at, std::to_string(at));
        REQUIRE(nodes.run_until([&] {
            return nodes.learner().chosen_below() == slot(5) &&
                   nodes.proposer_of(p).chosen_below() == slot(5);
        }));
        for (std::uint64_t at = 0; at < 5; ++at) {
            CHECK(*nodes.learner().chosen(slot(at)) == std::to_string(at));
        }
        CHECK(nodes.keeps_its_promises());
    }
}

TEST_CASE("what is proposed to an idle leader arrives on a network that loses half, too") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        cluster nodes(seed, {.lost_percent = 50});
        for (std::uint64_t at = 0; at < 3; ++at) {
            nodes.propose(p, at, "x");
            REQUIRE(nodes.run_until(
                [&] { return nodes.proposer_of(p).chosen_below() == slot(at + 1); }));
        }
    }
}

TEST_CASE("duelling proposers end, and agree [PMS 2.2]") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        cluster nodes(seed, {.lost_percent = seed % 3 * 25, .repeated_percent = seed % 2 * 30});
        nodes.propose(p, 0, "x");
        nodes.propose(q, 0, "y");
        agree_on_slot_0(nodes);
    }
}

TEST_CASE("restarts of acceptors and proposers lose no vote and reuse no ballot [PTP 2.2]") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        cluster nodes(seed, {.lost_percent = 10, .repeated_percent = 10, .restarts = true});
        nodes.propose(p, 0, "3");
        nodes.propose(q, 0, "4");
        agree_on_slot_0(nodes);
    }
}

TEST_CASE("proposers that hear one vote at a time adopt all of them [PMMC fig 7]") {
    limits small;
    small.votes_per_answer = 1;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        cluster nodes(seed, {.lost_percent = 20, .repeated_percent = 20}, small);
        for (std::uint64_t at = 0; at < 6; at += 1 + at % 2) nodes.propose(p, at, "p");
        REQUIRE(nodes.run_until([&] { return nodes.proposer_of(p).chosen(slot(5)) != nullptr; }));
        for (std::uint64_t at = 0; at < 6; ++at) nodes.propose(q, at, "q");
        REQUIRE(nodes.run_until([&] {
            return nodes.proposer_of(q).chosen_below() == slot(6) &&
                   nodes.learner().chosen_below() == slot(6);
        }));
        CHECK(nodes.keeps_its_promises());
        for (std::uint64_t at = 0; at < 6; ++at) {
            const text* const here = nodes.proposer_of(p).chosen(slot(at));
            if (here != nullptr) CHECK(*here == *nodes.learner().chosen(slot(at)));
        }
    }
}
