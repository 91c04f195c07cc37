// synod/lock/access_rules.hpp - the rules by which a command is allowed, each a function that a
// mutant can replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstddef>
#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// How much a rule says of a name and a principal.
struct specificity {
    std::size_t prefix_bytes = 0;
    bool names_principal = false;
};

/// Who may do what.
struct access_rules {
    /// Whether these rights are enough. (locks 3.4)
    [[nodiscard]] static bool suffices(std::uint8_t given, std::uint8_t needed) {
        return (given & needed) == needed;
    }

    /// Which of two access rules that fit decides: of the longer prefix, then the one that names
    /// the principal. (locks 3.4)
    [[nodiscard]] static bool decides_before(const specificity& one, const specificity& other) {
        if (one.prefix_bytes != other.prefix_bytes) return one.prefix_bytes > other.prefix_bytes;
        return one.names_principal && !other.names_principal;
    }

    /// Whether a request for several locks is denied when one of them is. (locks 3.12/59)
    [[nodiscard]] static bool is_denied(std::size_t denied, std::size_t /*asked*/) {
        return denied > 0;
    }

    /// Whether there may be rules of which so many let somebody administer all names. (locks 3.4)
    [[nodiscard]] static bool can_be_undone(std::size_t rules, std::size_t for_administrators) {
        return rules == 0 || for_administrators > 0;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
