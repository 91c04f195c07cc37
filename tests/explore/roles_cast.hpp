// tests/explore/roles_cast.hpp - whole roles on modelled disks: how they are made, and what can
// happen to them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/paxos/acceptor.hpp>
#include <synod/paxos/learner.hpp>
#include <synod/paxos/proposer.hpp>
#include <synod/testing/interning.hpp>

#include "explore/roles_machine.hpp"
#include "explore/roles_sizes.hpp"
#include "explore/roles_unfolding.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

/// The roles of `Suite` on disks of type `Disk`, and what they are given.
template <class Suite, class Disk>
class roles_cast {
    using disk = typename Suite::template disk<Disk>;
    using transport = typename Suite::transport;
    using policy = typename Suite::policy;

    static constexpr synod::instant now{};

public:
    using acceptor = machine<synod::acceptor<int, transport, disk, policy>, disk>;
    using proposer = machine<synod::proposer<int, transport, disk, policy>, disk>;

    /// A learner, and what it hears with. It forgets everything in a crash, so there is nothing to
    /// learn from one.
    struct learner {
        synod::learner<int, transport, policy> role;
        typename Suite::ear ear{};

        friend bool operator==(const learner&, const learner&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(role);
            sink.add(ear);
        }
    };

    template <class Machine>
    using machines = synod::testing::interner<Machine>;

    explicit roles_cast(const roles_sizes& sizes)
        : sizes_(sizes),
          quorums_(*synod::majority::make(synod::node_set::first(sizes.acceptors))) {}

    [[nodiscard]] const roles_sizes& sizes() const { return sizes_; }
    /// No other role has it.
    [[nodiscard]] synod::node_id learner_node() const {
        return synod::node_id(std::max(sizes_.acceptors, sizes_.proposers));
    }
    [[nodiscard]] const synod::majority& quorums() const { return quorums_; }
    [[nodiscard]] synod::testing::interner<roles_letter, std::uint16_t>& letters() {
        return letters_;
    }
    [[nodiscard]] synod::testing::interner<vote_event>& events() { return events_; }

    [[nodiscard]] acceptor make_acceptor(synod::node_id self) const {
        return acceptor(made<typename acceptor::role_type>(self));
    }
    [[nodiscard]] proposer make_proposer(synod::node_id self) const {
        return proposer(made<typename proposer::role_type>(self));
    }
    [[nodiscard]] learner make_learner() const {
        return {*synod::learner<int, transport, policy>::make(
            group_of(learner_node(), synod::incarnation(1)), transport(basket()), make_policy(),
            now)};
    }

    /// `message` arrives.
    template <class Machine>
    [[nodiscard]] outcomes receive(machines<Machine>& all, const role_name& self,
                                   const Machine& before, const roles_letter& letter) {
        unfolding<roles_cast, Machine> result(*this, all, self, before);
        if (!before.works()) return {};
        Machine after = before;
        after.role().receive(letter.from.node, letter.message, now);
        if (!(after == before)) result.settle(std::move(after), 0);
        return result.take();
    }

    /// What a role does of its own accord or its host's, or what becomes of it.
    template <class Machine>
    [[nodiscard]] outcomes happen(machines<Machine>& all, const role_name& self,
                                  const Machine& before, roles_event event) {
        unfolding<roles_cast, Machine> result(*this, all, self, before);
        switch (event) {
            case roles_event::propose: propose(result, before); break;
            case roles_event::retry: retry(result, before); break;
            case roles_event::flush:
                if (before.works() && before.unflushed > 0) result.flush(before, 0);
                break;
            case roles_event::crash: crash(result, before); break;
            case roles_event::restart: restart(result, before); break;
            case roles_event::end_sync: end_sync(result, before, false); break;
            case roles_event::end_earlier_sync: end_sync(result, before, true); break;
            case roles_event::replace_disk: replace_disk(result, before); break;
            case roles_event::forget: forget(result, before); break;
        }
        return result.take();
    }

    /// What a learner makes of a message, or of none: then it asks for what it lacks.
    [[nodiscard]] outcomes teach(machines<learner>& all, const learner& before,
                                 const roles_letter* letter) {
        learner after = before;
        outcome one;
        if (letter == nullptr) {
            after.role.tick(after.role.next_deadline());
            one.costs = just(price::repeat);
        } else {
            hear(after, *letter);
        }
        after.role.flush(now);
        for (const basket::sent& sent : after.role.transport().take())
            one.sent.push_back(address({role_kind::learner, learner_node()}, sent));
        if (after == before) return {};
        for (synod::slot at; at.value() < sizes_.slots; ++at) {
            const int* const value = after.role.chosen(at);
            if (value != nullptr && before.role.chosen(at) == nullptr)
                one.told.push_back(events_.of({true, learner_node(), {at, {}, *value}}));
        }
        one.next = all.of(std::move(after)).value();
        return {{std::move(one)}};
    }

    /// Whether the network of this world never carries such a message.
    [[nodiscard]] bool is_lost(const role_name& from, const basket::sent& sent) const {
        if (sent.to == learner_node()) return false;
        if (from.kind == role_kind::proposer)
            return !sizes_.reach[from.node.value()].contains(sent.to);
        if (!sizes_.is_deaf) return false;
        return sent.message.get_if<synod::accepted>() != nullptr ||
               sent.message.get_if<synod::refused>() != nullptr;
    }

    /// To whom a message goes, its type tells, and so the letter.
    [[nodiscard]] letter_number address(const role_name& from, const basket::sent& sent) {
        role_kind kind = role_kind::proposer;
        sent.message.visit([&]<class Message>(const Message&) {
            if constexpr (std::same_as<Message, synod::prepare> ||
                          std::same_as<Message, synod::accept<int>> ||
                          std::same_as<Message, synod::fetch>) {
                kind = role_kind::acceptor;
            }
        });
        if (sent.to == learner_node()) kind = role_kind::learner;
        return letters_.of({from, {kind, sent.to}, sent.message});
    }

private:
    template <class Machine>
    static constexpr bool is_proposer = std::same_as<Machine, proposer>;
    static constexpr bool is_async = requires(Disk& disk) { disk.end_sync(); };

    [[nodiscard]] synod::node_set learners() const {
        return sizes_.learners == 0 ? synod::node_set() : synod::node_set{learner_node()};
    }

    /// The value that a proposer wants: 0, which stands for a no-op, is that of the first one in
    /// the first slot.
    [[nodiscard]] static int value_of(synod::node_id self, synod::slot at, std::uint8_t life) {
        return 100 * life + 10 * static_cast<int>(at.value()) + static_cast<int>(self.value());
    }

    /// The cluster as `self` sees it from a disk of that incarnation. All others are in their
    /// first.
    [[nodiscard]] synod::group group_of(synod::node_id self, synod::incarnation incarnation) const {
        std::vector<synod::member> members;
        for (const synod::node_id node : synod::node_set::first(learner_node().value() + 1))
            members.push_back({node, node == self ? incarnation : synod::incarnation(1)});
        return *synod::group::make(synod::cluster_id(1), self, members);
    }

    [[nodiscard]] policy make_policy() const {
        policy made = Suite::policy_of(quorums_);
        made.limits.votes_per_answer = sizes_.votes_per_answer;
        return made;
    }

    /// A role on a new disk.
    template <class Role>
    [[nodiscard]] Role made(synod::node_id self,
                            synod::incarnation incarnation = synod::incarnation(1)) const {
        return *Role::make(group_of(self, incarnation), transport(basket()), disk(), make_policy(),
                           learners());
    }

    void hear(learner& one, const roles_letter& letter) {
        const synod::node_id from = letter.from.node;
        if (const auto* const accept = letter.message.get_if<synod::accept<int>>())
            one.ear.note(*accept);
        if (const auto* const said = letter.message.get_if<synod::accepted>()) {
            one.role.receive(from, one.ear.heard(*said), now);
        } else {
            one.role.receive(from, letter.message, now);
        }
    }

    template <class Machine>
    void propose(unfolding<roles_cast, Machine>& result, const Machine& before) {
        if constexpr (is_proposer<Machine>) {
            if (!before.works() || before.has_proposed) return;
            Machine after = before;
            after.has_proposed = true;
            for (synod::slot at; at.value() < sizes_.slots; ++at) {
                static_cast<void>(
                    after.role().propose(at, value_of(result.self().node, at, before.life), now));
            }
            if (after.role().attempt().round() <= sizes_.max_ballot)
                result.settle(std::move(after), 0);
        }
    }

    template <class Machine>
    void retry(unfolding<roles_cast, Machine>& result, const Machine& before) {
        if constexpr (is_proposer<Machine>) {
            if (!before.works() || before.role().next_deadline() == synod::instant::never()) return;
            Machine after = before;
            after.role().tick(after.role().next_deadline());
            const bool is_new = after.role().attempt() != before.role().attempt();
            if (is_new && after.role().attempt().round() > sizes_.max_ballot) return;
            if (!(after == before))
                result.settle(std::move(after), is_new ? 0 : just(price::repeat));
        }
    }

    template <class Machine>
    void crash(unfolding<roles_cast, Machine>& result, const Machine& before) {
        const price trouble = is_proposer<Machine> ? price::proposer_crash : price::crash;
        if (!before.is_up() || !sizes_.has(trouble)) return;
        Machine same = before;
        const std::size_t records = same.disk().pending();
        for (std::size_t kept = 0; kept <= records; ++kept) {
            Machine after = before;
            after.crash(kept);
            const auto small = [](std::size_t count) { return static_cast<std::uint8_t>(count); };
            const ending end{ending::kind::torn, small(kept), small(records), 0, 0};
            result.add(std::move(after), records == 0 ? ending{} : end, {}, just(trouble));
        }
    }

    template <class Machine>
    void restart(unfolding<roles_cast, Machine>& result, const Machine& before) {
        if (before.works()) return;
        using role = typename Machine::role_type;
        Machine after = before;
        if (after.is_up()) after.crash(0);
        if (is_proposer<Machine>) ++after.life;
        auto next = role::recover(group_of(result.self().node, after.incarnation),
                                  transport(basket()), after.disk(), make_policy(), learners());
        if (!next) throw std::logic_error("a role does not recover: " + next.error().message());
        after.start(std::move(*next));
        result.add(std::move(after), {}, {}, 0);
    }

    template <class Machine>
    void end_sync(unfolding<roles_cast, Machine>& result, const Machine& before,
                  bool of_earlier_life) {
        if constexpr (is_async) {
            if (!before.works()) return;
            Machine after = before;
            auto& on = after.disk();
            if (!(of_earlier_life ? on.has_late_answer() : on.has_sync_under_way())) return;
            after.role().synced(of_earlier_life ? on.take_late_answer() : on.end_sync(), {});
            result.flush(after, 0);
        }
    }

    template <class Machine>
    void replace_disk(unfolding<roles_cast, Machine>& result, const Machine& before) {
        if constexpr (!is_proposer<Machine>) {
            if (before.is_up() || !sizes_.has(price::replacement)) return;
            Machine after = before;
            after.incarnation = Suite::next_incarnation(before.incarnation);
            after.start(made<typename acceptor::role_type>(result.self().node, after.incarnation));
            result.add(std::move(after), {}, {}, just(price::replacement));
        }
    }

    template <class Machine>
    void forget(unfolding<roles_cast, Machine>& result, const Machine& before) {
        if constexpr (!is_proposer<Machine>) {
            if (!before.works() || !sizes_.has(price::forgetting)) return;
            Machine after = before;
            after.role().forget(synod::slot(1));
            if (!(after == before)) result.settle(std::move(after), just(price::forgetting));
        }
    }

    roles_sizes sizes_;
    synod::majority quorums_;
    synod::testing::interner<roles_letter, std::uint16_t> letters_;
    synod::testing::interner<vote_event> events_;
};

}  // namespace explore
