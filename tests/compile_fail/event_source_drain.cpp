// tests/compile_fail/event_source_drain.cpp - a machine that keeps its events to itself.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: hands_out_events

#include <synod/log/state_machine.hpp>

#include <system_error>

using namespace synod;

struct machine {
    void apply(const apply_context& context, bytes_view command, result_writer& result);
    void snapshot(byte_writer& out) const;
    std::error_code restore(byte_reader& in);
#ifdef CONTROL
    template <class Sink>
    void drain_events(Sink&& sink);
#endif
};

template <event_source Machine>
struct log_of {};

log_of<machine> made;
