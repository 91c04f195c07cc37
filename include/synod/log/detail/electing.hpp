// synod/log/detail/electing.hpp - a replica as candidate: it asks around first, and raises a ballot
// only if others want it, too.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/detail/node.hpp>

#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// Begins phase 1 with a new ballot. [PMMC fig 7]
template <class Node>
[[gnu::noinline, gnu::cold]] void campaign(Node& node, instant now) {
    auto& out = node.endpoint.output();
    node.leadership.start_preparing(now);
    node.proposer.see(node.acceptor.promised());
    node.proposer.start(node.learner.next(), out);
    node.retry.relax();
    node.retry.arm(now);
}

/// Asks all members whether they miss the leader, too. A node that may never lead only waits on.
template <class Node>
[[gnu::noinline, gnu::cold]] void start_probe(Node& node, instant now) {
    node.step_down(now);
    if (!node.members().contains(node.self())) return node.leadership.stand_by(now);
    const std::uint64_t sequence = node.leadership.start_probe(now);
    if (node.policy().quorums.is_phase1({node.self()})) return campaign(node, now);
    auto& out = node.endpoint.output();
    for (const node_id to : node.peers()) out.send(to, probe{out.header(), sequence});
}

/// What a node that does not lead does when time has passed.
template <class Node>
[[gnu::noinline, gnu::cold]] void tick_follower(Node& node, instant now) {
    if (node.leadership.is_overdue(now)) return start_probe(node, now);
    if (!node.retry.is_due(now)) return;
    auto& out = node.endpoint.output();
    node.proposer.ask_again(out);
    node.retry.arm(now);
}

/// Somebody does.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const probe_reply& message,
                                         instant now) {
    if (message.promised.exists() && !node.endpoint.admits_ballot(from, message.promised)) return;
    node_set agreed = node.leadership.grant(from, message.sequence);
    if (agreed.empty()) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    node.proposer.see(message.promised);
    agreed.insert(node.self());
    if (node.policy().quorums.is_phase1(agreed)) campaign(node, now);
}

/// Takes over: the slots that phase 1 found come first, then the leader's own first entry, then
/// commands.
template <class Node>
[[gnu::noinline, gnu::cold]] void take_over(Node& node, instant now) {
    node.leadership.start_leading(node.proposer.attempt(), node.members(), now);
    node.next = node.proposer.from();
    node.barrier = node.proposer.first_free(node.rules());
    node.reads.restart();
    node.stamper.start(now);
    node.heartbeat_due = now;
    node.applied_below.fill(slot());
    node.retry.disarm();
}

/// Whether every reported vote is for an entry.
template <class Node, class Votes>
[[nodiscard]] bool have_entries(Node& node, node_id from, const Votes& votes) {
    for (const auto& one : votes) {
        if (!one.value.exists()) return node.endpoint.refuse(from, refusal::malformed);
    }
    return true;
}

/// An acceptor promises. If it has forgotten slots that this candidate needs still, another one
/// must lead. A report in part is progress: phase 1 may take many round trips, each of which begins
/// the wait anew.
template <class Node>
[[gnu::noinline, gnu::cold]] void
handle(Node& node, node_id from, promise<typename Node::value_type>&& message, instant now) {
    auto& out = node.endpoint.output();
    if (!have_entries(node, from, message.votes)) return;
    if (!node.proposer.admits(from, message, out)) return;
    if (node.rules().is_forgotten(node.learner.next(), message.first)) {
        return fall_behind(node, message.first, now);
    }
    const slot before = node.proposer.covered(from);
    if (node.proposer.count(from, std::move(message), out)) return take_over(node, now);
    if (node.proposer.covered(from) > before) node.leadership.start_preparing(now);
}

/// A higher ballot is about.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const refused& message,
                                         instant now) {
    if (!node.endpoint.admits_ballot(from, message.promised)) return;
    if (!node.proposer.see(message.promised)) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    node.step_down(now);
}

/// The leader wants this node to take over: no need to ask around.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const transfer& message,
                                         instant now) {
    if (!node.endpoint.admits_proposer(from, message.ballot)) return;
    const bool comes_from_leader =
        from != node.self() && message.ballot == node.leadership.leader();
    if (!comes_from_leader) {
        node.endpoint.refuse(from, refusal::unexpected);
    } else if (message.ballot < node.acceptor.promised()) {
        node.endpoint.refuse(from, refusal::promised_higher);
    } else {
        campaign(node, now);
    }
}

}  // namespace synod::inline SYNOD_ABI::detail
