// synod/testing/network.hpp - the concept of a network: transports for all nodes, and a way to
// deliver what arrives.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/log/messages.hpp>
#include <synod/paxos/transport.hpp>

#include <concepts>
#include <cstddef>

namespace synod::inline SYNOD_ABI::testing {

namespace detail {

template <class Message>
struct any_receiver {
    void operator()(node_id, Message&&) const;
};

template <class N, class Message>
concept connects = requires(N& network, node_id self) {
    { network.connect(self) } -> transport<Message>;
};

template <class N, class Message>
concept delivers = requires(N& network, node_id to, const any_receiver<Message>& receive) {
    { network.deliver(to, receive) } -> std::convertible_to<std::size_t>;
};

template <class N>
concept may_take_its_time = requires(N& network) { network.idle(); };

template <class N>
concept idle_says_yes_or_no = !may_take_its_time<N> || requires(N& network) {
    { network.idle() } -> std::same_as<bool>;
};

}  // namespace detail

/// What connects the nodes of a test, and carries `Message`, a set of messages.
/// - `connect(self)` gives node `self` its transport; it is called once for each node, before
///   anything is sent.
/// - `deliver(to, receive)` calls `receive(from, message)` for what has arrived at `to`, and
///   returns how many that were. Without more ado, what was sent has arrived: when no node is
///   delivered anything, nothing is on its way.
/// - A network that takes its time says so by having `idle()`: whether all that was sent has been
///   delivered or is lost. It is asked when no node was delivered anything and something is
///   awaited, and again after each further try to deliver; it must come true by and by, and virtual
///   time stands still until it does. A network that cannot know, such as one of sockets, may say
///   yes when nothing has come for a while.
template <class N, class Message>
concept network_of =
    testing::detail::connects<N, Message> && testing::detail::delivers<N, Message> &&
    testing::detail::idle_says_yes_or_no<N>;

/// A network for replicas.
template <class N>
concept network = network_of<N, replica_message>;

}  // namespace synod::inline SYNOD_ABI::testing
