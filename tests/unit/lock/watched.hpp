// tests/unit/lock/watched.hpp - a table whose rules may be wrong: it is watched breaking its
// invariants.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include "driver.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace synod::lock_test {

template <class Rules>
class watched {
public:
    watched() {
        a = open(1);
        b = open(2);
    }

    session_id open(std::uint64_t client, std::uint64_t ttl_ms = 100'000) {
        return get<lock::opened>(run(lock::open_session{{0, client}, 1, ttl_ms})).session;
    }
    lock::reply run(const lock::command& asked) {
        before_ = driver_.table.describe();
        const lock::reply answer = driver_.execute(asked);
        if (broken.empty()) broken = first_broken(driver_.table.describe());
        return answer;
    }
    void pass(std::uint64_t milliseconds) {
        before_ = driver_.table.describe();
        driver_.pass(milliseconds);
        if (broken.empty()) broken = first_broken(driver_.table.describe());
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

    driver<Rules> driver_;
    lock::state before_;
    std::map<session_id, std::uint64_t> sequences_;
};

}  // namespace synod::lock_test
