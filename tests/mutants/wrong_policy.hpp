// tests/mutants/wrong_policy.hpp - what rests on the rules: quorums, the time that leaders stamp,
// and the policy of all.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/log/log_time.hpp>
#include <synod/log/policy.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_rules.hpp"

#include <cstdint>

namespace synod::mutants {

/// M16 takes half for a majority, M25 one promise for a phase-1 quorum.
struct wrong_quorums : majority {
    explicit wrong_quorums(const majority& right) : majority(right) {}

    [[nodiscard]] bool is_phase1(node_set set) const {
        if (is(mutant::m25)) return !set.empty();
        return is(mutant::m16) ? is_half(set) : majority::is_phase1(set);
    }
    [[nodiscard]] bool is_phase2(node_set set) const {
        return is(mutant::m16) ? is_half(set) : majority::is_phase2(set);
    }

private:
    [[nodiscard]] bool is_half(node_set set) const {
        return 2 * set.size() + 1 >= members().size();
    }
};

/// M54 stamps whole milliseconds and forgets the rest.
struct wrong_stamper : time_stamper {
    [[nodiscard]] std::uint32_t stamp(instant now, std::uint32_t max_step_ms) {
        const std::uint32_t whole = time_stamper::stamp(now, max_step_ms);
        if (is(mutant::m54)) start(now);
        return whole;
    }
};

/// The policy of a role or a replica. What its rules and its ballots remember is part of what their
/// node will do.
template <class Observer>
struct wrong_policy {
    using stamper = wrong_stamper;

    wrong_rules rules{};
    wrong_ballots ballots{};
    wrong_quorums quorums;
    Observer observer{};
    log_limits limits{};

    friend bool operator==(const wrong_policy& a, const wrong_policy& b) {
        return a.rules == b.rules && a.ballots == b.ballots;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(rules);
        sink.add(ballots);
    }
};

}  // namespace synod::mutants
