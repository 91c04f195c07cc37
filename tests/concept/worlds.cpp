// tests/concept/worlds.cpp - what a world must have, and that searching asks for no more.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/explorer.hpp>
#include <synod/testing/interning.hpp>

#include "concept/archetypes.hpp"

#include <string>
#include <string_view>

namespace arch {

/// Copies and has a fingerprint; neither default-constructible nor comparable.
struct some_state {
    some_state() = delete;
    some_state(const some_state&);
    some_state& operator=(const some_state&);
    ~some_state();
    void fingerprint(synod::fingerprinter& sink) const;
};

struct some_step : nothing {
    friend std::string to_string(const some_step& step);
};

struct some_world : nothing {
    using state = some_state;
    using step = some_step;
    some_state initial();
    const some_step& any_step();
    template <class Visit>
    void for_each_step(const some_state& here, Visit&& visit) {
        visit(any_step(), here);
    }
    std::string_view broken(const some_state& here);
};

struct with_step_invariants : some_world {
    using some_world::broken;
    std::string_view broken(const some_state& before, const some_state& after);
};

/// Compares and has a fingerprint; not default-constructible.
struct some_component : some_state {
    friend bool operator==(const some_component&, const some_component&);
};

}  // namespace arch

namespace {

using namespace synod;
using arch::some_component;
using arch::some_state;
using arch::some_step;
using arch::some_world;
using arch::with_step_invariants;
using testing::world;
using testing::world_of_facts;
using testing::world_of_steps;

struct with_facts : some_world {
    template <class Sink>
    void facts(const some_state& before, const some_step& step, const some_state& after,
               Sink&& sink);
};

static_assert(world<some_world>);
static_assert(world<with_step_invariants>);
static_assert(world<with_facts>);
static_assert(!world_of_steps<some_world>);
static_assert(!world_of_facts<some_world>);
static_assert(world_of_steps<with_step_invariants>);
static_assert(world_of_facts<with_facts>);

struct state_without_fingerprint : some_world {
    using state = arch::value;
    state initial();
    std::string_view broken(const state& here);
};
struct state_that_does_not_copy : some_world {
    struct state : arch::only_moves {
        void fingerprint(fingerprinter& sink) const;
    };
    state initial();
    std::string_view broken(const state& here);
};
struct step_without_a_text : some_world {
    using step = arch::value;
};
struct no_initial_state : some_world {
    void initial() = delete;
};
struct begins_elsewhere : some_world {
    int initial();
};
struct goes_nowhere : some_world {
    void for_each_step() = delete;
};
struct calls_nothing_broken : some_world {
    void broken(const some_state& here);
};
struct calls_a_step_nothing : some_world {
    using some_world::broken;
    void broken(const some_state& before, const some_state& after);
};

static_assert(!world<state_without_fingerprint>);
static_assert(!world<state_that_does_not_copy>);
static_assert(!world<step_without_a_text>);
static_assert(!world<no_initial_state>);
static_assert(!world<begins_elsewhere>);
static_assert(!world<goes_nowhere>);
static_assert(!world<calls_nothing_broken>);
static_assert(world<calls_a_step_nothing>);
static_assert(!world_of_steps<calls_a_step_nothing>);

static_assert(testing::internable<some_component>);
static_assert(!testing::internable<some_state>);   // does not compare
static_assert(!testing::internable<arch::value>);  // has no fingerprint

}  // namespace

template class synod::testing::detail::search<arch::some_world>;
template class synod::testing::detail::search<arch::with_step_invariants>;
template class synod::testing::interner<arch::some_component>;
template class synod::testing::reactions<arch::some_component, int, arch::some_component>;
