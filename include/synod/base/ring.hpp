// synod/base/ring.hpp - a queue that keeps its memory, and a window of slots on top of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// A first-in first-out queue in one block of memory that only grows, by doubling. An element that leaves is replaced by a
/// default-constructed one at once, so what it owned is released. Copies and compares by content. `T` is default-constructible and
/// movable.
template <class T>
class ring {
public:
    ring() = default;
    ring(const ring&) = default;
    ring(ring&& other) noexcept
        : cells_(std::exchange(other.cells_, {})),
          head_(std::exchange(other.head_, 0)),
          size_(std::exchange(other.size_, 0)) {}
    ring& operator=(ring other) noexcept {
        std::swap(cells_, other.cells_);
        std::swap(head_, other.head_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~ring() = default;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    /// Precondition of these: index < size(), or not empty().
    [[nodiscard]] T& operator[](std::size_t index) {
        SYNOD_ASSERT(index < size_);
        return cells_[(head_ + index) & mask()];
    }
    [[nodiscard]] const T& operator[](std::size_t index) const {
        SYNOD_ASSERT(index < size_);
        return cells_[(head_ + index) & mask()];
    }
    [[nodiscard]] T& front() { return (*this)[0]; }
    [[nodiscard]] const T& front() const { return (*this)[0]; }
    [[nodiscard]] T& back() { return (*this)[size_ - 1]; }

    /// Amortised constant time; allocates only when the queue is longer than it has ever been.
    void push_back(T value) { emplace_back() = std::move(value); }

    /// Appends a default-constructed element and returns it.
    T& emplace_back() {
        if (size_ == cells_.size()) grow();
        ++size_;
        return cells_[(head_ + size_ - 1) & mask()];
    }

    void pop_front() {
        SYNOD_ASSERT(size_ > 0);
        cells_[head_] = T{};
        head_ = (head_ + 1) & mask();
        --size_;
    }

    /// Takes the first element out.
    [[nodiscard]] T take_front() {
        SYNOD_ASSERT(size_ > 0);
        T taken = std::move(cells_[head_]);
        pop_front();
        return taken;
    }

    void clear() {
        while (!empty()) pop_front();
    }

    friend bool operator==(const ring& a, const ring& b)
        requires std::equality_comparable<T>
    {
        if (a.size_ != b.size_) return false;
        for (std::size_t i = 0; i < a.size_; ++i) {
            if (!(a[i] == b[i])) return false;
        }
        return true;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(size_);
        for (std::size_t i = 0; i < size_; ++i) sink.add((*this)[i]);
    }

private:
    static constexpr std::size_t smallest = 4;

    [[nodiscard]] std::size_t mask() const { return cells_.size() - 1; }

    void grow() {
        std::vector<T> larger(cells_.empty() ? smallest : 2 * cells_.size());
        for (std::size_t i = 0; i < size_; ++i) larger[i] = std::move((*this)[i]);
        cells_ = std::move(larger);
        head_ = 0;
    }

    std::vector<T> cells_;   // a power of two of them, or none
    std::size_t head_ = 0;   // below cells_.size() unless that is zero
    std::size_t size_ = 0;   // at most cells_.size()
};

/// Elements for the slots from `first()` up to but not including `end()`.
template <class T>
class slot_window {
public:
    explicit slot_window(slot first = slot()) : first_(first) {}

    [[nodiscard]] slot first() const { return first_; }
    [[nodiscard]] slot end() const { return first_ + cells_.size(); }
    [[nodiscard]] std::size_t size() const { return cells_.size(); }
    [[nodiscard]] bool empty() const { return cells_.empty(); }
    [[nodiscard]] bool contains(slot at) const { return at >= first_ && at < end(); }

    /// Precondition: contains(at).
    [[nodiscard]] T& operator[](slot at) { return cells_[at - first_]; }
    [[nodiscard]] const T& operator[](slot at) const { return cells_[at - first_]; }

    /// The element of `at`, the window first extended to hold it. Precondition: at >= first(); the caller bounds `at`.
    T& reach(slot at) {
        SYNOD_ASSERT(at >= first_);
        while (end() <= at) cells_.emplace_back();
        return (*this)[at];
    }

    /// Lets go of every slot below `below`; an empty window moves there.
    void drop_below(slot below) {
        while (first_ < below && !cells_.empty()) {
            cells_.pop_front();
            ++first_;
        }
        if (first_ < below) first_ = below;
    }

    /// Empties the window and puts its start at `first`.
    void restart(slot first) {
        cells_.clear();
        first_ = first;
    }

    friend bool operator==(const slot_window&, const slot_window&)
        requires std::equality_comparable<T>
    = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(first_);
        sink.add(cells_);
    }

private:
    slot first_;
    ring<T> cells_;  // the element of slot s is cells_[s - first_]
};

}  // namespace synod::inline SYNOD_ABI
