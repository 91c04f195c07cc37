// synod/base/atomic.hpp - an atomic number or pointer.
//
// Where the compiler has the operations built in, <atomic> is not included: it is a tenth of what a
// replica costs to compile.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#ifndef __GNUC__
#include <atomic>
#endif

namespace synod::inline SYNOD_ABI::detail {

#ifdef __GNUC__

/// What counts and lists that threads share need of std::atomic. An operation orders memory both
/// ways unless its name says relaxed.
template <class T>
class atomic {
public:
    explicit constexpr atomic(T value) : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[nodiscard]] T load_relaxed() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
    void store_relaxed(T value) { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
    T add_relaxed(T more) { return __atomic_fetch_add(&value_, more, __ATOMIC_RELAXED); }

    /// These return what was there before.
    T add(T more) { return __atomic_fetch_add(&value_, more, __ATOMIC_ACQ_REL); }
    T subtract(T less) { return __atomic_fetch_sub(&value_, less, __ATOMIC_ACQ_REL); }
    T exchange(T value) { return __atomic_exchange_n(&value_, value, __ATOMIC_ACQ_REL); }

    /// Puts `value` where `seen` is; else, or at random, updates `seen` and returns false.
    bool replace(T& seen, T value) {
        return __atomic_compare_exchange_n(&value_, &seen, value, true, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }

private:
    T value_;
};

#else

template <class T>
class atomic {
public:
    explicit constexpr atomic(T value) : value_(value) {}

    [[nodiscard]] T load_relaxed() const { return value_.load(std::memory_order_relaxed); }
    void store_relaxed(T value) { value_.store(value, std::memory_order_relaxed); }
    T add_relaxed(T more) { return value_.fetch_add(more, std::memory_order_relaxed); }

    T add(T more) { return value_.fetch_add(more, std::memory_order_acq_rel); }
    T subtract(T less) { return value_.fetch_sub(less, std::memory_order_acq_rel); }
    T exchange(T value) { return value_.exchange(value, std::memory_order_acq_rel); }

    bool replace(T& seen, T value) {
        return value_.compare_exchange_weak(seen, value, std::memory_order_acq_rel,
                                            std::memory_order_acquire);
    }

private:
    std::atomic<T> value_;
};

#endif

}  // namespace synod::inline SYNOD_ABI::detail
