// tests/explore/profile_s_server.hpp - the server of profile S: proposer, acceptor and learner of
// one register that is written once.
//
// What it does when is the model's; promising, voting, adopting and counting are left to the real
// acceptor, rules and quorums.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/paxos/acceptor_core.hpp>
#include <synod/paxos/policy.hpp>

#include "support/recorder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace explore {

/// What a client asks to be written, and under which request.
struct proposal {
    std::uint32_t request = 0;
    synod::node_id client;
    char value = '?';

    friend bool operator==(const proposal&, const proposal&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(request);
        sink.add(client);
        sink.add(value);
    }
};

/// What clients and servers say to one another: whether a value goes with it depends on `Tag`.
template <class Tag>
struct client_message {
    std::uint32_t request = 0;
    char value = '-';

    friend bool operator==(const client_message&, const client_message&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(request);
        sink.add(value);
    }
};
using put = client_message<struct put_tag>;
using put_done = client_message<struct put_done_tag>;
using get = client_message<struct get_tag>;
using got = client_message<struct got_tag>;

using server_message =
    synod::one_of<synod::prepare, synod::promise<proposal>, synod::accept<proposal>,
                  synod::accepted, synod::chosen<proposal>, put, put_done, get, got>;

/// A message on its way.
struct envelope {
    synod::node_id from;
    synod::node_id to;
    server_message message;

    friend bool operator==(const envelope&, const envelope&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(from);
        sink.add(to);
        sink.add(message);
    }
};

[[nodiscard]] inline std::string text_of(const synod::vote<proposal>& vote) {
    return std::string(1, vote.value.value) + " of ballot " + to_string(vote.ballot);
}
[[nodiscard]] inline std::string text_of(const synod::prepare& one) {
    return "prepare " + to_string(one.ballot);
}
[[nodiscard]] inline std::string text_of(const synod::promise<proposal>& one) {
    const std::string text = "promise " + to_string(one.ballot);
    return one.votes.empty() ? text : text + " with " + text_of(one.votes.front());
}
[[nodiscard]] inline std::string text_of(const synod::accept<proposal>& one) {
    return "accept " + to_string(one.ballot) + " for " + one.value.value;
}
[[nodiscard]] inline std::string text_of(const synod::accepted& one) {
    return "accepted " + to_string(one.ballot);
}
[[nodiscard]] inline std::string text_of(const synod::chosen<proposal>& one) {
    return "chosen " + text_of(one.vote);
}
[[nodiscard]] inline std::string text_of(const put& one) {
    return "put " + std::to_string(one.request) + ' ' + one.value;
}
[[nodiscard]] inline std::string text_of(const put_done& one) {
    return "put_done " + std::to_string(one.request);
}
[[nodiscard]] inline std::string text_of(const get& one) {
    return "get " + std::to_string(one.request);
}
[[nodiscard]] inline std::string text_of(const got& one) {
    return "got " + std::to_string(one.request) + ' ' + one.value;
}

[[nodiscard]] inline std::string to_string(const envelope& one) {
    std::string text;
    one.message.visit([&](const auto& message) { text = text_of(message); });
    return text + " from " + to_string(one.from) + " to " + to_string(one.to);
}

/// What came of a message: whether the server took it at all, and what it sent.
struct taken {
    bool is_step = false;
    std::vector<envelope> sent{};

    friend bool operator==(const taken&, const taken&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is_step);
        sink.add(sent);
    }
};

/// One server. `Policy` is that of the roles: a mutant is a policy.
template <class Policy>
class server {
public:
    server(const synod::group& group, Policy policy) : group_(group), policy_(std::move(policy)) {
        reports_.resize(policy_.quorums.members().size());
    }

    [[nodiscard]] taken receive(const envelope& letter) {
        taken result;
        letter.message.visit([&](const auto& message) {
            if constexpr (requires { take(letter.from, message, result); })
                take(letter.from, message, result);
        });
        return result;
    }

    [[nodiscard]] synod::ballot promised() const { return core_.promised(); }
    [[nodiscard]] const synod::votes<proposal>& votes() const { return core_.votes(); }
    /// What this server believes to be written.
    [[nodiscard]] std::optional<proposal> decided() const {
        if (!is_decided_) return {};
        return core_.votes().value_of(synod::slot());
    }

    friend bool operator==(const server& a, const server& b) {
        return a.group_.self() == b.group_.self() && a.core_ == b.core_ &&
               a.proposal_ == b.proposal_ && a.promised_by_ == b.promised_by_ &&
               a.reports_ == b.reports_ && a.accepted_by_ == b.accepted_by_ &&
               a.is_decided_ == b.is_decided_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(group_.self());
        sink.add(core_);
        add(sink, proposal_);
        sink.add(promised_by_);
        for (const auto& one : reports_) add(sink, one);
        sink.add(accepted_by_);
        sink.add(is_decided_);
    }

private:
    using report = std::optional<synod::vote<proposal>>;

    template <class Sink, class Value>
    static void add(Sink& sink, const std::optional<Value>& value) {
        sink.add(value.has_value());
        if (value) sink.add(*value);
    }

    void take(synod::node_id from, const put& asked, taken& out) {
        if (is_decided_ || proposal_) return;
        proposal_ = proposal{asked.request, from, asked.value};
        promised_by_ = {};
        reports_.assign(reports_.size(), {});
        accepted_by_ = {};
        const synod::prepare own{group_.header(),
                                 policy_.ballots.next(promised().round(), group_.self()),
                                 synod::slot()};
        count(group_.self(), *ask(own).template get_if<synod::promise<proposal>>());
        broadcast(own, out);
    }

    void take(synod::node_id from, const synod::prepare& asked, taken& out) {
        if (is_decided_ || asked.ballot <= promised()) return;
        send(from, *ask(asked).template get_if<synod::promise<proposal>>(), out);
    }

    void take(synod::node_id from, const synod::promise<proposal>& said, taken& out) {
        if (is_decided_ || !policy_.rules.counts_promise(promised(), said.ballot)) return;
        out.is_step = true;
        const bool was_enough = policy_.quorums.is_phase1(promised_by_);
        count(from, said);
        if (was_enough || !policy_.quorums.is_phase1(promised_by_)) return;
        proposal_ = adopted();
        const synod::accept<proposal> own{group_.header(), promised(), synod::slot(), synod::slot(),
                                          *proposal_};
        static_cast<void>(ask(own));
        accepted_by_ = policy_.rules.counted({}, group_.self());
        broadcast(own, out);
    }

    void take(synod::node_id from, const synod::accept<proposal>& asked, taken& out) {
        if (is_decided_ || !policy_.rules.may_accept(promised(), asked.ballot)) return;
        send(from, *ask(asked).template get_if<synod::accepted>(), out);
    }

    void take(synod::node_id from, const synod::accepted& said, taken& out) {
        if (is_decided_ || !policy_.rules.counts_together(promised(), said.ballot)) return;
        out.is_step = true;
        accepted_by_ = policy_.rules.counted(accepted_by_, from);
        if (!policy_.quorums.is_phase2(accepted_by_)) return;
        is_decided_ = true;
        broadcast(synod::chosen<proposal>{group_.header(), votes().at(synod::slot())}, out);
        send(proposal_->client, put_done{proposal_->request}, out);
    }

    /// From now on the decision is all that there is to know.
    void take(synod::node_id /*from*/, const synod::chosen<proposal>& said, taken& out) {
        if (is_decided_) return;
        out.is_step = true;
        core_ = {};
        core_.recover(said.vote);
        is_decided_ = true;
    }

    void take(synod::node_id from, const get& asked, taken& out) {
        if (is_decided_) send(from, got{asked.request, decided()->value}, out);
    }

    /// Asks the own acceptor.
    template <class Message>
    [[nodiscard]] synod::paxos_message<proposal> ask(Message question) {
        support::recorder<proposal, Policy> out(group_, policy_);
        core_.receive(group_.self(), std::move(question), out);
        return std::move(out.sent.front().message);
    }

    void count(synod::node_id from, const synod::promise<proposal>& said) {
        promised_by_ = policy_.rules.counted(promised_by_, from);
        reports_[from.value()] = said.votes.empty() ? report() : report(said.votes.front());
    }

    /// The reported value of the highest ballot, or the client's.
    [[nodiscard]] proposal adopted() const {
        synod::vote<proposal> best;
        for (const report& one : reports_) {
            if (one && policy_.rules.outranks(one->ballot, best.ballot)) best = *one;
        }
        return policy_.rules.is_bound(best) ? best.value : *proposal_;
    }

    template <class Message>
    void send(synod::node_id to, const Message& message, taken& out) const {
        out.is_step = true;
        out.sent.push_back({group_.self(), to, message});
    }
    template <class Message>
    void broadcast(const Message& message, taken& out) const {
        for (const synod::node_id to : policy_.quorums.members()) {
            if (to != group_.self()) send(to, message, out);
        }
    }

    synod::group group_;
    Policy policy_;
    synod::acceptor_core<proposal> core_;
    std::optional<proposal> proposal_;  // what this server proposes, if it was ever asked to
    synod::node_set promised_by_;       // in the ballot of its own
    std::vector<report> reports_;       // by server: the vote that came with its promise
    synod::node_set accepted_by_;
    bool is_decided_ = false;
};

}  // namespace explore
