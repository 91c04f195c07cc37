// synod/lock/watch_invariant.hpp - what holds in every state of a lock table as to its leaders, and
// the changes it can tell.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/state.hpp>
#include <synod/lock/watch_state.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Who leads holds for exclusive use, and its value was proclaimed; who has a value otherwise waits
/// for that. (locks 3.10)
template <class State>
[[nodiscard]] bool leaders_hold_alone(const State& now) {
    const auto is_right = [&now](const request_record& one) {
        if (!one.has_value) return one.value.empty() && one.proclaimed == 0;
        if (one.mode != mode::exclusive || one.permits != 0) return false;
        if (one.state != request_state::granted) {
            return one.kind == request_kind::acquisition && one.proclaimed == 0;
        }
        return one.proclaimed != 0 && one.proclaimed <= now.values.revision;
    };
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.holders) {
            if (!is_right(one)) return false;
        }
        for (const auto& one : lock.queue) {
            if (!is_right(one)) return false;
        }
    }
    for (const auto& one : now.ended) {
        if (one.has_value || !is_right(one)) return false;
    }
    return true;
}

/// No silent gap: every revision that is not forgotten has changes, in order. (locks 3.12/76)
template <class State>
[[nodiscard]] bool changes_have_no_gap(const State& now) {
    if (now.values.revision == std::numeric_limits<std::uint64_t>::max()) return false;
    std::uint64_t last = now.watch.compacted;
    bool is_first = true;
    for (const change& one : now.watch.changes) {
        const bool is_same = one.index == last && !is_first;
        if (!is_same && one.index != last + 1) return false;
        last = one.index;
        is_first = false;
    }
    return last == now.values.revision;
}

/// A leader, or a value or counter, under its name.
using changed_name = std::pair<bool, std::string_view>;

/// Whether that is how the newest change tells what is there.
[[nodiscard]] inline bool tells(const change& told, const value_record& there) {
    const auto kind = there.kind == value_kind::value ? change_kind::value : change_kind::counter;
    return told.effect == change_effect::written && told.index == there.version &&
           told.kind == kind && told.token == fencing_token() && told.value == there.value &&
           told.number == there.number;
}
[[nodiscard]] inline bool tells(const change& told, const request_record& leader) {
    return told.effect == change_effect::written && told.index == leader.proclaimed &&
           told.kind == change_kind::leader && told.token == leader.token &&
           told.value == leader.value && told.number == 0;
}

/// The last change under each name.
template <class State>
[[nodiscard]] auto last_told(const State& now) {
    synod::detail::deferred<ordered_map<changed_name, const change*>, State> told;
    for (const change& one : now.watch.changes) {
        told[{one.kind == change_kind::leader, one.name}] = &one;
    }
    return told;
}

/// Who follows the changes arrives at what there is: the last change under each name tells it, also
/// that something is gone, and what no change tells of is as old as what is forgotten. (locks 3.10)
template <class State>
[[nodiscard]] bool changes_tell_the_state(const State& now) {
    const auto told = last_told(now);
    std::size_t right = 0;
    const auto is_told = [&](bool leads, std::string_view name, std::uint64_t since,
                             const auto& there) {
        const auto found = told.find({leads, name});
        if (found == told.end()) return since <= now.watch.compacted;
        ++right;
        return tells(*found->second, there);
    };
    for (const value_record& one : now.values.values) {
        if (!is_told(false, one.name, one.version, one)) return false;
    }
    for (const auto& lock : now.locks) {
        for (const request_record& one : lock.holders) {
            if (one.has_value && !is_told(true, lock.name, one.proclaimed, one)) return false;
        }
    }
    std::size_t written = 0;
    for (const auto& [name, last] : told) {
        written += last->effect == change_effect::written ? 1 : 0;
    }
    return written == right;
}

/// The name of the first of these that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken_change(const State& now) {
    if (!leaders_hold_alone(now)) return "leaders_hold_alone";
    if (!changes_have_no_gap(now)) return "changes_have_no_gap";
    if (!changes_tell_the_state(now)) return "changes_tell_the_state";
    return nullptr;
}

/// Of two states, the earlier first: what was told is told again in the same words, or is
/// forgotten.
template <class State>
[[nodiscard]] bool changes_are_kept(const State& before, const State& after) {
    if (after.watch.compacted < before.watch.compacted) return false;
    std::size_t place = 0;
    for (const change& one : before.watch.changes) {
        if (one.index <= after.watch.compacted) continue;
        if (place >= after.watch.changes.size()) return false;
        if (!(after.watch.changes[place] == one)) return false;
        ++place;
    }
    return place >= after.watch.changes.size() ||
           after.watch.changes[place].index > before.values.revision;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
