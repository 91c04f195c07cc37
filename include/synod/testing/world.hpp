// synod/testing/world.hpp - the concept of a world: what can be in it, what can happen next, and
// what must always hold.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace synod::inline SYNOD_ABI::testing {

namespace detail {

template <class W>
concept state_is_a_value = std::copyable<typename W::state> && fingerprintable<typename W::state>;

template <class W>
concept step_has_a_text = requires(const typename W::step& step) {
    { to_string(step) } -> std::convertible_to<std::string>;
};

template <class W>
concept has_an_initial_state = requires(W& world) {
    { world.initial() } -> std::same_as<typename W::state>;
};

template <class W>
struct any_visitor {
    void operator()(const typename W::step&, const typename W::state&) const;
};

template <class W>
concept visits_each_step = requires(W& world, const typename W::state& here, any_visitor<W> visit) {
    world.for_each_step(here, visit);
};

template <class W>
concept names_what_is_broken = requires(W& world, const typename W::state& here) {
    { world.broken(here) } -> std::convertible_to<std::string_view>;
};

}  // namespace detail

/// A closed system whose every behaviour can be walked through: real roles, a network and disks
/// that are values, and whatever may befall them.
/// - `state` is all that the future depends on; states of equal fingerprints have the same future.
/// - `step` is one thing that happens; `to_string(step)` says it in one line, a verb and its
///   arguments, such as `deliver prepare 2 to acceptor 1`. In one state different texts mean
///   different steps.
/// - `initial()` is the first state.
/// - `for_each_step(here, visit)` calls `visit(step, successor)` for each step that `here` allows,
///   in an order that depends on `here` alone, also for those that lead back to `here`. A step may
///   be visited more than once: that counts it more than once.
/// - `broken(here)` names an invariant that does not hold in `here`; it is empty when all do. The
///   name outlives the world.
/// A world may change what it remembers while it is asked (see `testing/interning.hpp`), never what
/// it answers.
template <class W>
concept world =
    detail::state_is_a_value<W> && detail::step_has_a_text<W> && detail::has_an_initial_state<W> &&
    detail::visits_each_step<W> && detail::names_what_is_broken<W>;

/// A world with invariants of two states, one before and one after a step: `broken(before, after)`
/// names one that does not hold.
template <class W>
concept world_of_steps = world<W> && requires(W& world, const typename W::state& before,
                                              const typename W::state& after) {
    { world.broken(before, after) } -> std::convertible_to<std::string_view>;
};

/// A world that says what a step brought about: `facts(before, step, after, sink)` calls
/// `sink(std::string)` with one line for each fact of the protocol, such as
/// `acceptor 1 promises 2`. Scenarios write them down.
template <class W>
concept world_of_facts =
    world<W> && requires(W& world, const typename W::state& before, const typename W::step& step,
                         const typename W::state& after,
                         void (*sink)(std::string)) { world.facts(before, step, after, sink); };

/// The invariant that the step from `before` to `after` breaks, or that does not hold in `after`;
/// empty when all hold.
template <world World>
[[nodiscard]] std::string_view broken_by_step(World& world, const typename World::state& before,
                                              const typename World::state& after) {
    if constexpr (world_of_steps<World>) {
        const std::string_view broken = world.broken(before, after);
        if (!broken.empty()) return broken;
    }
    return world.broken(after);
}

}  // namespace synod::inline SYNOD_ABI::testing
