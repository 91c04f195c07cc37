// synod/paxos/dispatch.hpp - from a variant of messages to the handler of the one it holds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/paxos/messages.hpp>

#include <utility>
#include <variant>

namespace synod::inline SYNOD_ABI::detail {

/// Hands the message that `any` holds to `role.receive(from, message, now)`, or calls `otherwise()` where the role has no such
/// handler. A variant inside a variant is opened, too.
template <class Role, class... Messages, class Otherwise>
void dispatch(Role& role, node_id from, std::variant<Messages...>&& any, instant now,
              Otherwise&& otherwise) {
    const auto hand = [&]<class Message>(Message& message) {
        if constexpr (requires { role.receive(from, std::move(message), now); }) {
            role.receive(from, std::move(message), now);
        } else {
            otherwise();
        }
    };
    std::visit(hand, any);
}

}  // namespace synod::inline SYNOD_ABI::detail
