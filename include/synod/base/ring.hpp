// synod/base/ring.hpp - a queue that keeps its memory, and a window of slots of the same make.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// Elements numbered from `begin()` up to but not including `end()`, element n in cell n modulo a power of two. The memory only
/// grows, by doubling. What an element owned is released when it leaves. `T` is default-constructible and movable.
template <class T>
class circle {
public:
    circle() = default;
    explicit circle(std::uint64_t begin) : begin_(begin), end_(begin) {}
    circle(const circle&) = default;
    circle(circle&& other) noexcept
        : cells_(std::exchange(other.cells_, {})),
          capacity_(std::exchange(other.capacity_, 0)),
          mask_(std::exchange(other.mask_, 0)),
          begin_(other.begin_),
          end_(std::exchange(other.end_, other.begin_)) {}
    circle& operator=(circle other) noexcept {
        std::swap(cells_, other.cells_);
        std::swap(capacity_, other.capacity_);
        std::swap(mask_, other.mask_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
        return *this;
    }
    ~circle() = default;

    [[nodiscard]] std::uint64_t begin() const { return begin_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// Precondition: begin() <= number < end().
    [[nodiscard]] T& at(std::uint64_t number) {
        SYNOD_ASSERT(number - begin_ < end_ - begin_);
        return cells_[cell(number)];
    }
    [[nodiscard]] const T& at(std::uint64_t number) const {
        SYNOD_ASSERT(number - begin_ < end_ - begin_);
        return cells_[cell(number)];
    }

    /// A new last element. What it holds is some value: the caller assigns one.
    T& extend() {
        if (end_ - begin_ == capacity_) grow();
        return cells_[cell(end_++)];
    }

    /// A new last element, default-constructed.
    T& extend_with_default() {
        T& last = extend();
        if constexpr (!resets_at_once) last = T{};
        return last;
    }

    void drop_front() {
        SYNOD_ASSERT(begin_ != end_);
        if constexpr (resets_at_once) {
            T& first = cells_[cell(begin_)];
            first.~T();
            ::new (static_cast<void*>(&first)) T();
        }
        ++begin_;
    }

    /// Drops everything and numbers anew from `begin`.
    void restart(std::uint64_t begin) {
        while (!empty()) drop_front();
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
    static constexpr std::uint64_t smallest = 4;

    // What owns nothing may stay behind in a free cell until the cell is used again.
    static constexpr bool resets_at_once = !std::is_trivially_destructible_v<T>;

    // Kept out of line: it is rare, and would crowd the registers of those who extend.
    [[gnu::noinline, gnu::cold]] void grow() {
        const std::uint64_t larger = capacity_ == 0 ? smallest : 2 * capacity_;
        std::vector<T> cells(static_cast<std::size_t>(larger));
        for (std::uint64_t n = begin_; n < end_; ++n) cells[n & (larger - 1)] = std::move(at(n));
        cells_ = std::move(cells);
        capacity_ = larger;
        mask_ = larger - 1;
    }

    [[nodiscard]] std::size_t cell(std::uint64_t number) const {
        return static_cast<std::size_t>(number & mask_);
    }

    std::vector<T> cells_;
    std::uint64_t capacity_ = 0;  // of cells_, a power of two or none; a vector divides to know it
    std::uint64_t mask_ = 0;      // capacity_ less one, if there is any
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;  // at most begin_ + capacity_
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
    [[nodiscard]] T& front() { return cells_.at(cells_.begin()); }
    [[nodiscard]] const T& front() const { return cells_.at(cells_.begin()); }
    [[nodiscard]] T& back() { return cells_.at(cells_.end() - 1); }

    /// Amortised constant time; allocates only when the queue is longer than it has ever been.
    void push_back(T value) { cells_.extend() = std::move(value); }

    /// Appends a default-constructed element and returns it.
    T& emplace_back() { return cells_.extend_with_default(); }

    void pop_front() { cells_.drop_front(); }
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
    [[nodiscard]] bool contains(slot at) const {
        return at.value() - cells_.begin() < cells_.end() - cells_.begin();
    }

    /// Precondition: contains(at).
    [[nodiscard]] T& operator[](slot at) { return cells_.at(at.value()); }
    [[nodiscard]] const T& operator[](slot at) const { return cells_.at(at.value()); }

    /// The element of `at`, the window first extended to hold it. Precondition: at >= first(); the caller bounds `at`.
    T& reach(slot at) {
        SYNOD_ASSERT(at >= first());
        if (at == end()) return cells_.extend_with_default();
        while (end() <= at) cells_.extend_with_default();
        return cells_.at(at.value());
    }

    /// Lets go of every slot below `below`; an empty window moves there.
    void drop_below(slot below) {
        while (first() < below && !cells_.empty()) cells_.drop_front();
        if (first() < below) cells_.restart(below.value());
    }

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
    detail::circle<T> cells_;  // numbered like the slots
};

}  // namespace synod::inline SYNOD_ABI
