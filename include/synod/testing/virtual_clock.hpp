// synod/testing/virtual_clock.hpp - a clock that is wrong in the ways in which clocks are.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::testing {

/// Shows a local time that drifts from the true one, jumps and stands still. True time is what the
/// simulation counts in.
class virtual_clock {
public:
    /// Shows `local` at true time `now`, and runs at the true rate.
    virtual_clock(instant now, instant local) : since_(now), shown_(local) {}

    /// What it shows at true time `now`, which must not be before the last change.
    [[nodiscard]] instant at(instant now) const {
        return is_frozen_ ? shown_ : shown_ + scaled(now - since_);
    }

    /// The first true time, not before `now`, at which it shows `local` or later; never() while it
    /// stands still before that.
    [[nodiscard]] instant when(instant local, instant now) const {
        if (local <= at(now)) return now;
        if (is_frozen_ || local == instant::never()) return instant::never();
        const std::int64_t wanted = (local - shown_).nanoseconds();
        const std::int64_t rate = million + drift_per_million_;
        const instant found =
            since_ + duration(wanted / rate * million + wanted % rate * million / rate);
        return at(found) < local ? found + duration(1) : found;
    }

    /// From `now` on it gains so many millionths, or loses them if negative: fewer than a million,
    /// for it never runs backwards.
    void drift(instant now, std::int64_t per_million) {
        rest(now);
        drift_per_million_ = per_million;
    }
    /// At `now` it is put forward by that much, or back if negative.
    void jump(instant now, duration by) {
        rest(now);
        shown_ = shown_ + by;
    }
    /// From `now` on it shows the same.
    void freeze(instant now) {
        rest(now);
        is_frozen_ = true;
    }
    /// It runs on from what it shows.
    void thaw(instant now) {
        rest(now);
        is_frozen_ = false;
    }

private:
    static constexpr std::int64_t million = 1'000'000;

    /// How far it comes in that much true time, rounded down.
    [[nodiscard]] duration scaled(duration passed) const {
        const std::int64_t whole = passed.nanoseconds() / million * drift_per_million_;
        const std::int64_t rest = passed.nanoseconds() % million * drift_per_million_;
        const std::int64_t rounded = rest < 0 ? (rest - million + 1) / million : rest / million;
        return passed + duration(whole + rounded);
    }

    void rest(instant now) {
        shown_ = at(now);
        since_ = now;
    }

    instant since_;  // true time of the last change
    instant shown_;  // then
    std::int64_t drift_per_million_ = 0;
    bool is_frozen_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
