// synod/lock/detail/hash_index.hpp - finds elements of a slab by a hash of theirs; never iterated,
// so its order is nobody's.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/detail/prefetch.hpp>
#include <synod/lock/detail/slab.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Spreads every bit of a number over all bits. (the finisher of SplitMix64)
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t x) {
    x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
    x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
    return x ^ x >> 31U;
}

/// A hash of bytes, eight at a time.
[[nodiscard]] inline std::uint64_t hash_of(bytes_view view) {
    std::uint64_t hash = view.size();
    for (; view.size() >= 8; view = view.subspan(8)) {
        hash = spread(hash ^ load_little_endian<std::uint64_t>(view.data()));
    }
    std::uint64_t tail = 0;
    for (const std::byte one : view) tail = tail << 8U | std::to_integer<std::uint64_t>(one);
    return spread(hash ^ tail);
}

/// Open addressing with linear probing over handles and the lower half of their hashes, eight bytes
/// each, so that nothing but what may be meant is looked at. Constant time on average; allocates
/// only when it holds more than ever before. `Handle` is `handle`.
template <class Handle = handle>
class basic_hash_index {
public:
    /// The handle among those stored under `hash` for which `matches` is true, or `none`.
    template <class Matches>
    [[nodiscard]] handle find(std::uint64_t hash, Matches&& matches) const {
        if (cells_.empty()) return none;
        const std::uint32_t wanted = half_of(hash);
        const cell* const cells = cells_.data();
        const std::size_t mask = this->mask();
        for (std::size_t at = wanted & mask; cells[at].element != none; at = (at + 1) & mask) {
            if (cells[at].hash == wanted && matches(cells[at].element)) return cells[at].element;
        }
        return none;
    }

    /// Brings near what `find` will look at first. Inline, see detail::prefetch.
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
        if (!cells_.empty()) synod::detail::prefetch(&cells_[half_of(hash) & mask()]);
    }

    /// Precondition: the element is not in the index.
    void insert(handle element, std::uint64_t hash) {
        if (4 * (size_ + 1) > 3 * cells_.size()) grow();
        place({half_of(hash), element});
        ++size_;
    }

    /// Precondition: the element is in the index, under this hash.
    void erase(handle element, std::uint64_t hash) {
        cell* const cells = cells_.data();
        const std::size_t mask = this->mask();
        std::size_t hole = half_of(hash) & mask;
        while (cells[hole].element != element) hole = (hole + 1) & mask;
        for (std::size_t at = (hole + 1) & mask; cells[at].element != none; at = (at + 1) & mask) {
            const std::size_t home = cells[at].hash & mask;
            // An element may fill the hole only if its probe passes there.
            if (((at - home) & mask) < ((at - hole) & mask)) continue;
            cells[hole] = cells[at];
            hole = at;
        }
        cells[hole] = {};
        --size_;
    }

private:
    struct cell {
        std::uint32_t hash = 0;
        Handle element = none;
    };

    [[nodiscard]] static std::uint32_t half_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash);
    }
    [[nodiscard]] std::size_t mask() const { return cells_.size() - 1; }

    void place(const cell& one) {
        std::size_t at = one.hash & mask();
        while (cells_[at].element != none) at = (at + 1) & mask();
        cells_[at] = one;
    }

    void grow() {
        const std::vector<cell> old =
            std::exchange(cells_, std::vector<cell>(cells_.empty() ? 16 : 2 * cells_.size()));
        for (const cell& one : old) {
            if (one.element != none) place(one);
        }
    }

    std::vector<cell> cells_;  // a power of two of them, or none
    std::size_t size_ = 0;     // of cells_ in use: at most three quarters
};

using hash_index = basic_hash_index<>;

}  // namespace synod::inline SYNOD_ABI::lock::detail
