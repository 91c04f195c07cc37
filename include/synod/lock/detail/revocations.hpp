// synod/lock/detail/revocations.hpp - what is asked of holds that are others', given that the
// session of whoever asks is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/lock_core.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/revocation.hpp>
#include <synod/log/session_config.hpp>
#include <synod/log/state_machine.hpp>

#include <cstdint>
#include <optional>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The commands that ask for holds, end them, or look at them by their tokens alone.
template <class Rules>
class revocations : public lock_core<Rules> {
    using core = lock_core<Rules>;

    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;

    using lock_core<Rules>::lock_core;

    [[nodiscard]] reply answer_to(const request_revoke& asked, const apply_context& context) {
        if (const auto reason = refusal_of(asked)) return refused{*reason};
        if (asked.name.empty()) {
            const handle one = book_.find_hold(asked.token);
            if (one == none) return refused{refusal::stale_token};
            ask_for(one, asked, context.now);
            core::settle(context.now);
            return lock::revoking{1};
        }
        const handle lock = book_.objects().find(asked.name);
        if (lock == none) return refused{refusal::unknown_lock};
        std::uint32_t holds = 0;
        for (handle one = book_.object_at(lock).holders.first, next = none; one != none;
             one = next) {
            next = book_.place_at(one).next;
            ask_for(one, asked, context.now);
            ++holds;
        }
        core::settle(context.now);
        return lock::revoking{holds};
    }

    [[nodiscard]] reply answer_to(const force_release& asked, const apply_context& context) {
        const handle one = book_.find_hold(asked.token);
        if (one == none) return refused{refusal::stale_token};
        core::end_by_force(one, end_asked_by(asked, asked.token, context.now));
        core::settle(context.now);
        return released{0};
    }

    [[nodiscard]] reply answer_to(const check_token& asked, const apply_context&) const {
        const bool is_valid = is_token_valid(asked.name, asked.token, asked.mode);
        return token_checked{is_valid ? validity::valid : validity::stale};
    }

    /// Whether a lock is held under a token, in a mode or a stronger one, or a semaphore: the check
    /// of a sequencer. (locks 3.4)
    [[nodiscard]] bool is_token_valid(std::string_view lock, fencing_token token,
                                      mode claimed) const {
        const handle one = book_.find_hold(token);
        if (one == none) return false;
        const place& held = book_.place_at(one);
        const object& its = book_.object_at(held.object);
        const bool covers = its.capacity != 0 || Rules::covers(held.mode, claimed);
        return Rules::is_good(its.name.view() == lock, covers);
    }

protected:
    using core::book_;

private:
    [[nodiscard]] static std::optional<deferred<refusal>> refusal_of(const request_revoke& asked) {
        const bool has_token = asked.token != fencing_token();
        if (has_token && !asked.name.empty()) return refusal::malformed;
        if (!has_token && asked.name.empty()) return refusal::name_empty;
        if (asked.grace_ms >= ttl_end_ms) return refusal::ttl_out_of_range;
        if (asked.reason.size() > revoke_reason_end) return refusal::limit;
        return std::nullopt;
    }

    template <class Command>
    [[nodiscard]] deferred<forced_end> end_asked_by(const Command& asked, fencing_token token,
                                                    log_time deadline) const {
        const session_id by = asked.stamp.session;
        return {token, deadline, by, book_.profiles().of(by).principal};
    }

    /// Who holds is told when that ends, if it does not at once.
    void ask_for(handle one, const request_revoke& asked, log_time now) {
        const place& held = book_.place_at(one);
        const bool is_forced = asked.how == revocation::forced;
        const forced_end wanted = end_asked_by(asked, held.token, now + asked.grace_ms);
        if (is_forced && Rules::is_over(wanted.deadline, now))
            return core::end_by_force(one, wanted);
        if (is_forced) book_.force_end(one, wanted);
        deferred<revoke_requested> told;
        told.session = book_.client_at(book_.request_of(one).client).session;
        told.token = held.token;
        told.by = asked.stamp.session;
        told.reason = asked.reason;
        told.remaining_ms = asked.grace_ms;
        if (held.has_forced_end) {
            const log_time end = book_.forced_ends().of(held.token).deadline;
            told.remaining_ms = end.milliseconds() - now.milliseconds();
            told.how = revocation::forced;
        }
        core::emit(told);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
