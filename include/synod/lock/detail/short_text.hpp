// synod/lock/detail/short_text.hpp - text in 24 bytes, of which up to 23 are the text itself.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Text that lies in memory of its own only when it is longer than 23 bytes. That memory is kept
/// for the next text, so that what is assigned again and again allocates nothing once it has had
/// its longest.
class short_text {
public:
    short_text() = default;
    short_text(const short_text& other) { assign(other.view()); }
    short_text& operator=(const short_text& other) {
        if (this != &other) assign(other.view());
        return *this;
    }
    ~short_text() { release(); }

    /// Precondition: `text` is none of this one's, and shorter than 4 GiB.
    void assign(std::string_view text) {
        if (length_ == far && text.size() <= remote().room) return assign_far(text);
        if (text.size() > sizeof near_) return move_far(text);
        if (!text.empty()) std::memcpy(near_, text.data(), text.size());
        length_ = static_cast<std::uint8_t>(text.size());
    }

    /// Of exactly the types that the constructor takes: compilers ask of others whether they are a
    /// range, which alone is a thirtieth of what synod costs to include.
    [[nodiscard]] std::string_view view() const {
        const char* const text = length_ != far ? near_ : remote().text;
        return {text, size()};
    }
    [[nodiscard]] std::size_t size() const { return length_ != far ? length_ : remote().size; }

private:
    /// What lies in near_ of a text that is far.
    struct block {
        char* text;
        std::uint32_t size;
        std::uint32_t room;
    };
    static constexpr std::uint8_t far = 0xff;

    [[nodiscard]] block remote() const {
        block its;
        std::memcpy(&its, near_, sizeof its);
        return its;
    }
    void assign_far(std::string_view text) {
        block its = remote();
        if (!text.empty()) std::memcpy(its.text, text.data(), text.size());
        its.size = static_cast<std::uint32_t>(text.size());
        std::memcpy(near_, &its, sizeof its);
    }
    void move_far(std::string_view text) {
        const auto size = static_cast<std::uint32_t>(text.size());
        const block its{new char[size], 0, size};
        release();
        std::memcpy(near_, &its, sizeof its);
        length_ = far;
        assign_far(text);
    }
    void release() {
        if (length_ == far) delete[] remote().text;
    }

    static_assert(sizeof(block) < 24);

    char near_[23] = {};
    std::uint8_t length_ = 0;  // far if the text is
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
