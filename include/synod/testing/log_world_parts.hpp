// synod/testing/log_world_parts.hpp - what you put into the world of a log: a machine, and a disk
// and a policy if they are your own.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/quorum.hpp>
#include <synod/log/policy.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/interning.hpp>
#include <synod/testing/log_world_disk.hpp>
#include <synod/testing/log_world_machine.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::testing {

/// What holds of the parts of a log's world unless yours say otherwise: derive from it, name your
/// `machine`, and hide what is to be another.
struct log_world_parts {
    /// Where a node's records go.
    using disk = log_world_disk;

    /// Rules, quorums, limits and what else a replica asks. One that remembers something compares
    /// and has a fingerprint.
    using policy = log_policy<>;

    /// What is chosen is judged by this quorum system, made of the policy's.
    using quorums = majority;

    /// What a replica drives. Another derives from it, to show what happens if the log does not
    /// hand your machine what it ought to; if it has a member `show(instant)`, that is told its
    /// node's clock before every step.
    template <class Parts>
    using noted = noted_machine<Parts>;

    /// The command of that letter as your machine reads it.
    [[nodiscard]] static bytes command(char letter) { return {static_cast<std::byte>(letter)}; }

    /// Whether a machine outlives its node's crash, as none should: it is recovered from the log.
    [[nodiscard]] static bool machine_survives_crash() { return false; }
};

namespace detail {

template <class P>
concept starts_from_a_machine =
    state_machine<typename P::machine> && std::default_initializable<typename P::machine>;

template <class P>
concept machine_is_a_value = internable<typename P::machine>;

template <class P>
concept disk_is_a_modelled_one =
    std::derived_from<typename P::disk, log_world_disk> && internable<typename P::disk>;

template <class P>
concept judges_by_quorums =
    quorum_system<typename P::quorums> &&
    std::constructible_from<typename P::quorums, const decltype(P::policy::quorums)&>;

}  // namespace detail

/// The parts of a log's world.
/// - They derive from log_world_parts.
/// - `machine` begins empty, and is a value: machines that compare equal, and have equal
///   fingerprints, have the same future.
/// - `disk` derives from log_world_disk, or from log_world_async_disk when its syncs go on beside
///   the node.
template <class P>
concept parts_of_log = std::derived_from<P, log_world_parts> && detail::starts_from_a_machine<P> &&
                       detail::machine_is_a_value<P> && detail::disk_is_a_modelled_one<P> &&
                       detail::judges_by_quorums<P>;

/// Limits for replicas of a world, whose state is copied with every step: the window is small, and
/// so is what is kept behind it. The interval of heartbeats is no whole number of milliseconds, so
/// that the time stamped on entries has something to carry over.
[[nodiscard]] inline log_limits small_log_limits(std::uint32_t window = 8) {
    log_limits limits;
    limits.window = window;
    limits.retained = 8 * std::uint64_t{window};
    limits.heartbeat_interval = microseconds(30'500);
    return limits;
}

}  // namespace synod::inline SYNOD_ABI::testing
