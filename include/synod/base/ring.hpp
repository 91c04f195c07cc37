// synod/base/ring.hpp - a queue that keeps its memory, and a window of slots of the same make.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// What it takes to move an element that is known by its address alone.
struct element_layout {
    std::size_t size;
    std::align_val_t alignment;
    void (*relocate)(void* to, void* from);  // nullptr where copying the bytes does it
};

/// The cells of a circle and their numbers, whatever they hold: what is rare is compiled once here, and not for each type.
class circle_cells {
public:
    circle_cells(const circle_cells&) = delete;

    [[nodiscard]] std::uint64_t begin() const { return begin_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

protected:
    explicit circle_cells(std::uint64_t begin) : begin_(begin), end_(begin) {}
    [[gnu::noinline, gnu::cold]] circle_cells(circle_cells&& other) noexcept
        : circle_cells(other.begin_) {
        swap(other);
    }
    ~circle_cells() = default;

    void swap(circle_cells& other) noexcept {
        std::swap(cells_, other.cells_);
        std::swap(capacity_, other.capacity_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
    }

    /// Numbers below `below` are no longer in use.
    void pass(std::uint64_t below) {
        if (begin_ < below) begin_ = below;
        if (end_ < below) end_ = below;
    }

    [[nodiscard]] std::size_t cell(std::uint64_t number) const {
        return static_cast<std::size_t>(number & (capacity_ - 1));
    }

    [[gnu::noinline, gnu::cold]] void grow(const element_layout& element) {
        const std::uint64_t larger = capacity_ == 0 ? smallest : 2 * capacity_;
        auto* const cells = static_cast<std::byte*>(
            ::operator new(static_cast<std::size_t>(larger) * element.size, element.alignment));
        for (std::uint64_t n = begin_; n < end_; ++n) {
            std::byte* const from = cells_ + cell(n) * element.size;
            std::byte* const to = cells + static_cast<std::size_t>(n & (larger - 1)) * element.size;
            if (element.relocate == nullptr) {
                std::memcpy(to, from, element.size);
            } else {
                element.relocate(to, from);
            }
        }
        deallocate(element.alignment);
        cells_ = cells;
        capacity_ = larger;
    }

    [[gnu::noinline, gnu::cold]] void deallocate(std::align_val_t alignment) {
        ::operator delete(cells_, alignment);
    }

    static constexpr std::uint64_t smallest = 4;

    std::byte* cells_ = nullptr;
    std::uint64_t capacity_ = 0;  // cells, a power of two or none
    std::uint64_t begin_;
    std::uint64_t end_;  // at most begin_ + capacity_
};

/// Elements numbered from `begin()` up to but not including `end()`, element n in cell n modulo a power of two. The memory only
/// grows, by doubling. A cell outside of that range holds no object. `T` is movable, and its moves do not throw.
template <class T>
class circle : public circle_cells {
public:
    explicit circle(std::uint64_t begin = 0) : circle_cells(begin) {}
    circle(const circle& other) : circle(other.begin_) {
        for (std::uint64_t n = other.begin_; n < other.end_; ++n) extend(other.at(n));
    }
    circle(circle&& other) noexcept = default;
    circle& operator=(circle other) noexcept {
        swap(other);
        return *this;
    }
    ~circle() {
        destroy_below(end_);
        if (cells_ != nullptr) deallocate(layout.alignment);
    }

    /// Precondition: begin() <= number < end().
    [[nodiscard, gnu::always_inline]] T& at(std::uint64_t number) {
        SYNOD_ASSERT(number - begin_ < end_ - begin_);
        return *place(number);
    }
    [[nodiscard, gnu::always_inline]] const T& at(std::uint64_t number) const {
        SYNOD_ASSERT(number - begin_ < end_ - begin_);
        return *place(number);
    }

    /// A new last element, made of `arguments`, which must not refer to elements.
    template <class... Arguments>
    [[gnu::always_inline]] T& extend(Arguments&&... arguments) {
        if (end_ - begin_ == capacity_) grow(layout);
        T* const last =
            ::new (static_cast<void*>(place(end_))) T(std::forward<Arguments>(arguments)...);
        ++end_;
        return *last;
    }

    [[gnu::always_inline]] void drop_front() {
        SYNOD_ASSERT(begin_ != end_);
        place(begin_)->~T();
        ++begin_;
    }

    /// Lets go of the elements below `below`; with none left, the next one has at least that number.
    void drop_below(std::uint64_t below) {
        destroy_below(below);
        pass(below);
    }

    /// Moves `begin()` one on, past an element or past none.
    [[gnu::always_inline]] void skip() {
        if (begin_ == end_) {
            ++end_;
        } else {
            place(begin_)->~T();
        }
        ++begin_;
    }

    /// Drops everything and numbers anew from `begin`.
    void restart(std::uint64_t begin) {
        destroy_below(end_);
        begin_ = begin;
        end_ = begin;
    }

    friend bool operator==(const circle& a, const circle& b)
        requires std::equality_comparable<T>
    {
        if (a.size() != b.size()) return false;
        for (std::uint64_t i = 0; i < a.size(); ++i) {
            if (!(a.at(a.begin_ + i) == b.at(b.begin_ + i))) return false;
        }
        return true;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(size());
        for (std::uint64_t n = begin_; n < end_; ++n) sink.add(at(n));
    }

private:
    static void relocate(void* to, void* from) {
        T* const old = static_cast<T*>(from);
        ::new (to) T(std::move(*old));
        // NOLINTNEXTLINE(bugprone-use-after-move): what was moved from is destroyed
        old->~T();
    }
    static constexpr element_layout layout{sizeof(T), std::align_val_t(alignof(T)),
                                           std::is_trivially_copyable_v<T> ? nullptr
                                                                           : &circle::relocate};

    [[nodiscard, gnu::always_inline]] T* place(std::uint64_t number) const {
        return reinterpret_cast<T*>(cells_) + cell(number);
    }

    void destroy_below(std::uint64_t below) {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            if (begin_ < below && begin_ != end_) destroy_each(below);
        }
    }
    // Kept out of line: every class that holds a circle would repeat it.
    [[gnu::noinline]] void destroy_each(std::uint64_t below) {
        const std::uint64_t stop = below < end_ ? below : end_;
        for (std::uint64_t n = begin_; n < stop; ++n) place(n)->~T();
    }
};

}  // namespace detail

/// A first-in first-out queue in one block of memory that only grows. Copies and compares by content.
template <class T>
class ring {
public:
    [[nodiscard]] std::size_t size() const { return cells_.size(); }
    [[nodiscard]] bool empty() const { return cells_.empty(); }

    /// Precondition of these: index < size(), or not empty().
    [[nodiscard]] T& operator[](std::size_t index) { return cells_.at(cells_.begin() + index); }
    [[nodiscard]] const T& operator[](std::size_t index) const {
        return cells_.at(cells_.begin() + index);
    }
    [[nodiscard, gnu::always_inline]] T& front() { return cells_.at(cells_.begin()); }
    [[nodiscard, gnu::always_inline]] const T& front() const { return cells_.at(cells_.begin()); }
    [[nodiscard]] T& back() { return cells_.at(cells_.end() - 1); }

    /// Amortised constant time; allocates only when the queue is longer than it has ever been.
    void push_back(T value) { cells_.extend(std::move(value)); }

    /// Appends an element made of `arguments`, which must not refer to elements, and returns it.
    template <class... Arguments>
    [[gnu::always_inline]] T& emplace_back(Arguments&&... arguments) {
        return cells_.extend(std::forward<Arguments>(arguments)...);
    }

    [[gnu::always_inline]] void pop_front() { cells_.drop_front(); }
    void clear() { cells_.restart(0); }

    friend bool operator==(const ring&, const ring&)
        requires std::equality_comparable<T>
    = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(cells_);
    }

private:
    detail::circle<T> cells_;
};

/// Elements for the slots from `first()` up to but not including `end()`.
template <class T>
class slot_window {
public:
    explicit slot_window(slot first = slot()) : cells_(first.value()) {}

    [[nodiscard]] slot first() const { return slot(cells_.begin()); }
    [[nodiscard]] slot end() const { return slot(cells_.end()); }
    [[nodiscard]] std::size_t size() const { return cells_.size(); }
    [[nodiscard]] bool empty() const { return cells_.empty(); }
    [[nodiscard, gnu::always_inline]] bool contains(slot at) const {
        return at.value() - cells_.begin() < cells_.end() - cells_.begin();
    }

    /// Precondition: contains(at).
    [[nodiscard, gnu::always_inline]] T& operator[](slot at) { return cells_.at(at.value()); }
    [[nodiscard, gnu::always_inline]] const T& operator[](slot at) const {
        return cells_.at(at.value());
    }

    /// The element of `at`, the window first extended to hold it. Precondition: at >= first(); the caller bounds `at`.
    T& reach(slot at) {
        SYNOD_ASSERT(at >= first());
        if (end() <= at) extend_past(at);
        return cells_.at(at.value());
    }

    /// Adds the element of slot `end()`, made of `arguments`.
    template <class... Arguments>
    [[gnu::always_inline]] T& extend(Arguments&&... arguments) {
        return cells_.extend(std::forward<Arguments>(arguments)...);
    }

    /// Lets go of slot `first()`; an empty window moves one on.
    [[gnu::always_inline]] void drop_first() { cells_.skip(); }

    /// Lets go of every slot below `below`; an empty window moves there.
    void drop_below(slot below) { cells_.drop_below(below.value()); }

    /// Empties the window and puts its start at `first`.
    void restart(slot first) { cells_.restart(first.value()); }

    friend bool operator==(const slot_window& a, const slot_window& b)
        requires std::equality_comparable<T>
    {
        return a.first() == b.first() && a.cells_ == b.cells_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(first());
        sink.add(cells_);
    }

private:
    [[gnu::noinline, gnu::cold]] void extend_past(slot at) {
        while (end() <= at) cells_.extend();
    }

    detail::circle<T> cells_;  // numbered like the slots
};

}  // namespace synod::inline SYNOD_ABI
