// synod/base/detail/swap.hpp - what takes the place of a number or a pointer.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

namespace synod::inline SYNOD_ABI::detail {

/// std::exchange for numbers and pointers. It and std::swap ask the compiler some thirty questions
/// about each type, which are answered here.
template <class Plain>
constexpr Plain exchange(Plain& place, Plain next) noexcept {
    const Plain before = place;
    place = next;
    return before;
}

/// std::swap for them.
template <class Plain>
constexpr void swap(Plain& one, Plain& other) noexcept {
    one = detail::exchange(other, one);
}

}  // namespace synod::inline SYNOD_ABI::detail
