// synod/paxos/votes.hpp - the votes of one acceptor, a window of slots.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/slot_window.hpp>
#include <synod/paxos/messages.hpp>

#include <concepts>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// At most one vote a slot, the latest; nothing below `first()`, which is forgotten.
template <std::regular Value>
class votes {
public:
    [[nodiscard]] slot first() const { return window_.first(); }
    [[nodiscard]] slot end() const { return window_.end(); }

    /// The ballot of the vote in slot `at`; none where there is no vote.
    [[nodiscard, gnu::always_inline]] ballot ballot_of(slot at) const {
        return window_.contains(at) ? window_[at].ballot : ballot();
    }

    /// Precondition: ballot_of(at).exists().
    [[nodiscard]] const Value& value_of(slot at) const { return window_[at].value; }

    /// Precondition: ballot_of(at).exists().
    [[nodiscard]] const vote<Value>& at(slot at) const { return window_[at]; }

    /// Takes the place of an earlier vote in slot `at`, if there is one. Precondition: at >=
    /// first(); the caller bounds how far ahead. The reference is good until the next vote is put.
    [[gnu::always_inline]] const vote<Value>& put(slot at, ballot voted, Value&& value) {
        if (at != window_.end()) return put_elsewhere(at, voted, std::move(value));
        return window_.extend(at, voted, std::move(value));
    }
    const vote<Value>& put(slot at, ballot voted, const Value& value) {
        return put(at, voted, Value(value));
    }

    void forget(slot below) { window_.drop_below(below); }

    friend bool operator==(const votes&, const votes&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(window_);
    }

private:
    [[gnu::noinline, gnu::cold]] const vote<Value>& put_elsewhere(slot at, ballot voted,
                                                                  Value&& value) {
        vote<Value>& here = window_.reach(at);
        here.at = at;
        here.ballot = voted;
        here.value = std::move(value);
        return here;
    }

    slot_window<vote<Value>> window_;  // a vote without a ballot is none
};

}  // namespace synod::inline SYNOD_ABI
