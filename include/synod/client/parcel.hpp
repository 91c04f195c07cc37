// synod/client/parcel.hpp - a command on its way, and which replies it can have.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/paxos/backoff.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// One request for a lock at its client, from the call of acquire to the end of its hold.
using request_id = id<struct client_request_tag, std::uint64_t>;

/// A command, for whom it goes, and how it has been sent so far. `Command` is lock::command.
template <class Command>
struct parcel {
    parcel(std::uint64_t in_order, Command what, request_id whose, backoff patience)
        : sequence(in_order), command(std::move(what)), about(whose), retry(patience) {}

    std::uint64_t sequence;  // 0 for the opening of a session
    Command command;
    request_id about;  // zero when it concerns no single request
    backoff retry;     // when to send it again
    instant first_sent = instant::never();
    instant last_sent = instant::never();
    node_id last_to;
    std::uint64_t last_number = 0;  // of the last transmission
    std::uint32_t transmissions = 0;
    std::uint32_t redirections = 0;  // since it was last sent for want of an answer
    bool is_due = true;              // goes out with the next flush
};

/// What became of a command: its parcel, and the one reply it got. `Reply` is lock::reply.
template <class Command, class Reply>
struct delivery {
    client::parcel<Command> parcel;
    Reply reply;
    bool by_another = false;  // another replica answered the command before
};

namespace detail {

/// What a command may be answered, beside `refused`.
template <class... Replies>
struct answers {
    template <class Reply>
    static constexpr std::uint64_t within = Reply::template set_of<lock::refused, Replies...>;
};

using answers_to_requests =
    answers<lock::granted, lock::queued, lock::busy, lock::cancelled, lock::would_deadlock>;

using answers_to_waits = answers<lock::passed, lock::awaiting, lock::busy, lock::cancelled>;

template <class Command>
struct answers_to;
template <>
struct answers_to<lock::open_session> : answers<lock::opened> {};
template <>
struct answers_to<lock::keep_alive> : answers<lock::kept> {};
template <>
struct answers_to<lock::close_session> : answers<lock::closed> {};
template <>
struct answers_to<lock::acquire> : answers_to_requests {};
template <>
struct answers_to<lock::convert> : answers_to_requests {};
template <>
struct answers_to<lock::acquire_all> : answers_to_requests {};
template <>
struct answers_to<lock::acquire_permits> : answers_to_requests {};
template <>
struct answers_to<lock::set_capacity> : answers<lock::resized> {};
template <>
struct answers_to<lock::release_all> : answers<lock::released, lock::not_released> {};
template <>
struct answers_to<lock::renew_hold> : answers<lock::kept> {};
template <>
struct answers_to<lock::request_revoke> : answers<lock::revoking> {};
template <>
struct answers_to<lock::force_release> : answers<lock::released> {};
template <>
struct answers_to<lock::check_token> : answers<lock::token_checked> {};
template <>
struct answers_to<lock::set_acl> : answers<lock::administered> {};
template <>
struct answers_to<lock::campaign> : answers_to_requests {};
template <>
struct answers_to<lock::proclaim> : answers<lock::proclaimed> {};
template <>
struct answers_to<lock::observe> : answers<lock::observed> {};
template <>
struct answers_to<lock::watch> : answers<lock::watched, lock::compacted> {};
template <>
struct answers_to<lock::read_prefix> : answers<lock::prefix_read> {};
template <>
struct answers_to<lock::set_latch> : answers<lock::latched> {};
template <>
struct answers_to<lock::count_down> : answers<lock::latched> {};
template <>
struct answers_to<lock::await_latch> : answers_to_waits {};
template <>
struct answers_to<lock::arrive_at_barrier> : answers_to_waits {};
template <>
struct answers_to<lock::enter_double_barrier> : answers_to_waits {};
template <>
struct answers_to<lock::leave_double_barrier>
    : answers<lock::passed, lock::awaiting, lock::busy, lock::cancelled, lock::barrier_broken> {};
template <>
struct answers_to<lock::guarded_txn> : answers<lock::committed, lock::condition_failed> {};
template <>
struct answers_to<lock::compare_and_set> : answers_to<lock::guarded_txn> {};
template <>
struct answers_to<lock::read_value> : answers<lock::value_read> {};
template <>
struct answers_to<lock::add_to_counter> : answers<lock::counted> {};
template <>
struct answers_to<lock::read_counter> : answers<lock::counted> {};
template <>
struct answers_to<lock::set_limits> : answers<lock::administered> {};
template <>
struct answers_to<lock::bump_epoch> : answers<lock::administered> {};
template <>
struct answers_to<lock::list_locks> : answers<lock::listed> {};
template <>
struct answers_to<lock::release> : answers<lock::released> {};
template <>
struct answers_to<lock::query> : answers<lock::request_status> {};
template <>
struct answers_to<lock::acknowledge> : answers<lock::acknowledged, lock::request_status> {};
template <>
struct answers_to<lock::cancel>
    : answers<lock::cancelled, lock::already_granted, lock::released, lock::request_status> {};

/// Whether the table ever answers that lock::command with that lock::reply.
template <class... Commands, class Reply>
[[nodiscard]] bool may_answer(const one_of<Commands...>& asked, const Reply& said) {
    constexpr std::uint64_t lawful[] = {answers_to<Commands>::template within<Reply>...};
    return (lawful[asked.index()] >> said.index() & 1) != 0;
}

/// Whether nothing remains of a lock::command once it is cancelled, whatever it has come to by
/// then.
template <class Command>
[[nodiscard]] bool is_undone_by_cancel(const Command& asked) {
    const auto* const one = get_if<lock::acquire>(&asked);
    if (one != nullptr) return (one->flags & lock::reentrant) == 0;
    return holds_alternative<lock::acquire_all>(asked) ||
           holds_alternative<lock::acquire_permits>(asked) ||
           holds_alternative<lock::campaign>(asked) || holds_alternative<lock::await_latch>(asked);
}

/// The bytes of a lock::command under a stamp. (locks R5)
template <class Command>
[[nodiscard]] bytes stamped(Command& command, const request_stamp& stamp) {
    visit(
        [&stamp](auto& one) {
            if constexpr (requires { one.stamp; }) one.stamp = stamp;
        },
        command);
    bytes encoded;
    byte_writer out(encoded);
    encode(command, out);
    return encoded;
}

}  // namespace detail

}  // namespace synod::inline SYNOD_ABI::client
