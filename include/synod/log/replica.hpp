// synod/log/replica.hpp - one node of a replicated log: a proposer, an acceptor and a learner
// around one state machine.
//
// Nothing here calls out. Inputs only decide: what they decide is staged, and `flush` acts on it in
// one order that keeps every promise durable before it is made. With callbacks instead, a machine
// or a transport could re-enter a half-done step, the order of sync and send would hang on who
// calls whom, and a checker could not stop between any two effects. So results are drained by the
// host, messages wait in the outbox, and a replica is a value: copied, compared and explored like
// any other.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/detail/electing.hpp>
#include <synod/log/detail/following.hpp>
#include <synod/log/detail/leading.hpp>
#include <synod/log/detail/node.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// What `propose` and `read` say at once.
struct submission {
    synod::answer answer = answer::failed;
    synod::ticket ticket{};           // when queued: names the completion that follows
    std::optional<node_id> leader{};  // when not the leader: who may be, if anybody is known
};

/// What a replica knows of itself and of the log.
struct replica_status {
    synod::standing standing = standing::follower;
    ballot leader;  // of the leader heard last; its proposer is that leader
    ballot promised;
    slot first;         // slots below are trimmed
    slot chosen_below;  // every slot below is chosen, and at hand
    slot applied_below;
    slot trimmable_below;     // every member has applied, durably, every slot below
    slot next;                // the next slot a leader would use
    std::size_t pending = 0;  // commands taken on and not drained
    bool is_behind = false;   // it needs slots that others have trimmed
    std::error_code error;    // of the storage, once that has failed
};

/// A replica of a log that drives `Machine`.
///
/// The host hands it what arrives (`receive`), calls `tick` at `next_deadline()`, `propose`s
/// commands, and calls `flush` after any of these: nothing leaves, and nothing is applied, before.
/// After `flush`, `drain` hands out the ends of proposals and reads. Entries stay in memory until
/// `trim`; a node that is more than half of log_limits::retained behind is left behind.
///
/// Not thread-safe: one thread at a time, and the same one for a replica and its copies, which
/// share the buffers that hold entries. Nothing is called back but the policy's observer, which
/// must not call the replica. Destroying it is what a crash is to the others: proposals not drained
/// end as unknown to whoever waits for them.
template <state_machine Machine, transport<replica_message> Transport, storage<entry> Storage,
          class Policy = log_policy<>>
class replica {
public:
    using machine_type = Machine;
    using policy_type = Policy;

    /// A new node on a storage that is new. Errors: storage_not_empty, id_not_a_member, what
    /// log_limits::validate says, the storage's own.
    [[nodiscard, gnu::cold]] static result<replica> make(const group& group, Machine machine,
                                                         Transport transport, Storage storage,
                                                         Policy policy, instant now) {
        result<replica> made(std::in_place, [&] {
            return replica(group, std::move(machine), std::move(transport), std::move(storage),
                           std::move(policy), now);
        });
        if (const auto error = made->format()) made = unexpected(error);
        return made;
    }

    /// The node that an earlier life left on `storage`; `machine` is new, and is brought to where
    /// the log was known to be chosen. Errors: nothing_to_recover; wrong_cluster, wrong_node,
    /// wrong_incarnation; fallen_behind when the log was trimmed, so that the machine cannot be
    /// rebuilt from it; id_not_a_member, what log_limits::validate says, the storage's own.
    [[nodiscard, gnu::cold]] static result<replica> recover(const group& group, Machine machine,
                                                            Transport transport, Storage storage,
                                                            Policy policy, instant now) {
        result<replica> made(std::in_place, [&] {
            return replica(group, std::move(machine), std::move(transport), std::move(storage),
                           std::move(policy), now);
        });
        if (const auto error = made->replay()) made = unexpected(error);
        return made;
    }

    /// Asks for `command` to be decided; the bytes are copied. A queued command ends in exactly one
    /// completion: decided here, not decided, or unknown. Amortised linear in its size.
    [[nodiscard]] submission propose(bytes_view command, instant /*now*/) {
        if (!takes_requests()) return refuse();
        const log_limits& limits = node_.limits();
        if (command.size() + entry::frame_size > limits.batch_bytes) return {answer::too_large};
        if (node_.proposals.pending() >= limits.pending_commands ||
            node_.proposals.pending_bytes() + command.size() > limits.pending_bytes) {
            return {answer::overloaded};
        }
        return {answer::queued, node_.proposals.push(command)};
    }

    /// Asks for a moment at which the machine shows everything that was completed, anywhere, before
    /// now; its completion says `readable`. Costs one round of heartbeats, shared by all reads that
    /// wait, and no log entry. [Raft 6.4]
    [[nodiscard]] submission read(instant /*now*/) {
        if (!takes_requests()) return refuse();
        if (node_.reads.waiting() >= node_.limits().pending_reads) return {answer::overloaded};
        return {answer::queued, node_.reads.ask(node_.learner.next())};
    }

    /// Hands leadership to `to` once everything in flight is chosen; if that takes longer than an
    /// election timeout, this leader carries on. Until then commands are taken on, and wait.
    /// Errors: not_leader, id_not_a_member, busy while another transfer is under way. [Raft 3.10]
    [[nodiscard, gnu::cold]] std::error_code transfer_leadership(node_id to, instant now) {
        if (!is_leading()) return errc::not_leader;
        if (to == node_.self() || !node_.members().contains(to)) return errc::id_not_a_member;
        if (node_.successor) return errc::busy;
        node_.successor = to;
        node_.successor_deadline = now + node_.limits().election_timeout;
        node_.heartbeat_due = now;
        return {};
    }

    /// A message came from `from`.
    template <class Message>
        requires requires(const Message& message) { message.header.cluster; }
    void receive(node_id from, Message&& message, instant now) {
        if (node_.endpoint.has_failed() || !node_.endpoint.admits(from, message.header)) return;
        if constexpr (std::is_lvalue_reference_v<Message>) {
            detail::handle(node_, from, std::remove_cvref_t<Message>(message), now);
        } else {
            detail::handle(node_, from, std::forward<Message>(message), now);
        }
    }

    /// Any message between replicas.
    template <std::same_as<replica_message> Any>
    void receive(node_id from, const Any& message, instant now) {
        receive(from, Any(message), now);
    }
    template <std::same_as<replica_message> Any>
    void receive(node_id from, Any&& message, instant now) {
        if (auto* const vote = message.template get_if<accepted>()) {
            receive(from, std::move(*vote), now);
        } else if (auto* const request = message.template get_if<accept<entry>>()) {
            receive(from, std::move(*request), now);
        } else {
            receive_rare(from, message, now);
        }
    }

    /// Does what it is time for: look for a leader, or be one.
    void tick(instant now) {
        if (node_.endpoint.error()) return;
        if (is_leading()) {
            detail::tick_leader(node_, now);
        } else {
            detail::tick_follower(node_, now);
        }
        detail::fetch_missing(node_, now);
    }

    /// Acts: opens slots and asks for votes, syncs what is staged once, sends what waited for it,
    /// applies what is chosen, ends proposals and reads. The only function that calls transport,
    /// storage and machine.
    void flush(instant now) {
        do {
            if (is_leading()) detail::lead(node_, now);
            const bool works =
                node_.endpoint.flush([&]<class Message>(node_id to, Message&& message) {
                    deliver(to, std::forward<Message>(message), now);
                });
            if (!works) return node_.fall_silent();
            node_.apply_chosen();
            node_.note_stable();
            if (node_.reads.waiting() > 0) detail::finish_reads(node_);
        } while (detail::has_more_to_ask(node_));
    }

    /// When to call `tick` next; `instant::never()` when nothing is due unless something arrives.
    [[nodiscard]] instant next_deadline() const {
        if (node_.endpoint.error()) return instant::never();
        instant next = earlier(node_.leadership.deadline(), node_.missing.deadline());
        next = earlier(next, node_.retry.deadline());
        if (!is_leading()) return next;
        return earlier(next, earlier(node_.heartbeat_due, detail::time_due(node_)));
    }

    /// The end of a sync that an async_storage was asked for; `flush` comes after it.
    void synced(const sync_token& token, const std::error_code& error) {
        node_.endpoint.synced(token, error);
        if (node_.endpoint.has_failed()) node_.fall_silent();
    }

    /// Hands each completion to `take(const completion&)`, in the order in which they came about.
    /// What it is handed is valid during the call; it must not call the replica.
    template <class Take>
    void drain(Take&& take) {
        node_.proposals.drain(take);
    }

    /// Lets go of the entries below `below`, as far as they are applied. Below
    /// status().trimmable_below no other node will ask for them.
    void trim(slot below) { node_.trim(below); }

    /// The node to try, when this one is not the leader.
    [[nodiscard]] std::optional<node_id> leader() const {
        if (!node_.leadership.leader().exists()) return std::nullopt;
        return node_.leadership.leader().proposer();
    }

    /// Whether this node has finished phase 1 and knows of no higher ballot.
    [[nodiscard]] bool is_leading() const { return node_.leadership.is_leading(); }

    /// The machine, as far as the log is applied here; what it shows may be old unless a `read` has
    /// ended.
    [[nodiscard]] Machine& machine() { return node_.applier.machine(); }
    [[nodiscard]] const Machine& machine() const { return node_.applier.machine(); }

    /// The policy it was given, with what that remembers by now.
    [[nodiscard]] Policy& policy() { return node_.policy(); }
    [[nodiscard]] const Policy& policy() const { return node_.endpoint.policy(); }

    /// What it was given to send through, and to keep records in.
    [[nodiscard]] Transport& transport() { return node_.endpoint.transport(); }
    [[nodiscard]] Storage& storage() { return node_.endpoint.storage(); }
    [[nodiscard]] const Storage& storage() const { return node_.endpoint.storage(); }

    /// Log time, as far as the log is applied here.
    [[nodiscard]] log_time time() const { return node_.applier.clock().now(); }

    /// All that one may want to know of it at once. Constant time.
    [[nodiscard]] replica_status status() const {
        return {node_.leadership.standing(), node_.leadership.leader(),
                node_.acceptor.promised(),   node_.acceptor.votes().first(),
                node_.learner.next(),        node_.applier.next(),
                node_.trimmable_below,       node_.next,
                node_.proposals.pending(),   node_.behind_below > node_.learner.next(),
                node_.endpoint.error()};
    }

    /// Equal replicas do the same from here on, whatever they are handed. Policies are taken for
    /// equal, and so are the names of syncs.
    friend bool operator==(const replica& a, const replica& b)
        requires std::equality_comparable<Machine> && std::equality_comparable<Transport> &&
                 std::equality_comparable<Storage>
    {
        return a.node_ == b.node_;
    }

    /// Of what `==` compares. For machines, transports and storages that have a fingerprint.
    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(node_);
    }

private:
    replica(const group& group, Machine&& machine, Transport&& transport, Storage&& storage,
            Policy&& policy, instant now)
        : node_(group, std::move(machine), std::move(transport), std::move(storage),
                std::move(policy)) {
        node_.leadership.stand_by(now);
    }

    [[nodiscard, gnu::cold]] std::error_code format() {
        if (const auto error = node_.endpoint.validate()) return error;
        return node_.endpoint.format();
    }

    /// Brings a new node to where an earlier life left it.
    [[nodiscard, gnu::cold]] std::error_code replay() {
        if (const auto error = node_.endpoint.validate()) return error;
        const auto replay = [this](const auto& record) { node_.replay(record); };
        if (const auto error = node_.endpoint.recover(replay)) return error;
        if (node_.acceptor.votes().first() > slot()) return errc::fallen_behind;
        node_.advance();
        node_.apply_chosen();
        return {};
    }

    template <class Any>
    [[gnu::noinline, gnu::cold]] void receive_rare(node_id from, Any& message, instant now) {
        message.visit([&](auto& one) {
            if (hears(from, one.header)) detail::handle(node_, from, std::move(one), now);
        });
    }

    /// Whether a message with that header is to be looked at.
    [[nodiscard, gnu::noinline, gnu::cold]] bool hears(node_id from, const message_header& header) {
        return !node_.endpoint.has_failed() && node_.endpoint.admits(from, header);
    }

    /// Whether anything can be asked of this node.
    [[nodiscard]] bool takes_requests() const {
        return is_leading() && !node_.endpoint.has_failed();
    }
    /// Why not.
    [[nodiscard, gnu::noinline, gnu::cold]] submission refuse() const {
        if (node_.endpoint.has_failed()) return {answer::failed};
        return {answer::not_leader, {}, leader()};
    }

    /// Hands a message to the transport, or to this very node.
    template <class Message>
    [[gnu::always_inline]] void deliver(node_id to, Message&& message, instant now) {
        if constexpr (requires {
                          message.at;
                          message.value;
                      }) {
            message.ballot = node_.rules().stamped(message.ballot, node_.proposer.attempt());
        }
        if (to == node_.self()) {
            receive_own(std::forward<Message>(message), now);
        } else {
            node_.endpoint.send(to, std::forward<Message>(message));
        }
    }

    template <class Message>
    void receive_own(Message&& message, instant now) {
        if constexpr (requires { message.header; }) {
            detail::handle(node_, node_.self(), std::forward<Message>(message), now);
        } else {
            receive_rare(node_.self(), message, now);
        }
    }

    detail::node<Machine, Transport, Storage, Policy> node_;
};

}  // namespace synod::inline SYNOD_ABI
