// tests/explore/log_worlds.hpp - the worlds of logs, made of what a scenario or a command line
// says.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/worlds.hpp>

#include <memory>

namespace explore {

/// `log nodes=3 begin=fresh disk=sync crash=between commands=1 reads=0 ticks=0 crashes=0 repeats=0
/// losses=0 trims=0 transfers=0 window=8 votes_per_answer=64 mutant=none`, here with what holds of
/// a parameter that is absent.
[[nodiscard]] std::unique_ptr<synod::testing::any_world>
make_log(synod::testing::parameters& given);

}  // namespace explore
