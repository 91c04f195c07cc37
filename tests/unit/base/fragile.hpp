// tests/unit/base/fragile.hpp - an element whose copies fail when told to, and which is counted.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <stdexcept>

/// Counts those alive. Checkers run on one thread.
struct fragile {
    static inline int alive = 0;
    static inline int copies_left = 0;  // before one fails

    fragile() { ++alive; }
    fragile(const fragile& /*other*/) {
        if (copies_left-- == 0) throw std::runtime_error("not another copy");
        ++alive;
    }
    fragile(fragile&& /*other*/) noexcept { ++alive; }
    fragile& operator=(const fragile&) = default;
    ~fragile() { --alive; }
};
