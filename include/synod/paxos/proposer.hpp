// synod/paxos/proposer.hpp - the proposer: gets a value chosen, its own or the one it finds.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/backoff.hpp>
#include <synod/paxos/dispatch.hpp>
#include <synod/paxos/endpoint.hpp>
#include <synod/paxos/learner_core.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/proposer_core.hpp>
#include <synod/paxos/votes.hpp>

#include <concepts>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// A proposer for a host that wants just that: `propose(slot, value)` gets some value chosen in
/// that slot, this one unless another was there first. It keeps trying, with ever higher ballots
/// and longer pauses, until it has heard from a quorum of votes.
///
/// The host hands it what arrives (`receive`), calls `tick` at `next_deadline()`, and `flush` after
/// either and after `propose`: nothing leaves before. Its storage holds the ballots it may have
/// used. Not thread-safe. Destroying it leaves open whether a value proposed and not yet chosen
/// will be. Values proposed are kept until `forget`. Copyable, comparable and fingerprintable when
/// `Transport` and `Storage` are. [PMS 2.2]
template <std::regular Value, transport<paxos_message<Value>> Transport, storage<Value> Storage,
          class Policy = policy<>>
class proposer {
public:
    using value_type = Value;

    /// On a storage that is new. `learners` get the accepts, too. Errors: storage_not_empty,
    /// id_not_a_member, what limits::validate says, the storage's own.
    [[nodiscard]] static result<proposer> make(const group& group, Transport transport,
                                               Storage storage, Policy policy,
                                               node_set learners = {}) {
        proposer made(group, std::move(transport), std::move(storage), std::move(policy), learners);
        if (const auto error = made.endpoint_.validate()) return unexpected(error);
        if (const auto error = made.endpoint_.format()) return unexpected(error);
        return made;
    }

    /// On the storage of an earlier life; no ballot of that life is used again. Errors:
    /// nothing_to_recover, wrong_cluster, wrong_node, wrong_incarnation, id_not_a_member, what
    /// limits::validate says, the storage's own.
    [[nodiscard]] static result<proposer> recover(const group& group, Transport transport,
                                                  Storage storage, Policy policy,
                                                  node_set learners = {}) {
        proposer made(group, std::move(transport), std::move(storage), std::move(policy), learners);
        if (const auto error = made.endpoint_.validate()) return unexpected(error);
        const auto replay = [&made](const auto& record) {
            if constexpr (requires { made.core_.recover(record); }) made.core_.recover(record);
        };
        if (const auto error = made.endpoint_.recover(replay)) return unexpected(error);
        return made;
    }

    /// Wants `value` in slot `at`. Errors: busy when this proposer already has a proposal there or
    /// knows what is chosen; overloaded for a slot at or beyond `chosen_below()` + limits::window;
    /// the storage's own once that has failed.
    [[nodiscard]] std::error_code propose(slot at, Value value, instant now) {
        if (const auto error = endpoint_.error()) return error;
        if (at < learned_.next() || proposals_.ballot_of(at).exists()) return errc::busy;
        if (at - learned_.next() >= limits().window) return errc::overloaded;
        wish& here = wanted_.reach(at);
        if (here.exists) return errc::busy;
        here = {std::move(value), true};
        if (core_.current() == core::phase::idle && !retry_.is_armed()) begin(now);
        if (core_.is_leading()) ask_for(at);
        if (!retry_.is_armed()) retry_.arm(now);
        return {};
    }

    /// A promise; with those of a phase-1 quorum, this proposer asks for votes: for what they
    /// report, else for what is wanted.
    void receive(node_id from, promise<Value> message, instant now) {
        if (!admits(from, message.header)) return;
        auto& out = endpoint_.output();
        if (!core_.receive(from, std::move(message), out)) return;
        skip_forgotten(core_.first_kept());
        const slot end = later(core_.first_free(out.rules()), wanted_.end());
        for (slot at = learned_.next(); at < end; ++at) ask_for(at);
        core_.release(end);
        retry_.relax();
        retry_.arm(now);
    }

    /// A vote for what was asked; those of a phase-2 quorum choose it.
    void receive(node_id from, const accepted& message, instant now) {
        if (!admits(from, message.header) || !endpoint_.admits_acceptor(from)) return;
        if (!is_awaited(message)) {
            endpoint_.refuse(from, refusal::stale_reply);
            return;
        }
        auto& policy = endpoint_.policy();
        if (!learned_.count(from, message.at, message.ballot, policy)) return;
        learned_.advance(proposals_, policy);
        wanted_.drop_below(learned_.next());
        retry_.relax();
        is_finished() ? retry_.disarm() : retry_.arm(now);
    }

    /// A higher ballot is about: gives way, for a while.
    void receive(node_id from, const refused& message, instant now) {
        if (!admits(from, message.header) || !endpoint_.admits_acceptor(from)) return;
        if (!endpoint_.admits_ballot(from, message.promised)) return;
        if (!core_.see(message.promised)) {
            endpoint_.refuse(from, refusal::stale_reply);
            return;
        }
        auto& out = endpoint_.output();
        core_.stop(out);
        retry_.arm(now);
    }

    /// An acceptor has forgotten a slot: something was chosen there, and the proposal is over.
    void receive(node_id from, const forgotten& message, instant /*now*/) {
        if (!admits(from, message.header) || !endpoint_.admits_acceptor(from)) return;
        if (message.first <= learned_.next()) {
            endpoint_.refuse(from, refusal::stale_reply);
            return;
        }
        skip_forgotten(message.first);
        if (is_finished()) retry_.disarm();
    }

    /// Any message; those that proposers have no use for are refused.
    template <class... Messages>
    void receive(node_id from, const one_of<Messages...>& message, instant now) {
        receive(from, one_of<Messages...>(message), now);
    }
    template <class... Messages>
    void receive(node_id from, one_of<Messages...>&& message, instant now) {
        detail::dispatch(*this, from, std::move(message), now,
                         [&] { endpoint_.refuse(from, refusal::unexpected); });
    }

    /// Tries again, if it is time to: a new ballot after a defeat, else the same questions to those
    /// who have not answered.
    void tick(instant now) {
        if (endpoint_.error() || !retry_.is_due(now)) return;
        if (is_finished()) return retry_.disarm();
        if (core_.current() == core::phase::idle) return begin(now);
        auto& out = endpoint_.output();
        core_.ask_again(out);
        if (core_.is_leading()) ask_again();
        retry_.arm(now);
    }

    /// Sends what may leave, syncs once if anything was staged, and sends what rests on that.
    void flush(instant /*now*/) {
        endpoint_.flush([this]<class Message>(node_id to, Message&& message) {
            if constexpr (requires { message.at; }) {
                const auto& rules = endpoint_.policy().rules;
                message.ballot = rules.stamped(message.ballot, core_.attempt());
            }
            endpoint_.send(to, std::forward<Message>(message));
        });
    }

    /// When to call `tick`; never while everything wanted is chosen.
    [[nodiscard]] instant next_deadline() const { return retry_.deadline(); }

    /// The end of a sync that an async_storage was asked for; `flush` comes after it.
    void synced(const sync_token& token, const std::error_code& error) {
        endpoint_.synced(token, error);
    }

    /// Every slot below is chosen; what, this proposer knows unless the acceptors had forgotten it.
    [[nodiscard]] slot chosen_below() const { return learned_.next(); }

    /// The value chosen in slot `at`, or nullptr while this proposer does not know, or when the
    /// acceptors have forgotten it. Valid until the next input.
    [[nodiscard]] const Value* chosen(slot at) const {
        const bool is_known = proposals_.ballot_of(at).exists() && learned_.is_chosen(at);
        return is_known ? &proposals_.value_of(at) : nullptr;
    }

    /// Lets go of what is known of the slots below `below`, which must not be above
    /// `chosen_below()`.
    void forget(slot below) {
        SYNOD_ASSERT(below <= learned_.next());
        proposals_.forget(below);
    }

    /// The ballot of the latest attempt.
    [[nodiscard]] ballot attempt() const { return core_.attempt(); }

    /// Whether phase 1 of that attempt is done.
    [[nodiscard]] bool is_leading() const { return core_.is_leading(); }

    /// The storage's first error, after which this proposer is silent; it is rebuilt by `recover`.
    [[nodiscard]] std::error_code error() const { return endpoint_.error(); }

    /// The policy it was given, with what that remembers by now.
    [[nodiscard]] const Policy& policy() const { return endpoint_.policy(); }

    /// The host's own; what it does to them, it answers for.
    [[nodiscard]] Transport& transport() { return endpoint_.transport(); }
    [[nodiscard]] Storage& storage() { return endpoint_.storage(); }

    friend bool operator==(const proposer& a, const proposer& b)
        requires std::equality_comparable<Transport> && std::equality_comparable<Storage>
    {
        return a.core_ == b.core_ && a.learned_ == b.learned_ && a.wanted_ == b.wanted_ &&
               a.proposals_ == b.proposals_ && a.retry_ == b.retry_ && a.endpoint_ == b.endpoint_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(core_);
        sink.add(learned_);
        sink.add(wanted_);
        sink.add(proposals_);
        sink.add(retry_);
        sink.add(endpoint_);
    }

private:
    struct wish {
        Value value{};
        bool exists = false;

        friend bool operator==(const wish&, const wish&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(exists);
            if (exists) sink.add(value);
        }
    };

    using core = proposer_core<Value>;
    using rest = one_of<prepare>;
    using endpoint_type = endpoint<outbox<Value, rest>, Transport, Storage, Policy>;

    proposer(const group& group, Transport transport, Storage storage, Policy policy,
             node_set learners)
        : endpoint_(group, std::move(transport), std::move(storage), std::move(policy)),
          learners_(learners),
          retry_(limits().first_retry, limits().longest_retry, limits().seed) {}

    [[nodiscard]] static slot later(slot a, slot b) { return a < b ? b : a; }
    [[nodiscard]] const synod::limits& limits() const { return endpoint_.policy().limits; }

    [[nodiscard]] bool admits(node_id from, const message_header& header) {
        return !endpoint_.error() && endpoint_.admits(from, header);
    }

    void begin(instant now) {
        auto& out = endpoint_.output();
        core_.start(learned_.next(), out);
        retry_.arm(now);
    }

    /// Asks for votes for the value that phase 1 found in slot `at`, or else for the one wanted
    /// there, if any.
    void ask_for(slot at) {
        auto& out = endpoint_.output();
        if (const vote<Value>* bound = core_.bound(at, out.rules())) {
            proposals_.put(at, core_.attempt(), bound->value);
        } else if (wanted_.contains(at) && wanted_[at].exists) {
            proposals_.put(at, core_.attempt(), wanted_[at].value);
        } else {
            return;
        }
        send_accepts(at, out.policy().quorums.members() | learners_);
    }

    /// Repeats every request that is not answered by a quorum yet, to those who have not answered.
    void ask_again() {
        const node_set members = endpoint_.policy().quorums.members();
        for (slot at = learned_.next(); at < proposals_.end(); ++at) {
            if (proposals_.ballot_of(at) != core_.attempt() || learned_.is_chosen(at)) continue;
            send_accepts(at, (members | learners_) - learned_.voters(at));
        }
    }

    void send_accepts(slot at, node_set receivers) {
        auto& out = endpoint_.output();
        for (const node_id to : receivers) {
            out.send(to, accept<Value>{out.header(), core_.attempt(), at, learned_.next(),
                                       proposals_.value_of(at)});
        }
    }

    [[nodiscard]] bool is_awaited(const accepted& message) const {
        return core_.is_leading() && message.ballot == core_.attempt() &&
               proposals_.ballot_of(message.at).exists();
    }

    /// What was chosen below `first` is forgotten where it was voted for: nothing is proposed there
    /// any more.
    void skip_forgotten(slot first) {
        auto& policy = endpoint_.policy();
        if (!policy.rules.is_forgotten(learned_.next(), first)) return;
        policy.observer.fell_behind(learned_.next(), first);
        learned_.skip(first);
        wanted_.drop_below(first);
        proposals_.forget(first);
    }

    [[nodiscard]] bool is_finished() const {
        for (slot at = wanted_.first(); at < wanted_.end(); ++at) {
            if (wanted_[at].exists && !learned_.is_chosen(at)) return false;
        }
        return true;
    }

    core core_;
    learner_core learned_;      // counts the votes for proposals_
    slot_window<wish> wanted_;  // what the host asked for and is not known to be chosen
    votes<Value> proposals_;    // what votes were asked for, with the latest ballot of that
    endpoint_type endpoint_;
    node_set learners_;  // sent the accepts beside the acceptors
    backoff retry_;      // armed while something wanted is not known to be chosen
};

}  // namespace synod::inline SYNOD_ABI
