// synod/testing/detail/machine_run.hpp - one log, applied by machines that must not differ.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/format.hpp>
#include <synod/base/prng.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/log_step.hpp>
#include <synod/testing/machine_laws.hpp>
#include <synod/testing/trial.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// What a machine shows of one step.
struct machine_output {
    log_time deadline_after_time = log_time::never();  // before the command
    bytes result;
    log_time deadline = log_time::never();
    bytes events;

    friend bool operator==(const machine_output&, const machine_output&) = default;
};

template <class Event>
void write_event(const Event& event, byte_writer& out) {
    if constexpr (requires { encode(event, out); }) {
        encode(event, out);
    } else if constexpr (fingerprintable<Event>) {
        const fingerprint_value value = fingerprint_of(event);
        out.number(value.high);
        out.number(value.low);
    } else {
        out.number(std::uint8_t{1});  // that there was one is all that can be told
    }
}

template <class Machine>
void apply_time(Machine& machine, const log_step& step, machine_output& shown) {
    if constexpr (timed_state_machine<Machine>) {
        if (step.leader.exists()) return machine.new_leader(step.leader);
        machine.advance(step.context.now);
        shown.deadline_after_time = machine.next_deadline();
    }
}

/// Applies one step as a replica does: time first, then the command, then the events are taken out.
template <class Machine>
machine_output apply_step(Machine& machine, const log_step& step) {
    machine_output shown;
    apply_time(machine, step, shown);
    result_writer result(shown.result);
    if (!step.leader.exists()) machine.apply(step.context, step.command, result);
    if constexpr (timed_state_machine<Machine>) shown.deadline = machine.next_deadline();
    if constexpr (event_source<Machine>) {
        byte_writer events(shown.events);
        machine.drain_events([&events](const auto& event) { write_event(event, events); });
    }
    return shown;
}

template <class Machine>
[[nodiscard]] bytes snapshot_of(const Machine& machine) {
    bytes all;
    byte_writer out(all);
    machine.snapshot(out);
    return all;
}

/// Machines that `make()` makes, on one log.
template <class Make>
class machine_run {
    using machine = std::invoke_result_t<Make&>;
    using log = std::vector<log_step>;

public:
    machine_run(Make& make, const log& steps, witness& seen)
        : make_(&make), steps_(&steps), seen_(&seen) {}

    void play() {
        if (agrees_with_another() && snapshots_change_nothing()) {
            for (std::size_t at = 0; at <= steps_->size() && goes_on_from(at); ++at) {
            }
        }
        for (std::size_t at = 0; at < snapshots_.size() && seen_->goes_on(); ++at) damage(at);
    }

private:
    /// Two machines side by side. What they show is what all others are compared with.
    bool agrees_with_another() {
        machine one = (*make_)();
        machine other = (*make_)();
        for (std::size_t i = 0; i < steps_->size() && seen_->goes_on(); ++i) {
            seen_->begin(i);
            const log_step& step = (*steps_)[i];
            outputs_.push_back(apply_step(one, step));
            compare(outputs_.back(), apply_step(other, step));
            check_timers(outputs_.back(), step);
        }
        last_ = snapshot_of(one);
        return seen_->check(machine_laws::same_snapshot, last_ == snapshot_of(other), [] {
            return text("two machines end with different snapshots");
        }) && seen_->goes_on();
    }

    void compare(const machine_output& one, const machine_output& other) {
        namespace laws = machine_laws;
        seen_->check(laws::same_results, one.result == other.result,
                     [] { return text("two machines give different results"); });
        if constexpr (timed_state_machine<machine>) {
            seen_->check(laws::same_deadlines,
                         one.deadline == other.deadline &&
                             one.deadline_after_time == other.deadline_after_time,
                         [] { return text("two machines name different deadlines"); });
        }
        if constexpr (event_source<machine>) {
            seen_->check(laws::same_events, one.events == other.events,
                         [] { return text("two machines produce different events"); });
        }
    }

    void check_timers(const machine_output& shown, const log_step& step) {
        if constexpr (timed_state_machine<machine>) {
            seen_->check(machine_laws::timers_fire, shown.deadline_after_time > step.context.now,
                         [] { return text("a deadline was not later than the time reached"); });
        }
    }

    /// A machine that is asked for snapshots all the time, twice each, and keeps them.
    bool snapshots_change_nothing() {
        const law& tested = machine_laws::snapshot_changes_nothing;
        machine asked = (*make_)();
        snapshots_.push_back(snapshot_of(asked));
        for (std::size_t i = 0; i < steps_->size() && seen_->goes_on(); ++i) {
            seen_->begin(i);
            seen_->check(tested, apply_step(asked, (*steps_)[i]) == outputs_[i], [] {
                return text("a machine that wrote a snapshot goes on differently");
            });
            snapshots_.push_back(snapshot_of(asked));
            seen_->check(tested, snapshots_.back() == snapshot_of(asked),
                         [] { return text("two snapshots in a row differ"); });
        }
        return seen_->check(tested, snapshots_.back() == last_, [] {
            return text("a machine that wrote snapshots ends with another one");
        });
    }

    /// Restores the snapshot before step `at` into a new machine and into a used one, and applies
    /// the rest of the log to both.
    bool goes_on_from(std::size_t at) {
        seen_->begin(steps_->size());  // all of them are needed
        machine fresh = (*make_)();
        if (!restores(fresh, at)) return false;
        if (!ends_alike(fresh, at, machine_laws::snapshot_is_whole)) return false;
        machine used = (*make_)();
        for (const log_step& step : *steps_) apply_step(used, step);
        return restores(used, at) && ends_alike(used, at, machine_laws::restore_replaces);
    }

    bool restores(machine& into, std::size_t at) {
        byte_reader in(snapshots_[at]);
        const bool is_restored = !into.restore(in) && in.finished();
        return seen_->check(machine_laws::restores_its_own, is_restored, [at] {
            return "the snapshot after " + std::to_string(at) + " steps was not restored";
        });
    }

    bool ends_alike(machine& restored, std::size_t at, const law& tested) {
        bool is_alike = snapshot_of(restored) == snapshots_[at];
        for (std::size_t i = at; i < steps_->size(); ++i) {
            is_alike = apply_step(restored, (*steps_)[i]) == outputs_[i] && is_alike;
        }
        is_alike = snapshot_of(restored) == last_ && is_alike;
        return seen_->check(tested, is_alike, [at] {
            return "a machine restored after " + std::to_string(at) + " steps goes on differently";
        });
    }

    /// Offers snapshot `at`, cut short or with a bit turned, to a machine at the end of the log,
    /// until it takes one.
    void damage(std::size_t at) {
        constexpr int offers = 8;
        bytes damaged = snapshots_[at];
        if (damaged.empty()) return;
        prng random(fingerprint_of(damaged).low);
        machine used = (*make_)();
        for (const log_step& step : *steps_) apply_step(used, step);
        if (!refuses(used, bytes_view(damaged).first(random.below(damaged.size())))) return;
        for (int i = 0; i < offers; ++i) {
            std::byte& turned = damaged[random.below(damaged.size())];
            const std::byte bit = std::byte{1} << random.below(8);
            turned ^= bit;
            if (!refuses(used, damaged)) return;
            turned ^= bit;
        }
    }

    /// Whether `used` refuses what is damaged, and is as before.
    bool refuses(machine& used, bytes_view damaged) {
        byte_reader in(damaged);
        if (used.restore(in)) {  // which is an error
            seen_->pass(machine_laws::restores_snapshots_only);
            return seen_->check(machine_laws::refusal_changes_nothing, snapshot_of(used) == last_,
                                [] { return text("a refused restore left another state behind"); });
        }
        const bytes_view taken = damaged.first(damaged.size() - in.remaining());
        seen_->check(machine_laws::restores_snapshots_only, same_bytes(taken, snapshot_of(used)),
                     [] { return text("damaged bytes were restored that no snapshot wrote"); });
        return false;
    }

    [[nodiscard]] static std::string text(const char* from) { return from; }

    Make* make_;
    const log* steps_;
    witness* seen_;
    std::vector<machine_output> outputs_;  // by step
    std::vector<bytes> snapshots_;         // by the number of steps before
    bytes last_;                           // after all steps, of a machine that wrote no other
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
