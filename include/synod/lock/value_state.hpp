// synod/lock/value_state.hpp - the values and counters of a lock table as a plain list.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// What the key-value space keeps under one name.
enum class value_kind : std::uint8_t { value, counter };
[[nodiscard]] constexpr value_kind last_of(value_kind) { return value_kind::counter; }

/// One value, or one counter.
struct value_record {
    std::string name;
    value_kind kind = value_kind::value;
    std::uint64_t version = 0;  // the revision of its last change
    std::string value;          // empty for a counter
    std::int64_t number = 0;    // of a counter; else zero

    friend bool operator==(const value_record&, const value_record&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.name, self.kind, self.version, self.value, self.number);
    }
};

/// All of them.
template <class Value = value_record>
struct basic_value_state {
    std::uint64_t revision = 0;  // of the last change
    std::vector<Value> values;   // in order of name

    friend bool operator==(const basic_value_state&, const basic_value_state&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.revision, self.values); }
};
using value_state = basic_value_state<>;

}  // namespace synod::inline SYNOD_ABI::lock
