// synod/base/queue.hpp - a queue that keeps its memory.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/cells.hpp>
#include <synod/base/detail/swap.hpp>

#include <concepts>
#include <cstddef>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// The memory of a queue, whatever its elements are: what is rare is compiled once here, and not
/// for each type.
class queue_cells {
public:
    queue_cells(const queue_cells&) = delete;
    queue_cells& operator=(const queue_cells&) = delete;

protected:
    queue_cells() = default;
    ~queue_cells() = default;

    void swap_cells(queue_cells& other) noexcept {
        detail::swap(memory_, other.memory_);
        detail::swap(first_, other.first_);
        detail::swap(last_, other.last_);
        detail::swap(limit_, other.limit_);
    }

    /// Room for one more behind the last: what waits moves to the front of the memory, and into
    /// twice as much unless it fills at most half of it.
    [[gnu::noinline, gnu::cold]] void make_room(const cell_layout& element) {
        const auto used = static_cast<std::size_t>(last_ - first_);
        const auto room = static_cast<std::size_t>(limit_ - memory_);
        std::byte* const old = memory_;
        if (2 * used >= room) {
            const std::size_t larger = room == 0 ? smallest : 2 * (room / element.size);
            memory_ = element.allocate(larger);
            limit_ = memory_ + larger * element.size;
        }
        std::byte* to = memory_;
        for (std::byte* from = first_; from != last_; from += element.size, to += element.size) {
            element.move(to, from);
        }
        first_ = memory_;
        last_ = to;
        if (old != memory_) ::operator delete(old, element.alignment);
    }

    [[gnu::noinline, gnu::cold]] void deallocate(std::align_val_t alignment) {
        ::operator delete(memory_, alignment);
    }

    static constexpr std::size_t smallest = 4;  // elements

    std::byte* memory_ = nullptr;
    std::byte* first_ = nullptr;  // the element to leave next
    std::byte* last_ = nullptr;   // behind the element that came last; first_ when there is none
    std::byte* limit_ = nullptr;  // the end of the memory
};

}  // namespace detail

/// First in, first out; elements lie side by side, in memory that only grows. Copies and compares
/// by content. `T` is movable, and its moves do not throw. A reference to an element is good until
/// the next one is added.
template <class T>
class queue : detail::queue_cells {
public:
    queue() = default;
    queue(const queue& other) : queue() {
        for (const T& one : other) emplace_back(one);
    }
    queue(queue&& other) noexcept { swap(other); }
    queue& operator=(queue other) noexcept {
        swap(other);
        return *this;
    }
    ~queue() {
        clear();
        if (memory_ != nullptr) deallocate(layout.alignment);
    }

    [[nodiscard]] bool empty() const { return first_ == last_; }
    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(end() - begin()); }

    [[nodiscard]] T* begin() { return at(first_); }
    [[nodiscard]] T* end() { return at(last_); }
    [[nodiscard]] const T* begin() const { return at(first_); }
    [[nodiscard]] const T* end() const { return at(last_); }

    /// Precondition of these: index < size(), or not empty().
    [[nodiscard]] T& operator[](std::size_t index) {
        SYNOD_ASSERT(index < size());
        return begin()[index];
    }
    [[nodiscard]] const T& operator[](std::size_t index) const {
        SYNOD_ASSERT(index < size());
        return begin()[index];
    }
    [[nodiscard, gnu::always_inline]] T& front() {
        SYNOD_ASSERT(!empty());
        return *begin();
    }
    [[nodiscard, gnu::always_inline]] const T& front() const {
        SYNOD_ASSERT(!empty());
        return *begin();
    }

    /// Amortised constant time; allocates only when more wait than ever before.
    void push_back(T value) { emplace_back(std::move(value)); }

    /// Appends an element made of `arguments`, which must not refer to elements, and returns it.
    template <class... Arguments>
    [[gnu::always_inline]] T& emplace_back(Arguments&&... arguments) {
        if (last_ == limit_) make_room(layout);
        T* const made = ::new (static_cast<void*>(last_)) T(std::forward<Arguments>(arguments)...);
        last_ += sizeof(T);
        return *made;
    }

    [[gnu::always_inline]] void pop_front() {
        SYNOD_ASSERT(!empty());
        begin()->~T();
        first_ += sizeof(T);
        if (first_ == last_) rewind();
    }

    void clear() {
        for (T& one : *this) one.~T();
        rewind();
    }

    void swap(queue& other) noexcept { swap_cells(other); }

    friend bool operator==(const queue& a, const queue& b)
        requires std::equality_comparable<T>
    {
        if (a.size() != b.size()) return false;
        const T* in_b = b.begin();
        for (const T& one : a) {
            if (!(one == *in_b++)) return false;
        }
        return true;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(size());
        for (const T& one : *this) sink.add(one);
    }

private:
    static constexpr const detail::cell_layout& layout = detail::layout_of<T>;

    [[nodiscard]] static T* at(std::byte* place) { return reinterpret_cast<T*>(place); }

    /// The next element takes the first place again.
    void rewind() {
        first_ = memory_;
        last_ = memory_;
    }
};

}  // namespace synod::inline SYNOD_ABI
