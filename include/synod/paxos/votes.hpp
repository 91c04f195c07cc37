// synod/paxos/votes.hpp - the votes of one acceptor, a window of slots.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ring.hpp>
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

    [[nodiscard]] vote<Value> report(slot at) const { return {at, ballot_of(at), value_of(at)}; }

    /// Precondition: at >= first(); the caller bounds how far ahead.
    [[gnu::always_inline]] void put(slot at, ballot voted, Value value) {
        if (at == window_.end()) {
            window_.extend(voted, std::move(value));
        } else {
            put_elsewhere(at, voted, std::move(value));
        }
    }

    void forget(slot below) { window_.drop_below(below); }

    friend bool operator==(const votes&, const votes&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(window_);
    }

private:
    [[gnu::noinline, gnu::cold]] void put_elsewhere(slot at, ballot voted, Value&& value) {
        cell& here = window_.reach(at);
        here.ballot = voted;
        here.value = std::move(value);
    }

    struct cell {
        synod::ballot ballot;  // of the vote, or none
        Value value{};

        friend bool operator==(const cell&, const cell&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(ballot);
            sink.add(value);
        }
    };

    slot_window<cell> window_;
};

}  // namespace synod::inline SYNOD_ABI
