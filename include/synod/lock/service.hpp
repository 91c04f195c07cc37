// synod/lock/service.hpp - the lock service at one replica: requests of clients in, replies and
// events out.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/event.hpp>
#include <synod/lock/messages.hpp>
#include <synod/lock/reply.hpp>
#include <synod/log/replica.hpp>
#include <synod/paxos/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// Believes what clients say of themselves: for where only clients that can be trusted reach the
/// service.
struct takes_on_trust {
    /// The principal of the sessions that the client at `from` opens, which says that it is
    /// `claimed`.
    [[nodiscard]] std::string_view operator()(node_id /*from*/, std::string_view claimed) const {
        return claimed;
    }
};

/// What stands between clients and a replica whose machine is a lock table. It names no session and
/// grants no lock: it hands commands to the replica, replies to whoever asked, and events to
/// whoever spoke last for their session.
///
/// Inputs only decide: `receive` and `complete` stage, `flush` sends. Every request is answered
/// once, at the latest by `stop`; a request with another cluster's id is answered `not_leader`
/// under the right one. What is refused unread is told to the replica's observer. Events go out at
/// the leader and are dropped elsewhere: they are hints, and `query` tells the same.
///
/// A host that knows who its clients are gives a `Vouch` of its own, which is called as
/// `takes_on_trust` is, and what it returns is good until the next call: it goes into the log in
/// the place of what the client says. Longer than `principal_bytes_end` it is refused there, as
/// name_too_long. It is asked for openings alone, so the network is to see to it that nobody speaks
/// for another's session. (locks 3.4)
///
/// Memory: a few words for each request at the replica, which log_limits::pending_commands bounds,
/// and for each live session. Not thread-safe; belongs to the thread of its replica.
template <transport<to_client> Link, class Vouch = takes_on_trust>
class service {
    template <class T>
    using deferred = synod::detail::deferred<T, Link>;

public:
    /// A longer command is answered `too_large`: 64 locks with names of 512 bytes fit, or some
    /// 4,000 tokens.
    static constexpr std::size_t max_command_bytes = std::size_t{36} * 1024;

    service(cluster_id cluster, Link link, Vouch vouch = Vouch())
        : cluster_(cluster), link_(std::move(link)), vouch_(std::move(vouch)) {}

    /// A client asks for a command. Amortised linear in its size.
    template <class Replica>
    void receive(Replica& replica, node_id from, client_request&& request, instant now) {
        auto& observer = replica.policy().observer;
        if (request.cluster != cluster_) {
            observer.refused(from, synod::refusal::wrong_cluster);
            return answer(from, request.number, outcome::not_leader);
        }
        if (request.command.size() > max_command_bytes) {
            observer.refused(from, synod::refusal::too_large);
            return answer(from, request.number, outcome::too_large);
        }
        deferred<command_view> asked;
        if (!decode(request.command, asked)) {
            observer.refused(from, synod::refusal::malformed);
            return answer_malformed(from, request.number);
        }
        name_principal(from, request.command, asked);
        const submission said = replica.propose(request.command, now);
        switch (said.answer) {
            case synod::answer::queued: return wait(said.ticket, from, request.number, asked);
            case synod::answer::overloaded:
                return answer(from, request.number, outcome::overloaded);
            case synod::answer::too_large: return answer(from, request.number, outcome::too_large);
            case synod::answer::not_leader: return redirect(from, request.number, said.leader);
            case synod::answer::failed: return answer(from, request.number, outcome::not_leader);
        }
    }

    /// Takes one completion that the replica hands out. False if it ends nothing that came through
    /// here.
    template <class Table>
    bool complete(const Table& machine, const completion& end) {
        if (waiting_.empty() || waiting_.front().ticket != end.ticket) return false;
        const asked_for asked = waiting_.front();
        waiting_.pop_front();
        client_reply made{cluster_, asked.number, outcome_of(end.outcome), false, {}, {}};
        made.reply = to_bytes(end.result);
        if (end.outcome == synod::outcome::decided) note_speaker(machine, asked, end.result);
        staged_.push_back({asked.client, std::move(made)});
        return true;
    }

    /// Sends what is staged, then the events of the table. Comes after the `flush` of the replica
    /// and the `drain` of it.
    template <class Replica>
    void flush(Replica& replica) {
        for (letter& next : staged_) link_.send(next.to, std::move(next.message));
        staged_.clear();
        auto& machine = replica.machine();
        if (!replica.is_leading()) {
            speakers_.clear();
            return machine.drain_events([](const auto&) {});
        }
        machine.drain_events([this](const auto& happened) { tell(happened); });
        forget_ended(machine);
    }

    /// Drains the replica and flushes, for a host that has no other use for completions.
    template <class Replica>
    void serve(Replica& replica) {
        const auto& machine = replica.machine();
        replica.drain([&](const completion& end) { complete(machine, end); });
        flush(replica);
    }

    /// Answers every request that is not answered yet with `stopped`: the replica is going away,
    /// and its outcome is unknown.
    void stop() {
        for (letter& next : staged_) link_.send(next.to, std::move(next.message));
        staged_.clear();
        for (; !waiting_.empty(); waiting_.pop_front()) {
            const asked_for& asked = waiting_.front();
            link_.send(asked.client,
                       client_reply{cluster_, asked.number, outcome::stopped, false, {}, {}});
        }
    }

    /// Requests that the replica has taken on and that are not answered.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// Sessions of which a client has spoken here.
    [[nodiscard]] std::size_t speakers() const { return speakers_.size(); }

private:
    struct asked_for {
        synod::ticket ticket;
        node_id client;
        std::uint64_t number = 0;
        bool opens = false;  // its reply names the session
        session_id session;  // unless it opens one
    };

    struct letter {
        node_id to;
        client_reply message;
    };

    [[nodiscard]] static outcome outcome_of(synod::outcome end) {
        switch (end) {
            case synod::outcome::decided: return outcome::answered;
            case synod::outcome::not_decided: return outcome::not_decided;
            case synod::outcome::unknown:
            case synod::outcome::readable: break;
        }
        return outcome::outcome_unknown;
    }

    /// Puts whom the host vouches for in the place of whom the client says it is.
    void name_principal(node_id from, bytes& encoded, deferred<command_view>& asked) {
        const auto* const opens = asked.template get_if<open_session_view>();
        if (opens == nullptr) return;
        const std::string_view known = vouch_(from, opens->principal);
        if (known == opens->principal) return;
        deferred<command> named;
        bool is_command = decode(encoded, named);
        get<open_session>(named).principal = known;
        encoded.clear();
        byte_writer out(encoded);
        encode(named, out);
        is_command = decode(encoded, asked) && is_command;
        SYNOD_ASSERT(is_command);
    }

    void answer(node_id to, std::uint64_t number, outcome how) {
        staged_.push_back({to, client_reply{cluster_, number, how, false, {}, {}}});
    }

    void redirect(node_id to, std::uint64_t number, std::optional<node_id> leader) {
        staged_.push_back({to, client_reply{cluster_,
                                            number,
                                            outcome::not_leader,
                                            leader.has_value(),
                                            leader.value_or(node_id()),
                                            {}}});
    }

    /// Bytes that are no command need not go through the log to be told so.
    void answer_malformed(node_id to, std::uint64_t number) {
        client_reply made{cluster_, number, outcome::answered, false, {}, {}};
        byte_writer out(made.reply);
        encode(deferred<reply>(refused{refusal::malformed}), out);
        staged_.push_back({to, std::move(made)});
    }

    template <class Command>
    void wait(ticket issued, node_id from, std::uint64_t number, const Command& asked) {
        asked_for& waiting = waiting_.emplace_back();
        waiting.ticket = issued;
        waiting.client = from;
        waiting.number = number;
        visit(
            [&waiting](const auto& one) {
                if constexpr (requires { one.stamp.session; }) {
                    waiting.session = one.stamp.session;
                } else {
                    waiting.opens = true;
                }
            },
            asked);
    }

    /// Events of the session go to this client from now on, if it is one.
    template <class Table>
    void note_speaker(const Table& machine, const asked_for& asked, bytes_view result) {
        session_id session = asked.session;
        if (asked.opens) {
            deferred<reply> said;
            if (!decode(result, said) || !holds_alternative<opened>(said)) return;
            session = get<opened>(said).session;
        }
        if (machine.sessions().is_live(session)) speakers_[session] = asked.client;
    }

    void tell(const deferred<event>& happened) {
        const auto speaker = speakers_.find(session_of(happened));
        if (speaker == speakers_.end()) return;
        client_event made{cluster_, {}};
        byte_writer out(made.event);
        encode(happened, out);
        link_.send(speaker->second, std::move(made));
        if (holds_alternative<session_ended>(happened)) speakers_.erase(speaker);
    }

    /// A session that was closed ends without an event. Amortised constant time.
    template <class Table>
    void forget_ended(const Table& machine) {
        if (speakers_.size() < 2 * machine.sessions().size() + spare_speakers) return;
        erase_if(speakers_,
                 [&machine](const auto& one) { return !machine.sessions().is_live(one.first); });
    }

    static constexpr std::size_t spare_speakers = 64;

    cluster_id cluster_;
    Link link_;
    [[no_unique_address]] Vouch vouch_;
    queue<asked_for> waiting_;    // tickets rise
    std::vector<letter> staged_;  // answers that `flush` sends
    // While leading: who spoke last for each live session.
    ordered_map<session_id, deferred<node_id>> speakers_;
};

}  // namespace synod::inline SYNOD_ABI::lock
