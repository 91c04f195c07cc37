// tests/compile_fail/runner_syncs.cpp - a runner whose replica waits for syncs that nobody ends.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: must not be an async_storage

#include <synod/host/node.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/rounds.hpp>

using namespace synod;

struct disk : memory_storage<records<entry>> {
#ifndef CONTROL
    void start_sync(const sync_token& token) noexcept;
#endif
};

using machine = host::node<testing::summing_machine, disk>::machine_type;
