// tests/compile_fail/observer_failures.cpp - an observer that does not want to hear of a failed
// storage.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: sees_failures

#include <synod/paxos/policy.hpp>

using namespace synod;

struct watch : silent_observer {
#ifndef CONTROL
    void failed() = delete;
#endif
};

policy<majority, watch>* made = nullptr;
