// synod/log/entry.hpp - what a slot of the log holds: a batch of commands, or one of the leader's
// own entries.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/buffer.hpp>
#include <synod/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// What an entry is for.
enum class entry_kind : std::uint8_t {
    commands,    // a batch, possibly empty: then it only moves log time
    no_op,       // fills a hole that an earlier leader left; a value like any other
    new_leader,  // the first entry of a leader, whose ballot is the entry's origin
};

/// An immutable entry: one buffer, shared by the log, the storage and the messages to all peers.
/// Copying counts, comparing looks at the bytes. Default-constructed it is no entry at all, which
/// no peer may send.
///
/// Bytes: origin ballot (8), elapsed time (4), kind (1) and number of commands (3), then each
/// command behind its length (4); little-endian.
class entry {
public:
    static constexpr std::size_t header_size = 16;
    static constexpr std::size_t frame_size = 4;  // in front of each command
    static constexpr std::uint32_t max_commands = (1U << 24U) - 1;

    entry() = default;

    /// `frames` is `count` commands, each behind its length.
    [[nodiscard]] static entry make(buffer_pool& pool, entry_kind kind, ballot origin,
                                    std::uint32_t elapsed_ms, std::uint32_t count = 0,
                                    bytes_view frames = {}) {
        return entry(pool.make(header_size + frames.size(), [&](std::byte* to) {
            store_little_endian(to, origin.packed());
            store_little_endian(to + 8, elapsed_ms);
            store_little_endian(to + 12, static_cast<std::uint32_t>(kind) | count << 8U);
            copy_bytes(to + header_size, frames);
        }));
    }

    /// An entry from bytes that came from elsewhere. Errors: malformed.
    [[nodiscard]] static result<entry> parse(buffer_pool& pool, bytes_view from) {
        entry made(pool.make(from.size(), [&](std::byte* to) { copy_bytes(to, from); }));
        if (!made.is_well_formed()) return errc::malformed;
        return made;
    }

    /// Whether there is an entry.
    [[nodiscard]] bool exists() const { return static_cast<bool>(bytes_); }

    /// Preconditions of these: exists().
    [[nodiscard]] entry_kind kind() const {
        return static_cast<entry_kind>(load_little_endian<std::uint8_t>(at(12)));
    }
    /// The ballot of the leader that built the entry first; a later leader that proposes it again
    /// leaves it as it is.
    [[nodiscard]] ballot origin() const {
        return ballot::from_packed(load_little_endian<std::uint64_t>(at(0)));
    }
    /// Log time that passes with this entry, in milliseconds.
    [[nodiscard]] std::uint32_t elapsed_ms() const {
        return load_little_endian<std::uint32_t>(at(8));
    }
    [[nodiscard]] std::uint32_t count() const {
        return load_little_endian<std::uint32_t>(at(12)) >> 8U;
    }

    /// The entry as it is kept and sent.
    [[nodiscard]] bytes_view view() const { return bytes_.view(); }

    /// Calls `visit(index, command)` for each command in order.
    template <class Visit>
    [[gnu::always_inline]] void for_each(Visit&& visit) const {
        const std::byte* next = at(header_size);
        const std::uint32_t total = count();
        for (std::uint32_t index = 0; index < total; ++index) {
            const auto size = load_little_endian<std::uint32_t>(next);
            visit(index, bytes_view(next + frame_size, size));
            next += frame_size + size;
        }
    }

    friend bool operator==(const entry&, const entry&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(bytes_);
    }

private:
    [[gnu::always_inline]] explicit entry(buffer made) : bytes_(std::move(made)) {}

    [[nodiscard]] const std::byte* at(std::size_t offset) const {
        return bytes_.view().data() + offset;
    }

    [[nodiscard]] bool is_well_formed() const {
        if (bytes_.view().size() < header_size) return false;
        if (kind() > entry_kind::new_leader || !origin().is_valid()) return false;
        if (kind() != entry_kind::commands && count() != 0) return false;
        byte_reader frames(bytes_.view().subspan(header_size));
        for (std::uint32_t left = count(); left > 0 && frames.ok(); --left) {
            static_cast<void>(frames.block());
        }
        return frames.finished();
    }

    buffer bytes_;
};

}  // namespace synod::inline SYNOD_ABI
