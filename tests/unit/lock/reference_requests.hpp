// tests/unit/lock/reference_requests.hpp - the requests of the reference as one list, and
// everything that is found by looking through it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/config.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/detail/waits.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

struct reference_requests {
    struct request {
        lock::request_record is;
        std::string name;
        bool passes_the_queue = false;
        std::uint64_t gate = 0;  // where it waits, if it is not for a lock; then it has no name
        bool barges = false;
    };
    /// A lock-delay, and what it keeps others from.
    struct ghost {
        lock::delay_record is;
        std::string name;
    };
    using state = lock::request_state;

    request* find(session_id id, std::uint64_t sequence) {
        for (request& one : all) {
            if (one.is.owner.session == id && one.is.sequence == sequence) return &one;
        }
        return nullptr;
    }
    /// What the request of `one` has to do with each of its locks, in order of name.
    std::vector<request*> places_of(const request& one) {
        std::vector<request*> found;
        for (request& other : all) {
            if (other.is.at == one.is.at) found.push_back(&other);
        }
        return found;
    }
    template <class Claim>
    [[nodiscard]] std::uint64_t count(Claim claim) const {
        std::uint64_t found = 0;
        for (const request& one : all) found += claim(one) ? 1U : 0U;
        return found;
    }

    request* held(fencing_token token) {
        for (request& one : all) {
            if (one.is.state == state::granted && one.is.token == token) return &one;
        }
        return nullptr;
    }
    /// The strongest hold of an owner, of those the first.
    request* held(const std::string& name, const lock::owner_id& owner) {
        request* strongest = nullptr;
        for (const request& one : by_token(name)) {
            if (one.is.owner != owner) continue;
            if (strongest == nullptr || one.is.mode > strongest->is.mode)
                strongest = held(one.is.token);
        }
        return strongest;
    }
    [[nodiscard]] std::vector<request> by_token(const std::string& name) const {
        std::vector<request> found;
        for (const request& one : all) {
            if (one.name == name && one.is.state == state::granted) found.push_back(one);
        }
        std::ranges::sort(found, {}, [](const request& one) { return one.is.token; });
        return found;
    }
    static bool is_upgrade(const lock::request_record& one) {
        return one.upgrades != fencing_token();
    }

    /// Whether two may hold at a time.
    static bool go_together(lock::mode one, lock::mode other) {
        if (one == lock::mode::exclusive || other == lock::mode::exclusive) return false;
        return one == lock::mode::shared || other == lock::mode::shared;
    }
    [[nodiscard]] bool exists(const std::string& name) const {
        const auto is_here = [&](const ghost& one) { return one.name == name; };
        return std::ranges::any_of(ghosts, is_here) ||
               count([&](const request& one) {
                   return one.name == name &&
                          (one.is.state == state::granted || one.is.state == state::queued);
               }) > 0;
    }
    /// What the name stands for: of a semaphore, how many permits; of a lock, and of nothing, zero.
    [[nodiscard]] std::uint32_t capacity_of(const std::string& name) const {
        const auto has_permits = [&](const auto& one) {
            return one.name == name && one.is.permits > 0;
        };
        return count(has_permits) > 0 || std::ranges::any_of(ghosts, has_permits)
                   ? capacities.at(name)
                   : 0;
    }
    /// Whether so many permits are left.
    [[nodiscard]] bool has_permits(const std::string& name, std::uint32_t asked) const {
        std::uint64_t held = asked;
        for (const request& one : by_token(name)) held += one.is.permits;
        for (const ghost& one : ghosts) held += one.name == name ? one.is.permits : 0;
        return held <= capacities.at(name);
    }
    /// Whether nothing is in the way, but for a hold that is to be replaced and what a client has
    /// left itself.
    bool fits(const std::string& name, lock::mode asked, fencing_token replaced,
              const client_uuid* reclaimer = nullptr) {
        for (const ghost& one : ghosts) {
            const bool is_own = reclaimer != nullptr && one.is.client == *reclaimer;
            if (one.name == name && !is_own && !go_together(one.is.mode, asked)) return false;
        }
        for (const request& one : by_token(name)) {
            if (one.is.token != replaced && !go_together(one.is.mode, asked)) return false;
        }
        return true;
    }
    /// Who waits for a lock and is next.
    request* front(const std::string& name) {
        request* first = nullptr;
        for (request& one : all) {
            if (one.name != name || one.is.state != state::queued) continue;
            if (one.passes_the_queue) return &one;
            if (first == nullptr || goes_before(one, *first)) first = &one;
        }
        return first;
    }

    /// Whether one of two is served first.
    static bool goes_before(const request& one, const request& other) {
        if (is_upgrade(one.is) || is_upgrade(other.is)) return is_upgrade(one.is);
        return std::pair(one.is.standing.rank, one.is.at) <
               std::pair(other.is.standing.rank, other.is.at);
    }
    [[nodiscard]] lock::policy policy_of(const std::string& name) const {
        return exists(name) ? policies.at(name) : lock::policy::any;
    }

    [[nodiscard]] bool is_over_limits(const lock::config& limits,
                                      const std::vector<std::string>& names, session_id self,
                                      bool would_wait) const {
        const auto own = count([&](const request& one) { return one.is.owner.session == self; });
        std::set<std::string> locks;
        for (const request& one : all) {
            const bool is_over = one.is.state != state::granted && one.is.state != state::queued;
            if (!is_over && one.gate == 0) locks.insert(one.name);
        }
        for (const ghost& one : ghosts) locks.insert(one.name);
        const auto waiting = count([&](const request& one) {
            return one.is.owner.session == self && one.is.state != state::granted;
        });
        if (own + names.size() > limits.max_requests_per_session) return true;
        const std::size_t existing = locks.size();
        for (const std::string& name : names) {
            const auto queue = count([&](const request& one) {
                return one.name == name && one.is.state == state::queued;
            });
            if (would_wait && queue >= limits.max_waiting_per_lock) return true;
            locks.insert(name);
        }
        if (locks.size() > existing && locks.size() > limits.max_locks) return true;
        return would_wait && waiting + names.size() > limits.max_waiting_per_session;
    }

    /// Whoever may wait for itself since something has changed.
    void suspect_waits_of(const lock::owner_id& owner) {
        for (const request& one : all) {
            if (one.is.owner == owner && waits_for_lock(one)) suspects.insert(one.is.at);
        }
    }
    void suspect_all_at(const std::string& name) {
        for (const request& one : all) {
            if (one.name == name && waits_for_lock(one)) suspects.insert(one.is.at);
        }
    }
    static bool waits_for_lock(const request& one) {
        return one.gate == 0 && one.is.state == state::queued;
    }

    /// Of those who wait for each other one gives way: of the lowest priority if all would have it
    /// so, and of those the youngest. Of those who give way in several circles, the youngest.
    [[nodiscard]] std::optional<position> victim() const {
        std::map<position, lock::terms> terms;
        for (const request& one : all) terms[one.is.at] = one.is.standing.terms;
        std::optional<position> youngest;
        for (const std::set<position>& circle : synod::testing::detail::waits(locks()).circles()) {
            std::vector<position> lowest(circle.begin(), circle.end());
            if (std::ranges::all_of(lowest, [&](const position& one) {
                    return terms[one].on_deadlock == lock::on_deadlock::lowest_priority;
                })) {
                std::uint8_t least = 255;
                for (const position& one : circle) least = std::min(least, terms[one].priority);
                std::erase_if(lowest,
                              [&](const position& one) { return terms[one].priority > least; });
            }
            if (!youngest || lowest.back() > *youngest) youngest = lowest.back();
        }
        return youngest;
    }

    /// What is held, waited for, or kept from others, in order of name.
    [[nodiscard]] std::vector<lock::lock_record> locks() const {
        std::map<std::string, lock::lock_record> by_name;
        std::list<request> sorted = all;
        sorted.sort(goes_before);
        for (const request& one : sorted) {
            if (one.gate != 0) continue;
            if (one.is.state == state::granted) by_name[one.name].holders.push_back(one.is);
            if (one.is.state == state::queued) by_name[one.name].queue.push_back(one.is);
        }
        for (const ghost& one : ghosts) by_name[one.name].delays.push_back(one.is);
        std::vector<lock::lock_record> found;
        for (auto& [name, record] : by_name) {
            record.name = name;
            record.capacity = capacity_of(name);
            record.policy = policy_of(name);
            std::ranges::sort(record.holders, {}, &lock::request_record::token);
            std::ranges::sort(record.delays, {}, &lock::delay_record::token);
            found.push_back(record);
        }
        return found;
    }

    std::list<request> all;  // in order of arrival
    std::list<ghost> ghosts;
    std::set<position> suspects;  // who may wait for themselves; empty between inputs
    std::map<std::string, std::uint32_t> capacities;  // of semaphores, also of those that are gone
    std::map<std::string, lock::policy> policies;     // also of those that are gone
};

}  // namespace synod::lock_test
