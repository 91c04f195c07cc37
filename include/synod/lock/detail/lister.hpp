// synod/lock/detail/lister.hpp - finds the next locks in order of name, and tells of each who holds
// it and who waits.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/detail/access.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/snapshot.hpp>
#include <synod/lock/listing.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Makes the pages of a book that a principal may see.
template <class Rules>
class lister {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    lister(const book<Rules>& of, const access<Rules>& rules, std::string_view principal)
        : book_(&of), access_(&rules), principal_(principal) {}

    [[nodiscard]] deferred<listed> page_of(const deferred<list_locks>& asked) const {
        const std::size_t fits = most_that_fit;
        const std::size_t most = asked.limit == 0 || asked.limit > fits ? fits : asked.limit;
        const names found = first_of(asked, most + 1);
        deferred<listed> page;
        std::size_t bytes = 0;
        for (const auto& [name, one] : found) {
            if (page.locks.size() == most || bytes >= list_page_bytes) {
                page.end = page_end::more;
                break;
            }
            page.locks.push_back(entry_of(one, asked.with));
            bytes += bytes_of(page.locks.back());
        }
        return page;
    }

private:
    using names = deferred<ordered_map<std::string_view, handle>>;

    /// What a lock, a holder and a waiter take in a reply, beside the lock's name.
    static constexpr std::size_t lock_bytes = 28;
    static constexpr std::size_t holder_bytes = 37;
    static constexpr std::size_t waiter_bytes = 33;
    static constexpr std::size_t most_that_fit = list_page_bytes / lock_bytes + 1;

    [[nodiscard]] static std::size_t bytes_of(const deferred<listed_lock>& one) {
        return lock_bytes + one.name.size() + holder_bytes * one.holders.size() +
               waiter_bytes * one.waiters.size();
    }

    /// So many of those that were asked for, the first in order of name.
    [[nodiscard]] names first_of(const deferred<list_locks>& asked, std::size_t most) const {
        names found;
        for_each_object_unsorted(*book_, [&](handle one) {
            const std::string_view name = book_->object_at(one).name.view();
            if (!name.starts_with(asked.prefix) || name <= asked.after) return;
            const bool is_full = found.size() == most;
            if (is_full && name >= found.back().first) return;
            if (!access_->lets_read(principal_, name)) return;
            if (found.emplace(name, one).second && is_full) found.erase(found.back().first);
        });
        return found;
    }

    [[nodiscard]] deferred<listed_lock> entry_of(handle one, std::uint8_t with) const {
        const object& its = book_->object_at(one);
        const auto delays = static_cast<std::uint32_t>(book_->objects().delays().of(one).size());
        deferred<listed_lock> made{std::string(its.name.view()),
                                   its.capacity,
                                   its.held().total(),
                                   its.waiting,
                                   delays,
                                   {},
                                   {}};
        if ((with & list_holders) != 0) {
            for_each_told(its.holders, [&](const place& at, const request& whose) {
                made.holders.push_back(
                    {session_of(whose), whose.tag, at.token, at.mode, at.count, at.permits});
            });
        }
        if ((with & list_waiters) != 0) {
            for_each_told(its.queue, [&](const place& at, const request& whose) {
                made.waiters.push_back(
                    {session_of(whose), whose.tag, whose.sequence, at.mode, at.permits});
            });
        }
        return made;
    }

    template <class Tell>
    void for_each_told(const chain& all, Tell&& tell) const {
        std::uint32_t left = told_of_each_lock;
        for (handle at = all.first; at != none && left > 0; at = book_->place_at(at).next, --left) {
            tell(book_->place_at(at), book_->request_of(at));
        }
    }

    [[nodiscard]] session_id session_of(const request& whose) const {
        return book_->client_at(whose.client).session;
    }

    const book<Rules>* book_;
    const access<Rules>* access_;
    std::string_view principal_;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
