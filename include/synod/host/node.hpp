// synod/host/node.hpp - a replica of a user's state machine on a thread of its own.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/shared.hpp>
#include <synod/host/runner.hpp>
#include <synod/log/messages.hpp>
#include <synod/log/policy.hpp>
#include <synod/transport/threads.hpp>

#include <utility>

namespace synod::inline SYNOD_ABI::host {

/// Carries what replicas say to one another between threads.
using log_network = thread_network<replica_message>;

/// A replica of `Machine` over a `Storage` that the host keeps.
template <class Machine, class Storage, class Policy = log_policy<>>
using node = runner<replica<Machine, typename synod::detail::deferred<log_network, Storage>::link,
                            shared<Storage>, Policy>,
                    log_network>;

namespace detail {

/// The replica that an earlier life left on `storage`, or a new one if the storage is new.
template <class Replica, class Machine, class Storage, class Policy>
[[nodiscard]] result<Replica> recover_or_make(const group& group, const Machine& machine, auto link,
                                              Storage& storage, const Policy& policy, instant now) {
    auto old = Replica::recover(group, machine, link, shared(storage), policy, now);
    if (old.error() != make_error_code(errc::nothing_to_recover)) return old;
    return Replica::make(group, machine, link, shared(storage), policy, now);
}

}  // namespace detail

/// Starts a node whose machine begins as `machine`: a new one if `storage` is new, else the one
/// that an earlier life left there, brought to where the log was known to be chosen. Network and
/// storage must outlive the node. Errors: those of replica::make and recover, and of runner::start.
template <class Machine, class Storage, class Policy>
[[nodiscard]] result<node<Machine, Storage, Policy>>
start_node(synod::detail::deferred<log_network, Storage>& network, const group& group,
           const Machine& machine, Storage& storage, Policy policy, options how = {}) {
    using node = host::node<Machine, Storage, Policy>;
    const auto make = [&](auto link, instant now) {
        return detail::recover_or_make<typename node::replica_type>(group, machine, link, storage,
                                                                    policy, now);
    };
    return node::start(network, group.self(), make, {}, std::move(how));
}

}  // namespace synod::inline SYNOD_ABI::host
