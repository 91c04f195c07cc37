// tests/compile_fail/quorum_phase2.cpp - a quorum system that knows no second phase.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: says_phase2

#include <synod/paxos/policy.hpp>

using namespace synod;

struct quorums {
    bool is_phase1(node_set set) const;
#ifdef CONTROL
    bool is_phase2(node_set set) const;
#endif
    node_set members() const;
};

policy<quorums>* made = nullptr;
