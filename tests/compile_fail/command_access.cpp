// tests/compile_fail/command_access.cpp - a command of which nobody has said what right it needs.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: for_each_need

#include <synod/lock/table.hpp>

using namespace synod;

struct new_command {
    request_stamp stamp;
};

#ifdef CONTROL
using asked = lock::keep_alive;
#else
using asked = new_command;
#endif

bool judge(const lock::detail::access<lock::rules>& rules,
           const lock::detail::book<lock::rules>& book) {
    return rules.allows("somebody", asked(), book);
}
