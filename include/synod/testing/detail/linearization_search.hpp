// synod/testing/detail/linearization_search.hpp - looks for an order of operations that explains
// all that returned.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/testing/linearizability_model.hpp>
#include <synod/testing/verdict.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing::detail {

/// An operation and when it was under way, in events. Without a return it is open for ever and need
/// not have happened.
template <linearizability_model Model>
struct interval {
    testing::operation<typename Model::input, typename Model::output> operation;
    std::size_t called = 0;
    std::optional<std::size_t> returned;
};

/// Walks depth first through the orders in which operations can have taken effect, and leaves out
/// each configuration (a set of operations done, and a state) that it has met before.
/// Configurations are remembered as fingerprints of 128 bits.
///
/// Source: Wing and Gong, "Testing and verifying concurrent objects" (1993), for the walk over a
/// list of calls and returns; Lowe, "Testing for linearizability" (2017), for the memory.
template <linearizability_model Model>
class linearization_search {
public:
    /// Adds what it costs to `size`, and ends when that reaches `limits`; all references must
    /// outlive the search.
    linearization_search(const Model& model, const std::vector<interval<Model>>& operations,
                         const search_limits& limits, search_size& size)
        : model_(model),
          operations_(operations),
          limits_(limits),
          size_(size),
          state_(model.initial()) {
        link();
    }

    /// Walks until there is an order, until there can be none, or until a limit is reached. To be
    /// called once.
    [[nodiscard]] verdict run() {
        std::size_t at = entries_[returning].next;
        while (returns_left_ > 0) {
            if (limits_.is_reached_by(size_)) return verdict::undecided;
            if (!is_exhausted(at)) {
                at = advance(at) ? entries_[returning].next : candidate_after(at);
            } else if (!done_.empty()) {
                at = candidate_after(take_back());
            } else {
                return verdict::not_linearizable;
            }
        }
        return verdict::linearizable;
    }

    /// The latest return that no order reached: the events before it are linearizable. Holds after
    /// `not_linearizable`.
    [[nodiscard]] std::size_t furthest() const { return furthest_; }

private:
    // The entries before the first of each ring.
    static constexpr std::size_t returning = 0;  // calls that return, and their returns
    static constexpr std::size_t open = 1;       // calls that do not
    static constexpr std::size_t heads = 2;

    struct entry {
        std::size_t event = 0;
        std::size_t operation = 0;
        bool is_return = false;
        std::size_t previous = returning;
        std::size_t next = returning;
    };
    struct choice {
        std::size_t call;
        typename Model::state before;
    };
    struct low_half {
        std::size_t operator()(const fingerprint_value& value) const {
            return static_cast<std::size_t>(value.low);
        }
    };

    /// Lines up the calls and returns in the order of their events.
    void link() {
        entries_.resize(heads);
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const interval<Model>& one = operations_[i];
            entries_.push_back({one.called, i, false});
            if (one.returned) entries_.push_back({*one.returned, i, true});
            marks_.push_back(fingerprint_of(i));
        }
        std::sort(entries_.begin() + heads, entries_.end(),
                  [](const entry& a, const entry& b) { return a.event < b.event; });
        return_of_.resize(operations_.size(), returning);
        insert_between(open, open, open);
        for (std::size_t i = heads; i < entries_.size(); ++i) {
            const std::size_t ring = operations_[entries_[i].operation].returned ? returning : open;
            insert_between(entries_[ring].previous, i, ring);
            if (!entries_[i].is_return) continue;
            return_of_[entries_[i].operation] = i;
            ++returns_left_;
        }
    }

    /// The call to try once the one at `at` has led nowhere: first those that return, up to the
    /// first return, then those that are open, for mostly they are not needed.
    [[nodiscard]] std::size_t candidate_after(std::size_t at) {
        const std::size_t next = entries_[at].next;
        if (!entries_[next].is_return) return next;
        blocked_ = entries_[next].event;
        furthest_ = std::max(furthest_, blocked_);
        return entries_[open].next;
    }

    /// Whether nothing is left to try: what is called after the first return has to wait for what
    /// returned. An open call that is taken back leaves the first return, and so blocked_, as it
    /// was before.
    [[nodiscard]] bool is_exhausted(std::size_t at) const {
        return at == open ||
               (return_of_[entries_[at].operation] == returning && entries_[at].event > blocked_);
    }

    /// Lets the operation that is called at `call` take effect next, if it can and if that leads to
    /// somewhere new.
    bool advance(std::size_t call) {
        ++size_.steps;
        const std::size_t index = entries_[call].operation;
        const interval<Model>& chosen = operations_[index];
        typename Model::state after = state_;
        if (!model_.step(after, chosen.operation)) return false;
        // What need not have happened and changes nothing explains nothing.
        if (!chosen.returned && after == state_) return false;
        mark(index);
        if (!remember(after)) {
            mark(index);
            return false;
        }
        remove(call);
        done_.push_back({call, std::exchange(state_, std::move(after))});
        return true;
    }

    /// Undoes the operation that took effect last, and says where it is called.
    std::size_t take_back() {
        const std::size_t call = done_.back().call;
        state_ = std::move(done_.back().before);
        done_.pop_back();
        mark(entries_[call].operation);
        put_back(call);
        return call;
    }

    [[nodiscard]] bool remember(const typename Model::state& state) {
        fingerprinter sink;
        sink.add(marked_.high);
        sink.add(marked_.low);
        sink.add(state);
        const bool is_new = seen_.insert(sink.value()).second;
        if (is_new) ++size_.configurations;
        return is_new;
    }

    /// Adds an operation to the set of those done, or takes it out again.
    void mark(std::size_t operation) {
        marked_.high ^= marks_[operation].high;
        marked_.low ^= marks_[operation].low;
    }

    void remove(std::size_t call) {
        unlink(call);
        const std::size_t its_return = return_of_[entries_[call].operation];
        if (its_return == returning) return;
        unlink(its_return);
        --returns_left_;
    }

    /// Entries come back in the reverse order in which they went, so their neighbours are those
    /// they had.
    void put_back(std::size_t call) {
        const std::size_t its_return = return_of_[entries_[call].operation];
        if (its_return != returning) {
            insert_between(entries_[its_return].previous, its_return, entries_[its_return].next);
            ++returns_left_;
        }
        insert_between(entries_[call].previous, call, entries_[call].next);
    }

    void insert_between(std::size_t previous, std::size_t at, std::size_t next) {
        entries_[at].previous = previous;
        entries_[at].next = next;
        entries_[previous].next = at;
        entries_[next].previous = at;
    }

    void unlink(std::size_t at) {
        entries_[entries_[at].previous].next = entries_[at].next;
        entries_[entries_[at].next].previous = entries_[at].previous;
    }

    const Model& model_;
    const std::vector<interval<Model>>& operations_;
    const search_limits& limits_;
    search_size& size_;

    std::vector<entry> entries_;  // rings of what is not done, by event
    // By operation; `returning`, which is none, for one that is open.
    std::vector<std::size_t> return_of_;
    std::vector<fingerprint_value> marks_;  // by operation
    std::size_t returns_left_ = 0;          // in the ring

    typename Model::state state_;  // after all in done_
    std::vector<choice> done_;     // in the order in which they took effect
    fingerprint_value marked_;     // stands for the set of operations in done_
    std::unordered_set<fingerprint_value, low_half> seen_;
    // The event of the first return, once the calls before it led nowhere.
    std::size_t blocked_ = 0;
    std::size_t furthest_ = 0;  // the highest that blocked_ ever was
};

}  // namespace synod::inline SYNOD_ABI::testing::detail
