// tests/compile_fail/storage_recover.cpp - a storage that cannot be read back.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: recovers

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct wire {
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
};

struct disk : memory_storage<records<int>> {
#ifndef CONTROL
    void recover() = delete;
#endif
};

acceptor<int, wire, disk>* made = nullptr;
