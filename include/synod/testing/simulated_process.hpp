// synod/testing/simulated_process.hpp - the thread that a crash cuts short: what it does after that
// never happened.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::testing {

/// One life of a node. Each effect that it has on the world asks first: a message sent, a sync
/// begun. A crash is set to come before one of them; from there on the code runs to the end of its
/// flush, and nobody sees what it does, nor what it appends and applies.
class simulated_process {
public:
    /// Whether the next effect still happens.
    [[nodiscard]] bool acts() {
        if (is_dead_) return false;
        if (left_ == 0) {
            is_dead_ = true;
            return false;
        }
        if (left_ != unlimited) --left_;
        return true;
    }

    /// It dies before its effect number `effects` from now, counted from zero.
    void doom(std::uint64_t effects) { left_ = effects; }

    [[nodiscard]] bool is_dead() const { return is_dead_; }
    /// Whether the next effect is the one before which it dies, or would have been.
    [[nodiscard]] bool is_spent() const { return left_ == 0; }

    /// How much later than the others what it sends leaves, because a sync took its time before.
    duration delay;

private:
    static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t left_ = unlimited;  // effects before it dies
    bool is_dead_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
