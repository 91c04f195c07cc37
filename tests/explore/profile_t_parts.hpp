// tests/explore/profile_t_parts.hpp - what the world of profile T is made of: steps, answers,
// promises of a ballot, votes.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>
#include <synod/paxos/messages.hpp>

#include "explore/acceptors.hpp"
#include "explore/watch.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

struct profile_t_sizes {
    std::uint32_t acceptors = 3;
    std::uint32_t values = 2;
    std::uint32_t ballots = 2;
    explore::watch watch = explore::watch::conduct;

    static constexpr std::uint32_t most_acceptors = 5;
    static constexpr std::uint32_t most_values = 9;
    static constexpr std::uint32_t most_ballots = 8;
};

/// One thing that happens. Ballots are counted from 0, as in the model.
struct profile_t_step {
    enum class kind : std::uint8_t { send_prepare, deliver_prepare, send_accept, deliver_accept };

    kind what;
    std::uint32_t ballot;
    std::uint32_t acceptor = 0;  // of a delivery
    std::uint32_t value = 0;     // of an accept that is sent

    friend std::string to_string(const profile_t_step& step) {
        const std::string number = std::to_string(step.ballot);
        switch (step.what) {
            case kind::send_prepare: return "send prepare " + number;
            case kind::deliver_prepare:
                return "deliver prepare " + number + " to acceptor " +
                       std::to_string(step.acceptor);
            case kind::send_accept:
                return "send accept " + number + " for value " + std::to_string(step.value);
            default:
                return "deliver accept " + number + " to acceptor " + std::to_string(step.acceptor);
        }
    }
};

/// What an acceptor answered, and what that amounts to.
struct reply {
    enum class outcome : std::uint8_t {
        promised,
        repeated,
        repeated_since_voting,
        voted,
        refused,
        other
    };

    synod::node_id by;
    outcome means = outcome::other;
    std::string_view broken;  // what the acceptor should not have done; empty if it did well
    message said;

    friend bool operator==(const reply&, const reply&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(by);
        sink.add(means);
        sink.add(broken);
        sink.add(said);
    }
};

/// Whether a promise reports the vote that the acceptor has cast, and none if it has cast none.
/// [PMS 2.2, phase 1(b)]
template <class Acceptor>
[[nodiscard]] bool reports_its_vote(const Acceptor& acceptor, const synod::promise<int>& said) {
    const bool has_voted = acceptor.votes().ballot_of(synod::slot()).exists();
    if (!has_voted) return said.votes.empty();
    return said.votes.size() == 1 && said.votes.front() == acceptor.votes().at(synod::slot());
}

/// What `said` amounts to, of an acceptor that was `before` when it was asked something of ballot
/// `asked`.
template <class Acceptor>
[[nodiscard]] reply::outcome meaning_of(const Acceptor& before, synod::ballot asked,
                                        const message& said) {
    using enum reply::outcome;
    if (said.get_if<synod::refused>() != nullptr) return refused;
    if (said.get_if<synod::accepted>() != nullptr) return voted;
    if (said.get_if<synod::promise<int>>() == nullptr) return other;
    if (asked > before.promised()) return promised;
    const bool has_voted = before.votes().ballot_of(synod::slot()) == asked;
    return has_voted ? repeated_since_voting : repeated;
}

/// What `before` became, and said, when it was asked something of ballot `asked`.
template <class Acceptor>
[[nodiscard]] reply judge(const Acceptor& before, const Acceptor& after, synod::ballot asked,
                          message said) {
    using enum reply::outcome;
    reply result{before.self(), meaning_of(before, asked, said), {}, std::move(said)};
    const bool may_change = result.means == promised || result.means == voted;
    const auto* const promise = result.said.get_if<synod::promise<int>>();
    if (!may_change && !(after == before)) {
        result.broken = "only_promises_and_votes_change_an_acceptor";
    } else if ((result.means == refused) != (asked < before.promised())) {
        result.broken = "lower_ballots_are_refused";
    } else if (promise != nullptr && !reports_its_vote(before, *promise)) {
        result.broken = "promises_report_the_vote";
    }
    return result;
}

/// A value that a proposer may ask for, and in how many ways TLC finds that step.
struct candidate {
    std::uint32_t value;
    std::uint64_t ways;
};

/// The promises of one ballot ever sent, by acceptor, and what they allow to be proposed.
struct promises {
    std::uint32_t ballot;
    std::vector<std::optional<synod::promise<int>>> by;
    std::vector<candidate> allow{};  // follows from the above

    friend bool operator==(const promises& a, const promises& b) {
        return a.ballot == b.ballot && a.by == b.by;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(ballot);
        for (const auto& one : by) {
            sink.add(one.has_value());
            if (one) sink.add(*one);
        }
    }
};

/// What was proposed and voted for, by ballot.
struct voting {
    struct round {
        std::optional<std::uint32_t> proposed{};
        synod::node_set voters{};

        friend bool operator==(const round&, const round&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(proposed.has_value());
            sink.add(proposed.value_or(0));
            sink.add(voters);
        }
    };

    std::vector<round> rounds;
    std::string_view broken{};  // follows from the above

    friend bool operator==(const voting& a, const voting& b) { return a.rounds == b.rounds; }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(rounds);
    }
};

}  // namespace explore
