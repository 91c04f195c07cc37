// synod/testing/detail/waits.hpp - who waits for whom in a state of the lock table, found by
// looking at everything.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// The waiting requests of some locks, by position, and what each waits for. (locks 3.7)
class waits {
public:
    explicit waits(const std::vector<lock::lock_record>& locks) {
        for (const lock::lock_record& lock : locks) {
            for (const lock::request_record& one : lock.queue) {
                all_[one.at].owner = one.owner;
                of_[one.owner].insert(one.at);
            }
        }
        for (const lock::lock_record& lock : locks) {
            for (std::size_t i = 0; i < lock.queue.size(); ++i) look_at(lock, i);
        }
    }

    /// The youngest request that waits for itself, in however many steps, or for its owner.
    [[nodiscard]] std::optional<position> youngest_in_a_circle() const {
        std::optional<position> youngest;
        for (const auto& [at, one] : all_) {
            if (leads(at, at)) youngest = at;
        }
        return youngest;
    }

    /// Those who wait for each other: each of some has all others among those for whom it waits.
    [[nodiscard]] std::vector<std::set<position>> circles() const {
        std::vector<std::set<position>> found;
        std::set<position> seen;
        for (const auto& [at, one] : all_) {
            if (seen.contains(at) || !leads(at, at)) continue;
            std::set<position>& circle = found.emplace_back();
            for (const auto& [other, its] : all_) {
                if (leads(at, other) && leads(other, at)) circle.insert(other);
            }
            seen.insert(circle.begin(), circle.end());
        }
        return found;
    }

private:
    struct wait {
        lock::owner_id owner;
        std::set<position> requests;
        std::set<lock::owner_id> owners;
    };

    [[nodiscard]] static bool may_hold_beside(lock::mode held, lock::mode asked) {
        lock::holding others;
        others.add(held, 0);
        return lock::rules::is_compatible(others, asked);
    }

    void look_at(const lock::lock_record& lock, std::size_t place) {
        const lock::request_record& own = lock.queue[place];
        wait& its = all_[own.at];
        for (std::size_t i = 0; i <= place; ++i) {
            const lock::request_record& ahead = lock.queue[i];
            if (i < place && ahead.standing.lets_pass) continue;
            if (i < place) its.requests.insert(ahead.at);
            if (lock.capacity != 0) look_at_permits(lock, ahead, its);
            for (const lock::request_record& hold : lock.holders) {
                const bool is_own = hold.token == ahead.upgrades;
                if (lock.capacity != 0 || is_own || may_hold_beside(hold.mode, ahead.mode))
                    continue;
                its.owners.insert(hold.owner);
            }
        }
    }

    /// Only those are waited for without whose permits there are not enough, and nobody for itself.
    static void look_at_permits(const lock::lock_record& lock, const lock::request_record& ahead,
                                wait& its) {
        std::map<lock::owner_id, std::uint64_t> held;
        for (const lock::request_record& hold : lock.holders) held[hold.owner] += hold.permits;
        for (const auto& [owner, permits] : held) {
            const bool is_short = permits + ahead.permits > lock.capacity;
            if (owner != ahead.owner && is_short) its.owners.insert(owner);
        }
    }

    [[nodiscard]] std::set<position> reached_from(position one) const {
        std::set<position> reached{one};
        std::vector<position> next{one};
        while (!next.empty()) {
            const wait& its = all_.at(next.back());
            next.pop_back();
            const auto meet = [&](const std::set<position>& met) {
                for (const position at : met) {
                    if (reached.insert(at).second) next.push_back(at);
                }
            };
            meet(its.requests);
            for (const lock::owner_id& owner : its.owners) {
                if (of_.contains(owner)) meet(of_.at(owner));
            }
        }
        return reached;
    }

    /// Whether `from` waits for `to`, or for its owner.
    [[nodiscard]] bool leads(position from, position to) const {
        const std::set<position> reached = reached_from(from);
        return std::ranges::any_of(reached, [&](const position& at) {
            const wait& its = all_.at(at);
            return its.requests.contains(to) || its.owners.contains(all_.at(to).owner);
        });
    }

    std::map<position, wait> all_;
    std::map<lock::owner_id, std::set<position>> of_;
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
