// synod/testing/trace.hpp - what happened in a simulated run: always a hash of it, on request every
// line.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/base/format.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One event of a run, in words.
struct trace_line {
    instant at;  // true time
    node_id who;
    std::string what;  // a verb, and what it is about
    /// By actor: how many of its events happened before this one, which is counted, too.
    std::vector<std::uint64_t> clock;
    bool is_arrival = false;
    node_id from;  // of an arrival
};

/// Takes the events of a run in their order. Two runs of one seed have the same hash; two that
/// differ in anything that was noted do not, but for chance. Lines and vector clocks are kept only
/// if asked for, because they cost more than the run.
class trace {
public:
    /// Names the sending of one message.
    using send_number = std::uint64_t;

    explicit trace(bool keeps_lines = false) : keeps_lines_(keeps_lines) {}

    /// An event at one actor. `digest` is whatever tells it from others of its kind; `text()` is
    /// its line.
    template <class Text>
    void note(instant at, node_id who, std::uint64_t digest, Text&& text) {
        mix(at, who, digest);
        if (keeps_lines_) keep(at, who, text(), tick(who));
    }

    /// A message leaves. The number goes with it.
    template <class Text>
    [[nodiscard]] send_number note_send(instant at, node_id who, std::uint64_t digest,
                                        Text&& text) {
        mix(at, who, digest);
        ++sends_;
        if (keeps_lines_) {
            keep(at, who, text(), tick(who));
            sent_.emplace(sends_, lines_.back().clock);
        }
        return sends_;
    }

    /// A message that left as `sent` arrives from `from`.
    template <class Text>
    void note_arrival(instant at, node_id who, node_id from, send_number sent, std::uint64_t digest,
                      Text&& text) {
        mix(at, who, digest);
        if (!keeps_lines_) return;
        merge(who, sent_.at(sent));
        keep(at, who, text(), tick(who));
        lines_.back().is_arrival = true;
        lines_.back().from = from;
    }

    [[nodiscard]] fingerprint_value hash() const { return hash_.value(); }
    [[nodiscard]] const std::vector<trace_line>& lines() const { return lines_; }

private:
    using vector_clock = std::vector<std::uint64_t>;

    void mix(instant at, node_id who, std::uint64_t digest) {
        hash_.add(at.nanoseconds());
        hash_.add(std::uint64_t{who.value()} << 48U ^ digest);
    }

    [[nodiscard]] vector_clock& clock_of(node_id who) {
        if (who.value() >= clocks_.size()) clocks_.resize(who.value() + 1);
        return clocks_[who.value()];
    }

    const vector_clock& tick(node_id who) {
        vector_clock& own = clock_of(who);
        if (who.value() >= own.size()) own.resize(who.value() + 1);
        ++own[who.value()];
        return own;
    }

    void merge(node_id who, const vector_clock& other) {
        vector_clock& own = clock_of(who);
        if (own.size() < other.size()) own.resize(other.size());
        for (std::size_t i = 0; i < other.size(); ++i) {
            if (own[i] < other[i]) own[i] = other[i];
        }
    }

    void keep(instant at, node_id who, std::string&& what, const vector_clock& clock) {
        lines_.push_back({at, who, std::move(what), clock, false, {}});
    }

    bool keeps_lines_;
    fingerprinter hash_;
    send_number sends_ = 0;
    std::vector<trace_line> lines_;
    std::vector<vector_clock> clocks_;                    // by actor
    std::unordered_map<send_number, vector_clock> sent_;  // what each message carries
};

/// One line of text: true time in microseconds, the actor, what happened, and the vector clock.
[[nodiscard]] inline std::string to_string(const trace_line& line) {
    std::string text = std::to_string(line.at.nanoseconds() / 1'000) + " n" + to_string(line.who);
    if (line.is_arrival) text += " from n" + to_string(line.from);
    text += ' ' + line.what + " [";
    for (std::size_t i = 0; i < line.clock.size(); ++i) {
        if (i > 0) text += ' ';
        text += std::to_string(line.clock[i]);
    }
    return text + ']';
}

/// A Mermaid sequence diagram of `lines`: an arrow for each message that arrived, a note for
/// everything else.
[[nodiscard]] inline std::string to_mermaid(const std::vector<trace_line>& lines) {
    std::string diagram = "sequenceDiagram\n";
    for (const trace_line& line : lines) {
        const std::string who = 'n' + to_string(line.who);
        std::string what = line.what;
        for (char& each : what) {
            if (each == ';' || each == '#') each = ',';
        }
        if (line.is_arrival) {
            diagram.append("    n").append(to_string(line.from)).append("->>");
        } else if (line.what.starts_with("send")) {
            continue;
        } else {
            diagram.append("    Note over ");
        }
        diagram.append(who).append(": ").append(what).append("\n");
    }
    return diagram;
}

}  // namespace synod::inline SYNOD_ABI::testing
