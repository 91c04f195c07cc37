// synod/client/mutex.hpp - a mutex between the threads of many processes, in the shape of the
// standard library's.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/client/detail/thread_holds.hpp>
#include <synod/client/session.hpp>

#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// A lock of the service, by name. Meets Lockable and TimedLockable, so std::unique_lock,
/// std::lock_guard, std::scoped_lock and std::condition_variable_any work. Several at once through
/// std::scoped_lock or std::lock cost a round trip for every step of trying and backing off, and
/// are not fair.
///
/// A hold can be lost, which no lock of the standard library can tell: see `held`, and hand the
/// token to the resource. Whoever holds it unlocks it, also after it was lost.
///
/// Owners are threads, as with std::mutex: a thread that locks what it holds is refused with
/// errc::self_deadlock, and unlocks only what it has locked. Locks are granted in the order in
/// which they were asked for.
///
/// Thread-safety: all of it but destruction, which gives back what is still held. It may outlive
/// its session.
template <class Policy = client::policy<>>
class basic_mutex {
public:
    using hold = typename client::detail::thread_holds<Policy>::hold;  // synod::hold

    /// `name` has 1 to 512 bytes; every mutex of that name in the cluster is this one.
    basic_mutex(basic_session<Policy>& through, std::string name)
        : holds_(through.engine_, std::move(name)) {}

    /// Waits until it is held. Throws std::system_error, category synod: see `acquire`.
    void lock() { client::detail::checked(acquire()); }
    /// The same, and throws `cancelled` when `stop` fires first.
    void lock(const std::stop_token& stop) { client::detail::checked(acquire(stop)); }

    /// Whether it could be held at once, or within client_config::longest_try when no replica
    /// answers. Throws for other reasons than that somebody holds it or that nobody answers.
    [[nodiscard]] bool try_lock() { return client::detail::tried(try_acquire()); }

    /// Whether it could be held in time, by this client's clock.
    template <detail::like_chrono_duration Length>
    [[nodiscard]] bool try_lock_for(const Length& longest) {
        return client::detail::tried(acquire_for(rounded_up(longest)));
    }
    template <detail::like_chrono_time_point End>
    [[nodiscard]] bool try_lock_until(const End& end) {
        return client::detail::tried(acquire_for(detail::time_until(end)));
    }

    /// Gives the calling thread's hold back; what must be said again is said in the background.
    /// `last_release` tells what came of it.
    void unlock() noexcept { holds_.unlock(lock::mode::exclusive); }

    /// Non-throwing twins. Errors: busy, timed_out, cancelled, self_deadlock; unreachable when no
    /// replica answers for as long as client_config::patience; session_expired, outcome_unknown and
    /// hold_lost when the session was lost while waiting, and then nothing is held; stopped when it
    /// has ended; would_deadlock, at once, in a callback on the session's own thread; and what the
    /// service refuses. Without memory they do throw, and the session is given up.
    [[nodiscard]] result<hold> acquire(const std::stop_token& stop = {}) {
        return holds_.acquire(lock::mode::exclusive, stop);
    }
    [[nodiscard]] result<hold> acquire_for(duration longest, const std::stop_token& stop = {}) {
        return holds_.acquire_for(lock::mode::exclusive, longest, stop);
    }
    [[nodiscard]] result<hold> try_acquire() { return holds_.try_acquire(lock::mode::exclusive); }

    /// Gives the calling thread's hold back and waits for the answer, until the lease runs out at
    /// the latest; then it is given back in the background. Errors: not_owner if it holds nothing;
    /// stale_token if the service had ended the hold; hold_lost if it was lost before,
    /// outcome_unknown if it came to be meanwhile; session_expired; would_deadlock on the session's
    /// own thread, which gives it back without waiting.
    std::error_code release() { return holds_.release(lock::mode::exclusive); }

    /// What came of the release before, of any thread; zero while that is on its way.
    [[nodiscard]] std::error_code last_release() { return holds_.last_release(); }

    /// The calling thread's hold, lost or not. Errors: not_owner if it has none.
    [[nodiscard]] result<hold> held() const { return holds_.held(); }

    [[nodiscard]] const std::string& name() const { return holds_.name(); }

protected:
    /// For those that hold in other modes, too.
    [[nodiscard]] client::detail::thread_holds<Policy>& holds() { return holds_; }

private:
    client::detail::thread_holds<Policy> holds_;
};

/// The mutex that users lock, of a `session`.
using mutex = basic_mutex<>;

}  // namespace synod::inline SYNOD_ABI
