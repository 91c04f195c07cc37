// tests/explore/roles_worlds.hpp - the worlds of roles, made of parameters.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include <memory>

namespace explore {

/// A world of whole roles: those that ship, or with a `mutant` those that make its mistake, for as
/// long as the world is. One such world at a time. Throws bad_parameter as parameters do.
[[nodiscard]] std::unique_ptr<synod::testing::any_world>
make_roles(synod::testing::parameters& given);

}  // namespace explore
