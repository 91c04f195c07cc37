// synod/testing/log_world.hpp - the world of a replicated log: whole replicas that lead and follow,
// crash and come back.
//
// A step hands a node one thing and flushes it, or lets it crash in that flush. Time is each node's
// own, and moves only when the node is ticked: then to its next deadline. A delivery that changes
// nothing is no step, and its letter stays.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/group.hpp>
#include <synod/testing/interning.hpp>
#include <synod/testing/log_world_history.hpp>
#include <synod/testing/log_world_machine.hpp>
#include <synod/testing/log_world_network.hpp>
#include <synod/testing/log_world_node.hpp>
#include <synod/testing/log_world_parts.hpp>
#include <synod/testing/log_world_words.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A world of replicas of `Parts::machine`, each with a disk and a clock of its own: to be searched
/// by `testing/explorer.hpp`, or walked through as an any_world. What `log_sizes` allows happens in
/// every order: letters arrive, are lost or come again, clients ask the leaders, nodes tick, crash
/// and come back.
///
/// Of this at least it names what does not hold: one value is chosen for a slot, and every later
/// ballot carries it; nothing leaves before what it rests on is durable; no promise, vote or ballot
/// is taken back; each machine is what the chosen log makes of one; results are those of the log,
/// and come once; reads see all that was completed before; log time counts all that leaders spend,
/// and nothing twice.
template <parts_of_log Parts>
class log_world {
    using history_type = log_history<Parts>;
    using node = log_node<Parts>;
    using policy = typename Parts::policy;
    using sort = log_event::sort;
    using node_reactions = reactions<node, log_event, log_answer>;
    using letter_number = interned<log_letter>;
    using event_number = interned<log_event>;
    using answer_number = typename node_reactions::answer;

    /// A node and what it answered.
    struct report {
        std::uint32_t by = 0;
        answer_number answer{0};

        friend bool operator==(const report&, const report&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(by);
            sink.add(answer);
        }
    };
    using history_reactions = reactions<history_type, report>;

public:
    struct state {
        std::array<typename node_reactions::component, log_sizes::most_nodes> nodes{};
        std::vector<letter_number> network{};  // sorted
        typename history_reactions::component history{0};
        std::array<std::uint8_t, 12> taken{};  // steps, by their sort

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(nodes);
            sink.add(network);
            sink.add(history);
            sink.add(taken);
        }
    };

    struct step {
        std::uint32_t node;
        event_number what;
        const std::string* text;  // the world's

        friend std::string to_string(const step& one) { return *one.text; }
    };

    /// Precondition: the policy's quorum system has the members 0 to `sizes.nodes` - 1. Throws
    /// std::invalid_argument if the sizes are not allowed.
    log_world(const log_sizes& sizes, policy shared)
        : sizes_(sizes), policy_(std::make_unique<policy>(std::move(shared))) {
        if (!sizes.is_allowed()) throw std::invalid_argument("no world of a log has that size");
    }

    /// Throws std::logic_error if node 0 is to be elected first, and is not; and what log_node
    /// throws.
    [[nodiscard]] state initial() {
        state first;
        std::vector<member> members;
        members.reserve(sizes_.nodes);
        for (std::uint32_t i = 0; i < sizes_.nodes; ++i)
            members.push_back({node_id(i), incarnation(1)});
        for (std::uint32_t i = 0; i < sizes_.nodes; ++i) {
            const auto self = *group::make(cluster_id(1), node_id(i), members);
            first.nodes[i] = nodes_.components().of(node(self, *policy_));
        }
        first.history =
            histories_.components().of(history_type(typename Parts::quorums(policy_->quorums)));
        if (sizes_.begins_elected) elect(first);
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        for (std::uint32_t i = 0; i < sizes_.nodes; ++i) {
            if (!node_in(here, i).is_running()) {
                attempt(here, {.what = sort::restart, .node = i}, visit);
            } else {
                for_each_input(here, i, visit);
            }
        }
        for (std::size_t i = 0; i < here.network.size(); ++i) {
            const bool is_seen = i > 0 && here.network[i] == here.network[i - 1];
            if (!is_seen) for_each_delivery(here, here.network[i], visit);
        }
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        const history_type& history = histories_.components()[here.history];
        if (!history.broken().empty()) return history.broken();
        for (std::uint32_t i = 1; i < sizes_.nodes; ++i) {
            for (std::uint32_t j = 0; j < i; ++j) {
                if (!has_equal_prefix(here, i, j)) return "equal_prefixes";
            }
        }
        for (std::uint32_t i = 0; i < sizes_.nodes; ++i) {
            if (!node_in(here, i).is_running()) continue;
            const auto& role = node_in(here, i).role();
            if (!history.agrees(role.status().applied_below, role.machine(), role.time()))
                return "applied_is_chosen";
        }
        return {};
    }

    template <class Sink>
    void facts(const state& before, const step& taken, const state& after, Sink&& sink) {
        const log_answer answer = answer_to(before, taken);
        const std::string self = std::to_string(taken.node);
        for (const log_vote& one : answer.votes) sink(self + " votes for " + text_of(one));
        tell_changes(before, taken.node, after, sink);
        for (const log_end& one : answer.ends) sink(text_of(one));
        for (const log_letter& one : answer.sent) sink("sent: " + to_string(one));
    }

private:
    [[nodiscard]] const node& node_in(const state& here, std::uint32_t self) const {
        return nodes_.components()[here.nodes[self]];
    }

    [[nodiscard]] bool may(const state& here, sort what, std::uint32_t most) const {
        return here.taken[static_cast<std::size_t>(what)] < most;
    }

    template <class Visit>
    void for_each_input(const state& here, std::uint32_t self, Visit& visit) {
        const node& one = node_in(here, self);
        const bool leads = one.role().is_leading();
        const auto letter = static_cast<char>('a' + here.taken[0]);
        if (leads && may(here, sort::propose, sizes_.commands))
            act(here, {.what = sort::propose, .node = self, .letter = letter}, visit);
        const letter_set completed = histories_.components()[here.history].completed();
        if (leads && may(here, sort::read, sizes_.reads))
            act(here, {.what = sort::read, .node = self, .completed = completed}, visit);
        for (std::uint32_t to = 0; leads && to < sizes_.nodes; ++to) {
            if (to != self && may(here, sort::transfer, sizes_.transfers))
                act(here, {.what = sort::transfer, .node = self, .to = to}, visit);
        }
        if (one.may_tick() && may(here, sort::tick, sizes_.ticks))
            act(here, {.what = sort::tick, .node = self}, visit);
        if (may(here, sort::trim, sizes_.trims))
            act(here, {.what = sort::trim, .node = self}, visit);
        if (one.is_syncing()) act(here, {.what = sort::end_sync, .node = self}, visit);
        if (one.has_late_answer()) act(here, {.what = sort::answer_late, .node = self}, visit);
        if (may(here, sort::crash, sizes_.crashes))
            attempt(here, {.what = sort::crash, .node = self}, visit);
    }

    template <class Visit>
    void for_each_delivery(const state& here, letter_number number, Visit& visit) {
        const std::uint32_t to = letters_[number].to.value();
        if (may(here, sort::lose, sizes_.losses))
            attempt(here, {.what = sort::lose, .node = to, .delivered = number}, visit);
        if (!node_in(here, to).is_running()) return;
        act(here, {.what = sort::deliver, .node = to, .delivered = number}, visit);
        if (may(here, sort::repeat, sizes_.repeats))
            act(here, {.what = sort::repeat, .node = to, .delivered = number}, visit);
    }

    /// A step and, where they are part of this world, the crashes in its flush, after one effect
    /// more each time until it has no more.
    template <class Visit>
    void act(const state& here, log_event event, Visit& visit) {
        static_cast<void>(attempt(here, event, visit));
        if (!sizes_.crashes_in_flush || !may(here, sort::crash, sizes_.crashes)) return;
        bool goes_on = true;
        for (std::uint32_t effects = 0; goes_on; ++effects) {
            event.point = crash_point::after(effects);
            goes_on = attempt(here, event, visit);
        }
    }

    /// Returns whether it is a step.
    template <class Visit>
    bool attempt(const state& here, const log_event& event, Visit& visit) {
        state next = here;
        const event_number number = number_of(event);
        const bool is_step = take(next, number);
        if (is_step) visit(step{event.node, number, &texts_[number.value()]}, std::move(next));
        return is_step;
    }

    /// Returns whether anything came of it.
    [[nodiscard]] bool take(state& here, event_number number) {
        const log_event& event = events_[number];
        count(here, event);
        if (event.what == sort::deliver || event.what == sort::lose) remove(here, event.delivered);
        if (event.what == sort::lose) return true;
        auto& self = here.nodes[event.node];
        const auto reaction = nodes_.of(self, number, [&](node& one) { return react(one, event); });
        const log_answer& answer = nodes_.answers()[reaction.answer];
        const bool is_idle = self == reaction.next && answer.sent.empty() && answer.broken.empty();
        self = reaction.next;
        for (const log_letter& one : answer.sent) post(here, one);
        const auto heard = reports_.of({event.node, reaction.answer});
        here.history = histories_
                           .of(here.history, history_input(heard.value()),
                               [&](history_type& history) {
                                   history.take(node_id(event.node), answer);
                                   return no_answer();
                               })
                           .next;
        return answer.is_taken && !is_idle;
    }

    [[nodiscard]] log_answer react(node& one, const log_event& event) {
        switch (event.what) {
            case sort::propose: return one.propose(event.letter, event.point);
            case sort::read: return one.read(event.completed, event.point);
            case sort::tick: return one.tick(event.point);
            case sort::transfer: return one.transfer(node_id(event.to), event.point);
            case sort::trim: return one.trim(event.point);
            case sort::crash: return one.crash();
            case sort::restart: return one.restart();
            case sort::end_sync: return one.end_sync(event.point);
            case sort::answer_late: return one.answer_late(event.point);
            default: return one.receive(letters_[event.delivered], event.point);
        }
    }

    static void count(state& here, const log_event& event) {
        const auto add = [&](sort what) { ++here.taken[static_cast<std::size_t>(what)]; };
        const bool is_bounded = event.what != sort::deliver && event.what != sort::restart &&
                                event.what != sort::end_sync && event.what != sort::answer_late;
        if (is_bounded) add(event.what);
        if (event.point.comes()) add(sort::crash);
    }

    void post(state& here, const log_letter& letter) {
        const letter_number number = letters_.of(letter);
        here.network.insert(std::upper_bound(here.network.begin(), here.network.end(), number),
                            number);
    }
    static void remove(state& here, letter_number number) {
        here.network.erase(std::lower_bound(here.network.begin(), here.network.end(), number));
    }

    [[nodiscard]] event_number number_of(const log_event& event) {
        const event_number number = events_.of(event);
        if (number.value() == texts_.size()) texts_.push_back(text_of(event, letters_));
        return number;
    }

    /// The common beginning, for what comes first in every run is not what the search is for.
    void elect(state& here) {
        const event_number tick = number_of({.what = sort::tick, .node = 0});
        constexpr int most_ticks = 100;
        for (int ticks = 0; !node_in(here, 0).role().is_leading(); ++ticks) {
            if (ticks == most_ticks) throw std::logic_error("node 0 is elected by nobody");
            must(here, tick);
        }
        for (int heartbeats = 0; heartbeats < 3; ++heartbeats) must(here, tick);
        here.taken = {};
    }
    void must(state& here, event_number number) {
        static_cast<void>(take(here, number));
        for (bool goes_on = true; goes_on;) goes_on = settle_one(here);
    }
    /// Lets one sync end or one letter arrive.
    [[nodiscard]] bool settle_one(state& here) {
        for (std::uint32_t i = 0; i < sizes_.nodes; ++i) {
            if (!node_in(here, i).is_syncing()) continue;
            return take(here, number_of({.what = sort::end_sync, .node = i}));
        }
        if (here.network.empty()) return false;
        const letter_number first = here.network.front();
        const std::uint32_t to = letters_[first].to.value();
        static_cast<void>(
            take(here, number_of({.what = sort::deliver, .node = to, .delivered = first})));
        return true;
    }

    /// Whether what one of them has applied is the beginning of what the other has.
    [[nodiscard]] bool has_equal_prefix(const state& here, std::uint32_t a, std::uint32_t b) const {
        if (!node_in(here, a).is_running() || !node_in(here, b).is_running()) return true;
        const auto& first = node_in(here, a).role().machine().notes();
        const auto& second = node_in(here, b).role().machine().notes();
        const auto size = static_cast<std::ptrdiff_t>(std::min(first.size(), second.size()));
        return std::equal(first.begin(), first.begin() + size, second.begin());
    }

    [[nodiscard]] log_answer answer_to(const state& before, const step& taken) {
        const log_event& event = events_[taken.what];
        if (event.what == sort::lose) return {};
        const auto reaction =
            nodes_.of(before.nodes[taken.node], taken.what, [](node&) -> log_answer {
                throw std::logic_error("this step was never taken");
            });
        return nodes_.answers()[reaction.answer];
    }

    template <class Sink>
    void tell_changes(const state& before, std::uint32_t self, const state& after,
                      Sink& sink) const {
        const node& was = node_in(before, self);
        const node& is = node_in(after, self);
        if (!was.is_running() || !is.is_running()) return;
        const std::string name = std::to_string(self);
        const auto then = was.role().status();
        const auto now = is.role().status();
        if (now.promised != then.promised) sink(name + " promises " + to_string(now.promised));
        if (now.standing != then.standing) sink(name + ' ' + text_of(now.standing, now.leader));
        for (slot at = then.applied_below; at < now.applied_below; ++at)
            sink(name + " applies slot " + to_string(at) +
                 text_of(is.role().machine().notes(), at));
    }

    using history_input = typename history_reactions::input;

    log_sizes sizes_;
    std::unique_ptr<policy> policy_;  // nodes refer to it
    interner<log_letter> letters_;
    interner<log_event> events_;
    std::deque<std::string> texts_;  // of events_
    node_reactions nodes_;
    interner<report> reports_;
    history_reactions histories_;
};

}  // namespace synod::inline SYNOD_ABI::testing
