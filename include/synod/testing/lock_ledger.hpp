// synod/testing/lock_ledger.hpp - what an onlooker remembers of a lock service, and the claims that
// each further input must keep.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/invariant.hpp>
#include <synod/lock/queue_invariant.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/detail/lock_facts.hpp>
#include <synod/testing/detail/owner_claims.hpp>
#include <synod/testing/detail/waiter_claims.hpp>
#include <synod/testing/detail/waits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Is shown every input of a lock table once, in log order, with the state before and after it, and
/// names the first claim that an input breaks; nothing if it keeps all. The claims know nothing of
/// how the table works: who may hold, who may give back, that tokens rise, that nobody is
/// overtaken more often than may be, that nobody who waits is forgotten, that a command runs once,
/// that a reply is true. A value: the state of a world may hold one.
class lock_ledger {
public:
    /// One grant of a lock.
    struct grant {
        std::string lock;
        fencing_token token;
        session_id session;  // of the holder
    };

    /// How often a request may be overtaken from now on: config::max_bypass of the table after the
    /// input that is shown next. (locks 3.5)
    void limit_bypass(std::uint32_t most) { max_bypass_ = most; }

    /// A command, as bytes, and its reply. Bytes that are no command must have been answered, and
    /// break nothing else.
    std::string_view applied(const lock::state& before, bytes_view command, bytes_view result,
                             const lock::state& after) {
        const std::string_view moved = note_move(before, after, command);
        const std::string_view said = note_reply(before, command, result, after);
        return moved.empty() ? said : moved;
    }

    /// Log time has moved.
    std::string_view advanced(const lock::state& before, const lock::state& after) {
        return note_move(before, after);
    }

    /// A leader's first entry. It takes no life from a session. (locks R3)
    std::string_view led(const lock::state& before, const lock::state& after) {
        const std::string_view moved = note_move(before, after);
        if (!moved.empty()) return moved;
        for (const lock::session_record& one : after.sessions) {
            const lock::session_record* const was = detail::find_session(before, one.session);
            if (was != nullptr && one.deadline < was->deadline) return "grace_only_extends";
        }
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.holders) {
                const auto* const was = detail::find_hold(before, one.owner.session, one.token);
                if (was == nullptr || one.lease.deadline < was->lease.deadline)
                    return "grace_only_extends";
            }
        }
        return {};
    }

    /// All grants, in log order.
    [[nodiscard]] const std::vector<grant>& grants() const { return grants_; }

    /// Whether that request was granted, ever.
    [[nodiscard]] bool was_granted(session_id session, std::uint64_t sequence) const {
        return granted_.contains({session, sequence});
    }

    /// Who opened a session, if anybody has.
    [[nodiscard]] std::optional<client_uuid> opener_of(session_id session) const {
        const auto found = opened_.find(session);
        return found == opened_.end() ? std::nullopt : std::optional(found->second.first);
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(grants_.size());
        for (const grant& one : grants_) {
            sink.add(one.lock);
            sink.add(one.token);
        }
        for (const auto& [name, its] : granted_) {
            for (const std::size_t place : its) add(sink, name, grants_[place].token);
        }
        sink.add(answers_.size());
        for (const auto& [name, first] : answers_) {
            add(sink, name, first.print.high);
            sink.add(first.print.low);
        }
        for (const auto& [session, by] : opened_) {
            add(sink, {session, by.second}, by.first.high);
            sink.add(by.first.low);
        }
    }

private:
    using request_name = detail::request_name;
    using opening = std::pair<client_uuid, std::uint64_t>;  // client and nonce
    struct answer {
        fingerprint_value print;  // of its bytes
        bool may_be_granted;      // it said `queued`
    };

    /// What was answered to a command, and the states around it.
    struct exchange {
        const lock::state& before;
        const lock::state& after;
        const lock::reply& said;
        bytes_view result;  // the bytes of `said`
    };

    template <class Sink, class Value>
    static void add(Sink& sink, const request_name& name, const Value& value) {
        sink.add(name.first);
        sink.add(name.second);
        sink.add(value);
    }

    /// `command` is what was asked for between the two, if anything was.
    [[nodiscard]] std::string_view note_move(const lock::state& before, const lock::state& after,
                                             bytes_view command = {}) {
        const std::string_view broken = note_grants(before, after);
        if (!lock::invariant::only_moves_forward(before, after)) return "only_moves_forward";
        if (!lock::invariant::grants_fit(before, after)) return "grants_fit";
        if (!lock::invariant::forced_ends_only_approach(before, after))
            return "forced_ends_only_approach";
        if (!lock::invariant::bypass_stays_bounded(before, after, max_bypass_))
            return "bypass_stays_bounded";
        const std::string_view waited = detail::broken_waits(before, command, after);
        if (!waited.empty()) return waited;
        return detail::waits(after.locks).youngest_in_a_circle() ? "nobody_waits_for_himself"
                                                                 : broken;
    }

    /// A request is granted once at most, all its locks at a time, and every token goes to somebody
    /// who may still use it.
    [[nodiscard]] std::string_view note_grants(const lock::state& before,
                                               const lock::state& after) {
        const std::size_t known_before = grants_.size();
        std::string_view broken;
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.holders) {
                const std::string_view wrong = note_hold(lock.name, one, known_before);
                if (!wrong.empty()) broken = wrong;
            }
        }
        if (!broken.empty()) return broken;
        if (after.last_token.epoch() != before.last_token.epoch()) return {};
        const std::uint64_t issued = after.last_token.counter() - before.last_token.counter();
        return grants_.size() - known_before == issued ? "" : "no_grant_to_the_dead";
    }

    /// `known_before` is the number of grants before this input.
    [[nodiscard]] std::string_view
    note_hold(const std::string& lock, const lock::request_record& one, std::size_t known_before) {
        auto& its = granted_[{one.owner.session, one.sequence}];
        for (const std::size_t known : its) {
            if (grants_[known].lock != lock) continue;
            return grants_[known].token == one.token ? "" : "granted_once";
        }
        if (!its.empty() && its.front() < known_before) return "granted_together";
        its.push_back(grants_.size());
        grants_.push_back({lock, one.token, one.owner.session});
        return {};
    }

    [[nodiscard]] std::string_view note_reply(const lock::state& before, bytes_view command,
                                              bytes_view result, const lock::state& after) {
        lock::command asked;
        lock::reply said;
        if (!decode(result, said)) return "replies_are_replies";
        if (!decode(command, asked)) return {};
        return visit([&](const auto& one) { return note({before, after, said, result}, one); },
                     asked);
    }

    /// Two openings that differ are two sessions. (locks R5)
    [[nodiscard]] std::string_view note(const exchange& its, const lock::open_session& asked) {
        const auto* const opened = get_if<lock::opened>(&its.said);
        if (opened == nullptr) return {};
        const opening by(asked.client, asked.nonce);
        const bool is_right = opened_.try_emplace(opened->session, by).first->second == by;
        return is_right ? "" : "sessions_are_unique";
    }

    /// A command runs once; a repeat is answered from memory, except where a wait has ended with a
    /// grant, which is news.
    template <class Command>
    [[nodiscard]] std::string_view note(const exchange& its, const Command& asked) {
        const request_name name(asked.stamp.session, asked.stamp.sequence);
        if (detail::is_refused_unheard(its.said))
            return check_refusal(its.before, asked.stamp, its.said);
        const bool says_granted = holds_alternative<lock::granted>(its.said);
        const answer fresh{fingerprint_of(its.result), holds_alternative<lock::queued>(its.said)};
        const auto [first, is_new] = answers_.try_emplace(name, fresh);
        if (is_new) return check_first(its, asked);
        if (first->second.print == fresh.print) return {};
        if (!first->second.may_be_granted || !says_granted) return "repeats_are_answered_alike";
        return check_truth(its, asked);
    }

    template <class Command>
    [[nodiscard]] static std::string_view check_first(const exchange& its, const Command& asked) {
        if (!is_in_order(its, asked)) return "first_come_first_served";
        if (const auto broken = detail::broken_ownership(its.before, asked, its.said);
            !broken.empty()) {
            return broken;
        }
        if (const std::string_view broken = check_truth(its, asked); !broken.empty()) return broken;
        if (!is_rightly_queued(its, asked)) return "youngest_gives_way";
        if (!is_rightly_ahead(its, asked)) return "overtaking_is_counted";
        return has_mode(its, asked) ? "" : "granted_in_the_mode_asked_for";
    }

    /// Who is told that it holds does, and of a hold that is given back so much is left as was
    /// told. (locks 3.2)
    template <class Command>
    [[nodiscard]] static std::string_view check_truth(const exchange& its, const Command& asked) {
        const session_id asker = asked.stamp.session;
        if (const auto told = detail::token_of(its.said)) {
            return detail::holds(its.after, asker, *told) ? "" : "granted_means_held";
        }
        if constexpr (std::is_same_v<Command, lock::renew_hold>) {
            return is_kept(its, asked) ? "" : "renewed_means_kept";
        }
        const auto* const released = get_if<lock::released>(&its.said);
        if (released == nullptr) return {};
        return detail::left_of(its.after, asked) == released->remaining ? ""
                                                                        : "released_means_free";
    }

    /// Whether a hold that is told to be kept is, for as long as was told.
    [[nodiscard]] static bool is_kept(const exchange& its, const lock::renew_hold& asked) {
        const auto* const kept = get_if<lock::kept>(&its.said);
        if (kept == nullptr) return true;
        const auto* const hold = detail::find_hold(its.after, asked.stamp.session, asked.token);
        const auto* const was = detail::find_hold(its.before, asked.stamp.session, asked.token);
        if (hold == nullptr || was == nullptr) return false;
        return hold->lease.deadline == its.after.now + kept->remaining_ms &&
               hold->lease.deadline >= was->lease.deadline;
    }

    /// Whether what has just been granted, if anything, is held in a mode that was asked for.
    template <class Command>
    [[nodiscard]] static bool has_mode(const exchange& its, const Command& asked) {
        const auto* const granted = get_if<lock::granted>(&its.said);
        if (granted == nullptr) return true;
        const auto* const hold = detail::find_hold(its.after, asked.stamp.session, granted->token);
        if constexpr (std::is_same_v<Command, lock::convert>) return hold->mode == asked.to;
        if constexpr (std::is_same_v<Command, lock::acquire>) return hold->mode >= asked.mode;
        if constexpr (requires { asked.permits; }) return hold->permits == asked.permits;
        if constexpr (std::is_same_v<Command, lock::acquire_all>)
            return detail::holds_all(its.after, asked);
        return true;
    }

    /// Who has just begun to wait has ended nobody's wait by that, but for less urgent ones who
    /// would have it so, too. (locks 3.7)
    template <class Command>
    [[nodiscard]] static bool is_rightly_queued(const exchange& its, const Command& asked) {
        if constexpr (requires { asked.terms; }) {
            const bool is_judged =
                holds_alternative<lock::queued>(its.said) && its.before.now == its.after.now;
            return !is_judged || detail::are_rightly_victims(its.before, its.after, asked.terms);
        } else {
            return true;
        }
    }

    /// Of those who barge, are let past, or go ahead by priority, all whom they overtake know it.
    /// (locks 3.5)
    template <class Command>
    [[nodiscard]] static bool is_rightly_ahead(const exchange& its, const Command& asked) {
        if (!holds_alternative<lock::granted>(its.said)) return true;
        if constexpr (requires { asked.flags; }) {
            return passes_otherwise(its.before, asked, get<lock::granted>(its.said).token) ||
                   detail::counts_overtaking(its.before, its.after, asked.name);
        }
        if constexpr (std::is_same_v<Command, lock::acquire_all>) {
            for (const lock::wanted& one : asked.locks) {
                if (!detail::counts_overtaking(its.before, its.after, one.name)) return false;
            }
        }
        return true;
    }

    /// Whether who is granted at once holds already, or takes back what it has lost: then it is no
    /// overtaking. (locks 3.5, 3.6)
    [[nodiscard]] static bool passes_otherwise(const lock::state& before,
                                               const lock::acquire& asked, fencing_token token) {
        const bool is_again = (asked.flags & lock::reentrant) != 0 &&
                              detail::is_owner(before, asked.stamp.session, asked.owner, token);
        return is_again || detail::may_take_back(before, asked);
    }
    [[nodiscard]] static bool passes_otherwise(const lock::state& /*before*/,
                                               const lock::acquire_permits& /*asked*/,
                                               fencing_token /*token*/) {
        return false;
    }

    [[nodiscard]] static std::string_view
    check_refusal(const lock::state& before, const request_stamp& stamp, const lock::reply& said) {
        const bool is_live = detail::find_session(before, stamp.session) != nullptr;
        const bool says_over = get<lock::refused>(said).reason == lock::refusal::session_expired;
        return is_live && says_over ? "live_sessions_are_served" : "";
    }

    /// Whoever is granted at once overtakes nobody, unless it barges, or passes otherwise, or by
    /// priority. (locks 3.5)
    template <class Command>
    [[nodiscard]] static bool is_in_order(const exchange& its, const Command& asked) {
        const auto* const granted = get_if<lock::granted>(&its.said);
        if (granted == nullptr) return true;
        if constexpr (requires { asked.permits; }) {
            if (detail::all_let_pass(its.before, asked.name)) return true;
        }
        if constexpr (requires { asked.flags; }) {
            return (asked.flags & lock::barge) != 0 ||
                   passes_otherwise(its.before, asked, granted->token) ||
                   !detail::overtakes(its.before, its.after, asked.name, asked.terms);
        }
        if constexpr (std::is_same_v<Command, lock::acquire_all>) {
            return std::ranges::none_of(asked.locks, [&](const lock::wanted& one) {
                return detail::overtakes(its.before, its.after, one.name, asked.terms);
            });
        }
        return true;
    }

    std::map<request_name, std::vector<std::size_t>> granted_;  // of each request, in grants_
    std::map<request_name, answer> answers_;  // the first to each command of a session
    std::map<session_id, opening> opened_;    // every session that there ever was
    std::vector<grant> grants_;
    std::uint32_t max_bypass_ = lock::config().max_bypass;
};

}  // namespace synod::inline SYNOD_ABI::testing
