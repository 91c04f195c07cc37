// tests/unit/testing/scenario.cpp - scenarios: what is right in one, and every way in which one can
// be wrong.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/scenario.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

using namespace synod;
using namespace synod::testing;

namespace {

/// A climber on a ladder, who should take one rung at a time and not stand on the last.
struct ladder {
    struct state {
        std::uint32_t rung = 0;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(rung);
        }
    };
    struct step {
        std::string_view text;

        friend std::string to_string(const step& step) { return std::string(step.text); }
    };

    [[nodiscard]] state initial() const { return {}; }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) const {
        if (here.rung < rungs) visit(step{"climb one rung"}, state{here.rung + 1});
        if (here.rung + 1 < rungs) visit(step{"leap"}, state{here.rung + 2});
        if (here.rung > 0) visit(step{"jump down"}, state{0});
        visit(step{"rest"}, here);
        visit(step{"rest"}, here);
        visit(step{"shut your eyes"}, state{0});
        visit(step{"shut your eyes"}, state{1});
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        return here.rung == rungs ? "stays_below_the_last_rung" : "";
    }
    [[nodiscard]] std::string_view broken(const state& before, const state& after) const {
        return after.rung > before.rung + 1 ? "one_rung_at_a_time" : "";
    }

    template <class Sink>
    void facts(const state& /*before*/, const step& taken, const state& after, Sink&& sink) const {
        if (taken.text == "rest") return;
        sink("stands on rung " + std::to_string(after.rung));
        if (after.rung == 0) sink("is down again");
    }

    std::uint32_t rungs;
};

[[nodiscard]] world_register ladders() {
    world_register worlds;
    worlds.add("ladder", [](parameters& given) {
        const std::uint32_t rungs = given.number("rungs", 5, 1, 9);
        static_cast<void>(given.choice("made_of", {"wood", "steel"}));
        return forget_type(ladder{rungs});
    });
    return worlds;
}

/// What is wrong with `text`, as `<line>: <what>`; empty if nothing is.
[[nodiscard]] std::string wrong_with(std::string_view text) {
    try {
        replay_scenario(ladders(), text);
    } catch (const scenario_error& error) {
        return std::to_string(error.line()) + ": " + error.what();
    }
    return {};
}

[[nodiscard]] std::string wrong_with_steps(const std::string& text) {
    return wrong_with("world ladder rungs=5\n" + text);
}

constexpr std::string_view good = R"(# A climber who is careful.

world ladder rungs=5 made_of=steel
climb one rung
  stands on rung 1
# Not far from the ground.
rest

jump down
  stands on rung 0
  is down again
holds
)";

}  // namespace

TEST_CASE("a scenario that says what happens is right, and is written anew as it was") {
    CHECK(wrong_with(good).empty());
    CHECK(rewrite_scenario(ladders(), good) == good);
}

TEST_CASE("indentation, ends of lines and a missing last one do not matter") {
    CHECK(wrong_with("world ladder  rungs=5 \r\nclimb one rung\r\n\tstands on rung 1  \r\nholds")
              .empty());
}

TEST_CASE("rewriting puts the facts as they are in the place of those that stand there") {
    const std::string_view old =
        "world ladder\nclimb one rung\n  flies\n  sings\nrest\n  sleeps\njump down\nholds\n";
    CHECK(rewrite_scenario(ladders(), old) ==
          "world ladder\nclimb one rung\n  stands on rung 1\nrest\njump down\n  stands on rung 0\n"
          "  is down again\nholds\n");
}

TEST_CASE("rewriting does not change what is claimed") {
    CHECK_THROWS_AS(rewrite_scenario(ladders(), "world ladder\nleap\nholds\n"), scenario_error);
}

TEST_CASE("a fact that is not so is an error, in its line") {
    CHECK(wrong_with_steps("climb one rung\n  stands on rung 2\nholds\n") ==
          "3: the fact is: stands on rung 1");
}

TEST_CASE("a fact that is left out is an error, in the line of its step") {
    CHECK(wrong_with_steps(
              "climb one rung\njump down\n  stands on rung 0\n  is down again\nholds\n") ==
          "2: a fact of this step is missing: stands on rung 1");
    CHECK(wrong_with_steps("climb one rung\n  stands on rung 1\njump down\n  stands on rung 0\n") ==
          "4: a fact of this step is missing: is down again");
}

TEST_CASE("a fact too many is an error, in its line") {
    CHECK(wrong_with_steps("rest\n  snores\nholds\n") ==
          "3: this is no fact of the step above: snores");
    CHECK(wrong_with_steps("  stands on rung 0\nholds\n") ==
          "2: this is no fact of the step above: stands on rung 0");
}

TEST_CASE("a step that is not enabled is an error that lists what is") {
    CHECK(wrong_with_steps("jump down\n") ==
          "2: not enabled: jump down; enabled are\n  climb one rung\n  leap\n  rest\n  shut your "
          "eyes");
}

TEST_CASE("an unknown verb, and an argument too many, are steps that are not enabled") {
    CHECK(wrong_with_steps("fly\n").starts_with("2: not enabled: fly; "));
    CHECK(wrong_with_steps("climb one rung quickly\n")
              .starts_with("2: not enabled: climb one rung quickly; "));
}

TEST_CASE("a text that stands for different steps is an error of the world") {
    CHECK(wrong_with_steps("climb one rung\n  stands on rung 1\nshut your eyes\n") ==
          "4: several steps have this text: shut your eyes");
}

TEST_CASE("a scenario begins with a world that is known, and has it once") {
    CHECK(wrong_with("# nothing\n").starts_with("1: a scenario names its world"));
    CHECK(wrong_with("").starts_with("0: a scenario names its world"));
    CHECK(wrong_with("\nrest\n").starts_with("2: a scenario begins with its world"));
    CHECK(wrong_with("holds\n").starts_with("1: a scenario begins with its world"));
    CHECK(wrong_with("broken luck\n").starts_with("1: a scenario begins with its world"));
    CHECK(wrong_with("  fact\n").starts_with("1: a scenario begins with its world"));
    CHECK(wrong_with("world stairs\nholds\n") == "1: unknown world stairs");
    CHECK(wrong_with_steps("world ladder\nholds\n") == "2: the world is named once");
}

TEST_CASE("a parameter that is unknown, given twice, or out of its range is an error") {
    CHECK(wrong_with("world ladder colour=red\nholds\n") == "1: unknown parameter colour");
    CHECK(wrong_with("world ladder rungs=5 rungs=6\nholds\n") == "1: rungs is given twice");
    CHECK(wrong_with("world ladder rungs\nholds\n") == "1: not <key>=<value>: rungs");
    CHECK(wrong_with("world ladder =5\nholds\n") == "1: a value without a name: 5");
    for (const std::string_view value : {"0", "10", "-1", "5x", "", "five", "99999999999"}) {
        CHECK(wrong_with("world ladder rungs=" + std::string(value) + "\nholds\n") ==
              "1: rungs is " + std::string(value) + ", and must be a number from 1 to 9");
    }
    CHECK(wrong_with("world ladder made_of=glass\nholds\n") ==
          "1: made_of is glass, and must be one of wood, steel");
}

TEST_CASE("what is broken is claimed where it is, by its name") {
    CHECK(wrong_with_steps("leap\n  stands on rung 2\nbroken one_rung_at_a_time\n").empty());
    CHECK(wrong_with("world ladder rungs=1\nclimb one rung\n  stands on rung 1\n"
                     "broken stays_below_the_last_rung\n")
              .empty());
    CHECK(wrong_with_steps("leap\n  stands on rung 2\nbroken heart\n") ==
          "4: what is broken here is one_rung_at_a_time");
    CHECK(wrong_with_steps("rest\nbroken one_rung_at_a_time\n") == "3: nothing is broken here");
    CHECK(wrong_with_steps("leap\n  stands on rung 2\nrest\nbroken one_rung_at_a_time\n") ==
          "5: nothing is broken here");
}

TEST_CASE("what was broken is not forgotten by steps that break nothing") {
    CHECK(wrong_with_steps("leap\n  stands on rung 2\nrest\nholds\n") ==
          "5: one_rung_at_a_time is broken since line 2");
}

TEST_CASE("a scenario ends with a claim") {
    CHECK(wrong_with_steps("") == "1: a scenario ends with `holds` or `broken <invariant>`");
    CHECK(wrong_with_steps("holds\nrest\n") ==
          "3: a scenario ends with `holds` or `broken <invariant>`");
    CHECK(wrong_with_steps("holds\n").empty());
}

TEST_CASE("what a search finds broken is a scenario that goes as written") {
    parameters given;
    given.set("rungs", "3");
    const auto found = ladders().make("ladder", given)->search_breadth_first({});
    const std::string text = scenario_of(ladders(), "ladder", given, found);
    CHECK(text == "world ladder rungs=3\nleap\n  stands on rung 2\nbroken one_rung_at_a_time\n");
    CHECK(wrong_with(text).empty());
}

TEST_CASE("a search that finds nothing broken is a scenario of no steps") {
    const std::string text = scenario_of(ladders(), "ladder", {}, findings{});
    CHECK(text == "world ladder\nholds\n");
}
