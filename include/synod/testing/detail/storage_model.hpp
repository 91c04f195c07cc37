// synod/testing/detail/storage_model.hpp - what a storage was given, and what it may recover of
// that.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/format.hpp>
#include <synod/paxos/records.hpp>
#include <synod/testing/storage_laws.hpp>
#include <synod/testing/trial.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

[[nodiscard]] inline std::string name_of(const identity_record& one) {
    return "the identity of node " + to_string(one.node);
}
[[nodiscard]] inline std::string name_of(const promise_record& one) {
    return "the promise of ballot " + to_string(one.ballot);
}
[[nodiscard]] inline std::string name_of(const reserve_record& one) {
    return "the reservation of ballot " + to_string(one.ballot);
}
[[nodiscard]] inline std::string name_of(const chosen_record& one) {
    return "that slots below " + to_string(one.below) + " are chosen";
}
[[nodiscard]] inline std::string name_of(const forget_record& one) {
    return "that slots below " + to_string(one.below) + " are forgotten";
}
template <class Value>
[[nodiscard]] std::string name_of(const vote<Value>& one) {
    return "the vote of ballot " + to_string(one.ballot) + " in slot " + to_string(one.at);
}

/// The reference that a storage is compared with. Records differ from one another, so that each has
/// one place.
template <std::regular Value>
class storage_model {
public:
    using record = std::variant<identity_record, promise_record, reserve_record, chosen_record,
                                forget_record, vote<Value>>;
    using record_list = std::vector<record>;

    void append(const record& one) { appended_.push_back(one); }

    [[nodiscard]] std::size_t size() const { return appended_.size(); }

    /// The first `count` are durable.
    void synced(std::size_t count) { synced_ = std::max(synced_, count); }

    /// Votes in slots below `below` may be dropped.
    void forgot(slot below) { forgotten_below_ = std::max(forgotten_below_, below); }

    /// Puts `recovered` to the test. Returns whether it is right; then it is what the storage holds
    /// from here on.
    bool judge(const record_list& recovered, witness& seen) {
        std::vector<std::size_t> places;
        for (const record& one : recovered) {
            places.push_back(place_of(one));
            const bool is_known = places.back() < appended_.size();
            if (!seen.check(storage_laws::invents_nothing, is_known, [&] {
                    return text_of(one) + " was recovered and never appended so";
                })) {
                return false;
            }
        }
        if (!is_ordered(recovered, places, seen)) return false;
        const std::size_t end = end_of(places);
        if (!holds_newest(recovered, places, end, seen)) return false;
        if (synced_ < appended_.size()) seen.pass(storage_laws::prefix);
        appended_.resize(end);
        synced_ = end;
        return true;
    }

private:
    /// What a newer record of the same key replaces: the type, and a vote's slot.
    using key = std::pair<std::size_t, slot>;
    using newest = std::map<key, std::size_t>;

    [[nodiscard]] static key key_of(const record& one) {
        const auto* const voted = std::get_if<vote<Value>>(&one);
        return {one.index(), voted == nullptr ? slot() : voted->at};
    }

    [[nodiscard]] static std::string text_of(const record& one) {
        return std::visit([](const auto& held) { return name_of(held); }, one);
    }

    [[nodiscard]] std::size_t place_of(const record& one) const {
        return static_cast<std::size_t>(std::find(appended_.begin(), appended_.end(), one) -
                                        appended_.begin());
    }

    /// Behind the last record of which anything was recovered, or that was synced.
    [[nodiscard]] std::size_t end_of(const std::vector<std::size_t>& places) const {
        std::size_t end = synced_;
        for (const std::size_t place : places) end = std::max(end, place + 1);
        return end;
    }

    bool is_ordered(const record_list& recovered, const std::vector<std::size_t>& places,
                    witness& seen) const {
        newest before;
        bool is_at_votes = false;
        for (std::size_t i = 0; i < recovered.size(); ++i) {
            const bool is_vote = std::holds_alternative<vote<Value>>(recovered[i]);
            const auto [known, is_first] = before.try_emplace(key_of(recovered[i]), places[i]);
            const bool is_right =
                is_vote ? is_first || known->second < places[i] : is_first && !is_at_votes;
            if (!seen.check(storage_laws::ordered, is_right, [&] {
                    return text_of(recovered[i]) + " was recovered out of its turn";
                })) {
                return false;
            }
            known->second = places[i];
            is_at_votes = is_at_votes || is_vote;
        }
        return true;
    }

    /// Whether of the first `end` records the newest of each key was recovered, or a newer one.
    bool holds_newest(const record_list& recovered, const std::vector<std::size_t>& places,
                      std::size_t end, witness& seen) const {
        newest found;
        slot kept_from = forgotten_below_;
        for (std::size_t i = 0; i < recovered.size(); ++i) {
            found[key_of(recovered[i])] = places[i];
            const auto* const given_up = std::get_if<forget_record>(&recovered[i]);
            if (given_up != nullptr) kept_from = std::max(kept_from, given_up->below);
        }
        for (std::size_t place = 0; place < end; ++place) {
            const record& one = appended_[place];
            const key which = key_of(one);
            if (std::holds_alternative<vote<Value>>(one) && which.second < kept_from) continue;
            const auto known = found.find(which);
            const law& tested = place < synced_ ? storage_laws::durable : storage_laws::prefix;
            if (!seen.check(tested, known != found.end() && known->second >= place,
                            [&] { return text_of(one) + reason_of(place); })) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] std::string reason_of(std::size_t place) const {
        return place < synced_ ? " was synced and is lost"
                               : " is lost, and what was appended after it is there";
    }

    record_list appended_;
    std::size_t synced_ = 0;  // of appended_, from the first on
    slot forgotten_below_;
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
