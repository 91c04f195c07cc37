// synod/testing/durable_marks.hpp - what is durable on one disk, as much of it as others may have
// been told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ballot.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/records.hpp>
#include <synod/paxos/votes.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::testing {

/// The promise, the reservation and the votes that a disk holds, with fingerprints for values. Each
/// record that becomes durable is held to the invariants of paxos/invariant.hpp: none of the three
/// ever falls. A value.
class durable_marks {
public:
    /// The highest ballot promised or voted in.
    [[nodiscard]] ballot promised() const { return promised_; }
    [[nodiscard]] ballot reserved() const { return reserved_; }
    [[nodiscard]] const synod::votes<std::uint64_t>& votes() const { return votes_; }

    /// Whether a vote in that slot, of that ballot or a higher one, is there, or forgotten.
    [[nodiscard]] bool has_voted(slot at, ballot in) const {
        return at < votes_.first() || (votes_.ballot_of(at).exists() && votes_.ballot_of(at) >= in);
    }

    /// A record has become durable. The name of the invariant that it breaks, or nullptr. A vote
    /// takes the place of what was there in any case; a promise or reservation that falls leaves
    /// the higher one.
    template <class Value>
    [[nodiscard]] const char* note(const vote<Value>& one) {
        if (one.at < votes_.first()) return nullptr;
        const vote<std::uint64_t> marked{one.at, one.ballot, fingerprint_of(one.value).low};
        const bool is_first = !votes_.ballot_of(one.at).exists();
        const bool stands = is_first || invariant::vote_never_regresses(votes_.at(one.at), marked);
        votes_.put(one.at, one.ballot, marked.value);
        if (one.ballot > promised_) promised_ = one.ballot;
        return stands ? nullptr : "vote_never_regresses";
    }
    [[nodiscard]] const char* note(const promise_record& one) {
        const bool stands = invariant::promise_never_falls(promised_, one.ballot);
        if (stands) promised_ = one.ballot;
        return stands ? nullptr : "promise_never_falls";
    }
    [[nodiscard]] const char* note(const reserve_record& one) {
        const bool stands = invariant::reservation_never_falls(reserved_, one.ballot);
        if (stands) reserved_ = one.ballot;
        return stands ? nullptr : "reservation_never_falls";
    }
    [[nodiscard]] const char* note(const forget_record& one) {
        votes_.forget(one.below);
        return nullptr;
    }
    template <class Other>
    [[nodiscard]] const char* note(const Other& /*one*/) {
        return nullptr;
    }

private:
    ballot promised_;
    ballot reserved_;
    synod::votes<std::uint64_t> votes_;
};

/// The name of the first invariant that is broken by what is there after, of all that was there
/// before; nullptr if nothing has fallen.
[[nodiscard]] inline const char* first_fallen(const durable_marks& before,
                                              const durable_marks& after) {
    if (!invariant::promise_never_falls(before, after)) return "promise_never_falls";
    if (!invariant::reservation_never_falls(before.reserved(), after.reserved())) {
        return "reservation_never_falls";
    }
    if (!invariant::vote_never_regresses(before, after)) return "vote_never_regresses";
    return nullptr;
}

}  // namespace synod::inline SYNOD_ABI::testing
