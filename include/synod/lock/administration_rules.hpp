// synod/lock/administration_rules.hpp - the rules of limits and of epochs, each a function that a
// mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// What a table that is nearly full still takes in, and where tokens go on.
struct administration_rules {
    /// Whether there is room for so many more beside those that there are; the limit may have been
    /// lowered below them. (locks 3.8)
    [[nodiscard]] static bool has_room(std::uint64_t used, std::uint64_t more,
                                       std::uint64_t limit) {
        return used <= limit && more <= limit - used;
    }

    /// Whether tokens may go on in that epoch: never in one that has begun. (locks 3.2)
    [[nodiscard]] static bool may_begin(std::uint16_t epoch, fencing_token last) {
        return epoch > last.epoch();
    }

    /// Behind which token those of an epoch begin: it is above all before it. (locks 3.2)
    [[nodiscard]] static fencing_token before_first_of(std::uint16_t epoch,
                                                       fencing_token /*last*/) {
        return {epoch, 0};
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
