// synod/testing/log_step.hpp - a log as a state machine sees it, and how to make one from commands.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/bytes.hpp>
#include <synod/base/format.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/prng.hpp>
#include <synod/base/time.hpp>
#include <synod/log/state_machine.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// One step of a log: a command at its place and time, or a leader that takes over.
struct log_step {
    apply_context context;  // positions rise strictly, and times never fall
    bytes command;
    ballot leader;  // if it exists, this is that leader's first entry, and no command
};

[[nodiscard]] inline std::string to_string(const log_step& one) {
    std::string text = "at " + to_string(one.context.at) + ", " +
                       std::to_string(one.context.now.milliseconds()) + " ms: ";
    if (one.leader.exists()) return text + "a leader with ballot " + to_string(one.leader);
    static constexpr char digits[] = "0123456789abcdef";
    constexpr std::size_t longest = 24;  // bytes that are shown
    text += "a command of " + std::to_string(one.command.size()) + " bytes";
    for (std::size_t i = 0; i < one.command.size() && i < longest; ++i) {
        const auto byte = std::to_integer<unsigned>(one.command[i]);
        if (i % 8 == 0) text += ' ';
        text += digits[byte >> 4U];
        text += digits[byte & 0xfU];
    }
    return one.command.size() > longest ? text + "..." : text;
}

/// Makes a log of `count` steps from `command(prng&)`, which makes the bytes of one: batches, time
/// that passes, leaders that take over, and now and then a command that is damaged.
template <std::invocable<prng&> Command>
[[nodiscard]] std::vector<log_step> random_log(std::uint64_t seed, std::size_t count,
                                               Command&& command) {
    prng random(seed);
    std::vector<log_step> log;
    position at;
    log_time now;
    std::uint64_t round = 0;
    while (log.size() < count) {
        const bool is_next_slot = random.below(3) > 0;
        at = is_next_slot ? position{at.slot.next(), 0} : position{at.slot, at.index + 1};
        if (is_next_slot) now = now + random.below(random.below(10) == 0 ? 1'000 : 10);
        if (is_next_slot && random.below(20) == 0) {
            log.push_back({{at, now}, {}, ballot(++round, node_id(0))});
            continue;
        }
        bytes made = command(random);
        if (!made.empty() && random.below(16) == 0) made.resize(random.below(made.size()));
        log.push_back({{at, now}, std::move(made), {}});
    }
    return log;
}

}  // namespace synod::inline SYNOD_ABI::testing
