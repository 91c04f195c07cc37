// synod/lock/detail/delays.hpp - lock-delays: what holds leave behind that have ended without being
// given back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/rules.hpp>
#include <synod/log/session.hpp>

#include <compare>
#include <cstddef>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The end of one lock-delay. Those of one moment end in the order of their tokens.
struct delay_end {
    log_time until;
    fencing_token token;
    handle object = none;

    friend auto operator<=>(const delay_end&, const delay_end&) = default;
};

/// Lock-delays by the object that they keep from others, in order of token. A client has one for
/// each mode of a lock, the one that ends last; of a semaphore one for each hold, so no more than
/// it has permits. Operations are logarithmic in the objects that have some, and linear in those of
/// one. `Delay` is lock::delay_record.
template <class Delay, class Rules>
class delays {
public:
    using list = std::vector<Delay>;

    void add(handle object, Delay one) {
        list& all = of_[object];
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (one.permits != 0 || all[i].client != one.client || all[i].mode != one.mode)
                continue;
            ends_.erase({all[i].until, all[i].token, object});
            if (all[i].until > one.until) one.until = all[i].until;
            if (all[i].token > one.token) one.token = all[i].token;
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
            break;
        }
        std::size_t at = all.size();
        while (at > 0 && one.token < all[at - 1].token) --at;
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), one);
        ends_.insert({one.until, one.token, object});
    }

    /// What stands in the way of whoever would hold the object; of this client only what others
    /// have left.
    [[nodiscard]] holding standing_at(handle object, const client_uuid* reclaimer) const {
        holding all;
        const auto found = of_.find(object);
        if (found == of_.end()) return all;
        for (const Delay& one : found->second) {
            if (reclaimer != nullptr && Rules::may_reclaim(one.client, *reclaimer)) continue;
            all.add(one.mode, one.permits);
        }
        return all;
    }

    /// Whether a client has lost the object in this mode, or in a stronger one.
    [[nodiscard]] bool covers(handle object, const client_uuid& client, mode asked) const {
        const auto found = of_.find(object);
        if (found == of_.end()) return false;
        for (const Delay& one : found->second) {
            if (Rules::may_reclaim(one.client, client) && Rules::covers(one.mode, asked))
                return true;
        }
        return false;
    }
    void end_those_of(handle object, const client_uuid& client) {
        end_if(object, [&](const Delay& one) { return Rules::may_reclaim(one.client, client); });
    }
    /// Ends those of one object that are over at `now`.
    void end_those_over(handle object, log_time now) {
        end_if(object, [now](const Delay& one) { return Rules::is_over(one.until, now); });
    }
    [[nodiscard]] bool has_any(handle object) const { return of_.contains(object); }

    /// The first to end, or nullptr.
    [[nodiscard]] const delay_end* first() const {
        return ends_.empty() ? nullptr : &*ends_.begin();
    }

    /// Calls `visit(object, list)` for every object that has some.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [object, all] : of_) visit(object, all);
    }
    [[nodiscard]] list of(handle object) const {
        const auto found = of_.find(object);
        return found == of_.end() ? list() : found->second;
    }

private:
    template <class Over>
    void end_if(handle object, Over&& is_over) {
        const auto found = of_.find(object);
        if (found == of_.end()) return;
        std::erase_if(found->second, [&](const Delay& one) {
            if (!is_over(one)) return false;
            const std::size_t gone = ends_.erase({one.until, one.token, object});
            SYNOD_ASSERT(gone == 1);
            static_cast<void>(gone);
            return true;
        });
        if (found->second.empty()) of_.erase(found);
    }

    ordered_map<handle, list> of_;
    ordered_set<synod::detail::deferred<delay_end, Delay>> ends_;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
