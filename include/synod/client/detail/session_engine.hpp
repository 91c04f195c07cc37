// synod/client/detail/session_engine.hpp - one session, its thread, and the threads that wait for
// its locks.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/client/connection.hpp>
#include <synod/client/detail/process.hpp>
#include <synod/client/hold.hpp>
#include <synod/client/session_core.hpp>
#include <synod/host/detail/owners.hpp>

#include <condition_variable>  // and the std::chrono::nanoseconds that it waits for
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::client::detail {

/// What became of a release, once it is known. Guarded by the engine's mutex.
struct release_report {
    std::error_code error;
    bool is_known = true;
    std::condition_variable known;
};

/// Turns the crank of a session's core. Callers act on the core themselves, under the mutex, and
/// send without waiting for the thread; the thread takes what comes in and minds the time. Stop
/// tokens fire with nothing locked.
template <class Policy>
class session_engine final : private receiver {
    template <class T>
    using deferred = synod::detail::deferred<T, Policy>;

public:
    using core = session_core<connection_link, Policy>;
    using hold_type = hold_state<deferred<lease_view>>;
    using hold_ptr = std::shared_ptr<hold_type>;
    using report_ptr = std::shared_ptr<deferred<release_report>>;
    using command = deferred<lock::command>;
    using reply = deferred<lock::reply>;

    session_engine(std::unique_ptr<deferred<connection>> end, core made,
                   std::shared_ptr<deferred<lease_view>> lease)
        : connection_(std::move(end)), core_(std::move(made)), lease_(std::move(lease)) {}
    session_engine(const session_engine&) = delete;
    session_engine& operator=(const session_engine&) = delete;
    ~session_engine() { stop(); }

    [[nodiscard]] std::error_code start() {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::system_error& error) {
            return error.code();
        }
        return {};
    }

    /// Closes the session, or stops trying after client_config::farewell; then ends everything that
    /// still waits, and the thread.
    void stop() noexcept {
        if (is_foreign() || !thread_.joinable()) return;
        try {
            say_farewell();
        } catch (...) {
            give_up();  // then the session expires by itself
        }
        give_up();
        thread_.join();
    }

    /// Waits for a lock. Errors: those of session_core::acquire; cancelled when `stop` fires;
    /// would_deadlock on the session's thread.
    [[nodiscard]] result<hold_ptr> acquire(wish asked, const std::stop_token& stop) {
        if (is_foreign()) return errc::stopped;
        call waiting;
        const std::stop_callback on_stop(stop, [&] { interrupt(waiting); });
        announce(waiting, [&](instant now) { return core_.acquire(std::move(asked), now); });
        if (const auto error = await(waiting)) return unexpected(error);
        return waiting.hold;
    }

    /// Carries a command for its caller, under this thread's tag, and waits for what it comes to.
    /// Errors: those of session_core::run; cancelled when `stop` fires, and then outcome_unknown
    /// for what cannot be taken back; would_deadlock on the session's thread.
    [[nodiscard]] result<reply> run(command what, const std::stop_token& stop) {
        if (is_foreign()) return errc::stopped;
        reply said;
        call waiting;
        waiting.said = &said;
        const std::stop_callback on_stop(stop, [&] { interrupt(waiting); });
        announce(waiting, [&](instant now) {
            return core_.run(std::move(what), this_thread_tag(), instant::never(), now);
        });
        if (const auto error = await(waiting)) return unexpected(error);
        return said;
    }

    /// Gives a hold back, with retries as long as the session lives. `report` is filled in when
    /// that is answered, or the lease has run out.
    void release(const hold_ptr& hold, const report_ptr& report) {
        if (is_foreign()) return;
        act([&](instant now) {
            if (!is_broken_) core_.tick(now);  // the lease may have run out unnoticed
            if (lease_->is_over()) hold->lose();
            hold->end();
            holds_.erase(hold->which());
            const bool is_gone = is_broken_ || core_.find(hold->which()) == nullptr;
            report->error = is_gone ? errc::hold_lost : std::error_code();
            if (is_gone) return;
            report->is_known = false;
            reports_[hold->which()] = report;
            core_.release(hold->which());
        });
    }

    /// Waits for the answer. Errors: those of the answer; outcome_unknown if the session ends, or
    /// the lease runs out, without one; would_deadlock on the session's thread, unless it is known
    /// already.
    [[nodiscard]] std::error_code await(const report_ptr& report) {
        if (is_foreign()) return errc::stopped;
        std::unique_lock lock(mutex_);
        if (!report->is_known && is_own_thread()) return errc::would_deadlock;
        report->known.wait(lock, [&report] { return report->is_known; });
        return report->error;
    }

    /// What is known of the last release that used `report`.
    [[nodiscard]] std::error_code look(const report_ptr& report) {
        if (is_foreign()) return errc::stopped;
        const std::lock_guard lock(mutex_);
        return report->error;
    }

    /// Ends the thread and all that waits, and loses every hold. Nothing is renewed any more, so
    /// what is not given back yet becomes free when the session expires.
    void give_up() noexcept {
        ordered_map<request_id, hold_ptr> lost;
        {
            const std::lock_guard lock(mutex_);
            is_broken_ = true;
            std::swap(lost, holds_);
            for (auto& [which, waiting] : calls_) {
                const bool has_reply = core_.find(which) == nullptr;  // which nobody will tell
                const bool is_definite = !has_reply && core_.may_take_back(which);
                const bool is_errand = waiting->said != nullptr;
                finish(*waiting, is_errand && !is_definite ? errc::outcome_unknown : errc::stopped);
            }
            calls_.clear();
            for (auto& [which, report] : reports_) finish(*report, errc::outcome_unknown);
            reports_.clear();
        }
        connection_->wake();
        for (auto& [which, hold] : lost) hold->lose();
        for (auto& [which, hold] : lost) hold->fire();
    }

    [[nodiscard]] instant now() const { return lease_->now(); }
    [[nodiscard]] const client_config& config() const { return core_.config(); }
    [[nodiscard]] client::phase phase() {
        const std::lock_guard lock(mutex_);
        return core_.phase();
    }

    /// Whether this is a child of the process that made the session, without its thread and perhaps
    /// with its mutex locked for ever.
    [[nodiscard]] bool is_foreign() const { return lease_->process() != this_process(); }

private:
    /// A thread that waits in `acquire` or in `run`. Guarded by the mutex.
    struct call {
        request_id which;
        reply* said = nullptr;  // where the reply to an errand goes
        bool is_stopped = false;
        bool has_ended = false;
        std::error_code error;
        hold_ptr hold;
        std::condition_variable done;
    };

    static void finish(call& waiting, std::error_code error) {
        waiting.has_ended = true;
        waiting.error = error;
        waiting.done.notify_one();
    }
    static void finish(release_report& report, std::error_code error) {
        report.is_known = true;
        report.error = error;
        report.known.notify_all();
    }

    /// Whether this is the thread that delivers what callers wait for. Precondition: the mutex is
    /// locked.
    [[nodiscard]] bool is_own_thread() const { return thread_tag_ == this_thread_tag(); }

    [[nodiscard]] bool has_ended() const {
        return is_broken_ || core_.phase() == client::phase::closed;
    }

    /// Lets `what(now)` happen to the core, and sees to what follows from it.
    template <class What>
    void act(What&& what) {
        std::unique_lock lock(mutex_);
        const instant now = lease_->now();
        what(now);
        settle(now);
        const bool is_early = core_.next_deadline() < asleep_until_;
        const std::vector<hold_ptr> stirred = std::exchange(stirred_, {});
        lock.unlock();
        if (is_early) connection_->wake();
        for (const hold_ptr& hold : stirred) hold->fire();
    }

    void say_farewell() {
        act([this](instant) { core_.close(); });
        std::unique_lock lock(mutex_);
        const auto longest = std::chrono::nanoseconds(core_.config().farewell.nanoseconds());
        closed_.wait_for(lock, longest, [this] { return has_ended(); });
    }

    /// `calls_` must not outlive the caller's frame, and nobody knows how much of it the core has
    /// noted; so when memory is short the session is given up.
    template <class Ask>
    void announce(call& waiting, Ask&& ask) {
        try {
            act([&](instant now) { begin(waiting, ask, now); });
        } catch (...) {
            give_up();
            throw;
        }
    }

    template <class Ask>
    void begin(call& waiting, Ask& ask, instant now) {
        if (waiting.is_stopped) return finish(waiting, errc::cancelled);
        if (is_broken_) return finish(waiting, errc::stopped);
        if (is_own_thread()) return finish(waiting, errc::would_deadlock);
        waiting.which = ask(now);
        calls_[waiting.which] = &waiting;
    }

    [[nodiscard]] std::error_code await(call& waiting) {
        std::unique_lock lock(mutex_);
        waiting.done.wait(lock, [&waiting] { return waiting.has_ended; });
        return waiting.error;
    }

    void interrupt(call& waiting) {
        act([&](instant) {
            waiting.is_stopped = true;
            if (waiting.has_ended || calls_.erase(waiting.which) == 0) return;
            const bool is_definite = core_.may_take_back(waiting.which);
            core_.cancel(waiting.which);
            finish(waiting, is_definite ? errc::cancelled : errc::outcome_unknown);
        });
    }

    /// Holds are marked as lost before a newer lease is shown, so none of them is seen to come
    /// back.
    void settle(instant now) {
        core_.flush(now);
        core_.drain([this](const notice& told) { note(told); });
        core_.drain_errands([this](const auto& ended) { this->note_errand(ended); });
        lease_->publish(core_.lease());
        if (has_ended()) closed_.notify_all();
    }

    void note(const notice& told) {
        switch (told.is) {
            case notice::kind::granted: return note_grant(told);
            case notice::kind::failed: return note_failure(told);
            case notice::kind::asked_back: return note_asked_back(told);
            case notice::kind::lost: return note_loss(told);
            case notice::kind::released: return note_release(told);
        }
    }

    void note_grant(const notice& told) {
        const auto found = calls_.find(told.request);
        if (found == calls_.end()) return core_.cancel(told.request);
        found->second->hold = std::make_shared<hold_type>(told.request, told.token, lease_);
        holds_[told.request] = found->second->hold;
        finish(*found->second, {});
        calls_.erase(found);
    }

    template <class Conclusion>
    void note_errand(const Conclusion& ended) {
        const auto found = calls_.find(ended.errand);
        if (found == calls_.end()) return;
        if (!ended.error) *found->second->said = ended.reply;
        finish(*found->second, ended.error);
        calls_.erase(found);
    }

    void note_failure(const notice& told) {
        const auto found = calls_.find(told.request);
        if (found == calls_.end()) return;
        finish(*found->second, told.error);
        calls_.erase(found);
    }

    void note_asked_back(const notice& told) {
        const auto found = holds_.find(told.request);
        if (found == holds_.end()) return;
        found->second->ask_back();
        stirred_.push_back(found->second);
    }

    void note_loss(const notice& told) {
        const auto found = holds_.find(told.request);
        if (found == holds_.end()) return;
        found->second->lose();
        stirred_.push_back(found->second);
    }

    void note_release(const notice& told) {
        note_loss(told);  // a session that closes ends holds that nobody has given back
        holds_.erase(told.request);
        const auto found = reports_.find(told.request);
        if (found == reports_.end()) return;
        finish(*found->second, told.error);
        reports_.erase(found);
    }

    /// The thread. Nothing escapes it: when memory is short it gives the session up.
    void run() noexcept {
        try {
            introduce();
            while (turn()) connection_->wait(until_due());
        } catch (...) {
            give_up();
        }
    }

    void introduce() {
        const std::lock_guard lock(mutex_);
        thread_tag_ = this_thread_tag();
    }

    /// False when the thread is to end.
    bool turn() {
        bool goes_on = true;
        act([&](instant now) {
            goes_on = !is_broken_;
            if (!goes_on) return;
            now_ = now;
            asleep_until_ = lease::over;
            connection_->deliver(*this);
            if (core_.next_deadline() <= now) core_.tick(now);
        });
        return goes_on;
    }

    [[nodiscard]] duration until_due() {
        const std::lock_guard lock(mutex_);
        asleep_until_ = core_.next_deadline();
        return asleep_until_ == instant::never() ? seconds(3600) : asleep_until_ - lease_->now();
    }

    void take(node_id from, lock::to_client&& came) override { core_.receive(from, came, now_); }

    std::mutex mutex_;  // guards all below but lease_, which is shared, and thread_
    std::unique_ptr<deferred<connection>> connection_;
    core core_;
    std::shared_ptr<deferred<lease_view>> lease_;
    ordered_map<request_id, call*> calls_;         // of threads that wait
    ordered_map<request_id, hold_ptr> holds_;      // not given back
    ordered_map<request_id, report_ptr> reports_;  // of releases on their way
    std::vector<hold_ptr> stirred_;                // whose stop tokens are to be fired next
    std::condition_variable closed_;
    instant asleep_until_;          // when the thread wakes by itself
    instant now_;                   // of the turn that the thread is at
    bool is_broken_ = false;        // given up
    std::uint64_t thread_tag_ = 0;  // of the thread; 0 until it runs
    std::thread thread_;
};

}  // namespace synod::inline SYNOD_ABI::client::detail
