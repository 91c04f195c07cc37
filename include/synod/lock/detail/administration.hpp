// synod/lock/detail/administration.hpp - what is asked of the table as a whole, given that the
// session of whoever asks is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/access.hpp>
#include <synod/lock/administration.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/lister.hpp>
#include <synod/lock/detail/revocations.hpp>
#include <synod/lock/listing.hpp>
#include <synod/lock/reply.hpp>
#include <synod/log/state_machine.hpp>

#include <string_view>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The commands that change what all others are judged by, and the one that looks at all of it.
template <class Rules>
class administration : public revocations<Rules> {
    using core = revocations<Rules>;

    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;

    using revocations<Rules>::revocations;
    using revocations<Rules>::answer_to;

    /// False, and nothing changed, for limits that make no sense. Those of sessions are the
    /// caller's to pass on, and so is to settle: a lower bound on overtaking makes others wait for
    /// who has reached it. O(n log n) in the requests of all sessions. (locks 3.5, 3.8)
    [[nodiscard]] bool set_limits(lock::config limits) {
        limits.tokens_after = core::config_.tokens_after;
        if (validate(limits)) return false;
        core::config_ = limits;
        core::book_.elections().journal().limit_to(limits.watch);
        bound_overtaking();
        return true;
    }

    /// Whether the access rules let a session run a command.
    template <class Command>
    [[nodiscard]] bool allows(const Command& asked) const {
        if (core::access_.all().empty()) return true;
        return core::access_.allows(core::book_.profiles().of(asked.stamp.session).principal, asked,
                                    core::book_);
    }

    [[nodiscard]] reply answer_to(const deferred<set_acl>& asked, const apply_context&) {
        const auto reason = core::access_.change(asked, core::config_.max_access_rules);
        if (reason) return refused{*reason};
        return lock::administered{};
    }

    [[nodiscard]] reply answer_to(const deferred<list_locks>& asked, const apply_context&) const {
        if ((asked.with & ~known_list_flags) != 0) return refused{refusal::malformed};
        if (asked.prefix.size() > name_bytes_end || asked.after.size() > name_bytes_end) {
            return refused{refusal::name_too_long};
        }
        const profile& asker = core::book_.profiles().of(asked.stamp.session);
        return lister<Rules>(core::book_, core::access_, asker.principal).page_of(asked);
    }

    /// Whether the access rules let a session look at what has that name.
    [[nodiscard]] bool lets_read(session_id who, std::string_view name) const {
        if (core::access_.all().empty()) return true;
        return core::access_.lets_read(core::book_.profiles().of(who).principal, name);
    }

    [[nodiscard]] reply answer_to(const bump_epoch& asked, const apply_context&) {
        if (!Rules::may_begin(asked.epoch, core::last_token_)) return refused{refusal::stale_token};
        core::last_token_ = Rules::before_first_of(asked.epoch, core::last_token_);
        return lock::administered{};
    }

private:
    /// Holds all who are overtaken to a bound that may be lower than before.
    void bound_overtaking() {
        auto& all = core::book_;
        ordered_set<deferred<handle>> bounded;  // objects
        all.for_each_request([&](handle one) {
            if (!core::stops_letting_pass(one)) return;
            bounded.insert(all.place_at(all.at(one).places).object);
        });
        for (const handle object : bounded) core::suspect_all_at(object);
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
