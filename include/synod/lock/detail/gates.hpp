// synod/lock/detail/gates.hpp - latches and barriers: who waits at which, who is inside, and how a
// generation ends.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/gate_state.hpp>
#include <synod/lock/reply.hpp>
#include <synod/log/session.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// An owner inside of a double barrier.
struct gate_member {
    owner_id owner;
    std::uint64_t generation = 0;

    friend auto operator<=>(const gate_member&, const gate_member&) = default;
};

/// A generation by the name of its gate.
struct gate_name {
    std::string name;
    std::uint64_t generation = 0;

    friend auto operator<=>(const gate_name&, const gate_name&) = default;
};

/// Gates by generation, which is their name here; zero is none. Those who wait are requests of a
/// book, which is given to whatever ends some; `tell(handle)` is called for each that has ended, in
/// the order of arrival. Operations are logarithmic, or linear in those who wait at one gate.
template <class Rules>
class gates {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    struct gate {
        std::string name;
        gate_kind kind = gate_kind::latch;
        gate_phase phase = gate_phase::gathering;
        std::uint32_t count = 0;   // what is left of a latch; else parties
        std::uint32_t inside = 0;  // of members_, those of this generation
        ordered_map<deferred<position>, deferred<handle>> waiting;
    };

    [[nodiscard]] gate& at(std::uint64_t which) { return all_.at(which); }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

    /// Whether another generation may begin; of a double barrier, with so many parties.
    [[nodiscard]] bool may_open(gate_kind kind, std::uint32_t parties,
                                const gate_config& limits) const {
        if (all_.size() >= limits.max_gates) return false;
        if (last_ == std::numeric_limits<std::uint64_t>::max()) return false;
        if (kind != gate_kind::double_barrier) return true;
        return members_to_be_ + parties <= limits.max_members;
    }
    [[nodiscard]] std::uint64_t open(const std::string& name, gate_kind kind, std::uint32_t count) {
        last_ = Rules::next_generation(last_);
        insert(last_, name, kind, gate_phase::gathering, count);
        return last_;
    }

    /// Precondition: nobody waits there or is inside.
    void close(std::uint64_t which) {
        const auto found = all_.find(which);
        if (found->second.kind == gate_kind::double_barrier) members_to_be_ -= found->second.count;
        by_name_.erase({found->second.name, which});
        all_.erase(found);
    }

    /// Whether a gate of another kind has this name.
    [[nodiscard]] bool is_another_kind(const std::string& name, gate_kind kind) const {
        const auto first = by_name_.lower_bound({name, 0});
        const bool is_there = first != by_name_.end() && first->name == name;
        return is_there && all_.at(first->generation).kind != kind;
    }
    /// The generation of a name that gathers: a latch, or a barrier that somebody waits to enter;
    /// or zero.
    [[nodiscard]] std::uint64_t gathering(const std::string& name) const {
        for (auto one = by_name_.lower_bound({name, 0}); one != by_name_.end() && one->name == name;
             ++one) {
            if (all_.at(one->generation).phase == gate_phase::gathering) return one->generation;
        }
        return 0;
    }
    /// The generation of a double barrier that an owner is inside of, or zero.
    [[nodiscard]] std::uint64_t entered(const std::string& name, const owner_id& owner) const {
        for (auto one = members_.lower_bound({owner, 0});
             one != members_.end() && one->owner == owner; ++one) {
            if (all_.at(one->generation).name == name) return one->generation;
        }
        return 0;
    }
    [[nodiscard]] bool is_awaited_by(std::uint64_t which, const owner_id& owner,
                                     const book<Rules>& requests) const {
        for (const auto& [at, one] : all_.at(which).waiting) {
            if (requests.owner_of(one) == owner) return true;
        }
        return false;
    }

    void wait(std::uint64_t which, handle one, const position& at) {
        all_.at(which).waiting.emplace(at, one);
        generation_of_.emplace(one, which);
    }
    void enter(std::uint64_t which, const owner_id& owner) {
        if (members_.insert({owner, which})) ++all_.at(which).inside;
    }
    void step_out(std::uint64_t which, const owner_id& owner) {
        members_.erase({owner, which});
        --all_.at(which).inside;
    }

    /// Ends everybody's wait at a gate.
    template <class Tell>
    void end_waits(std::uint64_t which, request_state how, book<Rules>& requests, Tell&& tell) {
        gate& its = all_.at(which);
        for (const auto& [at, one] : its.waiting) {
            generation_of_.erase(one);
            requests.end(one, how);
            tell(one);
        }
        its.waiting.clear();
    }

    /// A wait ends before its gate lets it through: at a latch as `how` says, and at a barrier like
    /// that of everybody else.
    template <class Tell>
    void give_up(handle one, request_state how, book<Rules>& requests, Tell&& tell) {
        const std::uint64_t which = generation_of_.at(one);
        if (!Rules::gives_up_alone(all_.at(which).kind)) return break_one(which, requests, tell);
        take_out(one, requests);
        requests.end(one, how);
        tell(one);
    }

    /// A party of a generation is not to be waited for any more; nor is a latch that is to be set
    /// again.
    template <class Tell>
    void break_one(std::uint64_t which, book<Rules>& requests, Tell&& tell) {
        end_waits(which, request_state::broken, requests, tell);
        gate& its = all_.at(which);
        its.phase = gate_phase::broken;
        if (its.inside == 0) close(which);
    }

    /// A request that waits at a gate goes with its session. What that breaks, `end_session` does.
    void forget(handle one, const book<Rules>& requests) {
        left_.push_back(take_out(one, requests));
    }
    /// A session has ended: whatever it waited at, or was inside of, is broken for the others.
    template <class Tell>
    void end_session(session_id session, book<Rules>& requests, Tell&& tell) {
        for (auto one = members_.lower_bound({{session, 0}, 0});
             one != members_.end() && one->owner.session == session;
             one = members_.lower_bound({{session, 0}, 0})) {
            left_.push_back(one->generation);
            const gate_member gone = *one;
            step_out(gone.generation, gone.owner);
        }
        for (const std::uint64_t which : left_) {
            const auto found = all_.find(which);
            if (found == all_.end() || Rules::gives_up_alone(found->second.kind)) continue;
            break_one(which, requests, tell);
        }
        left_.clear();
    }

    void describe(deferred<gate_state>& out, const book<Rules>& requests) const {
        out.last_generation = last_;
        ordered_map<std::uint64_t, deferred<std::size_t>> place_of;
        for (const auto& [which, one] : all_) {
            place_of.emplace(which, out.gates.size());
            auto& made = out.gates.emplace_back();
            made = {which, one.name, one.kind, one.phase, one.count, {}, {}};
            for (const auto& [at, waiting] : one.waiting) {
                const request& its = requests.at(waiting);
                made.waiting.push_back(
                    {requests.owner_of(waiting), its.sequence, at, requests.deadline_of(waiting)});
            }
        }
        for (const gate_member& one : members_) {
            out.gates[place_of.at(one.generation)].inside.push_back({one.owner});
        }
    }

    /// Becomes what was described. Preconditions: that breaks no invariant, and the book has all
    /// its requests.
    void rebuild(const deferred<gate_state>& from, const book<Rules>& requests) {
        *this = {};
        last_ = from.last_generation;
        for (const auto& one : from.gates) {
            insert(one.generation, one.name, one.kind, one.phase, one.count);
            for (const member_record& member : one.inside) enter(one.generation, member.owner);
            for (const passage_record& waiting : one.waiting) {
                const handle owner = requests.find_client(waiting.owner.session);
                wait(one.generation, requests.find_request(owner, waiting.sequence), waiting.at);
            }
        }
    }

private:
    std::uint64_t take_out(handle one, const book<Rules>& requests) {
        const auto found = generation_of_.find(one);
        const std::uint64_t which = found->second;
        all_.at(which).waiting.erase(requests.at(one).at());
        generation_of_.erase(found);
        return which;
    }

    void insert(std::uint64_t which, const std::string& name, gate_kind kind, gate_phase phase,
                std::uint32_t count) {
        gate& fresh = all_[which];
        fresh.name = name;
        fresh.kind = kind;
        fresh.phase = phase;
        fresh.count = count;
        by_name_.insert({name, which});
        if (kind == gate_kind::double_barrier) members_to_be_ += count;
    }

    ordered_map<std::uint64_t, gate> all_;
    ordered_set<deferred<gate_name>> by_name_;                    // one for each of all_
    ordered_set<deferred<gate_member>> members_;                  // of double barriers
    ordered_map<handle, deferred<std::uint64_t>> generation_of_;  // of requests that wait
    std::vector<deferred<std::uint64_t>> left_;                   // empty between inputs
    std::uint64_t members_to_be_ = 0;  // parties of the double barriers in all_
    std::uint64_t last_ = 0;           // the highest generation ever given
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
