// tests/unit/lock/reference_state.hpp - what the reference knows, as flat lists, and what is found
// by looking through them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/access.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include "reference_access.hpp"
#include "reference_gates.hpp"
#include "reference_overtaking.hpp"
#include "reference_requests.hpp"
#include "reference_revocation.hpp"
#include "reference_values.hpp"
#include "reference_watch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace synod::lock_test {

/// One flat list of requests in order of arrival; everything else is found by looking through it.
class reference_state {
protected:
    explicit reference_state(const lock::config& config)
        : config_(config),
          watch_(config),
          values_(config, watch_),
          gates_(config),
          last_(config.tokens_after.value()) {}

    struct session {
        session_id id;
        client_uuid client;
        std::uint64_t nonce, ttl, deadline, extended, acknowledged, lock_delay;
        std::map<std::uint64_t, lock::reply> replies;
        std::string principal;
        std::string meta;
    };

    using request = reference_requests::request;
    using ghost = reference_requests::ghost;
    using overtaking = reference_overtaking;
    using state = lock::request_state;

    static lock::reply no(lock::refusal reason) { return lock::refused{reason}; }

    session* find(session_id id) {
        for (session& one : sessions_) {
            if (one.id == id) return &one;
        }
        return nullptr;
    }

    /// Locks in the order in which they first changed; each hands itself on.
    void touch(const std::string& name) {
        if (name.empty()) return;
        if (std::ranges::find(changed_, name) == changed_.end()) changed_.push_back(name);
    }

    /// Its hold is about to end, or to be weaker.
    void note_writer(const request& one) {
        if (one.is.state == state::granted && one.is.mode == lock::mode::exclusive)
            had_writer_.insert(one.name);
    }

    /// The position of the acquire that is being answered: it is told by its reply.
    [[nodiscard]] position at_now() const {
        return answering_ ? at_ : position{slot(~std::uint64_t{0}), 0};
    }

    [[nodiscard]] bool has_room_for(const std::string& value, std::uint64_t without) const {
        std::uint64_t total = 0;
        for (const request& one : requests_.all) total += one.is.value.size();
        if (value.size() > config_.values.max_value_bytes) return false;
        return value.size() <= without ||
               total - without + value.size() <= config_.values.max_candidate_bytes;
    }

    /// Whether a session may look at what has that name.
    auto shown_to(const session& self) const {
        return [this, &self](const std::string& name) {
            return access_.rules.empty() || access_.may(self.principal, name, lock::may_read);
        };
    }

    [[nodiscard]] std::uint64_t clamped(std::uint64_t ttl) const {
        return std::clamp(ttl, config_.sessions.min_ttl_ms, config_.sessions.max_ttl_ms);
    }

    /// Whether nothing more may be taken in for want of memory.
    bool is_full() const {
        std::uint64_t use = 0;
        std::set<position> several;
        for (const request& one : requests_.all) {
            const bool is_on = one.is.state == state::granted || one.is.state == state::queued;
            use += is_on && one.gate == 0 ? 64 : 0;
            if (several.insert(one.is.at).second) use += 96;
        }
        for (const auto& one : requests_.locks()) use += 128 + one.name.size();
        for (const session& one : sessions_) use += 384 + one.principal.size() + one.meta.size();
        return use >= config_.soft_memory_bytes;
    }

    bool is_full_for(const session& self, std::size_t more) const {
        const auto held = requests_.count([&](const request& one) {
            return one.is.owner.session == self.id && one.is.state == state::granted;
        });
        return held + more > config_.max_holds_per_session || is_full();
    }

    static bool covers(const request& hold, lock::mode asked) {
        return hold.is.permits > 0 || hold.is.mode >= asked;
    }

    lock::config config_;
    reference_watch watch_;
    reference_values values_;
    reference_gates gates_;
    const request* quiet_ = nullptr;  // is told by its reply
    std::uint64_t now_ = 0;
    std::uint64_t last_ = 0;
    ballot leader_;
    position at_;
    std::uint64_t undetermined_ = 0;
    bool answering_ = false;
    std::list<session> sessions_;  // in order of opening
    reference_requests requests_;
    reference_revocation forced_;
    reference_access access_;
    std::deque<std::string> changed_;
    std::set<std::string> had_writer_;  // of those
    std::vector<lock::event> events_;
};

}  // namespace synod::lock_test
