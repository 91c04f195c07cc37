// synod/log/state_machine.hpp - what a replicated log drives: the concepts a user's state machine
// meets.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>

#include <concepts>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// What a state machine may know of the command it applies. Equal at every replica.
struct apply_context {
    position at;   // of this command: unique, rising, never reused
    log_time now;  // logical time, already handed to a timed machine by `advance`
};

/// Takes the result of one command: bytes, appended. A replica that nobody waits on throws them
/// away.
using result_writer = byte_writer;

namespace detail {

template <class M>
concept applies_commands =
    requires(M& machine, const apply_context& context, bytes_view command, result_writer& result) {
        { machine.apply(context, command, result) } -> std::same_as<void>;
    };

template <class M>
concept writes_snapshots = requires(const M& machine, byte_writer& out) {
    { machine.snapshot(out) } -> std::same_as<void>;
};

template <class M>
concept restores_snapshots = requires(M& machine, byte_reader& in) {
    { machine.restore(in) } -> std::same_as<std::error_code>;
};

template <class M>
concept advances_time = requires(M& machine, log_time now) {
    { machine.advance(now) } -> std::same_as<void>;
};

template <class M>
concept names_deadline = requires(const M& machine) {
    { machine.next_deadline() } -> std::same_as<log_time>;
};

template <class M>
concept learns_of_leaders = requires(M& machine, ballot leader) {
    { machine.new_leader(leader) } -> std::same_as<void>;
};

template <class M>
concept has_advance = requires { &M::advance; } || requires(M& m, log_time now) { m.advance(now); };

template <class M>
concept has_deadline =
    requires { &M::next_deadline; } || requires(const M& m) { m.next_deadline(); };

template <class M>
concept has_new_leader =
    requires { &M::new_leader; } || requires(M& m, ballot leader) { m.new_leader(leader); };

template <class M>
concept names_timers = has_advance<M> || has_deadline<M> || has_new_leader<M>;

template <class M>
concept timers_fit =
    !names_timers<M> || (advances_time<M> && names_deadline<M> && learns_of_leaders<M>);

}  // namespace detail

/// A deterministic machine: the same commands in the same order give the same results and the same
/// snapshot bytes.
/// - `apply(context, command, result)` runs one command. Any bytes may come: a malformed command is
///   answered, not asserted.
/// - `snapshot(out)` writes the whole state; `restore(in)` replaces the state by one so written, or
///   returns an error and changes nothing: `errc::snapshot_too_new` for one of a later version,
///   `errc::snapshot_damaged` for what is no snapshot.
/// - No clock, no randomness, no order of hashing or of addresses.
/// - What is called `advance`, `next_deadline` or `new_leader` is that of a timed_state_machine:
///   one that is nearly so would go uncalled without a word. The compiler sees all but overloads of
///   which none takes what a log gives.
template <class M>
concept state_machine =
    std::movable<M> && detail::applies_commands<M> && detail::writes_snapshots<M> &&
    detail::restores_snapshots<M> && detail::timers_fit<M>;

/// A machine with timers on logical time.
/// - `advance(now)` fires every timer whose deadline is at most `now`, before the commands of the
///   entry that carried the time.
/// - `next_deadline()` is the earliest deadline, or `log_time::never()`; while there is one the
///   leader keeps time moving.
/// - `new_leader(ballot)` tells that a leader took over; ballots rise strictly.
template <class M>
concept timed_state_machine = state_machine<M> && detail::advances_time<M> &&
                              detail::names_deadline<M> && detail::learns_of_leaders<M>;

namespace detail {

struct any_event_sink {
    template <class Event>
    void operator()(const Event&) const {}
};

template <class M>
concept hands_out_events = requires(M& machine, const any_event_sink& sink) {
    { machine.drain_events(sink) } -> std::same_as<void>;
};

}  // namespace detail

/// A machine that also produces events while it applies, for others than the one who sent the
/// command.
/// - `drain_events(sink)` calls `sink(event)` for each event since the last call, in order, and
///   forgets them. Events are no part of the state; a machine keeps a bounded number of those that
///   nobody drains.
template <class M>
concept event_source = state_machine<M> && detail::hands_out_events<M>;

namespace detail {

template <class C>
concept names_type = requires { typename C::value_type; };

template <class C>
concept encodes = requires(const C& codec, const typename C::value_type& value, byte_writer& out) {
    { codec.encode(value, out) } -> std::same_as<void>;
};

template <class C>
concept decodes = requires(const C& codec, byte_reader& in, typename C::value_type& value) {
    { codec.decode(in, value) } -> std::same_as<bool>;
};

}  // namespace detail

/// Turns a user's type into bytes and back.
/// - `decode(in, value)` reads what `encode(value, out)` wrote and returns true; on anything else
///   it returns false. Decoding accepted bytes and encoding the value again gives the same bytes.
template <class C>
concept codec = detail::names_type<C> && detail::encodes<C> && detail::decodes<C>;

}  // namespace synod::inline SYNOD_ABI
