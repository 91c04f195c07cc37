// synod/testing/simulated_ending.hpp - how a simulated run ends: a majority heals and all comes
// right, or nothing is decided any more.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/fenced_lock_model.hpp>
#include <synod/testing/linearizability.hpp>
#include <synod/testing/simulated_server.hpp>
#include <synod/testing/simulation_settings.hpp>
#include <synod/testing/stage.hpp>
#include <synod/testing/verdict.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Brings a `World`, which is a simulation, to its end, and judges it.
template <class World>
class simulated_ending {
public:
    simulated_ending(stage& run, World& world, const simulation_size& size)
        : stage_(run), world_(world), size_(size) {}

    /// A majority is healed, and all must come right. Over budget there is none to heal, and
    /// nothing more may be decided. In either case the whole history is judged, unless a promise
    /// was broken before.
    void perform() {
        world_.settings().is_over_budget ? refuse() : come_right();
        judge();
    }

    /// Whether the search for an order of events came to an end. False if a promise was broken
    /// before.
    [[nodiscard]] bool is_judged() const { return is_judged_; }

private:
    using server_type = typename World::server_type;

    /// Heals, and waits until all has come right.
    void come_right() {
        heal();
        const instant deadline = stage_.now + size_.patience;
        while (!stage_.is_violated() && !has_come_right()) {
            if (stage_.now > deadline) return stage_.violate("liveness:" + who_is_stuck());
            world_.step();
        }
        check_pace();
        while (!stage_.is_violated() && world_.operations() < size_.operations) world_.step();
    }

    /// No fault strikes any more; a majority comes back, and everybody else is left for ever as it
    /// is then: gone, or half alive.
    void heal() {
        world_.calm();
        std::uint32_t healed = 0;
        for (server_type* const each : in_any_order()) {
            server_type& one = *each;
            if (can_come_back(one) && healed < world_.settings().replicas / 2 + 1) {
                ++healed;
                set_right(one);
                survivors_.push_back(&one);
            } else if (stage_.flip(50)) {
                one.retire();
            } else {
                leave_half_alive(one);
            }
        }
        set_clients_right();
        for (const auto& one : world_.clients()) owed_.push_back(one->cycles() + 1);
    }

    /// It goes on, with its clock and whatever else it has. Between it and each of the other
    /// servers either way is open, thin or cut. It may lead, and nobody but a client knows that the
    /// client does not reach it, so the ways between these are not cut.
    void leave_half_alive(server_type& one) {
        const std::size_t servers = world_.servers().size();
        for (std::size_t i = 0; i < servers + world_.clients().size(); ++i) {
            const node_id other(static_cast<std::uint32_t>(i));
            if (other == one.self()) continue;
            for (const auto& [from, to] : {std::pair(one.self(), other), {other, one.self()}}) {
                if (i < servers && stage_.flip(33)) {
                    world_.network().cut(from, to, instant::never());
                } else if (stage_.flip(50)) {
                    world_.network().thin_out(from, to, stage_.random.below(500'000));
                }
            }
        }
    }
    [[nodiscard]] static bool can_come_back(server_type& one) {
        return one.is_admitted() && !one.disk().is_damaged() && one.state() != server_state::faulty;
    }

    void set_right(server_type& one) {
        one.clock.thaw(stage_.now);
        one.clock.drift(stage_.now, 0);
        one.reschedule();
    }
    void set_clients_right() {
        for (const auto& one : world_.clients()) {
            one->clock.thaw(stage_.now);
            one->clock.drift(stage_.now, 0);
            one->reschedule();
        }
    }

    [[nodiscard]] std::vector<server_type*> in_any_order() {
        std::vector<server_type*> order;
        for (const auto& one : world_.servers()) {
            order.push_back(one.get());
            std::swap(order.back(), order[stage_.random.below(order.size())]);
        }
        return order;
    }

    /// Every client has taken and given back a lock since, and the survivors are up and have caught
    /// up.
    [[nodiscard]] bool has_come_right() const {
        for (std::size_t i = 0; i < owed_.size(); ++i) {
            if (world_.clients()[i]->cycles() < owed_[i]) return false;
        }
        for (const server_type* one : survivors_) {
            if (one->state() != server_state::up || !has_caught_up(*one)) return false;
        }
        return true;
    }
    /// It has applied all but what is under way, or hears of nothing that it could ask for.
    [[nodiscard]] bool has_caught_up(const server_type& one) const {
        return is_out_of_earshot(one) ||
               one.replica().status().applied_below + convergence >= world_.chosen_below();
    }
    /// Whether an outsider leads, and none of the healed, who is not heard here. A majority hears
    /// it, and wants no other leader.
    [[nodiscard]] bool is_out_of_earshot(const server_type& one) const {
        return leading() == nullptr &&
               std::ranges::any_of(world_.servers(), [&](const auto& other) {
                   const bool survives =
                       std::ranges::find(survivors_, other.get()) != survivors_.end();
                   return !survives && other->is_leading() &&
                          world_.network().is_obstructed(other->self(), one.self());
               });
    }

    [[nodiscard]] std::string who_is_stuck() const {
        std::string text;
        for (std::size_t i = 0; i < owed_.size(); ++i) {
            const auto& one = *world_.clients()[i];
            if (one.cycles() < owed_[i]) text += " client n" + to_string(one.self());
        }
        for (const server_type* one : survivors_) {
            const bool is_down = one->state() != server_state::up;
            if (is_down) text += " down n" + to_string(one->self());
            if (!is_down && !has_caught_up(*one)) text += " behind n" + to_string(one->self());
        }
        return text;
    }

    /// While one leader leads, and its clock is right, log time keeps pace with true time, however
    /// many entries share it. (locks R2)
    void check_pace() {
        const server_type* const leader = leading();
        if (leader == nullptr) return;
        const ballot led = leader->replica().status().leader;
        const log_time before = leader->replica().time();
        world_.set_hurry(true);
        step_until(stage_.now + pace_length);
        world_.set_hurry(false);
        if (leading() != leader || leader->replica().status().leader != led) return;
        const duration passed = milliseconds(static_cast<std::int64_t>(
            leader->replica().time().milliseconds() - before.milliseconds()));
        // A leader whom nobody asks for anything lets half of a step pass between two entries.
        const duration quiet = milliseconds(world_.settings().limits.max_step_ms / 2);
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

    void step_until(instant end) {
        while (!stage_.is_violated() && stage_.now < end) world_.step();
    }

    /// With a majority of disks gone nothing is decided any more: the nodes say that they are
    /// faulty.
    void refuse() {
        if (!has_been_busy()) return;
        world_.overdo();
        world_.calm();
        step_until(stage_.now + seconds(10));
        const bool has_quorum = count_able() > world_.settings().replicas / 2;
        const std::uint64_t applied = world_.auditor().trail().size();
        step_until(stage_.now + seconds(5));
        if (!has_quorum && world_.auditor().trail().size() > applied) {
            stage_.violate("no_quorum_no_decision");
        }
    }

    /// What clients had no time for among the faults they do without them, while there is a
    /// majority. False if a promise is broken.
    [[nodiscard]] bool has_been_busy() {
        if (world_.operations() >= size_.operations) return !stage_.is_violated();
        world_.calm();
        for (const auto& one : world_.servers()) set_right(*one);
        set_clients_right();
        const instant deadline = stage_.now + size_.patience;
        while (!stage_.is_violated() && world_.operations() < size_.operations) {
            if (stage_.now > deadline) stage_.violate("liveness: nobody asks for anything");
            world_.step();
        }
        return !stage_.is_violated();
    }

    /// The nodes that could still vote. Whose disk is damaged must have said so by now.
    [[nodiscard]] std::uint32_t count_able() {
        std::uint32_t able = 0;
        for (const auto& one : world_.servers()) {
            const bool is_faulty = one->state() == server_state::faulty || !one->is_admitted();
            if (one->disk().is_damaged() && !is_faulty) {
                stage_.violate("damage_is_reported: n" + to_string(one->self()));
            }
            if (!is_faulty) ++able;
        }
        return able;
    }

    /// What clients and readers were told must be explained by one order of events. (locks 3.2)
    void judge() {
        if (stage_.is_violated()) return;
        fenced_lock_model model(world_.settings().client.lock_delay > duration(0));
        for (const auto& grant : world_.auditor().grants()) {
            model.add_grant(lock_named(grant.lock), grant.token);
        }
        model.note_reports(world_.history());
        const auto found = check_linearizability(model, world_.history(), judged_within);
        if (found.verdict == verdict::not_linearizable)
            stage_.violate("histories_are_linearizable");
        is_judged_ = found.verdict != verdict::undecided;
    }

    [[nodiscard]] static std::size_t lock_named(std::string_view name) {
        return static_cast<std::size_t>(name.back() - '0');
    }

    static constexpr std::uint64_t convergence = 8;  // slots that may be under way
    static constexpr duration pace_length = seconds(1);
    static constexpr search_limits judged_within{2'000'000, 200'000};

    stage& stage_;
    World& world_;
    simulation_size size_;
    std::vector<server_type*> survivors_;
    std::vector<std::uint64_t> owed_;  // cycles, by client
    bool is_judged_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
