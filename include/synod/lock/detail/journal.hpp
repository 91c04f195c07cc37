// synod/lock/detail/journal.hpp - the newest changes of values, counters and leaders, and the
// revision that numbers them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/queue.hpp>
#include <synod/lock/value_state.hpp>
#include <synod/lock/watch_config.hpp>
#include <synod/lock/watch_state.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Changes by revision. A revision is kept whole or forgotten whole. Adding takes constant time,
/// amortised; finding where an index begins is logarithmic.
template <class Rules>
class journal {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    void limit_to(const watch_config& limits) { limits_ = limits; }

    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    [[nodiscard]] std::uint64_t compacted() const { return compacted_; }

    /// Begins the next revision, which gets at least one change.
    void begin() { revision_ = Rules::next_revision(revision_); }

    /// A change of the revision that was begun last.
    void add(deferred<change> one) {
        if (!Rules::is_told(one.effect)) return;
        one.index = revision_;
        if (one.index <= compacted_) return;  // the beginning of its revision is forgotten already
        append(one);
        while (changes_.size() > limits_.max_changes || bytes_ > limits_.max_change_bytes) {
            forget_first();
        }
    }

    /// The changes from an index on are those from here to `end()`.
    [[nodiscard]] const change* from(std::uint64_t index) const {
        const deferred<change>* first = changes_.begin();
        for (auto left = changes_.end() - first; left > 0;) {
            const auto half = left / 2;
            if (first[half].index >= index) {
                left = half;
            } else {
                first += half + 1;
                left -= half + 1;
            }
        }
        return first;
    }
    [[nodiscard]] const change* end() const { return changes_.end(); }

    void describe(deferred<value_state>& values, deferred<watch_state>& out) const {
        values.revision = revision_;
        out.compacted = compacted_;
        for (const auto& one : changes_) out.changes.push_back(one);
    }
    /// Becomes what was described. Precondition: that breaks no invariant.
    void rebuild(const deferred<value_state>& values, const deferred<watch_state>& from) {
        revision_ = values.revision;
        compacted_ = from.compacted;
        for (const auto& one : from.changes) append(one);
    }

private:
    void append(const deferred<change>& one) {
        bytes_ += one.size();
        changes_.push_back(one);
    }
    void forget_first() {
        compacted_ = changes_.front().index;
        while (!changes_.empty() && changes_.front().index == compacted_) {
            bytes_ -= changes_.front().size();
            changes_.pop_front();
        }
    }

    watch_config limits_;
    queue<deferred<change>> changes_;  // of every revision from compacted_ + 1 to revision_
    std::uint64_t bytes_ = 0;          // of their names and values
    std::uint64_t revision_ = 0;
    std::uint64_t compacted_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
