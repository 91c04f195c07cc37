// synod/testing/check_machine.hpp - whether a state machine obeys its laws.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/prng.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/detail/machine_run.hpp>
#include <synod/testing/log_step.hpp>
#include <synod/testing/machine_laws.hpp>
#include <synod/testing/report.hpp>
#include <synod/testing/trial.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Applies random logs to machines that `make()` makes, each like the first, and compares what they
/// show. `source` is either `source(prng&)`, which makes the bytes of one command, or
/// `source(seed)`, which makes a whole log, a vector of `log_step`, for machines whose commands
/// refer to earlier results. The laws are in `machine_laws`; those of timers and events are put to
/// the test for a timed_state_machine and an event_source.
///
/// A log of `effort::operations` steps costs some three times their square in commands.
template <std::invocable Make, class Source>
    requires state_machine<std::invoke_result_t<Make&>> &&
             (std::invocable<Source&, prng&> || std::invocable<Source&, std::uint64_t>)
[[nodiscard]] report check_machine(Make make, Source source, const effort& how = {}) {
    namespace laws = machine_laws;
    report out("machine", {laws::same_results, laws::same_snapshot, laws::same_deadlines,
                           laws::same_events, laws::timers_fire, laws::snapshot_changes_nothing,
                           laws::restores_its_own, laws::snapshot_is_whole, laws::restore_replaces,
                           laws::refusal_changes_nothing, laws::restores_snapshots_only});
    const auto generate = [&](std::uint64_t seed) -> std::vector<log_step> {
        if constexpr (std::invocable<Source&, prng&>) {
            return random_log(seed, how.operations, source);
        } else {
            return source(seed);
        }
    };
    const auto play = [&make](const std::vector<log_step>& steps, witness& seen) {
        testing::detail::machine_run<Make>(make, steps, seen).play();
    };
    try_seeds(out, how, generate, play, [](const log_step& one) { return to_string(one); });
    return out;
}

}  // namespace synod::inline SYNOD_ABI::testing
