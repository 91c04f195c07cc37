// tests/compile_fail/network_idle.cpp - a network for rounds whose idle() says nothing.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: idle_says_yes_or_no

#include <synod/testing/rounds.hpp>
#include <synod/transport/memory.hpp>

using namespace synod;

struct late : memory_network<replica_message> {
#ifdef CONTROL
    bool idle();
#else
    void idle();
#endif
};

using cluster = testing::rounds<late>;
cluster* made = nullptr;
