// synod/lock/detail/leases.hpp - the leases of holds: how long one lasts that is to end before its
// session does.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/detail/grace.hpp>
#include <synod/log/session_config.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The end of one lease. Those of one moment end in the order of their tokens.
struct lease_end {
    log_time deadline;
    fencing_token token;
    handle place = none;

    friend auto operator<=>(const lease_end&, const lease_end&) = default;
};

/// Leases by the place that has one; it runs from the grant on. Each operation is logarithmic in
/// their number, but for `grant_grace`, which goes through all of them.
template <class Rules>
class leases {
public:
    /// A waiting place is to have this one.
    void want(handle place, const lease& one) { of_.emplace(place, one); }

    /// The place is held from now on.
    void begin(handle place, fencing_token token, log_time now) {
        lease& one = of_.at(place);
        one.deadline = now + one.ttl_ms;
        ends_.insert({one.deadline, token, place});
    }
    /// The same for one that is in a snapshot.
    void resume(handle place, fencing_token token, const lease& one) {
        of_.insert_or_assign(place, one);
        ends_.insert({one.deadline, token, place});
    }

    /// Gives a running lease `ttl_ms` from now on, if that is longer than it has. Returns when it
    /// ends.
    log_time renew(handle place, fencing_token token, std::uint64_t ttl_ms, log_time now) {
        lease& one = of_.at(place);
        one.extended_ms = 0;
        if (now + ttl_ms > one.deadline) {
            one.ttl_ms = ttl_ms;
            move_end(place, token, one, now + ttl_ms);
        }
        return one.deadline;
    }

    void drop(handle place, fencing_token token) {
        const auto found = of_.find(place);
        ends_.erase({found->second.deadline, token, place});
        of_.erase(found);
    }

    [[nodiscard]] const lease& of(handle place) const { return of_.at(place); }

    /// The first lease to end, or nullptr.
    [[nodiscard]] const lease_end* first() const {
        return ends_.empty() ? nullptr : &*ends_.begin();
    }

    /// A new leader gives every lease its grace.
    void grant_grace(log_time now, const session_config& config) {
        const deferred<ordered_set<lease_end>> before = ends_;
        for (const lease_end& end : before) {
            lease& one = of_.at(end.place);
            const std::uint64_t extension = synod::detail::grace_due<Rules>(one, now, config);
            if (extension == 0) continue;
            one.extended_ms += extension;
            move_end(end.place, end.token, one, one.deadline + extension);
        }
    }

private:
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

    void move_end(handle place, fencing_token token, lease& one, log_time deadline) {
        const std::size_t gone = ends_.erase({one.deadline, token, place});
        SYNOD_ASSERT(gone == 1);
        static_cast<void>(gone);
        ends_.insert({deadline, token, place});
        one.deadline = deadline;
    }

    ordered_map<handle, deferred<lease>> of_;  // of places that wait, too
    ordered_set<deferred<lease_end>> ends_;    // of places that are held
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
