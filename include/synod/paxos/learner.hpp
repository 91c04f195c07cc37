// synod/paxos/learner.hpp - the learner: hears of votes until a quorum has cast the same one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/backoff.hpp>
#include <synod/paxos/dispatch.hpp>
#include <synod/paxos/endpoint.hpp>
#include <synod/paxos/learner_core.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/votes.hpp>

#include <concepts>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// A learner for a host that wants just that, or wants to learn elsewhere than where votes are
/// kept. Proposers send it their accepts, for the values, and acceptors their votes. It remembers
/// nothing across a restart: what was chosen, it asks for again, every limits::longest_retry at the
/// latest, and sooner when it knows that something is missing.
///
/// The host hands it what arrives (`receive`), calls `tick` at `next_deadline()`, and `flush` after
/// either. Not thread-safe. Destroying it loses nothing that matters. Values are kept until
/// `forget`; slots limits::retained and more above the first one kept are refused. Copyable,
/// comparable and fingerprintable when `Transport` is. [PMS 2.3]
template <std::regular Value, transport<paxos_message<Value>> Transport, class Policy = policy<>>
class learner {
public:
    using value_type = Value;

    /// Errors: id_not_a_member, what limits::validate says.
    [[nodiscard]] static result<learner> make(const group& group, Transport transport,
                                              Policy policy, instant now) {
        learner made(group, std::move(transport), std::move(policy));
        if (const auto error = made.endpoint_.validate()) return unexpected(error);
        made.retry_.arm(now);
        return made;
    }

    /// A proposer's request for votes, for the value in it.
    void receive(node_id from, const accept<Value>& message, instant now) {
        if (!admits(from, message.header) || !endpoint_.admits_request(from, message)) return;
        note(from, {message.at, message.ballot, message.value}, now);
    }

    /// A vote without its value.
    void receive(node_id from, const accepted& message, instant now) {
        if (!admits_vote(from, message.header, message.ballot)) return;
        count(from, message.at, message.ballot, now);
    }

    /// A vote with its value: an acceptor's answer to a question.
    void receive(node_id from, const voted<Value>& message, instant now) {
        if (!admits_vote(from, message.header, message.vote.ballot)) return;
        note(from, message.vote, now);
        count(from, message.vote.at, message.vote.ballot, now);
    }

    /// An acceptor has forgotten what this learner still needs; others may have it yet.
    void receive(node_id from, const forgotten& message, instant /*now*/) {
        if (!admits(from, message.header) || !endpoint_.admits_acceptor(from)) return;
        if (message.first <= core_.next()) {
            endpoint_.refuse(from, refusal::stale_reply);
            return;
        }
        endpoint_.policy().observer.fell_behind(core_.next(), message.first);
    }

    /// Any message; those that learners have no use for are refused.
    template <class... Messages>
    void receive(node_id from, const one_of<Messages...>& message, instant now) {
        receive(from, one_of<Messages...>(message), now);
    }
    template <class... Messages>
    void receive(node_id from, one_of<Messages...>&& message, instant now) {
        detail::dispatch(*this, from, std::move(message), now,
                         [&] { endpoint_.refuse(from, refusal::unexpected); });
    }

    /// Asks the acceptors for what is missing when it is time to.
    void tick(instant now) {
        if (!retry_.is_due(now)) return;
        retry_.arm(now);
        auto& out = endpoint_.output();
        for (const node_id to : out.policy().quorums.members()) {
            out.send(to, fetch{out.header(), core_.next()});
        }
    }

    /// Sends what `tick` decided to ask.
    void flush(instant /*now*/) { endpoint_.flush(); }

    /// When to call `tick`.
    [[nodiscard]] instant next_deadline() const { return retry_.deadline(); }

    /// Every slot below is chosen and its value is known here.
    [[nodiscard]] slot chosen_below() const { return core_.next(); }

    /// The value chosen in slot `at`, or nullptr while it is not known or after it was forgotten.
    /// Valid until the next `receive` or `forget`.
    [[nodiscard]] const Value* chosen(slot at) const {
        const bool is_known = at >= values_.first() && at < core_.next();
        return is_known ? &values_.value_of(at) : nullptr;
    }

    /// Lets go of the values below `below`, which must not be above `chosen_below()`.
    void forget(slot below) {
        SYNOD_ASSERT(below <= core_.next());
        values_.forget(below);
    }

    /// The host's own; what it does to it, it answers for.
    [[nodiscard]] Transport& transport() { return endpoint_.transport(); }

    friend bool operator==(const learner& a, const learner& b)
        requires std::equality_comparable<Transport>
    {
        return a.core_ == b.core_ && a.values_ == b.values_ && a.retry_ == b.retry_ &&
               a.endpoint_ == b.endpoint_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(core_);
        sink.add(values_);
        sink.add(retry_);
        sink.add(endpoint_);
    }

private:
    using rest = one_of<fetch>;
    using endpoint_type = endpoint<outbox<Value, rest>, Transport, detail::no_storage, Policy>;

    learner(const group& group, Transport transport, Policy policy)
        : endpoint_(group, std::move(transport), {}, std::move(policy)),
          retry_(limits().first_retry, limits().longest_retry, limits().seed) {}

    [[nodiscard]] const synod::limits& limits() const { return endpoint_.policy().limits; }

    [[nodiscard]] bool admits(node_id from, const message_header& header) {
        return endpoint_.admits(from, header);
    }

    [[nodiscard]] bool admits_vote(node_id from, const message_header& header, ballot voted) {
        return admits(from, header) && endpoint_.admits_acceptor(from) &&
               endpoint_.admits_ballot(from, voted);
    }

    [[nodiscard]] bool is_in_reach(node_id from, slot at) {
        if (at < core_.next()) return false;
        if (at - values_.first() < limits().retained) return true;
        return endpoint_.refuse(from, refusal::beyond_window);
    }

    void note(node_id from, const vote<Value>& seen, instant now) {
        if (!is_in_reach(from, seen.at)) return;
        if (seen.ballot > values_.ballot_of(seen.at)) values_.put(seen.at, seen.ballot, seen.value);
        advance(now);
    }

    void count(node_id from, slot at, ballot voted, instant now) {
        if (!is_in_reach(from, at)) return;
        core_.count(from, at, voted, endpoint_.policy());
        advance(now);
    }

    void advance(instant now) {
        if (!core_.advance(values_, endpoint_.policy())) return;
        retry_.relax();
        retry_.arm(now);
    }

    learner_core core_;
    votes<Value> values_;  // by slot: the value of the highest ballot seen
    endpoint_type endpoint_;
    backoff retry_;  // always armed
};

}  // namespace synod::inline SYNOD_ABI
