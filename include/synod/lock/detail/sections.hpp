// synod/lock/detail/later_sections.hpp - the sections of a snapshot that the first version did not have.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/detail/standings.hpp>

#include <cstddef>

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

template <class State>
void write_later_sections(const State& now, byte_writer& out) {
    write_section(out, [&](byte_writer& to) { write_profiles(now, to); });
    write_section(out, [&](byte_writer& to) { write_standings(now, to); });
    write_section(out, [&](byte_writer& to) { write_records(now.forced_ends, to); });
    write_section(out, [&](byte_writer& to) { write_access(now, to); });
    write_section(out, [&](byte_writer& to) { now.values.fields(now.values, field_writer(to)); });
    write_section(out, [&](byte_writer& to) { now.gates.fields(now.gates, field_writer(to)); });
    write_section(out, [&](byte_writer& to) { now.watch.fields(now.watch, field_writer(to)); });
}

template <class Value>
[[nodiscard]] bool read_all_of(byte_reader& in, Value& value) {
    field_reader fields(in);
    value.fields(value, fields);
    return fields.ok();
}

/// Reads them behind all others. Precondition: the sessions are listed.
template <class State>
[[nodiscard]] bool read_later_sections(byte_reader& in, State& now) {
    return read_section(in, [&](byte_reader& at) { return read_profiles(at, now); }) &&
           read_section(in, [&](byte_reader& at) { return read_standings(at, now); }) &&
           read_section(in, [&](byte_reader& at) { return read_records(at, now.forced_ends); }) &&
           read_section(in, [&](byte_reader& at) { return read_access(at, now); }) &&
           read_section(in, [&](byte_reader& at) { return read_all_of(at, now.values); }) &&
           read_section(in, [&](byte_reader& at) { return read_all_of(at, now.gates); }) &&
           read_section(in, [&](byte_reader& at) { return read_all_of(at, now.watch); });
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
