// tests/compile_fail/transport_noexcept.cpp - a transport whose send may throw.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: every_send_is_noexcept

#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

using namespace synod;

struct wire {
    template <class Message>
    void send(node_id to, const Message& message)
#ifdef CONTROL
        noexcept
#endif
        ;
};

using role = acceptor<int, wire, memory_storage<records<int>>>;
role* made = nullptr;
