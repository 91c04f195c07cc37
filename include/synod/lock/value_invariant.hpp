// synod/lock/value_invariant.hpp - what holds in every state of the values and counters of a lock
// table.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/value_state.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Values are in order of name, each has a version that was issued, and is a value or a counter and
/// not both. (locks 3.10)
template <class Values>
[[nodiscard]] bool values_are_right(const Values& now) {
    std::string_view before;
    for (const value_record& one : now.values) {
        if (std::string_view(one.name) <= before || one.name.size() > name_bytes_end) return false;
        if (one.version == 0 || one.version > now.revision) return false;
        const bool is_plain = one.kind == value_kind::value ? one.number == 0 : one.value.empty();
        if (!is_plain) return false;
        before = one.name;
    }
    return true;
}

/// Of two states, the earlier first: what is under one version is the same for ever, and what has
/// changed has a version that is new.
template <class Values>
[[nodiscard]] bool values_move_forward(const Values& before, const Values& after) {
    if (after.revision < before.revision) return false;
    synod::detail::deferred<ordered_map<std::string_view, const value_record*>, Values> old;
    for (const value_record& one : before.values) old.emplace(one.name, &one);
    for (const value_record& one : after.values) {
        const auto found = old.find(one.name);
        const bool is_kept = found != old.end() && *found->second == one;
        if (!is_kept && one.version <= before.revision) return false;
    }
    return true;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
