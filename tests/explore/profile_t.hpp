// tests/explore/profile_t.hpp - the world that TLC walks through in its model of Paxos, made of
// real acceptors and proposers.
//
// Messages are a set that only grows: whatever was sent may be delivered at any time, any number of
// times, or never.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/invariant.hpp>
#include <synod/testing/interning.hpp>

#include "explore/acceptors.hpp"
#include "explore/profile_t_parts.hpp"
#include "explore/profile_t_proposers.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace explore {

/// The world. `Acceptor` is `bare_acceptor` or `whole_acceptor`, `Policy` that of the roles: a
/// mutant is a policy.
template <template <class> class Acceptor, class Policy>
class profile_t {
    using acceptor = Acceptor<Policy>;
    using acceptor_reactions = synod::testing::reactions<acceptor, message, reply, std::uint16_t>;
    using promises_reactions =
        synod::testing::reactions<promises, reply, synod::testing::no_answer, std::uint16_t>;
    using voting_reactions = synod::testing::reactions<voting, profile_t_step>;

public:
    using step = profile_t_step;

    /// Numbers of what the world has interned; those that are not in use are zero.
    struct state {
        std::array<typename acceptor_reactions::component, profile_t_sizes::most_acceptors>
            acceptors{};
        std::array<promises_reactions::component, profile_t_sizes::most_ballots> promised{};
        std::uint16_t asked = 0;  // a bit for each ballot
        voting_reactions::component votes{};

        template <class Sink>
        void fingerprint(Sink& sink) const {
            for (const std::uint64_t word : std::bit_cast<std::array<std::uint64_t, 4>>(*this))
                sink.add(word);
        }
    };
    static_assert(std::has_unique_object_representations_v<state>);

    profile_t(const profile_t_sizes& sizes, Policy policy)
        : sizes_(sizes),
          cast_(sizes.acceptors),
          policy_(std::move(policy)),
          proposers_(sizes, cast_, policy_) {}

    [[nodiscard]] state initial() {
        state first;
        for (const synod::node_id self : cast_.acceptors()) {
            first.acceptors[self.value()] =
                acceptors_.components().of(acceptor(cast_, self, policy_));
        }
        for (std::uint32_t ballot = 0; ballot < sizes_.ballots; ++ballot) {
            promises none{ballot, {}};
            none.by.resize(sizes_.acceptors);
            first.promised[ballot] = promises_.components().of(std::move(none));
        }
        voting nothing;
        nothing.rounds.resize(sizes_.ballots);
        first.votes = voting_.components().of(std::move(nothing));
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        for (std::uint32_t ballot = 0; ballot < sizes_.ballots; ++ballot) {
            send_prepare(here, ballot, visit);
            if (is_asked(here, ballot)) deliver_prepare(here, ballot, visit);
            if (const auto value = proposed(here, ballot)) {
                deliver_accept(here, ballot, *value, visit);
            } else {
                send_accept(here, ballot, visit);
            }
        }
    }

    [[nodiscard]] std::string_view broken(const state& here) {
        const std::string_view broken = voting_.components()[here.votes].broken;
        if (!broken.empty() || sizes_.watch == watch::agreement) return broken;
        for (std::uint32_t self = 0; self < sizes_.acceptors; ++self) {
            if (!synod::invariant::accepted_within_promise(acceptor_in(here, self)))
                return "accepted_within_promise";
        }
        return sizes_.watch == watch::conduct ? broken_conduct(here) : std::string_view();
    }

    /// What no step may do to an acceptor.
    [[nodiscard]] std::string_view broken(const state& before, const state& after) const {
        if (sizes_.watch == watch::agreement) return {};
        for (std::uint32_t self = 0; self < sizes_.acceptors; ++self) {
            if (before.acceptors[self] == after.acceptors[self]) continue;
            const acceptor& was = acceptor_in(before, self);
            const acceptor& is = acceptor_in(after, self);
            if (!synod::invariant::promise_never_falls(was, is)) return "promise_never_falls";
            if (!synod::invariant::vote_never_regresses(was, is)) return "vote_never_regresses";
        }
        return {};
    }

    template <class Sink>
    void facts(const state& before, const step& taken, const state& after, Sink&& sink) {
        switch (taken.what) {
            case step::kind::send_prepare: return;
            case step::kind::deliver_prepare: return tell_promise(before, taken, sink);
            case step::kind::send_accept: return;
            case step::kind::deliver_accept:
                sink("acceptor " + std::to_string(taken.acceptor) + " votes for value " +
                     std::to_string(*proposed(before, taken.ballot)) + " in ballot " +
                     std::to_string(taken.ballot));
                return tell_choice(before, taken, after, sink);
        }
    }

private:
    // Inputs are numbered by ballot, and in it by what they are.

    [[nodiscard]] auto prepare_number(std::uint32_t ballot) const {
        return message_number(ballot * (1 + sizes_.values));
    }
    [[nodiscard]] auto accept_number(std::uint32_t ballot, std::uint32_t value) const {
        return message_number(ballot * (1 + sizes_.values) + 1 + value);
    }
    [[nodiscard]] static auto message_number(std::uint32_t number) {
        return typename acceptor_reactions::input(static_cast<std::uint16_t>(number));
    }
    [[nodiscard]] auto proposal_number(std::uint32_t ballot, std::uint32_t value) const {
        return voting_reactions::input(ballot * (sizes_.values + sizes_.acceptors) + value);
    }
    [[nodiscard]] auto vote_number(std::uint32_t ballot, std::uint32_t self) const {
        return proposal_number(ballot, sizes_.values + self);
    }

    [[nodiscard]] const acceptor& acceptor_in(const state& here, std::uint32_t self) const {
        return acceptors_.components()[here.acceptors[self]];
    }
    [[nodiscard]] static bool is_asked(const state& here, std::uint32_t ballot) {
        return (here.asked >> ballot & 1) != 0;
    }
    [[nodiscard]] std::optional<std::uint32_t> proposed(const state& here,
                                                        std::uint32_t ballot) const {
        return voting_.components()[here.votes].rounds[ballot].proposed;
    }

    // 1a: always enabled.
    template <class Visit>
    void send_prepare(const state& here, std::uint32_t ballot, Visit& visit) {
        state next = here;
        next.asked = static_cast<std::uint16_t>(next.asked | 1U << ballot);
        visit(step{step::kind::send_prepare, ballot}, next);
    }

    // 1b: for every 1a above the promise. What the acceptor answers to others is for
    // broken_conduct.
    template <class Visit>
    void deliver_prepare(const state& here, std::uint32_t ballot, Visit& visit) {
        for (std::uint32_t self = 0; self < sizes_.acceptors; ++self) {
            const auto reaction = on_prepare(here, self, ballot);
            if (acceptors_.answers()[reaction.answer].means != reply::outcome::promised) continue;
            state next = here;
            next.acceptors[self] = reaction.next;
            next.promised[ballot] = with_promise(here.promised[ballot], reaction.answer);
            visit(step{step::kind::deliver_prepare, ballot, self}, next);
        }
    }

    // 2a: once a ballot, for a value that the real proposer may propose once a quorum has promised.
    template <class Visit>
    void send_accept(const state& here, std::uint32_t ballot, Visit& visit) {
        for (const candidate& one : promises_.components()[here.promised[ballot]].allow) {
            state next = here;
            next.votes = with_proposal(here.votes, ballot, one.value);
            for (std::uint64_t i = 0; i < one.ways; ++i)
                visit(step{step::kind::send_accept, ballot, 0, one.value}, next);
        }
    }

    // 2b: for every 2a that is not below the promise.
    template <class Visit>
    void deliver_accept(const state& here, std::uint32_t ballot, std::uint32_t value,
                        Visit& visit) {
        for (std::uint32_t self = 0; self < sizes_.acceptors; ++self) {
            const auto reaction = on_accept(here, self, ballot, value);
            if (acceptors_.answers()[reaction.answer].means != reply::outcome::voted) continue;
            state next = here;
            next.acceptors[self] = reaction.next;
            next.votes = with_vote(here.votes, ballot, self);
            visit(step{step::kind::deliver_accept, ballot, self}, next);
        }
    }

    [[nodiscard]] auto on_prepare(const state& here, std::uint32_t self, std::uint32_t ballot) {
        return acceptors_.of(here.acceptors[self], prepare_number(ballot), [&](acceptor& one) {
            const acceptor before = one;
            message said = one.answer(cast_.proposer(), cast_.prepare_of(ballot));
            return judge(before, one, cast_.ballot_of(ballot), std::move(said));
        });
    }
    [[nodiscard]] auto on_accept(const state& here, std::uint32_t self, std::uint32_t ballot,
                                 std::uint32_t value) {
        return acceptors_.of(
            here.acceptors[self], accept_number(ballot, value), [&](acceptor& one) {
                const acceptor before = one;
                message said = one.answer(cast_.proposer(), cast_.accept_of(ballot, value));
                return judge(before, one, cast_.ballot_of(ballot), std::move(said));
            });
    }

    [[nodiscard]] auto with_promise(promises_reactions::component here,
                                    typename acceptor_reactions::answer which) {
        return promises_
            .of(here, which,
                [&](promises& all) {
                    const reply& one = acceptors_.answers()[which];
                    all.by[one.by.value()] = *one.said.template get_if<synod::promise<int>>();
                    all.allow = proposers_.may_propose(all);
                    return synod::testing::no_answer();
                })
            .next;
    }
    [[nodiscard]] auto with_proposal(voting_reactions::component here, std::uint32_t ballot,
                                     std::uint32_t value) {
        return voting_
            .of(here, proposal_number(ballot, value),
                [&](voting& all) {
                    all.rounds[ballot].proposed = value;
                    return synod::testing::no_answer();
                })
            .next;
    }
    [[nodiscard]] auto with_vote(voting_reactions::component here, std::uint32_t ballot,
                                 std::uint32_t self) {
        return voting_
            .of(here, vote_number(ballot, self),
                [&](voting& all) {
                    all.rounds[ballot].voters.insert(synod::node_id(self));
                    all.broken = broken_history(history_of(all));
                    return synod::testing::no_answer();
                })
            .next;
    }

    using vote_history = std::vector<synod::invariant::cast_vote<int>>;

    [[nodiscard]] vote_history history_of(const voting& all) const {
        vote_history result;
        for (std::uint32_t ballot = 0; ballot < sizes_.ballots; ++ballot) {
            const auto& round = all.rounds[ballot];
            for (const synod::node_id by : round.voters)
                result.push_back(
                    {by,
                     {synod::slot(), cast_.ballot_of(ballot), static_cast<int>(*round.proposed)}});
        }
        return result;
    }

    [[nodiscard]] std::string_view broken_history(const vote_history& history) const {
        using namespace synod::invariant;
        if (!one_value_chosen(history, policy_.quorums)) return "one_value_chosen";
        if (sizes_.watch == watch::agreement) return {};
        if (!one_value_per_ballot(history)) return "one_value_per_ballot";
        if (!chosen_is_carried(history, policy_.quorums)) return "chosen_is_carried";
        return {};
    }

    /// What acceptors would answer to messages that are no steps of this profile, for they change
    /// nothing.
    [[nodiscard]] std::string_view broken_conduct(const state& here) {
        for (std::uint32_t ballot = 0; ballot < sizes_.ballots; ++ballot) {
            if (!is_asked(here, ballot)) continue;
            const auto value = proposed(here, ballot);
            for (std::uint32_t self = 0; self < sizes_.acceptors; ++self) {
                const std::string_view broken = broken_answer(here, self, ballot);
                if (!broken.empty()) return broken;
                if (!value) continue;
                const auto answer = on_accept(here, self, ballot, *value).answer;
                if (!acceptors_.answers()[answer].broken.empty())
                    return acceptors_.answers()[answer].broken;
            }
        }
        return {};
    }

    /// Asked to promise what it promised last, an acceptor says the same again, unless it has voted
    /// since.
    [[nodiscard]] std::string_view broken_answer(const state& here, std::uint32_t self,
                                                 std::uint32_t ballot) {
        const reply& answer = acceptors_.answers()[on_prepare(here, self, ballot).answer];
        if (!answer.broken.empty()) return answer.broken;
        if (answer.means != reply::outcome::repeated) return {};
        const auto& first = promises_.components()[here.promised[ballot]].by[self];
        const auto* const again = answer.said.template get_if<synod::promise<int>>();
        return first == *again ? "" : "a_repeated_promise_says_the_same";
    }

    template <class Sink>
    void tell_promise(const state& before, const step& taken, Sink& sink) {
        const reply& answer =
            acceptors_.answers()[on_prepare(before, taken.acceptor, taken.ballot).answer];
        const auto& votes = answer.said.template get_if<synod::promise<int>>()->votes;
        std::string line = "acceptor " + std::to_string(taken.acceptor) + " promises ballot " +
                           std::to_string(taken.ballot);
        for (const auto& vote : votes) {
            line += " and reports value " + std::to_string(vote.value) + " of ballot " +
                    std::to_string(vote.ballot.round() - 1);
        }
        sink(std::move(line));
    }

    template <class Sink>
    void tell_choice(const state& before, const step& taken, const state& after, Sink& sink) const {
        const auto is_chosen = [&](const state& here) {
            return policy_.quorums.is_phase2(
                voting_.components()[here.votes].rounds[taken.ballot].voters);
        };
        if (is_chosen(before) || !is_chosen(after)) return;
        sink("value " + std::to_string(*proposed(after, taken.ballot)) + " is chosen in ballot " +
             std::to_string(taken.ballot));
    }

    profile_t_sizes sizes_;
    cast cast_;
    Policy policy_;
    proposers<Policy> proposers_;
    acceptor_reactions acceptors_;
    promises_reactions promises_;
    voting_reactions voting_;
};

}  // namespace explore
