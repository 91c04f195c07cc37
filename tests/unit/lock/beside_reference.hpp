// tests/unit/lock/beside_reference.hpp - the naive reference, compiled once, and what it and the
// table answer to one entry of a log.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "random_commands.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace synod::lock_test {

class reference;

/// The reference, whose members are compiled in reference.cpp.
class compiled_reference {
public:
    explicit compiled_reference(const lock::config& config);
    ~compiled_reference();
    compiled_reference(const compiled_reference&) = delete;
    compiled_reference& operator=(const compiled_reference&) = delete;

    lock::reply execute(const apply_context& at, const lock::command& asked);
    void advance(log_time to);
    void new_leader(ballot leader);
    [[nodiscard]] std::vector<lock::event> events();
    [[nodiscard]] std::uint64_t undetermined() const;
    [[nodiscard]] lock::state describe() const;
    [[nodiscard]] const lock::config& config() const;

private:
    std::unique_ptr<reference> all_;
};

inline lock::reply execute(compiled_reference& machine, const apply_context& at,
                           const lock::command& asked) {
    return machine.execute(at, asked);
}
inline void advance(compiled_reference& machine, log_time to) { machine.advance(to); }

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

/// What a machine answers to one entry of a log.
template <class Machine>
lock::reply answer(Machine& machine, const step& made) {
    advance(machine, made.context.now);
    if (!made.leader.exists()) return execute(machine, made.context, made.asked);
    machine.new_leader(made.leader);
    return lock::closed{};
}

}  // namespace synod::lock_test
