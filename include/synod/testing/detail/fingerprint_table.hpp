// synod/testing/detail/fingerprint_table.hpp - a set of fingerprints, as dense as a set can be that
// is still quick.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/prefetch.hpp>
#include <synod/base/fingerprint.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// Open addressing with linear probing over a power of two of places, at most three quarters of
/// them taken. A fingerprint is its own hash. Each takes 16 bytes in a place; while the set
/// doubles, both the old and the new places exist.
class fingerprint_table {
public:
    /// Adds `print`. Returns whether it is new. Amortised constant time.
    bool insert(fingerprint_value print) {
        if (size_ >= places_.size() / 4 * 3) grow();
        if (!put(places_, without_nothing(print))) return false;
        ++size_;
        return true;
    }

    /// Brings the place of `print` near, which `insert` is going to be called with. Inline, see
    /// detail::prefetch.
    [[gnu::always_inline]] void prefetch(fingerprint_value print) const {
        if (places_.empty()) return;
        synod::detail::prefetch(&places_[place_of(places_, without_nothing(print))]);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    /// The memory taken at the most: as it is, and while it grew to this.
    [[nodiscard]] std::size_t bytes() const {
        return places_.size() / 2 * 3 * sizeof(fingerprint_value);
    }

private:
    using places = std::vector<fingerprint_value>;

    static constexpr std::size_t fewest_places = 64;
    static constexpr fingerprint_value nothing{};  // in a place: it is free

    /// Nothing has a fingerprint of its own, which is given to the one value that would be taken
    /// for it.
    [[nodiscard]] static fingerprint_value without_nothing(fingerprint_value print) {
        return print == nothing ? fingerprint_value{0, 1} : print;
    }

    [[nodiscard]] static std::size_t place_of(const places& places, fingerprint_value print) {
        return print.low & (places.size() - 1);
    }

    static bool put(places& places, fingerprint_value print) {
        std::size_t at = place_of(places, print);
        for (; places[at] != nothing; at = (at + 1) & (places.size() - 1)) {
            if (places[at] == print) return false;
        }
        places[at] = print;
        return true;
    }

    void grow() {
        places larger(places_.empty() ? fewest_places : 2 * places_.size());
        for (const fingerprint_value print : places_) {
            if (print != nothing) put(larger, print);
        }
        places_ = std::move(larger);
    }

    places places_;  // none, or a power of two
    std::size_t size_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
