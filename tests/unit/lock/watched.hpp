// tests/unit/lock/watched.hpp - a table whose rules may be wrong: it is watched breaking its invariants.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "driver.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace synod::lock_test {

template <class Rules>
class watched {
public:
    watched() : table_(std::move(*lock::basic_table<Rules>::make(short_leases()))) {
        a = open(1);
        b = open(2);
    }

    session_id open(std::uint64_t client, std::uint64_t ttl_ms = 100'000) {
        return get<lock::opened>(run(lock::open_session{{0, client}, 1, ttl_ms})).session;
    }
    lock::reply run(const lock::command& asked) {
        before_ = table_.describe();
        next_ = next_.next();
        const lock::reply answer = table_.execute({{next_, 0}, now_}, asked);
        if (broken.empty()) broken = first_broken(table_.describe());
        return answer;
    }
    void pass(std::uint64_t milliseconds) {
        before_ = table_.describe();
        now_ = now_ + milliseconds;
        table_.advance(now_);
        if (broken.empty()) broken = first_broken(table_.describe());
    }
    request_stamp stamp(session_id session) { return {session, ++sequences_[session], 0}; }

    session_id a;
    session_id b;
    std::string broken;  // the first invariant that was

private:
    [[nodiscard]] std::string first_broken(const lock::state& after) const {
        if (const char* const name = lock::invariant::first_broken(after)) return name;
        return lock::invariant::only_moves_forward(before_, after) ? "" : "only_moves_forward";
    }

    lock::basic_table<Rules> table_;
    lock::state before_;
    slot next_;
    log_time now_;
    std::map<session_id, std::uint64_t> sequences_;
};

}  // namespace synod::lock_test
