// synod/lock/table.hpp - the lock table: a pure state machine of sessions, locks, holds and queues.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/errc.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/electorate.hpp>
#include <synod/lock/detail/envelope.hpp>
#include <synod/lock/detail/sections.hpp>
#include <synod/lock/detail/watching.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/invariant.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session_table.hpp>
#include <synod/log/state_machine.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::lock {

/// A table of locks, shared or exclusive, with fair queues, leases and fencing tokens: first come,
/// first served, unless a lock is asked for by another policy. `Rules` is for mutants; users write
/// `lock::table`. What holds of it is in sections 3.1 to 3.9 of the specification.
///
/// Beside the locks there are values and counters, written by transactions that may be tied to
/// holds; gates, which are latches and barriers; and a journal of what has changed in values and in
/// who leads. (locks 3.10) Each has names of its own.
///
/// A lock is there while somebody holds it or waits for it, or while a lock-delay closes it; names
/// need no declaration. Holds live as long as the session that acquired them. Within a session an
/// owner is a tag: two threads of one session are two owners.
///
/// Commands take constant time on average for each lock that they name, and logarithmic time in the
/// number of waits that have a limit, of upgrades that wait, of requests for several locks, of
/// leases, of lock-delays, and of sessions; an acquire also looks through those who hold its lock,
/// and its lock-delays. One that has to wait also looks for those who wait for it: at most as far
/// as config::max_cycle_search says, and not at those ahead of it that wait for nothing else,
/// unless the lowest priority is to give way, or the policy is another than fifo. A request that
/// goes ahead of others takes time for each of them, and so does the end of a writer's hold in
/// phases.
///
/// What is about values, gates and changes takes logarithmic time in the number of each, for each
/// name; who waits at a gate, also linear time in the others there; who watches, in the changes
/// since.
///
/// Meets `timed_state_machine` and `event_source`. A value: copies are independent. Not
/// thread-safe, and it calls nobody.
template <class Rules = rules>
class basic_table {
public:
    /// Named through the parameter, so that a file which includes this one but has no table
    /// instantiates none of it.
    using command = synod::detail::deferred<lock::command, Rules>;
    using reply = synod::detail::deferred<lock::reply, Rules>;
    using state = synod::detail::deferred<lock::state, Rules>;
    using session_table = basic_session_table<Rules>;

    /// Events that nobody drains are kept up to this number; then the oldest is dropped, which
    /// `query` makes good.
    static constexpr std::size_t max_events = detail::electorate<Rules>::max_events;

    /// Errors: duration_out_of_range, limit_out_of_range.
    [[nodiscard]] static result<basic_table> make(const lock::config& config = {}) {
        if (const auto error = validate(config)) return unexpected(error);
        return basic_table(config);
    }

    /// Runs one command, given as bytes, and writes its reply as bytes. Bytes that are no command
    /// are answered `refusal::malformed`.
    [[gnu::noinline]] void apply(const apply_context& context, bytes_view encoded,
                                 result_writer& out) {
        synod::detail::deferred<command_view, Rules> asked;
        if (decode(encoded, asked)) return run(context, asked, out);
        arrive(context);
        encode(reply(refused{refusal::malformed}), out);
    }

    /// Runs one command. The same as `apply`, without bytes at the caller.
    reply execute(const apply_context& context, const command& asked) {
        bytes encoded;
        byte_writer in(encoded);
        encode(asked, in);
        bytes said;
        result_writer out(said);
        apply(context, encoded, out);
        reply answer;
        const bool is_reply = decode(said, answer);
        SYNOD_ASSERT(is_reply);
        static_cast<void>(is_reply);
        return answer;
    }

    /// Moves log time to `now` and ends every session, lease of a hold, hold that ends by force,
    /// wait, and lock-delay whose deadline is at most that, in the order of (deadline, this order,
    /// id); then grants what became free. Time never goes back.
    [[gnu::noinline]] void advance(log_time now) {
        if (now <= sessions_.now()) return;
        sessions_.move_time(now);
        for (bool fired = true; fired;) {
            fired = fire_one();
            if (Rules::may_grant(fired)) locks_.settle(sessions_.now());
        }
    }

    /// When the next session, lease of a hold, hold by force, wait, or lock-delay ends, or
    /// `log_time::never()`.
    [[nodiscard]] log_time next_deadline() const {
        return earlier(sessions_.next_deadline(), locks_.next_end());
    }

    /// Gives every session, and every lease of a hold, its grace. Anything but a ballot above all
    /// before it changes nothing. (locks R2, R3)
    [[gnu::noinline]] void new_leader(ballot leader) {
        if (!Rules::is_new_leader(leader_, leader)) return;
        leader_ = leader;
        sessions_.new_leader();
        locks_.new_leader(sessions_.now());
    }

    /// Calls `sink(event)` for each event since the last call, in order, and forgets them.
    template <class Sink>
    void drain_events(Sink&& sink) {
        locks_.drain_events(sink);
    }

    /// Writes the whole state, in sections each of which has its CRC; equal states give equal
    /// bytes. (locks 3.9)
    void snapshot(byte_writer& out) const {
        bytes all;
        byte_writer sections(all);
        detail::for_each_section(config(), sessions_, describe(),
                                 [&](auto&& write) { detail::write_section(sections, write); });
        detail::write_envelope(all, out);
    }

    /// Replaces the state by one that `snapshot` wrote, of this version or of the one before. For
    /// anything else it does not change. Errors: snapshot_too_new, if a later version wrote it, and
    /// unsupported, if one before those did; snapshot_damaged for anything truncated, altered or
    /// impossible. (locks 3.9)
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        detail::opened_envelope from;
        if (const auto error = detail::open_envelope(in, from)) return error;
        basic_table fresh(config());
        if (!fresh.rebuild(from)) return errc::snapshot_damaged;
        *this = std::move(fresh);
        return {};
    }

    /// The state as plain lists. Linear, and it sorts the locks: for snapshots, tests and
    /// inspection.
    [[nodiscard]] state describe() const {
        state now;
        now.leader = leader_;
        now.last = last_;
        detail::list_sessions(sessions_, now);
        locks_.describe(now);
        values_.describe(now.values);
        return now;
    }

    [[nodiscard]] const lock::config& config() const { return locks_.config(); }
    [[nodiscard]] const session_table& sessions() const { return sessions_; }
    [[nodiscard]] fencing_token last_token() const { return locks_.last_token(); }

    /// How many locks are held, waited for, or closed by a lock-delay.
    [[nodiscard]] std::size_t locks() const { return locks_.size(); }

    /// How often config::max_cycle_search has ended a search for those who wait for each other:
    /// then some may wait for ever. No part of the state, and equal wherever the same commands were
    /// applied since the same snapshot. host::runner::post reads it at a replica.
    [[nodiscard]] std::uint64_t undetermined() const { return locks_.undetermined(); }

    /// A hash of what a snapshot says, to compare replicas by.
    [[nodiscard]] fingerprint_value state_hash() const { return fingerprint_of(*this); }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        bytes all;
        byte_writer out(all);
        detail::for_each_section(config(), sessions_, describe(),
                                 [&](auto&& write) { write(out); });
        sink.add(bytes_view(all));
    }

    /// Equal states; what nobody has drained is no part of them.
    friend bool operator==(const basic_table& a, const basic_table& b) {
        return a.config() == b.config() && a.sessions_ == b.sessions_ &&
               a.describe() == b.describe();
    }

private:
    explicit basic_table(const lock::config& config)
        : sessions_(std::move(*session_table::make(config.sessions))), locks_(config) {}

    void arrive(const apply_context& context) {
        advance(context.now);
        last_ = context.at;
    }

    template <class Command>
    void run(const apply_context& context, const Command& asked, byte_writer& out) {
        arrive(context);
        visit([&](const auto& one) { run_one(one, out); }, asked);
    }

    /// Opening is idempotent by client and nonce; everything else runs once by its stamp.
    /// (locks R5)
    void run_one(const open_session_view& asked, byte_writer& out) {
        using verdict = session_table::opening::verdict;
        if (!sessions_.is_open(asked.client, asked.nonce)) {
            if (const auto reason = locks_.refusal_of_opening(asked)) return refuse(*reason, out);
        }
        const auto opening = sessions_.open(last_, asked.client, asked.nonce, asked.ttl_ms);
        switch (opening.is) {
            case verdict::open:
                if (!locks_.begin_session(opening.session, asked))
                    return refuse(refusal::denied, out);
                return encode(reply(opened{opening.session, opening.ttl_ms}), out);
            case verdict::ttl_out_of_range: return refuse(refusal::ttl_out_of_range, out);
            case verdict::too_many_sessions: return refuse(refusal::limit, out);
        }
    }

    template <class Command>
    [[gnu::noinline]] void run_one(const Command& asked, byte_writer& out) {
        if constexpr (requires { asked.name, asked.hold_ttl_ms; }) locks_.expect(asked.name);
        if (is_known(asked.stamp, room_of<Command>, makes_request<Command>, out)) return;
        finish(asked.stamp, locks_.allows(asked) ? answer_to(asked) : refused{refusal::denied},
               out);
    }

    /// Whether a command is not to be run; then it is answered. What was answered is answered
    /// again.
    [[nodiscard, gnu::noinline]] bool is_known(const request_stamp& stamp, session_table::room part,
                                               bool makes_request, byte_writer& out) {
        using verdict = session_table::beginning::verdict;
        const auto beginning = sessions_.begin(stamp, part);
        switch (beginning.is) {
            case verdict::fresh: return false;
            case verdict::repeat: repeat(stamp, beginning.reply, makes_request, out); break;
            case verdict::expired: refuse(refusal::session_expired, out); break;
            case verdict::stale_sequence: refuse(refusal::stale_sequence, out); break;
            case verdict::too_many_outstanding: refuse(refusal::too_many_outstanding, out); break;
        }
        return true;
    }

    /// Only a request that was told `queued` and is granted by now is told so.
    void repeat(const request_stamp& stamp, bytes_view stored, bool makes_request,
                byte_writer& out) const {
        if (makes_request) {
            if (const auto token = locks_.held_by(stamp)) {
                return encode(reply(granted{*token}), out);
            }
        }
        out.raw(stored);
    }

    [[gnu::noinline]] void finish(const request_stamp& stamp, const reply& answer,
                                  byte_writer& out) {
        const std::size_t before = out.size();
        encode(answer, out);
        sessions_.store(stamp, out.from(before));
    }

    static void refuse(refusal reason, byte_writer& out) { encode(reply(refused{reason}), out); }

    /// What gives back always has room. (locks R5, 3.8)
    template <class Command>
    static constexpr auto room_of =
        gives_back<Command> ? session_table::room::reserved : session_table::room::ordinary;

    [[nodiscard]] reply answer_to(const keep_alive& asked) {
        const auto remaining = sessions_.renew(asked.stamp.session);
        SYNOD_ASSERT(remaining.has_value());
        return kept{*remaining};
    }

    [[nodiscard]] reply answer_to(const close_session& asked) {
        sessions_.close(asked.stamp.session);
        locks_.end_session(asked.stamp.session);
        locks_.settle(sessions_.now());
        return closed{};
    }

    /// Sessions and locks are told alike. (locks 3.8)
    [[nodiscard]] reply answer_to(const set_limits& asked) {
        if (!locks_.set_limits(asked.limits)) return refused{refusal::malformed};
        sessions_.set_config(asked.limits.sessions);
        locks_.settle(sessions_.now());
        return administered{};
    }

    /// A cancel that overtakes its request leaves an answer for it, so that it never runs: no grant
    /// is left that nobody wants.
    [[nodiscard]] reply answer_to(const cancel& asked) {
        const request_stamp target{asked.stamp.session, asked.request, 0};
        const bool overtakes = asked.request < asked.stamp.sequence &&
                               sessions_.is_unseen(target.session, target.sequence);
        if (!overtakes) return locks_.answer_to(asked, {last_, sessions_.now()});
        bytes answer;
        byte_writer out(answer);
        encode(reply(cancelled{}), out);
        sessions_.store(target, answer);
        return cancelled{};
    }

    template <class Command>
    [[nodiscard]] reply answer_to(const Command& asked) {
        return locks_.answer_to(asked, {last_, sessions_.now()});
    }

    template <class Command>
        requires(is_about_values<Command> || is_about_changes<Command>)
    [[nodiscard]] reply answer_to(const Command& asked) {
        return values_.answer_to(asked, locks_);
    }

    /// Fires the first timer that is due; false if there is none.
    bool fire_one() {
        const log_time now = sessions_.now();
        const log_time deadline = sessions_.next_deadline();
        if (locks_.next_end() < deadline) return locks_.end_one(now);
        const auto session = sessions_.expire_one();
        if (!session) return false;
        locks_.expire_session(*session, deadline);
        locks_.emit(session_ended{*session});
        return true;
    }

    [[nodiscard]] bool rebuild(const detail::opened_envelope& opened) {
        detail::section_reader in(opened.version, opened.sections);
        lock::config limits = config();
        state from;
        if (!detail::read_sections(in, limits, sessions_, from)) return false;
        if (invariant::first_broken(from) != nullptr) return false;
        leader_ = from.leader;
        last_ = from.last;
        locks_ = detail::electorate<Rules>(limits);
        locks_.rebuild(from);
        values_.rebuild(from.values);
        return true;
    }

    session_table sessions_;           // also keeps log time
    detail::electorate<Rules> locks_;  // everything in it belongs to a live session
    detail::watching<Rules> values_;   // nothing in it belongs to a session
    ballot leader_;                    // the highest that has taken over
    position last_;                    // of the last command
};

/// The lock table that users run.
using table = basic_table<>;

}  // namespace synod::inline SYNOD_ABI::lock
