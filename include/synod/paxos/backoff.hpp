// synod/paxos/backoff.hpp - when to ask again.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/prng.hpp>
#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// A deadline that moves further out with every attempt in vain, by a random part so that rivals
/// get out of step.
class backoff {
public:
    backoff(duration first, duration longest, std::uint64_t seed)
        : first_(first), longest_(longest), wait_(first), random_(seed) {}

    /// Sets the deadline one wait from `now`, and doubles the wait.
    void arm(instant now) {
        deadline_ = now + random_.stretched(wait_);
        wait_ = wait_ * 2 < longest_ ? wait_ * 2 : longest_;
    }

    /// Something went well: the next wait is the first one again.
    void relax() { wait_ = first_; }
    void disarm() { deadline_ = instant::never(); }

    [[nodiscard]] bool is_armed() const { return deadline_ != instant::never(); }
    [[nodiscard]] bool is_due(instant now) const { return now >= deadline_; }
    [[nodiscard]] instant deadline() const { return deadline_; }

    friend bool operator==(const backoff&, const backoff&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(wait_);
        sink.add(deadline_);
        sink.add(random_);
    }

private:
    duration first_;
    duration longest_;
    duration wait_;  // of the next attempt, before the random part
    instant deadline_ = instant::never();
    prng random_;
};

}  // namespace synod::inline SYNOD_ABI
