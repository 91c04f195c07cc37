// synod/testing/linearizability.hpp - whether a recorded history is one that a sequential object
// can explain.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/detail/linearization_search.hpp>
#include <synod/testing/history.hpp>
#include <synod/testing/linearizability_model.hpp>
#include <synod/testing/verdict.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// What was found out about a history.
struct linearizability {
    testing::verdict verdict = verdict::linearizable;

    /// How many events, from the first, already are not linearizable. Zero unless the verdict is
    /// not_linearizable.
    std::size_t failing_prefix = 0;

    /// Whether every shorter prefix is known to be linearizable. False when a limit ended the
    /// search for it.
    bool is_shortest = true;

    /// The events of the failing prefix that concern the key that fails, ascending; all of them
    /// when the model has no keys.
    std::vector<std::size_t> failing_events;

    /// What all searches together cost.
    search_size size;
};

namespace detail {

/// Judges a history part by part, and each part by prefixes, so that all of it bears on one result.
template <linearizability_model Model>
class linearizability_check {
public:
    linearizability_check(const Model& model, const history_of<Model>& recorded,
                          const search_limits& limits)
        : model_(model), recorded_(recorded), limits_(limits) {}

    [[nodiscard]] linearizability run() {
        for (const part& one : parts()) check(one);
        return result_;
    }

private:
    using part = std::vector<const typename history_of<Model>::operation_type*>;

    struct finding {
        testing::verdict verdict;
        std::size_t least = 0;  // no prefix of fewer events fails
    };

    /// The operations with the same key, in the order of their calls.
    [[nodiscard]] std::vector<part> parts() const {
        std::vector<part> all;
        if constexpr (has_keys<Model>) {
            std::map<key_of<Model>, part> by_key;
            for (const auto& one : recorded_.operations()) {
                by_key[model_.key(one.operation.input)].push_back(&one);
            }
            for (auto& [key, operations] : by_key) all.push_back(std::move(operations));
        } else {
            part& whole = all.emplace_back();
            for (const auto& one : recorded_.operations()) whole.push_back(&one);
        }
        return all;
    }

    /// A part matters only if it fails before any part that was looked at earlier.
    void check(const part& one) {
        const bool has_failed = result_.verdict == verdict::not_linearizable;
        const std::size_t bound = has_failed ? result_.failing_prefix - 1 : recorded_.events();
        const finding found = judge(one, bound);
        if (found.verdict == verdict::undecided) {
            if (!has_failed) result_.verdict = verdict::undecided;
            result_.is_shortest = false;
        } else if (found.verdict == verdict::not_linearizable) {
            result_.verdict = verdict::not_linearizable;
            result_.failing_prefix = shortest(one, found.least, bound);
            result_.failing_events = events_within(one, result_.failing_prefix);
        }
    }

    /// The shortest failing prefix, which has at least `low` events, given that the one of `high`
    /// events fails. Once a prefix fails all longer ones do, so it is found by bisection. What
    /// stops the search of a long prefix mostly is what fails, so the lower end is tried first.
    [[nodiscard]] std::size_t shortest(const part& one, std::size_t low, std::size_t high) {
        std::size_t length = low;
        while (low < high) {
            const finding found = judge(one, length);
            if (found.verdict == verdict::undecided) {
                result_.is_shortest = false;
                break;
            }
            if (found.verdict == verdict::linearizable) {
                low = length + 1;
            } else {
                high = length;
            }
            length = low + (high - low) / 2;
        }
        return high;
    }

    [[nodiscard]] finding judge(const part& one, std::size_t length) {
        const auto operations = within(one, length);
        linearization_search<Model> search(model_, operations, limits_, result_.size);
        const verdict found = search.run();
        return {found, search.furthest() + 1};
    }

    /// The operations as the first `length` events show them: what ends later is open, and its
    /// answer not known.
    [[nodiscard]] static std::vector<interval<Model>> within(const part& one, std::size_t length) {
        std::vector<interval<Model>> operations;
        for (const auto* each : one) {
            if (each->called >= length) break;
            const bool has_ended = each->ended && *each->ended < length;
            if (has_ended && each->ending == ending::failed) continue;
            auto& seen =
                operations.emplace_back(interval<Model>{each->operation, each->called, {}});
            if (has_ended && each->ending == ending::returned) {
                seen.returned = each->ended;
            } else {
                seen.operation.output.reset();
            }
        }
        return operations;
    }

    [[nodiscard]] static std::vector<std::size_t> events_within(const part& one,
                                                                std::size_t length) {
        std::vector<std::size_t> events;
        for (const auto* each : one) {
            if (each->called < length) events.push_back(each->called);
            if (each->ended && *each->ended < length) events.push_back(*each->ended);
        }
        std::ranges::sort(events);
        return events;
    }

    const Model& model_;
    const history_of<Model>& recorded_;
    const search_limits& limits_;
    linearizability result_;
};

}  // namespace detail

/// Judges whether all that returned in `recorded` can have taken effect one after another, each
/// between its call and its return, as `model` says; if not, finds the shortest prefix that already
/// is not linearizable. What failed counts as called, and open, in each prefix that ends before the
/// failure. `limits` bound all searches together; whatever they cut short is never called
/// linearizable. The search is exponential in how many operations overlap, at worst, and mostly
/// about linear.
template <linearizability_model Model>
[[nodiscard]] linearizability check_linearizability(const Model& model,
                                                    const history_of<Model>& recorded,
                                                    const search_limits& limits = {}) {
    return testing::detail::linearizability_check<Model>(model, recorded, limits).run();
}

}  // namespace synod::inline SYNOD_ABI::testing
