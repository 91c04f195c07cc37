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
};

namespace detail {

// NOLINTNEXTLINE(readability-function-size): a table in the shape of a switch, so that no error lacks its line
constexpr const char* describe(errc error) {
    switch (error) {
        case errc::quorums_do_not_intersect: return "two quorums do not intersect";
        case errc::no_members: return "a cluster needs at least one member";
        case errc::id_out_of_range: return "a node id is out of range";
        case errc::id_not_a_member: return "a node id is not in the cluster";
        case errc::duplicate_member: return "a node is named twice";
        case errc::zero_window: return "the window is zero";
        case errc::limit_out_of_range: return "a limit is out of range";
        case errc::duration_out_of_range: return "a duration is out of range";
        case errc::lease_below_clock_error:
            return "the lease is shorter than the clock error allows";
        case errc::wrong_cluster: return "the storage belongs to another cluster";
        case errc::wrong_node: return "the storage belongs to another node";
        case errc::wrong_incarnation: return "the storage belongs to another incarnation";
        case errc::storage_not_empty: return "the storage already holds a node; recover it";
        case errc::nothing_to_recover: return "the storage holds no node to recover";
        case errc::malformed: return "malformed";
        case errc::fallen_behind: return "this node needs entries that the others have trimmed";
        case errc::not_leader: return "not the leader";
        case errc::overloaded: return "a queue is full";
        case errc::too_large: return "too large";
        case errc::not_decided: return "not decided, and never will be";
        case errc::outcome_unknown: return "the outcome is unknown";
        case errc::stopped: return "stopped";
        case errc::session_expired: return "the session has expired";
        case errc::hold_lost: return "the hold is lost";
        case errc::stale_token: return "the fencing token is stale";
        case errc::not_owner: return "held by another owner";
        case errc::busy: return "held by somebody";
        case errc::timed_out: return "timed out";
        case errc::cancelled: return "cancelled";
        case errc::self_deadlock: return "the owner would wait for itself";
        case errc::would_deadlock: return "the wait would close a cycle";
        case errc::denied: return "denied";
        case errc::limit_reached: return "a limit is reached";
        case errc::token_space_exhausted: return "no fencing tokens are left in this epoch";
        case errc::stale_sequence: return "the sequence number is already acknowledged";
        case errc::too_many_outstanding: return "too many outstanding sequence numbers";
        case errc::unknown_request: return "no such request";
        case errc::kind_mismatch: return "an object of another kind has this name";
        case errc::unsupported: return "not supported";
        case errc::unreachable: return "no replica answers";
    }
    return "unknown error";
}

class error_category final : public std::error_category {
public:
    [[nodiscard]] const char* name() const noexcept override { return "synod"; }
    [[nodiscard]] std::string message(int value) const override {
        return describe(static_cast<errc>(value));
    }
};

}  // namespace detail

/// The category of `errc`.
[[nodiscard]] inline const std::error_category& category() noexcept {
    static const detail::error_category instance;
    return instance;
}

[[nodiscard]] inline std::error_code make_error_code(errc error) noexcept {
    return {static_cast<int>(error), category()};
}

}  // namespace synod::inline SYNOD_ABI

template <>
struct std::is_error_code_enum<synod::errc> : std::true_type {};
