// tests/explore/roles_world.hpp - the world of whole roles: acceptors, proposers and a learner, a
// network, disks, and every trouble.
//
// Messages in flight are a multiset. A delivery consumes its message, unless a copy of it is
// delivered; one that nobody takes is no step, and the message stays.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/interning.hpp>

#include "explore/roles_cast.hpp"
#include "mutants/mutant.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace explore {

/// One thing that happens in a world of roles.
struct roles_step {
    enum class kind : std::uint8_t { deliver, deliver_copy, lose, happen };

    kind what;
    roles_event event;           // of what happens
    role_name who;               // to whom
    const roles_letter* letter;  // of all others
    const outcome* came;         // none of a loss

    friend std::string to_string(const roles_step& step) {
        switch (step.what) {
            case kind::lose: return "lose " + to_string(*step.letter);
            case kind::deliver:
                return "deliver " + to_string(*step.letter) + to_string(step.came->end);
            case kind::deliver_copy:
                return "deliver a copy of " + to_string(*step.letter) + to_string(step.came->end);
            default: return text_of(step.event, to_string(step.who)) + to_string(step.came->end);
        }
    }

private:
    [[nodiscard]] static std::string text_of(roles_event event, const std::string& who) {
        switch (event) {
            case roles_event::propose: return "propose at " + who;
            case roles_event::retry: return "retry at " + who;
            case roles_event::flush: return "flush " + who;
            case roles_event::crash: return "crash " + who;
            case roles_event::restart: return "restart " + who;
            case roles_event::end_sync: return "end sync of " + who;
            case roles_event::end_earlier_sync: return "end sync of the earlier " + who;
            case roles_event::replace_disk: return "replace disk of " + who;
            default: return "forget slot 0 at " + who;
        }
    }
};

/// The world. `Suite` is `shipped_roles` or `wrong_roles`, `Disk` is `modelled_disk` or
/// `modelled_async_disk`.
template <class Suite, class Disk>
class roles_world {
    using cast = roles_cast<Suite, Disk>;
    using acceptor = typename cast::acceptor;
    using proposer = typename cast::proposer;
    using learner = typename cast::learner;
    template <class Component>
    using reactions = synod::testing::reactions<Component, roles_letter, outcomes>;
    using history_reactions = synod::testing::reactions<vote_history, vote_event>;

public:
    using step = roles_step;

    /// Numbers of what the world has interned; those that are not in use are zero.
    struct state {
        std::array<typename reactions<acceptor>::component, roles_sizes::most_acceptors>
            acceptors{};
        std::array<typename reactions<proposer>::component, roles_sizes::most_proposers>
            proposers{};
        typename reactions<learner>::component pupil{};
        history_reactions::component history{};
        std::array<std::uint8_t, prices> left{};  // of each trouble
        std::string_view broken{};                // by the step that led here
        letter_bag network{};

        template <class Sink>
        void fingerprint(Sink& sink) const {
            for (const auto one : acceptors) sink.add(one);
            for (const auto one : proposers) sink.add(one);
            sink.add(std::uint64_t{pupil.value()} << 32U | history.value());
            std::uint64_t troubles = 0;
            for (const std::uint8_t one : left) troubles = troubles << 8U | one;
            sink.add(troubles);
            sink.add(broken);
            sink.add(network);
        }
    };

    roles_world(Suite suite, const roles_sizes& sizes)
        : suite_(std::move(suite)), sizes_(sizes), cast_(sizes) {}

    [[nodiscard]] state initial() {
        synod::mutants::begin_run();
        state first;
        for (std::uint32_t i = 0; i < sizes_.acceptors; ++i)
            first.acceptors[i] = acceptors_.components().of(cast_.make_acceptor(synod::node_id(i)));
        for (std::uint32_t i = 0; i < sizes_.proposers; ++i)
            first.proposers[i] = proposers_.components().of(cast_.make_proposer(synod::node_id(i)));
        if (sizes_.learners > 0) first.pupil = learners_.components().of(cast_.make_learner());
        first.history = histories_.components().of(vote_history());
        std::ranges::copy(sizes_.troubles, first.left.begin());
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        for (std::size_t i = 0; i < here.network.size(); ++i) {
            if (here.network.is_twin(i)) continue;
            if (has(here, price::loss)) lose(here, i, visit);
            deliver(here, i, visit);
        }
        for (std::uint32_t i = 0; i < sizes_.acceptors; ++i)
            befall(here, {role_kind::acceptor, synod::node_id(i)}, visit);
        for (std::uint32_t i = 0; i < sizes_.proposers; ++i)
            befall(here, {role_kind::proposer, synod::node_id(i)}, visit);
        if (sizes_.learners > 0 && has(here, price::repeat))
            befall(here, {role_kind::learner, synod::node_id()}, roles_event::retry, visit);
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        return here.broken.empty() ? histories_.components()[here.history].broken() : here.broken;
    }

    template <class Sink>
    void facts(const state& before, const step& taken, const state& after, Sink&& sink) {
        if (taken.came == nullptr) return;
        for (std::uint32_t i = 0; i < sizes_.acceptors; ++i) {
            tell_promise(i, acceptors_.components()[before.acceptors[i]],
                         acceptors_.components()[after.acceptors[i]], sink);
        }
        for (const auto told : taken.came->told) tell(cast_.events()[told], sink);
        tell_choices(before, after, sink);
        for (std::uint32_t i = 0; i < sizes_.proposers; ++i) {
            tell_attempt(i, proposers_.components()[before.proposers[i]],
                         proposers_.components()[after.proposers[i]], sink);
        }
        for (const letter_number sent : taken.came->sent)
            sink("sent: " + to_string(cast_.letters()[sent]));
    }

private:
    [[nodiscard]] static bool has(const state& here, price one) {
        return here.left[static_cast<std::size_t>(one)] > 0;
    }

    /// Returns whether there was enough left.
    [[nodiscard]] static bool spend(state& here, price_set costs) {
        for (std::size_t i = 0; i < prices; ++i) {
            if ((costs >> i & 1U) == 0) continue;
            if (here.left[i] == 0) return false;
            --here.left[i];
        }
        return true;
    }

    template <class Visit>
    void lose(const state& here, std::size_t index, Visit& visit) {
        state next = here;
        static_cast<void>(spend(next, just(price::loss)));
        next.network.erase_at(index);
        visit(step{step::kind::lose, {}, {}, &cast_.letters()[here.network[index]], nullptr},
              std::move(next));
    }

    template <class Visit>
    void deliver(const state& here, std::size_t index, Visit& visit) {
        const letter_number number = here.network[index];
        const roles_letter& letter = cast_.letters()[number];
        for (const outcome& one : on_letter(here, number).all) {
            state next = here;
            if (!spend(next, one.costs)) continue;
            if (has(next, price::copy)) {
                state copied = next;
                static_cast<void>(spend(copied, just(price::copy)));
                arrive(copied, letter.to, one);
                visit(step{step::kind::deliver_copy, {}, letter.to, &letter, &one},
                      std::move(copied));
            }
            next.network.erase_at(index);
            arrive(next, letter.to, one);
            visit(step{step::kind::deliver, {}, letter.to, &letter, &one}, std::move(next));
        }
    }

    template <class Visit>
    void befall(const state& here, const role_name& who, Visit& visit) {
        for (std::uint32_t event = 0; event < roles_events; ++event)
            befall(here, who, static_cast<roles_event>(event), visit);
    }

    template <class Visit>
    void befall(const state& here, const role_name& who, roles_event event, Visit& visit) {
        if (event == roles_event::forget && !is_settled(here)) return;
        for (const outcome& one : on_event(here, who, event).all) {
            state next = here;
            if (!spend(next, one.costs)) continue;
            arrive(next, who, one);
            visit(step{step::kind::happen, event, who, nullptr, &one}, std::move(next));
        }
    }

    [[nodiscard]] bool is_settled(const state& here) const {
        return sizes_.has(price::forgetting) &&
               histories_.components()[here.history].is_settled(synod::slot(), cast_.quorums());
    }

    // Inputs are events first, then letters by their numbers.

    [[nodiscard]] const outcomes& on_letter(const state& here, letter_number number) {
        const roles_letter& letter = cast_.letters()[number];
        const std::uint32_t input = roles_events + number.value();
        const std::uint32_t self = letter.to.node.value();
        switch (letter.to.kind) {
            case role_kind::acceptor:
                return react(acceptors_, here.acceptors[self], input, [&](const acceptor& one) {
                    return cast_.receive(acceptors_.components(), letter.to, one, letter);
                });
            case role_kind::proposer:
                return react(proposers_, here.proposers[self], input, [&](const proposer& one) {
                    return cast_.receive(proposers_.components(), letter.to, one, letter);
                });
            default:
                return react(learners_, here.pupil, input, [&](const learner& one) {
                    return cast_.teach(learners_.components(), one, &letter);
                });
        }
    }

    [[nodiscard]] const outcomes& on_event(const state& here, const role_name& who,
                                           roles_event event) {
        const auto input = static_cast<std::uint32_t>(event);
        const std::uint32_t self = who.node.value();
        switch (who.kind) {
            case role_kind::acceptor:
                return react(acceptors_, here.acceptors[self], input, [&](const acceptor& one) {
                    return cast_.happen(acceptors_.components(), who, one, event);
                });
            case role_kind::proposer:
                return react(proposers_, here.proposers[self], input, [&](const proposer& one) {
                    return cast_.happen(proposers_.components(), who, one, event);
                });
            default:
                return react(learners_, here.pupil, input, [&](const learner& one) {
                    return cast_.teach(learners_.components(), one, nullptr);
                });
        }
    }

    template <class Reactions, class Unfold>
    [[nodiscard]] static const outcomes& react(Reactions& all, typename Reactions::component here,
                                               std::uint32_t input, Unfold&& unfold) {
        const auto reaction = all.of(here, typename Reactions::input(input), unfold);
        return all.answers()[reaction.answer];
    }

    /// What came of it becomes so: `who` is changed, its messages are on their way, its votes are
    /// history.
    void arrive(state& next, const role_name& who, const outcome& one) {
        switch (who.kind) {
            case role_kind::acceptor:
                next.acceptors[who.node.value()] =
                    typename reactions<acceptor>::component(one.next);
                break;
            case role_kind::proposer:
                next.proposers[who.node.value()] =
                    typename reactions<proposer>::component(one.next);
                break;
            case role_kind::learner:
                next.pupil = typename reactions<learner>::component(one.next);
                break;
        }
        for (const letter_number sent : one.sent) next.network.insert(sent);
        for (const vote_event_number told : one.told) next.history = with(next.history, told);
        next.broken = one.broken;
    }

    [[nodiscard]] auto with(history_reactions::component here, vote_event_number told) {
        return histories_
            .of(here, told,
                [&](vote_history& all) {
                    all.add(cast_.events()[told], cast_.quorums(), sizes_.watch);
                    return synod::testing::no_answer();
                })
            .next;
    }

    template <class Sink>
    static void tell_promise(std::uint32_t self, acceptor before, acceptor after, Sink& sink) {
        const synod::ballot promised = after.disk().kept().promised();
        if (promised != before.disk().kept().promised())
            sink("acceptor " + std::to_string(self) + " has promised " + text_of(promised));
    }

    template <class Sink>
    void tell(const vote_event& event, Sink& sink) const {
        const std::string by = std::to_string(event.by.value());
        if (!event.is_claim)
            return sink("acceptor " + by + " has voted for " + text_of(event.vote));
        const bool is_learner = event.by == cast_.learner_node();
        sink((is_learner ? "the learner" : "proposer " + by) + " calls value " +
             std::to_string(event.vote.value) + " chosen" +
             detail::unless_first(" in slot ", event.vote.at));
    }

    template <class Sink>
    void tell_choices(const state& before, const state& after, Sink& sink) const {
        const vote_history& was = histories_.components()[before.history];
        const vote_history& is = histories_.components()[after.history];
        const synod::vote<int>* latest = nullptr;
        for (const auto& one : is.votes()) {
            if (latest != nullptr && *latest == one.vote) continue;
            latest = &one.vote;
            const auto chosen = [&](const vote_history& all) {
                return synod::invariant::is_chosen(all.votes(), cast_.quorums(), one.vote);
            };
            if (chosen(is) && !chosen(was)) sink(text_of(one.vote) + " is chosen");
        }
    }

    template <class Sink>
    static void tell_attempt(std::uint32_t self, const proposer& before, const proposer& after,
                             Sink& sink) {
        if (!after.is_up()) return;
        const auto leads = [](const proposer& one) {
            return one.is_up() && one.role().is_leading();
        };
        if (leads(after) == leads(before)) return;
        sink("proposer " + std::to_string(self) + (leads(after) ? " leads " : " gives up ") +
             text_of(leads(after) ? after.role().attempt() : before.role().attempt()));
    }

    Suite suite_;
    roles_sizes sizes_;
    cast cast_;
    reactions<acceptor> acceptors_;
    reactions<proposer> proposers_;
    reactions<learner> learners_;
    history_reactions histories_;
};

}  // namespace explore
