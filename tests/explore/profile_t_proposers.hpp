// tests/explore/profile_t_proposers.hpp - what the real proposers make of the promises that were
// sent.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/proposer_core.hpp>

#include "explore/acceptors.hpp"
#include "explore/profile_t_parts.hpp"
#include "support/recorder.hpp"

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace explore {

/// The proposers, one for each ballot. They remember nothing: each time, one of them is handed the
/// promises of a quorum.
template <class Policy>
class proposers {
public:
    proposers(const profile_t_sizes& sizes, cast cast, Policy policy)
        : values_(sizes.values), cast_(std::move(cast)), policy_(std::move(policy)) {
        for (std::uint64_t bits = 1; bits < std::uint64_t{1} << sizes.acceptors; ++bits) {
            const auto set = synod::node_set::from_bits(bits);
            if (is_least_quorum(set)) quorums_.push_back(set);
        }
    }

    /// The values that may be proposed after these promises, once for each quorum that allows it.
    [[nodiscard]] std::vector<candidate> may_propose(const promises& promised) const {
        std::vector<candidate> allowed;
        for (const synod::node_set quorum : quorums_) {
            const auto bound = adopt(promised, quorum);
            if (!bound) continue;
            for (std::uint32_t value = 0; value < values_; ++value) {
                if (!*bound)
                    allowed.push_back({value, 1});
                else if ((*bound)->value == static_cast<int>(value))
                    allowed.push_back({value, count_witnesses(promised, quorum, **bound)});
            }
        }
        return allowed;
    }

private:
    [[nodiscard]] bool is_least_quorum(synod::node_set set) const {
        if (!policy_.quorums.is_phase1(set)) return false;
        for (const synod::node_id node : set) {
            synod::node_set without = set;
            without.erase(node);
            if (policy_.quorums.is_phase1(without)) return false;
        }
        return true;
    }

    /// Hands the promises of `quorum` to a real proposer. Returns nothing when one is missing, else
    /// the vote that binds, if any does.
    [[nodiscard]] std::optional<std::optional<synod::vote<int>>>
    adopt(const promises& promised, synod::node_set quorum) const {
        support::recorder<int, Policy> out(cast_.seen_by(cast_.proposer()), policy_);
        synod::proposer_core<int> proposer;
        for (std::uint32_t i = 0; i <= promised.ballot; ++i) proposer.start(synod::slot(), out);
        if (proposer.attempt() != cast_.ballot_of(promised.ballot))
            throw std::logic_error("a proposer skips ballots");
        for (const synod::node_id from : quorum) {
            auto said = promised.by[from.value()];
            if (!said) return {};
            proposer.receive(from, std::move(*said), out);
        }
        if (!proposer.is_leading()) return {};
        const synod::vote<int>* const bound = proposer.bound(synod::slot(), out.rules());
        return bound == nullptr ? std::optional<synod::vote<int>>() : std::optional(*bound);
    }

    /// TLC finds the same step once for each promise that justifies it.
    [[nodiscard]] std::uint64_t count_witnesses(const promises& promised, synod::node_set quorum,
                                                const synod::vote<int>& bound) const {
        std::uint64_t count = 0;
        for (const synod::node_id from : quorum) {
            const auto& votes = promised.by[from.value()]->votes;
            if (!votes.empty() && votes.front() == bound) ++count;
        }
        return count;
    }

    std::uint32_t values_;
    cast cast_;
    Policy policy_;
    std::vector<synod::node_set> quorums_;  // those of phase 1 that no smaller one is part of
};

}  // namespace explore
