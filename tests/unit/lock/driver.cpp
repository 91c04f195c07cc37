// tests/unit/lock/driver.cpp - the driver of the table that ships, and that of mutants, compiled
// once for all tests.
//
// SPDX-License-Identifier: BSL-1.0

#include "driver.hpp"

#include <synod/lock/table.hpp>

#include <string>
#include <utility>
#include <vector>

namespace synod::lock_test {

template <class Rules>
compiled_driver<Rules>::compiled_driver(const lock::config& config)
    : table(std::move(*lock::basic_table<Rules>::make(config))) {}
template <class Rules>
compiled_driver<Rules>::compiled_driver(const compiled_driver&) = default;
template <class Rules>
compiled_driver<Rules>::~compiled_driver() = default;

template <class Rules>
lock::reply compiled_driver<Rules>::execute(const lock::command& asked) {
    next_ = next_.next();
    return execute({{next_, 0}, now}, asked);
}
template <class Rules>
lock::reply compiled_driver<Rules>::execute(const apply_context& at, const lock::command& asked) {
    return table.execute(at, asked);
}
template <class Rules>
void compiled_driver<Rules>::advance(log_time to) {
    table.advance(to);
}

template <class Rules>
lock::reply compiled_driver<Rules>::run(const lock::command& asked) {
    const lock::reply answer = execute(asked);
    INFO("after the command at slot " << next_.value());
    const char* const broken = lock::invariant::first_broken(table.describe());
    CHECK(std::string(broken == nullptr ? "" : broken).empty());
    return answer;
}

template <class Rules>
void compiled_driver<Rules>::pass(std::uint64_t milliseconds) {
    now = now + milliseconds;
    table.advance(now);
}

template <class Rules>
std::vector<lock::event> compiled_driver<Rules>::events() {
    std::vector<lock::event> all;
    table.drain_events([&all](const lock::event& one) { all.push_back(one); });
    return all;
}

template class compiled_driver<lock::rules>;
template class compiled_driver<chosen_rules>;

lock::reply execute(lock::table& machine, const apply_context& at, const lock::command& asked) {
    return machine.execute(at, asked);
}
void advance(lock::table& machine, log_time to) { machine.advance(to); }

bytes snapshot_of(const lock::table& machine) {
    bytes all;
    byte_writer out(all);
    machine.snapshot(out);
    return all;
}

std::vector<lock::event> events_of(lock::table& machine) {
    std::vector<lock::event> all;
    machine.drain_events([&all](const lock::event& one) { all.push_back(one); });
    return all;
}

lock::state state_of(const lock::table& machine) { return machine.describe(); }

const char* first_broken(const lock::state& one) { return lock::invariant::first_broken(one); }

bool restore(lock::table& machine, bytes_view from) {
    byte_reader in(from);
    return !machine.restore(in) && in.finished();
}

}  // namespace synod::lock_test
