// synod/lock/detail/slab.hpp - elements that keep their place, named by small handles, and lists
// threaded through them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Names an element of a slab. Handles are reused and are no part of the state that replicas
/// compare.
using handle = std::uint32_t;
inline constexpr handle none = 0xffff'ffffU;

/// Elements in blocks of equal size: an element never moves, memory is only ever added, and what is
/// given back is taken again first.
template <class T>
class slab {
public:
    /// An element with whatever its last user left in it.
    [[nodiscard]] handle take() {
        ++size_;
        if (!free_.empty()) {
            const handle taken = free_.back();
            free_.pop_back();
            return taken;
        }
        if (used_ % block_size == 0) blocks_.emplace_back(block_size);
        return used_++;
    }

    void give_back(handle at) {
        SYNOD_ASSERT(size_ > 0);
        free_.push_back(at);
        --size_;
    }

    /// Precondition: it was taken, which nothing checks here, not even SYNOD_ASSERT: this is called
    /// for every step along a list.
    [[nodiscard, gnu::always_inline]] T& operator[](handle at) {
        return blocks_[at / block_size][at % block_size];
    }
    [[nodiscard, gnu::always_inline]] const T& operator[](handle at) const {
        return blocks_[at / block_size][at % block_size];
    }

    /// How many are taken.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr std::size_t block_size = 32;

    std::vector<std::vector<T>> blocks_;                    // of block_size elements each
    std::vector<synod::detail::deferred<handle, T>> free_;  // given back and not taken again
    handle used_ = 0;  // handles below this have been taken at least once
    std::size_t size_ = 0;
};

/// A list: its first element, which knows the last.
struct chain {
    handle first = none;

    [[nodiscard]] bool empty() const { return first == none; }
};

/// A doubly linked list through two members of its elements, of which the first has the last for
/// its previous; each operation takes constant time.
template <class T, handle T::* Previous, handle T::* Next>
struct links {
    /// `none` if the list is empty.
    [[nodiscard]] static handle last(const slab<T>& all, const chain& list) {
        return list.empty() ? none : all[list.first].*Previous;
    }
    /// `none` if `at` is the first.
    [[nodiscard]] static handle before(const slab<T>& all, const chain& list, handle at) {
        return list.first == at ? none : all[at].*Previous;
    }

    static void append(slab<T>& all, chain& list, handle at) {
        insert_behind(all, list, last(all, list), at);
    }

    /// Puts `at` behind `before`, which is in the list, or first if that is `none`.
    static void insert_behind(slab<T>& all, chain& list, handle before, handle at) {
        const handle after = before == none ? list.first : all[before].*Next;
        all[at].*Previous = before == none ? last(all, list) : before;
        all[at].*Next = after;
        if (before == none)
            list.first = at;
        else
            all[before].*Next = at;
        all[after == none ? list.first : after].*Previous = at;
    }

    static void remove(slab<T>& all, chain& list, handle at) {
        const handle before = all[at].*Previous;
        const handle after = all[at].*Next;
        if (list.first == at)
            list.first = after;
        else
            all[before].*Next = after;
        if (!list.empty()) all[after == none ? list.first : after].*Previous = before;
        all[at].*Previous = none;
        all[at].*Next = none;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
