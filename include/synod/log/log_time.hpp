// synod/log/log_time.hpp - time that a log carries in its entries, so that it is the same at every
// replica.
//
// Log time never runs faster than the clocks of the leaders, and stands still while there is no
// leader: a lease measured in it is a lower bound.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// The leader's side: how much log time each entry carries.
class time_stamper {
public:
    /// Starts to count when a leader takes over.
    void start(instant now) {
        last_ = now;
        carried_ = duration(0);
    }

    /// The whole milliseconds since the last stamp, at most `max_step_ms`. The fraction is carried
    /// over, so that many stamps lose nothing; what exceeds `max_step_ms` is discarded for good. A
    /// clock that jumps back counts from where it lands.
    [[nodiscard]] std::uint32_t stamp(instant now, std::uint32_t max_step_ms) {
        if (now > last_) carried_ = carried_ + (now - last_);
        last_ = now;
        const std::int64_t whole = carried_ / milliseconds(1);
        carried_ = carried_ - milliseconds(whole);
        return whole < max_step_ms ? static_cast<std::uint32_t>(whole) : max_step_ms;
    }

    /// When the last stamp was made.
    [[nodiscard]] instant last() const { return last_; }

    friend bool operator==(const time_stamper&, const time_stamper&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(last_);
        sink.add(carried_);
    }

private:
    instant last_;
    duration carried_;  // passed and not stamped yet; below a millisecond between stamps
};

/// Every replica's side: log time as the applied entries moved it.
class log_clock {
public:
    [[nodiscard]] log_time now() const { return now_; }
    /// The leader whose entries move log time.
    [[nodiscard]] ballot leader() const { return leader_; }

    /// A leader's first entry was applied. Returns whether it took over: an older leader's entry,
    /// adopted behind that of a newer one, changes nothing.
    template <class Rules>
    bool take_over(ballot leader, const Rules& rules) {
        if (!rules.takes_over(leader, leader_)) return false;
        leader_ = leader;
        return true;
    }

    /// An entry of the leader `origin` that carries `elapsed_ms` was applied. Clamps what is above
    /// `max_step_ms`, whoever sent it.
    template <class Rules>
    void advance(ballot origin, std::uint32_t elapsed_ms, std::uint32_t max_step_ms,
                 const Rules& rules) {
        if (!rules.counts_time(origin, leader_)) return;
        now_ = now_ + (elapsed_ms < max_step_ms ? elapsed_ms : max_step_ms);
    }

    friend bool operator==(const log_clock&, const log_clock&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(now_);
        sink.add(leader_);
    }

private:
    log_time now_;
    ballot leader_;  // never falls
};

}  // namespace synod::inline SYNOD_ABI
