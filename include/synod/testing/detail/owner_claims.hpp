// synod/testing/detail/owner_claims.hpp - what only an owner, or a live session, is told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/detail/lock_facts.hpp>

#include <algorithm>
#include <string_view>

namespace synod::inline SYNOD_ABI::testing::detail {

/// A hold is given back by its owner alone. (locks 3.2)
[[nodiscard]] inline std::string_view
broken_ownership(const lock::state& before, const lock::release& asked, const lock::reply& said) {
    if (!holds_alternative<lock::released>(said)) return {};
    const bool is_own = is_owner(before, asked.stamp.session, asked.owner, asked.token);
    return is_own ? "" : "only_owners_release";
}

[[nodiscard]] inline std::string_view broken_ownership(const lock::state& before,
                                                       const lock::release_all& asked,
                                                       const lock::reply& said) {
    if (!holds_alternative<lock::released>(said)) return {};
    for (const fencing_token token : asked.tokens) {
        const bool is_own = is_owner(before, asked.stamp.session, asked.owner, token);
        if (!is_own) return "only_owners_release";
    }
    return {};
}

/// Its lease is renewed by its owner alone. (locks 3.2)
[[nodiscard]] inline std::string_view broken_ownership(const lock::state& before,
                                                       const lock::renew_hold& asked,
                                                       const lock::reply& said) {
    if (!holds_alternative<lock::kept>(said)) return {};
    const bool is_own = is_owner(before, asked.stamp.session, asked.owner, asked.token);
    return is_own ? "" : "only_owners_renew";
}

/// A token is good as long as somebody holds under it. (locks 3.4)
[[nodiscard]] inline std::string_view broken_ownership(const lock::state& before,
                                                       const lock::check_token& asked,
                                                       const lock::reply& said) {
    const auto* const checked = get_if<lock::token_checked>(&said);
    if (checked == nullptr) return {};
    const lock::lock_record* const lock = find_lock(before, asked.name);
    const bool is_good =
        lock != nullptr && std::ranges::any_of(lock->holders, [&](const auto& one) {
            return one.token == asked.token && (one.permits > 0 || one.mode >= asked.mode);
        });
    return is_good == (checked->is == lock::validity::valid) ? "" : "good_tokens_are_held";
}

/// Its mode is changed by its owner alone. (locks 3.2)
[[nodiscard]] inline std::string_view
broken_ownership(const lock::state& before, const lock::convert& asked, const lock::reply& said) {
    const bool is_done =
        holds_alternative<lock::granted>(said) || holds_alternative<lock::queued>(said);
    if (!is_done) return {};
    const lock::request_record* const was = find_hold(before, asked.stamp.session, asked.token);
    if (was == nullptr || was->owner.tag != asked.owner) return "only_owners_convert";
    const auto* const granted = get_if<lock::granted>(&said);
    if (granted == nullptr) return {};
    const bool is_right =
        asked.to > was->mode ? granted->token > before.last_token : granted->token == asked.token;
    return is_right ? "" : "upgrades_have_new_tokens";
}

[[nodiscard]] inline std::string_view broken_ownership(const lock::state& before,
                                                       const lock::keep_alive& asked,
                                                       const lock::reply& said) {
    const bool was_live = find_session(before, asked.stamp.session) != nullptr;
    const bool is_kept = holds_alternative<lock::kept>(said);
    return is_kept && !was_live ? "expired_sessions_stay_expired" : "";
}

template <class Other>
[[nodiscard]] std::string_view broken_ownership(const lock::state& /*before*/,
                                                const Other& /*asked*/,
                                                const lock::reply& /*said*/) {
    return {};
}

}  // namespace synod::inline SYNOD_ABI::testing::detail
