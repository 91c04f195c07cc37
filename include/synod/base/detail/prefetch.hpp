// synod/base/detail/prefetch.hpp - asks for memory before it is needed.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

namespace synod::inline SYNOD_ABI::detail {

/// Brings a cache line near, if the compiler knows how; changes nothing that a program can see.
/// Inline, and so has to be whoever calls it for nothing else: gcc takes a call that only
/// prefetches for one that does nothing.
[[gnu::always_inline]] inline void prefetch(const void* line) {
#if defined(__GNUC__)
    __builtin_prefetch(line);
#else
    static_cast<void>(line);
#endif
}

}  // namespace synod::inline SYNOD_ABI::detail
