// tests/explore/lock_words.hpp - what is said between clients and a lock service, in words for
// scenarios.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace explore {

/// Clients by number.
[[nodiscard]] inline std::string name_of_client(std::size_t number) {
    constexpr const char* names[] = {"alice", "bob", "carol"};
    return names[number];
}

[[nodiscard]] inline std::string in_words(synod::fencing_token token) {
    return "token " + std::to_string(token.counter());
}

/// Behind a verb; nothing for exclusive use, which is the rule.
[[nodiscard]] inline std::string in_words(synod::lock::mode mode) {
    constexpr const char* names[] = {" shared", " for update", ""};
    return names[static_cast<std::size_t>(mode)];
}

[[nodiscard]] inline std::string in_words(synod::lock::request_state state) {
    constexpr const char* names[] = {"queued",        "granted",   "cancelled", "timed out",
                                     "out of tokens", "given way", "passed",    "broken"};
    return names[static_cast<std::size_t>(state)];
}

[[nodiscard]] inline std::string in_words(synod::lock::refusal why) {
    return synod::make_error_code(synod::lock::error_of(why)).message();
}

/// Behind a command; nothing for those of who says nothing.
[[nodiscard]] inline std::string in_words(const synod::lock::terms& asked) {
    constexpr const char* choices[] = {"", ", or the youngest", ", or the lowest priority"};
    std::string text = choices[static_cast<std::size_t>(asked.on_deadlock)];
    if (asked.priority != 0) text += " at priority " + std::to_string(asked.priority);
    return text;
}

[[nodiscard]] inline std::string in_words(synod::lock::policy asked) {
    constexpr const char* names[] = {"", " in order", " by priority", " in phases"};
    return names[static_cast<std::size_t>(asked)];
}

/// A command without its sequence, such as `acquire a for 1000ms`.
struct command_in_words {
    std::string operator()(const synod::lock::open_session& /*one*/) const { return "open"; }
    std::string operator()(const synod::lock::keep_alive& /*one*/) const { return "keep_alive"; }
    std::string operator()(const synod::lock::close_session& /*one*/) const { return "close"; }
    std::string operator()(const synod::lock::acquire& one) const {
        std::string text = (one.wait_ms == synod::lock::no_wait ? "try " : "acquire ") + one.name;
        text += in_words(one.mode);
        if ((one.flags & synod::lock::reentrant) != 0) text += " again";
        if ((one.flags & synod::lock::reclaim) != 0) text += " back";
        if ((one.flags & synod::lock::barge) != 0) text += " first";
        if (one.wait_ms != synod::lock::no_wait && one.wait_ms != synod::lock::wait_forever)
            text += " for " + std::to_string(one.wait_ms) + "ms";
        if (one.hold_ttl_ms != 0)
            text += " with a lease of " + std::to_string(one.hold_ttl_ms) + "ms";
        return one.owner == 1 ? text : text + " as owner " + std::to_string(one.owner);
    }
    std::string operator()(const synod::lock::acquire_all& one) const {
        std::string text = one.wait_ms == synod::lock::no_wait ? "try" : "acquire";
        for (const synod::lock::wanted& each : one.locks) {
            text += (&each == one.locks.data() ? " " : " and ") + each.name + in_words(each.mode);
        }
        return one.owner == 1 ? text : text + " as owner " + std::to_string(one.owner);
    }
    std::string operator()(const synod::lock::acquire_permits& one) const {
        const bool tries = one.wait_ms == synod::lock::no_wait;
        std::string text = (tries ? "try " : "acquire ") + std::to_string(one.permits) + " of " +
                           std::to_string(one.capacity) + " at " + one.name;
        if ((one.flags & synod::lock::barge) != 0) text += " first";
        if ((one.flags & synod::lock::allow_small_pass) != 0) text += " or let others pass";
        return text;
    }
    std::string operator()(const synod::lock::set_capacity& one) const {
        return "set capacity of " + one.name + " to " + std::to_string(one.capacity);
    }
    std::string operator()(const synod::lock::renew_hold& one) const {
        return "renew " + in_words(one.token) + " for " + std::to_string(one.ttl_ms) + "ms";
    }
    std::string operator()(const synod::lock::release_all& one) const {
        std::string text = "release all of";
        for (const synod::fencing_token token : one.tokens) text += ' ' + in_words(token);
        return text;
    }
    std::string operator()(const synod::lock::convert& one) const {
        constexpr const char* modes[] = {"shared", "update", "exclusive"};
        std::string text =
            "convert " + in_words(one.token) + " to " + modes[static_cast<std::size_t>(one.to)];
        if (one.wait_ms == synod::lock::no_wait) text += " at once";
        if (one.wait_ms != synod::lock::no_wait && one.wait_ms != synod::lock::wait_forever)
            text += " for " + std::to_string(one.wait_ms) + "ms";
        return one.owner == 1 ? text : text + " as owner " + std::to_string(one.owner);
    }
    std::string operator()(const synod::lock::request_revoke& one) const {
        const bool is_forced = one.how == synod::lock::revocation::forced;
        return (is_forced ? "take " : "ask for ") +
               (one.name.empty() ? in_words(one.token) : "all of " + one.name) + " within " +
               std::to_string(one.grace_ms) + "ms";
    }
    std::string operator()(const synod::lock::force_release& one) const {
        return "force release of " + in_words(one.token);
    }
    std::string operator()(const synod::lock::check_token& one) const {
        return "check " + in_words(one.token) + " at " + one.name;
    }
    std::string operator()(const synod::lock::list_locks& one) const {
        return "list " + one.prefix + " after " + one.after;
    }
    std::string operator()(const synod::lock::set_limits& /*one*/) const { return "set limits"; }
    std::string operator()(const synod::lock::bump_epoch& one) const {
        return "bump epoch to " + std::to_string(one.epoch);
    }
    std::string operator()(const synod::lock::set_acl& one) const {
        const bool is_put = one.change == synod::lock::access_change::put;
        return (is_put ? "put" : "remove") + std::string(" a rule for ") + one.rule.principal +
               " at " + one.rule.prefix;
    }
    std::string operator()(const synod::lock::release& one) const {
        const std::string text = "release " + in_words(one.token);
        return one.owner == 1 ? text : text + " as owner " + std::to_string(one.owner);
    }
    std::string operator()(const synod::lock::query& one) const {
        return "query " + std::to_string(one.request);
    }
    std::string operator()(const synod::lock::acknowledge& one) const {
        return "acknowledge " + std::to_string(one.request);
    }
    std::string operator()(const synod::lock::cancel& one) const {
        return "cancel " + std::to_string(one.request);
    }
    std::string operator()(const synod::lock::campaign& one) const {
        return "campaign for " + one.name + " as " + one.value;
    }
    std::string operator()(const synod::lock::proclaim& one) const {
        return "proclaim " + one.value + " under " + in_words(one.token);
    }
    std::string operator()(const synod::lock::observe& one) const { return "observe " + one.name; }
    std::string operator()(const synod::lock::watch& one) const {
        return "watch " + one.prefix + " from " + std::to_string(one.from_index);
    }
    std::string operator()(const synod::lock::read_prefix& one) const {
        return "list " + one.prefix;
    }
    std::string operator()(const synod::lock::set_latch& one) const {
        return "set latch " + one.name + " to " + std::to_string(one.count);
    }
    std::string operator()(const synod::lock::count_down& one) const {
        return "count " + one.name + " down by " + std::to_string(one.count);
    }
    std::string operator()(const synod::lock::await_latch& one) const {
        return "await latch " + one.name;
    }
    std::string operator()(const synod::lock::arrive_at_barrier& one) const {
        return "arrive at " + one.name + " of " + std::to_string(one.parties);
    }
    std::string operator()(const synod::lock::enter_double_barrier& one) const {
        return "enter " + one.name + " of " + std::to_string(one.parties);
    }
    std::string operator()(const synod::lock::leave_double_barrier& one) const {
        return "leave " + one.name;
    }
    std::string operator()(const synod::lock::guarded_txn& one) const {
        return "write " + std::to_string(one.puts.size()) + " and delete " +
               std::to_string(one.deletes.size()) + " under " +
               std::to_string(one.conditions.size()) + " conditions";
    }
    std::string operator()(const synod::lock::read_value& one) const { return "read " + one.name; }
    std::string operator()(const synod::lock::compare_and_set& one) const {
        return "set " + one.name + " if it has version " + std::to_string(one.expected_version);
    }
    std::string operator()(const synod::lock::add_to_counter& one) const {
        return "add " + std::to_string(one.delta) + " to " + one.name;
    }
    std::string operator()(const synod::lock::read_counter& one) const {
        return "read counter " + one.name;
    }
};

/// A reply, such as `granted token 3`.
struct reply_in_words {
    std::string operator()(const synod::lock::opened& one) const {
        return "opened " + to_string(one.session);
    }
    std::string operator()(const synod::lock::kept& one) const {
        return "kept for " + std::to_string(one.remaining_ms) + "ms";
    }
    std::string operator()(const synod::lock::closed& /*one*/) const { return "closed"; }
    std::string operator()(const synod::lock::granted& one) const {
        return "granted " + in_words(one.token);
    }
    std::string operator()(const synod::lock::queued& /*one*/) const { return "queued"; }
    std::string operator()(const synod::lock::busy& /*one*/) const { return "busy"; }
    std::string operator()(const synod::lock::released& /*one*/) const { return "released"; }
    std::string operator()(const synod::lock::request_status& one) const {
        return in_words(one.state);
    }
    std::string operator()(const synod::lock::acknowledged& /*one*/) const {
        return "acknowledged";
    }
    std::string operator()(const synod::lock::cancelled& /*one*/) const { return "cancelled"; }
    std::string operator()(const synod::lock::already_granted& one) const {
        return "already granted " + in_words(one.token);
    }
    std::string operator()(const synod::lock::resized& one) const {
        return "resized from " + std::to_string(one.before);
    }
    std::string operator()(const synod::lock::not_released& one) const {
        std::string text = "not released because of";
        for (const synod::lock::refused_hold& each : one.holds)
            text += ' ' + in_words(each.token) + " (" + in_words(each.reason) + ')';
        return text;
    }
    std::string operator()(const synod::lock::would_deadlock& one) const {
        return "would deadlock with " + std::to_string(one.cycle.size() - 1) + " others";
    }
    std::string operator()(const synod::lock::revoking& one) const {
        return "asked for " + std::to_string(one.holds) + " holds";
    }
    std::string operator()(const synod::lock::token_checked& one) const {
        return one.is == synod::lock::validity::valid ? "valid" : "stale";
    }
    std::string operator()(const synod::lock::listed& one) const {
        return std::to_string(one.locks.size()) + " locks";
    }
    std::string operator()(const synod::lock::administered& /*one*/) const { return "done"; }
    std::string operator()(const synod::lock::proclaimed& one) const {
        return "proclaimed at " + std::to_string(one.index);
    }
    std::string operator()(const synod::lock::observed& one) const {
        if (one.token == synod::fencing_token()) return "nobody leads";
        return one.value + " leads under " + in_words(one.token);
    }
    std::string operator()(const synod::lock::watched& one) const {
        return std::to_string(one.changes.size()) + " changes before " +
               std::to_string(one.next_index);
    }
    std::string operator()(const synod::lock::compacted& one) const {
        return "changes are forgotten up to " + std::to_string(one.index);
    }
    std::string operator()(const synod::lock::prefix_read& one) const {
        return std::to_string(one.entries.size()) + " entries at " + std::to_string(one.index);
    }
    std::string operator()(const synod::lock::latched& one) const {
        return std::to_string(one.remaining) + " left in generation " +
               std::to_string(one.generation);
    }
    std::string operator()(const synod::lock::awaiting& one) const {
        return "waits in generation " + std::to_string(one.generation);
    }
    std::string operator()(const synod::lock::passed& one) const {
        return "passed in generation " + std::to_string(one.generation);
    }
    std::string operator()(const synod::lock::barrier_broken& one) const {
        return "broken in generation " + std::to_string(one.generation);
    }
    std::string operator()(const synod::lock::committed& one) const {
        return "committed as revision " + std::to_string(one.revision);
    }
    std::string operator()(const synod::lock::condition_failed& one) const {
        return "condition " + std::to_string(one.condition) + " failed";
    }
    std::string operator()(const synod::lock::value_read& one) const {
        return one.value + " in version " + std::to_string(one.version);
    }
    std::string operator()(const synod::lock::counted& one) const {
        return std::to_string(one.number) + " in version " + std::to_string(one.version);
    }
    std::string operator()(const synod::lock::refused& one) const {
        return "refused: " + in_words(one.reason);
    }
};

/// An event, without whom it is for.
struct event_in_words {
    std::string operator()(const synod::lock::wait_granted& one) const {
        return "request " + std::to_string(one.request) + " is granted " + in_words(one.token);
    }
    std::string operator()(const synod::lock::wait_ended& one) const {
        return "request " + std::to_string(one.request) + " is " + in_words(one.state);
    }
    std::string operator()(const synod::lock::wait_deadlocked& one) const {
        return "request " + std::to_string(one.request) + " gives way to " +
               std::to_string(one.cycle.size() - 1) + " others";
    }
    std::string operator()(const synod::lock::hold_ended& one) const {
        return "the lease of " + in_words(one.token) + " has ended";
    }
    std::string operator()(const synod::lock::revoke_requested& one) const {
        return in_words(one.token) + " is asked for within " + std::to_string(one.remaining_ms) +
               "ms";
    }
    std::string operator()(const synod::lock::hold_revoked& one) const {
        return in_words(one.token) + " was ended by " + to_string(one.by);
    }
    std::string operator()(const synod::lock::session_ended& /*one*/) const {
        return "the session has expired";
    }
};

/// With the sequence that names it, such as `2 acquire a`.
[[nodiscard]] inline std::string in_words(const synod::lock::command& asked) {
    const std::string text = visit(command_in_words{}, asked);
    return visit(
        [&text]<class One>(const One& one) {
            if constexpr (requires { one.policy; }) {
                return std::to_string(one.stamp.sequence) + ' ' + text + in_words(one.policy) +
                       in_words(one.terms);
            } else if constexpr (requires { one.terms; }) {
                return std::to_string(one.stamp.sequence) + ' ' + text + in_words(one.terms);
            } else if constexpr (requires { one.stamp; }) {
                return std::to_string(one.stamp.sequence) + ' ' + text;
            } else {
                return text;
            }
        },
        asked);
}
[[nodiscard]] inline std::string in_words(const synod::lock::reply& said) {
    return visit(reply_in_words{}, said);
}
[[nodiscard]] inline std::string in_words(const synod::lock::event& told) {
    return visit(event_in_words{}, told);
}

}  // namespace explore
