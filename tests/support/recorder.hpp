// tests/support/recorder.hpp - what a core decides, written down: an output that neither stores nor
// sends.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/group.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/policy.hpp>
#include <synod/paxos/records.hpp>

#include <concepts>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

namespace support {

/// A message and where it goes.
template <class Message>
struct letter {
    synod::node_id to;
    Message message{};

    friend bool operator==(const letter&, const letter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(to);
        sink.add(message.index());
        message.visit([&](const auto& one) { sink.add(one); });
    }
};

/// Lent to a core in place of `synod::output`, whose members it has.
template <std::regular Value, class Policy = synod::policy<>>
class recorder {
public:
    using message = synod::paxos_message<Value>;
    using record = std::variant<synod::promise_record, synod::reserve_record, synod::vote<Value>>;

    recorder(const synod::group& group, Policy policy)
        : group_(group), policy_(std::move(policy)) {}

    [[nodiscard]] Policy& policy() { return policy_; }
    [[nodiscard]] auto& rules() { return policy_.rules; }
    [[nodiscard]] auto& observer() { return policy_.observer; }
    [[nodiscard]] const auto& limits() const { return policy_.limits; }
    [[nodiscard]] const synod::group& group() const { return group_; }
    [[nodiscard]] synod::message_header header() const { return group_.header(); }

    template <class Record>
    void append(const Record& one) {
        records.emplace_back(one);
    }

    template <class Message>
    void send(synod::node_id to, Message&& one) {
        sent.emplace_back(to, std::forward<Message>(one));
    }

    std::vector<record> records;
    std::vector<letter<message>> sent;

private:
    synod::group group_;
    Policy policy_;
};

/// A transport that is a value: what was sent lies in it until somebody takes it out.
template <std::regular Value>
class basket {
public:
    using message = synod::paxos_message<Value>;

    template <class Message>
    void send(synod::node_id to, Message&& one) noexcept {
        letters.emplace_back(to, std::forward<Message>(one));
    }

    [[nodiscard]] std::vector<letter<message>> take() { return std::exchange(letters, {}); }

    friend bool operator==(const basket&, const basket&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(letters);
    }

    std::vector<letter<message>> letters;
};

/// A policy with one rule, or several, replaced; all else is as usual.
template <class Rules, class Observer = synod::silent_observer, class Quorums = synod::majority>
struct policy_with : synod::policy<Quorums, Observer> {
    explicit policy_with(synod::policy<Quorums, Observer> usual)
        : synod::policy<Quorums, Observer>(std::move(usual)) {}

    [[no_unique_address]] Rules rules{};
};

}  // namespace support
