// synod/base/detail/cells.hpp - what it takes to move elements that are known by their addresses
// alone.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/trivial.hpp>

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// Containers that grow in cold functions, compiled once and not for each type, know their elements
/// by this.
struct cell_layout {
    std::size_t size;
    std::align_val_t alignment;
    void (*relocate)(void* to, void* from);  // nullptr where copying the bytes does it

    /// Moves the element at `from` to `to`, where there is none.
    void move(std::byte* to, std::byte* from) const {
        if (relocate == nullptr) {
            std::memcpy(to, from, size);
        } else {
            relocate(to, from);
        }
    }

    [[nodiscard]] std::byte* allocate(std::size_t count) const {
        return static_cast<std::byte*>(::operator new(count * size, alignment));
    }
};

template <class T>
void relocate(void* to, void* from) {
    T* const old = static_cast<T*>(from);
    ::new (to) T(std::move(*old));
    // NOLINTNEXTLINE(bugprone-use-after-move): what was moved from is destroyed
    old->~T();
}

template <class T>
inline constexpr cell_layout layout_of{sizeof(T), std::align_val_t(alignof(T)),
                                       detail::is_trivially_copyable<T> ? nullptr : &relocate<T>};

}  // namespace synod::inline SYNOD_ABI::detail
