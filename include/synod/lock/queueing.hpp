// synod/lock/queueing.hpp - how a request stands to the others that wait, and who of those gives
// way.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstdint>
#include <limits>

namespace synod::inline SYNOD_ABI::lock {

/// Of requests that would wait for each other for ever, who gives way. Each says what it would
/// have; the strictest of them decides, in this order. (locks 3.7)
enum class on_deadlock : std::uint8_t {
    requester,  // whose command made it so, which is the youngest, as it is where none did
    youngest,
    lowest_priority,  // of several the youngest
};
[[nodiscard]] constexpr on_deadlock last_of(on_deadlock) { return on_deadlock::lowest_priority; }

/// In which order a lock is granted to those who wait for it. It comes into being with the policy
/// that the first request for it names, and has that as long as it is there; a request that names
/// another is refused (policy_mismatch).
///
/// By priority, a request goes ahead of those that rank below it when it comes, and never later:
/// time alone re-orders nobody. Each of them has been overtaken by that, also if it gives way
/// itself afterwards. Whoever comes while somebody in one of its queues cannot be overtaken any
/// more goes behind, with the rank of that in all its queues, whatever its own priority. In phases,
/// a reader waits for one writer at the most, and a writer for the readers between it and the one
/// before. (locks 3.5)
enum class policy : std::uint8_t {
    any,         // whatever it has; fifo where it comes into being
    fifo,        // in the order of arrival
    priority,    // by terms::priority and arrival, as config::aging_ms weighs them
    phase_fair,  // after a writer all readers who wait by then, and after those the next writer
};
[[nodiscard]] constexpr policy last_of(policy) { return policy::phase_fair; }

inline constexpr std::uint64_t highest_priority = 255;

/// config::aging_ms is below this, so that the steps of priority do not overflow.
inline constexpr std::uint64_t aging_end_ms = std::uint64_t{1} << 55U;

/// What a request asks for besides its locks: how it is to be dealt with while it waits.
struct terms {
    lock::on_deadlock on_deadlock = lock::on_deadlock::requester;
    std::uint8_t priority = 0;  // the higher, the more urgent

    friend bool operator==(const terms&, const terms&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.on_deadlock, self.priority); }
};

/// How a waiting request stands to others. It belongs to the request, and is the same in each queue
/// that it waits in.
struct standing {
    lock::terms terms;
    std::uint64_t rank = 0;  // in the order of queues, before its position; the lower, the sooner
    std::uint32_t bypassed = 0;  // so often it was overtaken, whichever of its locks it was at
    bool lets_pass = false;      // who wants fewer permits may overtake it; false once nobody may

    void count_overtaking() {
        if (bypassed < std::numeric_limits<std::uint32_t>::max()) ++bypassed;
    }

    friend bool operator==(const standing&, const standing&) = default;
    static void fields(auto& self, auto&& visit) {
        self.terms.fields(self.terms, visit);
        visit(self.rank, self.bypassed, self.lets_pass);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock
