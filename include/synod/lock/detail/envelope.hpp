// synod/lock/detail/envelope.hpp - what surrounds the body of a snapshot: its version and size before it, its check behind it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/fingerprint.hpp>

#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Raised with every release that changes the format; a reader refuses what it does not know.
inline constexpr std::uint8_t snapshot_version = 2;

/// The oldest that is still read: all holds were exclusive, acquired once, and never upgraded.
inline constexpr std::uint8_t oldest_snapshot_version = 1;

/// A check of a whole snapshot, eight bytes at a time.
[[nodiscard]] inline fingerprint_value checksum(bytes_view view) {
    fingerprinter sink;
    sink.add(std::size_t{view.size()});
    for (; view.size() >= 8; view = view.subspan(8)) {
        sink.add(load_little_endian<std::uint64_t>(view.data()));
    }
    for (const std::byte one : view) sink.add(one);
    return sink.value();
}

inline void write_envelope(bytes_view body, byte_writer& out) {
    const fingerprint_value check = checksum(body);
    out.number(snapshot_version);
    out.number(std::uint64_t{body.size()});
    out.raw(body);
    out.number(check.high);
    out.number(check.low);
}

/// A body that has come back whole, and the version that it was written by.
struct opened_envelope {
    std::uint8_t version = 0;
    bytes_view body;
};

/// False for a version that is not read any more, or not yet, and for anything truncated or damaged.
[[nodiscard]] inline bool read_envelope(byte_reader& in, opened_envelope& from) {
    from.version = in.number<std::uint8_t>();
    if (from.version < oldest_snapshot_version || from.version > snapshot_version) return false;
    const auto size = in.number<std::uint64_t>();
    from.body = in.raw(size);
    const auto high = in.number<std::uint64_t>();
    const auto low = in.number<std::uint64_t>();
    return in.ok() && checksum(from.body) == fingerprint_value{high, low};
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
