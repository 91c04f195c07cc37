// tests/explore/roles_sizes.hpp - how large a world of roles is, and how much of each trouble it
// has.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/node_set.hpp>

#include "explore/watch.hpp"

#include <cstddef>
#include <cstdint>

namespace explore {

/// What a world has only so much of.
enum class price : std::uint8_t {
    copy,
    loss,
    crash,
    proposer_crash,
    repeat,  // of questions, in the same ballot
    failure,
    replacement,
    forgetting,
};
inline constexpr std::size_t prices = 8;

/// Some of each.
using price_set = std::uint8_t;
[[nodiscard]] constexpr price_set just(price one) {
    return static_cast<price_set>(1U << static_cast<unsigned>(one));
}

/// Of what a world of roles is made.
struct roles_sizes {
    static constexpr std::uint32_t most_acceptors = 4;
    static constexpr std::uint32_t most_proposers = 3;

    std::uint32_t acceptors = 3;
    std::uint32_t proposers = 2;
    std::uint32_t learners = 0;
    std::uint32_t slots = 1;
    std::uint32_t max_ballot = 1;  // the highest round
    std::uint32_t votes_per_answer = 64;
    // Inputs before a flush; with 1 each input is flushed at once.
    std::uint32_t acceptor_batch = 1;
    std::uint32_t proposer_batch = 1;
    std::uint8_t troubles[prices] = {};          // by price
    synod::node_set reach[most_proposers] = {};  // by proposer: the acceptors that it has a path to
    bool is_deaf = false;  // every accepted and refused is lost on its way to a proposer
    explore::watch watch = explore::watch::conduct;

    [[nodiscard]] bool has(price one) const { return troubles[static_cast<std::size_t>(one)] > 0; }
};

}  // namespace explore
