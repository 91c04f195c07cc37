// synod/lock/gate_replies.hpp - what the lock table answers about latches and barriers.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// What a latch is.
struct latched {
    std::uint64_t generation = 0;  // zero if it is taken away
    std::uint32_t remaining = 0;   // at zero it lets everybody through

    friend bool operator==(const latched&, const latched&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.generation, self.remaining); }
};

/// The request waits at a gate; an event tells how it ends, and `query` does, too.
struct awaiting {
    std::uint64_t generation = 0;  // of the gate

    friend bool operator==(const awaiting&, const awaiting&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.generation); }
};

/// The gate has let its request through.
struct passed {
    std::uint64_t generation = 0;

    friend bool operator==(const passed&, const passed&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.generation); }
};

/// Another party has given up, or is dead: nobody of that generation leaves together with the
/// others.
struct barrier_broken {
    std::uint64_t generation = 0;

    friend bool operator==(const barrier_broken&, const barrier_broken&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.generation); }
};

}  // namespace synod::inline SYNOD_ABI::lock
