// synod/host/clock.hpp - the clocks that a host reads time from.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>

#include <chrono>
#include <concepts>
#ifdef __linux__
#include <ctime>
#endif

namespace synod::inline SYNOD_ABI::host {

namespace detail {

template <class C>
concept shows_an_instant = requires(const C& clock) {
    { clock.now() } noexcept -> std::same_as<instant>;
};

}  // namespace detail

/// Shows time.
/// - `now()` never falls and may be called from any thread.
template <class C>
concept clock = std::movable<C> && detail::shows_an_instant<C>;

/// std::chrono::steady_clock. On Linux it stands still while the machine is suspended.
struct steady_clock {
    [[nodiscard]] instant now() const noexcept { return std::chrono::steady_clock::now(); }
};

/// Counts the time that the machine is suspended, too, where the system has such a clock: what whoever holds a lease must go by.
/// (locks R4)
struct boot_clock {
    [[nodiscard]] instant now() const noexcept {
#ifdef __linux__
        std::timespec shown{};
        if (::clock_gettime(CLOCK_BOOTTIME, &shown) == 0) {
            return instant() + seconds(shown.tv_sec) + duration(shown.tv_nsec);
        }
#endif
        return steady_clock{}.now();
    }
};

}  // namespace synod::inline SYNOD_ABI::host
