// synod/lock/detail/fields.hpp - the fields of messages and of records of the state, as bytes and
// back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/log/session.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Writes fields one after another, without padding. An enumeration takes one byte; a list comes
/// behind its length.
template <std::same_as<byte_writer> Writer>
class field_writer {
public:
    explicit field_writer(Writer& out) : out_(&out) {}

    template <class... Fields>
    void operator()(const Fields&... fields) {
        (one(fields), ...);
    }

private:
    template <std::unsigned_integral Number>
    void one(Number value) {
        out_->number(value);
    }
    template <std::signed_integral Number>
    void one(Number value) {
        out_->number(static_cast<std::make_unsigned_t<Number>>(value));
    }
    template <class Enumeration>
        requires std::is_enum_v<Enumeration>
    void one(Enumeration value) {
        out_->number(static_cast<std::uint8_t>(value));
    }
    template <class Tag, class Representation>
    void one(id<Tag, Representation> value) {
        out_->number(value.value());
    }
    void one(fencing_token value) { out_->number(value.value()); }
    void one(ballot value) { out_->number(value.packed()); }
    void one(log_time value) { out_->number(value.milliseconds()); }
    void one(const position& value) { encode(session_id(value), *out_); }
    void one(const session_id& value) { encode(value, *out_); }
    void one(const client_uuid& value) { encode(value, *out_); }
    void one(const request_stamp& value) { encode(value, *out_); }
    void one(std::string_view value) { out_->text(value); }
    template <class Element>
    void one(const std::vector<Element>& elements) {
        out_->number(static_cast<std::uint32_t>(elements.size()));
        for (const Element& each : elements) {
            if constexpr (requires { each.fields(each, *this); })
                each.fields(each, *this);
            else
                one(each);
        }
    }

    Writer* out_;
};

/// Reads what `field_writer` wrote. `ok()` is false once bytes were missing, or one was no value of
/// its enumeration, or no bool.
class field_reader {
public:
    explicit field_reader(byte_reader& in) : in_(&in) {}

    template <class... Fields>
    void operator()(Fields&... fields) {
        (one(fields), ...);
    }

    [[nodiscard]] bool ok() const { return in_range_ && in_->ok(); }

private:
    template <std::unsigned_integral Number>
    void one(Number& value) {
        value = in_->number<Number>();
    }
    void one(bool& value) {
        const auto number = in_->number<std::uint8_t>();
        if (number > 1) in_range_ = false;
        value = number == 1;
    }
    template <std::signed_integral Number>
    void one(Number& value) {
        value = static_cast<Number>(in_->number<std::make_unsigned_t<Number>>());
    }
    template <class Enumeration>
        requires std::is_enum_v<Enumeration>
    void one(Enumeration& value) {
        const auto number = in_->number<std::uint8_t>();
        if (number > static_cast<std::uint8_t>(last_of(Enumeration{})))
            in_range_ = false;
        else
            value = static_cast<Enumeration>(number);
    }
    template <class Tag, class Representation>
    void one(id<Tag, Representation>& value) {
        value = id<Tag, Representation>(in_->number<Representation>());
    }
    void one(fencing_token& value) { value = fencing_token(in_->number<std::uint64_t>()); }
    void one(ballot& value) { value = ballot::from_packed(in_->number<std::uint64_t>()); }
    void one(log_time& value) { value = log_time(in_->number<std::uint64_t>()); }
    void one(position& value) {
        session_id same;
        take(same);
        value = same.opened_at();
    }
    void one(session_id& value) { take(value); }
    void one(client_uuid& value) { take(value); }
    void one(request_stamp& value) { take(value); }
    void one(std::string& value) { value = in_->text(); }
    void one(std::string_view& value) { value = in_->text(); }
    /// A length that is not true ends where the bytes do.
    template <class Element>
    void one(std::vector<Element>& elements) {
        elements.clear();
        for (auto left = in_->number<std::uint32_t>(); left > 0 && ok(); --left) {
            Element& each = elements.emplace_back();
            if constexpr (requires { each.fields(each, *this); })
                each.fields(each, *this);
            else
                one(each);
        }
    }

    template <class Value>
    void take(Value& value) {
        if (!decode(*in_, value)) in_range_ = false;
    }

    byte_reader* in_;
    bool in_range_ = true;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
