// synod/base/format.hpp - texts for people: `to_string` of ids, ballots, tokens and durations, and
// std::format where there is one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>

#include <cstdint>
#include <string>
#include <version>

#ifdef __cpp_lib_format
#include <format>
#include <string_view>
#endif

namespace synod::inline SYNOD_ABI {

/// The number alone: of a node_id, an incarnation, a cluster_id or a ticket.
template <class Tag, class Representation>
[[nodiscard]] std::string to_string(id<Tag, Representation> value) {
    return std::to_string(value.value());
}

/// Round and proposer, as in "3.1"; "none" for the ballot that is none.
[[nodiscard]] inline std::string to_string(ballot value) {
    if (!value.exists()) return "none";
    return std::to_string(value.round()) + '.' + to_string(value.proposer());
}

[[nodiscard]] inline std::string to_string(slot value) { return std::to_string(value.value()); }

/// Slot and index, as in "12.3".
[[nodiscard]] inline std::string to_string(const position& value) {
    return to_string(value.slot) + '.' + std::to_string(value.index);
}

/// The position that opened it.
[[nodiscard]] inline std::string to_string(const session_id& value) {
    return to_string(value.opened_at());
}

/// Epoch and counter, as in "1:42".
[[nodiscard]] inline std::string to_string(fencing_token value) {
    return std::to_string(value.epoch()) + ':' + std::to_string(value.counter());
}

/// A whole number of the largest unit that loses nothing: "2s", "1500ms", "7us", "1ns".
[[nodiscard]] inline std::string to_string(duration value) {
    const std::int64_t length = value.nanoseconds();
    if (length % 1'000 != 0) return std::to_string(length) + "ns";
    if (length % 1'000'000 != 0) return std::to_string(length / 1'000) + "us";
    if (length % 1'000'000'000 != 0) return std::to_string(length / 1'000'000) + "ms";
    return std::to_string(length / 1'000'000'000) + 's';
}

}  // namespace synod::inline SYNOD_ABI

#ifdef __cpp_lib_format

namespace synod::inline SYNOD_ABI::detail {

/// Formats as the text that `to_string` gives, with the width, fill and alignment of texts.
template <class T>
struct text_formatter : std::formatter<std::string_view> {
    template <class Context>
    auto format(const T& value, Context& context) const {
        return std::formatter<std::string_view>::format(to_string(value), context);
    }
};

}  // namespace synod::inline SYNOD_ABI::detail

template <class Tag, class Representation>
struct std::formatter<synod::id<Tag, Representation>>
    : synod::detail::text_formatter<synod::id<Tag, Representation>> {};

template <>
struct std::formatter<synod::ballot> : synod::detail::text_formatter<synod::ballot> {};

template <>
struct std::formatter<synod::slot> : synod::detail::text_formatter<synod::slot> {};

template <>
struct std::formatter<synod::position> : synod::detail::text_formatter<synod::position> {};

template <>
struct std::formatter<synod::session_id> : synod::detail::text_formatter<synod::session_id> {};

template <>
struct std::formatter<synod::fencing_token> : synod::detail::text_formatter<synod::fencing_token> {
};

template <>
struct std::formatter<synod::duration> : synod::detail::text_formatter<synod::duration> {};

#endif
