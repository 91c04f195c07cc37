// tests/compile_fail/timed_state_machine_deadline.cpp - a timed machine that does not say when it wants to be called.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: names_deadline

#include <synod/log/state_machine.hpp>

using namespace synod;

struct machine {
    void apply(const apply_context& context, bytes_view command, result_writer& result);
    void snapshot(byte_writer& out) const;
    bool restore(byte_reader& in);
    void advance(log_time now);
    void new_leader(ballot leader);
#ifdef CONTROL
    log_time next_deadline() const;
#endif
};

template <timed_state_machine Machine>
struct log_of {};

log_of<machine> made;
