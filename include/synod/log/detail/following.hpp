// synod/log/detail/following.hpp - a replica as acceptor and learner: what it hears from leaders,
// candidates and nodes that lag.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/detail/node.hpp>

#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// A candidate asks for a promise.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const prepare& message,
                                         instant now) {
    if (!node.endpoint.admits_proposer(from, message.ballot)) return;
    auto& out = node.endpoint.output();
    node.acceptor.receive(from, message, out);
    if (from == node.self() || node.acceptor.promised() != message.ballot) return;
    if (node.proposer.see(message.ballot)) node.step_down(now);
    node.leadership.stand_by_candidate(now);
}

/// A leader asks for a vote.
template <class Node>
[[gnu::noinline]] void handle(Node& node, node_id from, accept<entry>&& message, instant now) {
    if (!node.endpoint.admits_request(from, message)) return;
    if (!message.value.exists()) {
        node.endpoint.refuse(from, refusal::malformed);
        return;
    }
    const ballot led = message.ballot;
    const slot below = message.chosen_below;
    auto& out = node.endpoint.output();
    node.acceptor.receive(from, std::move(message), out);
    if (!node.rules().may_accept(node.acceptor.promised(), led)) return;
    hear_leader(node, led, below, now);
    node.learner.advance(node.acceptor.votes(), node.policy());
    fetch_missing(node, now);
}

/// A leader says that it is there. The answer is no promise, and rests on no record: that nothing
/// higher is promised now stays true of now whatever a crash takes back.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const heartbeat& message,
                                         instant now) {
    if (!node.endpoint.admits_proposer(from, message.ballot)) return;
    if (message.applied_below > message.chosen_below) {
        node.endpoint.refuse(from, refusal::invalid_slot);
        return;
    }
    auto& out = node.endpoint.output();
    if (!node.rules().may_accept(node.acceptor.promised(), message.ballot)) {
        node.endpoint.refuse(from, refusal::promised_higher);
        out.send(from, refused{out.header(), message.ballot, node.acceptor.promised()});
        return;
    }
    hear_leader(node, message.ballot, message.chosen_below, now);
    node.advance();
    fetch_missing(node, now);
    const slot own = node.stable_below;
    const slot by_all = message.applied_below < own ? message.applied_below : own;
    if (by_all > node.trimmable_below) node.trimmable_below = by_all;
    note_chosen(node);
    out.send_at_once(
        from, heartbeat_reply{out.header(), message.ballot, message.sequence, node.stable_below});
}

/// Somebody misses the leader. Who hears one, or one who is about to be, says nothing.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const probe& message,
                                         instant now) {
    if (!node.leadership.misses_leader(now)) return;
    auto& out = node.endpoint.output();
    out.send(from, probe_reply{out.header(), message.sequence, node.acceptor.promised()});
}

/// A node that lags asks for chosen entries.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const fetch& message,
                                         instant /*now*/) {
    auto& out = node.endpoint.output();
    const auto& votes = node.acceptor.votes();
    if (message.from < votes.first()) {
        out.send(from, forgotten{out.header(), votes.first()});
        return;
    }
    std::uint64_t left = node.limits().votes_per_answer;
    for (slot at = message.from; at < node.learner.next() && left > 0; ++at, --left) {
        out.send(from, chosen<entry>{out.header(), votes.at(at)});
    }
}

/// The answer to that.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, chosen<entry>&& message,
                                         instant now) {
    const slot at = message.vote.at;
    const ballot carried = message.vote.ballot;
    if (!carried.is_valid() || !message.vote.value.exists()) {
        node.endpoint.refuse(from, refusal::malformed);
        return;
    }
    if (at < node.learner.next() || !node.missing.has_asked_for(at)) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    if (node.proposer.see(carried)) node.step_down(now);
    auto& out = node.endpoint.output();
    node.acceptor.learn(from, std::move(message.vote), out);
    if (!node.rules().carries_chosen(node.acceptor.votes().ballot_of(at), carried)) return;
    node.learner.settle(at, carried);
    node.advance();
    fetch_missing(node, now);
}

/// The other answer: what this node needs, the sender has trimmed. While another leads, only its
/// word marks this node as behind; where somebody else has trimmed, the next in turn may not have.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const forgotten& message,
                                         instant now) {
    if (message.first <= node.learner.next() || !has_asked(node)) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    const ballot leader = node.leadership.leader();
    const bool counts = node.leadership.is_leading() || !leader.exists() ||
                        leader.proposer() == from || leader.proposer() == node.self();
    if (counts) fall_behind(node, message.first, now);
}

}  // namespace synod::inline SYNOD_ABI::detail
