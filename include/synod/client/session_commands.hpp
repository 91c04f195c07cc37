// synod/client/session_commands.hpp - what the lock service can do beyond mutexes, one function for
// each command.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/result.hpp>
#include <synod/client/detail/process.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

namespace client::detail {

/// The reply that a caller hopes for, or the error that stands for any other.
template <class Hoped, class Reply>
[[nodiscard]] result<Hoped> as_hoped(const result<Reply>& said) {
    if (!said) return unexpected(said.error());
    if (const Hoped* const hoped = get_if<Hoped>(&*said)) return *hoped;
    if (const auto* const no = get_if<lock::refused>(&*said)) return lock::error_of(no->reason);
    if (const auto* const ended = get_if<lock::request_status>(&*said)) {
        return lock::error_of(ended->state);
    }
    if (const auto* const some = get_if<lock::not_released>(&*said)) {
        return some->holds.empty() ? errc::malformed : lock::error_of(some->holds[0].reason);
    }
    if (holds_alternative<lock::would_deadlock>(*said)) return errc::would_deadlock;
    if (holds_alternative<lock::barrier_broken>(*said)) return errc::barrier_broken;
    if (holds_alternative<lock::compacted>(*said)) return errc::fallen_behind;
    return holds_alternative<lock::busy>(*said) ? errc::busy : errc::cancelled;
}

}  // namespace client::detail

/// The part of a session that carries commands about locks, and about the table as a whole. Each
/// function sends one, waits for its end, and runs exactly once, however often it has to be sent;
/// what waits at the service does so for `wait_ms` of log time. The calling thread is the owner:
/// what it acquires, it alone converts, renews and gives back. Holds are told by their tokens and
/// end with the session; nothing tells of their loss, and so whatever they guard is to be guarded
/// by the tokens.
///
/// Errors, besides what the service refuses: busy, would_deadlock, timed_out; cancelled when `stop`
/// fires; unreachable, session_expired, hold_lost and stopped as for basic_mutex::acquire. What was
/// sent, and is not undone by a cancel, ends with outcome_unknown instead of any of these that the
/// service has not told: that is all but acquiring without re-entrance, campaigning, and waiting
/// for a latch. On the session's own thread, where stop callbacks of holds run, nothing is sent
/// (would_deadlock).
///
/// `Session` is the basic_session whose part it is. Thread-safety: that of the session.
template <class Session>
class session_commands {
    template <class T>
    using deferred = synod::detail::deferred<T, Session>;

public:
    /// Any command but those that open, renew and close sessions (unsupported), its stamp set on
    /// the way; and its reply, whatever that is.
    [[nodiscard]] result<deferred<lock::reply>> run(deferred<lock::command> asked,
                                                    const std::stop_token& stop = {}) {
        return static_cast<Session&>(*this).carry(std::move(asked), stop);
    }

    /// Takes a lock in any mode. Returns the token.
    [[nodiscard]] result<fencing_token> acquire(std::string name,
                                                lock::mode mode = lock::mode::exclusive,
                                                std::uint64_t wait_ms = lock::wait_forever,
                                                const std::stop_token& stop = {}) {
        return token_of(run(lock::acquire{{}, tag(), std::move(name), mode, wait_ms}, stop));
    }
    /// The same, of one lock, of several or of permits, with whatever the command can say: a lease
    /// of the hold, re-entrance and the other flags, priority, the queue's policy, and who gives
    /// way in a deadlock. The owner in it is set on the way. What may have waited for a hold with
    /// a lease of its own renews that before it returns; hold_lost if that fails. Then it is given
    /// back, or ends with its lease where nobody can be reached.
    [[nodiscard]] result<fencing_token> acquire(deferred<lock::acquire> asked,
                                                const std::stop_token& stop = {}) {
        return take(std::move(asked), stop);
    }
    [[nodiscard]] result<fencing_token> acquire(deferred<lock::acquire_all> asked,
                                                const std::stop_token& stop = {}) {
        return take(std::move(asked), stop);
    }
    [[nodiscard]] result<fencing_token> acquire(deferred<lock::acquire_permits> asked,
                                                const std::stop_token& stop = {}) {
        return take(std::move(asked), stop);
    }

    /// Takes several locks or none; the token is that of the first name, and the others follow it
    /// in order of name.
    [[nodiscard]] result<fencing_token> acquire_all(deferred<std::vector<lock::wanted>> locks,
                                                    std::uint64_t wait_ms = lock::wait_forever,
                                                    const std::stop_token& stop = {}) {
        return token_of(run(lock::acquire_all{{}, tag(), std::move(locks), wait_ms}, stop));
    }

    /// Takes permits of a semaphore, which comes into being with that capacity.
    [[nodiscard]] result<fencing_token> acquire_permits(std::string name, std::uint32_t permits,
                                                        std::uint32_t capacity,
                                                        std::uint64_t wait_ms = lock::wait_forever,
                                                        const std::stop_token& stop = {}) {
        return token_of(run(
            lock::acquire_permits{{}, tag(), std::move(name), permits, capacity, wait_ms}, stop));
    }

    /// Changes the mode of a hold. The token is a new one where the mode is a stronger one.
    [[nodiscard]] result<fencing_token> convert(fencing_token token, lock::mode to,
                                                std::uint64_t wait_ms = lock::wait_forever,
                                                const std::stop_token& stop = {}) {
        return token_of(run(lock::convert{{}, tag(), token, to, wait_ms}, stop));
    }

    /// Gives a hold back. Returns how many more releases are due before it ends.
    result<std::uint32_t> release(fencing_token token) {
        return left_of(run(lock::release{{}, tag(), token}));
    }

    /// Gives several holds back, or none of them. Returns the most that is left of one.
    result<std::uint32_t> release_all(deferred<std::vector<fencing_token>> tokens) {
        return left_of(run(lock::release_all{{}, tag(), std::move(tokens)}));
    }

    /// Gives a hold that has a lease of its own at least `ttl_ms` from now on. Returns how long it
    /// has, in milliseconds of log time.
    [[nodiscard]] result<std::uint64_t> renew_hold(fencing_token token, std::uint64_t ttl_ms) {
        const auto said =
            client::detail::as_hoped<lock::kept>(run(lock::renew_hold{{}, tag(), token, ttl_ms}));
        if (!said) return unexpected(said.error());
        return said->remaining_ms;
    }

    /// Changes the capacity of a semaphore that somebody uses. Returns what it was.
    result<std::uint32_t> set_capacity(std::string name, std::uint32_t capacity) {
        const auto said = client::detail::as_hoped<lock::resized>(
            run(lock::set_capacity{{}, std::move(name), capacity}));
        if (!said) return unexpected(said.error());
        return said->before;
    }

    /// Asks whoever holds under the token to give back within `grace_ms`, and ends the hold then,
    /// if it is to be ended by force.
    [[nodiscard]] std::error_code request_revoke(fencing_token token, std::string reason,
                                                 std::uint64_t grace_ms, lock::revocation how) {
        return error_in<lock::revoking>(
            run(lock::request_revoke{{}, token, {}, std::move(reason), grace_ms, how}));
    }

    /// The same for all who hold a lock. Returns how many holds that are.
    [[nodiscard]] result<std::uint32_t> request_revoke_of(std::string name, std::string reason,
                                                          std::uint64_t grace_ms,
                                                          lock::revocation how) {
        const auto said = client::detail::as_hoped<lock::revoking>(
            run(lock::request_revoke{{}, {}, std::move(name), std::move(reason), grace_ms, how}));
        if (!said) return unexpected(said.error());
        return said->holds;
    }

    /// Ends a hold of anybody at once, with its lock-delay.
    [[nodiscard]] std::error_code force_release(fencing_token token) {
        return error_in<lock::released>(run(lock::force_release{{}, token}));
    }

    /// Whether a lock is held under that token, in that mode or a stronger one, as the log has it.
    [[nodiscard]] result<bool> check_token(std::string name, fencing_token token,
                                           lock::mode held = lock::mode::exclusive) {
        const auto said = client::detail::as_hoped<lock::token_checked>(
            run(lock::check_token{{}, std::move(name), token, held}));
        if (!said) return unexpected(said.error());
        return said->is == lock::validity::valid;
    }

    /// Sets an access rule, or removes it.
    [[nodiscard]] std::error_code set_acl(deferred<lock::access_rule> rule,
                                          lock::access_change change = lock::access_change::put) {
        return error_in<lock::administered>(run(lock::set_acl{{}, std::move(rule), change}));
    }

    /// Gives the service other limits.
    [[nodiscard]] std::error_code set_limits(const lock::config& limits) {
        return error_in<lock::administered>(run(lock::set_limits{{}, limits}));
    }

    /// Lets tokens go on in a later epoch, after a restore.
    [[nodiscard]] std::error_code bump_epoch(std::uint16_t epoch) {
        return error_in<lock::administered>(run(lock::bump_epoch{{}, epoch}));
    }

    /// One page of the locks whose names begin so, behind `after`.
    [[nodiscard]] result<deferred<lock::listed>> list_locks(std::string prefix,
                                                            std::string after = {},
                                                            std::uint32_t limit = 0,
                                                            std::uint8_t with = lock::list_names) {
        return client::detail::as_hoped<lock::listed>(
            run(lock::list_locks{{}, std::move(prefix), std::move(after), limit, with}));
    }

protected:
    session_commands() = default;
    ~session_commands() = default;
    session_commands(session_commands&&) noexcept = default;
    session_commands& operator=(session_commands&&) noexcept = default;

    [[nodiscard]] static std::uint64_t tag() { return client::detail::this_thread_tag(); }

    template <class Reply>
    [[nodiscard]] static result<fencing_token> token_of(const result<Reply>& said) {
        const auto hoped = client::detail::as_hoped<lock::granted>(said);
        if (!hoped) return unexpected(hoped.error());
        return hoped->token;
    }
    /// What went wrong, if the reply is not the one that is hoped for.
    template <class Hoped, class Reply>
    [[nodiscard]] static std::error_code error_in(const result<Reply>& said) {
        return client::detail::as_hoped<Hoped>(said).error();
    }

private:
    /// How many holds it asks for: one for each name. Their tokens follow each other.
    template <class Acquire>
    [[nodiscard]] static std::size_t holds_of(const Acquire& asked) {
        if constexpr (requires { asked.locks; }) {
            ordered_set<deferred<std::string_view>> names;
            for (const auto& one : asked.locks) names.insert(one.name);
            return names.size();
        } else {
            return 1;
        }
    }

    template <class Acquire>
    [[nodiscard]] result<fencing_token> take(Acquire&& asked, const std::stop_token& stop) {
        asked.owner = tag();
        const std::size_t holds = holds_of(asked);
        const std::uint64_t ttl_ms = asked.wait_ms == lock::no_wait ? 0 : asked.hold_ttl_ms;
        const auto first = token_of(run(std::forward<Acquire>(asked), stop));
        if (!first || ttl_ms == 0) return first;
        if (const auto error = confirm(*first, holds, ttl_ms)) return unexpected(error);
        return first;
    }

    /// A lease of a hold's own runs from the grant, which may have been long before it is known
    /// here: whether all are held still, renewals tell. If not, none of them is kept. (locks R4)
    [[nodiscard]] std::error_code confirm(fencing_token first, std::size_t holds,
                                          std::uint64_t ttl_ms) {
        for (std::size_t i = 0; i < holds; ++i) {
            const auto kept = renew_hold(fencing_token(first.value() + i), ttl_ms);
            if (kept) continue;
            if (kept.error() == errc::stale_token) give_back(first, holds);
            return errc::hold_lost;
        }
        return {};
    }
    void give_back(fencing_token first, std::size_t holds) {
        for (std::size_t i = 0; i < holds; ++i) {
            static_cast<void>(release(fencing_token(first.value() + i)));
        }
    }

    template <class Reply>
    [[nodiscard]] static result<std::uint32_t> left_of(const result<Reply>& said) {
        const auto hoped = client::detail::as_hoped<lock::released>(said);
        if (!hoped) return unexpected(hoped.error());
        return hoped->remaining;
    }
};

}  // namespace synod::inline SYNOD_ABI
