// synod/lock/detail/entries.hpp - what a book keeps: requests, their places at locks, locks,
// clients and timers.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/short_text.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>

#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock::detail {

/// One acquire or upgrade from the moment it is taken in: it waits, then is held, or ends and is
/// kept until its client has acknowledged that.
struct request {
    synod::slot slot;            // of its command; with `index`, the order of queues
    std::uint64_t sequence = 0;  // of its command; names it within its session
    std::uint64_t tag = 0;       // of its owner
    std::uint32_t index = 0;     // of its command, in the slot
    handle client = none;
    handle places = none;  // the first of them, by the locks' names; none once it has ended
    handle client_previous = none;  // in its client's requests
    handle client_next = none;
    request_state state = request_state::queued;
    request_kind kind = request_kind::acquisition;
    bool reclaims : 1 = false;      // what its client has lost does not stand in its way
    bool is_wide : 1 = false;       // it is for several locks
    bool is_listed : 1 = false;     // it stands in the list of those who wait
    bool told_queued : 1 = false;   // its client knows that it waits, so how that ends is an event
    bool has_standing : 1 = false;  // while it waits
    bool has_deadline : 1 = false;  // while it waits
    bool has_first : 1 = false;     // its first token may not be that of its first place
    bool barges : 1 = false;        // its grant overtakes all who wait

    [[nodiscard]] position at() const { return {slot, index}; }
    void set_at(const position& where) {
        slot = where.slot;
        index = where.index;
    }
};

/// Whether a request waits at a latch or a barrier.
[[nodiscard]] inline bool is_at_gate(const request& one) {
    return one.kind == request_kind::passage && one.state == request_state::queued;
}

/// Whether a request counts without a place at a lock: it waits at a gate, or has ended.
[[nodiscard]] inline bool counts_by_itself(const request& one) {
    return one.kind == request_kind::passage ||
           (one.state != request_state::queued && one.state != request_state::granted);
}

/// What a request wants of one lock, or of one semaphore.
struct stake {
    lock::mode mode = lock::mode::exclusive;
    std::uint32_t permits = 0;  // of a semaphore; zero at a lock
};

/// What one request has to do with one lock: a place in its queue, then among its holders.
struct place {
    fencing_token token;  // zero unless it is held
    handle request = none;
    handle object = none;
    handle previous = none;  // in its object's queue, or among its holders
    handle next = none;
    handle sibling = none;      // the next place of its request
    std::uint32_t count = 1;    // of a hold: releases that end it
    std::uint32_t permits = 0;  // of a semaphore; zero at a lock
    lock::mode mode = lock::mode::exclusive;
    lock::mode before = lock::mode::exclusive;  // of the hold that it has replaced; else its own
    bool is_upgrade : 1 = false;                // it waits to replace a hold
    bool has_lease : 1 = false;
    bool has_forced_end : 1 = false;
    bool has_value : 1 = false;  // it leads, or waits to

    [[nodiscard]] detail::stake stake() const { return {mode, permits}; }
};

/// One lock, or one semaphore. It exists while it is held, waited for, or closed by a lock-delay.
struct object {
    short_text name;
    chain holders;  // places, as they were granted
    chain queue;    // places: an upgrade, if one waits, and then in order of rank and of position
    std::uint32_t shared = 0;     // holders who read, or have permits
    std::uint32_t exclusive = 0;  // holders
    std::uint32_t permits = 0;    // that are held, of a semaphore
    std::uint32_t capacity = 0;   // of a semaphore; zero for a lock
    std::uint32_t waiting = 0;
    std::uint16_t update = 0;  // holders, of whom there is one at most
    lock::policy policy = lock::policy::fifo;
    bool touched : 1 = false;        // stands in the list of those whose grant loop is due
    bool is_delayed : 1 = false;     // has lock-delays
    bool is_phase_over : 1 = false;  // a writer of policy::phase_fair has had its turn
    bool has_wide : 1 = false;       // a request for several locks waits

    [[nodiscard]] holding held() const { return {shared, update, exclusive, permits}; }
    void add(const stake& one) {
        count(one.mode, 1);
        permits += one.permits;
    }
    void remove(const stake& one) {
        count(one.mode, -1);
        permits -= one.permits;
    }

private:
    void count(lock::mode which, int more) {
        if (which == lock::mode::shared)
            shared += static_cast<std::uint32_t>(more);
        else if (which == lock::mode::exclusive)
            exclusive += static_cast<std::uint32_t>(more);
        else
            update = static_cast<std::uint16_t>(update + more);
    }
};

/// What a lock takes that one request holds is these, 17 bytes of the index of names, and 8 to 65
/// of each index of numbers.
static_assert(sizeof(request) == 48 && sizeof(place) == 40 && sizeof(object) == 56);

/// What a session has in this table. A request counts once for each of its places, and once when it
/// has ended.
struct client {
    session_id session;
    chain requests;               // in order of position
    std::uint32_t requested = 0;  // all of them
    std::uint32_t waiting = 0;    // those that wait, and the ended ones
};

/// What is known of a session from its opening on.
struct profile {
    client_uuid client;
    std::uint64_t lock_delay_ms = 0;
    std::string principal;
    std::string meta;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
