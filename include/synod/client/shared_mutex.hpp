// synod/client/shared_mutex.hpp - a mutex that many may hold to read, and one to write, between the
// threads of many processes.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/client/mutex.hpp>
#include <synod/lock/command.hpp>

#include <stop_token>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// A mutex that can be held shared as well: by any number of threads at once, and by none while
/// another one holds it exclusively. Meets SharedTimedLockable, so std::shared_lock works. As a
/// `mutex` of the same name it is the same lock, held exclusively.
///
/// Requests are granted in the order in which they came, so a thread that wants to write is not
/// passed by readers for ever, and readers that come after it wait behind it. A thread holds it in
/// one mode at a time, and what was locked shared is unlocked shared. Asking again, in whatever
/// mode, is refused with errc::self_deadlock; a try that any hold or waiting writer stands in the
/// way of is busy, be it the thread's own hold.
///
/// Every hold has a token of its own; hand it to the resource with its mode, see fence_gate::admit.
///
/// Thread-safety: that of `mutex`.
template <class Policy = client::policy<>>
class basic_shared_mutex : public basic_mutex<Policy> {
public:
    using hold = typename basic_mutex<Policy>::hold;

    using basic_mutex<Policy>::basic_mutex;

    // What follows is as its namesakes of `mutex`, but shared.

    /// Waits until it is held. Throws std::system_error, category synod: see basic_mutex::acquire.
    void lock_shared() { client::detail::checked(acquire_shared()); }
    void lock_shared(const std::stop_token& stop) { client::detail::checked(acquire_shared(stop)); }

    /// Whether it could be held at once, or in time; see basic_mutex::try_lock.
    [[nodiscard]] bool try_lock_shared() { return client::detail::tried(try_acquire_shared()); }
    template <detail::like_chrono_duration Length>
    [[nodiscard]] bool try_lock_shared_for(const Length& longest) {
        return client::detail::tried(acquire_shared_for(rounded_up(longest)));
    }
    template <detail::like_chrono_time_point End>
    [[nodiscard]] bool try_lock_shared_until(const End& end) {
        return client::detail::tried(acquire_shared_for(detail::time_until(end)));
    }

    /// Gives the calling thread's shared hold back, in the background.
    void unlock_shared() noexcept { this->holds().unlock(lock::mode::shared); }

    /// Non-throwing twins. Errors: those of basic_mutex::acquire and basic_mutex::release.
    [[nodiscard]] result<hold> acquire_shared(const std::stop_token& stop = {}) {
        return this->holds().acquire(lock::mode::shared, stop);
    }
    [[nodiscard]] result<hold> acquire_shared_for(duration longest,
                                                  const std::stop_token& stop = {}) {
        return this->holds().acquire_for(lock::mode::shared, longest, stop);
    }
    [[nodiscard]] result<hold> try_acquire_shared() {
        return this->holds().try_acquire(lock::mode::shared);
    }
    std::error_code release_shared() { return this->holds().release(lock::mode::shared); }
};

/// The shared mutex that users lock, of a `session`.
using shared_mutex = basic_shared_mutex<>;

}  // namespace synod::inline SYNOD_ABI
