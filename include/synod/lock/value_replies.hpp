// synod/lock/value_replies.hpp - what the lock table answers about values and counters.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock {

/// The transaction is done, and whatever it put has this version.
struct committed {
    std::uint64_t revision = 0;  // where it changed nothing, that of the last change before it

    friend bool operator==(const committed&, const committed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.revision); }
};

/// Nothing is done, for a condition does not hold.
struct condition_failed {
    std::uint32_t condition = 0;  // the first such one, counted from zero
    std::uint64_t version = 0;    // that the value or counter has instead; zero for a token

    friend bool operator==(const condition_failed&, const condition_failed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.condition, self.version); }
};

/// What a value is.
struct value_read {
    std::uint64_t version = 0;  // zero if there is none
    std::string value;

    friend bool operator==(const value_read&, const value_read&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.version, self.value); }
};

/// What a counter is; after an addition, with that.
struct counted {
    std::int64_t number = 0;
    std::uint64_t version = 0;  // zero if there is none

    friend bool operator==(const counted&, const counted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.number, self.version); }
};

}  // namespace synod::inline SYNOD_ABI::lock
