// replica.cpp - one replica, instantiated as a host's translation unit does it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/rounds.hpp>
#include <synod/transport/memory.hpp>

using network = synod::memory_network<synod::replica_message>;
using log_storage = synod::memory_storage<synod::records<synod::entry>>;

template class synod::replica<synod::testing::summing_machine, network::link, log_storage>;
