// synod/base/errc.hpp - every error that synod itself reports, as std::error_code.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <string>
#include <system_error>
#include <type_traits>

namespace synod::inline SYNOD_ABI {

/// What synod refuses, and why. Errors of a host's storage keep their own category.
enum class errc {
    quorums_do_not_intersect = 1,
    no_members,
    id_out_of_range,
    id_not_a_member,
    duplicate_member,
    zero_window,
    limit_out_of_range,
    duration_out_of_range,
    lease_below_clock_error,
    wrong_cluster,
    wrong_node,
    wrong_incarnation,
    storage_not_empty,
    nothing_to_recover,
    malformed,
    fallen_behind,
    not_leader,
    overloaded,
    too_large,
    not_decided,
    outcome_unknown,
    stopped,
    session_expired,
    hold_lost,
    stale_token,
    not_owner,
    busy,
    timed_out,
    cancelled,
    self_deadlock,
    would_deadlock,
    denied,
    limit_reached,
    token_space_exhausted,
    stale_sequence,
    too_many_outstanding,
    unknown_request,
    kind_mismatch,
    unsupported,
    unreachable,
    upgrade_conflict,
    permits_out_of_range,
    unknown_lock,
    counter_overflow,
    policy_mismatch,
    unknown_latch,
    stale_generation,
    parties_out_of_range,
    not_inside,
    barrier_broken,
    snapshot_damaged,
    snapshot_too_new,
};

namespace detail {

struct error_text {
    errc error;
    const char* text;
};

/// What each error means, at the place of its number: the first error is 1.
inline constexpr error_text error_texts[] = {
    {errc::quorums_do_not_intersect, "two quorums do not intersect"},
    {errc::no_members, "a cluster needs at least one member"},
    {errc::id_out_of_range, "a node id is out of range"},
    {errc::id_not_a_member, "a node id is not in the cluster"},
    {errc::duplicate_member, "a node is named twice"},
    {errc::zero_window, "the window is zero"},
    {errc::limit_out_of_range, "a limit is out of range"},
    {errc::duration_out_of_range, "a duration is out of range"},
    {errc::lease_below_clock_error, "the lease is shorter than the clock error allows"},
    {errc::wrong_cluster, "the storage belongs to another cluster"},
    {errc::wrong_node, "the storage belongs to another node"},
    {errc::wrong_incarnation, "the storage belongs to another incarnation"},
    {errc::storage_not_empty, "the storage already holds a node; recover it"},
    {errc::nothing_to_recover, "the storage holds no node to recover"},
    {errc::malformed, "malformed"},
    {errc::fallen_behind, "what is needed next is no longer kept by those who had it"},
    {errc::not_leader, "not the leader"},
    {errc::overloaded, "a queue is full"},
    {errc::too_large, "too large"},
    {errc::not_decided, "not decided, and never will be"},
    {errc::outcome_unknown, "the outcome is unknown"},
    {errc::stopped, "stopped"},
    {errc::session_expired, "the session has expired"},
    {errc::hold_lost, "the hold is lost"},
    {errc::stale_token, "the fencing token is stale"},
    {errc::not_owner, "held by another owner"},
    {errc::busy, "held by somebody"},
    {errc::timed_out, "timed out"},
    {errc::cancelled, "cancelled"},
    {errc::self_deadlock, "the owner would wait for itself"},
    {errc::would_deadlock, "the wait would close a cycle"},
    {errc::denied, "denied"},
    {errc::limit_reached, "a limit is reached"},
    {errc::token_space_exhausted, "no fencing tokens are left in this epoch"},
    {errc::stale_sequence, "the sequence number is already acknowledged"},
    {errc::too_many_outstanding, "too many outstanding sequence numbers"},
    {errc::unknown_request, "no such request"},
    {errc::kind_mismatch, "an object of another kind has this name"},
    {errc::unsupported, "not supported"},
    {errc::unreachable, "no replica answers"},
    {errc::upgrade_conflict, "an upgrade of this lock waits already, or may yet"},
    {errc::permits_out_of_range, "no permits, or more than the semaphore has"},
    {errc::unknown_lock, "nobody holds or waits for a lock of that name"},
    {errc::counter_overflow, "the counter would overflow"},
    {errc::policy_mismatch, "the lock has another policy, or cannot have this one"},
    {errc::unknown_latch, "no latch of that name is set"},
    {errc::stale_generation, "the latch has been set again"},
    {errc::parties_out_of_range, "a barrier needs parties"},
    {errc::not_inside, "not inside of the double barrier"},
    {errc::barrier_broken, "the barrier is broken"},
    {errc::snapshot_damaged, "the snapshot is truncated, altered or impossible"},
    {errc::snapshot_too_new, "the snapshot was written by a later version"},
};

/// Their number; std::size would cost <iterator>, which is measured.
inline constexpr int error_count = sizeof(error_texts) / sizeof(error_texts[0]);

/// Whether `error_texts` goes through all errors in turn and ends with `last`.
[[nodiscard]] constexpr bool describes_every_error(errc last) {
    int value = 0;
    for (const error_text& one : error_texts) {
        if (static_cast<int>(one.error) != ++value) return false;
    }
    return value == static_cast<int>(last);
}
static_assert(describes_every_error(errc::snapshot_too_new),
              "an error lacks its text, or its turn");

[[nodiscard]] constexpr const char* describe(int value) {
    if (value < 1 || value > error_count) return "unknown error";
    return error_texts[value - 1].text;
}

class error_category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "synod"; }
    [[nodiscard]] std::string message(int value) const override { return describe(value); }
};

}  // namespace detail

/// The category of `errc`.
[[nodiscard, gnu::noinline, gnu::cold]] inline const std::error_category& category() noexcept {
    static const detail::error_category instance;
    return instance;
}

[[nodiscard, gnu::noinline, gnu::cold]] inline std::error_code
make_error_code(errc error) noexcept {
    return {static_cast<int>(error), category()};
}

}  // namespace synod::inline SYNOD_ABI

template <>
struct std::is_error_code_enum<synod::errc> : std::true_type {};
