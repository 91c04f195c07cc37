// synod/lock/config.hpp - what a lock table is told: leases, limits, and where its fencing tokens
// begin.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/gate_config.hpp>
#include <synod/lock/mode.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/value_config.hpp>
#include <synod/lock/watch_config.hpp>
#include <synod/log/session_config.hpp>

#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI::lock {

/// Names above this are refused whatever the configuration says.
inline constexpr std::uint32_t name_bytes_end = 512;

/// And so is longer meta of sessions.
inline constexpr std::uint32_t meta_bytes_end = 16'384;

/// The same at every replica. It is part of the state, so a restored snapshot brings its own. What
/// exceeds a limit is answered `refusal::limit`; no limit ever stands in the way of release,
/// cancel, keep_alive and close_session. (locks 3.8)
struct config {
    /// Leases, grace and the number of sessions.
    session_config sessions;

    /// Locks that exist at a time; one exists while it is held, waited for, or closed by a
    /// lock-delay.
    std::uint32_t max_locks = 4'194'304;

    /// Holds, waits, and unacknowledged ends of waits, of one session together. A request for
    /// several locks holds, or waits for, each.
    std::uint32_t max_requests_per_session = 65'536;

    /// Holds of one session when it asks for more; what it waits for then may come to these.
    std::uint32_t max_holds_per_session = 65'536;

    /// Sessions that act as one principal; those of nobody in particular are counted together.
    std::uint32_t max_sessions_per_principal = 65'536;

    /// Above this no session is opened and nothing acquired. In bytes, as reckoned by `memory_use`
    /// from how many locks, requests and sessions there are, so that it is the same at every
    /// replica. Values, gates and the journal have limits of their own, and are not counted, nor
    /// are the unacknowledged replies of sessions.
    std::uint64_t soft_memory_bytes = ~std::uint64_t{0};

    /// Waits, and unacknowledged ends of waits, of one session.
    std::uint32_t max_waiting_per_session = 4'096;

    /// Requests that wait for one lock.
    std::uint32_t max_waiting_per_lock = 65'536;

    /// Acquisitions of one hold, the first one included.
    std::uint32_t max_reentrancy = 65'536;

    /// Different locks that one request may ask for.
    std::uint32_t max_locks_per_request = 64;

    /// Length of a lock's name, at most 512.
    std::uint32_t max_name_bytes = name_bytes_end;

    /// The longest wait; unless it is `wait_forever`, what would wait longer or for ever is
    /// refused.
    std::uint64_t max_wait_ms = wait_forever;

    /// How many holds and waits are looked at to find out whether a request waits for itself; where
    /// one command makes several suspect, 64 times as many in all, besides those that tell a victim
    /// its cycle. Where they do not suffice it waits, and only its own limit ends that;
    /// basic_table::undetermined counts those. Zero finds nothing. (locks 3.7)
    std::uint32_t max_cycle_search = 4'096;

    /// How often a waiting request is overtaken by others that are let go ahead of it; then by
    /// nobody any more. Zero for never. (locks 3.5)
    std::uint32_t max_bypass = 16;

    /// Where a lock is granted by priority: how much earlier a request counts as having come for
    /// each step of its priority. Less than 2^55. (locks 3.5)
    std::uint64_t aging_ms = 60'000;

    /// The longest lock-delay; what a session asks for above this is cut off. (locks 3.6)
    std::uint64_t max_lock_delay_ms = 60'000;

    /// Bytes of open_session::meta, at most 16 KiB.
    std::uint32_t max_meta_bytes = 1'024;

    /// Access rules that exist at a time; each costs those who are judged by them. (locks 3.4)
    std::uint32_t max_access_rules = 1'024;

    /// The first token is the one after this. Above zero only where the resources have seen tokens
    /// of another service.
    fencing_token tokens_after;

    /// What values and counters may take.
    value_config values;

    /// How many latches and barriers there may be.
    gate_config gates;

    /// How far back changes can be read.
    watch_config watch;

    friend bool operator==(const config&, const config&) = default;
    static void fields(auto& self, auto&& visit) {
        fields_of_version_1(self, visit);
        visit(self.max_reentrancy, self.max_locks_per_request, self.max_lock_delay_ms,
              self.max_cycle_search, self.max_bypass, self.aging_ms);
        visit(self.max_meta_bytes, self.max_access_rules, self.max_holds_per_session,
              self.max_sessions_per_principal, self.soft_memory_bytes);
        self.values.fields(self.values, visit);
        self.gates.fields(self.gates, visit);
        self.watch.fields(self.watch, visit);
    }
    /// Those of the first version of the snapshot.
    static void fields_of_version_1(auto& self, auto&& visit) {
        auto& lease = self.sessions;
        visit(lease.min_ttl_ms, lease.max_ttl_ms, lease.grace_ms, lease.max_extensions);
        visit(lease.max_sessions, lease.max_outstanding, lease.reserved_outstanding);
        visit(self.max_locks, self.max_requests_per_session, self.max_waiting_per_session);
        visit(self.max_waiting_per_lock, self.max_name_bytes, self.max_wait_ms, self.tokens_after);
    }
};

/// How much there is of what takes memory.
struct memory_use {
    std::uint64_t locks = 0;
    std::uint64_t requests = 0;
    std::uint64_t places = 0;  // that requests have at locks
    std::uint64_t sessions = 0;
    std::uint64_t text_bytes = 0;  // of names, principals and meta

    /// About so many bytes are needed for it, with room to grow.
    [[nodiscard]] std::uint64_t bytes() const {
        return 128 * locks + 96 * requests + 64 * places + 384 * sessions + text_bytes;
    }
};

/// Errors: duration_out_of_range, limit_out_of_range; none when `config` makes sense.
[[nodiscard]] inline std::error_code validate(const config& config) {
    if (const auto error = validate(config.sessions)) return error;
    if (config.max_locks == 0 || config.max_requests_per_session == 0) {
        return errc::limit_out_of_range;
    }
    if (config.max_waiting_per_session == 0 || config.max_waiting_per_lock == 0) {
        return errc::limit_out_of_range;
    }
    if (config.max_reentrancy == 0 || config.max_locks_per_request == 0) {
        return errc::limit_out_of_range;
    }
    if (config.values.max_operations < 2 || config.watch.max_page == 0) {
        return errc::limit_out_of_range;
    }
    if (config.max_lock_delay_ms >= ttl_end_ms) return errc::duration_out_of_range;
    if (config.aging_ms >= aging_end_ms) return errc::duration_out_of_range;
    if (config.max_name_bytes == 0 || config.max_name_bytes > name_bytes_end) {
        return errc::limit_out_of_range;
    }
    if (config.max_holds_per_session == 0 || config.max_sessions_per_principal == 0) {
        return errc::limit_out_of_range;
    }
    if (config.max_meta_bytes > meta_bytes_end) return errc::limit_out_of_range;
    return {};
}

}  // namespace synod::inline SYNOD_ABI::lock
