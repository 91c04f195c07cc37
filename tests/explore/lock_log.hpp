// tests/explore/lock_log.hpp - replicas of the lock table that apply one log, and the ledger that
// looks on.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/invariant.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/log_time.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/lock_ledger.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

/// All replicas after some entry of the log. States share it, for nobody changes it.
template <class Table>
struct lock_moment {
    std::vector<Table> replicas;
    synod::log_clock clock;  // the same at all of them
    synod::testing::lock_ledger ledger;
    bool is_ahead = false;             // the own clock of the last replica
    synod::lock::state state;          // of the first replica
    synod::fingerprint_value print{};  // of all above

    // What the newest input has brought about.
    synod::bytes reply{};
    std::vector<synod::lock::event> events{};
    std::string_view broken{};  // the first claim that it breaks
};

/// Replicas that apply every entry at the same time. Each function returns what they come to, and
/// leaves where they were alone. What is called the own clock of a replica is for those that look
/// at it and ought not to.
template <class Suite>
class lock_log {
public:
    using table = typename Suite::table;
    using moment = lock_moment<table>;
    using moment_ptr = std::shared_ptr<const moment>;

    explicit lock_log(const synod::lock::config& config) : config_(config) {}

    [[nodiscard]] moment_ptr begin(std::size_t replicas, synod::ballot leader) const {
        auto first = std::make_shared<moment>();
        for (std::size_t i = 0; i < replicas; ++i) first->replicas.push_back(make_table());
        return take_over(*first, leader);
    }

    [[nodiscard]] moment_ptr apply(const moment& here, synod::position at,
                                   synod::bytes_view command) const {
        auto next = successor(here);
        const synod::apply_context context{at, here.clock.now()};
        bool is_alike = true;
        for_each_replica(*next, [&](table& one, std::size_t index) {
            synod::bytes reply;
            synod::byte_writer out(reply);
            one.apply(context, command, out);
            if (index == 0)
                next->reply = std::move(reply);
            else if (reply != next->reply)
                is_alike = false;
        });
        finish(*next);
        next->broken = next->ledger.applied(here.state, command, next->reply, next->state);
        if (next->broken.empty() && !is_alike) next->broken = "replicas_agree";
        return sealed(std::move(next));
    }

    /// An entry of the leader `origin` carries so much time.
    [[nodiscard]] moment_ptr pass_time(const moment& here, synod::ballot origin,
                                       std::uint32_t elapsed_ms) const {
        auto next = successor(here);
        next->clock.advance(origin, elapsed_ms, elapsed_ms, rules_);
        if (next->clock.now() > here.clock.now()) {
            const synod::log_time to = next->clock.now();
            for_each_replica(*next, [to](table& one, std::size_t) { one.advance(to); });
        }
        finish(*next);
        next->broken = next->ledger.advanced(here.state, next->state);
        return sealed(std::move(next));
    }

    /// The first entry of a leader.
    [[nodiscard]] moment_ptr take_over(const moment& here, synod::ballot leader) const {
        auto next = successor(here);
        if (next->clock.take_over(leader, rules_)) {
            for_each_replica(*next, [leader](table& one, std::size_t) { one.new_leader(leader); });
        }
        finish(*next);
        next->broken = next->ledger.led(here.state, next->state);
        return sealed(std::move(next));
    }

    /// The first replica goes on from its snapshot.
    [[nodiscard]] moment_ptr restore(const moment& here) const {
        auto next = successor(here);
        synod::bytes kept;
        synod::byte_writer out(kept);
        here.replicas.front().snapshot(out);
        synod::byte_reader in(kept);
        table fresh = make_table();
        const bool is_restored = !fresh.restore(in);
        next->replicas.front() = std::move(fresh);
        finish(*next);
        if (!is_restored)
            next->broken = "snapshots_are_restored";
        else if (!(next->replicas.front() == here.replicas.front()))
            next->broken = "restored_state_is_the_state";
        return sealed(std::move(next));
    }

    /// The own clock of the last replica jumps ahead of all others.
    [[nodiscard]] moment_ptr jump(const moment& here) const {
        auto next = successor(here);
        next->is_ahead = true;
        finish(*next);
        return sealed(std::move(next));
    }

private:
    /// More than any lease.
    static constexpr std::uint64_t ahead_ms = 3'600'000;

    [[nodiscard]] table make_table() const {
        auto made = table::make(config_);
        if (!made) throw std::logic_error("a lock table cannot be made as the world asks");
        return std::move(*made);
    }

    [[nodiscard]] static std::shared_ptr<moment> successor(const moment& here) {
        auto next = std::make_shared<moment>();
        next->replicas = here.replicas;
        next->clock = here.clock;
        next->ledger = here.ledger;
        next->is_ahead = here.is_ahead;
        return next;
    }

    template <class Act>
    static void for_each_replica(moment& here, Act&& act) {
        for (std::size_t i = 0; i < here.replicas.size(); ++i) {
            const bool is_ahead = here.is_ahead && i + 1 == here.replicas.size();
            Suite::show_own_clock(is_ahead ? ahead_ms : 0);
            act(here.replicas[i], i);
        }
    }

    static void finish(moment& next) {
        next.state = next.replicas.front().describe();
        next.ledger.limit_bypass(next.replicas.front().config().max_bypass);
        next.replicas.front().drain_events(
            [&next](const synod::lock::event& told) { next.events.push_back(told); });
        for (std::size_t i = 1; i < next.replicas.size(); ++i) {
            next.replicas[i].drain_events([](const synod::lock::event&) {});
        }
    }

    [[nodiscard]] static moment_ptr sealed(std::shared_ptr<moment> next) {
        synod::fingerprinter sink;
        const auto first = synod::fingerprint_of(next->replicas.front());
        sink.add(first.high);
        sink.add(first.low);
        for (std::size_t i = 1; i < next->replicas.size(); ++i) {
            const bool agrees = synod::fingerprint_of(next->replicas[i]) == first;
            if (!agrees && next->broken.empty()) next->broken = "replicas_agree";
        }
        sink.add(next->clock);
        sink.add(next->ledger);
        sink.add(next->is_ahead);
        next->print = sink.value();
        return next;
    }

    synod::lock::config config_;
    typename Suite::log_rules rules_;
};

}  // namespace explore
