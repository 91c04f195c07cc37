// synod/lock/detail/sections.hpp - what stands in a snapshot, section by section.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/envelope.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/detail/standings.hpp>
#include <synod/log/session.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Who the sessions act as, in the order of their ids, and then the access rules.
template <class State>
void write_access(const State& now, byte_writer& out) {
    for (const auto& one : now.sessions) {
        out.text(one.principal);
        out.text(one.meta);
    }
    write_records(now.access, out);
}

template <class State>
[[nodiscard]] bool read_access(byte_reader& in, State& now) {
    for (auto& one : now.sessions) {
        one.principal = in.text();
        one.meta = in.text();
        if (one.principal.size() > principal_bytes_end || one.meta.size() > meta_bytes_end) {
            return false;
        }
    }
    return read_records(in, now.access);
}

/// Calls `section(write)` for each section in turn; `write(out)` writes what is in it. Those behind
/// the fourth are not in version 1.
template <class Sessions, class State, class Section>
void for_each_section(const lock::config& limits, const Sessions& sessions, const State& now,
                      Section&& section) {
    section([&](byte_writer& to) {
        lock::config::fields(limits, field_writer(to));
        State::fields(now, field_writer(to));
    });
    section([&](byte_writer& to) { sessions.snapshot(to); });
    section([&](byte_writer& to) { write_locks(now, to); });
    section([&](byte_writer& to) { write_records(now.ended, to); });
    section([&](byte_writer& to) { write_profiles(now, to); });
    section([&](byte_writer& to) { write_standings(now, to); });
    section([&](byte_writer& to) { write_records(now.forced_ends, to); });
    section([&](byte_writer& to) { write_access(now, to); });
    section([&](byte_writer& to) { now.values.fields(now.values, field_writer(to)); });
    section([&](byte_writer& to) { now.gates.fields(now.gates, field_writer(to)); });
    section([&](byte_writer& to) { now.watch.fields(now.watch, field_writer(to)); });
}

/// Lists the sessions, and the log time that they keep.
template <class Sessions, class State>
void list_sessions(const Sessions& sessions, State& out) {
    out.now = sessions.now();
    out.sessions.reserve(sessions.size());
    sessions.for_each([&out](session_id session, log_time deadline, const client_uuid& client) {
        out.sessions.push_back({session, deadline, client, 0});
    });
}

/// What a former version has no words for stays as it is.
template <class State>
[[nodiscard]] bool read_head(byte_reader& in, std::uint8_t version, lock::config& limits,
                             State& now) {
    if (!read_fields(in, version, limits)) return false;
    field_reader fields(in);
    State::fields(now, fields);
    return fields.ok() && !validate(limits);
}

template <class Value>
[[nodiscard]] bool read_all_of(byte_reader& in, Value& value) {
    field_reader fields(in);
    value.fields(value, fields);
    return fields.ok();
}

/// Reads those that version 1 does not have. Precondition: the sessions are listed.
template <class State>
[[nodiscard]] bool read_later_sections(section_reader& in, State& now) {
    return in.next([&](byte_reader& at) { return read_profiles(at, now); }) &&
           in.next([&](byte_reader& at) { return read_standings(at, now); }) &&
           in.next([&](byte_reader& at) { return read_records(at, now.forced_ends); }) &&
           in.next([&](byte_reader& at) { return read_access(at, now); }) &&
           in.next([&](byte_reader& at) { return read_all_of(at, now.values); }) &&
           in.next([&](byte_reader& at) { return read_all_of(at, now.gates); }) &&
           in.next([&](byte_reader& at) { return read_all_of(at, now.watch); });
}

/// Reads all of them; false for what no table wrote. Precondition: `now` is empty.
template <class Sessions, class State>
[[nodiscard]] bool read_sections(section_reader& in, lock::config& limits, Sessions& sessions,
                                 State& now) {
    const std::uint8_t version = in.version();
    const bool is_read =
        in.next([&](byte_reader& at) { return read_head(at, version, limits, now); }) &&
        in.next([&](byte_reader& at) { return !sessions.restore(at); }) &&
        in.next([&](byte_reader& at) { return read_locks(at, version, now); }) &&
        in.next([&](byte_reader& at) { return read_requests(at, version, now.ended); });
    if (!is_read || sessions.config() != limits.sessions) return false;
    list_sessions(sessions, now);
    if (version > 1 && !read_later_sections(in, now)) return false;
    return in.finished();
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
