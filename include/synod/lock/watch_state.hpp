// synod/lock/watch_state.hpp - what has changed in a lock table, as a plain list.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// What has changed.
enum class change_kind : std::uint8_t { value, counter, leader };
[[nodiscard]] constexpr change_kind last_of(change_kind) { return change_kind::leader; }

/// What has become of it.
enum class change_effect : std::uint8_t { written, gone };
[[nodiscard]] constexpr change_effect last_of(change_effect) { return change_effect::gone; }

/// One value or counter that was written or deleted, or one leader that took office, proclaimed, or
/// is no leader any more.
struct change {
    std::uint64_t index = 0;  // the revision; of what is written, the version
    change_kind kind = change_kind::value;
    change_effect effect = change_effect::written;
    std::string name;
    fencing_token token;      // of the leader, also of one that is gone; else zero
    std::string value;        // what was written; empty for a counter
    std::int64_t number = 0;  // of a counter

    [[nodiscard]] std::size_t size() const { return name.size() + value.size(); }

    friend bool operator==(const change&, const change&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.index, self.kind, self.effect, self.name, self.token, self.value, self.number);
    }
};

/// The changes that are kept: all of every revision above `compacted`.
template <class Change = change>
struct basic_watch_state {
    std::uint64_t compacted = 0;  // the last revision whose changes are forgotten
    std::vector<Change> changes;  // in order of revision

    friend bool operator==(const basic_watch_state&, const basic_watch_state&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.compacted, self.changes); }
};
using watch_state = basic_watch_state<>;

}  // namespace synod::inline SYNOD_ABI::lock
