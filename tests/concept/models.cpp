// tests/concept/models.cpp - what a model of linearizability has to have, and that it needs nothing
// more.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/linearizability.hpp>
#include <synod/testing/models.hpp>

#include "concept/archetypes.hpp"

#include <compare>

namespace arch {

/// Copies and nothing else: no default, no comparison.
struct only_copies {
    only_copies() = delete;
    only_copies(const only_copies&);
    only_copies& operator=(const only_copies&);
    ~only_copies();
};

/// A state that would do if it could be copied.
struct only_moves_state : only_moves {
    friend bool operator==(const only_moves_state&, const only_moves_state&);
    template <class Sink>
    void fingerprint(Sink& sink) const;
};

struct model : only_moves {
    struct state : only_copies {
        friend bool operator==(const state&, const state&);
        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(0);
        }
    };
    struct input : only_copies {};
    struct output : only_copies {};

    state initial() const;
    bool step(state& now, const synod::testing::operation<input, output>& next) const;
};

struct keyed_model : model {
    struct ordered : only_copies {
        friend std::strong_ordering operator<=>(const ordered&, const ordered&);
        friend bool operator==(const ordered&, const ordered&);
    };

    ordered key(const input& asked) const;
};

}  // namespace arch

namespace {

using namespace synod;
using arch::model;
using testing::linearizability_model;

static_assert(linearizability_model<model>);
static_assert(linearizability_model<arch::keyed_model>);
static_assert(linearizability_model<testing::cas_register_model>);
static_assert(linearizability_model<testing::kv_append_model>);
static_assert(linearizability_model<testing::mutex_model>);

// Each near miss has all of the archetype but one thing, which it hides.

struct has_no_input : model {
private:
    using model::input;
};
struct state_does_not_copy : model {
    using state = arch::only_moves_state;
    state initial() const;
    bool step(state& now, const testing::operation<input, output>& next) const;
};
struct input_does_not_copy : model {
    using input = arch::only_moves;
    bool step(state& now, const testing::operation<input, output>& next) const;
};
struct output_does_not_copy : model {
    using output = arch::only_moves;
    bool step(state& now, const testing::operation<input, output>& next) const;
};
struct state_has_no_equality : model {
    struct state : arch::only_copies {
        template <class Sink>
        void fingerprint(Sink& sink) const;
    };
    state initial() const;
    bool step(state& now, const testing::operation<input, output>& next) const;
};
struct state_has_no_fingerprint : model {
    using state = arch::value;
    state initial() const;
    bool step(state& now, const testing::operation<input, output>& next) const;
};
struct begins_nowhere : model {
    void initial() const;
};
struct step_changes_the_model : model {
    bool step(state& now, const testing::operation<input, output>& next);
};
struct step_says_nothing : model {
    void step(state& now, const testing::operation<input, output>& next) const;
};
struct key_has_no_order : model {
    arch::value key(const input& asked) const;
};

static_assert(!linearizability_model<has_no_input>);
static_assert(!linearizability_model<state_does_not_copy>);
static_assert(!linearizability_model<input_does_not_copy>);
static_assert(!linearizability_model<output_does_not_copy>);
static_assert(!linearizability_model<state_has_no_equality>);
static_assert(!linearizability_model<state_has_no_fingerprint>);
static_assert(!linearizability_model<begins_nowhere>);
static_assert(!linearizability_model<step_changes_the_model>);
static_assert(!linearizability_model<step_says_nothing>);
static_assert(!linearizability_model<key_has_no_order>);

}  // namespace

template class synod::testing::history<model::input, model::output>;
template class synod::testing::detail::linearizability_check<model>;
template class synod::testing::detail::linearizability_check<arch::keyed_model>;
