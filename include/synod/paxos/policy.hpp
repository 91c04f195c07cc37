// synod/paxos/policy.hpp - everything about a role that a user may replace, in one object.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/paxos/observer.hpp>
#include <synod/paxos/rules.hpp>

#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// Bounds and times of a role.
struct limits {
    /// Slots in which a proposer may ask for votes at the same time.
    std::uint64_t window = 1024;
    /// Slots that an acceptor or a learner remembers, counted from the oldest that it has not been
    /// told to forget.
    std::uint64_t retained = 65'536;
    /// Votes or chosen values in one answer to a question; the asker asks again for the rest.
    std::uint64_t votes_per_answer = 64;
    /// How long a proposer or a learner waits for answers before it asks again; doubled with every
    /// attempt in vain, and drawn from the whole interval up to twice as long, so that duelling
    /// proposers get out of step.
    duration first_retry = milliseconds(20);
    /// The longest it waits.
    duration longest_retry = seconds(1);
    /// Seeds what is drawn. Nodes should have different ones.
    std::uint64_t seed = 1;

    /// Errors: zero_window; limit_out_of_range unless window <= retained <= 2^32 and
    /// votes_per_answer > 0; duration_out_of_range unless 0 < first_retry <= longest_retry <= a
    /// day.
    [[nodiscard, gnu::cold]] std::error_code validate() const {
        if (window == 0) return errc::zero_window;
        if (window > retained || retained > most_retained) return errc::limit_out_of_range;
        if (votes_per_answer == 0) return errc::limit_out_of_range;
        if (first_retry <= duration(0) || longest_retry < first_retry) {
            return errc::duration_out_of_range;
        }
        if (longest_retry > most_retry) return errc::duration_out_of_range;
        return {};
    }

    static constexpr std::uint64_t most_retained = std::uint64_t{1} << 32U;
    static constexpr duration most_retry = seconds(86'400);

    friend bool operator==(const limits&, const limits&) = default;
};

/// What a role asks its policy for. A mutant derives from a policy and hides one member; a metric
/// brings an observer.
template <quorum_system Quorums = majority, observer Observer = silent_observer>
struct policy {
    [[no_unique_address]] synod::rules rules{};
    [[no_unique_address]] ballot_source ballots{};
    Quorums quorums;
    [[no_unique_address]] Observer observer{};
    synod::limits limits{};
};

}  // namespace synod::inline SYNOD_ABI
