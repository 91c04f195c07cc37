// synod/lock/watch_replies.hpp - what the lock table answers about elections, and about what has
// changed.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/watch_state.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// The value is seen.
struct proclaimed {
    std::uint64_t index = 0;  // of the change

    friend bool operator==(const proclaimed&, const proclaimed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.index); }
};

/// Who leads.
struct observed {
    std::uint64_t index = 0;  // of the last change of anything
    fencing_token token;      // zero for nobody
    std::string value;

    friend bool operator==(const observed&, const observed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.index, self.token, self.value); }
};

/// What has changed.
template <class Change = change>
struct basic_watched {
    std::uint64_t next_index = 0;  // from where to watch on
    std::vector<Change> changes;   // in order; all that were asked for, below next_index

    friend bool operator==(const basic_watched&, const basic_watched&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.next_index, self.changes); }
};
using watched = basic_watched<>;

/// Changes that were asked for are forgotten: what there is now tells `read_prefix`, and where to
/// watch on from.
struct compacted {
    std::uint64_t index = 0;  // the last one that is forgotten

    friend bool operator==(const compacted&, const compacted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.index); }
};

/// What there is.
template <class Change = change>
struct basic_prefix_read {
    std::uint64_t index = 0;      // of the last change of anything: watch from the one after it
    std::string next_name;        // from where to read on; empty if this is all
    std::vector<Change> entries;  // in order of name; a leader behind a value of that name

    friend bool operator==(const basic_prefix_read&, const basic_prefix_read&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.index, self.next_name, self.entries);
    }
};
using prefix_read = basic_prefix_read<>;

}  // namespace synod::inline SYNOD_ABI::lock
