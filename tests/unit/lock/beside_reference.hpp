// tests/unit/lock/beside_reference.hpp - one entry of a log, answered by the table or by its reference, and told alike.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "random_commands.hpp"
#include "reference.hpp"

#include <utility>
#include <vector>

namespace synod::lock_test {

inline std::vector<lock::event> events_of(lock::table& table) {
    std::vector<lock::event> all;
    table.drain_events([&all](const lock::event& one) { all.push_back(one); });
    return all;
}

/// The same without the cycle, which the reference does not tell.
inline lock::reply told(const lock::reply& answer) {
    return holds_alternative<lock::would_deadlock>(answer) ? lock::would_deadlock{} : answer;
}
inline std::vector<lock::event> told(std::vector<lock::event> events) {
    for (lock::event& one : events) {
        if (auto* const broken = one.get_if<lock::wait_deadlocked>()) broken->cycle.clear();
    }
    return events;
}

inline lock::reply execute(reference& machine, const apply_context& at,
                           const lock::command& asked) {
    return machine.execute(at, asked);
}
inline void advance(reference& machine, log_time to) { machine.advance(to); }

/// What a machine answers to one entry of a log.
template <class Machine>
lock::reply answer(Machine& machine, const step& made) {
    advance(machine, made.context.now);
    if (!made.leader.exists()) return execute(machine, made.context, made.asked);
    machine.new_leader(made.leader);
    return lock::closed{};
}

}  // namespace synod::lock_test
