// synod/testing/interning.hpp - small numbers in place of large values, and real code that runs
// once for each thing it can be asked.
//
// In a small world a role has few states, though the world has millions: the same acceptor is asked
// the same question in thousands of them. So a world's state holds the number of each role's state,
// and `reactions` runs the real role once for each pair of a state and a question and remembers
// what came of it. What runs is the role as it is shipped; it must be deterministic.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/base/ids.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A value that can be told from others, and has a fingerprint to be looked up by.
template <class T>
concept internable = std::copyable<T> && std::equality_comparable<T> && fingerprintable<T>;

/// The number of a `Value`. Numbers of equal values are equal, so a state made of them compares and
/// hashes as one made of the values.
template <class Value, std::unsigned_integral Representation = std::uint32_t>
using interned = id<Value, Representation>;

/// Gives each different value a number, counted from zero in the order of their arrival. A state
/// with numbers in it has a meaning only beside its interner.
template <internable Value, std::unsigned_integral Representation = std::uint32_t>
class interner {
public:
    using number = interned<Value, Representation>;

    interner() = default;
    interner(interner&&) noexcept = default;
    interner& operator=(interner&&) noexcept = default;
    interner(const interner&) = delete;
    interner& operator=(const interner&) = delete;
    ~interner() = default;

    /// The number of `value`: that of its equal, or the next. Throws std::length_error when there
    /// are more values than numbers.
    [[nodiscard]] number of(Value value) {
        const auto [where, is_new] = numbers_.try_emplace(std::move(value));
        if (is_new) {
            if (values_.size() > std::numeric_limits<Representation>::max()) {
                numbers_.erase(where);
                throw std::length_error("a world has more different values than numbers for them");
            }
            where->second = number(static_cast<Representation>(values_.size()));
            values_.push_back(&where->first);
        }
        return where->second;
    }

    /// The value that `of` gave this number. Valid as long as the interner is.
    [[nodiscard]] const Value& operator[](number which) const { return *values_[which.value()]; }

    [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
    struct by_fingerprint {
        std::size_t operator()(const Value& value) const {
            return static_cast<std::size_t>(fingerprint_of(value).low);
        }
    };

    std::unordered_map<Value, number, by_fingerprint> numbers_;
    std::vector<const Value*> values_;  // by number: keys of numbers_, which stay where they are
};

/// The answer of a component that only takes.
struct no_answer {
    friend bool operator==(no_answer, no_answer) = default;

    template <class Sink>
    void fingerprint(Sink& /*sink*/) const {}
};

/// What deterministic components make of their inputs: what each becomes, and what it answers. The
/// inputs are numbered by the world, densely: with an interner, or by counting them.
template <internable Component, class Input, internable Answer = no_answer,
          std::unsigned_integral Representation = std::uint32_t>
class reactions {
public:
    using component = interned<Component, Representation>;
    using input = interned<Input, Representation>;
    using answer = interned<Answer, Representation>;

    struct reaction {
        component next;
        testing::interned<Answer, Representation> answer;
    };

    [[nodiscard]] interner<Component, Representation>& components() { return components_; }
    [[nodiscard]] const interner<Component, Representation>& components() const {
        return components_;
    }
    [[nodiscard]] interner<Answer, Representation>& answers() { return answers_; }
    [[nodiscard]] const interner<Answer, Representation>& answers() const { return answers_; }

    /// What comes of `input` reaching `here`. Asked for the first time, `react(component)` hands
    /// the input to a copy of the component and returns its answer; from then on that is
    /// remembered, and `react` is not called.
    template <class React>
        requires std::convertible_to<std::invoke_result_t<React&, Component&>, Answer>
    reaction of(component here, input said, React&& react) {
        const std::size_t row = here.value();
        const std::size_t column = said.value();
        if (row < known_.size() && column < known_[row].size()) {
            const std::optional<reaction>& known = known_[row][column];
            if (known) return *known;
        }
        return learn(here, said, react);
    }

private:
    template <class React>
    [[gnu::noinline, gnu::cold]] reaction learn(component here, input said, React& react) {
        Component next = components_[here];
        const answer answered = answers_.of(react(next));
        const reaction result{components_.of(std::move(next)), answered};
        if (known_.size() <= here.value()) known_.resize(here.value() + std::size_t{1});
        auto& row = known_[here.value()];
        if (row.size() <= said.value()) row.resize(said.value() + std::size_t{1});
        row[said.value()] = result;
        return result;
    }

    interner<Component, Representation> components_;
    interner<Answer, Representation> answers_;
    std::vector<std::vector<std::optional<reaction>>> known_;  // by component, then by input
};

}  // namespace synod::inline SYNOD_ABI::testing
