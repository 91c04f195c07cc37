// synod/client/detail/thread_holds.hpp - what the threads of this process hold of one lock, and
// what came of giving it back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/client/detail/process.hpp>
#include <synod/client/detail/session_engine.hpp>
#include <synod/client/hold.hpp>
#include <synod/host/detail/owners.hpp>
#include <synod/lock/command.hpp>

#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::client::detail {

/// The holds of one lock through one session, one for each thread at most. Thread-safety: all of it
/// but destruction, which gives back what is still held.
template <class Policy>
class thread_holds {
public:
    using engine = session_engine<Policy>;
    using hold_ptr = typename engine::hold_ptr;
    using hold = basic_hold<typename engine::hold_type>;  // synod::hold

    thread_holds(std::shared_ptr<engine> through, std::string name)
        : engine_(std::move(through)),
          name_(std::move(name)),
          report_(std::make_shared<report>()),
          misuse_(std::make_shared<report>()) {
        misuse_->error = errc::not_owner;
    }
    thread_holds(const thread_holds&) = delete;
    thread_holds& operator=(const thread_holds&) = delete;
    ~thread_holds() {
        if (engine_->is_foreign()) return;
        for (const owned& one : owned_) give_back(one.hold);
    }

    // Errors of these: see basic_mutex::acquire.

    [[nodiscard]] result<hold> acquire(lock::mode mode, const std::stop_token& stop) {
        return wait({name_, tag(), true, instant::never(), mode}, stop);
    }
    [[nodiscard]] result<hold> acquire_for(lock::mode mode, duration longest,
                                           const std::stop_token& stop) {
        return wait({name_, tag(), true, engine_->now() + longest, mode}, stop);
    }
    [[nodiscard]] result<hold> try_acquire(lock::mode mode) {
        const instant end = engine_->now() + engine_->config().longest_try;
        return wait({name_, tag(), false, end, mode}, {});
    }

    /// Gives the calling thread's hold in that mode back, in the background.
    void unlock(lock::mode mode) noexcept {
        if (release_later(mode) == nullptr) note_misuse();
    }

    /// The same, and waits for the answer. Errors: see basic_mutex::release.
    [[nodiscard]] std::error_code release(lock::mode mode) {
        const report_ptr told = release_later(mode);
        if (told == nullptr) return errc::not_owner;
        return engine_->await(told);
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
    using report_ptr = typename engine::report_ptr;
    using report = typename report_ptr::element_type;

    struct owned {
        std::uint64_t tag;
        lock::mode mode;
        hold_ptr hold;
    };

    [[nodiscard]] static std::uint64_t tag() { return this_thread_tag(); }

    [[nodiscard]] result<hold> wait(wish asked, const std::stop_token& stop) {
        const lock::mode mode = asked.mode;
        auto got = engine_->acquire(std::move(asked), stop);
        if (!got) return unexpected(got.error());
        try {
            remember(*got, mode);
        } catch (...) {
            engine_->give_up();
            throw;
        }
        return hold(*got);
    }

    /// What this thread held before is lost, and was never unlocked.
    void remember(const hold_ptr& fresh, lock::mode mode) {
        const hold_ptr older = take_own([](const owned&) { return true; });
        if (older != nullptr) give_back(older);
        const std::lock_guard lock(mutex_);
        owned_.push_back({tag(), mode, fresh});
    }

    /// Takes the calling thread's hold out, if it is one that `suits`.
    template <class Suits>
    [[nodiscard]] hold_ptr take_own(Suits&& suits) {
        const std::lock_guard lock(mutex_);
        for (auto one = owned_.begin(); one != owned_.end(); ++one) {
            if (one->tag != tag() || !suits(*one)) continue;
            hold_ptr found = std::move(one->hold);
            owned_.erase(one);
            return found;
        }
        return nullptr;
    }

    /// Where what comes of it is told; nowhere if the thread holds nothing in that mode.
    report_ptr release_later(lock::mode mode) noexcept {
        if (engine_->is_foreign()) return nullptr;
        const hold_ptr own = take_own([mode](const owned& one) { return one.mode == mode; });
        return own == nullptr ? nullptr : give_back(own);
    }

    /// Without memory there is nothing to say it with; then the session is let go, which frees
    /// everything in time.
    report_ptr give_back(const hold_ptr& own) noexcept {
        try {
            auto fresh = std::make_shared<report>();
            engine_->release(own, fresh);
            const std::lock_guard lock(mutex_);
            return report_ = std::move(fresh);
        } catch (...) {
            engine_->give_up();
            return report_of_last();
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

/// Throws what went wrong, if anything did.
template <class Hold>
void checked(const result<Hold>& got) {
    if (!got) throw std::system_error(got.error());
}

/// Whether it is held; throws for other reasons than that somebody else holds it, or that nobody
/// answers.
template <class Hold>
[[nodiscard]] bool tried(const result<Hold>& got) {
    const std::error_code error = got.error();
    if (error == errc::busy || error == errc::timed_out || error == errc::unreachable) {
        return false;
    }
    checked(got);
    return true;
}

}  // namespace synod::inline SYNOD_ABI::client::detail
