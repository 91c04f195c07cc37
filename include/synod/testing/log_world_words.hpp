// synod/testing/log_world_words.hpp - what can happen in a log, how much of it, and in which words.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/interning.hpp>
#include <synod/testing/log_world_disk.hpp>
#include <synod/testing/log_world_machine.hpp>
#include <synod/testing/log_world_network.hpp>
#include <synod/testing/log_world_node.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What a world begins with, and how much may happen in it at the most: so many steps of each sort
/// in a run, all nodes together.
struct log_sizes {
    std::uint32_t nodes = 3;
    bool begins_elected = false;    // node 0 leads, and all know that its first entry is chosen
    bool crashes_in_flush = false;  // those of `crashes` come before each of its effects, too
    std::uint32_t commands = 1;     // proposed to whoever leads, 'a' first
    std::uint32_t reads = 0;
    std::uint32_t ticks = 0;  // each lets a node's clock go on to its next deadline
    std::uint32_t crashes = 0;
    std::uint32_t repeats = 0;  // letters that arrive, and once more later
    std::uint32_t losses = 0;
    std::uint32_t trims = 0;
    std::uint32_t transfers = 0;  // of leadership

    static constexpr std::uint32_t most_nodes = 5;
    static constexpr std::uint32_t most_steps = 200;  // of each sort
    static constexpr std::uint32_t most_commands = 8;

    /// Whether it is small enough, with a node at least.
    [[nodiscard]] bool is_allowed() const {
        const std::uint32_t most =
            std::max({reads, ticks, crashes, repeats, losses, trims, transfers});
        return nodes > 0 && nodes <= most_nodes && commands <= most_commands && most <= most_steps;
    }
};

/// What can happen to one node.
struct log_event {
    enum class sort : std::uint8_t {
        propose,
        read,
        tick,
        transfer,
        deliver,
        repeat,
        lose,
        trim,
        crash,
        restart,
        end_sync,
        answer_late,
    };

    sort what = sort::tick;
    std::uint32_t node = 0;
    char letter = 0;         // proposed
    std::uint32_t to = 0;    // to whom leadership goes
    letter_set completed{};  // before a read is asked for
    interned<log_letter> delivered{0};
    crash_point point{};

    friend bool operator==(const log_event&, const log_event&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(what);
        sink.add(node);
        sink.add(letter);
        sink.add(to);
        sink.add(completed);
        sink.add(delivered);
        sink.add(point);
    }
};

/// Where in the flush the node crashes, as the end of the step's text.
[[nodiscard]] inline std::string text_of(crash_point point) {
    if (!point.comes()) return {};
    const std::uint32_t effects = point.effects();
    return " but crash after " + std::to_string(effects) + (effects == 1 ? " effect" : " effects");
}

/// `letters` holds the letter that is delivered, repeated or lost.
[[nodiscard]] inline std::string text_of(const log_event& event,
                                         const interner<log_letter>& letters) {
    using sort = log_event::sort;
    const std::string self = std::to_string(event.node);
    const std::string end = text_of(event.point);
    switch (event.what) {
        case sort::propose: return "propose " + std::string(1, event.letter) + " at " + self + end;
        case sort::read: return "read at " + self + end;
        case sort::tick: return "tick " + self + end;
        case sort::transfer:
            return "transfer from " + self + " to " + std::to_string(event.to) + end;
        case sort::trim: return "trim " + self + end;
        case sort::crash: return "crash " + self;
        case sort::restart: return "restart " + self;
        case sort::end_sync: return "end sync of " + self + end;
        case sort::answer_late: return "end sync of a former life of " + self + end;
        case sort::deliver: return "deliver " + to_string(letters[event.delivered]) + end;
        case sort::repeat: return "repeat " + to_string(letters[event.delivered]) + end;
        default: return "lose " + to_string(letters[event.delivered]);
    }
}

/// What a node does that has come to be this.
[[nodiscard]] inline std::string text_of(standing now, ballot leader) {
    switch (now) {
        case standing::probing: return "misses the leader";
        case standing::preparing: return "asks for promises";
        case standing::leading: return "leads with " + to_string(leader);
        default: return "follows";
    }
}

[[nodiscard]] inline std::string text_of(const log_end& one) {
    const std::string what = one.letter == 0 ? "the read" : std::string(1, one.letter);
    switch (one.how) {
        case outcome::decided:
            return what + " is decided at " + to_string(one.at) + " as number " +
                   std::to_string(one.number);
        case outcome::not_decided: return what + " is not decided";
        case outcome::unknown: return what + " is of unknown outcome";
        default: return what + " may be answered";
    }
}

/// The commands of slot `at`, behind a colon; nothing if there are none.
[[nodiscard]] inline std::string text_of(const std::vector<log_note>& notes, slot at) {
    std::string text;
    for (const log_note& each : notes) {
        if (each.at.slot != at) continue;
        text += text.empty() ? ": " : ", ";
        text +=
            std::string(1, each.letter) + " at " + std::to_string(each.when.milliseconds()) + "ms";
    }
    return text;
}

}  // namespace synod::inline SYNOD_ABI::testing
