// synod/lock/invariant.hpp - what holds in every state of a lock table, each a predicate with a name.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/state.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// Whether `claim(record)` is true of every request, wherever it is listed.
template <class Claim>
[[nodiscard]] bool for_all_requests(const state& now, Claim&& claim) {
    const auto all = [&claim](const std::vector<request_record>& list) {
        for (const request_record& one : list) {
            if (!claim(one)) return false;
        }
        return true;
    };
    for (const lock_record& lock : now.locks) {
        if (!all(lock.holders) || !all(lock.queue)) return false;
    }
    return all(now.ended);
}

/// Mutual exclusion: forall locks, at most one holder. (all holds are exclusive so far)
[[nodiscard]] inline bool at_most_one_holder(const state& now) {
    for (const lock_record& lock : now.locks) {
        if (lock.holders.size() > 1) return false;
    }
    return true;
}

/// A token is held once at most, has been issued, and is nobody's who does not hold.
[[nodiscard]] inline bool held_tokens_are_issued_once(const state& now) {
    std::set<fencing_token> held;
    return for_all_requests(now, [&](const request_record& one) {
        if (one.state != request_state::granted) return one.token == fencing_token();
        return one.token != fencing_token() && one.token <= now.last_token &&
               held.insert(one.token).second;
    });
}

/// Nothing is held, waited for or kept for a session that is over.
[[nodiscard]] inline bool requests_have_live_sessions(const state& now) {
    std::set<session_id> live;
    for (const session_record& one : now.sessions) live.insert(one.session);
    return for_all_requests(
        now, [&live](const request_record& one) { return live.contains(one.owner.session); });
}

/// Valid means now < deadline, so what is over has ended already.
[[nodiscard]] inline bool nothing_is_overdue(const state& now) {
    for (const session_record& one : now.sessions) {
        if (one.deadline <= now.now) return false;
    }
    return for_all_requests(now, [&now](const request_record& one) {
        return one.state == request_state::queued ? one.deadline > now.now
                                                  : one.deadline == log_time::never();
    });
}

/// First come, first served: each queue rises in position.
[[nodiscard]] inline bool queues_rise_in_position(const state& now) {
    for (const lock_record& lock : now.locks) {
        for (std::size_t i = 1; i < lock.queue.size(); ++i) {
            if (lock.queue[i].at <= lock.queue[i - 1].at) return false;
        }
    }
    return true;
}

/// No lost wake-up: nobody waits for a lock that nobody holds, and no lock is kept that nobody holds.
[[nodiscard]] inline bool every_lock_is_held(const state& now) {
    for (const lock_record& lock : now.locks) {
        if (lock.holders.empty()) return false;
    }
    return true;
}

/// A request is listed where its state belongs.
[[nodiscard]] inline bool states_match_places(const state& now) {
    for (const lock_record& lock : now.locks) {
        for (const request_record& one : lock.holders) {
            if (one.state != request_state::granted) return false;
        }
        for (const request_record& one : lock.queue) {
            if (one.state != request_state::queued) return false;
        }
    }
    for (const request_record& one : now.ended) {
        if (one.state == request_state::granted || one.state == request_state::queued) return false;
    }
    return true;
}

/// A position and a pair of session and sequence each name one request at most, and no position lies ahead.
[[nodiscard]] inline bool requests_are_unique(const state& now) {
    std::set<position> positions;
    std::set<std::pair<session_id, std::uint64_t>> names;
    return for_all_requests(now, [&](const request_record& one) {
        return one.at <= now.last && positions.insert(one.at).second &&
               names.emplace(one.owner.session, one.sequence).second;
    });
}

/// Lists are in their canonical order.
[[nodiscard]] inline bool lists_are_sorted(const state& now) {
    for (std::size_t i = 1; i < now.sessions.size(); ++i) {
        if (now.sessions[i].session <= now.sessions[i - 1].session) return false;
    }
    for (std::size_t i = 1; i < now.locks.size(); ++i) {
        if (now.locks[i].name <= now.locks[i - 1].name) return false;
    }
    for (std::size_t i = 1; i < now.ended.size(); ++i) {
        const request_record& before = now.ended[i - 1];
        const request_record& after = now.ended[i];
        if (std::pair(after.owner.session, after.at) <=
            std::pair(before.owner.session, before.at)) {
            return false;
        }
    }
    return true;
}

/// The name of the first invariant that a state breaks, or nullptr.
[[nodiscard]] inline const char* first_broken(const state& now) {
    if (!at_most_one_holder(now)) return "at_most_one_holder";
    if (!held_tokens_are_issued_once(now)) return "held_tokens_are_issued_once";
    if (!requests_have_live_sessions(now)) return "requests_have_live_sessions";
    if (!nothing_is_overdue(now)) return "nothing_is_overdue";
    if (!queues_rise_in_position(now)) return "queues_rise_in_position";
    if (!every_lock_is_held(now)) return "every_lock_is_held";
    if (!states_match_places(now)) return "states_match_places";
    if (!requests_are_unique(now)) return "requests_are_unique";
    if (!lists_are_sorted(now)) return "lists_are_sorted";
    return nullptr;
}

/// Of two states, the earlier first: time, leader and counter never go back, and a hold that is new has a token that is new.
[[nodiscard]] inline bool only_moves_forward(const state& before, const state& after) {
    if (after.now < before.now || after.leader < before.leader) return false;
    if (after.last_token < before.last_token) return false;
    std::set<fencing_token> held;
    for (const lock_record& lock : before.locks) {
        for (const request_record& one : lock.holders) held.insert(one.token);
    }
    return for_all_requests(after, [&](const request_record& one) {
        return one.state != request_state::granted || one.token > before.last_token ||
               held.contains(one.token);
    });
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
