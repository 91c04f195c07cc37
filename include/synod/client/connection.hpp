// synod/client/connection.hpp - what a session on a thread of its own asks of a network, and how a
// thread_network meets it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/result.hpp>
#include <synod/base/time.hpp>
#include <synod/host/detail/owners.hpp>
#include <synod/lock/messages.hpp>

#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// Takes what comes from a replica.
class receiver {
public:
    virtual void take(node_id from, lock::to_client&& came) = 0;

protected:
    ~receiver() = default;
};

/// One client's end of a network. A blocking call costs a round trip, beside which a virtual call
/// is nothing; so sessions are of one type whatever the network.
/// - `send` never waits for the receiver, may lose the message, and may be called from any thread,
///   one at a time.
/// - `wait` returns when something has come, after `wake`, or after `longest`; `deliver` hands over
///   what has come. Both belong to one thread. `wake` is for any.
class connection {
public:
    connection() = default;
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    virtual ~connection() = default;

    virtual void send(node_id to, lock::client_request&& request) noexcept = 0;
    virtual void wait(duration longest) = 0;
    virtual void deliver(receiver& to) = 0;
    virtual void wake() = 0;
};

/// A connection as the transport of a session's core.
class connection_link {
public:
    explicit connection_link(connection& through) : through_(&through) {}

    void send(node_id to, lock::client_request&& request) noexcept {
        through_->send(to, std::move(request));
    }

private:
    connection* through_;
};

/// A connection over a `thread_network`, or over anything of its shape, whose messages include
/// those between clients and replicas.
template <class Network>
class network_connection final : public connection {
public:
    /// Connects `self`; the network must outlive the connection. Errors: those of Network::connect.
    [[nodiscard]] static result<std::unique_ptr<network_connection>> make(Network& network,
                                                                          node_id self) {
        auto inbox = network.connect(self);
        if (!inbox) return unexpected(inbox.error());
        return std::unique_ptr<network_connection>(
            new network_connection(network, self, std::move(*inbox)));
    }

    void send(node_id to, lock::client_request&& request) noexcept override {
        link_.send(to, std::move(request));
    }
    void wait(duration longest) override { inbox_.wait(longest); }
    void deliver(receiver& to) override {
        inbox_.deliver([&to](node_id from, auto&& any) {
            visit([&](auto& one) { hand(from, std::move(one), to); }, any);
        });
    }
    void wake() override { network_->wake(self_); }

private:
    network_connection(Network& network, node_id self, typename Network::inbox inbox)
        : network_(&network), self_(self), link_(network.link_of(self)), inbox_(std::move(inbox)) {}

    /// What replicas say to one another is for nobody here.
    template <class Message>
    static void hand(node_id from, Message&& one, receiver& to) {
        using type = std::remove_cvref_t<Message>;
        if constexpr (std::is_same_v<type, lock::client_reply> ||
                      std::is_same_v<type, lock::client_event>) {
            to.take(from, std::forward<Message>(one));
        }
    }

    Network* network_;
    node_id self_;
    typename Network::link link_;
    typename Network::inbox inbox_;
};

}  // namespace synod::inline SYNOD_ABI::client
