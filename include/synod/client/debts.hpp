// synod/client/debts.hpp - what a session is still giving back, by owner and lock.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/requests.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// Requests of which a release or a cancel is on its way. Until that has arrived, the service may take a later request of the same
/// owner for one that waits for itself; so somebody must know that it does not. Logarithmic in the number of debts. `Wish` is
/// client::wish.
template <class Wish>
class debts {
public:
    void add(request_id which, const Wish& whose) {
        const auto place = owed_.try_emplace({whose.owner, whose.name}, 0).first;
        if (by_request_.emplace(which, place).second) ++place->second;
    }

    void settle(request_id which) {
        const auto found = by_request_.find(which);
        if (found == by_request_.end()) return;
        if (--found->second->second == 0) owed_.erase(found->second);
        by_request_.erase(found);
    }

    void clear() {
        by_request_.clear();
        owed_.clear();
    }

    /// Whether this owner is giving that lock back.
    [[nodiscard]] bool has(const Wish& whose) const {
        return owed_.contains({whose.owner, whose.name});
    }

private:
    using name = decltype(Wish::name);
    using counts = std::map<std::pair<std::uint64_t, name>, std::uint32_t>;  // by owner and name

    counts owed_;  // none is zero
    std::map<request_id, typename counts::iterator> by_request_;
};

}  // namespace synod::inline SYNOD_ABI::client
