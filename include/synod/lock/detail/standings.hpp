// synod/lock/detail/standings.hpp - how waiting requests stand to others, for those of them that have said so.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/detail/fields.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/queueing.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Standings by request. Those who have none stand as everybody does who says nothing, and cost nothing here. Operations are
/// logarithmic in the number of standings. `Rules` only defers: a file that has no table instantiates none of it.
template <class Rules>
class standings {
public:
    /// Precondition: it has one.
    [[nodiscard]] const standing& of(handle request) const { return of_.at(request); }
    void set(handle request, const standing& what) { of_.insert_or_assign(request, what); }
    void drop(handle request) { of_.erase(request); }

    /// That of everybody who says nothing.
    static constexpr standing usual{};

private:
    ordered_map<handle, synod::detail::deferred<standing, Rules>> of_;
};

/// Calls `visit(record)` for each place that is waited for, in the order of the state.
template <class State, class Visit>
void for_each_waiting(State& in, Visit&& visit) {
    for (auto& lock : in.locks) {
        for (auto& one : lock.queue) visit(one);
    }
}

template <class State>
void write_standings(const State& now, byte_writer& out) {
    for_each_waiting(
        now, [&out](const auto& one) { one.standing.fields(one.standing, field_writer(out)); });
}

/// Somebody may have been overtaken more often than may be by now: the limit may have been lowered.
template <class State>
[[nodiscard]] bool read_standings(byte_reader& in, State& now) {
    field_reader fields(in);
    for_each_waiting(now, [&fields](auto& one) { one.standing.fields(one.standing, fields); });
    return fields.ok();
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
