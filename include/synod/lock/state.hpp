// synod/lock/state.hpp - the state of a lock table as plain lists: what snapshots hold and
// invariants speak of.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/gate_state.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/revocation.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/value_state.hpp>
#include <synod/lock/watch_state.hpp>
#include <synod/log/session.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// What a request is for: a hold, by an acquire, or by a convert to a stronger mode, whose hold
/// takes the place of another; or the way through a gate.
enum class request_kind : std::uint8_t { acquisition, upgrade, passage };
[[nodiscard]] constexpr request_kind last_of(request_kind) { return request_kind::passage; }

/// How long a hold lasts that is to end before its session does.
struct lease {
    std::uint64_t ttl_ms = 0;  // the longest that still runs; zero for a hold without one
    log_time deadline = log_time::never();  // never while its request waits
    std::uint64_t extended_ms = 0;          // by new leaders, since its owner last renewed it

    friend bool operator==(const lease&, const lease&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.ttl_ms, self.deadline, self.extended_ms);
    }
};

/// One request: it waits, is held, or has ended and is not acknowledged.
struct request_record {
    owner_id owner;
    std::uint64_t sequence = 0;  // of its command
    position at;                 // of its command
    log_time deadline;           // of its wait; never without a limit, and once it no longer waits
    fencing_token token;         // zero unless held
    request_state state = request_state::queued;
    lock::mode mode = lock::mode::exclusive;
    request_kind kind = request_kind::acquisition;
    lock::mode before = lock::mode::exclusive;  // of the hold that it has replaced; else its own
    std::uint32_t count = 1;                    // of a hold: releases that end it
    fencing_token upgrades;                     // of the hold that it waits to replace; else zero
    std::uint32_t permits = 0;                  // of a semaphore; zero at a lock
    lock::lease lease;
    bool reclaims = false;  // what its client has lost does not stand in its way, while it waits
    /// Of its request's tokens, also once that lock is given back; zero unless held.
    fencing_token first;
    lock::standing standing{};     // while it waits; in a section of the snapshot of its own
    bool has_value = false;        // it leads, or waits to
    std::string value;             // that everybody sees, or will
    std::uint64_t proclaimed = 0;  // the index of its last change; zero unless it leads

    friend bool operator==(const request_record&, const request_record&) = default;
    static void fields(auto& self, auto&& visit) {
        fields_of_version_1(self, visit);
        visit(self.kind, self.before, self.count, self.upgrades, self.permits, self.reclaims,
              self.first, self.has_value, self.value, self.proclaimed);
        self.lease.fields(self.lease, visit);
    }
    /// Those of the first version of the snapshot.
    static void fields_of_version_1(auto& self, auto&& visit) {
        visit(self.owner.session, self.owner.tag, self.sequence, self.at);
        visit(self.deadline, self.token, self.state, self.mode);
    }
};

/// What a hold has left that ended without being given back: it stands in the way as if it were
/// held. (locks 3.6)
struct delay_record {
    fencing_token token;  // of the hold
    lock::mode mode = lock::mode::exclusive;
    std::uint32_t permits = 0;  // of a semaphore; zero at a lock
    client_uuid client;         // who may reclaim it
    log_time until;

    friend bool operator==(const delay_record&, const delay_record&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.token, self.mode, self.permits, self.client, self.until);
    }
};

/// One lock, or one semaphore.
template <class Request = request_record>
struct basic_lock_record {
    std::string name;
    std::vector<Request> holders;  // in order of token
    std::vector<Request> queue;    // an upgrade, if one waits, then by rank and position
    std::uint32_t capacity = 0;    // of a semaphore; zero for a lock
    std::vector<synod::detail::deferred<delay_record, Request>> delays{};  // in order of token
    lock::policy policy = lock::policy::fifo;  // never any; in a section of the snapshot of its own

    friend bool operator==(const basic_lock_record&, const basic_lock_record&) = default;
};
using lock_record = basic_lock_record<>;

/// One session.
struct session_record {
    session_id session;
    log_time deadline;
    client_uuid client{};
    std::uint64_t lock_delay_ms = 0;
    std::string principal{};
    std::string meta{};

    friend bool operator==(const session_record&, const session_record&) = default;
};

/// All that the table knows, but for configuration and stored replies.
template <class Lock = lock_record>
struct basic_state {
    log_time now;
    ballot leader;             // the highest that has taken over
    position last;             // of the last command
    fencing_token last_token;  // the highest ever granted
    std::vector<synod::detail::deferred<session_record, Lock>> sessions;  // in order of id
    std::vector<Lock> locks;                                              // in order of name
    /// In order of session, then of position.
    std::vector<synod::detail::deferred<request_record, Lock>> ended;
    std::vector<synod::detail::deferred<forced_end, Lock>> forced_ends{};  // in order of token
    /// In order of prefix, then of principal.
    std::vector<synod::detail::deferred<access_rule, Lock>> access{};
    synod::detail::deferred<value_state, Lock> values;
    synod::detail::deferred<gate_state, Lock> gates;
    synod::detail::deferred<watch_state, Lock> watch;

    friend bool operator==(const basic_state&, const basic_state&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.leader, self.last, self.last_token); }
};
using state = basic_state<>;

/// Whether that session is live. Logarithmic. Precondition: the sessions are in order.
template <class State>
[[nodiscard]] bool is_live(const State& now, session_id which) {
    std::size_t first = 0;
    for (std::size_t end = now.sessions.size(); first < end;) {
        const std::size_t middle = first + (end - first) / 2;
        if (now.sessions[middle].session < which)
            first = middle + 1;
        else
            end = middle;
    }
    return first < now.sessions.size() && now.sessions[first].session == which;
}

}  // namespace synod::inline SYNOD_ABI::lock
