// tests/compile_fail/transport_send.cpp - a transport that carries no promises.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: sends_every_message

#include <synod/paxos.hpp>

using namespace synod;

struct wire {
    void send(node_id to, const prepare& message) noexcept;
    void send(node_id to, const fetch& message) noexcept;
#ifdef CONTROL
    template <class Message>
    void send(node_id to, const Message& message) noexcept;
#endif
};

learner<int, wire>* made = nullptr;
