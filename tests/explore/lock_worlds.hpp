// tests/explore/lock_worlds.hpp - the worlds of locks, made as somebody asks.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/parameters.hpp>
#include <synod/testing/worlds.hpp>

#include <memory>

namespace explore {

/// Clients of one lock table: see `lock_world_sizes` for what each parameter bounds.
[[nodiscard]] std::unique_ptr<synod::testing::any_world>
make_lock_table(synod::testing::parameters& given);

/// Sessions of clients over a network that loses, repeats and delays: see `client_world_sizes`.
[[nodiscard]] std::unique_ptr<synod::testing::any_world>
make_lock_client(synod::testing::parameters& given);

}  // namespace explore
