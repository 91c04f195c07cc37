// tests/compile_fail/world_broken.cpp - a world that says whether something is broken, and not
// what.
//
// SPDX-License-Identifier: BSL-1.0
//
// EXPECT: names_what_is_broken

#include <synod/base/ids.hpp>
#include <synod/testing/explorer.hpp>

#include <string>
#include <string_view>

using namespace synod;

struct step {
    friend std::string to_string(const step&);
};

struct clock_world {
    using state = slot;
    using step = ::step;
    state initial();
    template <class Visit>
    void for_each_step(const state& /*here*/, Visit&& /*visit*/) {}
#ifdef CONTROL
    std::string_view broken(const state& here);
#else
    bool broken(const state& here);
#endif
};

testing::findings search(clock_world& world) { return testing::breadth_first(world); }
