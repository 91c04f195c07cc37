// synod/lock/detail/wait_list.hpp - the requests that wait: by the ends of their waits, and by
// their owners.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/rules.hpp>

#include <compare>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The wait of one request that has a limit. Those of one moment end in the order of their
/// positions.
struct wait_timer {
    log_time deadline;
    position at;
    handle request = none;

    friend auto operator<=>(const wait_timer&, const wait_timer&) = default;
};

/// A request that waits for longer than its command.
struct wait_entry {
    owner_id owner;
    position at;
    handle request = none;

    friend auto operator<=>(const wait_entry&, const wait_entry&) = default;
};

/// Every operation takes logarithmic time. `Rules` only defers: a file that has no table
/// instantiates none of it.
template <class Rules>
class wait_list {
public:
    void start(const wait_timer& one) {
        timers_.insert(one);
        deadlines_.emplace(one.request, one.deadline);
    }
    /// Precondition: it was started.
    void stop(handle request, const position& at) {
        timers_.erase({deadline_of(request), at, request});
        deadlines_.erase(request);
    }
    [[nodiscard]] log_time deadline_of(handle request) const { return deadlines_.at(request); }
    void add(const wait_entry& one) { entries_.insert(one); }
    void remove(const wait_entry& one) { entries_.erase(one); }

    /// The first wait to end, or nullptr.
    [[nodiscard]] const wait_timer* first_timer() const {
        return timers_.empty() ? nullptr : &*timers_.begin();
    }

    /// Calls `visit(handle)` for each entry of an owner, in order of position.
    template <class Visit>
    void for_each_of(const owner_id& owner, Visit&& visit) const {
        auto at = entries_.lower_bound({owner, {}, 0});
        for (; at != entries_.end() && at->owner == owner; ++at) visit(at->request);
    }

private:
    ordered_set<synod::detail::deferred<wait_timer, Rules>> timers_;
    ordered_map<handle, synod::detail::deferred<log_time, Rules>> deadlines_;  // of timers_
    ordered_set<synod::detail::deferred<wait_entry, Rules>> entries_;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
