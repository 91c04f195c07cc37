// synod/lock/detail/snapshot.hpp - the lists of a book as records, records as bytes, and both back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/fields.hpp>
#include <synod/lock/state.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Raised with every change of the format; a reader refuses what it does not know.
inline constexpr std::uint8_t snapshot_version = 2;

/// The oldest that is still read: all holds were exclusive, acquired once, and never upgraded.
inline constexpr std::uint8_t oldest_snapshot_version = 1;

template <class Rules>
[[nodiscard]] request_record record_of(const book<Rules>& all, const request& one) {
    const owner_id owner{all.client_at(one.client).session, one.tag};
    const fencing_token upgrades =
        one.upgrades == none ? fencing_token() : all.at(one.upgrades).token;
    return {owner,    one.sequence, one.at,     one.deadline, one.token, one.state,
            one.mode, one.kind,     one.before, one.count,    upgrades};
}

template <class Rules>
[[nodiscard]] auto records_of(const book<Rules>& all, handle first) {
    std::vector<synod::detail::deferred<request_record, Rules>> records;
    for (handle one = first; one != none; one = all.at(one).next) {
        records.push_back(record_of(all, all.at(one)));
    }
    return records;
}

/// Fills in the locks and the ended requests.
template <class Rules, class State>
void describe(const book<Rules>& all, State& out) {
    all.for_each_object([&](handle one) {
        const object& lock = all.object_at(one);
        out.locks.push_back(
            {lock.name, records_of(all, lock.holders.first), records_of(all, lock.queue.first)});
    });
    all.for_each_client([&](handle one) {
        for (handle at = all.client_at(one).requests.first; at != none;
             at = all.at(at).client_next) {
            if (all.at(at).object == none) out.ended.push_back(record_of(all, all.at(at)));
        }
    });
}

/// A record on its way into a book.
template <class Rules>
[[nodiscard]] request arrival_of(book<Rules>& all, const request_record& from) {
    request asked;
    asked.at = from.at;
    asked.sequence = from.sequence;
    asked.tag = from.owner.tag;
    asked.deadline = from.deadline;
    asked.client = all.reach_client(from.owner.session);
    asked.state = from.state;
    asked.mode = from.mode;
    asked.kind = from.kind;
    asked.before = from.before;
    asked.count = from.count;
    asked.told_queued = true;
    return asked;
}

/// Fills an empty book: every request arrives again in the order of positions, then those that hold are granted again in the
/// order of their locks' holders. Precondition: the state breaks no invariant.
template <class Rules, class State>
void rebuild(book<Rules>& all, const State& from) {
    synod::detail::deferred<
        std::map<position, std::pair<const request_record*, const std::string*>>, Rules>
        arrivals;
    for (const lock_record& lock : from.locks) {
        for (const request_record& one : lock.holders) arrivals[one.at] = {&one, &lock.name};
        for (const request_record& one : lock.queue) arrivals[one.at] = {&one, &lock.name};
    }
    for (const request_record& one : from.ended) arrivals[one.at] = {&one, nullptr};

    std::map<fencing_token, synod::detail::deferred<handle, Rules>> holds;
    std::map<fencing_token, synod::detail::deferred<handle, Rules>> upgrades;
    for (const auto& [at, arrival] : arrivals) {
        const auto& [record, name] = arrival;
        const request asked = arrival_of(all, *record);
        if (name == nullptr) {
            all.add_ended(asked);
            continue;
        }
        const handle lock = all.reach_object(*name);
        if (record->upgrades != fencing_token()) {
            upgrades[record->upgrades] = all.enqueue_upgrade(asked, lock);
            continue;
        }
        const handle fresh = all.enqueue(asked, lock);
        if (record->state == request_state::granted) holds[record->token] = fresh;
    }
    for (const auto& [token, one] : holds) all.hold(one, token);
    for (const auto& [token, one] : upgrades) all.set_upgrades(one, holds[token]);
    while (all.take_touched() != none) {
    }
}

template <class Records>
void write_requests(const Records& records, byte_writer& out) {
    out.number(std::uint64_t{records.size()});
    for (const auto& one : records) one.fields(one, field_writer(out));
}

/// Reads a value whose fields were fewer in version 1.
template <class Value>
[[nodiscard]] bool read_fields(byte_reader& in, std::uint8_t version, Value& value) {
    field_reader fields(in);
    if (version == 1)
        value.fields_of_version_1(value, fields);
    else
        value.fields(value, fields);
    return fields.ok();
}

template <class Records>
[[nodiscard]] bool read_requests(byte_reader& in, std::uint8_t version, Records& records) {
    for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
        if (!read_fields(in, version, records.emplace_back())) return false;
    }
    return in.ok();
}

template <class State>
void write_locks(const State& now, byte_writer& out) {
    out.number(std::uint64_t{now.locks.size()});
    for (const auto& one : now.locks) {
        out.text(one.name);
        write_requests(one.holders, out);
        write_requests(one.queue, out);
    }
}

template <class State>
[[nodiscard]] bool read_locks(byte_reader& in, std::uint8_t version, State& now) {
    for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
        auto& one = now.locks.emplace_back();
        one.name = in.text();
        if (one.name.empty() || one.name.size() > name_bytes_end) return false;
        if (!read_requests(in, version, one.holders)) return false;
        if (!read_requests(in, version, one.queue)) return false;
    }
    return in.ok();
}

/// Writes one section behind its length.
template <class Write>
void write_section(byte_writer& out, Write&& write_body) {
    bytes body;
    byte_writer to_body(body);
    write_body(to_body);
    out.number(std::uint64_t{body.size()});
    out.raw(body);
}

/// Reads one section; false unless `read_body` says so and reads all of it.
template <class Read>
[[nodiscard]] bool read_section(byte_reader& in, Read&& read_body) {
    const auto size = in.number<std::uint64_t>();
    byte_reader body(in.raw(size));
    return in.ok() && read_body(body) && body.finished();
}

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

}  // namespace synod::inline SYNOD_ABI::lock::detail
