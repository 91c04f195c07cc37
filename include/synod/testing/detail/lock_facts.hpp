// synod/testing/detail/lock_facts.hpp - what the state of a lock table says of one lock, session or
// hold.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// The lock of that name, or nullptr.
[[nodiscard]] inline const lock::lock_record* find_lock(const lock::state& in,
                                                        std::string_view name) {
    for (const lock::lock_record& one : in.locks) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

/// The live session of that name, or nullptr.
[[nodiscard]] inline const lock::session_record* find_session(const lock::state& in,
                                                              session_id which) {
    for (const lock::session_record& one : in.sessions) {
        if (one.session == which) return &one;
    }
    return nullptr;
}

/// The hold of `asker` under that token, or nullptr.
[[nodiscard]] inline const lock::request_record* find_hold(const lock::state& in, session_id asker,
                                                           fencing_token token) {
    for (const lock::lock_record& lock : in.locks) {
        for (const lock::request_record& one : lock.holders) {
            if (one.token == token && one.owner.session == asker) return &one;
        }
    }
    return nullptr;
}

/// Whether `asker` holds under that token, or it is the first of a request that still holds another
/// lock.
[[nodiscard]] inline bool holds(const lock::state& in, session_id asker, fencing_token token) {
    for (const lock::lock_record& lock : in.locks) {
        for (const lock::request_record& one : lock.holders) {
            const bool is_meant = one.token == token || one.first == token;
            if (is_meant && one.owner.session == asker) return true;
        }
    }
    return false;
}

/// Whether that tag of that session holds under the token.
[[nodiscard]] inline bool is_owner(const lock::state& in, session_id session, std::uint64_t tag,
                                   fencing_token token) {
    const lock::request_record* const one = find_hold(in, session, token);
    return one != nullptr && one->owner.tag == tag;
}

/// The request of that name among these, or nullptr.
[[nodiscard]] inline const lock::request_record*
find_request(const std::vector<lock::request_record>& these, const lock::request_record& name) {
    for (const lock::request_record& one : these) {
        if (one.owner.session == name.owner.session && one.sequence == name.sequence) return &one;
    }
    return nullptr;
}

/// Whether a request on the first terms is less urgent than one on the others, and both would have
/// it give way then.
[[nodiscard]] inline bool gives_way_to(const lock::terms& one, const lock::terms& other) {
    return one.on_deadlock == lock::on_deadlock::lowest_priority &&
           other.on_deadlock == lock::on_deadlock::lowest_priority && one.priority < other.priority;
}

/// Whether what has been granted meanwhile, on the terms of `asked`, went ahead of somebody who
/// waited for that lock, by no priority: of one who is not granted it as well, and has not given
/// way as one who is less urgent, in a circle of those who wait for one another.
[[nodiscard]] inline bool overtakes(const lock::state& before, const lock::state& after,
                                    std::string_view name, const lock::terms& asked) {
    const lock::lock_record* const was = find_lock(before, name);
    if (was == nullptr || was->queue.empty() || was->policy == lock::policy::priority) return false;
    const lock::lock_record* const is = find_lock(after, name);
    return std::ranges::any_of(was->queue, [&](const lock::request_record& one) {
        const lock::request_record* const end = find_request(after.ended, one);
        const bool is_victim = end != nullptr && end->state == lock::request_state::victim;
        const bool is_granted = is != nullptr && find_request(is->holders, one) != nullptr;
        return !is_granted && !(is_victim && gives_way_to(one.standing.terms, asked));
    });
}

/// Whether everybody who waits for a semaphore lets others pass.
[[nodiscard]] inline bool all_let_pass(const lock::state& in, std::string_view name) {
    const lock::lock_record* const lock = find_lock(in, name);
    return lock == nullptr ||
           std::ranges::all_of(lock->queue, [](const auto& one) { return one.standing.lets_pass; });
}

/// Whether everybody who waits for a lock before and after something knows to have been overtaken
/// meanwhile.
[[nodiscard]] inline bool counts_overtaking(const lock::state& before, const lock::state& after,
                                            std::string_view name) {
    const lock::lock_record* const was = find_lock(before, name);
    const lock::lock_record* const is = find_lock(after, name);
    if (was == nullptr || is == nullptr) return true;
    for (const lock::request_record& one : is->queue) {
        for (const lock::request_record& same : was->queue) {
            if (same.at == one.at && same.standing.bypassed >= one.standing.bypassed) return false;
        }
    }
    return true;
}

/// Whether who asks may have back ahead of all who wait what its client has lost there: unless an
/// upgrade waits.
[[nodiscard]] inline bool may_take_back(const lock::state& in, const lock::acquire& asked) {
    const lock::lock_record* const lock = find_lock(in, asked.name);
    const lock::session_record* const asker = find_session(in, asked.stamp.session);
    const bool is_asked_back = (asked.flags & lock::reclaim) != 0;
    if (!is_asked_back || lock == nullptr || asker == nullptr) return false;
    const bool upgrade_waits = std::ranges::any_of(
        lock->queue, [](const auto& one) { return one.upgrades != fencing_token(); });
    return !upgrade_waits && std::ranges::any_of(lock->delays, [&](const auto& one) {
        return one.client == asker->client && one.mode >= asked.mode;
    });
}

/// Whether that is a place of the request of that name.
[[nodiscard]] inline bool is_of(const lock::request_record& one, session_id session,
                                std::uint64_t sequence) {
    return one.owner.session == session && one.sequence == sequence;
}

/// Whether every lock that was asked for is held by the request, in the mode asked for or a
/// stronger one.
[[nodiscard]] inline bool holds_all(const lock::state& in, const lock::acquire_all& asked) {
    for (const lock::wanted& one : asked.locks) {
        const lock::lock_record* const lock = find_lock(in, one.name);
        if (lock == nullptr) return false;
        bool holds = false;
        for (const lock::request_record& hold : lock->holders) {
            const bool is_its = is_of(hold, asked.stamp.session, asked.stamp.sequence);
            holds = holds || (is_its && hold.mode >= one.mode);
        }
        if (!holds) return false;
    }
    return true;
}

/// How many acquisitions are left of the hold that `asked` names.
[[nodiscard]] inline std::optional<std::uint32_t> left_of(const lock::state& in,
                                                          const lock::release& asked) {
    const lock::request_record* const one = find_hold(in, asked.stamp.session, asked.token);
    return one == nullptr ? 0 : one->count;
}
[[nodiscard]] inline std::optional<std::uint32_t> left_of(const lock::state& in,
                                                          const lock::cancel& asked) {
    std::uint32_t most = 0;
    for (const lock::lock_record& lock : in.locks) {
        for (const lock::request_record& one : lock.holders) {
            const bool is_its = is_of(one, asked.stamp.session, asked.request);
            if (is_its && one.count > most) most = one.count;
        }
    }
    return most;
}
[[nodiscard]] inline std::optional<std::uint32_t> left_of(const lock::state& in,
                                                          const lock::release_all& asked) {
    std::uint32_t most = 0;
    for (const fencing_token token : asked.tokens) {
        const lock::request_record* const one = find_hold(in, asked.stamp.session, token);
        if (one != nullptr && one->count > most) most = one->count;
    }
    return most;
}
[[nodiscard]] inline std::optional<std::uint32_t> left_of(const lock::state& in,
                                                          const lock::force_release& asked) {
    for (const lock::lock_record& lock : in.locks) {
        for (const lock::request_record& one : lock.holders) {
            if (one.token == asked.token) return one.count;
        }
    }
    return 0;
}
template <class Other>
[[nodiscard]] inline std::optional<std::uint32_t> left_of(const lock::state& /*in*/,
                                                          const Other& /*asked*/) {
    return std::nullopt;
}

/// How a request waits, or nullptr if it does not.
[[nodiscard]] inline const lock::request_record* find_waiting(const lock::state& in, position at) {
    for (const lock::lock_record& lock : in.locks) {
        for (const lock::request_record& one : lock.queue) {
            if (one.at == at) return &one;
        }
    }
    return nullptr;
}

/// Whether everybody who waited, and has given way to a request on these terms, is less urgent, and
/// would have it so as it would.
[[nodiscard]] inline bool are_rightly_victims(const lock::state& before, const lock::state& after,
                                              const lock::terms& asked) {
    return std::ranges::all_of(after.ended, [&](const lock::request_record& one) {
        if (one.state != lock::request_state::victim) return true;
        const lock::request_record* const was = find_waiting(before, one.at);
        return was == nullptr || gives_way_to(was->standing.terms, asked);
    });
}

/// The token that a reply says is held.
[[nodiscard]] inline std::optional<fencing_token> token_of(const lock::reply& said) {
    if (const auto* const one = get_if<lock::granted>(&said)) return one->token;
    if (const auto* const one = get_if<lock::already_granted>(&said)) return one->token;
    const auto* const status = get_if<lock::request_status>(&said);
    if (status == nullptr || status->state != lock::request_state::granted) return {};
    return status->token;
}

/// Whether a refusal is about the session, and not an answer to what was asked.
[[nodiscard]] inline bool is_refused_unheard(const lock::reply& said) {
    const auto* const refused = get_if<lock::refused>(&said);
    if (refused == nullptr) return false;
    return refused->reason == lock::refusal::session_expired ||
           refused->reason == lock::refusal::stale_sequence ||
           refused->reason == lock::refusal::too_many_outstanding;
}

}  // namespace synod::inline SYNOD_ABI::testing::detail
