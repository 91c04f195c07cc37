// synod/lock/detail/one_of_codec.hpp - one codec for every closed set of messages: version, kind,
// fields in order.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/one_of.hpp>
#include <synod/lock/detail/fields.hpp>

#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The codec of a one_of whose types name their fields in `fields(self, visit)`. The kind on the
/// wire is the index of the type, so types are only ever appended. Meets `synod::codec`.
template <class Any, std::uint8_t Version>
struct one_of_codec {
    using value_type = Any;

    /// Appends the version and the kind, of a byte each, and the fields.
    void encode(const Any& value, byte_writer& out) const {
        out.number(static_cast<std::uint16_t>(Version | value.index() << 8U));
        visit([&out](const auto& message) { message.fields(message, field_writer(out)); }, value);
    }

    /// Reads one message; false for another version, an unknown kind, missing bytes or an
    /// enumeration out of range. What follows the message is left in `in`.
    [[nodiscard]] bool decode(byte_reader& in, Any& value) const {
        const auto head = in.number<std::uint16_t>();
        return in.ok() && (head & 0xffU) == Version && decode_kind(in, value, head >> 8U);
    }

private:
    template <class... Types>
    static bool decode_kind(byte_reader& in, one_of<Types...>& value, std::size_t kind) {
        std::size_t index = 0;
        bool is_read = false;
        static_cast<void>(
            ((kind == index++ && (is_read = decode_as<Types>(in, value), true)) || ...));
        return is_read;
    }

    template <class Type>
    static bool decode_as(byte_reader& in, Any& value) {
        Type& message = value.template emplace<Type>();
        field_reader read(in);
        message.fields(message, read);
        return read.ok();
    }
};

/// Exactly one message in `from`, and nothing behind it.
template <class Codec>
[[nodiscard]] bool decode_whole(bytes_view from, typename Codec::value_type& value) {
    byte_reader in(from);
    return Codec{}.decode(in, value) && in.finished();
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
