// tests/unit/lock/reference_listing.hpp - a page of the reference: all of its locks, looked through
// from the first.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::lock_test {

inline lock::listed_lock listing_of(const lock::lock_record& its, int with) {
    lock::listed_lock made;
    made.name = its.name;
    made.capacity = its.capacity;
    made.held = static_cast<std::uint32_t>(its.holders.size());
    made.waiting = static_cast<std::uint32_t>(its.queue.size());
    made.delays = static_cast<std::uint32_t>(its.delays.size());
    for (const auto& one : its.holders) {
        if ((with & 1) != 0 && made.holders.size() < 16)
            made.holders.push_back(
                {one.owner.session, one.owner.tag, one.token, one.mode, one.count, one.permits});
    }
    for (const auto& one : its.queue) {
        if ((with & 2) != 0 && made.waiters.size() < 16)
            made.waiters.push_back(
                {one.owner.session, one.owner.tag, one.sequence, one.mode, one.permits});
    }
    return made;
}

/// Of all locks, in order of name, those that `may_read(name)`.
template <class MayRead>
lock::reply list_of(const lock::list_locks& asked, const std::vector<lock::lock_record>& all,
                    MayRead may_read) {
    if (asked.with > 3) return lock::refused{lock::refusal::malformed};
    if (asked.prefix.size() > 512 || asked.after.size() > 512)
        return lock::refused{lock::refusal::name_too_long};
    lock::listed page;
    for (const lock::lock_record& one : all) {
        const bool is_meant = one.name.rfind(asked.prefix, 0) == 0 && asked.after < one.name;
        if (!is_meant || !may_read(one.name)) continue;
        if (asked.limit != 0 && page.locks.size() == asked.limit) {
            page.end = lock::page_end::more;
            break;
        }
        page.locks.push_back(listing_of(one, asked.with));
    }
    return page;
}

}  // namespace synod::lock_test
