// tests/explore/watch.hpp - which invariants a search looks for.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <cstdint>

namespace explore {

enum class watch : std::uint8_t {
    agreement,  // no two values are chosen
    safety,     // and what agreement follows from
    conduct,  // and what each role does by itself: its promises, its votes, its answers asked again
};

}  // namespace explore
