// tests/compile_fail/state_machine_apply.cpp - a machine whose apply returns its result in place of
// writing it.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: applies_commands

#include <synod/log/state_machine.hpp>

#include <system_error>

using namespace synod;

struct machine {
#ifdef CONTROL
    void apply(const apply_context& context, bytes_view command, result_writer& result);
#else
    bytes apply(const apply_context& context, bytes_view command);
#endif
    void snapshot(byte_writer& out) const;
    std::error_code restore(byte_reader& in);
};

template <state_machine Machine>
struct log_of {};

log_of<machine> made;
