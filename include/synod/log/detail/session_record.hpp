// synod/log/detail/session_record.hpp - one session as the session table keeps it, and the bytes of
// it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/time.hpp>
#include <synod/log/detail/reply_cache.hpp>
#include <synod/log/session.hpp>
#include <synod/log/session_config.hpp>

#include <concepts>
#include <cstdint>

namespace synod::inline SYNOD_ABI::detail {

/// One session of a table. `Bytes` is `bytes`.
template <class Bytes>
struct session_record {
    client_uuid client;
    std::uint64_t nonce = 0;
    std::uint64_t ttl_ms = 0;
    log_time deadline;              // the session is valid while now < deadline
    std::uint64_t extended_ms = 0;  // by new leaders, since the client last renewed
    std::uint64_t acknowledged = 0;
    reply_cache<Bytes> replies;  // of sequences above acknowledged

    friend bool operator==(const session_record&, const session_record&) = default;
};

/// Appends a configuration.
template <std::same_as<byte_writer> Writer>
void write(const session_config& config, Writer& out) {
    out.number(config.min_ttl_ms);
    out.number(config.max_ttl_ms);
    out.number(config.grace_ms);
    out.number(config.max_extensions);
    out.number(config.max_sessions);
    out.number(config.max_outstanding);
    out.number(config.reserved_outstanding);
}

/// Reads a configuration; false for one that makes no sense.
[[nodiscard]] inline bool read(byte_reader& in, session_config& config) {
    config.min_ttl_ms = in.number<std::uint64_t>();
    config.max_ttl_ms = in.number<std::uint64_t>();
    config.grace_ms = in.number<std::uint64_t>();
    config.max_extensions = in.number<std::uint32_t>();
    config.max_sessions = in.number<std::uint32_t>();
    config.max_outstanding = in.number<std::uint32_t>();
    config.reserved_outstanding = in.number<std::uint32_t>();
    return in.ok() && !validate(config);
}

/// Appends a session, but for its id.
template <class Bytes>
void write(const session_record<Bytes>& session, byte_writer& out) {
    encode(session.client, out);
    out.number(session.nonce);
    out.number(session.ttl_ms);
    out.number(session.deadline.milliseconds());
    out.number(session.extended_ms);
    out.number(session.acknowledged);
    out.block(session.replies.packed());
}

/// Reads a session; false if bytes are missing or its replies are none.
template <class Bytes>
[[nodiscard]] bool read(byte_reader& in, session_record<Bytes>& session) {
    if (!decode(in, session.client)) return false;
    session.nonce = in.number<std::uint64_t>();
    session.ttl_ms = in.number<std::uint64_t>();
    session.deadline = log_time(in.number<std::uint64_t>());
    session.extended_ms = in.number<std::uint64_t>();
    session.acknowledged = in.number<std::uint64_t>();
    const bytes_view replies = in.block();
    return in.ok() && session.replies.adopt(replies, session.acknowledged);
}

}  // namespace synod::inline SYNOD_ABI::detail
