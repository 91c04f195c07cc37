// tests/compile_fail/model_step.cpp - a model of linearizability whose step does not say whether it
// can be.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: takes_steps

#include <synod/testing/linearizability.hpp>
#include <synod/testing/models.hpp>

using namespace synod;

struct silent : testing::cas_register_model {
#ifndef CONTROL
    void step(state& now, const testing::operation<input, output>& next) const;
#endif
};

testing::linearizability judge(const testing::history<silent::input, silent::output>& recorded) {
    return testing::check_linearizability(silent(), recorded);
}
