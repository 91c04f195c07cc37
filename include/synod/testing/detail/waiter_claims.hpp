// synod/testing/detail/waiter_claims.hpp - what becomes of those who wait: nobody is forgotten, and
// a wait that has ended does not begin again.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/state.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// A session, and the sequence of its command.
using request_name = std::pair<session_id, std::uint64_t>;
using request_names = std::vector<request_name>;  // in order

[[nodiscard]] inline request_names in_order(request_names all) {
    std::ranges::sort(all);
    return all;
}

/// Everybody who waits for a lock or at a gate; at several locks, so many times.
[[nodiscard]] inline request_names waiting_in(const lock::state& in) {
    request_names found;
    for (const lock::lock_record& lock : in.locks) {
        for (const auto& one : lock.queue) found.emplace_back(one.owner.session, one.sequence);
    }
    for (const lock::gate_record& gate : in.gates.gates) {
        for (const auto& one : gate.waiting) found.emplace_back(one.owner.session, one.sequence);
    }
    return in_order(std::move(found));
}

/// Everybody who waits no more: who holds, or has ended and is not forgotten.
[[nodiscard]] inline request_names settled_in(const lock::state& in) {
    request_names found;
    for (const lock::lock_record& lock : in.locks) {
        for (const auto& one : lock.holders) found.emplace_back(one.owner.session, one.sequence);
    }
    for (const auto& one : in.ended) found.emplace_back(one.owner.session, one.sequence);
    return in_order(std::move(found));
}

/// Those of the first list that are not in the second.
[[nodiscard]] inline request_names without(const request_names& these,
                                           const request_names& others) {
    request_names left;
    std::ranges::copy_if(these, std::back_inserter(left), [&](const request_name& one) {
        return !std::ranges::binary_search(others, one);
    });
    return left;
}

/// Whether a command is its client's word that it need not hear any more of a request: who has
/// ended meanwhile is forgotten then, and who has been granted is given back. (locks 3.4)
[[nodiscard]] inline bool is_done_with(bytes_view command, const request_name& name) {
    lock::command asked;
    if (!decode(command, asked)) return false;
    return visit(
        [&name]<class Command>(const Command& one) {
            if constexpr (std::is_same_v<Command, lock::acknowledge> ||
                          std::is_same_v<Command, lock::cancel>) {
                return request_name(one.stamp.session, one.request) == name;
            } else {
                return false;
            }
        },
        asked);
}

/// Everybody who waited before waits, holds or has ended after, or its session has; or else
/// `command`, which came between, says that it does not matter. Nobody waits after who held or had
/// ended before. (locks 3.12)
[[nodiscard]] inline std::string_view broken_waits(const lock::state& before, bytes_view command,
                                                   const lock::state& after) {
    const request_names was = waiting_in(before);
    const request_names is = waiting_in(after);
    if (was == is) return {};
    request_names gone;
    std::ranges::set_difference(was, is, std::back_inserter(gone));
    for (const request_name& lost : without(gone, settled_in(after))) {
        if (is_live(after, lost.first) && !is_done_with(command, lost)) return "no_waiter_is_lost";
    }
    const request_names fresh = without(is, was);
    const bool are_new = without(fresh, settled_in(before)).size() == fresh.size();
    return are_new ? "" : "waits_end_once";
}

}  // namespace synod::inline SYNOD_ABI::testing::detail
