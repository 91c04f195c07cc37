// synod/lock/watch_invariant.hpp - what holds in every state of a lock table as to its leaders, and the changes it can tell.
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

/// Who leads holds for exclusive use, and its value was proclaimed; who has a value otherwise waits for that. (3.10)
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

/// No silent gap: every revision that is not forgotten has changes, in order. (3.12/76)
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

/// What there is under each name that has any.
template <class State>
[[nodiscard]] auto written_in(const State& now) {
    synod::detail::deferred<ordered_map<changed_name, change>, State> found;
    for (const value_record& one : now.values.values) {
        const auto kind = one.kind == value_kind::value ? change_kind::value : change_kind::counter;
        found.emplace(changed_name(false, one.name),
                      change{one.version, kind, {}, one.name, {}, one.value, one.number});
    }
    for (const auto& lock : now.locks) {
        for (const request_record& one : lock.holders) {
            if (!one.has_value) continue;
            found.emplace(
                changed_name(true, lock.name),
                change{
                    one.proclaimed, change_kind::leader, {}, lock.name, one.token, one.value, 0});
        }
    }
    return found;
}

/// Who follows the changes arrives at what there is: the last change under each name tells it, also that something is gone, and what
/// no change tells of is as old as what is forgotten. (3.10)
template <class State>
[[nodiscard]] bool changes_tell_the_state(const State& now) {
    synod::detail::deferred<ordered_map<changed_name, const change*>, State> told;
    for (const change& one : now.watch.changes) {
        told[{one.kind == change_kind::leader, one.name}] = &one;
    }
    const auto written = written_in(now);
    for (const auto& [name, last] : told) {
        const auto found = written.find(name);
        if (last->effect == change_effect::gone) {
            if (found != written.end()) return false;
        } else if (found == written.end() || !(found->second == *last)) {
            return false;
        }
    }
    for (const auto& [name, one] : written) {
        if (!told.contains(name) && one.index > now.watch.compacted) return false;
    }
    return true;
}

/// The name of the first of these that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken_change(const State& now) {
    if (!leaders_hold_alone(now)) return "leaders_hold_alone";
    if (!changes_have_no_gap(now)) return "changes_have_no_gap";
    if (!changes_tell_the_state(now)) return "changes_tell_the_state";
    return nullptr;
}

/// Of two states, the earlier first: what was told is told again in the same words, or is forgotten.
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
