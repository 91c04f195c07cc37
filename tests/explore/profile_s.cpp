// tests/explore/profile_s.cpp - servers on the real acceptor reach exactly the states that
// Stateright reaches in its example.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/profile_s.hpp"

#include <synod/testing/explorer.hpp>

#include "explore/mutants.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace explore;
using synod::testing::breadth_first;
using synod::testing::depth_first;

TEST_CASE("two clients and three servers reach the states that Stateright reaches") {
    profile_s<synod::policy<>> world({.clients = 2, .servers = 3}, usual_policy(3));
    const auto broad = breadth_first(world);
    CHECK(broad.broken.empty());
    CHECK(broad.distinct == 16'668);
    const auto deep = depth_first(world);
    CHECK(deep.is_proof());
    CHECK(deep.distinct == 16'668);
    CHECK(deep.generated == broad.generated);
    CHECK(broad.generated == 32'971);
    CHECK(broad.depth == 21);
}

TEST_CASE("one client and three servers decide the only value, and it is got") {
    profile_s<synod::policy<>> world({.clients = 1, .servers = 3}, usual_policy(3));
    auto here = world.initial();
    for (const char* const text :
         {"deliver put 3 A from 3 to 0", "deliver prepare 1.0 from 0 to 1",
          "deliver promise 1.0 from 1 to 0", "deliver accept 1.0 for A from 0 to 1",
          "deliver accepted 1.0 from 1 to 0", "deliver chosen A of ballot 1.0 from 0 to 1",
          "deliver put_done 3 from 0 to 3", "deliver get 6 from 3 to 1",
          "deliver got 6 A from 1 to 3"}) {
        INFO(text);
        bool is_enabled = false;
        const auto before = here;
        world.for_each_step(before, [&](const auto& step, const auto& after) {
            if (to_string(step) != text) return;
            is_enabled = true;
            here = after;
        });
        REQUIRE(is_enabled);
    }
    CHECK(world.broken(here).empty());
}

TEST_CASE("a server that has something to propose takes no second put") {
    profile_s<synod::policy<>> world({.clients = 4, .servers = 3}, usual_policy(3));
    const auto puts_at_server_0 = [&world](const auto& here) {
        std::vector<std::string> enabled;
        world.for_each_step(here, [&](const auto& step, const auto&) {
            const std::string text = to_string(step);
            if (text.starts_with("deliver put ") && text.ends_with(" to 0"))
                enabled.push_back(text);
        });
        return enabled;
    };
    auto here = world.initial();
    CHECK(puts_at_server_0(here) ==
          std::vector<std::string>{"deliver put 3 A from 3 to 0", "deliver put 6 D from 6 to 0"});
    const auto before = here;
    world.for_each_step(before, [&](const auto& step, const auto& after) {
        if (to_string(step) == "deliver put 3 A from 3 to 0") here = after;
    });
    CHECK(puts_at_server_0(here).empty());
}

TEST_CASE("losing messages leads to more states, and to nothing that is broken") {
    profile_s<synod::policy<>> world({.clients = 1, .servers = 3, .is_lossy = true},
                                     usual_policy(3));
    const auto lossy = breadth_first(world);
    CHECK(lossy.is_proof());
    CHECK(lossy.distinct == 2'378);
    CHECK(depth_first(world).distinct == lossy.distinct);
}

TEST_CASE("servers that are never bound decide different values [PMS 2.2, phase 2(a)]") {
    profile_s<slipping_policy> world({.clients = 2, .servers = 3},
                                     policy_that(slip::is_never_bound, 3));
    CHECK(breadth_first(world).broken == "one_value_decided");
}
