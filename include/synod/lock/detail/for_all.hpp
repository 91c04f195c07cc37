// synod/lock/detail/for_all.hpp - what invariants say of lists, and of all requests wherever kept.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstddef>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Whether `claim(element)` is true of every element.
template <class List, class Claim>
[[nodiscard]] bool for_all(const List& list, Claim&& claim) {
    for (const auto& one : list) {
        if (!claim(one)) return false;
    }
    return true;
}

/// Whether `key(element)` rises strictly from each element to the next.
template <class List, class Key>
[[nodiscard]] bool rises_in(const List& list, Key&& key) {
    for (std::size_t i = 1; i < list.size(); ++i) {
        if (key(list[i]) <= key(list[i - 1])) return false;
    }
    return true;
}

/// Whether `claim(record)` is true of every request, wherever it is listed.
template <class State, class Claim>
[[nodiscard]] bool for_all_requests(const State& now, Claim&& claim) {
    return for_all(now.locks,
                   [&claim](const auto& lock) {
                       return for_all(lock.holders, claim) && for_all(lock.queue, claim);
                   }) &&
           for_all(now.ended, claim);
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
