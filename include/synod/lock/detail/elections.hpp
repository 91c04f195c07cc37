// synod/lock/detail/elections.hpp - the values of those who lead, or wait to, and the changes that
// everybody is told.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/detail/journal.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/watch_state.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::detail {

/// What a leader has everybody see, or a candidate would.
struct candidate {
    std::string value;
    fencing_token token;           // zero while it waits
    std::uint64_t proclaimed = 0;  // the index of its last change; zero while it waits
};

/// Candidates by the place that has one. Operations are logarithmic in their number.
template <class Rules>
class elections {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    [[nodiscard]] detail::journal<Rules>& journal() { return journal_; }
    [[nodiscard]] const detail::journal<Rules>& journal() const { return journal_; }

    /// Bytes of all values.
    [[nodiscard]] std::uint64_t size() const { return bytes_; }

    void set(handle place, const std::string& value) {
        auto& its = of_[place];
        bytes_ += value.size();
        bytes_ -= its.value.size();
        its.value = value;
    }
    [[nodiscard]] const deferred<candidate>& of(handle place) const { return of_.at(place); }

    /// The place leads under that token from now on, or has another value than before.
    void announce(handle place, const std::string& name, fencing_token token) {
        auto& its = of_.at(place);
        its.token = token;
        leaders_.insert_or_assign(name, place);
        journal_.begin();
        its.proclaimed = journal_.revision();
        tell(change_effect::written, name, its);
    }
    /// The same for one that is in a snapshot.
    template <class Record>
    void resume(handle place, const std::string& name, const Record& from) {
        set(place, from.value);
        of_.at(place) = {from.value, from.token, from.proclaimed};
        leaders_.insert_or_assign(name, place);
    }

    void drop(handle place, const std::string& name) {
        const auto found = of_.find(place);
        bytes_ -= found->second.value.size();
        if (found->second.token != fencing_token()) {
            leaders_.erase(name);
            journal_.begin();
            found->second.value.clear();
            tell(change_effect::gone, name, found->second);
        }
        of_.erase(found);
    }

    /// Who leads: places by name.
    [[nodiscard]] const auto& leaders() const { return leaders_; }

    /// The leader of that name, or nullptr.
    [[nodiscard]] const candidate* leader_of(const std::string& name) const {
        const auto found = leaders_.find(name);
        return found == leaders_.end() ? nullptr : &of_.at(found->second);
    }

private:
    void tell(change_effect effect, const std::string& name, const deferred<candidate>& its) {
        deferred<change> made;
        made.kind = change_kind::leader;
        made.effect = effect;
        made.name = name;
        made.token = its.token;
        made.value = its.value;
        journal_.add(std::move(made));
    }

    ordered_map<handle, deferred<candidate>> of_;  // of places with place::has_value
    ordered_map<deferred<std::string>, deferred<handle>> leaders_;  // of those that are held
    detail::journal<Rules> journal_;
    std::uint64_t bytes_ = 0;  // of the values in of_
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
