// synod/lock/administration.hpp - what is asked of a lock table as a whole while it runs: other
// limits, another epoch.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/lock/config.hpp>
#include <synod/log/session.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock {

/// Gives the table another configuration, but for `tokens_after`, which stays. What is there
/// already stays, also where it is more than a limit allows from now on: then nothing is added
/// until enough has gone, and release, cancel, keep_alive and close_session work as ever. Sessions
/// and leases keep the time to live that they were told, and a lock-delay that begins later is cut
/// off at the new limit. Needs may_administer for all names. Answered by `administered` or
/// `refused` (malformed for a configuration that makes no sense). Whoever shortens min_ttl_ms sees
/// to it that `leaves_room_for` holds at every replica: the table cannot know. (locks 3.8)
struct set_limits {
    request_stamp stamp;
    config limits;

    friend bool operator==(const set_limits&, const set_limits&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp);
        config::fields(self.limits, visit);
    }
};

/// Lets fencing tokens go on in a later epoch, above all tokens of every epoch before it. Due after
/// the log was restored from a backup, before anybody acquires: the resources have seen tokens that
/// the backup knows nothing of, and refuse them when they are issued again. The epoch is one that
/// was never in use, which only whoever restores can tell: of two restores of one backup the second
/// needs a later one. It also helps where the tokens of an epoch are used up. What is held stays
/// so, under its token.
///
/// Needs may_administer for all names. Answered by `administered` or `refused` (stale_token unless
/// the epoch is later than the present one). (locks 3.2)
struct bump_epoch {
    request_stamp stamp;
    std::uint16_t epoch = 0;

    friend bool operator==(const bump_epoch&, const bump_epoch&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.epoch); }
};

}  // namespace synod::inline SYNOD_ABI::lock
