// synod/lock/detail/number_index.hpp - finds elements of a slab by numbers that are handed out in
// turn.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/detail/hash_index.hpp>
#include <synod/lock/detail/slab.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Elements by number, each in a space of its own. Eight numbers that follow one another are a run,
/// which lies in one cache line or two and is looked up as one: what is in use together is at hand
/// together. An element takes 8 bytes where runs are full, and 65 where it is alone in its run.
/// Constant time on average. `Handle` is `handle`.
template <class Handle>
class basic_number_index {
public:
    /// The element under a number, or `none`.
    [[nodiscard]] handle find(handle space, std::uint64_t number) const {
        const handle where = find_run(space, number / run_length);
        return where == none ? none : runs_[where].elements[number % run_length];
    }

    /// Precondition: there is nothing under that number.
    void insert(handle element, handle space, std::uint64_t number) {
        run& its = runs_[reach_run(space, number / run_length)];
        its.elements[number % run_length] = element;
        ++its.size;
    }

    /// How many runs there are: those with something in them, and at most one more.
    [[nodiscard]] std::size_t runs() const { return runs_.size(); }

    /// Precondition: there is something under that number.
    void erase(handle space, std::uint64_t number) {
        const handle where = find_run(space, number / run_length);
        run& its = runs_[where];
        its.elements[number % run_length] = none;
        if (--its.size == 0 && where != latest_) drop(where);
    }

private:
    static constexpr std::size_t run_length = 8;

    struct run {
        std::uint64_t number = 0;  // of its first element, divided by run_length
        handle space = none;
        std::uint32_t size = 0;
        Handle elements[run_length] = {none, none, none, none, none, none, none, none};

        [[nodiscard]] bool is(handle wanted, std::uint64_t which) const {
            return number == which && space == wanted;
        }
    };

    [[nodiscard]] static std::uint64_t hash_of_run(handle space, std::uint64_t number) {
        return spread(number + (std::uint64_t{space} << 32U));
    }

    [[nodiscard]] handle find_run(handle space, std::uint64_t number) const {
        if (latest_ != none && runs_[latest_].is(space, number)) return latest_;
        return by_number_.find(hash_of_run(space, number),
                               [&](handle one) { return runs_[one].is(space, number); });
    }

    /// An empty run is dropped once another is reached, so that who comes and goes in turn makes
    /// and drops none.
    [[nodiscard]] handle reach_run(handle space, std::uint64_t number) {
        handle found = find_run(space, number);
        if (found == none) {
            found = runs_.take();
            runs_[found] = {};
            runs_[found].number = number;
            runs_[found].space = space;
            by_number_.insert(found, hash_of_run(space, number));
        }
        const handle before = std::exchange(latest_, found);
        if (before != found && before != none && runs_[before].size == 0) drop(before);
        return found;
    }

    void drop(handle where) {
        const run& empty = runs_[where];
        by_number_.erase(where, hash_of_run(empty.space, empty.number));
        runs_.give_back(where);
    }

    slab<run> runs_;  // each with an element in it, but for latest_
    basic_hash_index<Handle> by_number_;
    handle latest_ = none;  // the run that something was put into last
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
