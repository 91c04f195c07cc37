// synod/lock/watch_commands.hpp - what a client may ask about elections, and about what has
// changed.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/mode.hpp>
#include <synod/log/session.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock {

/// Of names and values in a page of watch or read_prefix: it ends with the revision, or the name,
/// that reaches this.
inline constexpr std::size_t watch_page_bytes = 65'536;

/// Runs for leader: acquires the lock of that name for exclusive use, with a value that everybody
/// sees from the grant on, in the very entry of it, until the hold ends. Answered like an acquire,
/// and refused besides: limit for the value. To resign is to release. (locks 3.10)
struct campaign {
    request_stamp stamp;
    std::uint64_t owner = 0;  // as in acquire
    std::string name;
    std::string value;                     // any bytes
    std::uint64_t wait_ms = wait_forever;  // log time
    std::uint64_t hold_ttl_ms = 0;         // as in acquire

    friend bool operator==(const campaign&, const campaign&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.value, self.wait_ms, self.hold_ttl_ms);
    }
};

/// Has everybody see another value of a leader, who is named by its token, so a late one changes
/// nothing; or makes a leader of who holds a lock for exclusive use without a value. A hold that is
/// converted to a weaker mode is none any more. Answered by `proclaimed`, or `refused`:
/// stale_token, not_owner, not_leader for a hold in another mode, limit. (locks 3.10)
struct proclaim {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that acquired
    fencing_token token;
    std::string value;

    friend bool operator==(const proclaim&, const proclaim&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.token, self.value);
    }
};

/// Asks who leads, in log order. Answered by `observed`, or `refused` (name_empty, name_too_long).
/// To be told of changes, watch from the index after the one that is told. (locks 3.10)
struct observe {
    request_stamp stamp;
    std::string name;

    friend bool operator==(const observe&, const observe&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name); }
};

/// Asks what has changed under all names that begin so, from an index on: values and counters that
/// were written or deleted, leaders that took office, proclaimed, or are gone. Answered by
/// `watched`; by `compacted` if some of that is forgotten, so that no change is ever left out
/// silently; or `refused` (name_too_long). Goes through all changes since. (locks 3.4, 3.12/76)
struct watch {
    request_stamp stamp;
    std::string prefix;
    std::uint64_t from_index = 1;
    std::uint32_t limit = 0;  // of changes; zero for as many as may be

    friend bool operator==(const watch&, const watch&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.prefix, self.from_index, self.limit);
    }
};

/// Lists the values, counters and leaders under all names that begin so. Answered by `prefix_read`,
/// or `refused` (name_too_long).
///
/// Who has lost track, because of `compacted` or from the beginning, reads page after page, and
/// then watches from the index after that of the first page: changes tell all of what they are
/// about, so to be told of one twice does no harm.
struct read_prefix {
    request_stamp stamp;
    std::string prefix;
    std::string from_name{};  // next_name of the page before; empty for the first
    std::uint32_t limit = 0;  // of names; zero for as many as may be

    friend bool operator==(const read_prefix&, const read_prefix&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.prefix, self.from_name, self.limit);
    }
};

/// Whether a command is about changes of any kind.
template <class Command>
inline constexpr bool is_about_changes =
    std::same_as<Command, watch> || std::same_as<Command, read_prefix>;

}  // namespace synod::inline SYNOD_ABI::lock
