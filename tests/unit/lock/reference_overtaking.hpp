// tests/unit/lock/reference_overtaking.hpp - who goes ahead of whom in the reference, and how often
// that may be.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/config.hpp>

#include "reference_requests.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

struct reference_overtaking {
    using request = reference_requests::request;

    /// Those who wait for something, in order.
    static std::vector<request*> queue_of(reference_requests& requests, const std::string& name) {
        std::vector<request*> found;
        for (request& one : requests.all) {
            const bool waits = one.name == name && one.is.state == lock::request_state::queued;
            if (waits) found.push_back(&one);
        }
        std::ranges::sort(found, [](const request* one, const request* other) {
            return reference_requests::goes_before(*one, *other);
        });
        return found;
    }

    static bool may_barge(reference_requests& requests, const std::string& name,
                          const lock::config& limits) {
        for (const request* one : queue_of(requests, name)) {
            if (reference_requests::is_upgrade(one->is)) return false;
            if (one->is.standing.bypassed >= limits.max_bypass) return false;
        }
        return true;
    }

    /// The first that is let past by all ahead of it, and finds enough permits; nullptr if there is
    /// none.
    static request* passing(reference_requests& requests, const std::string& name) {
        for (request* one : queue_of(requests, name)) {
            if (one->is.permits == 0) return nullptr;
            if (requests.has_permits(name, one->is.permits)) return one;
            if (!one->is.standing.lets_pass) return nullptr;
        }
        return nullptr;
    }
    static bool all_let_pass(reference_requests& requests, const std::string& name) {
        for (const request* one : queue_of(requests, name)) {
            if (!one->is.standing.lets_pass) return false;
        }
        return true;
    }

    /// Of those who wait for something so many, from the first on, are overtaken, wherever else
    /// they wait.
    static void count(reference_requests& requests, const std::string& name, std::size_t several,
                      const lock::config& limits) {
        const std::vector<request*> waiting = queue_of(requests, name);
        for (std::size_t i = 0; i < several && i < waiting.size(); ++i)
            count(requests, *waiting[i], limits);
    }
    static void count(reference_requests& requests, const request& overtaken,
                      const lock::config& limits) {
        for (request* place : requests.places_of(overtaken)) {
            lock::standing& its = place->is.standing;
            ++its.bypassed;
        }
        bound(requests, limits);
    }
    /// Whoever has been overtaken as often as may be lets nobody pass.
    static void bound(reference_requests& requests, const lock::config& limits) {
        for (request& one : requests.all) {
            lock::standing& its = one.is.standing;
            if (!its.lets_pass || its.bypassed < limits.max_bypass) continue;
            its.lets_pass = false;
            requests.suspect_all_at(one.name);
        }
    }

    /// Where a request for these stands that comes now: by priority behind all whom it may not
    /// overtake.
    static std::uint64_t rank(reference_requests& requests, const std::vector<std::string>& names,
                              const lock::terms& terms, std::uint64_t now,
                              const lock::config& limits) {
        const lock::policy by = requests.policies.at(names.front());
        if (by == lock::policy::fifo) return 0;
        if (by == lock::policy::phase_fair) return 1;
        std::uint64_t rank = now + (255U - terms.priority) * limits.aging_ms;
        for (const std::string& name : names) {
            for (const request* one : queue_of(requests, name)) {
                const lock::standing& its = one->is.standing;
                if (its.bypassed >= limits.max_bypass) rank = std::max(rank, its.rank);
            }
        }
        return rank;
    }
    /// Whoever waits for one of these and stands behind that rank is overtaken, once.
    static void count_behind(reference_requests& requests, const std::vector<std::string>& names,
                             std::uint64_t rank, const lock::config& limits) {
        std::map<position, request*> overtaken;
        for (const std::string& name : names) {
            for (request* one : queue_of(requests, name)) {
                if (one->is.standing.rank > rank) overtaken[one->is.at] = one;
            }
        }
        for (const auto& [at, one] : overtaken) count(requests, *one, limits);
    }

    /// Those who wait to read are served before all who wait to write.
    static void end_phase(reference_requests& requests, const std::string& name) {
        for (request* one : queue_of(requests, name)) {
            const bool is_reader = one->is.mode == lock::mode::shared;
            if (!is_reader || reference_requests::is_upgrade(one->is)) continue;
            if (std::exchange(one->is.standing.rank, 0) != 0) requests.suspects.insert(one->is.at);
        }
    }
};

}  // namespace synod::lock_test
