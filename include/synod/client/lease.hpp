// synod/client/lease.hpp - how long a client may rely on its session, by its own clock alone.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/client/config.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::client {

/// The client's side of a session's lease. It needs no message to run out: who hears nothing knows
/// all the same. Every instant is of one clock, which should count the time that the machine
/// sleeps. (locks R4)
class lease {
public:
    explicit lease(const client_config& config) : config_(config) {}

    /// The session is open with `ttl` from the service; `sent` is when its opening was first sent.
    /// False, and the lease stays over, if the clock error leaves nothing of it.
    [[nodiscard]] bool open(duration ttl, instant sent) {
        length_ = safe_part(ttl, config_.drift_per_million, config_.margin);
        end();
        if (length_ <= duration(0)) return false;
        renew(sent);
        renewal_due_ = sent + length_ / config_.renewal_part;
        return true;
    }

    /// A renewal that counts from `sent` was acknowledged. One that counts from earlier than
    /// another changes nothing.
    void renew(instant sent) {
        if (sent + length_ > safe_until_) safe_until_ = sent + length_;
    }

    /// A renewal is sent now; the next one is due one part of the lease later, answered or not.
    void begin_renewal(instant now) { renewal_due_ = now + length_ / config_.renewal_part; }

    /// Nothing is to be relied on any more, and nothing to be renewed.
    void end() {
        safe_until_ = over;
        renewal_due_ = instant::never();
    }

    /// From this instant on the holds are lost.
    [[nodiscard]] instant safe_until() const { return safe_until_; }

    /// From this instant on a holder should come to an end, unless a renewal comes first.
    [[nodiscard]] instant jeopardy_from() const {
        if (safe_until_ == over) return over;
        return safe_until_ + (duration(0) - length_ / config_.jeopardy_part);
    }

    [[nodiscard]] instant renewal_due() const { return renewal_due_; }
    [[nodiscard]] duration length() const { return length_; }

    /// Before every instant that a clock shows.
    static constexpr instant over{std::numeric_limits<std::int64_t>::min()};

private:
    client_config config_;
    duration length_;                         // of the safe part
    instant safe_until_ = over;               // only rises while the session lives
    instant renewal_due_ = instant::never();  // never() without a session
};

}  // namespace synod::inline SYNOD_ABI::client
