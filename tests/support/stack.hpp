// tests/support/stack.hpp - the whole lock service over memory, compiled once for all programs that
// run one.
//
// Included ahead of what a program includes itself, where that links synod_stack. A program that is
// compiled without it is the same, and takes the compiler up to four times as long.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/synod.hpp>

namespace support {

using stack_disk = synod::memory_storage<synod::records<synod::entry>>;
using stack_network = synod::host::lock_network;
using stack_service = synod::lock::service<stack_network::link>;
using stack_node = synod::host::lock_node<stack_disk>;

}  // namespace support

// The linkage is `extern`, but in the one file that holds it all.
#ifndef SYNOD_STACK
#define SYNOD_STACK extern
#endif

SYNOD_STACK template class synod::lock::basic_table<synod::lock::rules>;
SYNOD_STACK template class synod::lock::service<support::stack_network::link>;
SYNOD_STACK template class synod::host::runner<synod::host::lock_replica<support::stack_disk>,
                                               support::stack_network, support::stack_service>;
SYNOD_STACK template class synod::client::detail::session_engine<synod::client::policy<>>;
SYNOD_STACK template synod::result<support::stack_node>
synod::host::start_lock_node(support::stack_network&, const synod::group&, support::stack_disk&,
                             synod::log_policy<>, const synod::lock::config&, synod::host::options);
SYNOD_STACK template synod::result<synod::session>
synod::session::connect(support::stack_network&, synod::node_id, synod::client_identity,
                        const synod::client_config&, synod::host::boot_clock,
                        synod::client::policy<>);

#undef SYNOD_STACK
