// synod/testing/simulation.hpp - one run of a simulated lock service: a seed decides all of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/fenced_lock_model.hpp>
#include <synod/testing/fenced_resource.hpp>
#include <synod/testing/lock_audit.hpp>
#include <synod/testing/lock_suite.hpp>
#include <synod/testing/nemesis.hpp>
#include <synod/testing/oracle.hpp>
#include <synod/testing/simulated_client.hpp>
#include <synod/testing/simulated_ending.hpp>
#include <synod/testing/simulated_network.hpp>
#include <synod/testing/simulated_rogue.hpp>
#include <synod/testing/simulated_server.hpp>
#include <synod/testing/simulation_settings.hpp>
#include <synod/testing/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Three to seven replicas, their clients, and everything between them, on virtual time.
template <class Suite, class Disk>
class simulation {
public:
    using network_type = simulated_network<typename Suite::message>;
    using server_type = simulated_server<Suite, network_type, Disk>;
    using client_type = simulated_client<Suite, network_type>;
    using rogue_type = simulated_rogue<Suite, network_type>;

    simulation(stage& run, const simulation_size& size)
        : simulation(run, size, simulation_settings::draw(run)) {}
    /// With settings of the caller's choice.
    simulation(stage& run, const simulation_size& size, const simulation_settings& settings)
        : stage_(run),
          size_(size),
          settings_(settings),
          network_(run, settings_.replicas + settings_.clients + 1),
          oracle_(run, Suite::make_watched_quorums(node_set::first(settings_.replicas))),
          auditor_(run),
          resource_(run, locks),
          servers_setting_{run,     network_,           oracle_,          auditor_,
                           cluster, settings_.replicas, settings_.limits, settings_.table},
          clients_setting_{run, network_, resource_, auditor_, history_, cluster},
          nemesis_(run, *this) {
        clients_setting_.config = settings_.client;
        clients_setting_.table = settings_.table;
        clients_setting_.locks = locks;
        for (const node_id self : node_set::first(settings_.replicas)) add_server(self);
        for (std::uint32_t i = 0; i < settings_.clients; ++i) add_client(actor_of_client(i));
        rogue_ = std::make_unique<rogue_type>(clients_setting_, actor_of_client(settings_.clients));
        if (!has_rogue()) rogue_at_ = instant::never();
    }
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    /// Faults until enough has happened, then the end of it: see simulated_ending.hpp.
    void perform() {
        while (!stage_.is_violated() && !has_had_enough()) step();
        simulated_ending<simulation> end(stage_, *this, size_);
        end.perform();
        is_judged_ = end.is_judged();
    }

    /// Whatever happens next happens.
    void step() {
        ++events_;
        instant next = earlier(network_.next_due(), earlier(nemesis_.wake(), resource_.next_due()));
        next = earlier(next, earlier(rogue_at_, read_at_));
        server_type* server = nullptr;
        client_type* client = nullptr;
        for (const auto& one : servers_) {
            if (one->wake() < next) next = one->wake(), server = one.get();
        }
        for (const auto& one : clients_) {
            if (one->wake() < next) next = one->wake(), client = one.get();
        }
        pass_time(next);
        if (client != nullptr) return client->attend();
        if (server != nullptr) return server->attend();
        if (network_.next_due() == next) return deliver();
        if (resource_.next_due() == next) return resource_.attend();
        if (rogue_at_ == next) return go_rogue();
        if (read_at_ == next) return read();
        nemesis_.attend();
    }

    // What its end takes.

    /// No fault strikes any more, and nothing stands in the way of a message.
    void calm() {
        stage_.faults = {};
        nemesis_.stop();
        rogue_at_ = instant::never();
        for (const auto& one : servers_) one->disk().relent();
        network_.heal();
    }
    /// More disks are damaged than a majority can do without.
    void overdo() { nemesis_.overdo(); }
    /// From here on clients ask without a rest and hold for no time, or do not.
    void set_hurry(bool hurries) { clients_setting_.hurries = hurries; }

    [[nodiscard]] const simulation_settings& settings() const { return settings_; }
    [[nodiscard]] const fenced_lock_model::history_type& history() const { return history_; }
    /// Every slot below is chosen.
    [[nodiscard]] slot chosen_below() const { return oracle_.chosen_below(); }

    // What the nemesis may lay hands on.
    [[nodiscard]] auto& servers() { return servers_; }
    [[nodiscard]] auto& clients() { return clients_; }
    [[nodiscard]] network_type& network() { return network_; }
    [[nodiscard]] duration lease() const { return clients_setting_.config.ttl; }
    [[nodiscard]] bool is_lawful() const { return settings_.clocks_are_lawful; }
    [[nodiscard]] std::int64_t drift_per_million() const {
        return clients_setting_.config.drift_per_million;
    }

    [[nodiscard]] std::uint64_t operations() const { return clients_setting_.operations; }
    [[nodiscard]] const lock_auditor& auditor() const { return auditor_; }
    /// Whether the search for an order of events came to an end. False if a promise was broken
    /// before.
    [[nodiscard]] bool is_judged() const { return is_judged_; }
    [[nodiscard]] bool is_over_budget() const { return settings_.is_over_budget; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    static constexpr std::size_t locks = 3;
    static constexpr cluster_id cluster{7};

    /// No more happens at one instant than actors that wait for anything can bring about.
    void pass_time(instant next) {
        if (stage_.now < next) {
            stage_.now = next;
            events_at_once_ = 0;
        } else if (++events_at_once_ > most_at_once) {
            stage_.violate("time_goes_on: n" + to_string(stage_.acting) + " acts without an end");
        }
    }

    [[nodiscard]] virtual_clock new_clock(node_id owner) {
        stage_.acting = owner;
        virtual_clock made(stage_.now, instant(seconds(1'000).nanoseconds()));
        if (stage_.strikes(fault::clock_offset, 800'000)) {
            made.jump(stage_.now, stage_.between(seconds(0), seconds(100'000)));
        }
        return made;
    }

    [[nodiscard]] node_id actor_of_client(std::uint32_t index) const {
        return node_id(settings_.replicas + index);
    }

    void add_server(node_id self) {
        clients_setting_.replicas.push_back(self);
        servers_.push_back(std::make_unique<server_type>(servers_setting_, self, new_clock(self)));
        servers_.back()->start();
    }

    void add_client(node_id self) {
        clients_.push_back(std::make_unique<client_type>(clients_setting_, self, new_clock(self)));
        clients_.back()->on_grant([this](const client_type& holder) { check_exclusion(holder); });
    }

    [[nodiscard]] bool has_rogue() const {
        return stage_.faults.contains(fault::reused_session) ||
               stage_.faults.contains(fault::repeated_release) ||
               stage_.faults.contains(fault::stale_token);
    }

    /// While clocks keep to what clients were told of them, no two believe that they hold the same
    /// lock.
    void check_exclusion(const client_type& holder) {
        if (!settings_.clocks_are_lawful) return;
        for (const auto& other : clients_) {
            if (other.get() == &holder || !other->believes_to_hold(holder.lock())) continue;
            stage_.violate("one_believer_a_lock: lock " + std::to_string(holder.lock()));
        }
    }

    [[nodiscard]] bool has_had_enough() const {
        if (stage_.now - instant() > size_.longest_chaos) return true;
        return clients_setting_.operations >= size_.operations &&
               stage_.tally.grave() >= size_.faults;
    }

    void deliver() {
        auto letter = network_.take();
        if (!letter) return;
        const std::uint32_t to = letter->to.value();
        if (const instant until = paused_until(to); until > stage_.now) {
            return network_.put_back(std::move(*letter), until);
        }
        stage_.trace.note_arrival(stage_.now, letter->to, letter->from, letter->sent, letter->sent,
                                  [&] { return describe(letter->message); });
        if (to < settings_.replicas) {
            servers_[to]->receive(letter->from, std::move(letter->message));
        } else if (to - settings_.replicas < clients_.size()) {
            clients_[to - settings_.replicas]->receive(letter->from, std::move(letter->message));
        } else {
            rogue_->receive(std::move(letter->message));
        }
    }

    [[nodiscard]] instant paused_until(std::uint32_t actor) const {
        if (actor < settings_.replicas) return servers_[actor]->paused_until();
        if (actor - settings_.replicas < clients_.size())
            return clients_[actor - settings_.replicas]->paused_until();
        return {};
    }

    void go_rogue() {
        rogue_->attend();
        rogue_at_ = rogue_->wake();
    }

    /// Somebody asks whoever leads who holds a lock.
    void read() {
        read_at_ = stage_.now + stage_.between(milliseconds(5), milliseconds(80));
        const std::size_t lock = stage_.random.below(locks);
        for (const auto& one : servers_) {
            if (!one->is_leading()) continue;
            const process_id reader(first_reader + ++reads_);
            history_.invoke(reader, {fenced_lock_model::function::read, lock, {}});
            one->read([this, reader, lock](const typename Suite::machine& table) {
                history_.complete(reader, {false, holder_of(table, lock)});
            });
        }
    }

    [[nodiscard]] static fencing_token holder_of(const typename Suite::machine& table,
                                                 std::size_t lock) {
        for (const lock::lock_record& one : table.describe().locks) {
            if (one.name != "lock-" + std::to_string(lock)) continue;
            return one.holders.empty() ? fencing_token() : one.holders.front().token;
        }
        return {};
    }

    static constexpr std::uint64_t most_at_once = 100'000;
    static constexpr std::uint64_t first_reader = 1'000;  // as a process of the history

    stage& stage_;
    simulation_size size_;
    simulation_settings settings_;
    network_type network_;
    oracle<typename Suite::watched_quorums> oracle_;
    typename Suite::auditor auditor_;
    fenced_resource<typename Suite::gate> resource_;
    fenced_lock_model::history_type history_;
    server_setting<Suite, network_type> servers_setting_;
    client_setting<Suite, network_type> clients_setting_;
    std::vector<std::unique_ptr<server_type>> servers_;
    std::vector<std::unique_ptr<client_type>> clients_;
    std::unique_ptr<rogue_type> rogue_;
    nemesis<simulation> nemesis_;
    instant rogue_at_;
    instant read_at_;
    std::uint64_t reads_ = 0;
    std::uint64_t events_ = 0;
    std::uint64_t events_at_once_ = 0;
    bool is_judged_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
