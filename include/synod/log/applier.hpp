// synod/log/applier.hpp - entries into the state machine: time first, then the commands.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/entry.hpp>
#include <synod/log/log_time.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// A machine, and how far it has come in the log.
template <state_machine Machine>
class applier {
public:
    explicit applier(Machine machine) : machine_(std::move(machine)) {}

    [[nodiscard]] Machine& machine() { return machine_; }
    [[nodiscard]] const Machine& machine() const { return machine_; }
    [[nodiscard]] const log_clock& clock() const { return clock_; }

    /// Every slot below is applied.
    [[nodiscard]] slot next() const { return next_; }

    /// Applies the entry of slot `next()`. Results go to `results`; `finished(position, begin)` is
    /// called after each command with the number of bytes that were there before it.
    template <class Policy, class Finished>
    [[gnu::always_inline]] void apply(const entry& decided, const Policy& policy, bytes& results,
                                      Finished&& finished) {
        const slot at = next_;
        ++next_;
        move_time(decided, policy);
        apply_context context{{at, 0}, clock_.now()};
        result_writer writer(results);
        decided.for_each([&](std::uint32_t index, bytes_view command) {
            context.at.index = index;
            const std::size_t begin = results.size();
            machine_.apply(context, command, writer);
            finished(position{at, index}, begin);
        });
    }

    /// The log time at which the machine wants to be woken.
    [[nodiscard]] log_time deadline() const {
        if constexpr (timed_state_machine<Machine>) return machine_.next_deadline();
        return log_time::never();
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(machine_);
        sink.add(clock_);
        sink.add(next_);
    }

    friend bool operator==(const applier&, const applier&)
        requires std::equality_comparable<Machine>
    = default;

private:
    template <class Policy>
    void move_time(const entry& decided, const Policy& policy) {
        if (decided.kind() == entry_kind::new_leader) return take_over(decided.origin(), policy);
        const log_time before = clock_.now();
        clock_.advance(decided.origin(), decided.elapsed_ms(), policy.limits.max_step_ms,
                       policy.rules);
        if (clock_.now() == before) return;
        if constexpr (timed_state_machine<Machine>) machine_.advance(clock_.now());
    }

    template <class Policy>
    [[gnu::noinline, gnu::cold]] void take_over(ballot leader, const Policy& policy) {
        if (!clock_.take_over(leader, policy.rules)) return;
        if constexpr (timed_state_machine<Machine>) machine_.new_leader(leader);
    }

    Machine machine_;
    log_clock clock_;
    slot next_;
};

}  // namespace synod::inline SYNOD_ABI
