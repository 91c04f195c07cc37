// synod/base/bytes.hpp - views of bytes, and little-endian writing and checked reading of them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI {

using bytes_view = std::span<const std::byte>;
using bytes = std::vector<std::byte>;

/// The bytes of a text, and back.
[[nodiscard]] inline bytes_view as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(bytes_view view) {
    return {reinterpret_cast<const char*>(view.data()), view.size()};
}

/// Whether two views hold the same bytes.
[[nodiscard]] inline bool same_bytes(bytes_view a, bytes_view b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

namespace detail {

template <std::unsigned_integral Number>
constexpr Number reversed(Number value) {
    Number result = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        result = static_cast<Number>(result << 8U | (value >> (8 * i) & 0xffU));
    }
    return result;
}

}  // namespace detail

/// Copies `from` to `to`; a few bytes at a time without a call.
inline void copy_bytes(std::byte* to, bytes_view from) {
    const std::size_t size = from.size();
    if (size < 8 || size > 16) {
        if (size > 0) std::memcpy(to, from.data(), size);
        return;
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::memcpy(&first, from.data(), 8);
    std::memcpy(&last, from.data() + size - 8, 8);
    std::memcpy(to, &first, 8);
    std::memcpy(to + size - 8, &last, 8);
}

/// Stores `value` at `to`, least significant byte first.
template <std::unsigned_integral Number>
void store_little_endian(std::byte* to, Number value) {
    if constexpr (std::endian::native == std::endian::big) value = detail::reversed(value);
    std::memcpy(to, &value, sizeof value);
}

/// The number whose bytes stand at `from`, least significant byte first.
template <std::unsigned_integral Number>
[[nodiscard]] Number load_little_endian(const std::byte* from) {
    Number value = 0;
    std::memcpy(&value, from, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = detail::reversed(value);
    return value;
}

/// Appends numbers and texts to bytes that the caller keeps. Fixed widths, little-endian, no padding; what has a length is
/// written behind its length.
class byte_writer {
public:
    explicit byte_writer(bytes& out) : out_(&out) {}

    template <std::unsigned_integral Number>
    void number(Number value) {
        const std::size_t at = out_->size();
        out_->resize(at + sizeof value);
        store_little_endian(out_->data() + at, value);
    }

    /// The bytes alone; the reader must know how many there are.
    void raw(bytes_view view) {
        const std::size_t at = out_->size();
        out_->resize(at + view.size());
        if (!view.empty()) std::memcpy(out_->data() + at, view.data(), view.size());
    }

    /// A 32-bit length and the bytes.
    void block(bytes_view view) {
        number(static_cast<std::uint32_t>(view.size()));
        raw(view);
    }
    void text(std::string_view view) { block(as_bytes(view)); }

private:
    bytes* out_;
};

/// Reads what `byte_writer` wrote. Reading past the end yields zeros and empty views and makes `ok()` false for good; nothing
/// is ever read outside the view.
class byte_reader {
public:
    explicit byte_reader(bytes_view in) : rest_(in) {}

    template <std::unsigned_integral Number>
    [[nodiscard]] Number number() {
        const bytes_view taken = raw(sizeof(Number));
        return taken.size() == sizeof(Number) ? load_little_endian<Number>(taken.data()) : 0;
    }

    [[nodiscard]] bytes_view raw(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const bytes_view taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    [[nodiscard]] bytes_view block() { return raw(number<std::uint32_t>()); }
    [[nodiscard]] std::string_view text() { return as_text(block()); }

    /// Whether everything asked for was there.
    [[nodiscard]] bool ok() const { return ok_; }
    /// Whether everything asked for was there and nothing is left.
    [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }

private:
    bytes_view rest_;
    bool ok_ = true;
};

}  // namespace synod::inline SYNOD_ABI
