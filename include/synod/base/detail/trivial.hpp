// synod/base/detail/trivial.hpp - what a type's copies and its end take.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <type_traits>

namespace synod::inline SYNOD_ABI::detail {

/// std::is_trivially_copyable_v, by the operator that every compiler has for it.
template <class T>
inline constexpr bool is_trivially_copyable = __is_trivially_copyable(T);

/// std::is_trivially_destructible_v for what can be destroyed. The library of GCC 12 instantiates
/// forty templates to tell, for each type.
template <class T>
#if defined(__GNUC__) && !defined(__clang__)
inline constexpr bool is_trivially_destructible = __has_trivial_destructor(T);
#else
inline constexpr bool is_trivially_destructible = std::is_trivially_destructible_v<T>;
#endif

}  // namespace synod::inline SYNOD_ABI::detail
