// tests/explore/log_history.hpp - what no node of a log knows: every durable vote ever cast, and so
// what is chosen and what may be said.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/invariant.hpp>

#include "explore/log_node.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace explore {

/// The log as it is chosen, and what its nodes were told of it. A value: worlds with the same
/// history go on alike.
class log_history {
public:
    explicit log_history(synod::majority quorums) : quorums_(quorums) {}

    /// `node` has taken a step, and this came of it.
    void take(synod::node_id node, const log_answer& came) {
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
    /// log time that its leaders spent.
    [[nodiscard]] bool agrees(synod::slot below, const std::vector<note>& notes,
                              synod::log_time now) const {
        if (below.value() > chosen_.size()) return false;
        const moment& then = moments_[below.value()];
        return notes.size() == then.commands && now == then.now &&
               std::equal(notes.begin(), notes.end(), notes_.begin());
    }

    friend bool operator==(const log_history& a, const log_history& b) {
        return a.votes_ == b.votes_ && a.completed_ == b.completed_ && a.denied_ == b.denied_ &&
               a.broken_ == b.broken_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(votes_.size());
        for (const cast& one : votes_) {
            sink.add(one.by);
            sink.add(one.vote);
        }
        sink.add(completed_);
        sink.add(denied_);
        sink.add(broken_);
    }

private:
    using cast = synod::invariant::cast_vote<synod::entry>;

    /// What holds when every slot below one is applied.
    struct moment {
        std::size_t commands = 0;
        synod::log_time now;
        synod::ballot leader;
    };

    void name(std::string_view what) {
        if (broken_.empty()) broken_ = what;
    }

    void add(synod::node_id by, const log_vote& vote) {
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
        if (!synod::invariant::one_value_per_ballot(votes_)) name("one_value_per_ballot");
        if (!synod::invariant::one_value_chosen(votes_, quorums_)) name("one_value_chosen");
        if (!synod::invariant::chosen_is_carried(votes_, quorums_)) name("chosen_is_carried");
        while (const synod::entry* const next = chosen_at(synod::slot(chosen_.size())))
            append(*next);
    }

    [[nodiscard]] const synod::entry* chosen_at(synod::slot at) const {
        for (const cast& one : votes_) {
            if (one.vote.at != at) continue;
            if (synod::invariant::is_chosen(votes_, quorums_, one.vote)) return &one.vote.value;
        }
        return nullptr;
    }

    void append(const synod::entry& value) {
        const synod::slot at(chosen_.size());
        moment next = moments_.back();
        const bool is_leader = value.kind() == synod::entry_kind::new_leader;
        if (is_leader && value.origin() > next.leader) next.leader = value.origin();
        if (!is_leader && value.origin() == next.leader) next.now = next.now + value.elapsed_ms();
        value.for_each([&](std::uint32_t index, synod::bytes_view command) {
            notes_.push_back({{at, index}, static_cast<char>(*command.data()), next.now});
        });
        next.commands = notes_.size();
        chosen_.push_back(value);
        moments_.push_back(next);
    }

    void take_end(const log_end& one) {
        if (one.how == synod::outcome::not_decided && one.letter != 0) denied_.insert(one.letter);
        if (one.how != synod::outcome::decided) return;
        if (!is_right(one)) name("results_are_those_of_the_log");
        if (completed_.contains(one.letter)) name("what_is_asked_ends_once");
        completed_.insert(one.letter);
    }

    /// Whether the result is what a machine answers that applies the chosen log.
    [[nodiscard]] bool is_right(const log_end& one) const {
        const auto noted = std::ranges::find(notes_, one.at, &note::at);
        return noted != notes_.end() && noted->letter == one.letter &&
               noted - notes_.begin() + 1 == one.result;
    }

    template <class Message>
    void take_word(const Message& said) {
        if constexpr (requires { said.chosen_below; }) {
            if (said.chosen_below.value() > chosen_.size()) name("what_is_called_chosen_is");
        }
        if constexpr (requires { said.applied_below; }) {
            if (said.applied_below.value() > chosen_.size()) name("what_is_called_applied_is");
        }
        if constexpr (std::same_as<Message, synod::heartbeat>) {
            if (!has_everybody_voted_below(said.applied_below)) name("what_is_called_applied_is");
        }
        if constexpr (std::same_as<Message, synod::forgotten>) {
            if (said.first.value() > chosen_.size()) name("what_is_called_forgotten_is_chosen");
        }
        if constexpr (std::same_as<Message, synod::chosen<synod::entry>>) {
            if (!is_chosen(said.vote)) name("what_is_called_chosen_is");
        }
    }

    [[nodiscard]] bool is_chosen(const log_vote& said) const {
        const std::uint64_t at = said.at.value();
        return at < chosen_.size() && chosen_[at] == said.value;
    }

    /// Whether each member has had a durable vote in each of these slots.
    [[nodiscard]] bool has_everybody_voted_below(synod::slot below) const {
        for (synod::slot at; at < below; ++at) {
            synod::node_set voters;
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
            one.vote.value.for_each([&](std::uint32_t, synod::bytes_view command) {
                is_denied = is_denied || denied_.contains(static_cast<char>(*command.data()));
            });
            if (is_denied) return true;
        }
        return false;
    }

    synod::majority quorums_;
    std::vector<cast> votes_;  // by slot, ballot and node
    letter_set completed_;
    letter_set denied_;  // commands that somebody was told are not decided
    std::string_view broken_;

    // What follows from the votes.
    std::vector<synod::entry> chosen_;  // every slot up to the first that is not chosen
    std::vector<note> notes_;           // the commands in them
    std::vector<moment> moments_{1};    // by slot, and one behind the last
};

}  // namespace explore
