// tests/explore/roles_suites.hpp - what a world of roles is made of: the types that ship, or those
// that can make a mistake.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/policy.hpp>

#include "explore/modelled_disk.hpp"
#include "explore/roles_network.hpp"
#include "mutants/mutant.hpp"
#include "mutants/wrong_disk.hpp"
#include "mutants/wrong_ear.hpp"
#include "mutants/wrong_policy.hpp"
#include "mutants/wrong_suite.hpp"
#include "mutants/wrong_transport.hpp"

#include <cstdint>
#include <memory>

namespace explore {

/// The roles as they ship.
struct shipped_roles {
    /// What a learner hears, as it is said.
    struct ear {
        void note(const synod::accept<int>& /*message*/) {}
        [[nodiscard]] static synod::accepted heard(const synod::accepted& message) {
            return message;
        }

        friend bool operator==(const ear&, const ear&) = default;

        template <class Sink>
        void fingerprint(Sink& /*sink*/) const {}
    };

    using policy = synod::policy<>;
    using transport = basket;
    template <class Disk>
    using disk = Disk;

    [[nodiscard]] static policy policy_of(const synod::majority& quorums) {
        return {.quorums = quorums};
    }
    [[nodiscard]] static synod::incarnation next_incarnation(synod::incarnation lost) {
        return synod::incarnation(lost.value() + 1);
    }
};

/// Roles that make the mistake that is being made.
struct wrong_roles {
    using ear = synod::mutants::wrong_ear<int>;
    using policy = synod::mutants::wrong_policy<synod::silent_observer>;
    using transport = synod::mutants::wrong_transport<basket, int>;
    template <class Disk>
    using disk = synod::mutants::wrong_disk<Disk>;

    explicit wrong_roles(synod::mutants::mutant which)
        : making(std::make_unique<synod::mutants::making>(which)) {}

    [[nodiscard]] static policy policy_of(const synod::majority& quorums) {
        return {.quorums = synod::mutants::wrong_quorums(quorums)};
    }
    [[nodiscard]] static synod::incarnation next_incarnation(synod::incarnation lost) {
        return synod::mutants::wrong_suite::next_incarnation(lost);
    }

    std::unique_ptr<synod::mutants::making> making;  // as long as the world is
};

}  // namespace explore
