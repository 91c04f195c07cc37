// synod/paxos/endpoint.hpp - what every role stands on: a group, a policy, a transport, a storage,
// and the outbox between them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/one_of.hpp>
#include <synod/paxos/output.hpp>
#include <synod/paxos/policy.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/paxos/transport.hpp>

#include <concepts>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// One node's end of the conversation. Cores decide into its `output()`; `flush` alone touches the
/// world: it sends what rests on durable records, makes the rest durable with one sync for all, and
/// sends that. After an error of the storage it is silent for good.
template <class Outbox, class Transport, class Storage, class Policy>
class endpoint {
public:
    endpoint(const synod::group& group, Transport transport, Storage storage, Policy policy)
        : output_(group, std::move(policy), std::move(storage)), transport_(std::move(transport)) {}

    /// Checks the policy against the group. Errors: id_not_a_member when a quorum needs a node that
    /// the group does not know, and what limits::validate says.
    [[nodiscard, gnu::cold]] std::error_code validate() const {
        if (!group().nodes().includes(policy().quorums.members())) return errc::id_not_a_member;
        return policy().limits.validate();
    }

    /// Writes whose storage this is, into one that is new. Errors: storage_not_empty, or the
    /// storage's own.
    [[nodiscard, gnu::cold]] std::error_code format() {
        bool is_empty = true;
        const auto sink = [&is_empty](const auto&) { is_empty = false; };
        if (const std::error_code error = storage().recover(sink)) return error;
        if (!is_empty) return errc::storage_not_empty;
        storage().append(identity_record{group().cluster(), group().self(), group().incarnation()});
        return storage().sync();
    }

    /// Replays the records of an earlier life into `sink`. Errors: nothing_to_recover;
    /// wrong_cluster, wrong_node or wrong_incarnation for the storage of somebody else; or the
    /// storage's own.
    template <class Sink>
    [[nodiscard, gnu::cold]] std::error_code recover(Sink&& sink) {
        identity_record identity;
        bool has_identity = false;
        const auto both = [&](const auto& record) {
            if constexpr (requires { identity = record; }) {
                identity = record;
                has_identity = true;
            } else {
                if constexpr (std::same_as<decltype(record), const forget_record&>) {
                    forget_below_ = record.below;
                }
                sink(record);
            }
        };
        if (const std::error_code error = storage().recover(both)) return error;
        if (!has_identity) return errc::nothing_to_recover;
        return check(identity);
    }

    /// What a core is lent for one call.
    [[nodiscard]] synod::output<Policy, Storage, Outbox>& output() { return output_; }

    /// Whether a message is for this node to look at; the observer hears why not.
    [[nodiscard, gnu::always_inline]] bool admits(node_id from, const message_header& header) {
        if (group().admits(from, header)) return true;
        return refuse(from, group().why_not(from, header));
    }

    /// Whether `which` is a ballot that `from` may speak for.
    [[nodiscard, gnu::always_inline]] bool admits_proposer(node_id from, ballot which) {
        if (which.is_valid() && which.proposer() == from) return true;
        return refuse(from, refusal::invalid_ballot);
    }

    /// Whether a request for a vote comes from its proposer, and does not call its own slot chosen:
    /// only votes do. [PMS 2.3]
    template <class Value>
    [[nodiscard, gnu::always_inline]] bool admits_request(node_id from,
                                                          const accept<Value>& message) {
        if (!admits_proposer(from, message.ballot)) return false;
        return message.chosen_below <= message.at || refuse(from, refusal::invalid_slot);
    }

    /// Whether `which` is a ballot that somebody may have made.
    [[nodiscard]] bool admits_ballot(node_id from, ballot which) {
        return which.is_valid() || refuse(from, refusal::invalid_ballot);
    }

    /// Whether `from` is one of those who vote.
    [[nodiscard]] bool admits_acceptor(node_id from) {
        return policy().quorums.members().contains(from) || refuse(from, refusal::unknown_sender);
    }

    [[gnu::noinline, gnu::cold]] bool refuse(node_id from, refusal why) {
        policy().observer.refused(from, why);
        return false;
    }

    /// Sends what may leave, syncs what is staged, and sends what waited for it, through
    /// `deliver(to, message)`, which may stage more. With an async storage the last step comes with
    /// a flush after `synced`. Returns false once the storage has failed.
    template <class Deliver>
    [[gnu::always_inline]] bool flush(Deliver&& deliver) {
        if (has_failed()) return false;
        for (;;) {
            output_.outbox().release(policy().rules, deliver);
            if (forget_after_ != 0) try_forget();
            if (!output_.outbox().has_unsynced()) return true;
            if (const std::error_code error = output_.outbox().sync(storage())) return fail(error);
            if constexpr (detail::starts_sync<Storage>) return true;
        }
    }

    /// The same, with everything handed to the transport.
    void flush() {
        flush([this]<class Message>(node_id to, Message&& message) {
            this->send(to, std::forward<Message>(message));
        });
    }

    /// Hands a message to the transport; of a one_of what it holds, unless the transport's
    /// `message_type` is that one_of.
    template <class Message>
    void send(node_id to, Message&& message) {
        transport_.send(to, std::forward<Message>(message));
    }
    template <class... Messages>
    void send(node_id to, one_of<Messages...>&& message) {
        if constexpr (requires {
                          requires std::same_as<typename Transport::message_type,
                                                one_of<Messages...>>;
                      }) {
            transport_.send(to, std::move(message));
        } else {
            message.visit([&](auto& one) { transport_.send(to, std::move(one)); });
        }
    }

    /// The end of a sync that `start_sync` began.
    void synced(const sync_token& token, const std::error_code& error) {
        if (error_ || !output_.outbox().has_started(policy().rules, token)) return;
        if (error) {
            fail(error);
            return;
        }
        output_.outbox().synced(token);
        try_forget();
    }

    /// Lets the storage drop the votes below `below`, once it is durable that they are given up.
    void forget(slot below) {
        if (below <= forget_below_) return;
        forget_below_ = below;
        output_.append(forget_record{below});
        forget_after_ = output_.outbox().newest_record();
    }

    [[nodiscard]] const synod::group& group() const { return output_.group(); }
    [[nodiscard]] Policy& policy() { return output_.policy(); }
    [[nodiscard]] const Policy& policy() const { return output_.policy(); }
    [[nodiscard]] Transport& transport() { return transport_; }
    [[nodiscard]] Storage& storage() { return output_.storage(); }
    [[nodiscard]] const Storage& storage() const { return output_.storage(); }
    [[nodiscard]] const Outbox& outbox() const { return output_.outbox(); }

    /// The storage's error that silenced this endpoint; none while it works.
    [[nodiscard]] std::error_code error() const { return error_; }
    [[nodiscard]] bool has_failed() const { return error_.value() != 0; }

    friend bool operator==(const endpoint& a, const endpoint& b)
        requires std::equality_comparable<Transport> && std::equality_comparable<Storage>
    {
        return a.group() == b.group() && a.error_ == b.error_ && a.outbox() == b.outbox() &&
               a.forget_below_ == b.forget_below_ && a.behind_forget() == b.behind_forget() &&
               a.transport_ == b.transport_ && a.storage() == b.storage();
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(error_.value());
        sink.add(forget_below_);
        sink.add(behind_forget());
        sink.add(output_.outbox());
        sink.add(transport_);
        sink.add(storage());
    }

private:
    [[nodiscard]] std::error_code check(const identity_record& identity) const {
        if (identity.cluster != group().cluster()) return errc::wrong_cluster;
        if (identity.node != group().self()) return errc::wrong_node;
        if (identity.incarnation != group().incarnation()) return errc::wrong_incarnation;
        return {};
    }

    /// How many records came after the one that lets the storage forget; none of them counts when
    /// there is nothing to forget.
    [[nodiscard]] std::uint64_t behind_forget() const {
        return forget_after_ == 0 ? UINT64_MAX : output_.outbox().newest_record() - forget_after_;
    }

    [[gnu::noinline, gnu::cold]] void try_forget() {
        if (forget_after_ == 0 || !output_.outbox().is_durable(forget_after_)) return;
        storage().forget(forget_below_);
        forget_after_ = 0;
    }

    [[gnu::noinline, gnu::cold]] bool fail(const std::error_code& error) {
        error_ = error;
        policy().observer.failed(error);
        return false;
    }

    synod::output<Policy, Storage, Outbox> output_;
    Transport transport_;
    slot forget_below_;
    // The record that must be durable before the storage may forget; 0: nothing to do.
    std::uint64_t forget_after_ = 0;
    std::error_code error_;  // once set, nothing is sent any more
};

}  // namespace synod::inline SYNOD_ABI
