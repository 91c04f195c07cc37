// synod/testing/log_world_network.hpp - letters between replicas: where they go, what they say, and
// whether they may leave.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/base/ids.hpp>
#include <synod/log/messages.hpp>
#include <synod/testing/durable_records.hpp>
#include <synod/testing/log_world_disk.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What an entry is, in words: its commands, the log time that it carries, and whose it is where
/// that is not the one who proposes it.
[[nodiscard]] inline std::string text_of(const entry& value, ballot proposed_in) {
    std::string text;
    if (value.kind() == entry_kind::no_op) text = "nothing";
    if (value.kind() == entry_kind::new_leader) text = "leader";
    value.for_each(
        [&](std::uint32_t, bytes_view command) { text += static_cast<char>(*command.data()); });
    if (value.elapsed_ms() > 0) text += " after " + std::to_string(value.elapsed_ms()) + "ms";
    if (value.origin() != proposed_in) text += " by " + to_string(value.origin());
    return text;
}

[[nodiscard]] inline std::string text_of(const log_vote& cast) {
    return to_string(cast.at) + ' ' + text_of(cast.value, cast.ballot) + " in " +
           to_string(cast.ballot);
}

// Each says all that the message holds, so that messages with the same text are the same.

[[nodiscard]] inline std::string text_of(const accept<entry>& said) {
    return "accept " + text_of({said.at, said.ballot, said.value}) + " chosen below " +
           to_string(said.chosen_below);
}
[[nodiscard]] inline std::string text_of(const accepted& said) {
    return "accepted " + to_string(said.at) + " in " + to_string(said.ballot);
}
[[nodiscard]] inline std::string text_of(const prepare& said) {
    return "prepare " + to_string(said.ballot) + " from slot " + to_string(said.from);
}
[[nodiscard]] inline std::string text_of(const promise<entry>& said) {
    std::string text = "promise " + to_string(said.ballot) + " for slots " + to_string(said.from) +
                       " to " + to_string(said.next);
    for (const log_vote& one : said.votes) text += ", " + text_of(one);
    if (said.first > slot()) text += ", trimmed below " + to_string(said.first);
    return said.complete ? text : text + ", and more";
}
[[nodiscard]] inline std::string text_of(const refused& said) {
    return "refused " + to_string(said.beaten) + " for " + to_string(said.promised);
}
[[nodiscard]] inline std::string text_of(const fetch& said) {
    return "fetch " + to_string(said.from);
}
[[nodiscard]] inline std::string text_of(const chosen<entry>& said) {
    return "chosen " + text_of(said.vote);
}
[[nodiscard]] inline std::string text_of(const forgotten& said) {
    return "forgotten below " + to_string(said.first);
}
[[nodiscard]] inline std::string text_of(const heartbeat& said) {
    return "heartbeat " + std::to_string(said.sequence) + " of " + to_string(said.ballot) +
           " chosen below " + to_string(said.chosen_below) + " applied below " +
           to_string(said.applied_below);
}
[[nodiscard]] inline std::string text_of(const heartbeat_reply& said) {
    return "heartbeat_reply " + std::to_string(said.sequence) + " of " + to_string(said.ballot) +
           " applied below " + to_string(said.applied_below);
}
[[nodiscard]] inline std::string text_of(const probe& said) {
    return "probe " + std::to_string(said.sequence);
}
[[nodiscard]] inline std::string text_of(const probe_reply& said) {
    return "probe_reply " + std::to_string(said.sequence) + " promised " + to_string(said.promised);
}
[[nodiscard]] inline std::string text_of(const transfer& said) {
    return "transfer " + to_string(said.ballot);
}

/// A message on its way.
struct log_letter {
    node_id from;
    node_id to;
    replica_message message{};

    friend bool operator==(const log_letter&, const log_letter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(from);
        sink.add(to);
        sink.add(message);
    }
};

[[nodiscard]] inline std::string to_string(const log_letter& one) {
    std::string text;
    one.message.visit([&](const auto& said) { text = text_of(said); });
    return text + " from " + to_string(one.from) + " to " + to_string(one.to);
}

// Whether what a message reveals is durable on the sender's disk. [PTP 2.2]

using durable_log = durable_records<entry>;

[[nodiscard]] inline bool may_leave(const prepare& said, const durable_log& kept) {
    return kept.reserved() >= said.ballot;
}
[[nodiscard]] inline bool may_leave(const promise<entry>& said, const durable_log& kept) {
    const bool has_all = std::ranges::all_of(
        said.votes, [&](const log_vote& one) { return kept.has_voted(one.at, one.ballot); });
    return has_all && kept.promised() >= said.ballot && kept.votes().first() >= said.first;
}
[[nodiscard]] inline bool may_leave(const accepted& said, const durable_log& kept) {
    return kept.has_voted(said.at, said.ballot);
}
[[nodiscard]] inline bool may_leave(const refused& said, const durable_log& kept) {
    return kept.promised() >= said.promised;
}
[[nodiscard]] inline bool may_leave(const probe_reply& said, const durable_log& kept) {
    return kept.promised() >= said.promised;
}
[[nodiscard]] inline bool may_leave(const chosen<entry>& said, const durable_log& kept) {
    return kept.has_voted(said.vote.at, said.vote.ballot);
}
[[nodiscard]] inline bool may_leave(const forgotten& said, const durable_log& kept) {
    return kept.votes().first() >= said.first;
}
[[nodiscard]] inline bool may_leave(const heartbeat& said, const durable_log& kept) {
    return kept.has_votes_below(said.applied_below);
}
[[nodiscard]] inline bool may_leave(const heartbeat_reply& said, const durable_log& kept) {
    return kept.has_votes_below(said.applied_below);
}
/// Of what reveals nothing.
template <class Other>
[[nodiscard]] bool may_leave(const Other&, const durable_log&) {
    return true;
}

/// A transport that is a value. While a step is taken it looks at the sender's disk whenever
/// something leaves, and lets nothing leave once the sender has crashed.
class letter_basket {
public:
    static constexpr bool is_single_threaded = true;

    explicit letter_basket(node_id self) : self_(self) {}

    template <class Message>
    void send(node_id to, Message&& message) noexcept {
        if (!disk_->acts()) return;
        if (!may_leave(message, disk_->kept())) is_early_ = true;
        letters_.push_back({self_, to, std::forward<Message>(message)});
    }

    void watch(log_world_disk& disk) {
        disk_ = &disk;
        is_early_ = false;
    }
    /// Whether one left before what it rests on was durable.
    [[nodiscard]] bool is_early() const { return is_early_; }

    [[nodiscard]] std::vector<log_letter> take() { return std::exchange(letters_, {}); }

    friend bool operator==(const letter_basket& a, const letter_basket& b) {
        return a.letters_ == b.letters_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(letters_);
    }

private:
    node_id self_;
    std::vector<log_letter> letters_;  // none between two steps

    // Of the step that is being taken.
    log_world_disk* disk_ = nullptr;
    bool is_early_ = false;
};

}  // namespace synod::inline SYNOD_ABI::testing
