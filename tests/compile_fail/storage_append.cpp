// tests/compile_fail/storage_append.cpp - a storage that cannot keep votes.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: appends_records

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct wire {
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
};

struct disk : memory_storage<records<int>> {
#ifndef CONTROL
    using memory_storage<records<int>>::append;
    void append(const synod::vote<int>& record) noexcept = delete;
#endif
};

acceptor<int, wire, disk>* made = nullptr;
