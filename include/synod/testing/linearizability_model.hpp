// synod/testing/linearizability_model.hpp - what a sequential object does: the measure of a
// concurrent one.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/testing/history.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

namespace detail {

template <class M>
concept names_its_types = requires {
    requires std::copyable<typename M::state>;
    requires std::copyable<typename M::input>;
    requires std::copyable<typename M::output>;
};

template <class M>
concept tells_states_apart =
    std::equality_comparable<typename M::state> && fingerprintable<typename M::state>;

template <class M>
concept starts_somewhere = requires(const M& model) {
    { model.initial() } -> std::same_as<typename M::state>;
};

template <class M>
concept takes_steps = requires(const M& model, typename M::state& state,
                               const operation<typename M::input, typename M::output>& next) {
    { model.step(state, next) } -> std::same_as<bool>;
};

template <class M>
concept has_keys = requires(const M& model, const typename M::input& input) { model.key(input); };

template <has_keys M>
using key_of = std::remove_cvref_t<decltype(std::declval<const M&>().key(
    std::declval<const typename M::input&>()))>;

template <class M>
concept orders_its_keys = !has_keys<M> || requires { requires std::totally_ordered<key_of<M>>; };

}  // namespace detail

/// An object that does one operation after another, with types `state`, `input` and `output`.
/// - `initial()` is the state before the first operation.
/// - `step(state, operation)` says whether the operation can do in `state` what it says it did, and
///   if so leaves in `state` what comes of it; if not, what it leaves there is thrown away. An
///   operation without an output can have had any answer, but one state has one answer: an object
///   that may choose keeps, as its state, the set of the states it may be in.
/// - `key(input)`, where there is one, names the part of the object that an operation reads and
///   writes. Operations with different keys do not touch one another, `initial()` is the state of
///   each part, and each part is searched alone.
/// - Equal states have equal fingerprints.
template <class M>
concept linearizability_model =
    testing::detail::names_its_types<M> && testing::detail::tells_states_apart<M> &&
    testing::detail::starts_somewhere<M> && testing::detail::takes_steps<M> &&
    testing::detail::orders_its_keys<M>;

/// The histories that a model can judge. Not constrained, so that whoever takes one names what a
/// model lacks.
template <class Model>
using history_of = history<typename Model::input, typename Model::output>;

}  // namespace synod::inline SYNOD_ABI::testing
