// tests/explore/roles_history.hpp - every vote ever durably cast in a world of roles, and what must
// hold of them all.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/paxos/invariant.hpp>

#include "explore/watch.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace explore {

/// A vote that became durable; or, with `is_claim`, that `by` takes the value for chosen in that
/// slot, in whatever ballot.
struct vote_event {
    bool is_claim;
    synod::node_id by;
    synod::vote<int> vote{};

    friend bool operator==(const vote_event&, const vote_event&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is_claim);
        sink.add(by);
        sink.add(vote);
    }
};

/// All votes so far, each once, in no order that tells when it was cast.
class vote_history {
public:
    /// Takes note of `event`, and of the first invariant that it breaks, of those that are watched.
    void add(const vote_event& event, const synod::majority& quorums, watch watched) {
        if (event.is_claim) return claim(event.vote, quorums, watched);
        const cast one{event.by, event.vote};
        if (std::ranges::find(votes_, one) != votes_.end()) return;
        votes_.insert(std::ranges::upper_bound(votes_, one, is_before), one);
        if (broken_.empty()) broken_ = look(quorums, watched);
    }

    /// Whether `value` has been chosen in slot `at`, in any ballot.
    [[nodiscard]] bool is_chosen(synod::slot at, int value, const synod::majority& quorums) const {
        return std::ranges::any_of(votes_, [&](const cast& one) {
            return one.vote.at == at && one.vote.value == value &&
                   synod::invariant::is_chosen(votes_, quorums, one.vote);
        });
    }
    /// Whether any value has been.
    [[nodiscard]] bool is_settled(synod::slot at, const synod::majority& quorums) const {
        return std::ranges::any_of(votes_, [&](const cast& one) {
            return one.vote.at == at && synod::invariant::is_chosen(votes_, quorums, one.vote);
        });
    }

    [[nodiscard]] const std::vector<synod::invariant::cast_vote<int>>& votes() const {
        return votes_;
    }
    /// The invariant that does not hold; empty when all do.
    [[nodiscard]] std::string_view broken() const { return broken_; }

    friend bool operator==(const vote_history&, const vote_history&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(votes_);
        sink.add(claims_);
        sink.add(broken_);
    }

private:
    using cast = synod::invariant::cast_vote<int>;

    /// Those who only watch agreement compare what is called chosen; others, whether it is.
    void claim(const synod::vote<int>& called, const synod::majority& quorums, watch watched) {
        if (!broken_.empty()) return;
        if (watched != watch::agreement) {
            if (!is_chosen(called.at, called.value, quorums))
                broken_ = "what_is_called_chosen_is_chosen";
            return;
        }
        if (std::ranges::find(claims_, called) != claims_.end()) return;
        for (const auto& other : claims_) {
            if (other.at == called.at) broken_ = "one_value_is_called_chosen";
        }
        claims_.push_back(called);
    }

    [[nodiscard]] static bool is_before(const cast& a, const cast& b) {
        if (a.vote.at != b.vote.at) return a.vote.at < b.vote.at;
        if (a.vote.ballot != b.vote.ballot) return a.vote.ballot < b.vote.ballot;
        return a.by != b.by ? a.by < b.by : a.vote.value < b.vote.value;
    }

    [[nodiscard]] std::string_view look(const synod::majority& quorums, watch watched) const {
        using namespace synod::invariant;
        if (!one_value_chosen(votes_, quorums)) return "one_value_chosen";
        if (watched == watch::agreement) return {};
        if (!one_value_per_ballot(votes_)) return "one_value_per_ballot";
        if (!chosen_is_carried(votes_, quorums)) return "chosen_is_carried";
        return {};
    }

    std::vector<cast> votes_;               // sorted
    std::vector<synod::vote<int>> claims_;  // what was called chosen, if that is watched
    std::string_view broken_;
};

}  // namespace explore
