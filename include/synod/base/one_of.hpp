// synod/base/one_of.hpp - a value of one of several types, for what is rare.
//
// What std::variant does, for a fraction of its compile time: std::variant makes a table of functions for each operation and each
// visitor, and every entry of it passes through some ten templates. Here an operation is one function that compares an index,
// and types that may be copied as bytes share a path.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Holds a value of one of `Types`, always. The types differ from one another, and their moves do not throw. Copying, moving and
/// destroying are out of line, as suits what is rare.
template <class... Types>
class one_of {
    template <class T>
    static constexpr bool can_hold = (std::same_as<T, Types> || ...);

public:
    template <class T>
        requires can_hold<std::remove_cvref_t<T>>
    one_of(T&& value) noexcept(std::is_nothrow_constructible_v<std::remove_cvref_t<T>, T>)
        : index_(index_of<std::remove_cvref_t<T>>()) {
        ::new (memory()) std::remove_cvref_t<T>(std::forward<T>(value));
    }
    [[gnu::noinline, gnu::cold]] one_of(const one_of& other) : index_(other.index_) {
        std::memcpy(bytes_, other.bytes_, sizeof bytes_);
        other.visit_owner([this]<class T>(const T& held) { ::new (memory()) T(held); });
    }
    [[gnu::noinline, gnu::cold]] one_of(one_of&& other) noexcept : index_(other.index_) {
        std::memcpy(bytes_, other.bytes_, sizeof bytes_);
        other.visit_owner([this]<class T>(T& held) { ::new (memory()) T(std::move(held)); });
    }
    one_of& operator=(one_of other) noexcept {
        this->~one_of();
        return *::new (static_cast<void*>(this)) one_of(std::move(other));
    }
    [[gnu::noinline, gnu::cold]] ~one_of() {
        visit_owner([]<class T>(T& held) { held.~T(); });
    }

    /// Which of `Types` it holds, counted from zero.
    [[nodiscard]] std::size_t index() const { return index_; }

    /// The `T` that it holds, or nullptr.
    template <class T>
        requires can_hold<T>
    [[nodiscard]] const T* get_if() const {
        return index_ == index_of<T>() ? as<T>() : nullptr;
    }

    /// Calls `take(value)` with what it holds.
    template <class Take>
    void visit(Take&& take) {
        static_cast<void>(((index_ == index_of<Types>() && (take(*as<Types>()), true)) || ...));
    }
    template <class Take>
    void visit(Take&& take) const {
        static_cast<void>(((index_ == index_of<Types>() && (take(*as<Types>()), true)) || ...));
    }

    friend bool operator==(const one_of& a, const one_of& b) {
        if (a.index_ != b.index_) return false;
        return (
            (a.index_ == index_of<Types>() && *a.template as<Types>() == *b.template as<Types>()) ||
            ...);
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(index_);
        visit([&sink](const auto& held) { sink.add(held); });
    }

private:
    template <class T>
    static constexpr std::uint8_t index_of() {
        std::uint8_t before = 0;
        static_cast<void>(((std::same_as<T, Types> || (++before, false)) || ...));
        return before;
    }

    [[nodiscard]] void* memory() { return bytes_; }
    template <class T>
    [[nodiscard]] T* as() {
        return std::launder(reinterpret_cast<T*>(bytes_));
    }
    template <class T>
    [[nodiscard]] const T* as() const {
        return std::launder(reinterpret_cast<const T*>(bytes_));
    }

    /// Calls `take(value)` if what it holds is more than its bytes.
    template <class Take>
    void visit_owner(Take&& take) {
        visit([&take]<class T>(T& held) {
            if constexpr (!std::is_trivially_copyable_v<T>) take(held);
        });
    }
    template <class Take>
    void visit_owner(Take&& take) const {
        visit([&take]<class T>(const T& held) {
            if constexpr (!std::is_trivially_copyable_v<T>) take(held);
        });
    }

    [[nodiscard]] static constexpr std::size_t largest() {
        std::size_t size = 0;
        ((size = sizeof(Types) > size ? sizeof(Types) : size), ...);
        return size;
    }

    alignas(Types...) std::byte bytes_[largest()];
    std::uint8_t index_;  // into Types
};

}  // namespace synod::inline SYNOD_ABI
