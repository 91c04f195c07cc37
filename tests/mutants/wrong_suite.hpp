// tests/mutants/wrong_suite.hpp - a whole lock service that can make any of the mistakes.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/lock_suite.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_client.hpp"
#include "mutants/wrong_disk.hpp"
#include "mutants/wrong_policy.hpp"
#include "mutants/wrong_table.hpp"
#include "mutants/wrong_transport.hpp"

#include <functional>

namespace synod::mutants {

/// A simulated lock service that makes one mistake, or none.
struct wrong_suite : testing::lock_suite {
    using machine = wrong_table;
    using client_rules = wrong_client_rules;
    using gate = wrong_gate;
    using read_callback = std::function<void(const machine&)>;

    template <class Observer>
    using policy = wrong_policy<Observer>;
    template <class Link>
    using transport = wrong_transport<Link>;

    using disk = wrong_disk<testing::lock_suite::disk>;
    using async_disk = wrong_disk<testing::lock_suite::async_disk>;

    [[nodiscard]] static wrong_quorums make_quorums(node_set members) {
        return wrong_quorums(*majority::make(members));
    }
    [[nodiscard]] static incarnation next_incarnation(incarnation lost) {
        return is(mutant::m9) ? lost : testing::lock_suite::next_incarnation(lost);
    }
    [[nodiscard]] static result<machine> make_machine(const lock::config& told) {
        return machine::make(told);
    }
};

}  // namespace synod::mutants
