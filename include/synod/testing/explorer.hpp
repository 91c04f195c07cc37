// synod/testing/explorer.hpp - every state that a world can come to, and the shortest way to one
// that breaks an invariant.
//
// A state is remembered by 128 bits and by the way it was reached first: which state came before,
// and which of its steps was taken. The states themselves are kept only until they have been
// visited, and steps not at all: a schedule is written down by walking it again.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/detail/fingerprint_table.hpp>
#include <synod/testing/world.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Where a search stops.
struct explorer_limits {
    /// Distinct states at the most, and never more than `most_states`. A search that meets one more
    /// says `met_limit`.
    std::uint64_t states = most_states;

    static constexpr std::uint64_t most_states = UINT32_MAX;
};

/// What a search found. `distinct`, `generated` and `depth` count as TLC counts.
struct findings {
    std::uint64_t distinct = 0;   // states
    std::uint64_t generated = 0;  // the initial state, and every successor of every state
    /// States on the longest of the ways found, the initial one included. Breadth first these are
    /// the shortest ways.
    std::uint64_t depth = 0;
    std::string broken{};  // the invariant that does not hold; empty when all do
    std::vector<std::string>
        schedule{};          // the steps that break it; breadth first, no fewer steps do
    bool met_limit = false;  // there are more states than the limits allow
    /// Memory of the search itself at its largest, without what states hold elsewhere.
    std::uint64_t bytes = 0;
    double seconds = 0;

    /// Whether every state was reached, and no invariant is broken.
    [[nodiscard]] bool is_proof() const { return broken.empty() && !met_limit; }
};

namespace detail {

/// Which of the states known but not yet visited is visited next: the one known longest, or the one
/// known last.
enum class visiting_order : std::uint8_t { breadth_first, depth_first };

/// One search.
template <world World>
class search {
public:
    search(World& world, visiting_order order, explorer_limits limits)
        : world_(world),
          order_(order),
          most_states_(std::min(limits.states, explorer_limits::most_states)) {}

    [[nodiscard]] findings run() && {
        const auto start = std::chrono::steady_clock::now();
        begin();
        while (!unvisited_.empty() && found_.is_proof()) visit_some();
        found_.distinct = ways_.size();
        found_.bytes =
            seen_.bytes() + ways_.capacity() * sizeof(way) + most_unvisited_ * sizeof(place);
        found_.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        return std::move(found_);
    }

private:
    using state = typename World::state;
    using step = typename World::step;

    struct way {
        std::uint32_t from;     // the index of the state before
        std::uint32_t ordinal;  // which of its steps, in the order of for_each_step
    };
    struct place {
        std::uint32_t index;  // in ways_
        std::uint32_t depth;
        state at;
    };
    struct successor {
        std::uint32_t from;     // in visited_
        std::uint32_t ordinal;  // among the steps from there
        fingerprint_value print;
        state at;
    };

    /// So many states are visited together, breadth first.
    static constexpr std::size_t most_together = 16;

    void begin() {
        state first = world_.initial();
        ++found_.generated;
        if (most_states_ == 0) {
            found_.met_limit = true;
            return;
        }
        found_.broken = world_.broken(first);
        seen_.insert(fingerprint_of(first));
        keep({0, 0}, 1, std::move(first));
    }

    [[nodiscard]] place take() {
        const bool is_first = order_ == visiting_order::breadth_first;
        place next = std::move(is_first ? unvisited_.front() : unvisited_.back());
        if (is_first) {
            unvisited_.pop_front();
        } else {
            unvisited_.pop_back();
        }
        return next;
    }

    /// The successors of some states are generated before the first is looked up, so that the
    /// memory they are looked up in is fetched meanwhile: that is what most of the time would go
    /// to.
    void visit_some() {
        const bool is_broad = order_ == visiting_order::breadth_first;
        const std::size_t count = is_broad ? std::min(most_together, unvisited_.size()) : 1;
        visited_.clear();
        successors_.clear();
        for (std::size_t i = 0; i < count; ++i) {
            visited_.push_back(take());
            generate(static_cast<std::uint32_t>(i));
        }
        for (successor& one : successors_) {
            if (found_.is_proof()) arrive(visited_[one.from], std::move(one));
        }
    }

    void generate(std::uint32_t from) {
        std::uint32_t ordinal = 0;
        world_.for_each_step(visited_[from].at, [&](const step&, state after) {
            const fingerprint_value print = fingerprint_of(after);
            seen_.prefetch(print);
            successors_.push_back({from, ordinal++, print, std::move(after)});
        });
    }

    void arrive(const place& before, successor&& after) {
        ++found_.generated;
        const bool is_new = seen_.insert(after.print);
        if (is_new && ways_.size() == most_states_) {
            found_.met_limit = true;
            return;
        }
        const way by{before.index, after.ordinal};
        const std::string_view broken = broken_on_arrival(before.at, after.at, is_new);
        if (!broken.empty()) {
            found_.broken = broken;
            found_.schedule = schedule_of(by);
        }
        if (is_new) keep(by, before.depth + 1, std::move(after.at));
    }

    /// What a state was found to hold when it was new, it holds whenever it is met again.
    [[nodiscard]] std::string_view broken_on_arrival(const state& before, const state& after,
                                                     bool is_new) {
        if (is_new) return broken_by_step(world_, before, after);
        if constexpr (world_of_steps<World>) return world_.broken(before, after);
        return {};
    }

    void keep(way by, std::uint32_t depth, state&& at) {
        found_.depth = std::max<std::uint64_t>(found_.depth, depth);
        unvisited_.push_back({static_cast<std::uint32_t>(ways_.size()), depth, std::move(at)});
        most_unvisited_ = std::max(most_unvisited_, unvisited_.size());
        ways_.push_back(by);
    }

    /// The texts of the steps from the initial state that end with `last`.
    [[nodiscard]] std::vector<std::string> schedule_of(way last) {
        std::vector<std::uint32_t> ordinals{last.ordinal};  // backwards at first
        for (std::uint32_t index = last.from; index != 0; index = ways_[index].from) {
            ordinals.push_back(ways_[index].ordinal);
        }
        std::ranges::reverse(ordinals);
        std::vector<std::string> schedule;
        schedule.reserve(ordinals.size());
        state here = world_.initial();
        for (const std::uint32_t ordinal : ordinals) schedule.push_back(take_step(here, ordinal));
        return schedule;
    }

    /// Moves `here` on by one step and returns the step's text.
    [[nodiscard]] std::string take_step(state& here, std::uint32_t ordinal) {
        std::string text;
        const state before = here;
        std::uint32_t next = 0;
        world_.for_each_step(before, [&](const step& by, state after) {
            if (next++ != ordinal) return;
            text = to_string(by);
            here = std::move(after);
        });
        return text;
    }

    World& world_;
    visiting_order order_;
    std::uint64_t most_states_;
    findings found_;
    fingerprint_table seen_;
    // How each state was reached first, by the order of arrival; one for each of seen_.
    std::vector<way> ways_;
    std::deque<place> unvisited_;  // by the order of arrival
    std::size_t most_unvisited_ = 0;
    std::vector<place> visited_;         // those being visited
    std::vector<successor> successors_;  // of those, in turn
};

}  // namespace detail

/// Visits every state that `world` can come to, those a few steps away first, and stops where an
/// invariant is broken or a limit is met. Memory: 20 to 50 bytes for each distinct state, and those
/// not yet visited.
template <world World>
[[nodiscard]] findings breadth_first(World& world, explorer_limits limits = {}) {
    return detail::search<World>(world, detail::visiting_order::breadth_first, limits).run();
}

/// The same with the newest state first. What it finds in the end is the same, whatever the order:
/// a check of the search, and of a world whose fingerprints leave something out. The schedule to a
/// broken invariant is rarely the shortest.
template <world World>
[[nodiscard]] findings depth_first(World& world, explorer_limits limits = {}) {
    return detail::search<World>(world, detail::visiting_order::depth_first, limits).run();
}

}  // namespace synod::inline SYNOD_ABI::testing
