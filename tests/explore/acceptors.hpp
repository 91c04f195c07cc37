// tests/explore/acceptors.hpp - the real acceptor, bare and whole, as a value that is asked and
// answers at once.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/acceptor.hpp>
#include <synod/storage/memory.hpp>

#include "support/recorder.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace explore {

using message = synod::paxos_message<int>;

/// Who is who, and what the proposers say. The nodes 0 to n-1 are acceptors; node n is every
/// proposer, for each ballot has its own.
class cast {
public:
    explicit cast(std::uint32_t acceptors)
        : acceptors_(synod::node_set::first(acceptors)), proposer_(acceptors) {
        for (const synod::node_id node : synod::node_set::first(acceptors + 1))
            members_.push_back({node, synod::incarnation(1)});
    }

    [[nodiscard]] synod::node_set acceptors() const { return acceptors_; }
    [[nodiscard]] synod::node_id proposer() const { return proposer_; }
    [[nodiscard]] synod::group seen_by(synod::node_id self) const {
        return *synod::group::make(synod::cluster_id(1), self, members_);
    }

    /// Ballot 0 of the model is that of round 1.
    [[nodiscard]] synod::ballot ballot_of(std::uint32_t number) const {
        return {std::uint64_t{number} + 1, proposer_};
    }
    [[nodiscard]] synod::prepare prepare_of(std::uint32_t ballot) const {
        return {header(), ballot_of(ballot), synod::slot()};
    }
    [[nodiscard]] synod::accept<int> accept_of(std::uint32_t ballot, std::uint32_t value) const {
        return {header(), ballot_of(ballot), synod::slot(), synod::slot(), static_cast<int>(value)};
    }

private:
    [[nodiscard]] static synod::message_header header() {
        return {synod::cluster_id(1), synod::incarnation(1)};
    }

    synod::node_set acceptors_;
    synod::node_id proposer_;
    std::vector<synod::member> members_;
};

/// The one answer among `letters`. These worlds ask nothing that an acceptor may leave without an
/// answer.
[[nodiscard]] inline message only_answer(std::vector<support::letter<message>> letters) {
    if (letters.size() != 1) throw std::logic_error("an acceptor did not answer once");
    return std::move(letters.front().message);
}

/// The pure core, its decisions written down.
template <class Policy>
class bare_acceptor {
public:
    bare_acceptor(const cast& cast, synod::node_id self, Policy policy)
        : group_(cast.seen_by(self)), policy_(std::move(policy)) {}

    template <class Message>
    [[nodiscard]] message answer(synod::node_id from, Message question) {
        support::recorder<int, Policy> out(group_, policy_);
        core_.receive(from, std::move(question), out);
        return only_answer(std::move(out.sent));
    }

    [[nodiscard]] synod::node_id self() const { return group_.self(); }
    [[nodiscard]] synod::ballot promised() const { return core_.promised(); }
    [[nodiscard]] const synod::votes<int>& votes() const { return core_.votes(); }

    friend bool operator==(const bare_acceptor& a, const bare_acceptor& b) {
        return a.self() == b.self() && a.core_ == b.core_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(self());
        sink.add(core_);
    }

private:
    synod::group group_;
    Policy policy_;
    synod::acceptor_core<int> core_;
};

/// The whole role, with outbox, storage and transport. Nothing may leave before its flush.
template <class Policy>
class whole_acceptor {
public:
    whole_acceptor(const cast& cast, synod::node_id self, Policy policy)
        : self_(self), role_(*role::make(cast.seen_by(self), {}, {}, std::move(policy))) {}

    template <class Message>
    [[nodiscard]] message answer(synod::node_id from, Message question) {
        role_.receive(from, std::move(question), synod::instant());
        if (!role_.transport().letters.empty()) throw std::logic_error("sent before the flush");
        role_.flush(synod::instant());
        return only_answer(role_.transport().take());
    }

    [[nodiscard]] synod::node_id self() const { return self_; }
    [[nodiscard]] synod::ballot promised() const { return role_.promised(); }
    [[nodiscard]] const synod::votes<int>& votes() const { return role_.votes(); }

    friend bool operator==(const whole_acceptor&, const whole_acceptor&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(self_);
        sink.add(role_);
    }

private:
    using role = synod::acceptor<int, support::basket<int>,
                                 synod::memory_storage<synod::records<int>>, Policy>;

    synod::node_id self_;
    role role_;
};

}  // namespace explore
