// synod/testing/check_storage.hpp - whether a storage obeys its laws.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/buffer.hpp>
#include <synod/testing/detail/storage_run.hpp>
#include <synod/testing/disk.hpp>
#include <synod/testing/report.hpp>
#include <synod/testing/storage_laws.hpp>
#include <synod/testing/trial.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Plays random appends, syncs, forgets, failures and crashes on a storage of `Value`, and compares
/// what is recovered with what may be. `make()` gives an empty disk; each run and each attempt to
/// shorten one asks for another. Values come from value_maker.
///
/// The laws are in `storage_laws`. Those of failures are put to the test if the disk has
/// `fail_next_sync`, that of asynchronous syncs if the storage is an async_storage and the disk has
/// `answers`.
template <std::regular Value, std::invocable Make>
    requires disk<std::invoke_result_t<Make&>, Value>
[[nodiscard]] report check_storage(Make make, const effort& how = {}) {
    namespace laws = storage_laws;
    using run = testing::detail::storage_run<std::invoke_result_t<Make&>, Value>;
    using operation = testing::detail::storage_operation;
    report out("storage",
               {laws::no_false_alarm, laws::invents_nothing, laws::ordered, laws::durable,
                laws::prefix, laws::recovers_again, laws::forgets_only_below, laws::reports_failure,
                laws::stays_failed, laws::answers_syncs});
    buffer_pool pool(sharing::between_threads);
    try_seeds(
        out, how,
        [&how](std::uint64_t seed) {
            return testing::detail::storage_operations(seed, how.operations, run::may_fail,
                                                       run::may_start);
        },
        [&](const std::vector<operation>& operations, witness& seen) {
            run::play(make, pool, operations, seen);
        },
        [](const operation& one) { return to_string(one); });
    return out;
}

}  // namespace synod::inline SYNOD_ABI::testing
