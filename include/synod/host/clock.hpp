// synod/host/clock.hpp - the clocks that a host reads time from.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/time.hpp>

#include <concepts>
#ifdef __linux__
#include <ctime>
#else
#include <chrono>
#endif

namespace synod::inline SYNOD_ABI::host {

namespace detail {

template <class C>
concept shows_an_instant = requires(const C& clock) {
    { clock.now() } noexcept -> std::same_as<instant>;
};

#ifdef __linux__
/// Of a clock that every kernel has had since 2.6.39, so reading it does not fail.
[[nodiscard]] inline instant shown_by(clockid_t which) noexcept {
    std::timespec shown{};
    const int error = ::clock_gettime(which, &shown);
    SYNOD_ASSERT(error == 0);
    static_cast<void>(error);
    return instant() + seconds(shown.tv_sec) + duration(shown.tv_nsec);
}
#endif

}  // namespace detail

/// Shows time.
/// - `now()` never falls and may be called from any thread.
template <class C>
concept clock = std::movable<C> && detail::shows_an_instant<C>;

/// Shows what std::chrono::steady_clock does. On Linux it stands still while the machine is
/// suspended.
struct steady_clock {
    [[nodiscard]] instant now() const noexcept {
#ifdef __linux__
        return detail::shown_by(CLOCK_MONOTONIC);
#else
        return std::chrono::steady_clock::now();
#endif
    }
};

/// Counts the time that the machine is suspended, too, where the system has such a clock: what
/// whoever holds a lease must go by. (locks R4)
struct boot_clock {
    [[nodiscard]] instant now() const noexcept {
#ifdef __linux__
        return detail::shown_by(CLOCK_BOOTTIME);
#else
        return steady_clock{}.now();
#endif
    }
};

}  // namespace synod::inline SYNOD_ABI::host
