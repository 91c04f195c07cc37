// synod/testing/lock_suite.hpp - the types of a simulated lock service: those that ship.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/client/fence_gate.hpp>
#include <synod/client/policy.hpp>
#include <synod/host/lock_node.hpp>
#include <synod/lock/service.hpp>
#include <synod/lock/table.hpp>
#include <synod/log/policy.hpp>
#include <synod/testing/lock_audit.hpp>
#include <synod/testing/simulated_disk.hpp>

#include <functional>

namespace synod::inline SYNOD_ABI::testing {

/// What a simulation is made of. To run another machine, other rules or another storage under the
/// same faults, derive from this and hide a member; every mutant is one hidden member.
struct lock_suite {
    using machine = lock::table;
    using config = lock::config;  // of the machine
    using auditor = lock_auditor;
    using message = host::lock_message;
    using client_rules = client::rules;
    using gate = fence_gate<>;
    using read_callback = std::function<void(const machine&)>;

    template <class Observer>
    using policy = log_policy<majority, Observer>;

    /// Of the replica.
    template <class Link>
    using transport = Link;
    template <class Link>
    using service = lock::service<Link>;

    using disk = simulated_disk<records<entry>>;
    using async_disk = simulated_async_disk<records<entry>>;

    [[nodiscard]] static majority make_quorums(node_set members) {
        return *majority::make(members);
    }

    /// By which quorums the oracle says what is chosen: the right ones, whatever the replicas take
    /// for quorums.
    using watched_quorums = majority;
    [[nodiscard]] static watched_quorums make_watched_quorums(node_set members) {
        return *majority::make(members);
    }

    /// A disk that takes the place of another is another incarnation.
    [[nodiscard]] static incarnation next_incarnation(incarnation lost) {
        return incarnation(lost.value() + 1);
    }

    [[nodiscard]] static result<machine> make_machine(const config& told) {
        return machine::make(told);
    }
};

}  // namespace synod::inline SYNOD_ABI::testing
