// synod/log/session.hpp - what a client says of itself: its uuid when it opens a session, and a
// stamp on every command after.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>

#include <compare>
#include <concepts>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// 128 random bits that a client draws once in its life; they name it across its sessions.
struct client_uuid {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend constexpr auto operator<=>(const client_uuid&, const client_uuid&) = default;
};

/// What makes a command of a session run exactly once. (locks R5)
struct request_stamp {
    session_id session;

    /// Of this command within its session: from 1, a new one for each command, the same one when
    /// the command is sent again. Gaps and any order of arrival are allowed.
    std::uint64_t sequence = 0;

    /// The client has the replies to all its sequences up to this one and will never send them
    /// again. That is its lowest outstanding sequence less one, so it is below `sequence`.
    std::uint64_t acknowledged = 0;

    friend constexpr auto operator<=>(const request_stamp&, const request_stamp&) = default;
};

/// Appends a session id: 12 bytes.
template <std::same_as<byte_writer> Writer>
void encode(const session_id& session, Writer& out) {
    out.number(session.opened_at().slot.value());
    out.number(session.opened_at().index);
}

/// Reads a session id; true unless bytes are missing.
[[nodiscard]] inline bool decode(byte_reader& in, session_id& session) {
    const auto at = slot(in.number<std::uint64_t>());
    session = session_id({at, in.number<std::uint32_t>()});
    return in.ok();
}

/// Appends a uuid: 16 bytes.
template <std::same_as<byte_writer> Writer>
void encode(const client_uuid& uuid, Writer& out) {
    out.number(uuid.high);
    out.number(uuid.low);
}

/// Reads a uuid; true unless bytes are missing.
[[nodiscard]] inline bool decode(byte_reader& in, client_uuid& uuid) {
    uuid.high = in.number<std::uint64_t>();
    uuid.low = in.number<std::uint64_t>();
    return in.ok();
}

/// Appends a stamp: 28 bytes.
template <std::same_as<byte_writer> Writer>
void encode(const request_stamp& stamp, Writer& out) {
    encode(stamp.session, out);
    out.number(stamp.sequence);
    out.number(stamp.acknowledged);
}

/// Reads a stamp; true unless bytes are missing.
[[nodiscard]] inline bool decode(byte_reader& in, request_stamp& stamp) {
    if (!decode(in, stamp.session)) return false;
    stamp.sequence = in.number<std::uint64_t>();
    stamp.acknowledged = in.number<std::uint64_t>();
    return in.ok();
}

}  // namespace synod::inline SYNOD_ABI
