// synod/lock/detail/forced_ends.hpp - the holds that end by force, and when.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/revocation.hpp>

#include <compare>
#include <cstddef>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The end of one hold. Those of one moment end in the order of their tokens.
struct forced_end_entry {
    log_time deadline;
    fencing_token token;

    friend auto operator<=>(const forced_end_entry&, const forced_end_entry&) = default;
};

/// Forced ends by the token of their hold. A second timer of a hold, which a renewal does not move.
/// Each operation is logarithmic in their number.
template <class Rules>
class forced_ends {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    /// The hold ends then, or when it was to already if that is earlier.
    void add(const forced_end& one) {
        const auto [known, is_new] = of_.emplace(one.token, one);
        if (!is_new) {
            if (!Rules::brings_forward(one.deadline, known->second.deadline)) return;
            ends_.erase({known->second.deadline, one.token});
            known->second = one;
        }
        ends_.insert({one.deadline, one.token});
    }

    /// What holds under `fresh` from now on ends with what was held under `old`.
    void hand_on(fencing_token old, fencing_token fresh) {
        deferred<forced_end> same = of(old);
        same.token = fresh;
        add(same);
    }

    void drop(fencing_token token) {
        const auto found = of_.find(token);
        const std::size_t gone = ends_.erase({found->second.deadline, token});
        SYNOD_ASSERT(gone == 1);
        static_cast<void>(gone);
        of_.erase(found);
    }

    [[nodiscard]] const forced_end& of(fencing_token token) const { return of_.at(token); }

    /// The first to end, or nullptr.
    [[nodiscard]] const forced_end* first() const {
        return ends_.empty() ? nullptr : &of_.at(ends_.begin()->token);
    }

    /// Calls `visit(forced_end)` for each in order of token.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [token, one] : of_) visit(one);
    }

private:
    ordered_map<fencing_token, deferred<forced_end>> of_;
    ordered_set<deferred<forced_end_entry>> ends_;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
