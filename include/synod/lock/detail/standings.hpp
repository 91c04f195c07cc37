// synod/lock/detail/standings.hpp - how waiting requests stand to others, for those of them that
// have said so.
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

/// Standings by request. Those who have none stand as everybody does who says nothing, and cost
/// nothing here. Operations are logarithmic in the number of standings. `Rules` only defers: a file
/// that has no table instantiates none of it.
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

/// The policy of each lock, and the standings of those who wait for it.
template <class State>
void write_standings(const State& now, byte_writer& out) {
    field_writer fields(out);
    for (const auto& lock : now.locks) {
        fields(lock.policy);
        for (const auto& one : lock.queue) one.standing.fields(one.standing, fields);
    }
}

/// Somebody may have been overtaken more often than may be by now: the limit may have been lowered.
template <class State>
[[nodiscard]] bool read_standings(byte_reader& in, State& now) {
    field_reader fields(in);
    for (auto& lock : now.locks) {
        fields(lock.policy);
        for (auto& one : lock.queue) one.standing.fields(one.standing, fields);
    }
    return fields.ok();
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
