// synod/base/ballot.hpp - a ballot: a round, and the proposer that owns it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>

#include <compare>
#include <cstdint>

namespace synod::inline SYNOD_ABI {

/// A ballot. Ballots are ordered by round and, within a round, by proposer, so no two proposers
/// ever share one. A ballot that was default-constructed is below every other: it stands for "none
/// yet". [PMS 2.2]
class ballot {
public:
    /// Rounds go from 1 to this one; at a thousand elections a second that is two million years.
    static constexpr std::uint64_t max_round = (std::uint64_t{1} << 56U) - 1;

    constexpr ballot() = default;

    /// The ballot of `proposer` in `round`. Precondition: 1 <= round <= max_round, proposer <
    /// max_nodes.
    constexpr ballot(std::uint64_t round, node_id proposer)
        : packed_((round << 8U) | proposer.value()) {
        SYNOD_ASSERT(round >= 1);
        SYNOD_ASSERT(round <= max_round);
        SYNOD_ASSERT(proposer.value() < max_nodes);
    }

    /// The ballot that `packed()` gave. Any number is accepted: `is_valid` tells what came from a
    /// peer.
    [[nodiscard]] static constexpr ballot from_packed(std::uint64_t packed) {
        ballot result;
        result.packed_ = packed;
        return result;
    }

    [[nodiscard]] constexpr std::uint64_t packed() const { return packed_; }
    [[nodiscard]] constexpr std::uint64_t round() const { return packed_ >> 8U; }
    [[nodiscard]] constexpr node_id proposer() const {
        return node_id(static_cast<std::uint32_t>(packed_ & 0xffU));
    }

    /// Whether this is a ballot at all, and not "none yet".
    [[nodiscard]] constexpr bool exists() const { return packed_ != 0; }

    /// Whether a proposer may have made it.
    [[nodiscard]] constexpr bool is_valid() const {
        return round() >= 1 && proposer().value() < max_nodes;
    }

    friend constexpr auto operator<=>(ballot, ballot) = default;
    // Written out, for they are compared everywhere: a compiler inlines all of a <=> at each
    // comparison, and then has to unpick it.
    friend constexpr bool operator<(ballot a, ballot b) { return a.packed_ < b.packed_; }
    friend constexpr bool operator>(ballot a, ballot b) { return a.packed_ > b.packed_; }
    friend constexpr bool operator<=(ballot a, ballot b) { return a.packed_ <= b.packed_; }
    friend constexpr bool operator>=(ballot a, ballot b) { return a.packed_ >= b.packed_; }

    template <class Sink>
    constexpr void fingerprint(Sink& sink) const {
        sink.add(packed_);
    }

private:
    std::uint64_t packed_ = 0;
};

}  // namespace synod::inline SYNOD_ABI
