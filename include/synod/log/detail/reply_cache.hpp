// synod/log/detail/reply_cache.hpp - the replies of one session that its client has not
// acknowledged, in one block of memory.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace synod::inline SYNOD_ABI::detail {

/// Replies by sequence, packed and in rising order, so that the block is its own canonical snapshot
/// and keeps its memory. Every operation is linear in the number of replies, which the session's
/// window bounds. `Bytes` is `bytes`.
template <class Bytes>
class reply_cache {
public:
    /// The reply stored for `sequence`, if there is one; valid until the next change.
    [[nodiscard]] std::optional<deferred<bytes_view, Bytes>> find(std::uint64_t sequence) const {
        byte_reader in(packed_);
        while (in.remaining() > 0) {
            const auto stored = in.number<std::uint64_t>();
            const bytes_view reply = in.block();
            if (stored == sequence) return reply;
        }
        return std::nullopt;
    }

    /// Precondition: nothing is stored for `sequence`, and `reply` lies outside the cache.
    void store(std::uint64_t sequence, bytes_view reply) {
        const std::size_t at = offset_above(sequence);
        const std::size_t behind = packed_.size() - at;
        packed_.resize(packed_.size() + header_size + reply.size());
        std::byte* const record = packed_.data() + at;
        if (behind > 0) std::memmove(record + header_size + reply.size(), record, behind);
        store_little_endian(record, sequence);
        store_little_endian(record + sizeof sequence, static_cast<std::uint32_t>(reply.size()));
        copy_bytes(record + header_size, reply);
        ++size_;
    }

    /// Forgets the replies of all sequences up to `sequence`.
    void forget_through(std::uint64_t sequence) {
        if (packed_.empty()) return;
        const std::size_t end = offset_above(sequence);
        if (end == packed_.size()) {
            packed_.clear();
            size_ = 0;
            return;
        }
        packed_.erase(packed_.begin(), packed_.begin() + static_cast<std::ptrdiff_t>(end));
        size_ = count();
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    /// The whole cache as bytes, and back; `adopt` refuses what is not rising from above
    /// `acknowledged`.
    [[nodiscard]] bytes_view packed() const { return packed_; }
    [[nodiscard]] bool adopt(bytes_view packed, std::uint64_t acknowledged) {
        byte_reader in(packed);
        for (std::uint64_t last = acknowledged; in.remaining() > 0;) {
            const auto sequence = in.number<std::uint64_t>();
            static_cast<void>(in.block());
            if (!in.ok() || sequence <= last) return false;
            last = sequence;
        }
        packed_.assign(packed.begin(), packed.end());
        size_ = count();
        return true;
    }

    friend bool operator==(const reply_cache&, const reply_cache&) = default;

private:
    static constexpr std::size_t header_size = sizeof(std::uint64_t) + sizeof(std::uint32_t);

    /// Where the first record of a higher sequence begins.
    [[nodiscard]] std::size_t offset_above(std::uint64_t sequence) const {
        byte_reader in(packed_);
        while (in.remaining() > 0) {
            const std::size_t at = packed_.size() - in.remaining();
            if (in.number<std::uint64_t>() > sequence) return at;
            static_cast<void>(in.block());
        }
        return packed_.size();
    }

    [[nodiscard]] std::size_t count() const {
        std::size_t records = 0;
        for (byte_reader in(packed_); in.remaining() > 0; ++records) {
            static_cast<void>(in.number<std::uint64_t>());
            static_cast<void>(in.block());
        }
        return records;
    }

    Bytes packed_;          // per reply: sequence, length, bytes; sequences rise
    std::size_t size_ = 0;  // records in packed_
};

}  // namespace synod::inline SYNOD_ABI::detail
