// synod/client/debts.hpp - what a session is still giving back, by owner and lock.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ordered.hpp>
#include <synod/client/requests.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// Requests of which a release or a cancel is on its way. Until that has arrived, the service may
/// take a later request of the same owner for one that waits for itself; so somebody must know that
/// it does not. Logarithmic in the number of debts. A value. `Wish` is client::wish.
template <class Wish>
class debts {
public:
    void add(request_id which, const Wish& whose) {
        const claim own(whose.owner, whose.name);
        if (by_request_.emplace(which, own).second) ++owed_[own];
    }

    void settle(request_id which) {
        const auto found = by_request_.find(which);
        if (found == by_request_.end()) return;
        const auto counted = owed_.find(found->second);
        if (--counted->second == 0) owed_.erase(counted);
        by_request_.erase(found);
    }

    void clear() {
        by_request_.clear();
        owed_.clear();
    }

    /// Whether this owner is giving that lock back, or may be: of an errand it is not known what
    /// locks it is about.
    [[nodiscard]] bool has(const Wish& whose) const {
        return owed_.contains({whose.owner, whose.name}) || owed_.contains({whose.owner, {}});
    }

    /// Whether this owner is giving anything back.
    [[nodiscard]] bool has_any_of(std::uint64_t owner) const {
        const auto first = owed_.lower_bound({owner, {}});
        return first != owed_.end() && first->first.first == owner;
    }

private:
    using claim = std::pair<std::uint64_t, decltype(Wish::name)>;  // owner and lock

    ordered_map<claim, std::uint32_t> owed_;     // how many requests, none of them zero
    ordered_map<request_id, claim> by_request_;  // those that are counted
};

}  // namespace synod::inline SYNOD_ABI::client
