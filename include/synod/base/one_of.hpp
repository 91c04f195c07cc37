// synod/base/one_of.hpp - a value of one of several types.
//
// What std::variant does, for a fraction of its compile time: std::variant makes a table of
// functions for each operation and each visitor, and every entry of it passes through some ten
// templates. Here an operation is one function that compares an index, and types that may be copied
// as bytes share a path.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/trivial.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Holds a value of one of its types, always. The types differ from one another, and their moves do
/// not throw. Put those that are frequent first: `visit` asks for the types in turn, and destroying
/// the first is inline. Copying and moving are out of line.
template <class First, class... Rest>
class one_of {
    template <class T>
    static constexpr bool can_hold = (std::same_as<T, First> || ... || std::same_as<T, Rest>);

    template <class T>
    static constexpr std::uint8_t index_of() {
        constexpr bool is_it[] = {std::same_as<T, First>, std::same_as<T, Rest>...};
        std::uint8_t index = 0;
        while (!is_it[index]) ++index;
        return index;
    }

public:
    /// How many types there are.
    static constexpr std::size_t count = 1 + sizeof...(Rest);

    /// A set of its types as bits, counted from the lowest by index.
    template <class... Some>
        requires(can_hold<Some> && ...)
    static constexpr std::uint64_t set_of =
        (std::uint64_t{0} | ... | (std::uint64_t{1} << index_of<Some>()));

    /// Holds the first type's default.
    one_of() : one_of(First{}) {}

    template <class T>
        requires can_hold<std::remove_cvref_t<T>>
    one_of(T&& value) noexcept(noexcept(std::remove_cvref_t<T>(std::forward<T>(value))))
        : index_(index_of<std::remove_cvref_t<T>>()) {
        ::new (memory()) std::remove_cvref_t<T>(std::forward<T>(value));
    }
    [[gnu::noinline, gnu::cold]] one_of(const one_of& other) : index_(other.index_) {
        std::memcpy(bytes_, other.bytes_, sizeof bytes_);
        static_cast<void>((copy<First>(other) || ... || copy<Rest>(other)));
    }
    [[gnu::noinline, gnu::cold]] one_of(one_of&& other) noexcept : index_(other.index_) {
        std::memcpy(bytes_, other.bytes_, sizeof bytes_);
        static_cast<void>((take<First>(other) || ... || take<Rest>(other)));
    }
    one_of& operator=(one_of other) noexcept {
        this->~one_of();
        ::new (static_cast<void*>(this)) one_of(std::move(other));
        return *this;
    }
    ~one_of() {
        if (index_ == 0) {
            as<First>()->~First();
        } else if (is_owner()) {
            destroy();
        }
    }

    /// Which of its types it holds, counted from zero.
    [[nodiscard]] std::size_t index() const { return index_; }

    /// The `T` that it holds, or nullptr.
    template <class T>
        requires can_hold<T>
    [[nodiscard]] T* get_if() {
        return index_ == index_of<T>() ? as<T>() : nullptr;
    }
    template <class T>
        requires can_hold<T>
    [[nodiscard]] const T* get_if() const {
        return index_ == index_of<T>() ? as<T>() : nullptr;
    }

    /// Lets go of what it holds, for the default of `T`; returns that.
    template <class T>
        requires(can_hold<T> && noexcept(T()))
    T& emplace() {
        this->~one_of();
        ::new (static_cast<void*>(this)) one_of(T{});
        return *as<T>();
    }

    /// Calls `take(value)` with what it holds, and returns what that returns, of one type for all.
    template <class Take>
    decltype(auto) visit(Take&& take) {
        return visit_as<First, Rest...>(*this, take);
    }
    template <class Take>
    decltype(auto) visit(Take&& take) const {
        return visit_as<First, Rest...>(*this, take);
    }

    /// Calls `take(value)` if what it holds is of one of `Some`.
    template <class... Some, class Take>
        requires(can_hold<Some> && ...)
    void visit_some(Take&& take) const {
        static_cast<void>(((index_ == index_of<Some>() && (take(*as<Some>()), true)) || ...));
    }

    // `visit`, spelled as for a std::variant, without `std::`; so are get_if, get and
    // holds_alternative below.

    template <class Take>
    friend decltype(auto) visit(Take&& take, one_of& any) {
        return any.visit(take);
    }
    template <class Take>
    friend decltype(auto) visit(Take&& take, const one_of& any) {
        return any.visit(take);
    }

    friend bool operator==(const one_of& a, const one_of& b) {
        return a.index_ == b.index_ &&
               (a.template has_equal<First>(b) || ... || a.template has_equal<Rest>(b));
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(index_);
        visit([&sink](const auto& held) { sink.add(held); });
    }

private:
    template <class T, class... More, class Self, class Take>
    static decltype(auto) visit_as(Self& self, Take& take) {
        if constexpr (sizeof...(More) == 0) {
            return take(*self.template as<T>());
        } else if constexpr (std::is_void_v<decltype(take(*self.template as<T>()))>) {
            if (self.index_ == index_of<T>()) return take(*self.template as<T>());
            static_cast<void>(
                ((self.index_ == index_of<More>() && (take(*self.template as<More>()), true)) ||
                 ...));
        } else {
            if (self.index_ == index_of<T>()) return take(*self.template as<T>());
            return visit_as<More...>(self, take);
        }
    }

    /// By index, those whose destructor has something to do.
    static constexpr std::uint64_t owners =
        ((std::uint64_t{!detail::is_trivially_destructible<First>} << index_of<First>()) | ... |
         (std::uint64_t{!detail::is_trivially_destructible<Rest>} << index_of<Rest>()));
    static_assert(sizeof...(Rest) < 64);
    [[nodiscard]] bool is_owner() const { return (owners >> index_ & 1) != 0; }

    [[gnu::noinline, gnu::cold]] void destroy() {
        static_cast<void>((end<First>() || ... || end<Rest>()));
    }

    template <class T>
    [[nodiscard]] bool has_equal(const one_of& other) const {
        return index_ == index_of<T>() && *as<T>() == *other.as<T>();
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

    // These do their part if this holds a `T`, and one that is more than its bytes. They return
    // whether they did.
    template <class T>
    bool copy(const one_of& other) {
        if constexpr (detail::is_trivially_copyable<T>) {
            return false;
        } else {
            if (index_ != index_of<T>()) return false;
            ::new (memory()) T(*other.as<T>());
            return true;
        }
    }
    template <class T>
    bool take(one_of& other) {
        if constexpr (detail::is_trivially_copyable<T>) {
            return false;
        } else {
            if (index_ != index_of<T>()) return false;
            ::new (memory()) T(std::move(*other.as<T>()));
            return true;
        }
    }
    template <class T>
    bool end() {
        if constexpr (detail::is_trivially_destructible<T>) {
            return false;
        } else {
            if (index_ != index_of<T>()) return false;
            as<T>()->~T();
            return true;
        }
    }

    [[nodiscard]] static constexpr std::size_t largest() {
        std::size_t size = 0;
        for (const std::size_t one : {sizeof(First), sizeof(Rest)...}) {
            if (one > size) size = one;
        }
        return size;
    }

    alignas(First) alignas(Rest...) std::byte bytes_[largest()];
    std::uint8_t index_;  // into First, Rest...
};

/// The `T` that `any` holds, or nullptr.
template <class T, class... Types>
[[nodiscard]] T* get_if(one_of<Types...>* any) {
    return any->template get_if<T>();
}
template <class T, class... Types>
[[nodiscard]] const T* get_if(const one_of<Types...>* any) {
    return any->template get_if<T>();
}

/// Whether `any` holds a `T`.
template <class T, class... Types>
[[nodiscard]] bool holds_alternative(const one_of<Types...>& any) {
    return any.template get_if<T>() != nullptr;
}

/// The `T` that `any` holds. Precondition: it does.
template <class T, class... Types>
[[nodiscard]] T& get(one_of<Types...>& any) {
    SYNOD_ASSERT(holds_alternative<T>(any));
    return *any.template get_if<T>();
}
template <class T, class... Types>
[[nodiscard]] const T& get(const one_of<Types...>& any) {
    SYNOD_ASSERT(holds_alternative<T>(any));
    return *any.template get_if<T>();
}

}  // namespace synod::inline SYNOD_ABI
