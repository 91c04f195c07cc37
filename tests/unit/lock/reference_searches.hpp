// tests/unit/lock/reference_searches.hpp - how far the reference looks for those who wait for each
// other, and what it finds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace synod::lock_test {

/// All searches of one input, over the locks as they are described. Requests are positions; each
/// hold, and each request ahead or of an owner, that is looked at costs one. (locks 3.7)
class reference_searches {
public:
    explicit reference_searches(std::uint32_t most)
        : most_(most), left_in_all_(std::uint64_t{64} * most) {}

    [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

    /// Of all who wait for each other with one of the suspects, who gives way. Whom nobody waits
    /// for is a suspect no more.
    std::optional<position> victim(std::vector<lock::lock_record> locks,
                                   std::set<position>& suspects) {
        locks_ = std::move(locks);
        list_places();
        std::optional<position> youngest;
        std::erase_if(suspects, [&](const position& one) {
            const auto found = places_.contains(one) ? victim_with(one) : std::nullopt;
            if (found && (!youngest || *found > *youngest)) youngest = found;
            return !found;
        });
        return youngest;
    }

private:
    struct place {
        const lock::lock_record* lock;
        std::size_t index;  // in its queue

        [[nodiscard]] const lock::request_record& record() const { return lock->queue[index]; }
    };

    void list_places() {
        places_.clear();
        waits_.clear();
        for (const lock::lock_record& lock : locks_) {
            for (std::size_t i = 0; i < lock.queue.size(); ++i) {
                places_[lock.queue[i].at].push_back({&lock, i});
                waits_[lock.queue[i].owner].insert(lock.queue[i].at);
            }
        }
    }
    [[nodiscard]] const lock::request_record& record_of(position one) const {
        return places_.at(one).front().record();
    }
    [[nodiscard]] const lock::terms& terms_of(position one) const {
        return record_of(one).standing.terms;
    }
    [[nodiscard]] bool is_wide(position one) const { return places_.at(one).size() > 1; }
    static bool is_upgrade(const lock::request_record& one) {
        return one.upgrades != fencing_token();
    }

    std::optional<position> victim_with(position one) {
        meets_all_ = terms_of(one).on_deadlock == lock::on_deadlock::lowest_priority;
        if (!search(one, one)) return std::nullopt;
        const std::set<position> reached = reached_;
        lock::on_deadlock by = terms_of(one).on_deadlock;
        for (const position& other : reached) {
            if (by != lock::on_deadlock::lowest_priority) break;
            const auto stricter = std::min(by, terms_of(other).on_deadlock);
            if (stricter != by && search(other, one)) by = stricter;
        }
        position victim = one;
        for (const position& other : reached) {
            if (is_rather(other, victim, by) && search(other, one)) victim = other;
        }
        return victim;
    }
    [[nodiscard]] bool is_rather(position one, position other, lock::on_deadlock by) const {
        const auto own = terms_of(one).priority;
        const auto others = terms_of(other).priority;
        if (by == lock::on_deadlock::lowest_priority && own != others) return own < others;
        return one > other;
    }

    bool search(position from, position to) {
        goal_ = to;
        is_found_ = false;
        const std::uint64_t given = std::min<std::uint64_t>(left_in_all_, most_);
        left_ = given;
        reached_ = {from};
        next_ = {from};
        for (std::size_t i = 0; i < next_.size() && left_ > 0; ++i) {
            for (const place& at : places_.at(next_[i])) look_from(at);
        }
        left_in_all_ -= given - left_;
        if (!is_found_ && left_ == 0) ++given_up_;
        return is_found_;
    }
    bool may_look() {
        if (left_ > 0) --left_;
        return left_ > 0;
    }
    void meet(position one) {
        is_found_ = is_found_ || one == goal_;
        if (reached_.insert(one).second) next_.push_back(one);
    }
    void meet(const lock::owner_id& owner) {
        is_found_ = is_found_ || owner == record_of(goal_).owner;
        const auto waits = waits_.find(owner);
        if (waits == waits_.end()) return;
        for (const position& one : waits->second) {
            if (may_look()) meet(one);
        }
    }
    [[nodiscard]] bool meets_all_of(const lock::lock_record& lock) const {
        return meets_all_ || lock.policy != lock::policy::fifo;
    }

    void look_from(const place& at) {
        if (at.lock->capacity != 0) return look_for_permits(at);
        const lock::mode wanted = most_wanted_ahead(at);
        for (const lock::request_record& hold : at.lock->holders) {
            if (!may_look()) return;
            lock::holding alone;
            alone.add(hold.mode, 0);
            const bool is_own = is_upgrade(at.record()) && hold.token == at.record().upgrades;
            if (!is_own && !lock::rules::is_compatible(alone, wanted)) meet(hold.owner);
        }
    }
    /// Meets those ahead who wait for something else as well, and of the others finds out how much
    /// they want.
    lock::mode most_wanted_ahead(const place& at) {
        const auto waits_elsewhere = [this](const lock::request_record& one) {
            return is_wide(one.at) || is_upgrade(one);
        };
        const auto& queue = at.lock->queue;
        auto to_meet = std::ranges::count_if(queue, waits_elsewhere);
        if (is_wide(at.record().at)) --to_meet;
        const bool has_writer = std::ranges::any_of(
            at.lock->holders, [](const auto& one) { return one.mode == lock::mode::exclusive; });
        lock::mode most = at.record().mode;
        for (std::size_t i = 0; i < at.index; ++i) {
            const bool is_most = most == lock::mode::exclusive || has_writer;
            if (to_meet == 0 && is_most && !meets_all_of(*at.lock)) break;
            if (!may_look()) break;
            if (waits_elsewhere(queue[i])) --to_meet;
            if (waits_elsewhere(queue[i]) || meets_all_of(*at.lock)) meet(queue[i].at);
            if (!is_upgrade(queue[i])) most = std::max(most, queue[i].mode);
        }
        return most;
    }

    /// Who of those ahead, and oneself, wants the most, and who of the other owners.
    std::vector<const lock::request_record*> greediest_ahead(const place& at) {
        const auto& queue = at.lock->queue;
        std::vector<const lock::request_record*> most{&at.record()};
        for (std::size_t i = 0; i < at.index; ++i) {
            const bool is_enough = most.size() > 1 && most[1]->permits >= at.lock->capacity;
            if ((is_enough && !meets_all_of(*at.lock)) || !may_look()) break;
            if (queue[i].standing.lets_pass) continue;
            if (meets_all_of(*at.lock)) meet(queue[i].at);
            keep_two(most, queue[i]);
        }
        return most;
    }
    static void keep_two(std::vector<const lock::request_record*>& most,
                         const lock::request_record& one) {
        if (one.owner == most[0]->owner) {
            if (one.permits > most[0]->permits) most[0] = &one;
        } else if (one.permits > most[0]->permits) {
            most.insert(most.begin(), &one);
        } else if (most.size() == 1 || one.permits > most[1]->permits) {
            most.insert(most.begin() + 1, &one);
        }
        if (most.size() > 2) most.pop_back();
    }

    void look_for_permits(const place& at) {
        const auto most = greediest_ahead(at);
        std::map<lock::owner_id, std::uint64_t> held;
        for (const lock::request_record& hold : at.lock->holders) {
            if (!may_look()) return;
            held[hold.owner] += hold.permits;
        }
        for (const auto& [owner, permits] : held) {
            const std::size_t other = owner == most[0]->owner ? 1 : 0;
            if (other >= most.size()) continue;
            if (permits + most[other]->permits <= at.lock->capacity) continue;
            if (owner == at.record().owner)
                meet(most[other]->at);
            else
                meet(owner);
        }
    }

    std::uint64_t most_;         // of one search
    std::uint64_t left_in_all_;  // of those to come
    std::uint64_t left_ = 0;
    std::uint64_t given_up_ = 0;
    bool meets_all_ = false;
    bool is_found_ = false;
    position goal_;
    std::vector<lock::lock_record> locks_;
    std::map<position, std::vector<place>> places_;       // of each who waits
    std::map<lock::owner_id, std::set<position>> waits_;  // of each owner
    std::set<position> reached_;
    std::vector<position> next_;
};

}  // namespace synod::lock_test
