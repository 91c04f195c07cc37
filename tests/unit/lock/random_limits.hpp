// tests/unit/lock/random_limits.hpp - the limits that random histories run into, and others around
// those.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/prng.hpp>
#include <synod/lock/config.hpp>

#include <cstdint>

namespace synod::lock_test {

/// Limits that a random history runs into.
inline lock::config tight_limits() {
    lock::config config;
    config.sessions = {.min_ttl_ms = 30,
                       .max_ttl_ms = 150,
                       .grace_ms = 40,
                       .max_extensions = 2,
                       .max_sessions = 6,
                       .max_outstanding = 8,
                       .reserved_outstanding = 6};
    config.max_locks = 3;
    config.max_locks_per_request = 3;
    config.max_requests_per_session = 5;
    config.max_waiting_per_session = 4;
    config.max_waiting_per_lock = 4;
    config.max_reentrancy = 2;
    config.max_name_bytes = 100;
    config.max_lock_delay_ms = 80;
    config.max_meta_bytes = 20;
    config.max_access_rules = 4;
    config.max_bypass = 2;
    config.aging_ms = 10;
    config.values = {.max_values = 3,
                     .max_value_bytes = 20,
                     .max_operations = 4,
                     .max_total_bytes = 24,
                     .max_candidate_bytes = 10};
    config.watch = {.max_changes = 8, .max_page = 3, .max_change_bytes = 30};
    config.gates = {.max_gates = 3, .max_parties = 4, .max_members = 5};
    return config;
}

/// Draws limits for set_limits.
class random_limits {
public:
    explicit random_limits(prng& random) : random_(&random) {}

    /// Around the tight ones, each a little more or less; rarely limits that make no sense.
    lock::config next() {
        lock::config all = tight_limits();
        all.sessions.max_sessions = around(2);
        all.sessions.max_outstanding = around(4);
        all.sessions.max_ttl_ms = 100 + around(0);
        all.max_locks = around(1);
        all.max_requests_per_session = around(2);
        all.max_holds_per_session = around(1);
        all.max_waiting_per_session = around(1);
        all.max_waiting_per_lock = around(1);
        all.max_sessions_per_principal = around(1);
        all.max_lock_delay_ms = around(0);
        all.max_reentrancy = around(1);
        all.max_locks_per_request = around(1);
        all.max_name_bytes = around(1);
        if (random_->below(3) == 0) all.max_wait_ms = around(10);
        all.max_meta_bytes = around(0);
        all.max_access_rules = around(0);
        all.max_bypass = static_cast<std::uint32_t>(random_->below(4));
        all.aging_ms = around(0);
        if (random_->below(2) == 0) all.max_cycle_search = around(0);
        set_beside_locks(all);
        if (random_->below(3) == 0) all.soft_memory_bytes = 1'000 + random_->below(4'000);
        all.tokens_after = fencing_token(random_->below(9));
        if (random_->below(20) == 0) all.max_locks = 0;
        return all;
    }

private:
    /// So much, or a little more, or rarely much more.
    std::uint32_t around(std::uint64_t least) {
        return static_cast<std::uint32_t>(least + random_->below(random_->below(4) == 0 ? 60 : 6));
    }

    void set_beside_locks(lock::config& all) {
        all.values = {.max_values = around(0),
                      .max_value_bytes = around(0),
                      .max_operations = around(2),
                      .max_total_bytes = 10 + around(0),
                      .max_candidate_bytes = around(0)};
        all.watch = {
            .max_changes = around(0), .max_page = around(1), .max_change_bytes = around(5)};
        all.gates = {.max_gates = around(0), .max_parties = around(1), .max_members = around(1)};
    }

    prng* random_;
};

}  // namespace synod::lock_test
