// synod/lock/access_invariant.hpp - what holds of the access rules in every state.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/access.hpp>
#include <synod/lock/config.hpp>

#include <cstddef>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Access rules come in order of prefix and then of principal, each pair once, and name no rights
/// but those that there are.
template <class State>
[[nodiscard]] bool access_is_in_order(const State& now) {
    for (std::size_t i = 0; i < now.access.size(); ++i) {
        const access_rule& one = now.access[i];
        if ((one.rights & ~all_rights) != 0) return false;
        if (one.principal.size() > principal_bytes_end) return false;
        if (one.prefix.size() > name_bytes_end) return false;
        if (i == 0) continue;
        const access_rule& before = now.access[i - 1];
        const bool is_behind = before.prefix < one.prefix ||
                               (before.prefix == one.prefix && before.principal < one.principal);
        if (!is_behind) return false;
    }
    return true;
}

/// Where there are access rules somebody may change them all. (locks 3.4)
template <class State>
[[nodiscard]] bool somebody_administers(const State& now) {
    if (now.access.empty()) return true;
    for (const access_rule& one : now.access) {
        if (one.prefix.empty() && (one.rights & may_administer) != 0) return true;
    }
    return false;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
