// tests/compile_fail/storage_forget.cpp - a storage that keeps everything for ever.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: forgets

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct wire {
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
};

struct disk : memory_storage<records<int>> {
#ifndef CONTROL
    void forget() = delete;
#endif
};

acceptor<int, wire, disk>* made = nullptr;
