// tests/mutants/wrong_transport.hpp - the messages of a replica, or of roles.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/messages.hpp>
#include <synod/paxos/messages.hpp>

#include "mutants/mutant.hpp"

#include <concepts>
#include <utility>

namespace synod::mutants {

/// M5 forgets to report votes; M17 takes a refusal for a promise.
template <class Link, class Value = entry>
class wrong_transport {
public:
    static constexpr bool is_single_threaded = true;

    explicit wrong_transport(Link link) : link_(std::move(link)) {}

    template <class One>
    void send(node_id to, One&& message) noexcept {
        link_.send(to, std::forward<One>(message));
    }
    void send(node_id to, promise<Value>&& message) noexcept {
        if (is(mutant::m5)) message.votes.clear();
        link_.send(to, std::move(message));
    }
    /// M17 calls it a promise for all slots, and so finds those who asked for all.
    void send(node_id to, refused&& message) noexcept {
        if (!is(mutant::m17)) return link_.send(to, std::move(message));
        link_.send(
            to, promise<Value>{message.header, message.beaten, slot(), slot(), slot(), true, {}});
    }

    [[nodiscard]] auto take()
        requires requires(Link& link) { link.take(); }
    {
        return link_.take();
    }

    friend bool operator==(const wrong_transport&, const wrong_transport&)
        requires std::equality_comparable<Link>
    = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(link_);
    }

private:
    Link link_;
};

}  // namespace synod::mutants
