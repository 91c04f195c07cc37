// synod/testing/describe.hpp - messages in words, for traces, and as a number, for their hash.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/base/format.hpp>
#include <synod/lock/messages.hpp>
#include <synod/log/messages.hpp>

#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::testing {

// Each says what a reader of a trace needs to know of the message: the ballot, the slot, and what
// is told of them.

template <class Value>
[[nodiscard]] std::string describe(const accept<Value>& said) {
    return "accept slot " + to_string(said.at) + " ballot " + to_string(said.ballot);
}
[[nodiscard]] inline std::string describe(const accepted& said) {
    return "accepted slot " + to_string(said.at) + " ballot " + to_string(said.ballot);
}
[[nodiscard]] inline std::string describe(const prepare& said) {
    return "prepare ballot " + to_string(said.ballot) + " from slot " + to_string(said.from);
}
template <class Value>
[[nodiscard]] std::string describe(const promise<Value>& said) {
    return "promise ballot " + to_string(said.ballot) + " with " +
           std::to_string(said.votes.size()) + " votes of slots " + to_string(said.from) + " to " +
           to_string(said.next) + (said.complete ? ", all" : ", in part");
}
[[nodiscard]] inline std::string describe(const refused& said) {
    return "refused ballot " + to_string(said.beaten) + " for " + to_string(said.promised);
}
[[nodiscard]] inline std::string describe(const fetch& said) {
    return "fetch from slot " + to_string(said.from);
}
template <class Value>
[[nodiscard]] std::string describe(const voted<Value>& said) {
    return "voted slot " + to_string(said.vote.at) + " ballot " + to_string(said.vote.ballot);
}
template <class Value>
[[nodiscard]] std::string describe(const chosen<Value>& said) {
    return "chosen slot " + to_string(said.vote.at) + " ballot " + to_string(said.vote.ballot);
}
[[nodiscard]] inline std::string describe(const forgotten& said) {
    return "forgotten below slot " + to_string(said.first);
}
[[nodiscard]] inline std::string describe(const heartbeat& said) {
    return "heartbeat " + std::to_string(said.sequence) + " ballot " + to_string(said.ballot) +
           " chosen below " + to_string(said.chosen_below);
}
[[nodiscard]] inline std::string describe(const heartbeat_reply& said) {
    return "heartbeat_reply " + std::to_string(said.sequence) + " ballot " + to_string(said.ballot);
}
[[nodiscard]] inline std::string describe(const probe& said) {
    return "probe " + std::to_string(said.sequence);
}
[[nodiscard]] inline std::string describe(const probe_reply& said) {
    return "probe_reply " + std::to_string(said.sequence) + " promised " + to_string(said.promised);
}
[[nodiscard]] inline std::string describe(const transfer& said) {
    return "transfer ballot " + to_string(said.ballot);
}
[[nodiscard]] inline std::string describe(const lock::client_request& said) {
    return "request " + std::to_string(said.number);
}
[[nodiscard]] inline std::string describe(const lock::client_reply& said) {
    return "reply " + std::to_string(said.number) + " outcome " +
           std::to_string(static_cast<int>(said.outcome));
}
[[nodiscard]] inline std::string describe(const lock::client_event&) { return "event"; }

/// Any of them.
template <class... Messages>
[[nodiscard]] std::string describe(const one_of<Messages...>& any) {
    std::string text;
    any.visit([&text](const auto& one) { text = describe(one); });
    return text;
}

/// A number that differs where messages do, but for chance.
template <class... Messages>
[[nodiscard]] std::uint64_t digest_of(const one_of<Messages...>& any) {
    return fingerprint_of(any).low;
}

}  // namespace synod::inline SYNOD_ABI::testing
