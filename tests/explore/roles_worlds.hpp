// tests/explore/roles_worlds.hpp - the worlds of roles, made of parameters.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include "mutants/mutant.hpp"

#include <memory>
#include <string_view>

namespace explore {

/// Throws bad_parameter as parameters do.
[[nodiscard]] std::unique_ptr<synod::testing::any_world>
make_roles(synod::testing::parameters& given);

}  // namespace explore
