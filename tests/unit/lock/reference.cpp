// tests/unit/lock/reference.cpp - the naive reference, compiled once for the tests that compare it
// with the table.
//
// SPDX-License-Identifier: BSL-1.0

#include "reference.hpp"

#include "beside_reference.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace synod::lock_test {

compiled_reference::compiled_reference(const lock::config& config)
    : all_(std::make_unique<reference>(config)) {}
compiled_reference::~compiled_reference() = default;

lock::reply compiled_reference::execute(const apply_context& at, const lock::command& asked) {
    return all_->execute(at, asked);
}
void compiled_reference::advance(log_time to) { all_->advance(to); }
void compiled_reference::new_leader(ballot leader) { all_->new_leader(leader); }
std::vector<lock::event> compiled_reference::events() { return all_->events(); }
lock::state compiled_reference::describe() const { return all_->describe(); }
std::uint64_t compiled_reference::undetermined() const { return all_->undetermined(); }
const lock::config& compiled_reference::config() const { return all_->config(); }

}  // namespace synod::lock_test
