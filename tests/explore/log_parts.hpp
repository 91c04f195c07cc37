// tests/explore/log_parts.hpp - the types that a log's world is made of: those that ship, and those
// that can go wrong.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "explore/log_world.hpp"
#include "mutants/wrong_policy.hpp"

#include <cstdint>

namespace explore {

/// What ships.
struct log_parts {
    using machine = notebook;
    using disk = value_disk;
    using policy = synod::log_policy<>;
};

/// The same with a disk whose syncs go on beside the node.
struct async_log_parts : log_parts {
    using disk = value_async_disk;
};

/// What can make one mistake of the list.
struct wrong_log_parts {
    using machine = wrong_notebook;
    using disk = wrong_value_disk;
    using policy = synod::mutants::wrong_policy<synod::silent_observer>;
};

struct wrong_async_log_parts : wrong_log_parts {
    using disk = value_async_disk;
};

/// Heartbeats are half a millisecond apart from a whole number of them, so that stamps have
/// something to carry over.
[[nodiscard]] inline synod::log_limits log_limits_of(const log_sizes& sizes) {
    synod::log_limits limits;
    limits.window = sizes.window;
    limits.retained = 8 * std::uint64_t{sizes.window};
    limits.votes_per_answer = sizes.votes_per_answer;
    limits.heartbeat_interval = synod::microseconds(30'500);
    return limits;
}

template <class Parts>
[[nodiscard]] log_world<Parts> log_world_of(const log_sizes& sizes,
                                            synod::mutants::mutant mistake) {
    using policy = typename Parts::policy;
    using quorums = decltype(policy::quorums);
    return {sizes,
            policy{.quorums = quorums(*synod::majority::make(synod::node_set::first(sizes.nodes))),
                   .limits = log_limits_of(sizes)},
            mistake};
}

}  // namespace explore
