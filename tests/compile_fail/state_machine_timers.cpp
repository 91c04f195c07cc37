// tests/compile_fail/state_machine_timers.cpp - a log for a machine whose timers nobody would ever
// fire.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: timers_fit

#include <synod/log.hpp>

#include <system_error>

using namespace synod;

struct machine {
    void apply(const apply_context& context, bytes_view command, result_writer& result);
    void snapshot(byte_writer& out) const;
    std::error_code restore(byte_reader& in);
    void advance(log_time now);
#ifdef CONTROL
    log_time next_deadline() const;
#else
    instant next_deadline() const;
#endif
    void new_leader(ballot leader);
};

applier<machine> made{machine{}};
