// synod/lock/listing.hpp - a look at the locks that there are, page by page: the command and its
// reply.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/mode.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// Bits of `list_locks::with`; bits that are not named here are refused.
enum list_flags : std::uint8_t { list_names = 0, list_holders = 1, list_waiters = 2 };
inline constexpr std::uint8_t known_list_flags = list_holders | list_waiters;

/// Of each lock so many holders are told, and so many who wait; of the others only how many they
/// are.
inline constexpr std::uint32_t told_of_each_lock = 16;

/// A page ends with the lock with which it is so long, or longer.
inline constexpr std::size_t list_page_bytes = 16'384;

/// Asks which locks and semaphores there are whose names begin with `prefix`, in order of name,
/// from behind `after` on. A page has so many as were asked for, or as fit: whoever wants the next
/// one asks from behind the last name. Each page is true when it is read; what happens between two
/// pages may show in one of them only.
///
/// Needs may_read for the prefix; locks that a longer rule hides are left out. Answered by
/// `listed`, or `refused` (malformed for unknown flags, name_too_long). Linear in all that is held
/// and waited for, at every replica: for who looks after a service, not for programs to poll.
struct list_locks {
    request_stamp stamp;
    std::string prefix;       // empty for all
    std::string after;        // a name, or any bytes; empty for the first page
    std::uint32_t limit = 0;  // locks of one page; zero for as many as fit
    std::uint8_t with = list_names;

    friend bool operator==(const list_locks&, const list_locks&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.prefix, self.after, self.limit, self.with);
    }
};

/// One who holds.
struct listed_holder {
    session_id session;
    std::uint64_t owner = 0;  // its tag
    fencing_token token;
    lock::mode mode = lock::mode::exclusive;
    std::uint32_t count = 1;    // releases that end it
    std::uint32_t permits = 0;  // of a semaphore; zero at a lock

    friend bool operator==(const listed_holder&, const listed_holder&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.session, self.owner, self.token, self.mode, self.count, self.permits);
    }
};

/// One who waits.
struct listed_waiter {
    session_id session;
    std::uint64_t owner = 0;    // its tag
    std::uint64_t request = 0;  // the sequence of its acquire or convert
    lock::mode mode = lock::mode::exclusive;
    std::uint32_t permits = 0;  // of a semaphore; zero at a lock

    friend bool operator==(const listed_waiter&, const listed_waiter&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.session, self.owner, self.request, self.mode, self.permits);
    }
};

/// One lock or semaphore.
template <class Holder = listed_holder>
struct basic_listed_lock {
    std::string name;
    std::uint32_t capacity = 0;   // of a semaphore; zero for a lock
    std::uint32_t held = 0;       // how many holds there are
    std::uint32_t waiting = 0;    // how many wait
    std::uint32_t delays = 0;     // how many lock-delays close it
    std::vector<Holder> holders;  // the first, in order of token, if they were asked for
    /// The first, as they will be granted, if they were asked for.
    std::vector<synod::detail::deferred<listed_waiter, Holder>> waiters;

    friend bool operator==(const basic_listed_lock&, const basic_listed_lock&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.name, self.capacity, self.held, self.waiting, self.delays, self.holders,
              self.waiters);
    }
};
using listed_lock = basic_listed_lock<>;

/// Whether there are locks behind the last one of a page.
enum class page_end : std::uint8_t { last, more };
[[nodiscard]] constexpr page_end last_of(page_end) { return page_end::more; }

/// One page, in order of name.
template <class Lock = listed_lock>
struct basic_listed {
    std::vector<Lock> locks;
    page_end end = page_end::last;

    friend bool operator==(const basic_listed&, const basic_listed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.locks, self.end); }
};
using listed = basic_listed<>;

}  // namespace synod::inline SYNOD_ABI::lock
