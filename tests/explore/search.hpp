// tests/explore/search.hpp - every reachable state of a small world, nearest first.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace explore {

/// What a search found. The counts mean what they mean in TLC.
struct findings {
    std::uint64_t distinct = 0;   // states
    std::uint64_t generated = 0;  // the initial state, and every successor of every state
    std::uint64_t depth =
        0;               // states on the longest of the shortest ways, the initial one included
    std::string broken;  // the name of the property that does not hold; empty when all do
    std::vector<std::string> schedule;  // the shortest way to the state that breaks it
};

/// Walks through all states of a `Model`, breadth first, telling them apart by 128-bit fingerprints, and stops at the first state
/// that breaks a property.
/// - `Model::state` and `Model::step` are values; a state has a fingerprint, `to_string(step)` says what happened.
/// - `initial()` is the first state.
/// - `for_each_step(state, visit)` calls `visit(step, successor)` for each step, also for one that leads back to the same state.
/// - `broken(state)` names a property that does not hold there, or is empty.
template <class Model>
class breadth_first {
public:
    explicit breadth_first(Model& model) : model_(model) {}

    [[nodiscard]] findings run() {
        arrive(no_parent, {}, model_.initial());
        while (!next_.empty() && result_.broken.empty()) {
            ++result_.depth;
            const std::vector<place> level = std::exchange(next_, {});
            for (const place& here : level) expand(here);
        }
        return std::move(result_);
    }

private:
    using state = typename Model::state;
    using step = typename Model::step;

    static constexpr std::size_t no_parent = static_cast<std::size_t>(-1);

    struct place {
        std::size_t index;  // in ways_
        state at;
    };
    struct way {
        std::size_t parent;
        std::optional<step> by;
    };
    struct low_half {
        std::size_t operator()(const synod::fingerprint_value& value) const {
            return static_cast<std::size_t>(value.low);
        }
    };

    void expand(const place& here) {
        if (!result_.broken.empty()) return;
        model_.for_each_step(here.at, [&](const step& by, state successor) {
            arrive(here.index, by, std::move(successor));
        });
    }

    void arrive(std::size_t parent, std::optional<step> by, state at) {
        ++result_.generated;
        if (!seen_.insert(synod::fingerprint_of(at)).second) return;
        ++result_.distinct;
        ways_.push_back({parent, std::move(by)});
        const std::string_view broken = model_.broken(at);
        if (!broken.empty() && result_.broken.empty()) {
            result_.broken = broken;
            result_.schedule = schedule_to(ways_.size() - 1);
        }
        next_.push_back({ways_.size() - 1, std::move(at)});
    }

    [[nodiscard]] std::vector<std::string> schedule_to(std::size_t index) const {
        std::vector<std::string> backwards;
        for (; ways_[index].by; index = ways_[index].parent) {
            backwards.push_back(to_string(*ways_[index].by));
        }
        return {backwards.rbegin(), backwards.rend()};
    }

    Model& model_;
    findings result_;
    std::unordered_set<synod::fingerprint_value, low_half> seen_;
    std::vector<way> ways_;    // by the order of arrival: how each state was reached first
    std::vector<place> next_;  // the states of the next level
};

}  // namespace explore
