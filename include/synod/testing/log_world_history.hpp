// synod/testing/log_world_history.hpp - what no node of a log knows: every durable vote ever cast,
// and so what is chosen and what may be said.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/messages.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/testing/log_world_disk.hpp>
#include <synod/testing/log_world_machine.hpp>
#include <synod/testing/log_world_network.hpp>
#include <synod/testing/log_world_node.hpp>
#include <synod/testing/log_world_parts.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// The log as it is chosen, and what its clients were told of it. A value: worlds with the same
/// history go on alike.
template <parts_of_log Parts>
class log_history {
    using quorums = typename Parts::quorums;
    using machine = noted_machine<Parts>;

public:
    explicit log_history(quorums system) : quorums_(std::move(system)) {}

    /// `node` has taken a step, and this came of it.
    void take(node_id node, const log_answer& came) {
        broken_ = came.broken;
        if (!came.votes.empty()) {
            for (const log_vote& one : came.votes) add(node, one);
            learn();
        }
        for (const log_end& one : came.ends) take_end(one);
        for (const log_letter& one : came.sent) {
            one.message.visit([&](const auto& said) { take_word(said); });
        }
        if (says_denied_command()) name("not_decided_is_in_no_entry");
    }

    /// The invariant that the latest step broke; empty while all hold.
    [[nodiscard]] std::string_view broken() const { return broken_; }

    /// The commands whose clients know them decided.
    [[nodiscard]] letter_set completed() const { return completed_; }

    /// Whether a node that has applied every slot below `below` has what was chosen there, at the
    /// log time that its leaders spent, and its machine is what that makes of one.
    [[nodiscard]] bool agrees(slot below, const machine& applied, log_time now) const {
        if (below.value() > chosen_.size()) return false;
        const moment& then = moments_[below.value()];
        return now == then.now && applied.notes() == then.applied.notes() &&
               applied.machine() == then.applied.machine();
    }

    friend bool operator==(const log_history& a, const log_history& b) {
        return a.votes_ == b.votes_ && a.completed_ == b.completed_ && a.denied_ == b.denied_ &&
               a.broken_ == b.broken_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(votes_);
        sink.add(completed_);
        sink.add(denied_);
        sink.add(broken_);
    }

private:
    using cast = invariant::cast_vote<entry>;

    /// What holds when every slot below one is applied.
    struct moment {
        machine applied;
        log_time now;
        ballot leader;
    };

    void name(std::string_view what) {
        if (broken_.empty()) broken_ = what;
    }

    void add(node_id by, const log_vote& vote) {
        const cast one{by, vote};
        const auto order = [](const cast& a, const cast& b) {
            if (a.vote.at != b.vote.at) return a.vote.at < b.vote.at;
            if (a.vote.ballot != b.vote.ballot) return a.vote.ballot < b.vote.ballot;
            return a.by < b.by;
        };
        const auto where = std::ranges::lower_bound(votes_, one, order);
        if (where == votes_.end() || !(*where == one)) votes_.insert(where, one);
    }

    /// Sees what is chosen by now.
    void learn() {
        if (!invariant::one_value_per_ballot(votes_)) name("one_value_per_ballot");
        if (!invariant::one_value_chosen(votes_, quorums_)) name("one_value_chosen");
        if (!invariant::chosen_is_carried(votes_, quorums_)) name("chosen_is_carried");
        while (const entry* const next = chosen_at(slot(chosen_.size()))) append(*next);
    }

    [[nodiscard]] const entry* chosen_at(slot at) const {
        for (const cast& one : votes_) {
            if (one.vote.at != at) continue;
            if (invariant::is_chosen(votes_, quorums_, one.vote)) return &one.vote.value;
        }
        return nullptr;
    }

    void append(const entry& value) {
        const slot at(chosen_.size());
        moment next = moments_.back();
        move_time(next, value);
        value.for_each([&](std::uint32_t index, bytes_view command) {
            byte_writer result(results_.emplace_back());
            next.applied.apply({{at, index}, next.now}, command, result);
        });
        chosen_.push_back(value);
        moments_.push_back(std::move(next));
    }

    /// Time passes with the entries of the leader that took over last. (locks R2)
    static void move_time(moment& next, const entry& value) {
        const bool is_leader = value.kind() == entry_kind::new_leader;
        if (is_leader && value.origin() > next.leader) {
            next.leader = value.origin();
            next.applied.new_leader(next.leader);
        }
        if (is_leader || value.origin() != next.leader || value.elapsed_ms() == 0) return;
        next.now = next.now + value.elapsed_ms();
        next.applied.advance(next.now);
    }

    void take_end(const log_end& one) {
        if (one.how == outcome::not_decided && one.letter != 0) denied_.insert(one.letter);
        if (one.how != outcome::decided) return;
        if (!is_right(one)) name("results_are_those_of_the_log");
        if (completed_.contains(one.letter)) name("what_is_asked_ends_once");
        completed_.insert(one.letter);
    }

    /// Whether the result is what a machine answers that applies the chosen log.
    [[nodiscard]] bool is_right(const log_end& one) const {
        const auto& notes = moments_.back().applied.notes();
        const auto noted = std::ranges::find(notes, one.at, &log_note::at);
        if (noted == notes.end()) return false;
        const auto before = static_cast<std::size_t>(noted - notes.begin());
        return noted->letter == one.letter && before + 1 == one.number &&
               results_[before] == one.result;
    }

    template <class Message>
    void take_word(const Message& said) {
        if constexpr (requires { said.chosen_below; }) {
            if (said.chosen_below.value() > chosen_.size()) name("what_is_called_chosen_is");
        }
        if constexpr (requires { said.applied_below; }) {
            if (said.applied_below.value() > chosen_.size()) name("what_is_called_applied_is");
        }
        if constexpr (std::same_as<Message, heartbeat>) {
            if (!has_everybody_voted_below(said.applied_below)) name("what_is_called_applied_is");
        }
        if constexpr (std::same_as<Message, forgotten>) {
            if (said.first.value() > chosen_.size()) name("what_is_called_forgotten_is_chosen");
        }
        if constexpr (std::same_as<Message, chosen<entry>>) {
            if (!is_chosen(said.vote)) name("what_is_called_chosen_is");
        }
    }

    [[nodiscard]] bool is_chosen(const log_vote& said) const {
        const std::uint64_t at = said.at.value();
        return at < chosen_.size() && chosen_[at] == said.value;
    }

    /// Whether each member has had a durable vote in each of these slots.
    [[nodiscard]] bool has_everybody_voted_below(slot below) const {
        for (slot at; at < below; ++at) {
            node_set voters;
            for (const cast& one : votes_) {
                if (one.vote.at == at) voters.insert(one.by);
            }
            if (voters != quorums_.members()) return false;
        }
        return true;
    }

    [[nodiscard]] bool says_denied_command() const {
        for (const cast& one : votes_) {
            bool is_denied = false;
            one.vote.value.for_each([&](std::uint32_t, bytes_view command) {
                is_denied = is_denied || denied_.contains(static_cast<char>(*command.data()));
            });
            if (is_denied) return true;
        }
        return false;
    }

    quorums quorums_;
    std::vector<cast> votes_;  // by slot, ballot and node
    letter_set completed_;
    letter_set denied_;  // commands that somebody was told are not decided
    std::string_view broken_;

    // What follows from the votes.
    std::vector<entry> chosen_;       // every slot up to the first that is not chosen
    std::vector<bytes> results_;      // of the commands in them
    std::vector<moment> moments_{1};  // by slot, and one behind the last
};

}  // namespace synod::inline SYNOD_ABI::testing
