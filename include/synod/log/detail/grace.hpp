// synod/log/detail/grace.hpp - what a new leader adds to a lease on log time.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/log/session_config.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::detail {

/// So many milliseconds a lease is extended by: up to its grace, and within what it may be extended
/// since its owner last renewed it. `Lease` has ttl_ms, deadline and extended_ms. (locks R3)
template <class Rules, class Lease>
[[nodiscard]] std::uint64_t grace_due(const Lease& one, log_time now,
                                      const session_config& config) {
    const log_time wanted = now + Rules::grace_ms(one.ttl_ms, config.grace_ms);
    if (wanted <= one.deadline) return 0;
    const std::uint64_t factor = config.max_extensions;
    const bool is_endless = factor != 0 && one.ttl_ms > ttl_end_ms / factor;
    const std::uint64_t most = is_endless ? ttl_end_ms : one.ttl_ms * factor;
    const std::uint64_t left = one.extended_ms < most ? most - one.extended_ms : 0;
    const std::uint64_t missing = wanted.milliseconds() - one.deadline.milliseconds();
    return missing < left ? missing : left;
}

}  // namespace synod::inline SYNOD_ABI::detail
