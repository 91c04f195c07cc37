// synod/testing/detail/post_office.hpp - what was sent, and whether what arrives is that.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/buffer.hpp>
#include <synod/base/format.hpp>
#include <synod/base/ids.hpp>
#include <synod/log/messages.hpp>
#include <synod/testing/contents.hpp>
#include <synod/testing/transport_laws.hpp>
#include <synod/testing/trial.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>

namespace synod::inline SYNOD_ABI::testing::detail {

/// Calls `take(message)` with the message that a set holds, at whatever depth.
template <class Messages, class Take>
void open_set(Messages& any, Take&& take) {
    if constexpr (requires { any.header; }) {
        take(any);
    } else {
        using std::visit;
        visit([&take](auto& one) { testing::detail::open_set(one, take); }, any);
    }
}

// The names of messages, for reports.
template <class Message>
[[nodiscard]] std::string name_of_message(const Message&) {
    return "message";
}
template <class Value>
[[nodiscard]] std::string name_of_message(const accept<Value>&) {
    return "accept";
}
template <class Value>
[[nodiscard]] std::string name_of_message(const promise<Value>&) {
    return "promise";
}
template <class Value>
[[nodiscard]] std::string name_of_message(const voted<Value>&) {
    return "voted";
}
template <class Value>
[[nodiscard]] std::string name_of_message(const chosen<Value>&) {
    return "chosen";
}
[[nodiscard]] inline std::string name_of_message(const accepted&) { return "accepted"; }
[[nodiscard]] inline std::string name_of_message(const heartbeat&) { return "heartbeat"; }
[[nodiscard]] inline std::string name_of_message(const heartbeat_reply&) {
    return "heartbeat_reply";
}
[[nodiscard]] inline std::string name_of_message(const prepare&) { return "prepare"; }
[[nodiscard]] inline std::string name_of_message(const refused&) { return "refused"; }
[[nodiscard]] inline std::string name_of_message(const probe&) { return "probe"; }
[[nodiscard]] inline std::string name_of_message(const probe_reply&) { return "probe_reply"; }
[[nodiscard]] inline std::string name_of_message(const fetch&) { return "fetch"; }
[[nodiscard]] inline std::string name_of_message(const forgotten&) { return "forgotten"; }
[[nodiscard]] inline std::string name_of_message(const transfer&) { return "transfer"; }

template <class Messages>
[[nodiscard]] std::string name_of_any(const Messages& any) {
    std::string name;
    testing::detail::open_set(any, [&name](const auto& one) { name = name_of_message(one); });
    return name;
}

/// One message on its way.
template <class Message>
struct posted {
    node_id from;
    node_id to;
    Message content;  // as it must arrive; shares no buffer with the others
    Message desk;     // the sender's own: given away, and then overwritten
    Message decoy;    // what it is overwritten with

    /// Gives the message to `link`: alone, or as the set that holds it if `link` must take that.
    template <class Link>
    void leave_by(Link& link, bool as_set) {
        if constexpr (requires { typename Link::message_type; }) {
            if (as_set) {
                link.send(to, std::move(desk));
                desk = decoy;
                return;
            }
        }
        static_cast<void>(as_set);
        open_set(desk, [&](auto& one) { link.send(to, std::move(one)); });
        desk = decoy;
    }
};

/// Writes messages, each with a number of its own in its header, and looks at those that arrive.
template <class Message>
class post_office {
public:
    /// A new message. References stay good.
    posted<Message>& write(node_id from, node_id to, std::uint64_t seed) {
        const incarnation number(posted_.size() + 1);
        posted<Message>& made = posted_.emplace_back(posted<Message>{
            from, to, content(kept_, seed, seed, number), content(lent_, seed, seed, number),
            content(lent_, seed, seed + 1, number)});
        return made;
    }

    [[nodiscard]] std::deque<posted<Message>>& all() { return posted_; }

    /// Puts what arrives at `at`, under the name of `from`, to the test. Returns what it was when
    /// it was sent, or nullptr.
    const posted<Message>* receive(node_id at, node_id from, const Message& message,
                                   witness& seen) {
        namespace laws = transport_laws;
        const posted<Message>* const sent = find(message);
        const std::string name = name_of_any(message);
        if (!seen.check(laws::invents_nothing, sent != nullptr, [&] {
                return "node " + to_string(at) + " was given a message (" + name +
                       ") that nobody sent";
            })) {
            return nullptr;
        }
        const bool is_same = message == sent->content;
        const bool is_decoy = message == sent->decoy;
        seen.check(laws::keeps_no_reference, is_same || !is_decoy, [&] {
            return "a message (" + name + ") arrived as the sender's object was after the send";
        });
        seen.check(laws::unchanged, is_same || is_decoy, [&] {
            return "a message (" + name_of_any(sent->content) + ") arrived changed";
        });
        seen.check(laws::right_receiver, at == sent->to, [&] {
            return "a message (" + name + ") for node " + to_string(sent->to) +
                   " arrived at node " + to_string(at);
        });
        seen.check(laws::right_sender, from == sent->from, [&] {
            return "a message (" + name + ") of node " + to_string(sent->from) +
                   " arrived under the name of node " + to_string(from);
        });
        return sent;
    }

private:
    [[nodiscard]] static Message content(buffer_pool& pool, std::uint64_t kind, std::uint64_t seed,
                                         incarnation number) {
        auto made = contents(seed, pool).message<Message>(kind);
        testing::detail::open_set(made, [&](auto& one) { one.header.sender = number; });
        return made;
    }

    [[nodiscard]] const posted<Message>* find(const Message& message) const {
        std::uint64_t number = 0;
        testing::detail::open_set(message,
                                  [&](const auto& one) { number = one.header.sender.value(); });
        return number >= 1 && number <= posted_.size() ? &posted_[number - 1] : nullptr;
    }

    buffer_pool kept_{sharing::between_threads};
    buffer_pool lent_{sharing::between_threads};
    std::deque<posted<Message>> posted_;  // by number, from 1 on
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
