// synod/testing/fault.hpp - every way in which a simulated world goes wrong.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace synod::inline SYNOD_ABI::testing {

/// A class of faults. A run has each of them on or off.
enum class fault : std::uint8_t {
    // The network.
    loss,
    duplication,
    reordering,
    long_delay,
    ancient_message,  // delivered once more, long after, to whatever life of the receiver there is
    clogging,         // a path holds everything back for a while
    clog_release,     // many paths do, and are released one by one in another order
    one_way_partition,
    ring_partition,  // each node hears its neighbours only
    leader_isolation,
    // Nodes.
    crash,
    crash_in_flush,  // between any two effects of one flush
    restart_storm,   // the same node again and again
    pause,           // longer than a lease
    // Disks.
    lost_suffix,        // a crash keeps some of what was not synced, as a prefix
    torn_write,         // the last record of that prefix is half there, and cut off
    sync_error,         // EIO, once; what was to be synced is dropped
    no_space,           // every sync fails for a while
    short_write,        // a sync fails, and a part of it is there all the same
    slow_disk,          // a sync takes its time
    late_sync,          // the answer to a sync of an earlier life
    read_error,         // EIO in recovery, once
    misdirected_read,   // recovery gets another record than it asked for, once
    bit_flip,           // when the node comes back, a record that is durable has changed,
    misdirected_write,  //     one was written over another,
    stale_sector,  //     one was not written at all: it must say so, never that nothing was there
    wiped_disk,    // the node comes back as a new incarnation, which nobody has admitted
    older_image,   // an old copy was put back: a new incarnation, too
    // Clocks.
    clock_offset,
    clock_rate,
    clock_jump,
    clock_freeze,
    // Clients.
    client_crash,
    abandoned_request,
    reused_session,    // commands of a session that has ended
    repeated_release,  // the same hold given back again
    stale_token,       // a release by somebody else, or of an old hold
};
inline constexpr std::size_t fault_classes = static_cast<std::size_t>(fault::stale_token) + 1;

/// The name of a class, as in the source.
[[nodiscard]] constexpr std::string_view to_text(fault which) {
    constexpr std::array<std::string_view, fault_classes> names{"loss",
                                                                "duplication",
                                                                "reordering",
                                                                "long_delay",
                                                                "ancient_message",
                                                                "clogging",
                                                                "clog_release",
                                                                "one_way_partition",
                                                                "ring_partition",
                                                                "leader_isolation",
                                                                "crash",
                                                                "crash_in_flush",
                                                                "restart_storm",
                                                                "pause",
                                                                "lost_suffix",
                                                                "torn_write",
                                                                "sync_error",
                                                                "no_space",
                                                                "short_write",
                                                                "slow_disk",
                                                                "late_sync",
                                                                "read_error",
                                                                "misdirected_read",
                                                                "bit_flip",
                                                                "misdirected_write",
                                                                "stale_sector",
                                                                "wiped_disk",
                                                                "older_image",
                                                                "clock_offset",
                                                                "clock_rate",
                                                                "clock_jump",
                                                                "clock_freeze",
                                                                "client_crash",
                                                                "abandoned_request",
                                                                "reused_session",
                                                                "repeated_release",
                                                                "stale_token"};
    return names[static_cast<std::size_t>(which)];
}

/// Whether a class is of the common run of things: what befalls one message, what a client asks for
/// that it should not, and how a clock is set before the run begins. Such strike by the hundred, so
/// they say little about how much a run has gone through, and they are not told in a trace, where
/// they are seen as what does not arrive, arrives again, late, or in vain.
///
/// All other classes change what a path, a node, a disk, a clock or a client can do, and are
/// counted one by one.
[[nodiscard]] constexpr bool is_common(fault which) {
    switch (which) {
        case fault::loss:
        case fault::duplication:
        case fault::reordering:
        case fault::long_delay:
        case fault::ancient_message:
        case fault::clock_offset:
        case fault::abandoned_request:
        case fault::reused_session:
        case fault::repeated_release:
        case fault::stale_token: return true;
        default: return false;
    }
}

/// Which classes are on.
class fault_set {
public:
    [[nodiscard]] static constexpr fault_set all() {
        fault_set every;
        every.bits_ = (std::uint64_t{1} << fault_classes) - 1;
        return every;
    }
    /// Each class is on if its bit is.
    [[nodiscard]] static constexpr fault_set from_bits(std::uint64_t bits) {
        fault_set made;
        made.bits_ = bits & all().bits_;
        return made;
    }

    [[nodiscard]] constexpr bool contains(fault which) const {
        return (bits_ >> static_cast<unsigned>(which) & 1U) != 0;
    }
    /// Turns a class on.
    constexpr void insert(fault which) {
        bits_ |= std::uint64_t{1} << static_cast<unsigned>(which);
    }
    /// Turns a class off.
    constexpr void erase(fault which) {
        bits_ &= ~(std::uint64_t{1} << static_cast<unsigned>(which));
    }

    friend constexpr bool operator==(fault_set, fault_set) = default;

private:
    std::uint64_t bits_ = 0;
};

/// How often each class has struck.
class fault_tally {
public:
    constexpr void count(fault which) { ++counts_[static_cast<std::size_t>(which)]; }
    [[nodiscard]] constexpr std::uint64_t operator[](fault which) const {
        return counts_[static_cast<std::size_t>(which)];
    }
    [[nodiscard]] constexpr std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : counts_) sum += each;
        return sum;
    }
    /// Those of the classes that are not common.
    [[nodiscard]] constexpr std::uint64_t grave() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < fault_classes; ++i) {
            if (!is_common(static_cast<fault>(i))) sum += counts_[i];
        }
        return sum;
    }

private:
    std::array<std::uint64_t, fault_classes> counts_{};
};

}  // namespace synod::inline SYNOD_ABI::testing
