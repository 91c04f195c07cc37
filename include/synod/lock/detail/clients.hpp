// synod/lock/detail/clients.hpp - what sessions have in a lock table, by session.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/detail/entries.hpp>
#include <synod/lock/detail/slab.hpp>

namespace synod::inline SYNOD_ABI::lock::detail {

/// A session has a client from its first request on. Looking one up is logarithmic. `Rules` only
/// defers: a file that has no table instantiates none of it.
template <class Rules>
class clients {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    [[nodiscard]] const client& client_at(handle one) const { return clients_[one]; }

    /// A session's client, which comes into being with its first use.
    [[nodiscard]] handle reach_client(session_id session) {
        const auto [place, is_new] = client_of_.emplace(session, none);
        if (is_new) {
            place->second = clients_.take();
            clients_[place->second] = {session, {}, 0, 0};
        }
        return place->second;
    }
    [[nodiscard]] handle find_client(session_id session) const {
        const auto found = client_of_.find(session);
        return found == client_of_.end() ? none : found->second;
    }

    /// Precondition: it has no requests.
    void drop_client(handle one) {
        SYNOD_ASSERT(clients_[one].requests.empty());
        client_of_.erase(clients_[one].session);
        clients_.give_back(one);
    }

    /// Calls `visit(client handle)` for every client in order of session.
    template <class Visit>
    void for_each_client(Visit&& visit) const {
        for (const auto& [session, owner] : client_of_) visit(owner);
    }

protected:
    slab<deferred<client>> clients_;

private:
    ordered_map<session_id, deferred<handle>> client_of_;  // one per element of clients_
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
