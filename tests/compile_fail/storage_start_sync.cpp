// tests/compile_fail/storage_start_sync.cpp - a role on a storage that would be asynchronous, were
// its start_sync noexcept.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: start_sync_fits

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

struct link {
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
};

using role = acceptor<int, link, disk>;
role* made = nullptr;
bool fails(const role& one) { return static_cast<bool>(one.error()); }
