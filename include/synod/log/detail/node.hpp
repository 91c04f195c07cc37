// synod/log/detail/node.hpp - the state of a replica, and the steps that all its parts share.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/log/applier.hpp>
#include <synod/log/catch_up.hpp>
#include <synod/log/leadership.hpp>
#include <synod/log/messages.hpp>
#include <synod/log/policy.hpp>
#include <synod/log/proposals.hpp>
#include <synod/log/read_barrier.hpp>
#include <synod/paxos/acceptor_core.hpp>
#include <synod/paxos/backoff.hpp>
#include <synod/paxos/endpoint.hpp>
#include <synod/paxos/learner_core.hpp>
#include <synod/paxos/proposer_core.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

namespace synod::inline SYNOD_ABI::detail {

/// A transport whose `is_single_threaded` is true never takes a message off its thread; then the
/// counts of shared entries need not be atomic.
template <class Transport>
[[nodiscard]] constexpr sharing sharing_of() {
    if constexpr (requires { requires Transport::is_single_threaded; }) return sharing::one_thread;
    return sharing::between_threads;
}

/// Everything that a replica holds. The three roles share one endpoint: one outbox, one transport,
/// one storage. The functions that work on it stand in following.hpp, electing.hpp and leading.hpp,
/// one for each message of each role.
template <class Machine, class Transport, class Storage, class Policy>
struct node {
    using policy_type = Policy;
    using value_type = deferred<entry, Storage>;
    using proposer_type = proposer_core<value_type>;

    [[gnu::noinline, gnu::cold]] node(const group& group, Machine&& machine, Transport&& transport,
                                      Storage&& storage, Policy&& policy)
        : endpoint(group, std::move(transport), std::move(storage), std::move(policy)),
          applier(std::move(machine)),
          leadership(limits().election_timeout, seed()),
          retry(limits().first_retry, limits().longest_retry, seed() + 1),
          missing(limits().first_retry, limits().longest_retry, seed() + 2) {}

    [[gnu::noinline, gnu::cold]] node(const node&) = default;
    [[gnu::noinline, gnu::cold]] node(node&&) = default;
    node& operator=(const node&) = default;
    node& operator=(node&&) = default;
    [[gnu::noinline, gnu::cold]] ~node() = default;

    [[nodiscard]] Policy& policy() { return endpoint.policy(); }
    [[nodiscard]] const log_limits& limits() const { return endpoint.policy().limits; }
    [[nodiscard]] const auto& rules() const { return endpoint.policy().rules; }
    [[nodiscard]] node_id self() const { return endpoint.group().self(); }
    [[nodiscard]] node_set members() const { return endpoint.policy().quorums.members(); }
    [[nodiscard]] node_set peers() const { return members() - node_set{self()}; }

    /// Nodes with the same seed in their limits still draw different numbers.
    [[nodiscard]] std::uint64_t seed() const { return limits().seed * max_nodes + self().value(); }

    /// Takes note of what became chosen and is at hand.
    [[gnu::noinline, gnu::cold]] void advance() { learner.advance(acceptor.votes(), policy()); }

    /// Replays a record of an earlier life.
    template <class Record>
    void replay(const Record& record) {
        if constexpr (requires { acceptor.recover(record); }) acceptor.recover(record);
        if constexpr (requires { proposer.recover(record); }) proposer.recover(record);
        if constexpr (std::same_as<Record, chosen_record>) learner.hear(ballot(), record.below);
    }

    /// Gives leadership, or the attempt at it, up: what is in flight may still be decided by
    /// another leader, what is queued will not.
    [[gnu::noinline, gnu::cold]] void step_down(instant now) {
        if (proposer.current() == proposer_type::phase::idle) return;
        auto& out = endpoint.output();
        proposer.stop(out);
        retry.disarm();
        successor.reset();
        abandon();
        leadership.stand_by(now);
    }

    /// The storage has failed: nothing more comes from this node.
    [[gnu::noinline, gnu::cold]] void fall_silent() {
        step_down(instant());
        abandon();
    }

    /// Ends every proposal and read that has not ended.
    [[gnu::noinline, gnu::cold]] void abandon() {
        proposals.abandon();
        reads.abandon([this](ticket read) { proposals.finish(read, outcome::not_decided); });
    }

    /// Applies every chosen entry in slot order. [PMMC 2.1]
    [[gnu::always_inline]] void apply_chosen() {
        if (applier.next() == learner.next()) return;
        for (slot at = applier.next(); at < learner.next(); ++at) {
            if (!rules().is_next_to_apply(at, applier.next())) return;
            apply(at, acceptor.votes().value_of(at));
            policy().observer.applied(at);
        }
        keep_within_bounds();
    }

    /// What is applied now survives a crash, if every vote does.
    void note_stable() {
        if (!endpoint.outbox().has_unsynced()) {
            stable_below = applier.next();
        } else {
            note_stable_part();
        }
    }

    /// While one sync is always under way there is no moment at which everything is durable; then
    /// this is how far it was applied when the records that are durable now were the newest.
    [[gnu::noinline, gnu::cold]] void note_stable_part() {
        if (!endpoint.outbox().is_durable(marked_record)) return;
        if (marked_below > stable_below) stable_below = marked_below;
        marked_record = endpoint.outbox().newest_record();
        marked_below = applier.next();
    }

    /// Lets go of the entries below `below`, as far as they are applied.
    [[gnu::noinline]] void trim(slot below) {
        if (below > applier.next()) below = applier.next();
        acceptor.forget(below);
        endpoint.forget(below);
    }

    /// Trims what is too long ago to wait for those who have not got it. What is kept leaves room
    /// for two windows: slots are opened up to a window beyond what the leader knows as chosen, and
    /// that may be a window beyond what is applied here.
    void keep_within_bounds() {
        const std::uint64_t kept = applier.next() - acceptor.votes().first();
        if (kept + 2 * limits().window > limits().retained) trim_oldest(kept);
    }
    [[gnu::noinline, gnu::cold]] void trim_oldest(std::uint64_t kept) {
        trim(acceptor.votes().first() + (kept - limits().retained / 2));
    }

    /// Compares what the future hangs on. Two nodes may have come there in different ways: records
    /// are counted from the newest.
    friend bool operator==(const node& a, const node& b)
        requires std::equality_comparable<Machine> && std::equality_comparable<Transport> &&
                 std::equality_comparable<Storage>
    {
        return a.endpoint == b.endpoint && a.acceptor == b.acceptor && a.proposer == b.proposer &&
               a.learner == b.learner && a.applier == b.applier && a.proposals == b.proposals &&
               a.reads == b.reads && a.leadership == b.leadership && a.retry == b.retry &&
               a.missing == b.missing && a.stamper == b.stamper && a.has_same_marks(b);
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(endpoint);
        sink.add(acceptor);
        sink.add(proposer);
        sink.add(learner);
        sink.add(applier);
        sink.add(proposals);
        sink.add(reads);
        sink.add(leadership);
        sink.add(retry);
        sink.add(missing);
        sink.add(stamper);
        add_marks(sink);
    }

    synod::endpoint<outbox<value_type, deferred<replica_message, Storage>>, Transport, Storage,
                    Policy>
        endpoint;
    acceptor_core<value_type> acceptor;
    proposer_type proposer;
    learner_core learner;             // at most as far as the votes of acceptor reach
    synod::applier<Machine> applier;  // at most as far as learner
    buffer_pool pool{sharing_of<Transport>()};
    synod::proposals<value_type> proposals;  // empty of what is not finished, unless leading
    read_barrier reads;                      // likewise
    synod::leadership leadership;
    backoff retry;  // of phase 1, or of the votes asked for while leading
    catch_up missing;
    typename Policy::stamper stamper;

    slot next;                         // while leading: the first slot not opened in this ballot
    slot barrier;                      // while leading: the slot of the own first entry
    slot retry_mark;                   // what was chosen when retry was armed
    instant heartbeat_due;             // while leading
    std::optional<node_id> successor;  // while leadership is being handed over
    instant successor_deadline;
    std::array<slot, max_nodes> applied_below{};  // by member, as far as it said, while leading
    slot trimmable_below;  // every member has applied, durably, every slot below
    slot stable_below;     // applied here, from votes that are durable
    slot marked_below;     // will be, once marked_record is durable
    std::uint64_t marked_record = 0;
    slot noted_below;   // the newest chosen_record
    slot behind_below;  // beyond the slot that somebody had trimmed when this node needed it
    bytes discarded;    // results that nobody waits for

private:
    /// How many records came after the marked one; all of them are alike once it is durable.
    [[nodiscard]] std::uint64_t behind_mark() const {
        const auto& outbox = endpoint.outbox();
        return outbox.is_durable(marked_record) ? UINT64_MAX
                                                : outbox.newest_record() - marked_record;
    }

    [[nodiscard]] bool has_same_marks(const node& other) const {
        return next == other.next && barrier == other.barrier && retry_mark == other.retry_mark &&
               heartbeat_due == other.heartbeat_due && successor == other.successor &&
               successor_deadline == other.successor_deadline &&
               applied_below == other.applied_below && trimmable_below == other.trimmable_below &&
               stable_below == other.stable_below && marked_below == other.marked_below &&
               behind_mark() == other.behind_mark() && noted_below == other.noted_below &&
               behind_below == other.behind_below;
    }

    template <class Sink>
    void add_marks(Sink& sink) const {
        sink.add(next);
        sink.add(barrier);
        sink.add(retry_mark);
        sink.add(heartbeat_due);
        sink.add(successor.has_value());
        if (successor) sink.add(*successor);
        sink.add(successor_deadline);
        sink.add(applied_below);
        sink.add(trimmable_below);
        sink.add(stable_below);
        sink.add(marked_below);
        sink.add(behind_mark());
        sink.add(noted_below);
        sink.add(behind_below);
    }

    [[gnu::always_inline]] void apply(slot at, const entry& decided) {
        const bool is_own = proposals.is_in_flight(at);
        applier.apply(decided, policy(), is_own ? proposals.results() : discarded,
                      [this, is_own](position done, std::size_t begin) {
                          if (is_own) proposals.finish(done, begin);
                      });
        if (is_own) {
            proposals.land();
        } else {
            discarded.clear();
        }
    }
};

/// Whom to ask for what is missing: the leader first, and then everybody in turn, for the way to
/// the leader may be cut, or the way back.
template <class Node>
[[nodiscard]] node_id source_of_missing(const Node& node) {
    node_set others = node.peers();
    std::uint64_t turn = node.missing.turn() % others.size();
    const ballot led = node.leadership.leader();
    if (led.exists() && others.contains(led.proposer())) {
        if (turn == 0) return led.proposer();
        --turn;
        others = others - node_set{led.proposer()};
    }
    auto next = others.begin();
    for (; turn > 0; --turn) ++next;
    return *next;
}

/// A leader asks nobody: phase 1 has told it.
template <class Node>
[[gnu::noinline, gnu::cold]] void ask_for_missing(Node& node, instant now) {
    if (node.leadership.is_leading() || node.peers().empty()) return node.missing.rest();
    const slot next = node.learner.next();
    const std::uint64_t per_answer = node.limits().votes_per_answer;
    if (!node.missing.should_ask(next, node.learner.known_below(), per_answer, now)) return;
    auto& out = node.endpoint.output();
    out.send(source_of_missing(node), fetch{out.header(), next});
}

/// Asks for chosen slots that are not at hand, when it is time to.
template <class Node>
void fetch_missing(Node& node, instant now) {
    const bool misses = node.learner.next() < node.learner.known_below();
    if (misses || node.missing.is_asking()) ask_for_missing(node, now);
}

/// Whether an answer about slots that are missing here can be on its way: to a `fetch`, or to the
/// `accept` of a leader that lags.
template <class Node>
[[nodiscard]] bool has_asked(const Node& node) {
    return node.missing.is_asking() ||
           (node.leadership.is_leading() && node.learner.next() < node.next);
}

/// Somebody has trimmed all below `kept`, of which this node needs the first. Until that comes from
/// another it is behind, and a node that lacks what was chosen cannot lead.
template <class Node>
[[gnu::noinline, gnu::cold]] void fall_behind(Node& node, slot kept, instant now) {
    const slot needed = node.learner.next();
    node.behind_below = needed;
    ++node.behind_below;
    node.policy().observer.fell_behind(needed, kept);
    node.step_down(now);
}

/// The leader of `led` spoke, and called every slot below `below` chosen.
template <class Node>
[[gnu::always_inline]] inline void hear_leader(Node& node, ballot led, slot below, instant now) {
    if (node.proposer.see(led)) node.step_down(now);
    node.leadership.follow(led, now);
    node.learner.hear(led, below);
}

/// Writes down, now and then, how much is known to be chosen.
template <class Node>
void note_chosen(Node& node) {
    if (node.learner.next() == node.noted_below) return;
    node.noted_below = node.learner.next();
    node.endpoint.output().append(chosen_record{node.noted_below});
}

}  // namespace synod::inline SYNOD_ABI::detail
