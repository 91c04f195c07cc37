// synod/log/policy.hpp - the policy of a replica: the rules and bounds that a log adds to those of
// the roles.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/entry.hpp>
#include <synod/log/log_time.hpp>
#include <synod/paxos/policy.hpp>

#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// Bounds and times of a replica.
struct log_limits : limits {
    /// Commands and bytes in one entry. A command longer than `batch_bytes` is too large.
    std::uint32_t batch_commands = 1024;
    std::uint32_t batch_bytes = 256 * 1024;
    /// Commands and bytes that a leader has been given and that are not finished: queued, in
    /// flight, or not yet drained.
    std::uint32_t pending_commands = 16 * 1024;
    std::uint64_t pending_bytes = std::uint64_t{16} * 1024 * 1024;
    /// Reads that wait at the same time.
    std::uint32_t pending_reads = 16 * 1024;
    /// A follower that hears of no leader for this long, and up to twice as long at random, looks
    /// for a new one; a leader that hears of no phase-2 quorum for this long steps down. Well above
    /// a round trip and a sync.
    duration election_timeout = milliseconds(150);
    /// How often a leader is heard at least. Well below election_timeout.
    duration heartbeat_interval = milliseconds(30);
    /// The most log time, in milliseconds, that one entry carries; the rest is discarded. Every
    /// replica clamps by its own bound when it applies an entry, so this is the same at every
    /// replica, or replicas diverge.
    std::uint32_t max_step_ms = 1000;

    /// Errors: what limits::validate says; limit_out_of_range for a zero, a batch above
    /// entry::max_commands, or a window of more than a quarter of `retained`; duration_out_of_range
    /// unless 0 < 2 * heartbeat_interval <= election_timeout <= a day.
    [[nodiscard, gnu::cold]] std::error_code validate() const {
        if (const std::error_code error = limits::validate()) return error;
        const bool has_room = batch_commands > 0 && batch_bytes > 0 && pending_commands > 0 &&
                              pending_bytes >= batch_bytes && pending_reads > 0 && max_step_ms > 0;
        if (!has_room || batch_commands > entry::max_commands) return errc::limit_out_of_range;
        if (4 * window > retained) return errc::limit_out_of_range;
        const bool has_order = duration(0) < heartbeat_interval &&
                               heartbeat_interval <= election_timeout / 2 &&
                               election_timeout <= most_retry;
        if (!has_order) return errc::duration_out_of_range;
        return {};
    }

    friend bool operator==(const log_limits&, const log_limits&) = default;
};

/// The rules of the log, beside those of Paxos.
struct log_rules : rules {
    /// A follower takes what its leader calls chosen from its own vote only if that was cast in the
    /// leader's ballot or a later one. [PMS 2.2, P2]
    using rules::carries_chosen;

    /// A leader answers reads once it has applied every slot up to and including its own first
    /// entry: before that it may not know what earlier leaders completed. [Raft 6.4]
    [[nodiscard]] static bool may_read(slot applied_below, slot barrier) {
        return applied_below > barrier;
    }

    /// Leadership is confirmed for a read by answers to heartbeats sent after the read was asked
    /// for. [Raft 6.4]
    [[nodiscard]] static bool confirms(std::uint64_t answered, std::uint64_t needed) {
        return answered >= needed;
    }

    /// Log time passes only with entries of the leader that took over last: what an older one
    /// stamped was counted already. (locks R2)
    [[nodiscard]] static bool counts_time(ballot origin, ballot leader) { return origin == leader; }

    /// A leader takes over log time only if its ballot is above that of the one before. (locks R2)
    [[nodiscard]] static bool takes_over(ballot next, ballot leader) { return next > leader; }
};

/// What a replica asks its policy for. `stamper` and `clock` are types so that a checker can
/// replace them by wrong ones.
template <quorum_system Quorums = majority, observer Observer = silent_observer>
struct log_policy {
    using stamper = time_stamper;

    [[no_unique_address]] log_rules rules{};
    [[no_unique_address]] ballot_source ballots{};
    Quorums quorums;
    [[no_unique_address]] Observer observer{};
    log_limits limits{};
};

}  // namespace synod::inline SYNOD_ABI
