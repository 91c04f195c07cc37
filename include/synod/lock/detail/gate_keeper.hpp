// synod/lock/detail/gate_keeper.hpp - what the commands do to latches and barriers, given that
// their session is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/arrivals.hpp>
#include <synod/lock/gate_commands.hpp>
#include <synod/lock/reply.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace synod::inline SYNOD_ABI::lock::detail {

/// One function for each command about gates.
template <class Rules>
class gate_keeper : public arrivals<Rules> {
    using core = arrivals<Rules>;
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;
    using objection = std::optional<deferred<refusal>>;

public:
    using reply = deferred<lock::reply>;

    using arrivals<Rules>::arrivals;
    using arrivals<Rules>::answer_to;

    [[nodiscard]] reply answer_to(const set_latch& asked, const apply_context&) {
        if (const auto why = refusal_of(asked.name, gate_kind::latch)) return refused{*why};
        const std::uint64_t former = gates_.gathering(asked.name);
        const bool needs_room = former == 0 && asked.count != 0;
        if (needs_room && !gates_.may_open(gate_kind::latch, 0, config_.gates)) {
            return refused{refusal::limit};
        }
        if (former != 0) gates_.break_one(former, book_, [this](handle one) { core::tell(one); });
        if (asked.count == 0) return latched{};
        return latched{gates_.open(asked.name, gate_kind::latch, asked.count), asked.count};
    }

    [[nodiscard]] reply answer_to(const count_down& asked, const apply_context&) {
        if (const auto why = refusal_of(asked.name, gate_kind::latch)) return refused{*why};
        const std::uint64_t which = gates_.gathering(asked.name);
        if (const auto why = refusal_of_latch(which, asked.generation)) return refused{*why};
        std::uint32_t& left = gates_.at(which).count;
        left = asked.count < left ? left - asked.count : 0;
        if (Rules::is_open(left)) let_through(which);
        return latched{which, left};
    }

    [[nodiscard]] reply answer_to(const await_latch& asked, const apply_context& context) {
        if (const auto why = refusal_of(asked.name, gate_kind::latch)) return refused{*why};
        if (asked.wait_ms > config_.max_wait_ms) return refused{refusal::limit};
        const std::uint64_t which = gates_.gathering(asked.name);
        if (const auto why = refusal_of_latch(which, asked.generation)) return refused{*why};
        if (Rules::is_open(gates_.at(which).count)) return passed{which};
        if (asked.wait_ms == no_wait) return busy{};
        const bool is_full = gates_.at(which).waiting.size() >= config_.gates.max_parties;
        if (is_full || waits_too_often(asked.stamp)) return refused{refusal::limit};
        return wait(which, asked, context);
    }

    [[nodiscard]] reply answer_to(const arrive_at_barrier& asked, const apply_context& context) {
        return gather(asked, gate_kind::barrier, context);
    }

    [[nodiscard]] reply answer_to(const enter_double_barrier& asked, const apply_context& context) {
        return gather(asked, gate_kind::double_barrier, context);
    }

    [[nodiscard]] reply answer_to(const leave_double_barrier& asked, const apply_context& context) {
        if (const auto why = refusal_of(asked.name, gate_kind::double_barrier)) {
            return refused{*why};
        }
        if (asked.wait_ms > config_.max_wait_ms) return refused{refusal::limit};
        const owner_id self{asked.stamp.session, asked.owner};
        const std::uint64_t which = gates_.entered(asked.name, self);
        if (which == 0) return refused{refusal::not_inside};
        auto& its = gates_.at(which);
        if (its.phase == gate_phase::broken) {
            gates_.step_out(which, self);
            if (its.inside == 0) gates_.close(which);
            return barrier_broken{which};
        }
        const bool completes = Rules::is_complete(its.waiting.size() + 1, its.count);
        if (!completes && asked.wait_ms == no_wait) return busy{};
        if (!completes && waits_too_often(asked.stamp)) return refused{refusal::limit};
        gates_.step_out(which, self);
        if (!completes) return wait(which, asked, context);
        let_through(which);
        gates_.close(which);
        return passed{which};
    }

protected:
    using core::book_;
    using core::config_;
    using core::gates_;

    /// Ends a wait at a gate that its client withdraws, and says how.
    [[nodiscard]] reply withdraw(handle one) {
        book_.at(one).told_queued = false;  // the reply tells
        core::give_up(one, request_state::cancelled);
        const request_state how = book_.at(one).state;
        if (how == request_state::cancelled) return cancelled{};
        return request_status{how, {}};
    }

private:
    [[nodiscard]] objection refusal_of(const std::string& name, gate_kind kind) const {
        if (name.empty()) return refusal::name_empty;
        if (name.size() > config_.max_name_bytes) return refusal::name_too_long;
        if (gates_.is_another_kind(name, kind)) return refusal::kind_mismatch;
        return std::nullopt;
    }
    [[nodiscard]] static objection refusal_of_latch(std::uint64_t found, std::uint64_t asked) {
        if (found == 0) return refusal::unknown_latch;
        if (asked != 0 && asked != found) return refusal::stale_generation;
        return std::nullopt;
    }
    template <class Command>
    [[nodiscard]] objection refusal_of(const Command& asked, gate_kind kind) const {
        if (const auto why = refusal_of(asked.name, kind)) return why;
        if (asked.parties == 0) return refusal::parties_out_of_range;
        if (asked.parties > config_.gates.max_parties) return refusal::limit;
        if (asked.wait_ms > config_.max_wait_ms) return refusal::limit;
        return std::nullopt;
    }

    /// Arrives at a barrier of either kind, and lets all through with the last.
    template <class Command>
    [[nodiscard]] reply gather(const Command& asked, gate_kind kind, const apply_context& context) {
        if (const auto why = refusal_of(asked, kind)) return refused{*why};
        const owner_id self{asked.stamp.session, asked.owner};
        std::uint64_t which = gates_.gathering(asked.name);
        if (which != 0 && gates_.at(which).count != asked.parties) {
            return refused{refusal::kind_mismatch};
        }
        const bool is_here = which != 0 && gates_.is_awaited_by(which, self, book_);
        if (is_here || gates_.entered(asked.name, self) != 0) {
            return refused{refusal::self_deadlock};
        }
        const std::uint64_t before = which == 0 ? 0 : gates_.at(which).waiting.size();
        const bool completes = Rules::is_complete(before + 1, asked.parties);
        if (!completes && asked.wait_ms == no_wait) return busy{};
        if (which == 0 && !gates_.may_open(kind, asked.parties, config_.gates)) {
            return refused{refusal::limit};
        }
        if (!completes && waits_too_often(asked.stamp)) return refused{refusal::limit};
        if (which == 0) which = gates_.open(asked.name, kind, asked.parties);
        if (!completes) return wait(which, asked, context);
        complete(which, self);
        return passed{which};
    }

    /// The last party has arrived.
    void complete(std::uint64_t which, const owner_id& last) {
        auto& its = gates_.at(which);
        if (its.kind == gate_kind::double_barrier) {
            its.phase = gate_phase::inside;
            for (const auto& [at, one] : its.waiting) gates_.enter(which, book_.owner_of(one));
            gates_.enter(which, last);
        }
        let_through(which);
        if (its.kind == gate_kind::barrier) gates_.close(which);
    }

    void let_through(std::uint64_t which) {
        gates_.end_waits(which, request_state::passed, book_,
                         [this](handle one) { core::tell(one); });
    }

    [[nodiscard]] bool waits_too_often(const request_stamp& stamp) const {
        const handle found = book_.find_client(stamp.session);
        if (found == none) return false;
        const client& asker = book_.client_at(found);
        return asker.requested >= config_.max_requests_per_session ||
               asker.waiting >= config_.max_waiting_per_session;
    }

    template <class Command>
    [[nodiscard]] reply wait(std::uint64_t which, const Command& asked,
                             const apply_context& context) {
        deferred<detail::request> fresh;
        fresh.set_at(context.at);
        fresh.sequence = asked.stamp.sequence;
        fresh.tag = asked.owner;
        fresh.client = book_.reach_client(asked.stamp.session);
        fresh.kind = request_kind::passage;
        fresh.told_queued = true;
        gates_.wait(which, book_.add(fresh, context.now + asked.wait_ms), context.at);
        return awaiting{which};
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
