// synod/lock/gate_invariant.hpp - what holds in every state of the latches and barriers of a lock
// table.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/gate_state.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::invariant {

/// No lost wake-up: nobody waits at a latch that is open, or at a barrier whose parties are all
/// there; and whoever is inside of a double barrier, or waits to leave it, is one of its parties.
/// (locks 3.10)
template <class Gate>
[[nodiscard]] bool has_to_wait(const Gate& one) {
    const std::size_t waiting = one.waiting.size();
    const std::size_t inside = one.inside.size();
    if (one.kind != gate_kind::double_barrier && one.phase != gate_phase::gathering) return false;
    switch (one.phase) {
        case gate_phase::gathering:
            if (inside != 0) return false;
            if (one.kind == gate_kind::latch) return one.count != 0 || waiting == 0;
            return waiting != 0 && waiting < one.count;
        case gate_phase::inside: return inside != 0 && inside + waiting == one.count;
        case gate_phase::broken: return inside != 0 && inside <= one.count && waiting == 0;
    }
    return false;
}

/// Every generation was given once, and there are more; all gates of a name are of one kind, and
/// one of them at the most gathers.
template <class State>
[[nodiscard]] bool gates_are_right(const State& now) {
    synod::detail::deferred<ordered_map<std::string_view, gate_kind>, State> kind_of;
    synod::detail::deferred<ordered_set<std::string_view>, State> gathering;
    std::uint64_t before = 0;
    if (now.gates.last_generation == std::numeric_limits<std::uint64_t>::max()) return false;
    for (const auto& one : now.gates.gates) {
        if (one.generation <= before || one.generation > now.gates.last_generation) return false;
        if (one.name.empty() || one.name.size() > name_bytes_end) return false;
        if (kind_of.emplace(one.name, one.kind).first->second != one.kind) return false;
        if (one.phase == gate_phase::gathering && !gathering.insert(one.name)) return false;
        if (!has_to_wait(one)) return false;
        before = one.generation;
    }
    return true;
}

/// Who waits at a gate is a request of a live session, as unique as any other, and not overdue.
template <class State>
[[nodiscard]] bool passages_are_right(const State& now) {
    if (now.gates.gates.empty()) return true;
    using name = std::pair<session_id, std::uint64_t>;
    synod::detail::deferred<ordered_set<position>, State> positions;
    synod::detail::deferred<ordered_set<name>, State> names;
    const auto note = [&](const auto& one) {
        positions.insert(one.at);
        names.insert({one.owner.session, one.sequence});
    };
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.holders) note(one);
        for (const auto& one : lock.queue) note(one);
    }
    for (const auto& one : now.ended) note(one);
    for (const auto& gate : now.gates.gates) {
        const position* before = nullptr;
        for (const passage_record& one : gate.waiting) {
            if (!is_live(now, one.owner.session) || one.deadline <= now.now) return false;
            if (one.at > now.last || (before != nullptr && one.at <= *before)) return false;
            if (!positions.insert(one.at)) return false;
            if (!names.insert({one.owner.session, one.sequence})) return false;
            before = &one.at;
        }
    }
    return true;
}

/// An owner arrives once at a generation that gathers, is inside of one generation of a name at the
/// most, and its session is live.
template <class State>
[[nodiscard]] bool parties_are_right(const State& now) {
    if (now.gates.gates.empty()) return true;
    using party = std::pair<std::string_view, owner_id>;
    synod::detail::deferred<ordered_set<party>, State> arrived;
    for (const auto& gate : now.gates.gates) {
        const owner_id* before = nullptr;
        for (const member_record& one : gate.inside) {
            if (before != nullptr && one.owner <= *before) return false;
            if (!is_live(now, one.owner.session)) return false;
            if (!arrived.insert({gate.name, one.owner})) return false;
            before = &one.owner;
        }
        if (gate.kind == gate_kind::latch || gate.phase != gate_phase::gathering) continue;
        for (const passage_record& one : gate.waiting) {
            if (!arrived.insert({gate.name, one.owner})) return false;
        }
    }
    return true;
}

/// Only what went through a gate is kept as passed or broken, and it never held anything.
template <class State>
[[nodiscard]] bool ended_passages_are_right(const State& now) {
    const auto is_of_gate = [](const auto& one) {
        return one.state == request_state::passed || one.state == request_state::broken;
    };
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.holders) {
            if (one.kind == request_kind::passage) return false;
        }
        for (const auto& one : lock.queue) {
            if (one.kind == request_kind::passage) return false;
        }
    }
    for (const auto& one : now.ended) {
        const bool may_be_either =
            one.state == request_state::cancelled || one.state == request_state::timed_out;
        if (!may_be_either && (one.kind == request_kind::passage) != is_of_gate(one)) return false;
    }
    return true;
}

/// The name of the first of these that a state breaks, or nullptr.
template <class State>
[[nodiscard]] const char* first_broken_gate(const State& now) {
    if (!gates_are_right(now)) return "gates_are_right";
    if (!passages_are_right(now)) return "passages_are_right";
    if (!parties_are_right(now)) return "parties_are_right";
    if (!ended_passages_are_right(now)) return "ended_passages_are_right";
    return nullptr;
}

/// Whether all who waited at one generation of a barrier were told the same, if they have ended:
/// none of them waits there any more. `ended` has the states of those who have ended, by position.
/// (locks 3.10)
template <class Gate, class Ended>
[[nodiscard]] bool are_told_the_same(const Gate& before, const Gate* after, const Ended& ended) {
    const request_state* first = nullptr;
    for (const passage_record& one : before.waiting) {
        const auto found = ended.find(one.at);
        if (found == ended.end()) continue;
        if (first != nullptr && *first != found->second) return false;
        first = &found->second;
    }
    if (first == nullptr || after == nullptr) return true;
    std::size_t still_waiting = 0;
    for (const passage_record& one : after->waiting) {
        for (const passage_record& other : before.waiting) still_waiting += one.at == other.at;
    }
    return still_waiting == 0;
}

/// Of two states, the earlier first: a generation that is new has a new number, a latch is only
/// counted down, and the parties of a barrier that have ended were told the same.
template <class State>
[[nodiscard]] bool gates_move_forward(const State& before, const State& after) {
    if (after.gates.last_generation < before.gates.last_generation) return false;
    if (before.gates.gates.empty() && after.gates.gates.empty()) return true;
    synod::detail::deferred<ordered_map<position, request_state>, State> ended;
    for (const auto& one : after.ended) ended.emplace(one.at, one.state);
    synod::detail::deferred<ordered_map<std::uint64_t, const gate_record*>, State> now;
    for (const auto& one : after.gates.gates) now.emplace(one.generation, &one);
    for (const auto& was : before.gates.gates) {
        const auto found = now.find(was.generation);
        const auto* const is = found == now.end() ? nullptr : found->second;
        if (found != now.end()) now.erase(found);
        if (is != nullptr && (is->name != was.name || is->kind != was.kind)) return false;
        if (is != nullptr && is->count > was.count) return false;
        if (was.kind != gate_kind::latch && !are_told_the_same(was, is, ended)) return false;
    }
    return now.empty() || now.begin()->first > before.gates.last_generation;
}

}  // namespace synod::inline SYNOD_ABI::lock::invariant
