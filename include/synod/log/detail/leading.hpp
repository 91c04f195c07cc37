// synod/log/detail/leading.hpp - a replica as leader: it opens slots, asks for votes, counts them,
// and sees to it that it still leads.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/log/detail/node.hpp>

#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// An acceptor voted. [PMS 2.3]
template <class Node>
[[gnu::always_inline]] inline void handle(Node& node, node_id from, const accepted& message,
                                          instant now) {
    const bool is_awaited = node.leadership.is_leading() &&
                            message.ballot == node.proposer.attempt() && message.at < node.next &&
                            node.members().contains(from);
    if (!is_awaited) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    node.leadership.hear(from, now);
    if (!node.learner.count(from, message.at, message.ballot, node.policy())) return;
    node.learner.advance(node.acceptor.votes(), node.policy());
}

/// Ends the reads whose moment has come.
template <class Node>
[[gnu::noinline]] void finish_reads(Node& node) {
    if (!node.leadership.is_leading()) return;
    node.reads.release(node.self(), node.applier.next(), node.barrier, node.policy(),
                       [&](ticket read) { node.proposals.finish(read, outcome::readable); });
}

/// What every member has applied, as far as they said: a follower may be ahead of a leader that has
/// just taken over.
template <class Node>
void update_trimmable(Node& node) {
    slot least = node.stable_below;
    for (const node_id one : node.peers()) {
        if (node.applied_below[one.value()] < least) least = node.applied_below[one.value()];
    }
    if (least > node.trimmable_below) node.trimmable_below = least;
}

/// A follower answered.
template <class Node>
[[gnu::noinline, gnu::cold]] void handle(Node& node, node_id from, const heartbeat_reply& message,
                                         instant now) {
    const bool is_awaited =
        node.leadership.is_leading() && message.ballot == node.proposer.attempt() &&
        node.members().contains(from) && node.reads.hear(from, message.sequence);
    if (!is_awaited) {
        node.endpoint.refuse(from, refusal::stale_reply);
        return;
    }
    node.leadership.hear(from, now);
    slot& applied = node.applied_below[from.value()];
    if (message.applied_below > applied) applied = message.applied_below;
    update_trimmable(node);
}

/// Sends a heartbeat to every other member. It rests on the newest record, so a leader whose
/// storage hangs falls silent, and another one takes over.
template <class Node>
[[gnu::noinline, gnu::cold]] void send_heartbeats(Node& node, instant now) {
    note_chosen(node);
    update_trimmable(node);
    node.heartbeat_due = now + node.limits().heartbeat_interval;
    auto& out = node.endpoint.output();
    const heartbeat message{out.header(), node.proposer.attempt(), node.reads.next_round(),
                            node.learner.next(), node.trimmable_below};
    for (const node_id to : node.peers()) out.send(to, message);
}

/// Opens the next slot for `value`: votes for it here, and asks the others. The request reveals
/// nothing that a crash could take back, so it goes out before the own vote is durable; that one
/// counts only afterwards.
template <class Node>
[[gnu::noinline]] void open_slot(Node& node, entry value) {
    const slot at = node.next;
    ++node.next;
    auto& out = node.endpoint.output();
    const ballot own = node.proposer.attempt();
    const slot below = node.learner.next();
    for (const node_id to : node.peers()) {
        node.endpoint.send(to, accept<entry>{out.header(), own, at, below, value});
    }
    node.acceptor.receive(node.self(), {out.header(), own, at, below, std::move(value)}, out);
}

/// What a slot below the barrier gets: the value that phase 1 found, or one that does nothing.
/// [PMMC fig 7]
template <class Node>
[[nodiscard, gnu::noinline, gnu::cold]] entry inherited(Node& node) {
    if (const vote<entry>* bound = node.proposer.bound(node.next, node.rules())) {
        return bound->value;
    }
    return entry::make(node.pool, entry_kind::no_op, node.proposer.attempt(), 0);
}

/// Whether the window has room for another slot.
template <class Node>
[[nodiscard]] bool has_room(const Node& node) {
    return node.next - node.learner.next() < node.limits().window;
}

/// When log time must move on because the machine waits for it. While no batch may be opened there
/// is nothing to wake up for.
template <class Node>
[[nodiscard]] instant time_due(const Node& node) {
    const log_time deadline = node.applier.deadline();
    if (!node.leadership.is_leading() || deadline == log_time::never()) return instant::never();
    if (!has_room(node) || node.next <= node.barrier || node.successor) return instant::never();
    const std::uint64_t now = node.applier.clock().now().milliseconds();
    const std::uint64_t wanted = deadline.milliseconds() > now ? deadline.milliseconds() - now : 0;
    const std::uint64_t longest = node.limits().max_step_ms / 2;
    std::uint64_t wait = wanted < longest ? wanted : longest;
    if (wait == 0) wait = 1;
    return node.stamper.last() + milliseconds(static_cast<std::int64_t>(wait));
}

/// The next batch of commands, or an empty one if log time must move on. Returns whether there was
/// one.
template <class Node>
[[gnu::always_inline]] inline bool open_batch(Node& node, instant now) {
    if (node.proposals.queued() == 0 && now < time_due(node)) return false;
    const log_limits& limits = node.limits();
    const auto batch = node.proposals.front(limits.batch_commands, limits.batch_bytes);
    const std::uint32_t elapsed = node.stamper.stamp(now, limits.max_step_ms);
    entry value = entry::make(node.pool, entry_kind::commands, node.proposer.attempt(), elapsed,
                              batch.count, batch.frames);
    if (batch.count > 0) node.proposals.launch(node.next, batch);
    open_slot(node, std::move(value));
    return true;
}

/// Opens a slot up to the barrier: one that phase 1 found, or the leader's own first one.
template <class Node>
[[gnu::noinline, gnu::cold]] void open_first(Node& node) {
    if (node.next < node.barrier) {
        open_slot(node, inherited(node));
        node.proposer.release(node.next);
        return;
    }
    open_slot(node, entry::make(node.pool, entry_kind::new_leader, node.proposer.attempt(), 0));
}

/// Opens one slot, if there is something to put there. Returns whether it did.
template <class Node>
[[gnu::always_inline]] inline bool open_next(Node& node, instant now) {
    if (node.next > node.barrier) return !node.successor && open_batch(node, now);
    open_first(node);
    return true;
}

/// Whether a flush has left something that could be asked for now: another round for reads, or
/// votes for another slot.
template <class Node>
[[nodiscard]] bool has_more_to_ask(const Node& node) {
    if (!node.leadership.is_leading()) return false;
    if (node.reads.wants_round()) return true;
    if (!has_room(node)) return false;
    return node.next <= node.barrier || (node.proposals.queued() > 0 && !node.successor);
}

/// Chosen entries may still come from others, asked for before this node led: what they fill need
/// not be proposed.
template <class Node>
[[gnu::noinline, gnu::cold]] void skip_chosen(Node& node) {
    const slot chosen_below = node.learner.next();
    if (node.next <= node.barrier && node.barrier < chosen_below) node.barrier = chosen_below;
    node.next = chosen_below;
    node.proposer.release(chosen_below);
}

template <class Node>
[[gnu::noinline, gnu::cold]] void arm_retry(Node& node, instant now) {
    node.retry_mark = node.learner.next();
    node.retry.arm(now);
}

/// What a leader does in each flush. What it inherits and knows to be chosen already is at hand
/// with its own vote; nobody is asked for another one, so nobody's answer would tell.
template <class Node>
[[gnu::always_inline]] inline void lead(Node& node, instant now) {
    if (node.next <= node.barrier) node.advance();
    if (node.next < node.learner.next()) skip_chosen(node);
    if (node.reads.wants_round()) send_heartbeats(node, now);
    while (has_room(node) && open_next(node, now)) {
        if (!node.retry.is_armed()) arm_retry(node, now);
    }
}

/// Asks again for the votes that are missing.
template <class Node>
[[gnu::noinline, gnu::cold]] void ask_again(Node& node) {
    auto& out = node.endpoint.output();
    std::uint64_t left = node.limits().votes_per_answer;
    for (slot at = node.learner.next(); at < node.next && left > 0; ++at) {
        if (node.learner.is_chosen(at)) continue;
        --left;
        for (const node_id to : node.peers() - node.learner.voters(at)) {
            out.send(to, accept<entry>{out.header(), node.proposer.attempt(), at,
                                       node.learner.next(), node.acceptor.votes().value_of(at)});
        }
    }
}

template <class Node>
[[gnu::noinline, gnu::cold]] void retry_votes(Node& node, instant now) {
    if (!node.retry.is_armed() || !node.retry.is_due(now)) return;
    node.retry.disarm();
    if (node.learner.next() == node.next) return node.retry.relax();
    const bool made_progress = node.learner.next() > node.retry_mark;
    if (made_progress) node.retry.relax();
    if (!made_progress) ask_again(node);
    arm_retry(node, now);
}

/// Hands over, once nothing is in flight, or gives up handing over.
template <class Node>
[[gnu::noinline, gnu::cold]] void hand_over(Node& node, instant now) {
    if (!node.successor) return;
    if (now >= node.successor_deadline) return node.successor.reset();
    if (node.learner.next() != node.next) return;
    auto& out = node.endpoint.output();
    out.send(*node.successor, transfer{out.header(), node.proposer.attempt()});
}

/// What a leader does when time has passed.
template <class Node>
[[gnu::noinline, gnu::cold]] void tick_leader(Node& node, instant now) {
    const node_set heard = node.leadership.hears(node.members(), node.self(), now);
    if (!node.policy().quorums.is_phase2(heard)) return node.step_down(now);
    if (now >= node.heartbeat_due) {
        send_heartbeats(node, now);
        hand_over(node, now);
    }
    retry_votes(node, now);
}

}  // namespace synod::inline SYNOD_ABI::detail
