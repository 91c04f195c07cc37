// tests/compile_fail/async_storage_start.cpp - an async storage whose start_sync may throw.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: starts_sync

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct disk : memory_storage<records<int>> {
    void start_sync(const sync_token& token)
#ifdef CONTROL
        noexcept
#endif
        ;
};

template <async_storage<int> Storage>
void drive(Storage& storage);

void use(disk& storage) { drive(storage); }
