// synod/base/result.hpp - a value or a std::error_code, with the names of std::expected.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/swap.hpp>
#include <synod/base/errc.hpp>

#include <new>
#include <system_error>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// An error on its way into a `result`.
struct unexpected {
    explicit unexpected(std::error_code code) : error(code) {}
    explicit unexpected(errc code) : error(make_error_code(code)) {}

    std::error_code error;
};

/// Either a `Value` or the error that stands in its place. Moves when `Value` does; never throws of
/// its own.
template <class Value>
class [[nodiscard]] result {
public:
    using value_type = Value;
    using error_type = std::error_code;

    result(const Value& value) : has_value_(true), value_(value) {}
    result(Value&& value) : has_value_(true), value_(std::move(value)) {}
    /// Holds what `make()` returns, built where it stays.
    template <class Make>
    result(std::in_place_t /*built*/, Make&& make) : has_value_(true), value_(make()) {}
    result(unexpected failure) : error_(failure.error) {}
    result(errc failure) : error_(failure) {}

    result(result&& other) noexcept(noexcept(Value(std::declval<Value>())))
        : has_value_(other.has_value_), error_(other.error_) {
        if (has_value_) ::new (static_cast<void*>(&value_)) Value(std::move(other.value_));
    }
    result(const result& other)
        requires requires(const Value& value) { Value(value); }
        : has_value_(other.has_value_), error_(other.error_) {
        if (has_value_) ::new (static_cast<void*>(&value_)) Value(other.value_);
    }
    result& operator=(const result&) = delete;
    result& operator=(result&&) = delete;
    /// Lets go of the value, if there is one.
    result& operator=(unexpected failure) {
        if (detail::exchange(has_value_, false)) value_.~Value();
        error_ = failure.error;
        return *this;
    }
    ~result() {
        if (has_value_) value_.~Value();
    }

    [[nodiscard]] bool has_value() const { return has_value_; }
    [[nodiscard]] explicit operator bool() const { return has_value_; }

    /// Precondition of these: has_value().
    [[nodiscard]] Value& value() & { return checked(); }
    [[nodiscard]] const Value& value() const& {
        SYNOD_ASSERT(has_value_);
        return value_;
    }
    [[nodiscard]] Value&& value() && { return std::move(checked()); }
    [[nodiscard]] Value& operator*() & { return checked(); }
    [[nodiscard]] const Value& operator*() const& { return value(); }
    [[nodiscard]] Value&& operator*() && { return std::move(checked()); }
    [[nodiscard]] Value* operator->() { return &checked(); }
    [[nodiscard]] const Value* operator->() const { return &value(); }

    /// The error; zero when there is a value.
    [[nodiscard]] std::error_code error() const { return error_; }

private:
    Value& checked() {
        SYNOD_ASSERT(has_value_);
        return value_;
    }

    bool has_value_ = false;
    std::error_code error_;
    union {
        Value value_;
    };
};

}  // namespace synod::inline SYNOD_ABI
