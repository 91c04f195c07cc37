// synod/client/hold.hpp - a look at one hold: its token, and whether it is still to be relied on.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/client/detail/process.hpp>
#include <synod/client/lease.hpp>
#include <synod/client/parcel.hpp>
#include <synod/host/detail/owners.hpp>

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace client::detail {

/// A session's lease as every thread may read it, with the clock that it is to be compared with.
class lease_view {
public:
    lease_view() = default;
    lease_view(const lease_view&) = delete;
    lease_view& operator=(const lease_view&) = delete;
    virtual ~lease_view() = default;

    void publish(const lease& now) {
        jeopardy_from_.store(now.jeopardy_from().nanoseconds(), std::memory_order_release);
        safe_until_.store(now.safe_until().nanoseconds(), std::memory_order_release);
    }

    /// In a forked child nothing is held.
    [[nodiscard]] bool is_over() const {
        return is_past(safe_until_) || this_process() != process_;
    }
    [[nodiscard]] bool in_jeopardy() const { return is_past(jeopardy_from_); }
    [[nodiscard]] virtual instant now() const noexcept = 0;
    [[nodiscard]] std::int64_t process() const { return process_; }

private:
    [[nodiscard]] bool is_past(const std::atomic<std::int64_t>& point) const {
        return now() >= instant(point.load(std::memory_order_acquire));
    }

    std::int64_t process_ = this_process();
    std::atomic<std::int64_t> safe_until_{lease::over.nanoseconds()};
    std::atomic<std::int64_t> jeopardy_from_{lease::over.nanoseconds()};
};

/// The same with its clock.
template <class Clock>
class clocked_lease final : public lease_view {
public:
    explicit clocked_lease(Clock clock) : clock_(std::move(clock)) {}
    [[nodiscard]] instant now() const noexcept override { return clock_.now(); }

private:
    Clock clock_;
};

/// What is known of one hold. Loss is final: a lease that is renewed later does not bring it back.
/// (locks R4)
template <class Lease>
class hold_state {
public:
    hold_state(request_id which, fencing_token token, std::shared_ptr<const Lease> lease)
        : which_(which), token_(token), lease_(std::move(lease)) {}

    [[nodiscard]] request_id which() const { return which_; }
    [[nodiscard]] fencing_token token() const { return token_; }
    [[nodiscard]] std::stop_token stop_token() const { return stop_.get_token(); }
    [[nodiscard]] std::stop_token revoke_requested() const { return asked_back_.get_token(); }

    /// Looks at the clock, so it does not wait for any thread to be told. Fires the stop token if
    /// it finds the hold lost.
    [[nodiscard]] bool is_lost() {
        if (!has_ended_.load(std::memory_order_acquire) && lease_->is_over()) lose();
        if (!is_lost_.load(std::memory_order_acquire)) return false;
        stop_.request_stop();
        return true;
    }
    [[nodiscard]] bool in_jeopardy() { return is_lost() || lease_->in_jeopardy(); }

    void lose() { is_lost_.store(true, std::memory_order_release); }
    void ask_back() { is_asked_back_.store(true, std::memory_order_release); }

    /// It is given back; what happens to the lease is no business of it any more.
    void end() { has_ended_.store(true, std::memory_order_release); }

    /// Runs the callbacks of the stop tokens that are due. Called with nothing locked.
    void fire() {
        if (is_asked_back_.load(std::memory_order_acquire)) asked_back_.request_stop();
        if (is_lost_.load(std::memory_order_acquire)) stop_.request_stop();
    }

private:
    request_id which_;
    fencing_token token_;
    std::shared_ptr<const Lease> lease_;
    std::stop_source stop_;
    std::stop_source asked_back_;
    std::atomic<bool> is_lost_{false};
    std::atomic<bool> is_asked_back_{false};
    std::atomic<bool> has_ended_{false};
};

}  // namespace client::detail

/// One hold of a lock. Copies look at the same one; none of them owns it: it lasts until it is
/// given back through its mutex, or lost. Thread-safety: all of it, from any thread. Users write
/// `hold`.
template <class State>
class basic_hold {
public:
    explicit basic_hold(std::shared_ptr<State> state) : state_(std::move(state)) {}

    /// Rises with every grant of every lock. Hand it to the resource with every write; see
    /// `fence_gate`.
    [[nodiscard]] fencing_token token() const { return state_->token(); }

    /// Whether the hold is, or may be, gone, by the clock at this very moment. Once true it stays
    /// so. A hold that was given back in time is not lost. Ask `session::check_token` what the
    /// service says.
    [[nodiscard]] bool lost() const { return state_->is_lost(); }

    /// Whether the lease is near its end, and it is time to come to one. Ends with the next
    /// renewal, or in loss.
    [[nodiscard]] bool in_jeopardy() const { return state_->in_jeopardy(); }

    /// Fires when the hold is lost, from the session's thread, or from `lost` or another call that
    /// finds out first. Callbacks should return soon: until then this session renews nothing. On
    /// its own thread this session refuses to lock, with errc::would_deadlock; other sessions may
    /// be used, unless their callbacks use this one in return. Unlocking never waits. An exception
    /// that leaves a callback ends the program, so callbacks lock through the non-throwing twins.
    [[nodiscard]] std::stop_token stop_token() const { return state_->stop_token(); }

    /// Fires when somebody asks for the hold to be given back, as `session::request_revoke` does;
    /// the same holds for its callbacks. It is a hint, which may be lost on its way: a hold that is
    /// taken by force in the end is lost, and told so by `stop_token`. (locks 3.6)
    [[nodiscard]] std::stop_token revoke_requested() const { return state_->revoke_requested(); }

private:
    std::shared_ptr<State> state_;
};

/// What a `mutex` hands out.
using hold = basic_hold<client::detail::hold_state<client::detail::lease_view>>;

}  // namespace synod::inline SYNOD_ABI
