// synod/testing/lock_audit.hpp - what must be true of a lock service from the outside, whoever asks it for what.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/invariant.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>
#include <synod/testing/audited.hpp>
#include <synod/testing/stage.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Sees every input of the lock table once, in log order, with the state before and after it. Its checks know nothing of how the table
/// works: who may hold, who may give back, that tokens rise, that nobody is overtaken, that a command runs once.
class lock_auditor {
public:
    explicit lock_auditor(stage& run) : stage_(run) {}

    [[nodiscard]] audit_trail& trail() { return trail_; }

    void diverged(const char* what) {
        stage_.violate(std::string("replicas_agree: ") + what + " differ");
    }

    template <class Table, class Input>
    void saw(const Table& table, const Input& input) {
        lock::state after = table.describe();
        if (const char* broken = lock::invariant::first_broken(after)) stage_.violate(broken);
        if (!lock::invariant::only_moves_forward(before_, after)) {
            stage_.violate("only_moves_forward");
        }
        note_grants(after);
        if constexpr (requires { input.command; }) look_at(input.command, input.result);
        if constexpr (requires { input.by; }) look_at_grace(after);
        before_ = std::move(after);
    }

    [[nodiscard]] const lock::state& state() const { return before_; }

    /// One grant of a lock.
    struct grant {
        std::string lock;
        fencing_token token;
    };
    /// All of them, in log order.
    [[nodiscard]] const std::vector<grant>& grants() const { return grants_; }

    /// Whether that acquire was granted, ever.
    [[nodiscard]] bool was_granted(session_id session, std::uint64_t sequence) const {
        return granted_.contains({session, sequence});
    }

private:
    using request_name = std::pair<session_id, std::uint64_t>;
    struct opening {
        client_uuid client;
        std::uint64_t nonce = 0;

        friend bool operator==(const opening&, const opening&) = default;
    };

    void look_at(bytes_view command, bytes_view result) {
        lock::command asked;
        lock::reply said;
        if (!decode(command, asked)) return;
        if (!decode(result, said)) return stage_.violate("replies_are_replies");
        std::visit([&](const auto& one) { check(one, said); }, asked);
    }

    /// A request is granted once at most, and every token goes to somebody who may still use it.
    void note_grants(const lock::state& after) {
        const std::size_t before = grants_.size();
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.holders) {
                const request_name name(one.owner.session, one.sequence);
                const auto [known, is_new] = granted_.try_emplace(name, one.token);
                if (is_new) grants_.push_back({lock.name, one.token});
                if (known->second != one.token) stage_.violate("granted_once");
            }
        }
        const std::uint64_t issued = after.last_token.counter() - before_.last_token.counter();
        if (grants_.size() - before != issued) stage_.violate("no_grant_to_the_dead");
    }

    void check(const lock::acquire& asked, const lock::reply& said) {
        if (const auto* const turn = std::get_if<lock::granted>(&said)) {
            const bool is_repeated = turn->token <= before_.last_token;
            if (!is_repeated) check_turn(asked);
        }
        if (!std::holds_alternative<lock::refused>(said)) return;
        const auto why = std::get<lock::refused>(said).reason;
        const bool is_live = find_session(asked.stamp.session);
        if (why == lock::refusal::session_expired && is_live) {
            stage_.violate("live_sessions_are_served");
        }
    }

    /// Whoever is granted at once overtakes nobody. (locks 3.5)
    void check_turn(const lock::acquire& asked) {
        const lock::lock_record* const lock = find_lock(asked.name);
        if (lock == nullptr) return;
        const auto is_same = [&](const lock::request_record& one) {
            return one.owner.session == asked.stamp.session && one.sequence == asked.stamp.sequence;
        };
        for (const lock::request_record& one : lock->holders) {
            if (is_same(one)) return;
        }
        if (!lock->queue.empty() && !is_same(lock->queue.front())) {
            stage_.violate("first_come_first_served");
        }
    }

    /// A hold is given back by its owner alone. (locks 3.2)
    void check(const lock::release& asked, const lock::reply& said) {
        if (!std::holds_alternative<lock::released>(said)) return;
        const auto name = released_.find({asked.stamp.session, asked.stamp.sequence});
        if (name != released_.end()) return;  // the answer of before, once more
        released_.emplace(request_name{asked.stamp.session, asked.stamp.sequence}, asked.token);
        for (const lock::lock_record& lock : before_.locks) {
            for (const lock::request_record& one : lock.holders) {
                if (one.token != asked.token) continue;
                if (one.owner.session == asked.stamp.session && one.owner.tag == asked.owner)
                    return;
            }
        }
        stage_.violate("only_owners_release");
    }

    void check(const lock::keep_alive& asked, const lock::reply& said) {
        const bool was_live = find_session(asked.stamp.session);
        if (std::holds_alternative<lock::kept>(said) && !was_live) {
            stage_.violate("expired_sessions_stay_expired");
        }
    }

    /// Two openings that differ are two sessions. (locks R5)
    void check(const lock::open_session& asked, const lock::reply& said) {
        if (!std::holds_alternative<lock::opened>(said)) return;
        const session_id session = std::get<lock::opened>(said).session;
        const opening asks{asked.client, asked.nonce};
        const auto known = opened_.try_emplace(session, asks).first;
        if (known->second != asks) stage_.violate("sessions_are_unique");
    }

    template <class Other>
    void check(const Other&, const lock::reply&) {}

    /// A new leader takes no life from a session.
    void look_at_grace(const lock::state& after) {
        for (const lock::session_record& one : after.sessions) {
            for (const lock::session_record& was : before_.sessions) {
                if (was.session == one.session && one.deadline < was.deadline) {
                    stage_.violate("grace_only_extends");
                }
            }
        }
    }

    [[nodiscard]] const lock::lock_record* find_lock(std::string_view name) const {
        for (const lock::lock_record& one : before_.locks) {
            if (one.name == name) return &one;
        }
        return nullptr;
    }
    [[nodiscard]] bool find_session(session_id which) const {
        for (const lock::session_record& one : before_.sessions) {
            if (one.session == which) return true;
        }
        return false;
    }

    stage& stage_;
    audit_trail trail_;
    lock::state before_;  // after the newest input
    std::map<request_name, fencing_token> granted_;
    std::map<request_name, fencing_token> released_;  // by the name of the release
    std::map<session_id, opening> opened_;
    std::vector<grant> grants_;
};

}  // namespace synod::inline SYNOD_ABI::testing
