// synod/lock/detail/envelope.hpp - what surrounds the sections of a snapshot, and finds out whether
// they are as they were written.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/crc32c.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/fingerprint.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Raised with every release that changes the format; a reader refuses what it does not know.
inline constexpr std::uint8_t snapshot_version = 2;

/// The oldest that is still read: all holds were exclusive, acquired once, and never upgraded.
inline constexpr std::uint8_t oldest_snapshot_version = 1;

/// The version, and the size of all sections. From version 2 on, this and its CRC begin a snapshot
/// whatever follows: so that a later version is known from damage.
inline constexpr std::size_t snapshot_head_bytes = 9;

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

/// Writes one section: the length of its body, its body, the CRC of both.
template <class Write>
void write_section(byte_writer& out, Write&& write_body) {
    bytes body;
    byte_writer to_body(body);
    write_body(to_body);
    const std::size_t before = out.size();
    out.number(std::uint64_t{body.size()});
    out.raw(body);
    out.number(crc32c(out.from(before)));
}

/// Writes what surrounds all sections.
inline void write_envelope(bytes_view sections, byte_writer& out) {
    const std::size_t before = out.size();
    out.number(snapshot_version);
    out.number(std::uint64_t{sections.size()});
    out.number(crc32c(out.from(before)));
    out.raw(sections);
    const fingerprint_value check = checksum(sections);
    out.number(check.high);
    out.number(check.low);
}

/// The sections of a snapshot, one after another.
class section_reader {
public:
    section_reader(std::uint8_t version, bytes_view sections)
        : version_(version), in_(sections), rest_(sections) {}

    /// That by which they were written.
    [[nodiscard]] std::uint8_t version() const { return version_; }
    [[nodiscard]] bool finished() const { return in_.finished(); }

    /// Reads the next one; false unless it is as it was written, and `read_body` says so and reads
    /// all of it.
    template <class Read>
    [[nodiscard]] bool next(Read&& read_body) {
        const auto size = in_.number<std::uint64_t>();
        byte_reader body(in_.raw(size));
        return in_.ok() && is_as_written() && read_body(body) && body.finished();
    }

private:
    /// The sections of the first version have no CRC.
    [[nodiscard]] bool is_as_written() {
        const bytes_view section = rest_.first(rest_.size() - in_.remaining());
        const bool is_right = version_ == 1 || in_.number<std::uint32_t>() == crc32c(section);
        rest_ = rest_.subspan(rest_.size() - in_.remaining());
        return is_right && in_.ok();
    }

    std::uint8_t version_;
    byte_reader in_;
    bytes_view rest_;  // from where the section that is read next begins
};

/// What has come back in one piece.
struct opened_envelope {
    std::uint8_t version = 0;
    bytes_view sections;
};

/// Errors: snapshot_damaged for anything truncated or altered; snapshot_too_new, and unsupported
/// for a version that is not read any more.
[[nodiscard]] inline std::error_code open_envelope(byte_reader& in, opened_envelope& from) {
    const bytes_view head = in.raw(snapshot_head_bytes);
    byte_reader fields(head);
    from.version = fields.number<std::uint8_t>();
    const auto size = fields.number<std::uint64_t>();
    const bool is_head = from.version == 1 || in.number<std::uint32_t>() == crc32c(head);
    if (!in.ok() || !is_head) return errc::snapshot_damaged;
    if (from.version > snapshot_version) return errc::snapshot_too_new;
    if (from.version < oldest_snapshot_version) return errc::unsupported;
    from.sections = in.raw(size);
    const auto high = in.number<std::uint64_t>();
    const auto low = in.number<std::uint64_t>();
    const bool is_whole = in.ok() && checksum(from.sections) == fingerprint_value{high, low};
    return is_whole ? std::error_code() : errc::snapshot_damaged;
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
