// synod/lock/invariant.hpp - what holds in every state of a lock table, each a predicate by name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/access_invariant.hpp>
#include <synod/lock/detail/for_all.hpp>
#include <synod/lock/gate_invariant.hpp>
#include <synod/lock/queue_invariant.hpp>
#include <synod/lock/revocation_invariant.hpp>
#include <synod/lock/state.hpp>
#include <synod/lock/value_invariant.hpp>
#include <synod/lock/watch_invariant.hpp>
#include <synod/log/session_config.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// The holders of one lock by their modes, and the permits of one semaphore; what stands in the way
/// as if it were held, too.
template <class Lock>
[[nodiscard]] holding holding_of(const Lock& lock) {
    holding held;
    for (const request_record& one : lock.holders) held.add(one.mode, one.permits);
    for (const delay_record& one : lock.delays) held.add(one.mode, one.permits);
    return held;
}

/// Permits are of semaphores: of each of their requests, and of no other, and no more than any
/// capacity; and what has ended asks for nothing. (locks 3.3)
template <class State>
[[nodiscard]] bool permits_are_of_semaphores(const State& now) {
    return for_all(now.locks,
                   [](const auto& lock) {
                       const auto is_right = [&lock](const request_record& one) {
                           const bool is_plain =
                               one.mode == mode::shared && one.kind == request_kind::acquisition;
                           return lock.capacity == 0 ? one.permits == 0
                                                     : one.permits > 0 && is_plain;
                       };
                       return for_all(lock.holders, is_right) && for_all(lock.queue, is_right) &&
                              holding_of(lock).permits <= ~std::uint32_t{0};
                   }) &&
           for_all(now.ended,
                   [](const auto& one) { return one.permits == 0 && one.mode == mode::exclusive; });
}

/// Mutual exclusion: whoever holds for exclusive use is alone, and at most one holds for update.
/// (locks 3.3)
template <class State>
[[nodiscard]] bool no_holds_conflict(const State& now) {
    return for_all(now.locks, [](const auto& lock) {
        const holding held = holding_of(lock);
        return held.update <= 1 && (held.exclusive == 0 || held.total() == 1);
    });
}

/// A token is held once at most, has been issued, and is nobody's who does not hold.
template <class State>
[[nodiscard]] bool held_tokens_are_issued_once(const State& now) {
    synod::detail::deferred<ordered_set<fencing_token>, State> held;
    return for_all_requests(now, [&](const request_record& one) {
        if (one.state != request_state::granted) {
            return one.token == fencing_token() && one.first == fencing_token();
        }
        if (one.first == fencing_token() || one.first > one.token) return false;
        return one.token <= now.last_token && held.insert(one.token);
    });
}

/// Nothing is held, waited for or kept for a session that is over.
template <class State>
[[nodiscard]] bool requests_have_live_sessions(const State& now) {
    return for_all_requests(
        now, [&now](const request_record& one) { return is_live(now, one.owner.session); });
}

/// Valid means now < deadline, so what is over has ended already.
template <class State>
[[nodiscard]] bool nothing_is_overdue(const State& now) {
    const auto ends_later_or_never = [&now](const request_record& one) {
        if (one.lease.deadline <= now.now) return false;
        return one.state == request_state::queued ? one.deadline > now.now
                                                  : one.deadline == log_time::never();
    };
    return for_all(now.sessions, [&now](const auto& one) { return one.deadline > now.now; }) &&
           for_all_requests(now, ends_later_or_never);
}

/// First come, first served among those of one rank: each queue rises in rank and position, but for
/// an upgrade, which is first.
template <class State>
[[nodiscard]] bool queues_rise_in_position(const State& now) {
    return for_all(now.locks, [](const auto& lock) {
        for (std::size_t i = 1; i < lock.queue.size(); ++i) {
            if (lock.queue[i].upgrades != fencing_token()) return false;
            const bool is_behind_upgrade = i == 1 && lock.queue[0].upgrades != fencing_token();
            if (!is_behind_upgrade && !comes_after(lock.queue[i], lock.queue[i - 1])) return false;
        }
        return true;
    });
}

/// An upgrade that waits is to replace a weaker hold of its owner, and nothing else is.
template <class State>
[[nodiscard]] bool upgrades_have_holds(const State& now) {
    const auto replaces = [](const request_record& one, const request_record& hold) {
        return hold.token == one.upgrades && hold.owner == one.owner && hold.mode < one.mode;
    };
    const auto upgrades_nothing = [](const auto& one) { return one.upgrades == fencing_token(); };
    const auto waits_rightly = [&](const auto& lock, const request_record& one) {
        if (one.kind == request_kind::acquisition) return upgrades_nothing(one);
        return !for_all(lock.holders, [&](const auto& hold) { return !replaces(one, hold); });
    };
    return for_all(now.locks,
                   [&](const auto& lock) {
                       return for_all(lock.holders, upgrades_nothing) &&
                              for_all(lock.queue,
                                      [&](const auto& one) { return waits_rightly(lock, one); });
                   }) &&
           for_all(now.ended, upgrades_nothing);
}

/// An upgrade never waits for another that may wait for it: no reader's does while somebody else
/// holds for update. (locks 3.5)
template <class State>
[[nodiscard]] bool upgrades_end(const State& now) {
    return for_all(now.locks, [](const auto& lock) {
        if (lock.queue.empty() || lock.queue[0].upgrades == fencing_token()) return true;
        return for_all(lock.holders, [&lock](const auto& one) {
            return one.mode != mode::update || one.token == lock.queue[0].upgrades;
        });
    });
}

/// A hold is acquired at least once, and what is no hold once; and only a hold that is an upgrade
/// was in another mode before, in a weaker one.
template <class State>
[[nodiscard]] bool counts_are_right(const State& now) {
    return for_all_requests(now, [](const request_record& one) {
        const bool is_held = one.state == request_state::granted;
        if (is_held ? one.count == 0 : one.count != 1) return false;
        if (one.before == one.mode) return true;
        return is_held && one.kind == request_kind::upgrade && one.before < one.mode;
    });
}

/// Whether a request is first in the queue of this lock and could hold beside those who do, but for
/// the hold that it would replace and what its client has lost and reclaims.
template <class Lock>
[[nodiscard]] bool could_hold(const Lock& lock, const request_record& asked,
                              const client_uuid& client) {
    if (lock.queue.empty() || lock.queue[0].at != asked.at) return false;
    holding others;
    for (const request_record& one : lock.holders) others.add(one.mode, one.permits);
    for (const delay_record& one : lock.delays) {
        const bool is_own = asked.reclaims && rules::may_reclaim(one.client, client);
        if (!is_own) others.add(one.mode, one.permits);
    }
    for (const request_record& one : lock.holders) {
        if (one.token == asked.upgrades) --others.in(one.mode);
    }
    const request_record& front = lock.queue[0];
    if (lock.capacity == 0) return rules::is_compatible(others, front.mode);
    return rules::has_permits(others.permits, front.permits, lock.capacity);
}

/// A lease runs while its hold is held, and no other does. Only what is held or waited for has one,
/// and what waits for an upgrade finds that of its hold.
template <class State>
[[nodiscard]] bool leases_run_with_holds(const State& now) {
    return for_all_requests(now, [](const request_record& one) {
        const bool is_held = one.state == request_state::granted;
        const bool may_have_one = is_held || (one.state == request_state::queued &&
                                              one.kind == request_kind::acquisition);
        if (one.lease.ttl_ms >= ttl_end_ms) return false;
        if (one.lease.ttl_ms != 0 && is_held) return true;
        if (one.lease.deadline != log_time::never() || one.lease.extended_ms != 0) return false;
        return may_have_one || one.lease.ttl_ms == 0;
    });
}

/// No lost wake-up: whoever is first in a queue could not hold that lock, or another one that it
/// waits for as well. (locks 3.5)
template <class State>
[[nodiscard]] bool fronts_have_to_wait(const State& now) {
    if (for_all(now.locks, [](const auto& lock) { return lock.queue.empty(); })) return true;
    synod::detail::deferred<ordered_map<session_id, client_uuid>, State> client_of;
    for (const session_record& one : now.sessions) client_of[one.session] = one.client;
    synod::detail::deferred<ordered_map<position, bool>, State> has_to_wait;
    for (const auto& lock : now.locks) {
        for (const request_record& one : lock.queue) {
            has_to_wait[one.at] =
                has_to_wait[one.at] || !could_hold(lock, one, client_of[one.owner.session]);
        }
    }
    return for_all(has_to_wait, [](const auto& one) { return one.second; });
}

/// No lock is kept that nobody holds, waits for, or is kept from.
template <class State>
[[nodiscard]] bool no_lock_is_idle(const State& now) {
    return for_all(now.locks, [](const auto& lock) {
        return !lock.holders.empty() || !lock.queue.empty() || !lock.delays.empty();
    });
}

/// A request is listed where its state belongs.
template <class State>
[[nodiscard]] bool states_match_places(const State& now) {
    const auto is_granted = [](const auto& one) { return one.state == request_state::granted; };
    const auto is_queued = [](const auto& one) { return one.state == request_state::queued; };
    const auto lists_are_right = [&](const auto& lock) {
        return for_all(lock.holders, is_granted) && for_all(lock.queue, is_queued);
    };
    return for_all(now.locks, lists_are_right) &&
           for_all(now.ended, [&](const auto& one) { return !is_granted(one) && !is_queued(one); });
}

/// Whether two records, each of its own lock, may be of one request.
[[nodiscard]] inline bool belong_together(const request_record& a, const request_record& b) {
    return a.owner == b.owner && a.sequence == b.sequence && a.deadline == b.deadline &&
           a.state == b.state && a.first == b.first && a.standing == b.standing &&
           (a.permits == 0) == (b.permits == 0) && a.kind == request_kind::acquisition &&
           b.kind == request_kind::acquisition;
}

/// A position names one request at most, and so does a pair of session and sequence; a request
/// stands at a lock once at most, and everywhere the same is said of it. No position lies ahead.
template <class State>
[[nodiscard]] bool requests_are_unique(const State& now) {
    struct sighting {
        const request_record* record;
        const lock_record* lock;
    };
    ordered_map<position, synod::detail::deferred<sighting, State>> by_position;
    ordered_map<std::pair<session_id, std::uint64_t>, synod::detail::deferred<position, State>>
        by_name;
    const auto is_alone = [&](const request_record& one, const lock_record* lock) {
        const auto [named, is_new_name] =
            by_name.emplace({one.owner.session, one.sequence}, one.at);
        const auto [seen, is_new] = by_position.emplace(one.at, sighting{&one, lock});
        if (one.at > now.last || named->second != one.at) return false;
        const lock_record* const before = std::exchange(seen->second.lock, lock);
        return is_new || (before != lock && belong_together(*seen->second.record, one));
    };
    for (const auto& lock : now.locks) {
        const auto is_alone_here = [&](const auto& one) { return is_alone(one, &lock); };
        if (!for_all(lock.holders, is_alone_here)) return false;
        if (!for_all(lock.queue, is_alone_here)) return false;
    }
    return for_all(now.ended, [&](const auto& one) { return is_alone(one, nullptr); });
}

/// Sessions are in the order of their numbers, in which others look them up.
template <class State>
[[nodiscard]] bool sessions_are_sorted(const State& now) {
    return rises_in(now.sessions, [](const auto& one) { return one.session; });
}

/// Lists are in their canonical order.
template <class State>
[[nodiscard]] bool lists_are_sorted(const State& now) {
    const auto by_name = [](const auto& one) { return std::string_view(one.name); };
    const auto by_session_and_position = [](const auto& one) {
        return std::pair(one.owner.session, one.at);
    };
    const auto by_token = [](const auto& one) { return one.token; };
    return rises_in(now.locks, by_name) && rises_in(now.ended, by_session_and_position) &&
           for_all(now.locks, [&](const auto& lock) {
               return rises_in(lock.holders, by_token) && rises_in(lock.delays, by_token);
           });
}

/// A lock-delay is of a hold that is no more, in the mode and with the permits of such a hold, and
/// is not over. (locks 3.6)
template <class State>
[[nodiscard]] bool delays_follow_holds(const State& now) {
    synod::detail::deferred<ordered_set<fencing_token>, State> seen;
    for (const auto& lock : now.locks) {
        for (const request_record& one : lock.holders) seen.insert(one.token);
    }
    return for_all(now.locks, [&](const auto& lock) {
        return for_all(lock.delays, [&](const delay_record& one) {
            if (one.token == fencing_token() || one.token > now.last_token) return false;
            if (one.until <= now.now || !seen.insert(one.token)) return false;
            if (lock.capacity == 0) return one.permits == 0;
            return one.permits != 0 && one.mode == mode::shared;
        });
    });
}

/// Only what waits for a lock may be waiting to reclaim it.
template <class State>
[[nodiscard]] bool who_reclaims_waits(const State& now) {
    return for_all_requests(now, [](const request_record& one) {
        return !one.reclaims || (one.state == request_state::queued && one.permits == 0 &&
                                 one.kind == request_kind::acquisition);
    });
}

/// The name of the first invariant that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken(const State& now) {
    if (!sessions_are_sorted(now)) return "sessions_are_sorted";
    if (!permits_are_of_semaphores(now)) return "permits_are_of_semaphores";
    if (!no_holds_conflict(now)) return "no_holds_conflict";
    if (!held_tokens_are_issued_once(now)) return "held_tokens_are_issued_once";
    if (!requests_have_live_sessions(now)) return "requests_have_live_sessions";
    if (!nothing_is_overdue(now)) return "nothing_is_overdue";
    if (!queues_rise_in_position(now)) return "queues_rise_in_position";
    if (!upgrades_have_holds(now)) return "upgrades_have_holds";
    if (!upgrades_end(now)) return "upgrades_end";
    if (!counts_are_right(now)) return "counts_are_right";
    if (!leases_run_with_holds(now)) return "leases_run_with_holds";
    if (!delays_follow_holds(now)) return "delays_follow_holds";
    if (!who_reclaims_waits(now)) return "who_reclaims_waits";
    if (!no_lock_is_idle(now)) return "no_lock_is_idle";
    if (!fronts_have_to_wait(now)) return "fronts_have_to_wait";
    if (!states_match_places(now)) return "states_match_places";
    if (!requests_are_unique(now)) return "requests_are_unique";
    if (!lists_are_sorted(now)) return "lists_are_sorted";
    if (!forced_ends_are_of_holds(now)) return "forced_ends_are_of_holds";
    if (!access_is_in_order(now)) return "access_is_in_order";
    if (!somebody_administers(now)) return "somebody_administers";
    if (!values_are_right(now.values)) return "values_are_right";
    if (const char* const broken = first_broken_of_queues(now)) return broken;
    if (const char* const broken = first_broken_gate(now)) return broken;
    return first_broken_change(now);
}

/// Of two states, the earlier first: time, leader and counter never go back, a hold that is new has
/// a token that is new, and so have a value and a gate their numbers.
template <class State>
[[nodiscard]] bool only_moves_forward(const State& before, const State& after) {
    if (after.now < before.now || after.leader < before.leader) return false;
    if (after.last_token < before.last_token) return false;
    if (!values_move_forward(before.values, after.values)) return false;
    if (!gates_move_forward(before, after) || !changes_are_kept(before, after)) return false;
    synod::detail::deferred<ordered_set<fencing_token>, State> held;
    for (const auto& lock : before.locks) {
        for (const request_record& one : lock.holders) held.insert(one.token);
    }
    return for_all_requests(after, [&](const request_record& one) {
        return one.state != request_state::granted || one.token > before.last_token ||
               held.contains(one.token);
    });
}

/// Of two states, the earlier first: no semaphore has granted more than it had, before or after.
/// What was held before its capacity was lowered may be more. (locks 3.3)
template <class State>
[[nodiscard]] bool grants_fit(const State& before, const State& after) {
    const auto most_of = [&before](const auto& lock) {
        for (const auto& one : before.locks) {
            if (one.name == lock.name && one.capacity > lock.capacity) return one.capacity;
        }
        return lock.capacity;
    };
    return for_all(after.locks, [&](const auto& lock) {
        if (lock.capacity == 0 || holding_of(lock).permits <= most_of(lock)) return true;
        return for_all(lock.holders, [&before](const request_record& one) {
            return one.token <= before.last_token;
        });
    });
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
