// synod/client/mutex.hpp - a mutex between the threads of many processes, in the shape of the standard library's.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/client/detail/process.hpp>
#include <synod/client/hold.hpp>
#include <synod/client/session.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// A lock of the service, by name. Meets Lockable and TimedLockable, so std::unique_lock, std::lock_guard, std::scoped_lock and
/// std::condition_variable_any work. Several at once through std::scoped_lock or std::lock cost a round trip for every step of
/// trying and backing off, and are not fair.
///
/// A hold can be lost, which no lock of the standard library can tell: see `held`, and hand the token to the resource. Whoever holds
/// it unlocks it, also after it was lost.
///
/// Owners are threads, as with std::mutex: a thread that locks what it holds is refused with errc::self_deadlock, and unlocks only
/// what it has locked. Locks are granted in the order in which they were asked for.
///
/// Thread-safety: all of it but destruction, which gives back what is still held. It may outlive its session.
template <class Policy = client::policy<>>
class basic_mutex {
    using engine = client::detail::session_engine<Policy>;
    using hold_ptr = typename engine::hold_ptr;
    using report_ptr = typename engine::report_ptr;
    using report = typename report_ptr::element_type;

public:
    using hold = basic_hold<typename engine::hold_type>;  // synod::hold

    /// `name` has 1 to 512 bytes; every mutex of that name in the cluster is this one.
    basic_mutex(basic_session<Policy>& through, std::string name)
        : engine_(through.engine_),
          name_(std::move(name)),
          report_(std::make_shared<report>()),
          misuse_(std::make_shared<report>()) {
        misuse_->error = errc::not_owner;
    }
    basic_mutex(const basic_mutex&) = delete;
    basic_mutex& operator=(const basic_mutex&) = delete;
    ~basic_mutex() {
        if (engine_->is_foreign()) return;
        for (const owned& one : owned_) give_back(one.hold);
    }

    /// Waits until it is held. Throws std::system_error, category synod: see `acquire`.
    void lock() { checked(acquire()); }
    /// The same, and throws `cancelled` when `stop` fires first.
    void lock(const std::stop_token& stop) { checked(acquire(stop)); }

    /// Whether it could be held at once, or within client_config::longest_try when no replica answers. Throws for other reasons
    /// than that somebody holds it or that nobody answers.
    [[nodiscard]] bool try_lock() { return tried(try_acquire()); }

    /// Whether it could be held in time, by this client's clock.
    template <synod::detail::like_chrono_duration Length>
    [[nodiscard]] bool try_lock_for(const Length& longest) {
        return tried(acquire_for(rounded_up(longest)));
    }
    template <synod::detail::like_chrono_time_point End>
    [[nodiscard]] bool try_lock_until(const End& end) {
        return try_lock_for(end - End::clock::now());
    }

    /// Gives the calling thread's hold back; what must be said again is said in the background. `last_release` tells what came of it.
    void unlock() noexcept {
        if (!release_later()) note_misuse();
    }

    /// Non-throwing twins. Errors: busy, timed_out, cancelled, self_deadlock; unreachable when no replica answers for as long as
    /// client_config::patience; session_expired, outcome_unknown and hold_lost when the session was lost while waiting, and
    /// then nothing is held; stopped when it has ended; would_deadlock, at once, in a callback on the session's own thread; and what
    /// the service refuses. Without memory they do throw, and the session is given up.
    [[nodiscard]] result<hold> acquire(const std::stop_token& stop = {}) {
        return wait({name_, tag(), true, instant::never()}, stop);
    }
    [[nodiscard]] result<hold> acquire_for(duration longest, const std::stop_token& stop = {}) {
        return wait({name_, tag(), true, engine_->now() + longest}, stop);
    }
    [[nodiscard]] result<hold> try_acquire() {
        return wait({name_, tag(), false, engine_->now() + engine_->config().longest_try}, {});
    }

    /// Gives the calling thread's hold back and waits for the answer. Errors: not_owner if it holds nothing; stale_token if the service
    /// had ended the hold; hold_lost, session_expired or outcome_unknown if the session was lost; would_deadlock on the session's own
    /// thread, which gives it back without waiting.
    std::error_code release() {
        if (!release_later()) return errc::not_owner;
        return engine_->await(report_of_last());
    }

    /// What came of the release before, of any thread; zero while that is on its way.
    [[nodiscard]] std::error_code last_release() { return engine_->look(report_of_last()); }

    /// The calling thread's hold, lost or not. Errors: not_owner if it has none.
    [[nodiscard]] result<hold> held() const {
        const std::lock_guard lock(mutex_);
        for (const owned& one : owned_) {
            if (one.tag == tag()) return hold(one.hold);
        }
        return errc::not_owner;
    }

    [[nodiscard]] const std::string& name() const { return name_; }

private:
    struct owned {
        std::uint64_t tag;
        hold_ptr hold;
    };

    [[nodiscard]] static std::uint64_t tag() { return client::detail::this_thread_tag(); }

    static void checked(const result<hold>& got) {
        if (!got) throw std::system_error(got.error());
    }

    static bool tried(const result<hold>& got) {
        const std::error_code error = got.error();
        if (error == errc::busy || error == errc::timed_out || error == errc::unreachable) {
            return false;
        }
        checked(got);
        return true;
    }

    [[nodiscard]] result<hold> wait(client::wish asked, const std::stop_token& stop) {
        auto got = engine_->acquire(std::move(asked), stop);
        if (!got) return unexpected(got.error());
        remember(*got);
        return hold(*got);
    }

    void remember(const hold_ptr& fresh) {
        const auto older = take_own();
        if (older != nullptr) give_back(older);  // lost, and never unlocked
        const std::lock_guard lock(mutex_);
        owned_.push_back({tag(), fresh});
    }

    [[nodiscard]] hold_ptr take_own() {
        const std::lock_guard lock(mutex_);
        for (auto one = owned_.begin(); one != owned_.end(); ++one) {
            if (one->tag != tag()) continue;
            hold_ptr found = std::move(one->hold);
            owned_.erase(one);
            return found;
        }
        return nullptr;
    }

    bool release_later() noexcept {
        if (engine_->is_foreign()) return false;
        const hold_ptr own = take_own();
        if (own != nullptr) give_back(own);
        return own != nullptr;
    }

    /// Without memory there is nothing to say it with; then the session is let go, which frees everything in time.
    void give_back(const hold_ptr& own) noexcept {
        try {
            auto fresh = std::make_shared<report>();
            engine_->release(own, fresh);
            const std::lock_guard lock(mutex_);
            report_ = std::move(fresh);
        } catch (...) {
            engine_->give_up();
        }
    }

    /// Needs no memory, so that unlock never fails to say so.
    void note_misuse() noexcept {
        const std::lock_guard lock(mutex_);
        report_ = misuse_;
    }

    [[nodiscard]] report_ptr report_of_last() const {
        const std::lock_guard lock(mutex_);
        return report_;
    }

    std::shared_ptr<engine> engine_;
    std::string name_;
    mutable std::mutex mutex_;  // guards what follows
    std::vector<owned> owned_;  // at most one for each thread
    report_ptr report_;         // of the last release
    report_ptr misuse_;         // of the release of what is not held; never changes
};

/// The mutex that users lock, of a `session`.
using mutex = basic_mutex<>;

}  // namespace synod::inline SYNOD_ABI
