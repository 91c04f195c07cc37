// synod/lock/command.hpp - what a client may ask of the lock table, and the bytes of it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/administration.hpp>
#include <synod/lock/detail/one_of_codec.hpp>
#include <synod/lock/gate_commands.hpp>
#include <synod/lock/listing.hpp>
#include <synod/lock/mode.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/revocation.hpp>
#include <synod/lock/value_commands.hpp>
#include <synod/lock/watch_commands.hpp>
#include <synod/log/session.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// What a cancel does when the request has been granted meanwhile.
enum class on_granted : std::uint8_t { keep, release };
[[nodiscard]] constexpr on_granted last_of(on_granted) { return on_granted::release; }

/// Bits of `acquire::flags`; bits that are not named here are refused.
enum acquire_flags : std::uint8_t {
    no_flags = 0,
    reentrant = 1,         // where its owner holds the lock already, the hold is counted once more
    barge = 2,             // goes ahead of those who wait for what is free, if all may be overtaken
    reclaim = 4,           // what its client has lost does not stand in its way
    allow_small_pass = 8,  // of permits: while it waits, whoever wants fewer goes ahead of it
};
inline constexpr std::uint8_t known_acquire_flags = reentrant | barge | reclaim;
inline constexpr std::uint8_t known_permit_flags = barge | allow_small_pass;

/// Opens a session. The same client and nonce name the same session as long as it lives, so an open
/// may be sent again without harm; another nonce opens another session. Answered by `opened` or
/// `refused`.
///
/// With `lock_delay_ms`, holds of the session that end without being given back, because their
/// lease or the session has expired, keep standing in everybody's way for so long: time for what
/// their owner has sent off to arrive. Sent again, an open changes nothing about it. (locks 3.6)
///
/// The session acts as `principal`, which set_acl gives rights to. The table takes that on trust: a
/// host that has asked a client who it is has lock::service put the answer here, in the place of
/// whatever the client says, before it proposes the command. An open that names another principal
/// than the session that it would find is refused (denied). `meta` is kept with the session, for
/// whoever looks at its state.
template <class Name>
struct basic_open_session {
    client_uuid client;
    std::uint64_t nonce = 0;
    std::uint64_t ttl_ms = 0;         // clamped to the limits; 0 and 2^63 and above are refused
    std::uint64_t lock_delay_ms = 0;  // at most config::max_lock_delay_ms; zero for none
    Name principal{};  // at most 128 bytes, any bytes; empty for nobody in particular
    Name meta{};       // at most config::max_meta_bytes, any bytes

    friend bool operator==(const basic_open_session&, const basic_open_session&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.client, self.nonce, self.ttl_ms, self.lock_delay_ms, self.principal, self.meta);
    }
};
using open_session = basic_open_session<std::string>;
using open_session_view = basic_open_session<std::string_view>;

/// Renews the session to its whole time to live. Answered by `kept` or `refused`.
struct keep_alive {
    request_stamp stamp;

    friend bool operator==(const keep_alive&, const keep_alive&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp); }
};

/// Ends the session, its holds and its requests. Answered by `closed`; sent again it meets
/// `refusal::session_expired`.
struct close_session {
    request_stamp stamp;

    friend bool operator==(const close_session&, const close_session&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp); }
};

/// Asks for a lock, which comes into being when first asked for. Its request is named by its
/// sequence from then on. Answered by `granted`, `busy` (only with `no_wait`), `queued` or
/// `would_deadlock` (never with `no_wait`), `cancelled` (if its cancel came first), or `refused`.
///
/// A request that would wait for somebody who waits, in however many steps, for its own owner does
/// not wait: of those who wait for each other the youngest gives way, here the one that asks
/// (would_deadlock), unless all of them would have it be the one of the lowest priority
/// (terms::on_deadlock). An owner waits with each of its requests, whichever of them its program
/// awaits. Where another gives way, or a grant makes two wait for each other, it is a request that
/// waits already: its wait ends as `victim`. No hold is ever taken away for that. What owners wait
/// for elsewhere is not seen, so waits still want their limits. (locks 3.7)
///
/// With `reentrant`, an owner that holds the lock in this mode or a stronger one is granted the
/// token that it has, and passes the queue; the hold keeps its mode until as many releases have
/// come. Such an acquire has no request of its own: its reply is all there is to it. An owner that
/// holds in a weaker mode is refused (self_deadlock), and converts instead. The name of a semaphore
/// is refused (kind_mismatch), by convert, too.
///
/// With `reclaim`, what the same client has lost at that lock does not stand in the way, and is
/// over with the grant: whoever asks says that nothing sent under those holds is still to come.
/// Where it was lost in this mode or a stronger one, the request passes those who wait, unless an
/// upgrade does; else it waits in its place. Permits, and several locks at once, are not reclaimed.
///
/// With `barge`, it is granted ahead of those who wait, if nobody holds what it asks for: they may
/// wait for other locks, too, or want more of it. Each of them is overtaken so config::max_bypass
/// times at most; where one has been, where an upgrade waits, and where the lock is held, barge
/// makes no difference. Without it a free lock that others wait for is not to be had. (locks 3.5)
///
/// With `hold_ttl_ms`, clamped like that of a session, so that renew_hold tells how long it really
/// is, the hold has a lease of its own: it ends so long after its grant, or after its last renewal,
/// if its session does not end before. Acquired again, it lasts at least so long from then on, and
/// never shorter than it would have; a hold without a lease gets none in that way. An upgrade keeps
/// the lease. Refused (ttl_out_of_range) from 2^63 on.
template <class Name>
struct basic_acquire {
    request_stamp stamp;
    std::uint64_t owner =
        0;        // the tag of the thread, coroutine or task that asks, within the session
    Name name{};  // of the lock: 1 to 512 bytes, any bytes
    lock::mode mode = lock::mode::exclusive;
    std::uint64_t wait_ms = wait_forever;  // log time
    std::uint8_t flags = no_flags;
    std::uint64_t hold_ttl_ms = 0;  // of a lease of the hold itself; zero for none
    lock::terms terms{};
    lock::policy policy = lock::policy::any;

    friend bool operator==(const basic_acquire&, const basic_acquire&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.mode, self.wait_ms, self.flags,
              self.hold_ttl_ms);
        self.terms.fields(self.terms, visit);
        visit(self.policy);
    }
};
using acquire = basic_acquire<std::string>;
using acquire_view = basic_acquire<std::string_view>;

/// One of several locks that are asked for together.
struct wanted {
    std::string name;
    lock::mode mode = lock::mode::exclusive;

    friend bool operator==(const wanted&, const wanted&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.name, self.mode); }
};

/// Asks for several locks at once, and gets all of them or none: it waits in every queue, at the
/// same place in the order of arrival, and takes none before it can have all. So requests like this
/// never wait for one another in a circle, in whatever order they name their locks; meanwhile those
/// who come later wait behind it, also for a lock of it that is free. (locks 3.5)
///
/// A name that is given twice counts once, in the stronger of its modes. Each lock gets a token of
/// its own: that of the answer for the first name in the order of their bytes, and the following
/// tokens for the others. They are released one by one, or all by a `cancel` or a release_all.
/// Answered like an acquire. Refused besides: name_empty for no locks at all, limit for too many;
/// self_deadlock where its owner holds one of them already; kind_mismatch where one is a semaphore;
/// policy_mismatch where they do not all have the same policy, or it is phase_fair, which puts
/// those who wait in another order at each lock.
template <class Wanted = wanted>
struct basic_acquire_all {
    request_stamp stamp;
    std::uint64_t owner = 0;               // as in acquire
    std::vector<Wanted> locks;             // at least one
    std::uint64_t wait_ms = wait_forever;  // log time
    std::uint64_t hold_ttl_ms = 0;         // as in acquire, for each of them
    lock::terms terms{};
    lock::policy policy = lock::policy::any;  // of all of them

    friend bool operator==(const basic_acquire_all&, const basic_acquire_all&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.locks, self.wait_ms, self.hold_ttl_ms);
        self.terms.fields(self.terms, visit);
        visit(self.policy);
    }
};
using acquire_all = basic_acquire_all<>;

/// Asks for permits of a semaphore, which comes into being when first asked for, with the capacity
/// that is named here. It lasts, with what set_capacity has made of its capacity, as long as
/// somebody holds permits or waits for some.
///
/// Requests are granted in the order of arrival: one for many permits is not overtaken by those for
/// few, unless they have `barge`, as in acquire, or it says `allow_small_pass` itself: then whoever
/// stands behind it goes ahead as soon as there are enough permits for that but not for this,
/// config::max_bypass times at most. Other flags are refused (malformed). Each is a hold of its
/// own, with its own token, also when its owner has permits already; it may give those back while
/// it waits. Answered like an acquire. Refused besides: permits_out_of_range for none, or more than
/// the capacity; kind_mismatch for a lock, and for a semaphore of another capacity; unknown_lock
/// where capacity is zero, which stands for whatever it is, and there is no semaphore of that name.
template <class Name>
struct basic_acquire_permits {
    request_stamp stamp;
    std::uint64_t owner = 0;  // as in acquire
    Name name{};              // of the semaphore, like that of a lock
    std::uint32_t permits = 1;
    std::uint32_t capacity = 0;            // of the semaphore
    std::uint64_t wait_ms = wait_forever;  // log time
    std::uint64_t hold_ttl_ms = 0;         // as in acquire
    std::uint8_t flags = no_flags;
    lock::terms terms{};
    lock::policy policy = lock::policy::any;

    friend bool operator==(const basic_acquire_permits&, const basic_acquire_permits&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.name, self.permits, self.capacity, self.wait_ms,
              self.hold_ttl_ms, self.flags);
        self.terms.fields(self.terms, visit);
        visit(self.policy);
    }
};
using acquire_permits = basic_acquire_permits<std::string>;
using acquire_permits_view = basic_acquire_permits<std::string_view>;

/// Gives a hold that has a lease at least `ttl_ms`, clamped like that of a session, from now on.
/// Answered by `kept`, with all ones for a hold without a lease, which lasts as long as its
/// session; or `refused` (stale_token, also at the very moment at which the lease ends; not_owner;
/// ttl_out_of_range for 0, and 2^63 and above).
struct renew_hold {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that acquired
    fencing_token token;
    std::uint64_t ttl_ms = 0;

    friend bool operator==(const renew_hold&, const renew_hold&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.token, self.ttl_ms);
    }
};

/// Changes the capacity of a semaphore that somebody holds or waits for. What is held stays held:
/// below that, nothing is granted until enough was given back; a request for more than there are
/// waits until there are more again. Answered by `resized` or `refused` (permits_out_of_range for
/// zero, unknown_lock, kind_mismatch for a lock).
struct set_capacity {
    request_stamp stamp;
    std::string name;
    std::uint32_t capacity = 0;

    friend bool operator==(const set_capacity&, const set_capacity&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name, self.capacity); }
};

/// Gives several holds back, each like a release, or none of them if one cannot be: then
/// `not_released` says which. A token that is given twice is two releases; no token is none.
/// Answered by `released`, with how many are left of the hold that has most, or `not_released`.
template <class Token = fencing_token>
struct basic_release_all {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that acquired
    std::vector<Token> tokens;

    friend bool operator==(const basic_release_all&, const basic_release_all&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.owner, self.tokens); }
};
using release_all = basic_release_all<>;

/// Gives a hold back, or one of its acquisitions if it was acquired again. It is named by its
/// token, never by the lock's name, so a late release cannot end somebody else's hold. An upgrade
/// that waits for the hold ends with it, as cancelled. Answered by `released` or `refused`
/// (stale_token, not_owner).
struct release {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that acquired
    fencing_token token;

    friend bool operator==(const release&, const release&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.owner, self.token); }
};

/// Asks what became of a request of this session. Answered by `request_status` or `refused`
/// (unknown_request).
struct query {
    request_stamp stamp;
    std::uint64_t request = 0;  // the sequence of the command that made it

    friend bool operator==(const query&, const query&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.request); }
};

/// Lets the table forget how a request that had to wait has ended. Until then it counts against the
/// session's limit of waiting requests, unless it was granted. Answered by `acknowledged`, or by
/// `request_status` for one that still waits.
struct acknowledge {
    request_stamp stamp;
    std::uint64_t request = 0;  // the sequence of the command that made it

    friend bool operator==(const acknowledge&, const acknowledge&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.request); }
};

/// Withdraws a request, also one whose acquire or convert is still on its way and will then be
/// answered `cancelled`; so after a cancel nothing is held that nobody wants, in whatever order the
/// two arrive. Answered by `cancelled`, for one that was granted first by `already_granted` (keep)
/// or `released` (release), for one that ended otherwise by `request_status`, or by `refused`
/// (unknown_request).
///
/// Of a request for several locks every one that it still holds is given back, but for one that an
/// upgrade has taken over; `released` tells the most that remains of one. Each cancel that gives
/// back is one release, also where others have acquired again.
///
/// An upgrade that was granted first is undone (release), however often it is cancelled: the hold
/// has its former mode again, under its new token, and the answer is `already_granted`. An acquire
/// that was granted by re-entrance has no request to withdraw: sent again, it is answered with its
/// token, which is then released.
struct cancel {
    request_stamp stamp;
    std::uint64_t request = 0;  // the sequence of the command that made it
    lock::on_granted on_granted = lock::on_granted::release;

    friend bool operator==(const cancel&, const cancel&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.request, self.on_granted);
    }
};

/// Changes the mode of a hold. To a weaker mode or the same, at once, with the same token. To a
/// stronger one when nobody is in the way, with a new token, and ahead of all who do not hold;
/// until then the hold stays as it is. From then on its request is named by the sequence of this,
/// and that of its acquire by nothing, or by the other locks that it holds.
///
/// One upgrade waits for a lock at the most, and one from `shared` never for who holds for
/// `update`: what would be the second is refused (upgrade_conflict), for two that hold and wait for
/// each other would wait for ever; and so is any convert of a hold whose upgrade waits. Answered by
/// `granted`, `queued` or `would_deadlock` (never with `no_wait`), `busy` (only with `no_wait`),
/// `cancelled` (if its cancel came first), or `refused`.
struct convert {
    request_stamp stamp;
    std::uint64_t owner = 0;  // must be the tag that acquired
    fencing_token token;
    mode to = mode::exclusive;
    std::uint64_t wait_ms = wait_forever;  // log time
    lock::terms terms{};

    friend bool operator==(const convert&, const convert&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.owner, self.token, self.to, self.wait_ms);
        self.terms.fields(self.terms, visit);
    }
};

/// Any command. On the wire the kind is the index, so commands are only ever appended.
template <class Name>
using basic_command =
    one_of<basic_open_session<Name>, keep_alive, close_session, basic_acquire<Name>, release, query,
           acknowledge, cancel, convert, acquire_all, basic_acquire_permits<Name>, set_capacity,
           release_all, renew_hold, request_revoke, force_release, check_token, set_acl,
           guarded_txn, read_value, compare_and_set, add_to_counter, read_counter, set_limits,
           bump_epoch, list_locks, set_latch, count_down, await_latch, arrive_at_barrier,
           enter_double_barrier, leave_double_barrier, campaign, proclaim, observe, watch,
           read_prefix>;
using command = basic_command<std::string>;

/// A command that was decoded without allocating for the names of what is frequent: they stay in
/// the bytes.
using command_view = basic_command<std::string_view>;

/// Whether a command makes a request, which is granted at once, or waits, and is named by the
/// command's sequence.
template <class Command>
inline constexpr bool makes_request = requires(const Command& asked) { asked.wait_ms; };

/// Whether a command gives something back, or keeps the session: that always has room.
/// (locks R5, 3.8)
template <class Command>
inline constexpr bool gives_back =
    std::is_same_v<Command, keep_alive> || std::is_same_v<Command, close_session> ||
    std::is_same_v<Command, release> || std::is_same_v<Command, release_all> ||
    std::is_same_v<Command, acknowledge> || std::is_same_v<Command, cancel>;

/// Turns commands into bytes and back; meets `synod::codec`.
using command_codec = detail::one_of_codec<command, 1>;

/// Appends `value` to `out`.
template <std::same_as<command> Command>
void encode(const Command& value, byte_writer& out) {
    command_codec{}.encode(value, out);
}

/// Reads the one command that `from` consists of; false for anything else. A command_view is good
/// as long as `from` is.
template <class Command>
    requires(std::same_as<Command, command> || std::same_as<Command, command_view>)
[[nodiscard]] bool decode(bytes_view from, Command& value) {
    return detail::decode_whole<detail::one_of_codec<Command, 1>>(from, value);
}

}  // namespace synod::inline SYNOD_ABI::lock
