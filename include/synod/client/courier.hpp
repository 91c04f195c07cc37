// synod/client/courier.hpp - carries a session's commands to whoever leads, again and again, until
// each has been answered once.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/queue.hpp>
#include <synod/client/config.hpp>
#include <synod/client/parcel.hpp>
#include <synod/client/policy.hpp>
#include <synod/lock/messages.hpp>
#include <synod/paxos/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// Sequences, acknowledgements and retries of one session. (locks R5) A command whose outcome is
/// unknown is sent again under its own sequence, never under a new one, so it takes effect at most
/// once however often it travels. Inputs only decide; `flush` sends.
template <transport<lock::to_replica> Transport>
class courier {
public:
    /// Named through the parameter, so that a file which includes this one but has no courier
    /// instantiates none of it.
    using command = synod::detail::deferred<lock::command, Transport>;
    using reply = synod::detail::deferred<lock::reply, Transport>;
    using parcel = client::parcel<command>;
    using delivery = client::delivery<command, reply>;

    courier(const client_identity& identity, const client_config& config, Transport transport)
        : identity_(identity),
          config_(config),
          transport_(std::move(transport)),
          random_(identity.seed) {
        first_number_ = random_.next();
    }

    /// Drops everything, and asks for a session. Its commands follow once `serve` has told which
    /// one it is.
    void open(const lock::open_session& asked) {
        clear();
        add(0, asked, {});
    }

    /// From now on commands belong to this session, and are counted from 1.
    void serve(session_id session) {
        clear();
        session_ = session;
        next_sequence_ = 1;
    }

    /// Forgets the session and every command. What comes back for them is not known any more.
    void clear() {
        withdraw_all();
        first_number_ += carried_.size();
        carried_.clear();
        next_sequence_ = 0;
    }

    /// Whether a command that takes something may go; the other half of the window is for those
    /// that give back.
    [[nodiscard]] bool has_room() const { return span() < config_.window / 2; }

    /// Sends a command with the next flush. Returns its sequence. Precondition: has_room(), and a
    /// session is served.
    std::uint64_t send(command what, request_id about) {
        SYNOD_ASSERT(next_sequence_ > 0);
        return add(next_sequence_++, std::move(what), about);
    }

    /// Sends a command as soon as there is room for it, in the order of these calls.
    void post(command what, request_id about) { backlog_.push_back({std::move(what), about}); }

    /// Stops carrying a command. That acknowledges it: if it is still on its way, it will be
    /// refused as stale.
    void withdraw(std::uint64_t sequence) { parcels_.erase(sequence); }
    template <class Which>
    void withdraw_if(Which&& is_useless) {
        erase_if(parcels_, [&](const auto& one) { return is_useless(one.second); });
    }
    void withdraw_all() {
        parcels_.clear();
        backlog_.clear();
    }

    /// Calls `visit(parcel)` for each command on its way, in the order of their sequences.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [sequence, one] : parcels_) visit(one);
    }

    /// Takes a reply. If it ends a command, that command and its answer. `refuse(why)` is called
    /// for one that is not looked at.
    template <class Refuse>
    [[nodiscard]] std::optional<delivery> receive(node_id from, const lock::client_reply& came,
                                                  instant now, Refuse&& refuse) {
        const auto no = [&refuse](refusal why) {
            refuse(why);
            return std::nullopt;
        };
        const auto found = find(came.number);
        if (found == parcels_.end()) return no(refusal::unknown_number);
        parcel& one = found->second;
        if (came.outcome == lock::outcome::too_large) {
            return deliver(found, from, lock::refused{lock::refusal::name_too_long});
        }
        if (came.outcome != lock::outcome::answered) {
            if (came.number == one.last_number) send_again(one, from, came, now);
            return std::nullopt;
        }
        reply said;
        if (!decode(came.reply, said)) return no(refusal::malformed);
        if (!detail::may_answer(one.command, said)) return no(refusal::unexpected_reply);
        if (is_refused_for_now(said)) return std::nullopt;  // its backoff is running
        return deliver(found, from, said);
    }

    /// Finds what has waited too long for its answer, and stops trusting the replica that it went
    /// to.
    void tick(instant now) {
        for (auto& [sequence, one] : parcels_) {
            if (one.is_due || !one.retry.is_due(now)) continue;
            one.is_due = true;
            one.redirections = 0;
            if (one.last_to == target()) turn_to_next();
        }
    }

    /// Sends what is due. `sent(to)` is called for each message.
    template <class Sent>
    void flush(instant now, Sent&& sent) {
        while (next_sequence_ > 0 && !backlog_.empty() && span() < config_.window) {
            errand next = std::move(backlog_.front());
            backlog_.pop_front();
            add(next_sequence_++, std::move(next.command), next.about);
        }
        for (auto& [sequence, one] : parcels_) {
            if (!one.is_due) continue;
            transmit(one, now);
            sent(one.last_to);
        }
    }

    /// When `tick` has something to find.
    [[nodiscard]] instant next_deadline() const {
        instant next = instant::never();
        for (const auto& [sequence, one] : parcels_) next = earlier(next, one.retry.deadline());
        return next;
    }

    [[nodiscard]] session_id session() const { return session_; }
    [[nodiscard]] std::size_t on_their_way() const { return parcels_.size() + backlog_.size(); }
    [[nodiscard]] Transport& transport() { return transport_; }

private:
    using parcels = ordered_map<std::uint64_t, parcel>;

    struct errand {
        courier::command command;
        request_id about;
    };

    /// After so many hints in a row a command waits for its backoff, and goes to somebody else
    /// then, so that two replicas which take each other for the leader do not keep it flying
    /// between them.
    static constexpr std::uint32_t most_redirections = 2;
    /// Transmissions whose answers are still known. Older ones have been sent again since.
    static constexpr std::size_t most_transmissions = 1024;

    std::uint64_t add(std::uint64_t sequence, command what, request_id about) {
        const backoff retry(config_.first_retry, config_.longest_retry, random_.next());
        parcels_.emplace(sequence, parcel(sequence, std::move(what), about, retry));
        return sequence;
    }

    /// How far apart the lowest and the next sequence are. The service keeps a reply for each in
    /// between at most.
    [[nodiscard]] std::uint64_t span() const {
        return parcels_.empty() ? 0 : next_sequence_ - parcels_.begin()->first;
    }

    /// The command that transmission `number` carried.
    [[nodiscard]] typename parcels::iterator find(std::uint64_t number) {
        const std::uint64_t index = number - first_number_;
        return index < carried_.size() ? parcels_.find(carried_[index]) : parcels_.end();
    }

    [[nodiscard]] static bool is_refused_for_now(const reply& said) {
        const auto* const refused = get_if<lock::refused>(&said);
        return refused != nullptr && refused->reason == lock::refusal::too_many_outstanding;
    }

    delivery deliver(typename parcels::iterator found, node_id from, const reply& said) {
        delivery made{std::move(found->second), said, answered_by_ != from};
        parcels_.erase(found);
        answered_by_ = from;
        turn_to(from);
        return made;
    }

    /// The replica did not carry the command out, or does not know. A good hint is followed at
    /// once, unless there were too many: then, as after a bad one, the backoff runs on. Without a
    /// hint it begins anew.
    void send_again(parcel& one, node_id from, const lock::client_reply& came, instant now) {
        if (came.outcome == lock::outcome::overloaded) return;
        if (one.last_to != from) return;
        const bool has_hint = came.has_hint && came.hint != from;
        if (has_hint && one.redirections < most_redirections && turn_to(came.hint)) {
            ++one.redirections;
            one.is_due = true;
            return;
        }
        if (from == target()) turn_to_next();
        if (has_hint) return;
        one.retry.relax();
        one.retry.arm(now);
    }

    void transmit(parcel& one, instant now) {
        const std::uint64_t acknowledged = parcels_.begin()->first;
        lock::client_request made{identity_.cluster, first_number_ + carried_.size(), {}};
        made.command = detail::stamped(
            one.command, {session_, one.sequence, acknowledged == 0 ? 0 : acknowledged - 1});
        note(one, made.number, now);
        transport_.send(one.last_to, std::move(made));
    }

    void note(parcel& one, std::uint64_t number, instant now) {
        if (one.transmissions++ == 0) one.first_sent = now;
        one.last_sent = now;
        one.last_number = number;
        one.last_to = target();
        one.is_due = false;
        one.retry.arm(now);
        carried_.push_back(one.sequence);
        if (carried_.size() <= most_transmissions) return;
        carried_.pop_front();
        ++first_number_;
    }

    [[nodiscard]] node_id target() const { return identity_.replicas[target_]; }
    /// The next to be asked without a hint. Hints do not change whose turn that is, so wherever
    /// they lead, nobody is left out: replicas that are cut off name for ever who led when they
    /// were.
    void turn_to_next() {
        const std::size_t count = identity_.replicas.size();
        turn_ = (turn_ + 1) % count;
        if (turn_ == target_) turn_ = (turn_ + 1) % count;
        target_ = turn_;
    }

    /// False for a node that is no replica.
    bool turn_to(node_id replica) {
        for (std::size_t i = 0; i < identity_.replicas.size(); ++i) {
            if (identity_.replicas[i] != replica) continue;
            target_ = i;
            return true;
        }
        return false;
    }

    synod::detail::deferred<client_identity, Transport> identity_;
    client_config config_;
    Transport transport_;
    prng random_;
    session_id session_;
    std::uint64_t next_sequence_ = 0;  // 0 while no session is served
    parcels parcels_;                  // by sequence; what is below the first is acknowledged
    queue<errand> backlog_;            // without a sequence yet
    queue<std::uint64_t> carried_;  // sequences, by number of transmission, from first_number_ on
    std::uint64_t first_number_ = 0;
    std::size_t target_ = 0;  // of identity_.replicas: believed to lead
    std::size_t turn_ = 0;    // of identity_.replicas: asked last without a hint
    std::optional<synod::detail::deferred<node_id, Transport>> answered_by_;
};

}  // namespace synod::inline SYNOD_ABI::client
