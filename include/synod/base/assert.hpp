// synod/base/assert.hpp - assertions about our own duties, and the inline namespace that keeps
// their two meanings apart.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <cstdio>
#include <cstdlib>

// Defining SYNOD_NO_ASSERT turns assertions off. Everything lives in an inline namespace named
// after that choice, so that two translation units of one program that chose differently never
// share a definition.
#ifdef SYNOD_NO_ASSERT
#define SYNOD_ABI unchecked
#define SYNOD_ASSERT(condition) static_cast<void>(0)
#else
#define SYNOD_ABI checked
#define SYNOD_ASSERT(condition)                                                                    \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::synod::detail::assertion_failed(#condition, __FILE__, __LINE__))
#endif

namespace synod::inline SYNOD_ABI::detail {

/// Names the broken condition on standard error and ends the program.
[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
    static_cast<void>(std::fprintf(stderr, "%s:%d: broken: %s\n", file, line, condition));
    std::abort();
}

}  // namespace synod::inline SYNOD_ABI::detail
