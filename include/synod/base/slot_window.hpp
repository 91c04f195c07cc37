// synod/base/slot_window.hpp - elements by slot, from one slot to another.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/cells.hpp>
#include <synod/base/detail/swap.hpp>
#include <synod/base/detail/trivial.hpp>
#include <synod/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// The cells of a window and their numbers, whatever they hold: what is rare is compiled once here,
/// and not for each type. Element n lies in cell n modulo a power of two.
class window_cells {
public:
    window_cells(const window_cells&) = delete;
    window_cells& operator=(const window_cells&) = delete;

protected:
    explicit window_cells(std::uint64_t begin) : begin_(begin), end_(begin) {}
    ~window_cells() = default;

    void swap_cells(window_cells& other) noexcept {
        detail::swap(cells_, other.cells_);
        detail::swap(mask_, other.mask_);
        detail::swap(begin_, other.begin_);
        detail::swap(end_, other.end_);
    }

    [[nodiscard]] std::uint64_t count() const { return end_ - begin_; }
    [[nodiscard]] bool is_full() const { return count() == mask_ + 1; }

    /// Numbers below `below` are no longer in use.
    void pass(std::uint64_t below) {
        if (begin_ < below) begin_ = below;
        if (end_ < below) end_ = below;
    }

    [[gnu::noinline, gnu::cold]] void grow(const cell_layout& element) {
        const std::uint64_t larger = mask_ + 1 == 0 ? smallest : 2 * (mask_ + 1);
        std::byte* const cells = element.allocate(static_cast<std::size_t>(larger));
        for (std::uint64_t n = begin_; n < end_; ++n) {
            element.move(cells + (n & (larger - 1)) * element.size,
                         cells_ + (n & mask_) * element.size);
        }
        deallocate(element.alignment);
        cells_ = cells;
        mask_ = larger - 1;
    }

    [[gnu::noinline, gnu::cold]] void deallocate(std::align_val_t alignment) {
        ::operator delete(cells_, alignment);
    }

    static constexpr std::uint64_t smallest = 4;

    std::byte* cells_ = nullptr;
    // The number of cells, a power of two or none, less one.
    std::uint64_t mask_ = ~std::uint64_t{0};
    std::uint64_t begin_;
    std::uint64_t end_;  // at most mask_ + 1 above begin_
};

}  // namespace detail

/// Elements for the slots from `first()` up to but not including `end()`, in memory that only
/// grows. `T` is movable, and its moves do not throw.
template <class T>
class slot_window : detail::window_cells {
public:
    explicit slot_window(slot first = slot()) : window_cells(first.value()) {}
    slot_window(const slot_window& other) : slot_window(other.first()) {
        for (std::uint64_t n = other.begin_; n < other.end_; ++n) extend(*other.place(n));
    }
    slot_window(slot_window&& other) noexcept : window_cells(other.begin_) { swap_cells(other); }
    slot_window& operator=(slot_window other) noexcept {
        swap_cells(other);
        return *this;
    }
    ~slot_window() {
        destroy_below(end_);
        if (cells_ != nullptr) deallocate(layout.alignment);
    }

    [[nodiscard]] slot first() const { return slot(begin_); }
    [[nodiscard]] slot end() const { return slot(end_); }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(count()); }
    [[nodiscard]] bool empty() const { return begin_ == end_; }
    [[nodiscard, gnu::always_inline]] bool contains(slot at) const {
        return at.value() - begin_ < count();
    }

    /// Precondition: contains(at).
    [[nodiscard, gnu::always_inline]] T& operator[](slot at) {
        SYNOD_ASSERT(contains(at));
        return *place(at.value());
    }
    [[nodiscard, gnu::always_inline]] const T& operator[](slot at) const {
        SYNOD_ASSERT(contains(at));
        return *place(at.value());
    }

    /// The element of `at`, the window first extended to hold it. Precondition: at >= first(); the
    /// caller bounds `at`.
    T& reach(slot at) {
        SYNOD_ASSERT(at >= first());
        if (end() <= at) extend_past(at);
        return *place(at.value());
    }

    /// Adds the element of slot `end()`, made of `arguments`, which must not refer to elements.
    template <class... Arguments>
    [[gnu::always_inline]] T& extend(Arguments&&... arguments) {
        if (is_full()) grow(layout);
        T* const last =
            ::new (static_cast<void*>(place(end_))) T(std::forward<Arguments>(arguments)...);
        ++end_;
        return *last;
    }

    /// Lets go of slot `first()`; an empty window moves one on.
    [[gnu::always_inline]] void drop_first() {
        if (begin_ == end_) {
            ++end_;
        } else {
            place(begin_)->~T();
        }
        ++begin_;
    }

    /// Lets go of every slot below `below`; an empty window moves there.
    void drop_below(slot below) {
        destroy_below(below.value());
        pass(below.value());
    }

    /// Empties the window and puts its start at `first`.
    void restart(slot first) {
        destroy_below(end_);
        begin_ = first.value();
        end_ = begin_;
    }

    friend bool operator==(const slot_window& a, const slot_window& b)
        requires std::equality_comparable<T>
    {
        if (a.begin_ != b.begin_ || a.end_ != b.end_) return false;
        for (std::uint64_t n = a.begin_; n < a.end_; ++n) {
            if (!(*a.place(n) == *b.place(n))) return false;
        }
        return true;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(begin_);
        sink.add(count());
        for (std::uint64_t n = begin_; n < end_; ++n) sink.add(*place(n));
    }

private:
    static constexpr const detail::cell_layout& layout = detail::layout_of<T>;

    [[nodiscard, gnu::always_inline]] T* place(std::uint64_t number) const {
        return reinterpret_cast<T*>(cells_) + (number & mask_);
    }

    void destroy_below(std::uint64_t below) {
        if constexpr (!detail::is_trivially_destructible<T>) {
            if (begin_ < below && begin_ != end_) destroy_each(below);
        }
    }
    // Kept out of line: every class that holds a window would repeat it.
    [[gnu::noinline]] void destroy_each(std::uint64_t below) {
        const std::uint64_t stop = below < end_ ? below : end_;
        for (std::uint64_t n = begin_; n < stop; ++n) place(n)->~T();
    }

    [[gnu::noinline, gnu::cold]] void extend_past(slot at) {
        while (end() <= at) extend();
    }
};

}  // namespace synod::inline SYNOD_ABI
