// synod/testing/simulation_settings.hpp - what differs from one simulated run to the next beside
// its faults: sizes, times and bounds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/config.hpp>
#include <synod/lock/config.hpp>
#include <synod/log/policy.hpp>
#include <synod/testing/stage.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::testing {

/// How much has to happen in a run.
struct simulation_size {
    std::uint64_t operations = 500;         // of clients
    std::uint64_t faults = 20;              // without common ones
    duration longest_chaos = seconds(600);  // of virtual time
    duration patience = seconds(120);       // for all to come right after healing
};

/// Small windows, short leases and answers in part, so that what is rare elsewhere is common here.
struct simulation_settings {
    /// Draws everything. What a seed means hangs on the order of the draws.
    [[nodiscard]] static simulation_settings draw(stage& run) {
        simulation_settings drawn;
        drawn.replicas = 3 + static_cast<std::uint32_t>(run.random.below(5));
        drawn.clients = 3 + static_cast<std::uint32_t>(run.random.below(most_clients - 2));
        drawn.draw_log(run);
        drawn.draw_leases(run);
        drawn.clocks_are_lawful =
            !run.faults.contains(fault::clock_jump) && !run.faults.contains(fault::clock_freeze);
        drawn.is_over_budget = run.random.below(32) == 0 && run.faults.contains(fault::bit_flip);
        return drawn;
    }

    static constexpr std::uint32_t most_clients = 6;

    std::uint32_t replicas = 3;
    std::uint32_t clients = 3;
    log_limits limits{};
    lock::config table{};
    client_config client{};
    bool clocks_are_lawful = true;  // they drift by no more than clients were told
    bool is_over_budget = false;    // more disks are lost than a majority can do without

private:
    void draw_log(stage& run) {
        limits.election_timeout = run.between(milliseconds(120), milliseconds(400));
        limits.heartbeat_interval = limits.election_timeout / 4;
        limits.window = 1 + run.random.below(32);
        limits.batch_commands = 1 + static_cast<std::uint32_t>(run.random.below(8));
        limits.votes_per_answer = 1 + run.random.below(64);
        limits.max_step_ms = 250;
    }

    void draw_leases(stage& run) {
        table.sessions.min_ttl_ms = 1'000;
        table.sessions.grace_ms = 1'000;
        table.watch.max_changes = 16;  // all of them are looked at after every input
        client.ttl = run.between(seconds(1), seconds(3));
        if (run.flip(25)) client.lock_delay = run.between(milliseconds(50), milliseconds(500));
        client.first_retry = milliseconds(20);
        client.longest_retry = milliseconds(400);
        client.patience = seconds(5);
    }
};

}  // namespace synod::inline SYNOD_ABI::testing
