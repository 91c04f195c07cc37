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
#include <string_view>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI {

using bytes = std::vector<std::byte>;

namespace detail {

template <class T>
concept like_bytes = requires(const T& t, const std::byte*& data, std::size_t& size) {
    data = t.data();
    size = t.size();
};

}  // namespace detail

/// Bytes that somebody else keeps. Converts from whatever keeps bytes in one piece, and to
/// std::span<const std::byte>, which itself costs more to include than the roles do. A view of what
/// is gone must not be read.
class bytes_view {
public:
    constexpr bytes_view() = default;
    constexpr bytes_view(const std::byte* data, std::size_t size) : data_(data), size_(size) {}
    template <detail::like_bytes Bytes>
    constexpr bytes_view(const Bytes& from) : data_(from.data()), size_(from.size()) {}

    [[nodiscard]] constexpr const std::byte* data() const { return data_; }
    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
    [[nodiscard]] constexpr const std::byte* begin() const { return data_; }
    [[nodiscard]] constexpr const std::byte* end() const { return data_ + size_; }

    /// Precondition: index < size().
    [[nodiscard]] constexpr std::byte operator[](std::size_t index) const {
        SYNOD_ASSERT(index < size_);
        return data_[index];
    }

    /// The first `count` of them. Precondition: count <= size().
    [[nodiscard]] constexpr bytes_view first(std::size_t count) const { return subspan(0, count); }

    /// Those from `offset` on, all or `count`. Precondition: there are so many.
    [[nodiscard]] constexpr bytes_view subspan(std::size_t offset) const {
        return subspan(offset, size_ - offset);
    }
    [[nodiscard]] constexpr bytes_view subspan(std::size_t offset, std::size_t count) const {
        SYNOD_ASSERT(offset <= size_ && count <= size_ - offset);
        return {data_ + offset, count};
    }

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

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

/// A copy of its own. A template, as what writes bytes is: only who calls it compiles a vector of
/// bytes.
template <std::same_as<bytes> Bytes = bytes>
[[nodiscard]] Bytes to_bytes(bytes_view from) {
    Bytes made;
    made.resize(from.size());
    copy_bytes(made.data(), from);
    return made;
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

/// Appends numbers and texts to bytes that the caller keeps. Fixed widths, little-endian, no
/// padding; what has a length is written behind its length.
class byte_writer {
public:
    explicit byte_writer(bytes& out) : out_(&out) {}

    template <std::unsigned_integral Number>
    void number(Number value) {
        store_little_endian(extend(sizeof value), value);
    }

    /// The bytes alone; the reader must know how many there are.
    template <class View = bytes_view>
    void raw(std::type_identity_t<View> view) {
        std::byte* const at = extend(view.size());
        if (!view.empty()) std::memcpy(at, view.data(), view.size());
    }

    /// A 32-bit length and the bytes.
    template <class View = bytes_view>
    void block(std::type_identity_t<View> view) {
        number(static_cast<std::uint32_t>(view.size()));
        raw(view);
    }
    template <class Text = std::string_view>
    void text(std::type_identity_t<Text> view) {
        block(as_bytes(view));
    }

    /// How many bytes there are, those before the first that was written here included.
    [[nodiscard]] std::size_t size() const { return out_->size(); }
    /// The bytes from that size on, until more are written. Precondition: there were as many.
    [[nodiscard]] bytes_view from(std::size_t size) const {
        SYNOD_ASSERT(size <= out_->size());
        return {out_->data() + size, out_->size() - size};
    }

private:
    /// Whatever is written first finds room for a message of the usual size, and so does what
    /// follows.
    static constexpr std::size_t least_capacity = 64;

    /// Where so many bytes more begin.
    [[nodiscard]] std::byte* extend(std::size_t count) {
        const std::size_t at = out_->size();
        const bool is_small = at + count < least_capacity;
        if (is_small && out_->capacity() < least_capacity) out_->reserve(least_capacity);
        out_->resize(at + count);
        return out_->data() + at;
    }

    bytes* out_;
};

/// Reads what `byte_writer` wrote. Reading past the end yields zeros and empty views and makes
/// `ok()` false for good; nothing is ever read outside the view.
class byte_reader {
public:
    explicit byte_reader(bytes_view in) : rest_(in) {}

    template <std::unsigned_integral Number>
    [[nodiscard, gnu::always_inline]] Number number() {
        if (rest_.size() < sizeof(Number)) {
            static_cast<void>(raw(sizeof(Number)));
            return 0;
        }
        const auto value = load_little_endian<Number>(rest_.data());
        rest_ = {rest_.data() + sizeof(Number), rest_.size() - sizeof(Number)};
        return value;
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
