// synod/paxos/dispatch.hpp - from a variant of messages to the handler of the one it holds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/time.hpp>
#include <synod/paxos/messages.hpp>

#include <concepts>
#include <utility>
#include <variant>

namespace synod::inline SYNOD_ABI::detail {

/// Hands the message in `any` to `role.receive(from, message, now)`, or to `otherwise(from)` where the role has no such handler.
/// The first two alternatives, those of every round, are tried before the jump through a table.
template <class Role, class First, class Second, class... Others, class Otherwise>
void dispatch(Role& role, node_id from, std::variant<First, Second, Others...>&& any, instant now,
              Otherwise&& otherwise) {
    const auto hand = [&]<class Message>(Message& message) {
        if constexpr (requires { role.receive(from, std::move(message), now); }) {
            role.receive(from, std::move(message), now);
        } else {
            otherwise(from);
        }
    };
    if (auto* const first = std::get_if<0>(&any)) return hand(*first);
    if (auto* const second = std::get_if<1>(&any)) return hand(*second);
    std::visit(hand, any);
}

}  // namespace synod::inline SYNOD_ABI::detail
