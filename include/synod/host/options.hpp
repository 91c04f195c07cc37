// synod/host/options.hpp - what a runner is told beside its replica.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/host/callback.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::host {

/// A replica came to lead, or does no longer.
struct leadership_change {
    node_id node;
    /// That it leads with; when it leads no longer, that of the leader it heard last.
    synod::ballot ballot;
    bool leads = false;
    duration took;  // when it leads: since it began to look for a leader
};

/// Bounds and habits of a runner.
struct options {
    /// Commands, reads and jobs, of each so many, that wait until the thread looks at them; what is
    /// more is `overloaded`.
    std::uint32_t max_submissions = 16 * 1024;
    /// Bytes of those commands.
    std::uint64_t max_submitted_bytes = std::uint64_t{16} * 1024 * 1024;
    /// Lets go of log entries once every member has applied them durably. Whatever this says, a
    /// replica lets go of the oldest when about log_limits::retained are kept, 65,536 by default. A
    /// replica that has let go of any cannot be rebuilt by `recover`.
    bool trims = false;
    /// The longest that the thread sleeps when nothing is due.
    duration longest_wait = seconds(3600);
    /// Called on the replica's thread with each change of its leadership. Must not wait for the
    /// runner.
    callback<const leadership_change&> on_leadership{};
};

}  // namespace synod::inline SYNOD_ABI::host
