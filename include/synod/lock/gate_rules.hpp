// synod/lock/gate_rules.hpp - the rules of latches and barriers, as functions that a mutant can
// replace.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// What somebody waits at, other than a lock.
enum class gate_kind : std::uint8_t { latch, barrier, double_barrier };
[[nodiscard]] constexpr gate_kind last_of(gate_kind) { return gate_kind::double_barrier; }

/// Those of `rules` that are about latches and barriers.
struct gate_rules {
    /// Whether a latch lets everybody through. (locks 3.10)
    [[nodiscard]] static bool is_open(std::uint32_t remaining) { return remaining == 0; }

    /// Whether all parties of a barrier are there. (locks 3.10)
    [[nodiscard]] static bool is_complete(std::uint64_t arrived, std::uint32_t parties) {
        return arrived >= parties;
    }

    /// Whether who gives up waiting does so alone: at a latch, for a barrier is broken for all of
    /// its generation. (locks 3.10)
    [[nodiscard]] static bool gives_up_alone(gate_kind at) { return at == gate_kind::latch; }

    /// A generation is never one that there was before. (locks 3.10)
    [[nodiscard]] static std::uint64_t next_generation(std::uint64_t last) { return last + 1; }
};

}  // namespace synod::inline SYNOD_ABI::lock
