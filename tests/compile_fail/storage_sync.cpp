// tests/compile_fail/storage_sync.cpp - a storage whose sync keeps its error to itself.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: syncs

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct wire {
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
};

struct disk : memory_storage<records<int>> {
#ifndef CONTROL
    void sync() noexcept;
#endif
};

proposer<int, wire, disk>* made = nullptr;
