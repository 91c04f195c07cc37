// synod/testing/simulation.hpp - one run of a simulated lock service: a seed decides all of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/fenced_lock_model.hpp>
#include <synod/testing/fenced_resource.hpp>
#include <synod/testing/linearizability.hpp>
#include <synod/testing/lock_audit.hpp>
#include <synod/testing/lock_suite.hpp>
#include <synod/testing/nemesis.hpp>
#include <synod/testing/oracle.hpp>
#include <synod/testing/simulated_client.hpp>
#include <synod/testing/simulated_network.hpp>
#include <synod/testing/simulated_rogue.hpp>
#include <synod/testing/simulated_server.hpp>
#include <synod/testing/simulation_settings.hpp>
#include <synod/testing/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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
        : stage_(run),
          size_(size),
          settings_(simulation_settings::draw(run)),
          network_(run, settings_.replicas + settings_.clients + 1),
          oracle_(run, *majority::make(node_set::first(settings_.replicas))),
          auditor_(run),
          resource_(run, locks),
          servers_setting_{run,     network_,           oracle_,          auditor_,
                           cluster, settings_.replicas, settings_.limits, settings_.table},
          clients_setting_{run, network_, resource_, auditor_, history_, cluster},
          nemesis_(run, *this) {
        clients_setting_.config = settings_.client;
        clients_setting_.locks = locks;
        for (const node_id self : node_set::first(settings_.replicas)) add_server(self);
        for (std::uint32_t i = 0; i < settings_.clients; ++i) add_client(actor_of_client(i));
        rogue_ = std::make_unique<rogue_type>(clients_setting_, actor_of_client(settings_.clients));
        if (!has_rogue()) rogue_at_ = instant::never();
    }
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    /// Faults until enough has happened; then a majority is healed, and all must come right. Over budget there is none to heal, and
    /// nothing more may be decided. In the end the whole history is judged.
    void perform() {
        while (!stage_.is_violated() && !has_had_enough()) step();
        settings_.is_over_budget ? refuse() : come_right();
        judge();
    }

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
    /// Whether the search for an order of events came to an end. False if a promise was broken before.
    [[nodiscard]] bool is_judged() const { return is_judged_; }
    [[nodiscard]] bool is_over_budget() const { return settings_.is_over_budget; }
    [[nodiscard]] std::uint64_t events() const { return events_; }

private:
    static constexpr std::size_t locks = 3;
    static constexpr cluster_id cluster{7};

    [[nodiscard]] virtual_clock new_clock() {
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
        servers_.push_back(std::make_unique<server_type>(servers_setting_, self, new_clock()));
        servers_.back()->start();
    }

    void add_client(node_id self) {
        clients_.push_back(std::make_unique<client_type>(clients_setting_, self, new_clock()));
        clients_.back()->on_grant([this](const client_type& holder) { check_exclusion(holder); });
    }

    [[nodiscard]] bool has_rogue() const {
        return stage_.faults.contains(fault::reused_session) ||
               stage_.faults.contains(fault::repeated_release) ||
               stage_.faults.contains(fault::stale_token);
    }

    /// While clocks keep to what clients were told of them, no two believe that they hold the same lock.
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
               stage_.tally.total() >= size_.faults;
    }

    /// The next event, wherever it is.
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
        if (stage_.now < next) stage_.now = next;
        if (client != nullptr) return client->attend();
        if (server != nullptr) return server->attend();
        if (network_.next_due() == next) return deliver();
        if (resource_.next_due() == next) return resource_.attend();
        if (rogue_at_ == next) return go_rogue();
        if (read_at_ == next) return read();
        nemesis_.attend();
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
            if (one.name == "lock-" + std::to_string(lock)) return one.holders.front().token;
        }
        return {};
    }

    /// Heals, and waits until all has come right.
    void come_right() {
        heal();
        const instant deadline = stage_.now + size_.patience;
        while (!stage_.is_violated() && !has_come_right()) {
            if (stage_.now > deadline) return stage_.violate("liveness: " + who_is_stuck());
            step();
        }
        check_pace();
        while (!stage_.is_violated() && clients_setting_.operations < size_.operations) step();
    }

    /// No fault strikes any more; a majority comes back, and everybody else stays away for ever.
    void heal() {
        stage_.faults = {};
        nemesis_.stop();
        rogue_at_ = instant::never();
        network_.heal();
        std::uint32_t healed = 0;
        for (server_type* const each : in_any_order()) {
            server_type& one = *each;
            const bool can_come = one.is_admitted() && !one.disk().is_damaged() &&
                                  one.state() != server_state::faulty;
            if (can_come && healed < settings_.replicas / 2 + 1) {
                ++healed;
                one.clock.thaw(stage_.now);
                one.clock.drift(stage_.now, 0);
                one.disk().fill_up(stage_.now);
                survivors_.push_back(&one);
                one.reschedule();
            } else {
                one.retire();
            }
        }
        for (const auto& one : clients_) {
            one->clock.thaw(stage_.now);
            one->clock.drift(stage_.now, 0);
            one->reschedule();
            owed_.push_back(one->cycles() + 1);
        }
    }

    [[nodiscard]] std::vector<server_type*> in_any_order() {
        std::vector<server_type*> order;
        for (const auto& one : servers_) {
            order.push_back(one.get());
            std::swap(order.back(), order[stage_.random.below(order.size())]);
        }
        return order;
    }

    /// Every client has taken and given back a lock since, and the survivors are up and have applied all but what is under way.
    [[nodiscard]] bool has_come_right() const {
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (clients_[i]->cycles() < owed_[i]) return false;
        }
        for (const server_type* one : survivors_) {
            if (one->state() != server_state::up) return false;
            const slot applied = one->replica().status().applied_below;
            if (applied + convergence < oracle_.chosen_below()) return false;
        }
        return true;
    }

    /// What clients and readers were told must be explained by one order of events. (locks 3.2)
    void judge() {
        if (stage_.is_violated()) return;
        fenced_lock_model model;
        for (const auto& grant : auditor_.grants()) {
            model.add_grant(lock_named(grant.lock), grant.token);
        }
        model.note_reports(history_);
        const auto found = check_linearizability(model, history_, judged_within);
        if (found.verdict == verdict::not_linearizable)
            stage_.violate("histories_are_linearizable");
        is_judged_ = found.verdict != verdict::undecided;
    }

    [[nodiscard]] static std::size_t lock_named(std::string_view name) {
        return static_cast<std::size_t>(name.back() - '0');
    }

    /// While one leader leads, and its clock is right, log time keeps pace with true time, however many entries share it. (locks R2)
    void check_pace() {
        const server_type* const leader = leading();
        if (leader == nullptr) return;
        const ballot led = leader->replica().status().leader;
        const log_time before = leader->replica().time();
        const instant end = stage_.now + pace_length;
        clients_setting_.hurries = true;
        while (!stage_.is_violated() && stage_.now < end) step();
        clients_setting_.hurries = false;
        if (leading() != leader || leader->replica().status().leader != led) return;
        const duration passed = milliseconds(static_cast<std::int64_t>(
            leader->replica().time().milliseconds() - before.milliseconds()));
        // A leader whom nobody asks for anything lets half of a step pass between two entries.
        const duration quiet = milliseconds(settings_.limits.max_step_ms / 2);
        if (passed + quiet < pace_length * 9 / 10) {
            stage_.violate("log_time_keeps_pace: " + to_string(passed) + " in " +
                           to_string(pace_length));
        }
    }

    [[nodiscard]] const server_type* leading() const {
        for (const server_type* one : survivors_) {
            if (one->is_leading()) return one;
        }
        return nullptr;
    }

    [[nodiscard]] std::string who_is_stuck() const {
        std::string text;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (clients_[i]->cycles() < owed_[i])
                text += " client n" + to_string(clients_[i]->self());
        }
        for (const server_type* one : survivors_) {
            if (one->state() != server_state::up) text += " down n" + to_string(one->self());
        }
        return text.empty() ? " a replica lags" : text;
    }

    /// With a majority of disks gone nothing is decided any more: the nodes say that they are faulty.
    void refuse() {
        nemesis_.overdo();
        const instant end = stage_.now + seconds(10);
        nemesis_.stop();
        stage_.faults = {};
        while (!stage_.is_violated() && stage_.now < end) step();
        std::uint32_t able = 0;
        for (const auto& one : servers_) {
            const bool is_faulty = one->state() == server_state::faulty || !one->is_admitted();
            if (one->disk().is_damaged() && !is_faulty) stage_.violate("damage_is_reported");
            if (!is_faulty) ++able;
        }
        const std::uint64_t applied = auditor_.trail().size();
        const instant later = stage_.now + seconds(5);
        while (!stage_.is_violated() && stage_.now < later) step();
        if (able <= settings_.replicas / 2 && auditor_.trail().size() > applied) {
            stage_.violate("no_quorum_no_decision");
        }
    }

    static constexpr std::uint64_t convergence = 8;  // slots that may be under way
    static constexpr duration pace_length = seconds(2);
    static constexpr std::uint64_t first_reader = 1'000;  // as a process of the history
    static constexpr search_limits judged_within{2'000'000, 200'000};

    stage& stage_;
    simulation_size size_;
    simulation_settings settings_;
    network_type network_;
    oracle<majority> oracle_;
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
    std::vector<server_type*> survivors_;
    std::vector<std::uint64_t> owed_;  // cycles, by client
    std::uint64_t events_ = 0;
    bool is_judged_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
