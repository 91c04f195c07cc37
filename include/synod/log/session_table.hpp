// synod/log/session_table.hpp - sessions with a lease on log time, and commands that run exactly
// once; any machine may hold one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/log/detail/grace.hpp>
#include <synod/log/detail/session_record.hpp>
#include <synod/log/session.hpp>
#include <synod/log/session_config.hpp>
#include <synod/log/session_rules.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// The sessions of one state machine. `Rules` is for mutants; users write `session_table`.
/// (locks R2, R3, R5)
///
/// A machine that holds one calls, from its own inputs:
/// - `advance(now, ended)` from its `advance`, which ends the sessions whose time is over;
/// - `open` for the command that opens a session, `renew` and `close` for those that renew and end
///   it;
/// - `begin(stamp)` before it runs any command of a session, and only if that says `fresh` runs the
///   command and calls `store` with the reply; for `repeat` it answers the reply that is handed
///   out, for the rest it refuses;
/// - `new_leader()`, `next_deadline()`, `snapshot`, `restore` from its own of that name.
///
/// Pure: the same calls in the same order give the same table. Not thread-safe. Costs are
/// logarithmic in the number of sessions and linear in the replies that one session keeps, unless
/// said otherwise.
template <class Rules = session_rules>
class basic_session_table {
    template <class T>
    using deferred = detail::deferred<T, Rules>;

public:
    /// What `open` says. `session` and `ttl_ms` hold for `open` only.
    struct opening {
        enum class verdict : std::uint8_t { open, ttl_out_of_range, too_many_sessions };
        verdict is = verdict::open;
        session_id session;
        std::uint64_t ttl_ms = 0;
    };

    /// What `begin` says. `reply` holds for `repeat` only, and until the next call.
    struct beginning {
        enum class verdict : std::uint8_t {
            fresh,                 // run it, and store its reply
            repeat,                // it has been run; this was the reply
            expired,               // no such session, or none any more
            stale_sequence,        // acknowledged already, or acknowledging itself
            too_many_outstanding,  // not run; only what it acknowledges was forgotten
        };
        verdict is = verdict::fresh;
        bytes_view reply;
    };

    /// Which part of the window a command may use: `reserved` is for those that give something
    /// back.
    enum class room : std::uint8_t { ordinary, reserved };

    /// Errors: duration_out_of_range, limit_out_of_range.
    [[nodiscard]] static result<basic_session_table> make(const session_config& config) {
        if (const auto error = validate(config)) return unexpected(error);
        return basic_session_table(config);
    }

    /// Moves log time to `now`, never back, and ends every session with deadline <= now, in order
    /// of deadline and then of id; `ended(id)` is called after each.
    template <class Ended>
    void advance(log_time now, Ended&& ended) {
        move_time(now);
        while (const auto one = expire_one()) ended(*one);
    }

    /// The two halves of `advance`, for a machine that has timers of its own to fire in between.
    void move_time(log_time now) {
        if (now > now_) now_ = now;
    }
    std::optional<deferred<session_id>> expire_one() {
        if (deadlines_.empty() || !Rules::is_over(next_deadline(), now_)) return std::nullopt;
        const session_id one = deadlines_.begin()->session;
        close(one);
        return one;
    }

    /// Opens a session named by the position `at` of the command, or finds the one that this client
    /// opened with this nonce. Precondition: no command before had this position.
    [[nodiscard]] opening open(position at, client_uuid client, std::uint64_t nonce,
                               std::uint64_t ttl_ms) {
        if (const auto found = opened_by_.find({client, nonce}); found != opened_by_.end()) {
            return {opening::verdict::open, found->second, sessions_.at(found->second).ttl_ms};
        }
        if (ttl_ms == 0 || ttl_ms >= ttl_end_ms) return {opening::verdict::ttl_out_of_range, {}, 0};
        if (sessions_.size() >= config_.max_sessions) {
            return {opening::verdict::too_many_sessions, {}, 0};
        }
        record fresh;
        fresh.client = client;
        fresh.nonce = nonce;
        fresh.ttl_ms = clamp_ttl(ttl_ms);
        fresh.deadline = now_ + fresh.ttl_ms;
        insert(session_id(at), fresh);
        return {opening::verdict::open, session_id(at), fresh.ttl_ms};
    }

    /// Whether a session lives that this client opened with this nonce.
    [[nodiscard]] bool is_open(const client_uuid& client, std::uint64_t nonce) const {
        return opened_by_.contains({client, nonce});
    }

    /// Whether a command is to be run. Also forgets the replies that the stamp acknowledges.
    [[nodiscard]] beginning begin(const request_stamp& stamp, room part = room::ordinary) {
        record* const one = find_live(stamp.session);
        if (one == nullptr) return {beginning::verdict::expired, {}};
        if (!Rules::may_run(stamp.sequence, stamp.acknowledged) ||
            !Rules::may_run(stamp.sequence, one->acknowledged)) {
            return {beginning::verdict::stale_sequence, {}};
        }
        if (stamp.acknowledged > one->acknowledged) {
            one->acknowledged = stamp.acknowledged;
            one->replies.forget_through(stamp.acknowledged);
        }
        if (const auto reply = one->replies.find(stamp.sequence)) {
            return {beginning::verdict::repeat, *reply};
        }
        if (one->replies.size() >= capacity(part)) {
            return {beginning::verdict::too_many_outstanding, {}};
        }
        return {beginning::verdict::fresh, {}};
    }

    /// Whether a command of this session with this sequence has not been run and still may be.
    [[nodiscard]] bool is_unseen(session_id id, std::uint64_t sequence) const {
        const record* const one = find_live(id);
        return one != nullptr && Rules::may_run(sequence, one->acknowledged) &&
               !one->replies.find(sequence);
    }

    /// Keeps the reply to a command that `begin` called fresh; does nothing when the command ended
    /// its own session.
    void store(const request_stamp& stamp, bytes_view reply) {
        if (record* const one = find_live(stamp.session)) {
            one->replies.store(stamp.sequence, reply);
        }
    }

    /// Gives a session its whole time to live again. Returns how long it has, in milliseconds of
    /// log time; nothing for one that is over, also when its deadline is this very moment.
    std::optional<deferred<std::uint64_t>> renew(session_id id) {
        record* const one = find_live(id);
        if (one == nullptr) return std::nullopt;
        one->extended_ms = 0;
        move_deadline(id, *one, later(one->deadline, now_ + one->ttl_ms));
        return one->deadline.milliseconds() - now_.milliseconds();
    }

    /// Ends a session; false if there is none.
    bool close(session_id id) {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) return false;
        deadlines_.erase({found->second.deadline, id});
        opened_by_.erase({found->second.client, found->second.nonce});
        sessions_.erase(found);
        return true;
    }

    /// Lets other bounds and limits hold from now on; sessions that are open keep their time to
    /// live. Precondition: they make sense.
    void set_config(const session_config& config) {
        SYNOD_ASSERT(!validate(config));
        config_ = config;
    }

    /// Gives every session its grace, within what a session may be extended since its last renewal.
    /// Linear in the sessions.
    void new_leader() {
        for (auto& [id, one] : sessions_) extend(id, one);
    }

    [[nodiscard]] log_time now() const { return now_; }
    [[nodiscard]] std::size_t size() const { return sessions_.size(); }
    [[nodiscard]] const session_config& config() const { return config_; }
    [[nodiscard]] bool is_live(session_id id) const { return find_live(id) != nullptr; }

    /// When the next session ends if nobody renews it, or `log_time::never()`.
    [[nodiscard]] log_time next_deadline() const {
        return deadlines_.empty() ? log_time::never() : deadlines_.begin()->deadline;
    }

    /// When this session ends if nobody renews it; nothing if there is none.
    [[nodiscard]] std::optional<deferred<log_time>> deadline_of(session_id id) const {
        const record* const one = find_live(id);
        return one == nullptr ? std::nullopt : std::optional(one->deadline);
    }

    /// Calls `visit(id, deadline, client)` for every session in rising order of id.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [id, one] : sessions_) visit(id, one.deadline, one.client);
    }

    /// Writes the whole table; equal tables give equal bytes.
    void snapshot(byte_writer& out) const {
        out.number(now_.milliseconds());
        detail::write(config_, out);
        out.number(std::uint64_t{sessions_.size()});
        for (const auto& [id, one] : sessions_) {
            encode(id, out);
            detail::write(one, out);
        }
    }

    /// Replaces the table by one that `snapshot` wrote. Errors: snapshot_damaged, and nothing
    /// changed, for anything else.
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        basic_session_table fresh(config_);
        fresh.now_ = log_time(in.number<std::uint64_t>());
        if (!detail::read(in, fresh.config_)) return errc::snapshot_damaged;
        for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
            if (!fresh.restore_one(in)) return errc::snapshot_damaged;
        }
        if (!in.ok()) return errc::snapshot_damaged;
        *this = std::move(fresh);
        return {};
    }

    friend bool operator==(const basic_session_table&, const basic_session_table&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        bytes all;
        byte_writer out(all);
        snapshot(out);
        sink.add(all);
    }

private:
    using record = detail::session_record<deferred<bytes>>;

    struct expiry {
        log_time deadline;
        session_id session;

        friend auto operator<=>(const expiry&, const expiry&) = default;
    };

    struct client_nonce {
        client_uuid client;
        std::uint64_t nonce = 0;

        friend auto operator<=>(const client_nonce&, const client_nonce&) = default;
    };

    explicit basic_session_table(const session_config& config) : config_(config) {}

    static log_time later(log_time a, log_time b) { return a < b ? b : a; }

    [[nodiscard]] std::uint64_t clamp_ttl(std::uint64_t ttl_ms) const {
        if (ttl_ms < config_.min_ttl_ms) return config_.min_ttl_ms;
        return ttl_ms > config_.max_ttl_ms ? config_.max_ttl_ms : ttl_ms;
    }

    [[nodiscard]] std::size_t capacity(room part) const {
        const std::size_t ordinary = config_.max_outstanding;
        return part == room::ordinary ? ordinary : ordinary + config_.reserved_outstanding;
    }

    [[nodiscard]] const record* find_live(session_id id) const {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) return nullptr;
        if (Rules::is_over(found->second.deadline, now_)) return nullptr;
        return &found->second;
    }
    [[nodiscard]] record* find_live(session_id id) {
        return const_cast<record*>(std::as_const(*this).find_live(id));
    }

    void insert(session_id id, const record& one) {
        deadlines_.insert({one.deadline, id});
        opened_by_.emplace(client_nonce{one.client, one.nonce}, id);
        sessions_.emplace(id, one);
    }

    void move_deadline(session_id id, record& one, log_time deadline) {
        const std::size_t gone = deadlines_.erase({one.deadline, id});
        SYNOD_ASSERT(gone == 1);
        static_cast<void>(gone);
        deadlines_.insert({deadline, id});
        one.deadline = deadline;
    }

    /// Grace is not additive and not endless. (locks R3)
    void extend(session_id id, record& one) {
        const std::uint64_t extension = detail::grace_due<Rules>(one, now_, config_);
        if (extension == 0) return;
        one.extended_ms += extension;
        move_deadline(id, one, one.deadline + extension);
    }

    [[nodiscard]] bool restore_one(byte_reader& in) {
        session_id id;
        record one;
        if (!decode(in, id) || !detail::read(in, one)) return false;
        if (one.ttl_ms == 0 || one.ttl_ms >= ttl_end_ms) return false;
        if (Rules::is_over(one.deadline, now_)) return false;
        if (!sessions_.empty() && id <= sessions_.back().first) return false;
        if (opened_by_.contains({one.client, one.nonce})) return false;
        insert(id, one);
        return true;
    }

    session_config config_;
    log_time now_;                              // only rises
    ordered_map<session_id, record> sessions_;  // each valid at now_ once advance has returned
    ordered_set<expiry> deadlines_;             // one per session; derived
    ordered_map<client_nonce, session_id> opened_by_;  // one per session; derived
};

/// The session table that machines hold.
using session_table = basic_session_table<>;

}  // namespace synod::inline SYNOD_ABI
