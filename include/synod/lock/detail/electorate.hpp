// synod/lock/detail/electorate.hpp - what the commands about elections do, given that their session
// is live.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/elections.hpp>
#include <synod/lock/detail/locks.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/watch_commands.hpp>
#include <synod/log/state_machine.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock::detail {

/// An election is a lock whose holder has a value.
template <class Rules>
class electorate : public locks<Rules> {
    using core = locks<Rules>;
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using reply = deferred<lock::reply>;

    using locks<Rules>::locks;
    using locks<Rules>::answer_to;

    [[nodiscard]] reply answer_to(const campaign& asked, const apply_context& context) {
        if (!has_room(0, asked.value.size())) return refused{refusal::limit};
        acquire_view same;
        same.stamp = asked.stamp;
        same.owner = asked.owner;
        same.name = asked.name;
        same.wait_ms = asked.wait_ms;
        same.hold_ttl_ms = asked.hold_ttl_ms;
        const reply said = core::answer_to(same, context);
        const handle made = find_request(asked.stamp, asked.stamp.sequence);
        if (made != none) book_.set_value(book_.at(made).places, asked.value);
        return said;
    }

    [[nodiscard]] reply answer_to(const proclaim& asked, const apply_context&) {
        const handle one = book_.find_hold(asked.token);
        if (const auto why = check().refusal_of_hold(one, asked)) return refused{*why};
        const place& held = book_.place_at(one);
        const bool is_semaphore = check().is_semaphore(held.object);
        if (is_semaphore || !Rules::may_lead(held.mode)) return refused{refusal::not_leader};
        const std::size_t before =
            held.has_value ? book_.elections().of(one).value.size() : std::size_t{0};
        if (!has_room(before, asked.value.size())) return refused{refusal::limit};
        book_.set_value(one, asked.value);
        return proclaimed{journal().revision()};
    }

    [[nodiscard]] reply answer_to(const observe& asked, const apply_context&) const {
        if (asked.name.empty()) return refused{refusal::name_empty};
        if (asked.name.size() > config_.max_name_bytes) {
            return refused{refusal::name_too_long};
        }
        const candidate* const leader = elections().leader_of(asked.name);
        if (leader == nullptr) return observed{elections().journal().revision(), {}, {}};
        return observed{elections().journal().revision(), leader->token, leader->value};
    }

    [[nodiscard]] detail::journal<Rules>& journal() { return book_.elections().journal(); }
    [[nodiscard]] const detail::elections<Rules>& elections() const { return book_.elections(); }

private:
    using core::book_;
    using core::check;
    using core::config_;
    using core::find_request;

    /// Whether a value may be so long in the place of another.
    [[nodiscard]] bool has_room(std::size_t before, std::size_t wanted) const {
        const value_config& limits = config_.values;
        if (wanted > limits.max_value_bytes) return false;
        return wanted <= before ||
               elections().size() - before + wanted <= limits.max_candidate_bytes;
    }
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
