// synod/testing/trial.hpp - random runs against laws, and the shortest run that breaks one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/report.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// How much a kit tries. Cost is linear in both; a broken law adds at most `shortening` runs.
struct effort {
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 100;       // runs
    std::size_t operations = 60;     // in each
    std::size_t shortening = 2'000;  // runs spent on making the first that breaks a law shorter
};

/// A law that did not hold, and where in the run.
struct violation {
    testing::law law;
    std::string reason;
    std::size_t operation = 0;  // counted from zero
};

/// Watches one run: counts how often each law is put to the test, and keeps the first that does not
/// hold.
class witness {
public:
    /// Says that operation `index` begins.
    void begin(std::size_t index) { operation_ = index; }

    /// Puts `which` to the test; `why()` gives the reason in words, and is called only when it
    /// `holds` no more. Returns `holds`.
    template <std::invocable Why>
    bool check(const law& which, bool holds, Why&& why) {
        count(which);
        if (!holds && !broken_) broken_ = violation{which, why(), operation_};
        return holds;
    }

    /// Counts a case in which `which` was put to the test and held.
    void pass(const law& which) { count(which); }

    /// The first violation, or nullptr.
    [[nodiscard]] const violation* broken() const { return broken_ ? &*broken_ : nullptr; }

    /// Whether the run is to go on: no law is broken.
    [[nodiscard]] bool goes_on() const { return !broken_; }

    /// Takes the first violation, if there is one, for one of `which`.
    void blame(const law& which) {
        count(which);
        if (broken_) broken_->law = which;
    }

    /// Adds what was counted to `to`.
    void tell(report& to) const {
        for (const auto& [which, cases] : cases_) to.count(which, cases);
    }

private:
    void count(const law& which) {
        for (auto& [known, cases] : cases_) {
            if (known == which) return static_cast<void>(++cases);
        }
        cases_.emplace_back(which, 1);
    }

    std::size_t operation_ = 0;
    std::optional<violation> broken_;
    std::vector<std::pair<law, std::uint64_t>> cases_;
};

namespace detail {

/// `operations` without `count` of them from `at` on.
template <class Operation>
[[nodiscard]] std::vector<Operation> without(const std::vector<Operation>& operations,
                                             std::size_t at, std::size_t count) {
    const auto place = [&operations](std::size_t index) {
        const std::size_t within = std::min(index, operations.size());
        return operations.begin() + static_cast<std::ptrdiff_t>(within);
    };
    std::vector<Operation> rest(operations.begin(), place(at));
    rest.insert(rest.end(), place(at + count), operations.end());
    return rest;
}

/// A run that breaks a law, and what broke.
template <class Operation>
struct counterexample {
    std::vector<Operation> operations;
    violation broken;
};

/// Makes a counterexample shorter: cuts what follows the violation, then takes out runs of
/// operations, half of them first and one at a time last, as long as the same law breaks. A simple
/// form of delta debugging (Zeller and Hildebrandt 2002).
template <class Operation, class Play>
class shortener {
public:
    shortener(counterexample<Operation>& best, Play& play, std::size_t tries)
        : best_(&best), play_(&play), tries_(tries) {}

    void run() {
        static_cast<void>(keeps(
            without(best_->operations, best_->broken.operation + 1, best_->operations.size())));
        for (std::size_t size = best_->operations.size() / 2; size > 0;) {
            if (!pass(size)) size /= 2;
        }
    }

private:
    /// Tries to take out each run of `size`. Returns whether any went.
    bool pass(std::size_t size) {
        bool is_shorter = false;
        for (std::size_t at = 0; at < best_->operations.size();) {
            if (keeps(without(best_->operations, at, size))) {
                is_shorter = true;
            } else {
                at += size;
            }
        }
        return is_shorter;
    }

    /// Whether the same law breaks with `fewer`, which is the best then.
    bool keeps(std::vector<Operation> fewer) {
        if (tries_ == 0 || fewer.size() >= best_->operations.size()) return false;
        --tries_;
        witness seen;
        (*play_)(fewer, seen);
        if (seen.goes_on() || seen.broken()->law != best_->broken.law) return false;
        *best_ = {std::move(fewer), *seen.broken()};
        return true;
    }

    counterexample<Operation>* best_;
    Play* play_;
    std::size_t tries_;
};

}  // namespace detail

/// Plays `generate(seed)`, a vector of operations, for each seed: `play(operations, witness)` must
/// do the same whenever it is given the same. Notes in `out` the first run that breaks each law,
/// shortened, its operations in the words of `describe(operation)`.
template <class Generate, class Play, class Describe>
void try_seeds(report& out, const effort& how, Generate&& generate, Play&& play,
               Describe&& describe) {
    for (std::uint64_t seed = how.first_seed; seed < how.first_seed + how.seeds; ++seed) {
        auto operations = generate(seed);
        using operation = typename decltype(operations)::value_type;
        witness seen;
        play(operations, seen);
        seen.tell(out);
        if (seen.goes_on() || !out.of(seen.broken()->law).holds()) continue;
        detail::counterexample<operation> found{std::move(operations), *seen.broken()};
        detail::shortener<operation, std::remove_reference_t<Play>>(found, play, how.shortening)
            .run();
        ruling broken{found.broken.law, 0, std::move(found.broken.reason), seed, {}};
        for (const operation& one : found.operations) broken.operations.push_back(describe(one));
        out.note(std::move(broken));
    }
}

}  // namespace synod::inline SYNOD_ABI::testing
