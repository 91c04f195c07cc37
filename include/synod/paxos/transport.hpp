// synod/paxos/transport.hpp - the concept of a transport: what a role needs to be heard.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <concepts>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

template <class T, class Message>
concept sends_message = requires(T& link, node_id to, Message message) {
    { link.send(to, std::move(message)) } -> std::same_as<void>;
};

template <class T, class Message>
concept send_is_noexcept = requires(T& link, node_id to, Message message) {
    { link.send(to, std::move(message)) } noexcept;
};

template <class T>
concept has_header = requires(const T& message) { message.header; };

// A std::variant or one_of of messages has no header of its own: each of them, at any depth, is
// sent for itself; a transport may build it in place.
template <class T, class Messages>
inline constexpr bool sends_each = sends_message<T, Messages>;
template <class T, template <class...> class Set, class... Messages>
    requires(!has_header<Set<Messages...>>)
inline constexpr bool sends_each<T, Set<Messages...>> = (sends_each<T, Messages> && ...);

template <class T, class Messages>
inline constexpr bool sends_each_noexcept = send_is_noexcept<T, Messages>;
template <class T, template <class...> class Set, class... Messages>
    requires(!has_header<Set<Messages...>>)
inline constexpr bool sends_each_noexcept<T, Set<Messages...>> =
    (sends_each_noexcept<T, Messages> && ...);

template <class T, class Messages>
concept sends_every_message = sends_each<T, Messages>;

template <class T, class Messages>
concept every_send_is_noexcept = sends_each_noexcept<T, Messages>;

}  // namespace detail

/// Carries messages to other nodes. `Messages` is one message type, or a std::variant or one_of of
/// those that must be carried.
/// - `send(to, message)` may lose, delay, duplicate or reorder; it never waits for the receiver and
///   never calls back into the sender. What arrives, the host hands to the `receive` of the node it
///   was sent to, unchanged.
/// - Each message is sent as what it is. Only a transport whose member type `message_type` is the
///   one_of of all messages of its node must take that, too: it is spared the opening of the rare
///   ones.
template <class T, class Messages>
concept transport = std::movable<T> && detail::sends_every_message<T, Messages> &&
                    detail::every_send_is_noexcept<T, Messages>;

}  // namespace synod::inline SYNOD_ABI
