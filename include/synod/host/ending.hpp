// synod/host/ending.hpp - how a command or a read that was handed to a host has ended.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/log/proposals.hpp>

#include <cstdint>
#include <optional>

namespace synod::inline SYNOD_ABI::host {

/// How it ended. All but the first three say that nothing was proposed.
enum class outcome : std::uint8_t {
    decided,      // applied, with its result
    readable,     // of a read: the machine shows all that was completed before it was asked for
    unknown,      // it may be decided, now or later, or never
    not_decided,  // it was taken on, and is in no entry and never will be
    not_leader,   // ask the node named
    overloaded,   // a queue is full; try again later
    too_large,    // no entry could hold it
    failed,       // the storage of this replica has failed
    stopped,      // the host is going down
};

/// The end of one command.
struct ending {
    host::outcome outcome = host::outcome::stopped;
    position at;                      // of the command, when decided
    bytes result;                     // what the machine wrote, when decided
    std::optional<node_id> leader{};  // when not the leader: who may be, if anybody is known
};

namespace detail {

[[nodiscard]] constexpr outcome outcome_of(synod::outcome how) {
    switch (how) {
        case synod::outcome::decided: return outcome::decided;
        case synod::outcome::readable: return outcome::readable;
        case synod::outcome::not_decided: return outcome::not_decided;
        case synod::outcome::unknown: break;
    }
    return outcome::unknown;
}

/// Precondition: `how` is a refusal.
[[nodiscard]] constexpr outcome outcome_of(answer how) {
    switch (how) {
        case answer::not_leader: return outcome::not_leader;
        case answer::overloaded: return outcome::overloaded;
        case answer::too_large: return outcome::too_large;
        case answer::failed:
        case answer::queued: break;
    }
    return outcome::failed;
}

}  // namespace detail

}  // namespace synod::inline SYNOD_ABI::host
