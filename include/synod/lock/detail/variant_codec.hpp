// synod/lock/detail/variant_codec.hpp - one codec for every closed set of messages: version, kind, fields in order.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/lock/detail/fields.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The codec of a std::variant whose alternatives name their fields in `fields(self, visit)`. The kind on the wire is the
/// index of the alternative, so alternatives are only ever appended. Meets `synod::codec`.
template <class Variant, std::uint8_t Version>
struct variant_codec {
    using value_type = Variant;

    /// Appends the version, the kind and the fields.
    void encode(const Variant& value, byte_writer& out) const {
        out.number(Version);
        out.number(static_cast<std::uint8_t>(value.index()));
        std::visit([&out](const auto& message) { message.fields(message, field_writer(out)); },
                   value);
    }

    /// Reads one message; false for another version, an unknown kind, missing bytes or an enumeration out of range. What
    /// follows the message is left in `in`.
    [[nodiscard]] bool decode(byte_reader& in, Variant& value) const {
        if (in.number<std::uint8_t>() != Version) return false;
        const auto kind = in.number<std::uint8_t>();
        if (!in.ok() || kind >= std::variant_size_v<Variant>) return false;
        return decode_kind(in, value, kind,
                           std::make_index_sequence<std::variant_size_v<Variant>>{});
    }

private:
    template <std::size_t... Kinds>
    static bool decode_kind(byte_reader& in, Variant& value, std::size_t kind,
                            std::index_sequence<Kinds...>) {
        return ((kind == Kinds && decode_as<Kinds>(in, value)) || ...);
    }

    template <std::size_t Kind>
    static bool decode_as(byte_reader& in, Variant& value) {
        auto& message = value.template emplace<Kind>();
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
