// tests/unit/lock/reference_gates.hpp - latches and barriers again, as one list, to compare the
// real ones with.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include "reference_requests.hpp"

#include <algorithm>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace synod::lock_test {

/// Those who wait are requests without a name, which know their generation. `End`, which is given
/// to whatever ends some, ends one and tells its session.
class reference_gates {
public:
    using request = reference_requests::request;
    using state = lock::request_state;

    struct gate {
        std::uint64_t generation;
        std::string name;
        lock::gate_kind kind;
        lock::gate_phase phase;
        std::uint32_t count;
        std::vector<lock::owner_id> inside;
    };
    /// Where and when a command is run.
    struct scene {
        reference_requests& requests;
        position at;
        log_time now;
    };

    explicit reference_gates(const lock::config& config) : config_(config) {}

    void set_limits(const lock::config& config) { config_ = config; }

    template <class End>
    lock::reply run(const lock::set_latch& asked, const scene& in, End end) {
        if (const auto why = wrong(asked.name, lock::gate_kind::latch)) return no(*why);
        gate* const old = gathering(asked.name);
        if (old == nullptr && asked.count > 0 && all_.size() >= config_.gates.max_gates)
            return no(lock::refusal::limit);
        if (old != nullptr) shatter(*old, in.requests, end);
        if (asked.count == 0) return lock::latched{0, 0};
        return lock::latched{make(asked.name, lock::gate_kind::latch, asked.count).generation,
                             asked.count};
    }

    template <class End>
    lock::reply run(const lock::count_down& asked, const scene& in, End end) {
        if (const auto why = wrong(asked.name, lock::gate_kind::latch)) return no(*why);
        gate* const one = gathering(asked.name);
        if (one == nullptr) return no(lock::refusal::unknown_latch);
        if (asked.generation != 0 && asked.generation != one->generation)
            return no(lock::refusal::stale_generation);
        one->count -= std::min(one->count, asked.count);
        if (one->count == 0) end_all(*one, state::passed, in.requests, end);
        return lock::latched{one->generation, one->count};
    }

    template <class End>
    lock::reply run(const lock::await_latch& asked, const scene& in, End) {
        if (const auto why = wrong(asked.name, lock::gate_kind::latch)) return no(*why);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        gate* const one = gathering(asked.name);
        if (one == nullptr) return no(lock::refusal::unknown_latch);
        if (asked.generation != 0 && asked.generation != one->generation)
            return no(lock::refusal::stale_generation);
        if (one->count == 0) return lock::passed{one->generation};
        if (asked.wait_ms == 0) return lock::busy{};
        const bool is_full = waiting(*one, in.requests).size() >= config_.gates.max_parties;
        if (is_full || is_over(asked.stamp.session, in)) return no(lock::refusal::limit);
        return wait(*one, asked, in);
    }

    template <class End>
    lock::reply run(const lock::arrive_at_barrier& asked, const scene& in, End end) {
        return gather(asked, lock::gate_kind::barrier, in, end);
    }
    template <class End>
    lock::reply run(const lock::enter_double_barrier& asked, const scene& in, End end) {
        return gather(asked, lock::gate_kind::double_barrier, in, end);
    }

    template <class End>
    lock::reply run(const lock::leave_double_barrier& asked, const scene& in, End end) {
        if (const auto why = wrong(asked.name, lock::gate_kind::double_barrier)) return no(*why);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        const lock::owner_id self{asked.stamp.session, asked.owner};
        gate* const one = around(asked.name, self);
        if (one == nullptr) return no(lock::refusal::not_inside);
        const std::uint64_t which = one->generation;
        const bool is_last = one->inside.size() == 1;
        if (one->phase == lock::gate_phase::broken) {
            std::erase(one->inside, self);
            if (is_last) remove(which);
            return lock::barrier_broken{which};
        }
        if (!is_last && asked.wait_ms == 0) return lock::busy{};
        if (!is_last && is_over(asked.stamp.session, in)) return no(lock::refusal::limit);
        std::erase(one->inside, self);
        if (!is_last) return wait(*one, asked, in);
        end_all(*one, state::passed, in.requests, end);
        remove(which);
        return lock::passed{which};
    }

    /// A wait ends before its time.
    template <class End>
    void give_up(request& one, state how, reference_requests& requests, End end) {
        gate& its = *find(one.gate);
        if (its.kind == lock::gate_kind::latch) return end(one, how);
        shatter(its, requests, end);
    }

    /// What breaks when a session ends whose requests are still there.
    std::vector<std::uint64_t> broken_by(session_id gone, const reference_requests& requests) {
        std::vector<std::uint64_t> found;
        for (const request& one : requests.all) {
            if (one.is.owner.session == gone && one.gate != 0 && one.is.state == state::queued)
                found.push_back(one.gate);
        }
        std::vector<std::pair<lock::owner_id, std::uint64_t>> memberships;
        for (gate& one : all_) {
            for (const lock::owner_id& who : one.inside) {
                if (who.session == gone) memberships.emplace_back(who, one.generation);
            }
            std::erase_if(one.inside, [&](const auto& who) { return who.session == gone; });
        }
        std::ranges::sort(memberships);
        for (const auto& [who, which] : memberships) found.push_back(which);
        return found;
    }
    template <class End>
    void shatter_all(const std::vector<std::uint64_t>& broken, reference_requests& requests,
                     End end) {
        for (const std::uint64_t which : broken) {
            gate* const one = find(which);
            if (one != nullptr && one->kind != lock::gate_kind::latch) shatter(*one, requests, end);
        }
    }

    [[nodiscard]] lock::gate_state describe(const reference_requests& requests) const {
        lock::gate_state out;
        out.last_generation = last_;
        for (const gate& one : all_) {
            lock::gate_record made{one.generation, one.name, one.kind, one.phase,
                                   one.count,      {},       {}};
            for (const request& r : requests.all) {
                if (r.gate == one.generation && r.is.state == state::queued)
                    made.waiting.push_back({r.is.owner, r.is.sequence, r.is.at, r.is.deadline});
            }
            for (const lock::owner_id& who : one.inside) made.inside.push_back({who});
            std::ranges::sort(made.inside, {}, &lock::member_record::owner);
            out.gates.push_back(made);
        }
        return out;
    }

private:
    static lock::reply no(lock::refusal reason) { return lock::refused{reason}; }

    [[nodiscard]] std::optional<lock::refusal> wrong(const std::string& name,
                                                     lock::gate_kind kind) const {
        if (name.empty()) return lock::refusal::name_empty;
        if (name.size() > config_.max_name_bytes) return lock::refusal::name_too_long;
        for (const gate& one : all_) {
            if (one.name == name && one.kind != kind) return lock::refusal::kind_mismatch;
        }
        return std::nullopt;
    }
    gate* find(std::uint64_t which) {
        for (gate& one : all_) {
            if (one.generation == which) return &one;
        }
        return nullptr;
    }
    gate* gathering(const std::string& name) {
        for (gate& one : all_) {
            if (one.name == name && one.phase == lock::gate_phase::gathering) return &one;
        }
        return nullptr;
    }
    /// The double barrier that an owner is inside of.
    gate* around(const std::string& name, const lock::owner_id& self) {
        for (gate& one : all_) {
            if (one.name == name && std::ranges::count(one.inside, self) > 0) return &one;
        }
        return nullptr;
    }
    static std::vector<request*> waiting(const gate& one, reference_requests& requests) {
        std::vector<request*> found;
        for (request& r : requests.all) {
            if (r.gate == one.generation && r.is.state == state::queued) found.push_back(&r);
        }
        return found;
    }

    gate& make(const std::string& name, lock::gate_kind kind, std::uint32_t count) {
        all_.push_back({++last_, name, kind, lock::gate_phase::gathering, count, {}});
        return all_.back();
    }
    void remove(std::uint64_t which) {
        all_.remove_if([&](const gate& one) { return one.generation == which; });
    }
    template <class End>
    static void end_all(const gate& one, state how, reference_requests& requests, End end) {
        for (request* each : waiting(one, requests)) end(*each, how);
    }
    template <class End>
    void shatter(gate& one, reference_requests& requests, End end) {
        end_all(one, state::broken, requests, end);
        one.phase = lock::gate_phase::broken;
        if (one.inside.empty()) remove(one.generation);
    }

    [[nodiscard]] bool is_over(session_id self, const scene& in) const {
        const auto own = [&](const request& one) { return one.is.owner.session == self; };
        const auto waits = [&](const request& one) {
            return own(one) && one.is.state != state::granted;
        };
        return in.requests.count(own) >= config_.max_requests_per_session ||
               in.requests.count(waits) >= config_.max_waiting_per_session;
    }

    template <class Command, class End>
    lock::reply gather(const Command& asked, lock::gate_kind kind, const scene& in, End end) {
        if (const auto why = wrong(asked.name, kind)) return no(*why);
        if (asked.parties == 0) return no(lock::refusal::parties_out_of_range);
        if (asked.parties > config_.gates.max_parties) return no(lock::refusal::limit);
        if (asked.wait_ms > config_.max_wait_ms) return no(lock::refusal::limit);
        const lock::owner_id self{asked.stamp.session, asked.owner};
        gate* one = gathering(asked.name);
        if (one != nullptr && one->count != asked.parties) return no(lock::refusal::kind_mismatch);
        std::vector<lock::owner_id> here;
        if (one != nullptr) {
            for (const request* each : waiting(*one, in.requests)) here.push_back(each->is.owner);
        }
        if (std::ranges::count(here, self) > 0 || around(asked.name, self) != nullptr)
            return no(lock::refusal::self_deadlock);
        const bool is_last = here.size() + 1 == asked.parties;
        if (!is_last && asked.wait_ms == 0) return lock::busy{};
        if (one == nullptr) {
            if (all_.size() >= config_.gates.max_gates) return no(lock::refusal::limit);
            std::uint64_t members = asked.parties;
            for (const gate& other : all_) {
                if (other.kind == lock::gate_kind::double_barrier) members += other.count;
            }
            if (kind == lock::gate_kind::double_barrier && members > config_.gates.max_members)
                return no(lock::refusal::limit);
        }
        if (!is_last && is_over(self.session, in)) return no(lock::refusal::limit);
        if (one == nullptr) one = &make(asked.name, kind, asked.parties);
        if (!is_last) return wait(*one, asked, in);
        const std::uint64_t which = one->generation;
        end_all(*one, state::passed, in.requests, end);
        here.push_back(self);
        if (kind == lock::gate_kind::double_barrier) {
            one->phase = lock::gate_phase::inside;
            one->inside = here;
        } else {
            remove(which);
        }
        return lock::passed{which};
    }

    template <class Command>
    static lock::reply wait(const gate& at, const Command& asked, const scene& in) {
        request fresh;
        fresh.gate = at.generation;
        fresh.is.owner = {asked.stamp.session, asked.owner};
        fresh.is.sequence = asked.stamp.sequence;
        fresh.is.at = in.at;
        fresh.is.deadline = in.now + asked.wait_ms;
        fresh.is.kind = lock::request_kind::passage;
        in.requests.all.push_back(fresh);
        return lock::awaiting{at.generation};
    }

    lock::config config_;
    std::list<gate> all_;  // in order of generation
    std::uint64_t last_ = 0;
};

}  // namespace synod::lock_test
