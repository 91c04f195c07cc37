// tests/explore/roles_cast.hpp - whole roles on modelled disks, and all that can come of what happens to one of them.
//
// Whatever arrives, a role decides, flushes, and may crash at every point of that: before the sync, when any prefix of what was
// pending may have become durable, and after it before each of the messages that waited for it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/paxos/acceptor.hpp>
#include <synod/paxos/learner.hpp>
#include <synod/paxos/proposer.hpp>
#include <synod/testing/interning.hpp>

#include "explore/roles_machine.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

/// How large a world of roles is, and how much of each trouble it has.
struct roles_sizes {
    std::uint32_t acceptors = 3;
    std::uint32_t proposers = 2;
    std::uint32_t learners = 0;
    std::uint32_t slots = 1;
    std::uint32_t max_ballot = 1;  // the highest round
    std::uint32_t votes_per_answer = 64;
    // Inputs before a flush; with 1 each input is flushed at once.
    std::uint32_t acceptor_batch = 1;
    std::uint32_t proposer_batch = 1;
    std::uint8_t troubles[prices] = {};  // by price

    static constexpr std::uint32_t most_acceptors = 4;
    static constexpr std::uint32_t most_proposers = 3;

    [[nodiscard]] bool has(price one) const {
        return troubles[static_cast<std::size_t>(one)] > 0;
    }
};

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

    /// A learner, and what it hears with. It forgets everything in a crash, so there is nothing to learn from one.
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
        unfolding<Machine> result(*this, all, self, before);
        if (!before.works()) return {};
        Machine after = before;
        after.role().receive(letter.from.node, letter.message, now);
        if (!(after == before)) result.settle(std::move(after), 0);
        return std::move(result.found);
    }

    /// What a role does of its own accord or its host's, or what becomes of it.
    template <class Machine>
    [[nodiscard]] outcomes happen(machines<Machine>& all, const role_name& self,
                                  const Machine& before, roles_event event) {
        unfolding<Machine> result(*this, all, self, before);
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
        return std::move(result.found);
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

private:
    template <class Machine>
    static constexpr bool is_proposer = std::same_as<Machine, proposer>;
    static constexpr bool is_async = requires(Disk& disk) { disk.end_sync(); };

    /// Collects what can come of one thing.
    template <class Machine>
    class unfolding {
    public:
        unfolding(roles_cast& cast, machines<Machine>& all, const role_name& self,
                  const Machine& before)
            : cast_(cast), all_(all), self_(self), before_(before) {}

        /// Flushes what `ready` has decided, or leaves it for a later flush.
        void settle(Machine ready, price_set costs) {
            const auto batch =
                is_proposer<Machine> ? cast_.sizes_.proposer_batch : cast_.sizes_.acceptor_batch;
            if (batch == 1) return flush(ready, costs);
            if (ready.unflushed++ < batch) add(std::move(ready), {}, {}, costs);
        }

        /// The flush, whole and torn at every point.
        void flush(const Machine& ready, price_set costs) {
            const std::uint64_t begun = modelled_disk::syncs_begun;
            Machine done = ready;
            const auto sent = run(done);
            const auto early = static_cast<std::size_t>(std::ranges::count_if(
                sent, [&](const basket::sent& one) { return one.syncs_begun == begun; }));
            add(std::move(done), {}, sent, costs, early);
            tear(ready, sent, is_async ? sent.size() : early, costs);
            if (!cast_.sizes_.has(price::failure) || copy_of(ready).disk().pending() == 0) return;
            Machine failed = ready;
            failed.disk().fail_next();
            const auto said = run(failed);
            add(std::move(failed), {ending::kind::sync_failed}, said,
                static_cast<price_set>(costs | just(price::failure)), early);
        }

        /// Adds that `after` is what comes of it. The first `early` of the messages left before the sync.
        void add(Machine after, const ending& end, const std::vector<basket::sent>& sent,
                 price_set costs, std::size_t early = 0) {
            outcome one{costs, end};
            note_votes(after, one);
            note_claims(after, one);
            one.broken = broken_conduct(after);
            for (std::size_t i = 0; i < sent.size(); ++i) {
                one.sent.push_back(cast_.address(self_, sent[i]));
                if (one.broken.empty() && is_early(after, sent[i].message, i < early && !is_async))
                    one.broken = "nothing_leaves_before_its_sync";
                note_use(after, sent[i].message);
            }
            one.next = all_.of(std::move(after)).value();
            found.all.push_back(std::move(one));
        }

        outcomes found;

        [[nodiscard]] const roles_sizes& sizes() const { return cast_.sizes_; }
        [[nodiscard]] roles_cast& cast() { return cast_; }
        [[nodiscard]] const role_name& self() const { return self_; }

    private:
        [[nodiscard]] static Machine copy_of(const Machine& one) { return one; }

        [[nodiscard]] static auto run(Machine& one) {
            one.unflushed = 0;
            one.role().flush(now);
            return one.role().transport().take();
        }

        /// The crashes in the flush of `ready`, which would send `sent`.
        void tear(const Machine& ready, const std::vector<basket::sent>& sent, std::size_t early,
                  price_set costs) {
            const price trouble = is_proposer<Machine> ? price::proposer_crash : price::crash;
            if (!cast_.sizes_.has(trouble)) return;
            const std::size_t records = copy_of(ready).disk().pending();
            for (std::size_t kept = 0; kept <= records; ++kept) {
                const std::size_t most = kept == records ? sent.size() : early;
                for (std::size_t count = 0; count <= most; ++count) {
                    if (count == sent.size() && (kept == records || is_async)) continue;
                    Machine crashed = ready;
                    crashed.crash(kept);
                    const std::vector<basket::sent> some(
                        sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(count));
                    add(std::move(crashed), torn(kept, records, count, sent.size()), some,
                        static_cast<price_set>(costs | just(trouble)), early);
                }
            }
        }

        [[nodiscard]] static ending torn(std::size_t kept, std::size_t records, std::size_t sent,
                                         std::size_t messages) {
            const auto small = [](std::size_t count) { return static_cast<std::uint8_t>(count); };
            return {ending::kind::crashed, small(kept), small(records), small(sent),
                    small(messages)};
        }

        /// Votes that have become durable; those of a disk that is no member's do not count.
        void note_votes(Machine& after, outcome& one) {
            for (const auto& vote : after.disk().take_fresh()) {
                if (after.incarnation == synod::incarnation(1))
                    one.told.push_back(cast_.events_.of({false, self_.node, vote}));
            }
        }

        /// Slots that a proposer has come to call chosen.
        void note_claims(const Machine& after, outcome& one) {
            if constexpr (is_proposer<Machine>) {
                for (synod::slot at; at.value() < cast_.sizes_.slots; ++at) {
                    const int* const value = after.is_up() ? after.role().chosen(at) : nullptr;
                    if (value == nullptr) continue;
                    if (before_.is_up() && before_.role().chosen(at) != nullptr) continue;
                    one.told.push_back(cast_.events_.of({true, self_.node, {at, {}, *value}}));
                }
            }
        }

        static void note_use(Machine& after, const roles_message& message) {
            message.visit([&]<class Message>(const Message& one) {
                if constexpr (std::same_as<Message, synod::prepare> ||
                              std::same_as<Message, synod::accept<int>>) {
                    after.used = std::max(after.used, one.ballot);
                }
            });
        }

        [[nodiscard]] std::string_view broken_conduct(Machine& after) const {
            using namespace synod::invariant;
            if constexpr (is_proposer<Machine>) {
                if (!after.is_up() || !after.role().attempt().exists()) return {};
                const synod::ballot was =
                    before_.is_up() ? before_.role().attempt() : synod::ballot();
                const synod::ballot is = after.role().attempt();
                if (was == is || !before_.used.exists()) return {};
                return ballot_never_reused(before_.used, is) ? "" : "ballot_never_reused";
            } else {
                if (after.is_up() && !accepted_within_promise(after.role()))
                    return "accepted_within_promise";
                if (after.incarnation != before_.incarnation) return {};
                Machine before = before_;
                const durable_records& was = before.disk().kept();
                const durable_records& is = after.disk().kept();
                if (!promise_never_falls(was, is)) return "promise_never_falls";
                return vote_never_regresses(was, is) ? "" : "vote_never_regresses";
            }
        }

        /// Whether `message` reveals what is not durable: before the sync, or else after it.
        [[nodiscard]] bool is_early(Machine& after, const roles_message& message,
                                    bool left_before) const {
            Machine before = before_;
            const synod::votes<int> none;
            const synod::votes<int>* votes = &none;
            if constexpr (!is_proposer<Machine>) {
                if (before_.is_up()) votes = &before_.role().votes();
                if (after.is_up()) votes = &after.role().votes();
            }
            const durable_records& kept = left_before ? before.disk().kept() : after.disk().kept();
            bool result = false;
            message.visit([&](const auto& one) { result = revealed_early{kept, votes}(one); });
            return result;
        }

        roles_cast& cast_;
        machines<Machine>& all_;
        role_name self_;
        const Machine& before_;
    };

    [[nodiscard]] synod::node_id learner_node() const {
        return synod::node_id(std::max(sizes_.acceptors, sizes_.proposers));
    }
    [[nodiscard]] synod::node_set learners() const {
        return sizes_.learners == 0 ? synod::node_set() : synod::node_set{learner_node()};
    }

    /// The value that a proposer wants: 0, which stands for a no-op, is that of the first one in the first slot.
    [[nodiscard]] static int value_of(synod::node_id self, synod::slot at, std::uint8_t life) {
        return 100 * life + 10 * static_cast<int>(at.value()) + static_cast<int>(self.value());
    }

    /// The cluster as `self` sees it from a disk of that incarnation. All others are in their first.
    [[nodiscard]] synod::group group_of(synod::node_id self,
                                        synod::incarnation incarnation) const {
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
        return *Role::make(group_of(self, incarnation), transport(basket()), disk(),
                           make_policy(), learners());
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
    void propose(unfolding<Machine>& result, const Machine& before) {
        if constexpr (is_proposer<Machine>) {
            if (!before.works() || before.has_proposed) return;
            Machine after = before;
            after.has_proposed = true;
            for (synod::slot at; at.value() < sizes_.slots; ++at) {
                static_cast<void>(after.role().propose(
                    at, value_of(result.self().node, at, before.life), now));
            }
            if (after.role().attempt().round() <= sizes_.max_ballot)
                result.settle(std::move(after), 0);
        }
    }

    template <class Machine>
    void retry(unfolding<Machine>& result, const Machine& before) {
        if constexpr (is_proposer<Machine>) {
            if (!before.works() || before.role().next_deadline() == synod::instant::never()) return;
            Machine after = before;
            after.role().tick(after.role().next_deadline());
            const bool is_new = after.role().attempt() != before.role().attempt();
            if (is_new && after.role().attempt().round() > sizes_.max_ballot) return;
            if (!(after == before)) result.settle(std::move(after), is_new ? 0 : just(price::repeat));
        }
    }

    template <class Machine>
    void crash(unfolding<Machine>& result, const Machine& before) {
        const price trouble = is_proposer<Machine> ? price::proposer_crash : price::crash;
        if (!before.is_up() || !sizes_.has(trouble)) return;
        Machine same = before;
        const std::size_t records = same.disk().pending();
        for (std::size_t kept = 0; kept <= records; ++kept) {
            Machine after = before;
            after.crash(kept);
            const auto small = [](std::size_t count) { return static_cast<std::uint8_t>(count); };
            const ending end{ending::kind::crashed, small(kept), small(records), 0, 0};
            result.add(std::move(after), records == 0 ? ending{} : end, {}, just(trouble));
        }
    }

    template <class Machine>
    void restart(unfolding<Machine>& result, const Machine& before) {
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
    void end_sync(unfolding<Machine>& result, const Machine& before, bool of_earlier_life) {
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
    void replace_disk(unfolding<Machine>& result, const Machine& before) {
        if constexpr (!is_proposer<Machine>) {
            if (before.is_up() || !sizes_.has(price::replacement)) return;
            Machine after = before;
            after.incarnation = Suite::next_incarnation(before.incarnation);
            after.start(made<typename acceptor::role_type>(result.self().node, after.incarnation));
            result.add(std::move(after), {}, {}, just(price::replacement));
        }
    }

    template <class Machine>
    void forget(unfolding<Machine>& result, const Machine& before) {
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
