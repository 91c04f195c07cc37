// synod/paxos/acceptor.hpp - the acceptor: promises, votes, and forgets neither.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/acceptor_core.hpp>
#include <synod/paxos/dispatch.hpp>
#include <synod/paxos/endpoint.hpp>
#include <synod/paxos/messages.hpp>

#include <concepts>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// An acceptor for a host that wants just that. One promise serves all slots; a vote is kept per
/// slot; single-decree Paxos is the case of slot 0 alone.
///
/// The host hands it what arrives (`receive`) and then calls `flush`: nothing leaves before. Not
/// thread-safe. Destroying it loses what was not flushed, as a crash does. Votes are kept until
/// `forget`; slots limits::retained and more above the first one kept are refused. Copyable,
/// comparable and fingerprintable when `Transport` and `Storage` are. `learners` are told of every
/// vote, beside the proposer whose ballot it is. [PMS 2.2, 2.3]
template <std::regular Value, transport<paxos_message<Value>> Transport, storage<Value> Storage,
          class Policy = policy<>>
class acceptor {
public:
    using value_type = Value;

    /// On a storage that is new. Errors: storage_not_empty, id_not_a_member, what limits::validate
    /// says, the storage's own.
    [[nodiscard]] static result<acceptor> make(const group& group, Transport transport,
                                               Storage storage, Policy policy,
                                               node_set learners = {}) {
        acceptor made(group, std::move(transport), std::move(storage), std::move(policy), learners);
        if (const auto error = made.endpoint_.validate()) return unexpected(error);
        if (const auto error = made.endpoint_.format()) return unexpected(error);
        return made;
    }

    /// On the storage of an earlier life. Errors: nothing_to_recover, wrong_cluster, wrong_node,
    /// wrong_incarnation, id_not_a_member, what limits::validate says, the storage's own.
    [[nodiscard]] static result<acceptor> recover(const group& group, Transport transport,
                                                  Storage storage, Policy policy,
                                                  node_set learners = {}) {
        acceptor made(group, std::move(transport), std::move(storage), std::move(policy), learners);
        if (const auto error = made.endpoint_.validate()) return unexpected(error);
        const auto replay = [&made](const auto& record) {
            if constexpr (requires { made.core_.recover(record); }) made.core_.recover(record);
        };
        if (const auto error = made.endpoint_.recover(replay)) return unexpected(error);
        return made;
    }

    /// Promises, with a report of every vote from the slot named on; or refuses, naming the ballot
    /// promised. [PMS 2.2, phase 1(b)]
    void receive(node_id from, const prepare& message, instant /*now*/) {
        if (!admits(from, message) || !endpoint_.admits_proposer(from, message.ballot)) return;
        auto& out = endpoint_.output();
        core_.receive(from, message, out);
    }

    /// Votes, and says so to the proposer and the learners; or refuses. [PMS 2.2, phase 2(b)]
    void receive(node_id from, accept<Value> message, instant /*now*/) {
        if (!admits(from, message) || !endpoint_.admits_request(from, message)) return;
        auto& out = endpoint_.output();
        const slot at = message.at;
        const ballot asked = message.ballot;
        core_.receive(from, std::move(message), out);
        if (core_.votes().ballot_of(at) != asked) return;
        for (const node_id to : learners_) out.send(to, accepted{out.header(), asked, at});
    }

    /// Answers a learner that has missed something with the votes from the slot it names on,
    /// limits::votes_per_answer at most.
    void receive(node_id from, const fetch& message, instant /*now*/) {
        if (!admits(from, message)) return;
        auto& out = endpoint_.output();
        const auto& kept = core_.votes();
        if (message.from < kept.first()) out.send(from, forgotten{out.header(), kept.first()});
        std::uint64_t left = out.limits().votes_per_answer;
        slot at = message.from < kept.first() ? kept.first() : message.from;
        for (; at < kept.end() && left > 0; ++at) {
            if (!kept.ballot_of(at).exists()) continue;
            out.send(from, voted<Value>{out.header(), kept.at(at)});
            --left;
        }
    }

    /// Any message; those that acceptors have no use for are refused.
    template <class... Messages>
    void receive(node_id from, const one_of<Messages...>& message, instant now) {
        receive(from, one_of<Messages...>(message), now);
    }
    template <class... Messages>
    void receive(node_id from, one_of<Messages...>&& message, instant now) {
        detail::dispatch(*this, from, std::move(message), now,
                         [&] { endpoint_.refuse(from, refusal::unexpected); });
    }

    /// Nothing is ever due; it is here so that all roles are driven alike.
    void tick(instant /*now*/) {}

    /// Sends what may leave, syncs once if anything was staged, and sends what rests on that.
    void flush(instant /*now*/) { endpoint_.flush(); }

    /// An acceptor never acts of its own accord.
    [[nodiscard]] instant next_deadline() const { return instant::never(); }

    /// The end of a sync that an async_storage was asked for; `flush` comes after it.
    void synced(const sync_token& token, const std::error_code& error) {
        endpoint_.synced(token, error);
    }

    /// Lets go of the votes below `below`. The caller knows them chosen and learned by all who need
    /// them.
    void forget(slot below) {
        core_.forget(below);
        endpoint_.forget(below);
    }

    /// The highest ballot promised, or none.
    [[nodiscard]] ballot promised() const { return core_.promised(); }

    /// The votes cast and not forgotten.
    [[nodiscard]] const synod::votes<Value>& votes() const { return core_.votes(); }

    /// The storage's first error, after which this acceptor is silent; it is rebuilt by `recover`.
    [[nodiscard]] std::error_code error() const { return endpoint_.error(); }

    /// The policy it was given, with what that remembers by now.
    [[nodiscard]] const Policy& policy() const { return endpoint_.policy(); }

    /// The host's own; what it does to them, it answers for.
    [[nodiscard]] Transport& transport() { return endpoint_.transport(); }
    [[nodiscard]] Storage& storage() { return endpoint_.storage(); }

    friend bool operator==(const acceptor& a, const acceptor& b)
        requires std::equality_comparable<Transport> && std::equality_comparable<Storage>
    {
        return a.core_ == b.core_ && a.endpoint_ == b.endpoint_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(core_);
        sink.add(endpoint_);
    }

private:
    using rest = one_of<promise<Value>, refused, voted<Value>, forgotten>;
    using endpoint_type = endpoint<outbox<Value, rest>, Transport, Storage, Policy>;

    acceptor(const group& group, Transport transport, Storage storage, Policy policy,
             node_set learners)
        : endpoint_(group, std::move(transport), std::move(storage), std::move(policy)),
          learners_(learners) {}

    template <class Message>
    [[nodiscard]] bool admits(node_id from, const Message& message) {
        return !endpoint_.error() && endpoint_.admits(from, message.header);
    }

    acceptor_core<Value> core_;
    endpoint_type endpoint_;
    node_set learners_;  // told of every vote
};

}  // namespace synod::inline SYNOD_ABI
