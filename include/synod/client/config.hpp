// synod/client/config.hpp - what a client is told: its lease, its clock, and how long it tries.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/access.hpp>
#include <synod/log/session.hpp>

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Whom a client speaks to, and who it says it is.
struct client_identity {
    cluster_id cluster;

    /// The replicas, in the order in which they are tried.
    std::vector<node_id> replicas;

    /// Drawn at random, once in the life of the client.
    client_uuid client{};

    /// Seeds the jitter of retries and the first number of a transmission. Clients should have
    /// different ones, and so should two lives of one.
    std::uint64_t seed = 1;

    /// Whom its sessions act as where the service has access rules; at most 128 bytes. The
    /// service's host may know better, and then it says whom.
    std::string principal{};
};

/// Times and bounds of a client. No time is longer than `longest`.
struct client_config {
    /// How long the service keeps the session, and with it every hold, without a sign of life. A
    /// shorter one frees the locks of a dead client sooner and survives shorter interruptions. The
    /// service may clamp it.
    duration ttl = seconds(10);

    /// How long what this client holds stays closed, to itself as well, once the service has lost
    /// it; zero for not at all. Time for what was sent under a lock to arrive, where the resource
    /// has no fence_gate. Rounded up to milliseconds; the service may cut it off. (locks 3.6)
    duration lock_delay{};

    /// How wrong a clock may run, here and at the service, in millionths.
    std::uint32_t drift_per_million = 10'000;

    /// Taken off every lease besides. At least a millisecond, because log time counts in whole
    /// ones.
    duration margin = milliseconds(100);

    /// Jeopardy begins when one part in so many of the lease is left.
    std::uint32_t jeopardy_part = 3;

    /// A renewal begins after one part in so many of the lease, so that several can fail before
    /// jeopardy.
    std::uint32_t renewal_part = 4;

    /// When an unanswered command is sent again: first after this long and up to twice as long at
    /// random, then doubled each time up to the longest. Above a round trip and the service's sync.
    duration first_retry = milliseconds(50);
    duration longest_retry = seconds(1);

    /// When a queued request is asked about in case the event that told of its grant was lost;
    /// doubled each time in vain, up to sixteen times. A change of leader is noticed and asks at
    /// once.
    duration first_query = milliseconds(500);

    /// How long calls wait while no command is carried out, until they end with errc::unreachable.
    /// Replicas that answer only that they do not lead, or that they are overloaded, do not count
    /// as answering.
    duration patience = seconds(30);

    /// How long a call that does not want to wait does so all the same while no replica answers.
    duration longest_try = seconds(2);

    /// The longest that the end of a session waits for the service to take notice.
    duration farewell = milliseconds(500);

    /// Commands on their way at a time, half of them for those that give something back. At most
    /// the service's session_config::max_outstanding.
    std::uint32_t window = 64;

    /// A day.
    static constexpr duration longest = seconds(86'400);

    friend bool operator==(const client_config&, const client_config&) = default;
};

/// How long a lease of `ttl` may be relied on after the moment its renewal was sent:
/// `ttl * (1 - drift) / (1 + drift) - margin`, because both clocks drift. Not positive when the
/// clock error leaves nothing. (locks R4)
[[nodiscard]] constexpr duration safe_part(duration ttl, std::uint32_t drift_per_million,
                                           duration margin) {
    const std::int64_t slow = 1'000'000 - std::int64_t{drift_per_million};
    const std::int64_t fast = 1'000'000 + std::int64_t{drift_per_million};
    const std::int64_t whole = ttl.nanoseconds() / fast;
    const std::int64_t rest = ttl.nanoseconds() % fast;
    return duration(whole * slow + rest * slow / fast) - margin;
}

/// Errors: duration_out_of_range, limit_out_of_range; lease_below_clock_error for a lease of which
/// the clock error leaves less than a retry in every renewal; none when `config` makes sense.
[[nodiscard]] inline std::error_code validate(const client_config& config) {
    for (const duration each :
         {config.ttl, config.lock_delay, config.margin, config.longest_retry, config.first_query,
          config.patience, config.longest_try, config.farewell}) {
        if (each > client_config::longest) return errc::duration_out_of_range;
    }
    const bool has_order = config.margin >= milliseconds(1) && config.first_retry > duration(0) &&
                           config.longest_retry >= config.first_retry &&
                           config.first_query > duration(0) && config.patience > duration(0) &&
                           config.longest_try > duration(0) && config.farewell >= duration(0) &&
                           config.lock_delay >= duration(0) && config.ttl >= milliseconds(1);
    if (!has_order) return errc::duration_out_of_range;
    if (config.drift_per_million >= 1'000'000 || config.window < 4) return errc::limit_out_of_range;
    if (config.jeopardy_part < 2 || config.renewal_part < 2) return errc::limit_out_of_range;
    const duration safe = safe_part(config.ttl, config.drift_per_million, config.margin);
    if (safe / config.renewal_part <= config.first_retry) return errc::lease_below_clock_error;
    return {};
}

/// Errors: no_members, id_out_of_range, duplicate_member; too_large for a long principal; none when
/// `identity` makes sense.
[[nodiscard]] inline std::error_code validate(const client_identity& identity) {
    if (identity.replicas.empty()) return errc::no_members;
    if (identity.principal.size() > lock::principal_bytes_end) return errc::too_large;
    std::uint64_t seen = 0;
    for (const node_id replica : identity.replicas) {
        if (replica.value() >= max_nodes) return errc::id_out_of_range;
        const std::uint64_t bit = std::uint64_t{1} << replica.value();
        if ((seen & bit) != 0) return errc::duplicate_member;
        seen |= bit;
    }
    return {};
}

}  // namespace synod::inline SYNOD_ABI
