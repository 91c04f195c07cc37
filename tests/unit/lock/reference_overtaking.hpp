// tests/unit/lock/reference_overtaking.hpp - who goes ahead of whom in the reference, and how often that may be.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/config.hpp>

#include "reference_requests.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace synod::lock_test {

struct reference_overtaking {
    using request = reference_requests::request;

    /// Those who wait for something, in order.
    static std::vector<request*> queue_of(reference_requests& requests, const std::string& name) {
        std::vector<request*> found;
        for (request& one : requests.all) {
            const bool waits = one.name == name && one.is.state == lock::request_state::queued;
            if (waits && reference_requests::is_upgrade(one.is)) found.insert(found.begin(), &one);
            if (waits && !reference_requests::is_upgrade(one.is)) found.push_back(&one);
        }
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

    /// The first that is let past by all ahead of it, and finds enough permits; nullptr if there is none.
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

    /// Of those who wait for something so many, from the first on, are overtaken, wherever else they wait.
    static void count(reference_requests& requests, const std::string& name, std::size_t several,
                      const lock::config& limits) {
        const std::vector<request*> waiting = queue_of(requests, name);
        for (std::size_t i = 0; i < several && i < waiting.size(); ++i) {
            for (request* place : requests.places_of(*waiting[i])) {
                lock::standing& its = place->is.standing;
                ++its.bypassed;
                its.lets_pass = its.lets_pass && its.bypassed < limits.max_bypass;
            }
        }
    }
};

}  // namespace synod::lock_test
