// synod/paxos/dispatch.hpp - from any message to the handler of the one it holds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/one_of.hpp>
#include <synod/base/time.hpp>
#include <synod/paxos/messages.hpp>

#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// Hands the message that `any` holds to `role.receive(from, message, now)`, or calls `otherwise()`
/// where the role has no such handler.
template <class Role, class... Messages, class Otherwise>
void dispatch(Role& role, node_id from, one_of<Messages...>&& any, instant now,
              Otherwise&& otherwise) {
    any.visit([&]<class Message>(Message& message) {
        if constexpr (requires { role.receive(from, std::move(message), now); }) {
            role.receive(from, std::move(message), now);
        } else {
            otherwise();
        }
    });
}

}  // namespace synod::inline SYNOD_ABI::detail
