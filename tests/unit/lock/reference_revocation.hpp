// tests/unit/lock/reference_revocation.hpp - the holds that the reference is to end by force, as a
// list to look through.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include "reference_requests.hpp"

#include <algorithm>
#include <cstdint>
#include <list>
#include <vector>

namespace synod::lock_test {

struct reference_revocation {
    /// The one that is over first, of those of one moment the one with the smallest token; nullptr
    /// is none.
    lock::forced_end* first() {
        lock::forced_end* found = nullptr;
        for (lock::forced_end& one : all) {
            const bool is_before = found == nullptr || one.deadline < found->deadline ||
                                   (one.deadline == found->deadline && one.token < found->token);
            if (is_before) found = &one;
        }
        return found;
    }
    lock::forced_end* of(fencing_token token) {
        for (lock::forced_end& one : all) {
            if (one.token == token) return &one;
        }
        return nullptr;
    }
    /// The earliest that was ever asked for counts.
    void add(const lock::forced_end& fresh) {
        lock::forced_end* const known = of(fresh.token);
        if (known == nullptr) return all.push_back(fresh);
        if (fresh.deadline.milliseconds() < known->deadline.milliseconds()) *known = fresh;
    }
    void rename(fencing_token old, fencing_token fresh) {
        if (lock::forced_end* const known = of(old)) known->token = fresh;
    }
    /// Of those that are held no longer nothing is left.
    void forget_all_but(const std::list<reference_requests::request>& requests) {
        all.remove_if([&](const lock::forced_end& one) {
            return std::ranges::none_of(
                requests, [&](const auto& other) { return other.is.token == one.token; });
        });
    }
    [[nodiscard]] std::vector<lock::forced_end> sorted() const {
        std::vector<lock::forced_end> found(all.begin(), all.end());
        std::ranges::sort(found, {}, &lock::forced_end::token);
        return found;
    }

    std::list<lock::forced_end> all;
};

/// Whether a request to give back makes sense, and if not, why.
inline const lock::refusal* complaint_about(const lock::request_revoke& asked) {
    static constexpr lock::refusal complaints[] = {
        lock::refusal::malformed, lock::refusal::name_empty, lock::refusal::ttl_out_of_range,
        lock::refusal::limit};
    if (asked.token.value() != 0 && !asked.name.empty()) return &complaints[0];
    if (asked.token.value() == 0 && asked.name.empty()) return &complaints[1];
    if (asked.grace_ms >> 63U != 0) return &complaints[2];
    return asked.reason.size() > 256 ? &complaints[3] : nullptr;
}

}  // namespace synod::lock_test
