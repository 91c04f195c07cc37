// synod/host/lock_node.hpp - a replica of the lock service on a thread of its own.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/one_of.hpp>
#include <synod/base/shared.hpp>
#include <synod/host/node.hpp>
#include <synod/host/runner.hpp>
#include <synod/lock/messages.hpp>
#include <synod/lock/service.hpp>
#include <synod/lock/table.hpp>
#include <synod/log/messages.hpp>
#include <synod/transport/threads.hpp>

#include <utility>

namespace synod::inline SYNOD_ABI::host {

namespace detail {

template <class Replica, class... Clients>
struct joined {
    using type = Replica;
};
template <class... First, class... Second, class... Rest>
struct joined<one_of<First...>, one_of<Second...>, Rest...>
    : joined<one_of<First..., Second...>, Rest...> {};

}  // namespace detail

/// All that travels between replicas of the lock service and their clients.
using lock_message = detail::joined<replica_message, lock::to_replica, lock::to_client>::type;

/// Carries it between threads. Replicas have the ids of their group, clients those from `max_nodes`
/// up.
using lock_network = thread_network<lock_message>;

namespace detail {

template <class Storage>
using network_of = synod::detail::deferred<lock_network, Storage>;

}  // namespace detail

/// A replica of the lock service over `Storage`, which the host keeps.
template <class Storage, class Policy = log_policy<>>
using lock_replica =
    replica<lock::table, typename detail::network_of<Storage>::link, shared<Storage>, Policy>;

template <class Storage, class Policy = log_policy<>, class Vouch = lock::takes_on_trust>
using lock_node = runner<lock_replica<Storage, Policy>, detail::network_of<Storage>,
                         lock::service<typename detail::network_of<Storage>::link, Vouch>>;

/// A lock service whose host knows who its clients are. `vouch` says whom they act as, see
/// lock::service; it runs on the node's own thread.
template <class Vouch>
struct known_clients {
    Vouch vouch;
    lock::config limits{};
};
template <class Vouch>
known_clients(Vouch) -> known_clients<Vouch>;
template <class Vouch>
known_clients(Vouch, lock::config) -> known_clients<Vouch>;

/// Starts a node of the lock service: a new one if `storage` is new, else the one that an earlier
/// life left there. Network and storage must outlive the node. Errors: those of lock::table::make,
/// of replica::make and recover, and of runner::start; duration_out_of_range if
/// log_limits::max_step_ms is more than a quarter of the shortest lease. (locks R2)
template <class Storage, class Policy, class Vouch>
[[nodiscard]] result<lock_node<Storage, Policy, Vouch>>
start_lock_node(detail::network_of<Storage>& network, const group& group, Storage& storage,
                Policy policy, known_clients<Vouch> clients, options how = {}) {
    using link = typename detail::network_of<Storage>::link;
    auto table = synod::detail::deferred<lock::table, Storage>::make(clients.limits);
    if (!table) return unexpected(table.error());
    if (!leaves_room_for(policy.limits.max_step_ms, clients.limits.sessions)) {
        return unexpected(errc::duration_out_of_range);
    }
    const auto make = [&](link through, instant now) {
        return detail::recover_or_make<lock_replica<Storage, Policy>>(group, *table, through,
                                                                      storage, policy, now);
    };
    lock::service<link, Vouch> service(group.cluster(), network.link_of(group.self()),
                                       std::move(clients.vouch));
    return lock_node<Storage, Policy, Vouch>::start(network, group.self(), make, std::move(service),
                                                    std::move(how));
}

/// The same, and believes what clients say of themselves.
template <class Storage, class Policy>
[[nodiscard]] result<lock_node<Storage, Policy>>
start_lock_node(detail::network_of<Storage>& network, const group& group, Storage& storage,
                Policy policy, const lock::config& config = {}, options how = {}) {
    return start_lock_node(network, group, storage, policy,
                           known_clients<lock::takes_on_trust>{{}, config}, std::move(how));
}

}  // namespace synod::inline SYNOD_ABI::host
