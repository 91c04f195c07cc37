// synod/lock/detail/admission.hpp - what stands against a command, before anything is changed.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/grant_loop.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/log/session_config.hpp>

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Looks at a book, and at the limits, for those who are about to change it.
template <class Rules>
class admission {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using wanted_locks = deferred<ordered_map<std::string_view, mode>>;
    using reason = std::optional<deferred<refusal>>;

    admission(const book<Rules>& of, const lock::config& limits) : book_(&of), config_(&limits) {}

    /// Each lock once, in order of name, in the strongest of the modes that are asked for.
    [[nodiscard]] static wanted_locks in_order(const deferred<std::vector<wanted>>& asked) {
        wanted_locks sorted;
        for (const wanted& one : asked) {
            const auto [place, is_new] = sorted.emplace(one.name, one.mode);
            if (one.mode > place->second) place->second = one.mode;
        }
        return sorted;
    }

    [[nodiscard]] reason refusal_of(const deferred<acquire_all>& asked,
                                    const wanted_locks& sorted) const {
        if (sorted.empty()) return refusal::name_empty;
        for (const auto& [name, as] : sorted) {
            if (const auto why = refusal_of_name(name)) return why;
            if (is_semaphore(book_->objects().find(name))) return refusal::kind_mismatch;
        }
        const auto by = policy_of(asked, sorted);
        if (by == policy::phase_fair) return refusal::policy_mismatch;
        for (const auto& [name, as] : sorted) {
            if (!has_policy(book_->objects().find(name), by)) return refusal::policy_mismatch;
        }
        if (asked.hold_ttl_ms >= ttl_end_ms) return refusal::ttl_out_of_range;
        if (sorted.size() > config_->max_locks_per_request) return refusal::limit;
        if (asked.wait_ms > config_->max_wait_ms) return refusal::limit;
        return std::nullopt;
    }

    /// `found` is the semaphore of that name, or `none`.
    [[nodiscard]] reason refusal_of(const acquire_permits_view& asked, handle found) const {
        if (const auto why = refusal_of_name(asked.name)) return why;
        if (asked.hold_ttl_ms >= ttl_end_ms) return refusal::ttl_out_of_range;
        if ((asked.flags & ~known_permit_flags) != 0) return refusal::malformed;
        if (asked.wait_ms > config_->max_wait_ms) return refusal::limit;
        if (found == none && asked.capacity == 0) return refusal::unknown_lock;
        const std::uint32_t capacity =
            found == none ? asked.capacity : book_->object_at(found).capacity;
        const bool is_another = asked.capacity != 0 && asked.capacity != capacity;
        if (capacity == 0 || is_another) return refusal::kind_mismatch;
        const bool has_no_readers = asked.policy == policy::phase_fair;
        if (has_no_readers || !has_policy(found, asked.policy)) return refusal::policy_mismatch;
        if (asked.permits == 0 || asked.permits > capacity) return refusal::permits_out_of_range;
        return std::nullopt;
    }
    /// How long the lease of a hold is that asks for so much. (locks 3.12/12)
    [[nodiscard]] std::uint64_t clamp_ttl(std::uint64_t ttl_ms) const {
        const session_config& bounds = config_->sessions;
        if (ttl_ms < bounds.min_ttl_ms) return bounds.min_ttl_ms;
        return ttl_ms > bounds.max_ttl_ms ? bounds.max_ttl_ms : ttl_ms;
    }

    [[nodiscard]] bool is_semaphore(handle found) const {
        return found != none && book_->object_at(found).capacity != 0;
    }

    /// Whether an object has a policy, or may come into being with it.
    [[nodiscard]] bool has_policy(handle found, policy asked) const {
        return asked == policy::any || found == none || book_->object_at(found).policy == asked;
    }
    /// That of several locks: what is asked for, or else that of the first that exists.
    [[nodiscard]] policy policy_of(const deferred<acquire_all>& asked,
                                   const wanted_locks& sorted) const {
        if (asked.policy != policy::any) return asked.policy;
        for (const auto& [name, as] : sorted) {
            const handle found = book_->objects().find(name);
            if (found != none) return book_->object_at(found).policy;
        }
        return policy::fifo;
    }

    [[nodiscard]] reason refusal_of(const acquire_view& asked) const {
        if (const auto why = refusal_of_name(asked.name)) return why;
        if (asked.hold_ttl_ms >= ttl_end_ms) return refusal::ttl_out_of_range;
        if ((asked.flags & ~known_acquire_flags) != 0) return refusal::malformed;
        if (asked.wait_ms > config_->max_wait_ms) return refusal::limit;
        return std::nullopt;
    }

    /// Why a command may not do anything to the hold that it names.
    template <class Command>
    [[nodiscard]] reason refusal_of_hold(handle one, const Command& asked) const {
        if (one == none) return refusal::stale_token;
        if (!Rules::may_release(owner_of(one), {asked.stamp.session, asked.owner})) {
            return refusal::not_owner;
        }
        return std::nullopt;
    }

    /// Whether there is no room for so many more holds of a session, or for anything. (locks 3.8)
    [[nodiscard]] bool is_full_for(handle owner, std::size_t more) const {
        const detail::client& asker = book_->client_at(owner);
        const std::uint32_t held = asker.requested - asker.waiting;
        return !Rules::has_room(held, more, config_->max_holds_per_session) || is_full();
    }
    /// Whether the memory mark is reached. Without a mark nothing is reckoned.
    [[nodiscard]] bool is_full() const {
        const bool has_mark = config_->soft_memory_bytes != ~std::uint64_t{0};
        return has_mark && !Rules::has_room(book_->use().bytes(), 1, config_->soft_memory_bytes);
    }

    /// Whether a request for one lock would go beyond a limit. `lock` is none where it does not
    /// exist yet.
    [[nodiscard]] bool exceeds_limits(handle owner, handle lock, bool would_wait) const {
        const detail::client& asker = book_->client_at(owner);
        if (asker.requested >= config_->max_requests_per_session) return true;
        if (lock == none) return book_->objects().size() >= config_->max_locks;
        if (!would_wait) return false;
        return asker.waiting >= config_->max_waiting_per_session ||
               book_->object_at(lock).waiting >= config_->max_waiting_per_lock;
    }
    /// The same for several locks: each counts.
    [[nodiscard]] bool exceeds_limits(handle owner, const wanted_locks& sorted,
                                      bool would_wait) const {
        const detail::client& asker = book_->client_at(owner);
        if (sorted.size() > left_of(config_->max_requests_per_session, asker.requested))
            return true;
        std::size_t fresh = 0;
        for (const auto& [name, as] : sorted) {
            const handle lock = book_->objects().find(name);
            if (lock == none) {
                ++fresh;
            } else if (would_wait) {
                if (book_->object_at(lock).waiting >= config_->max_waiting_per_lock) return true;
            }
        }
        if (fresh > left_of(config_->max_locks, book_->objects().size())) return true;
        return would_wait &&
               sorted.size() > left_of(config_->max_waiting_per_session, asker.waiting);
    }
    [[nodiscard]] bool are_free(const wanted_locks& sorted) const {
        for (const auto& [name, as] : sorted) {
            if (!is_free(book_->objects().find(name), {as, 0})) return false;
        }
        return true;
    }
    [[nodiscard]] bool holds_any(const wanted_locks& sorted, const owner_id& owner) const {
        for (const auto& [name, as] : sorted) {
            if (hold_of(book_->objects().find(name), owner) != none) return true;
        }
        return false;
    }

    [[nodiscard]] bool is_free(handle found, const stake& wanted,
                               const client_uuid* reclaimer = nullptr) const {
        if (found == none) return true;
        const object& lock = book_->object_at(found);
        return lock.queue.empty() &&
               is_free_beside<Rules>(lock, book_->objects().obstacles(found, reclaimer), wanted);
    }

    /// Whether who asks may go ahead of all who wait for what is free beside those who hold it.
    /// Linear in those who wait.
    [[nodiscard]] bool may_barge(handle found, const stake& wanted,
                                 const client_uuid* reclaimer = nullptr) const {
        if (found == none || book_->upgrade_of(found) != none) return false;
        const object& lock = book_->object_at(found);
        const bool is_free =
            is_free_beside<Rules>(lock, book_->objects().obstacles(found, reclaimer), wanted);
        for (handle one = is_free ? lock.queue.first : none; one != none;
             one = book_->place_at(one).next) {
            const standing& its = book_->standing_of(book_->place_at(one).request);
            if (!Rules::may_be_overtaken(its.bypassed, config_->max_bypass)) return false;
        }
        return is_free;
    }
    /// Whether who asks for permits is let past by all who wait, and there are enough. Linear in
    /// those who wait.
    [[nodiscard]] bool may_pass(handle found, const stake& wanted) const {
        if (found == none) return false;
        const object& semaphore = book_->object_at(found);
        return who_blocks(*book_, semaphore.queue.first) == none &&
               is_free_beside<Rules>(semaphore, book_->objects().obstacles(found), wanted);
    }

    /// Whether a client may have back at once, ahead of all who wait, what it has lost there.
    [[nodiscard]] bool may_reclaim_at_once(handle lock, const client_uuid& client,
                                           mode asked) const {
        return lock != none && book_->objects().delays().covers(lock, client, asked) &&
               book_->upgrade_of(lock) == none &&
               Rules::is_compatible(book_->objects().obstacles(lock, &client), asked);
    }

    /// Whether a hold could be in another mode, as to all the others.
    [[nodiscard]] bool is_compatible_without(handle one, mode asked) const {
        const place& own = book_->place_at(one);
        holding others = book_->objects().obstacles(own.object);
        --others.in(own.mode);
        return Rules::is_compatible(others, asked);
    }

    [[nodiscard]] owner_id owner_of(handle one) const {
        return book_->owner_of(book_->place_at(one).request);
    }

    /// The strongest hold that an owner has of a lock, or `none`. Linear in the holders.
    [[nodiscard]] handle hold_of(handle lock, const owner_id& owner) const {
        handle strongest = none;
        if (lock == none) return none;
        for (handle one = book_->object_at(lock).holders.first; one != none;
             one = book_->place_at(one).next) {
            const bool is_stronger =
                strongest == none || book_->place_at(one).mode > book_->place_at(strongest).mode;
            if (is_stronger && owner_of(one) == owner) strongest = one;
        }
        return strongest;
    }

private:
    [[nodiscard]] reason refusal_of_name(std::string_view name) const {
        if (name.empty()) return refusal::name_empty;
        if (name.size() > config_->max_name_bytes) return refusal::name_too_long;
        return std::nullopt;
    }

    [[nodiscard]] static std::size_t left_of(std::size_t limit, std::size_t used) {
        return used < limit ? limit - used : 0;
    }

    const book<Rules>* book_;
    const lock::config* config_;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
