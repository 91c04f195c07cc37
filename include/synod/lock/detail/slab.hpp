// synod/lock/detail/slab.hpp - elements that keep their place, named by small handles, and lists threaded through them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Names an element of a slab. Handles are reused and are no part of the state that replicas compare.
using handle = std::uint32_t;
inline constexpr handle none = 0xffff'ffffU;

/// Elements in blocks, each twice as large as the one before: an element never moves, memory is only ever added, and what is given
/// back is taken again first.
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
        const spot place = spot_of(used_);
        if (place.block == blocks_.size()) blocks_.emplace_back(first_block << place.block);
        return used_++;
    }

    void give_back(handle at) {
        SYNOD_ASSERT(size_ > 0);
        free_.push_back(at);
        --size_;
    }

    [[nodiscard, gnu::always_inline]] T& operator[](handle at) {
        SYNOD_ASSERT(at < used_);
        const spot place = spot_of(at);
        return blocks_[place.block][place.offset];
    }
    [[nodiscard, gnu::always_inline]] const T& operator[](handle at) const {
        SYNOD_ASSERT(at < used_);
        const spot place = spot_of(at);
        return blocks_[place.block][place.offset];
    }

    /// How many are taken.
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    struct spot {
        std::size_t block;
        std::size_t offset;
    };

    static constexpr std::size_t first_block = 16;

    /// Block n holds the elements from (2^n - 1) first blocks on.
    [[nodiscard]] static spot spot_of(handle at) {
        const std::size_t shifted = at + first_block;
        const auto block = static_cast<std::size_t>(std::bit_width(shifted / first_block)) - 1;
        return {block, shifted - (first_block << block)};
    }

    std::vector<std::vector<T>> blocks_;                    // of twice as many elements each
    std::vector<synod::detail::deferred<handle, T>> free_;  // given back and not taken again
    handle used_ = 0;  // handles below this have been taken at least once
    std::size_t size_ = 0;
};

/// The two ends of a list.
struct chain {
    handle first = none;
    handle last = none;

    [[nodiscard]] bool empty() const { return first == none; }
};

/// A doubly linked list through two members of its elements; each operation takes constant time.
template <class T, handle T::* Previous, handle T::* Next>
struct links {
    static void append(slab<T>& all, chain& list, handle at) {
        insert_behind(all, list, list.last, at);
    }

    /// Puts `at` behind `before`, which is in the list, or first if that is `none`.
    static void insert_behind(slab<T>& all, chain& list, handle before, handle at) {
        const handle after = before == none ? list.first : all[before].*Next;
        all[at].*Previous = before;
        all[at].*Next = after;
        if (before == none)
            list.first = at;
        else
            all[before].*Next = at;
        if (after == none)
            list.last = at;
        else
            all[after].*Previous = at;
    }

    static void remove(slab<T>& all, chain& list, handle at) {
        const handle before = all[at].*Previous;
        const handle after = all[at].*Next;
        if (before == none)
            list.first = after;
        else
            all[before].*Next = after;
        if (after == none)
            list.last = before;
        else
            all[after].*Previous = before;
        all[at].*Previous = none;
        all[at].*Next = none;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
