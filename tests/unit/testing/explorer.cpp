// tests/unit/testing/explorer.cpp - the search through all states, on worlds whose size is known.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/explorer.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace synod;
using testing::breadth_first;
using testing::depth_first;

namespace {

/// A jug of three litres and one of five, which stand below a tap.
struct jugs {
    struct state {
        std::uint32_t small = 0;
        std::uint32_t big = 0;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(small);
            sink.add(big);
        }
    };
    struct step {
        std::string_view text;

        friend std::string to_string(const step& step) { return std::string(step.text); }
    };

    [[nodiscard]] state initial() const { return {}; }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) const {
        const std::uint32_t to_big = std::min(here.small, 5 - here.big);
        const std::uint32_t to_small = std::min(here.big, 3 - here.small);
        visit(step{"fill small"}, state{3, here.big});
        visit(step{"fill big"}, state{here.small, 5});
        visit(step{"empty small"}, state{0, here.big});
        visit(step{"empty big"}, state{here.small, 0});
        visit(step{"pour small into big"}, state{here.small - to_big, here.big + to_big});
        visit(step{"pour big into small"}, state{here.small + to_small, here.big - to_small});
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        return here.big == forbidden ? "big is never so full" : "";
    }

    std::uint32_t forbidden = 6;
};

/// Two counters that rise to `last`, each by itself.
struct counters {
    struct state {
        std::uint32_t left = 0;
        std::uint32_t right = 0;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(left);
            sink.add(right);
        }
    };
    struct step {
        bool is_left;

        friend std::string to_string(const step& step) { return step.is_left ? "left" : "right"; }
    };

    [[nodiscard]] state initial() const { return {}; }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) const {
        if (here.left < last) visit(step{true}, state{here.left + 1, here.right});
        if (here.right < last) visit(step{false}, state{here.left, here.right + 1});
    }

    [[nodiscard]] std::string_view broken(const state& /*here*/) const { return {}; }

    std::uint32_t last = 0;
};

/// The same, and right may never overtake left: which no single step shows but the one that does.
struct racing_counters : counters {
    using counters::broken;

    [[nodiscard]] std::string_view broken(const state& before, const state& after) const {
        return before.right == before.left && after.right > after.left ? "right stays behind" : "";
    }
};

/// A state that is reached already when it is reached by the step that is wrong.
struct two_ways : counters {
    using counters::broken;

    [[nodiscard]] std::string_view broken(const state& before, const state& after) const {
        return before.left == 0 && after.left == 1 && after.right == 1 ? "left goes first" : "";
    }
};

/// A number from one on, that grows by one or doubles.
struct numbers {
    struct state {
        std::uint32_t value = 1;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(value);
        }
    };
    struct step {
        bool is_doubling;

        friend std::string to_string(const step& step) {
            return step.is_doubling ? "double" : "add one";
        }
    };

    [[nodiscard]] state initial() const { return {}; }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) const {
        if (here.value < last) visit(step{false}, state{here.value + 1});
        if (here.value <= last / 2) visit(step{true}, state{2 * here.value});
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        return here.value == forbidden ? "is never that number" : "";
    }

    std::uint32_t last;
    std::uint32_t forbidden;
};

}  // namespace

TEST_CASE("every state is reached, and counted as TLC counts") {
    jugs world;
    const auto found = breadth_first(world);
    CHECK(found.distinct == 16);
    CHECK(found.generated == 97);
    CHECK(found.depth == 8);
    CHECK(found.is_proof());
    CHECK(found.schedule.empty());
}

TEST_CASE("the schedule to what is broken is a shortest one") {
    jugs world{.forbidden = 4};
    const auto found = breadth_first(world);
    CHECK(found.broken == "big is never so full");
    CHECK_FALSE(found.is_proof());
    CHECK(found.schedule == std::vector<std::string>{"fill big", "pour big into small",
                                                     "empty small", "pour big into small",
                                                     "fill big", "pour big into small"});
}

TEST_CASE("the schedule is a shortest one, however many ways there are") {
    numbers world{.last = 5000, .forbidden = 0b11'1110'1000};
    const auto found = breadth_first(world);
    REQUIRE(found.broken == "is never that number");
    // One doubling for each digit but the first, and one more step for each further one among them.
    CHECK(found.schedule.size() == 9 + 5);
    CHECK(depth_first(world).schedule.size() > 9 + 5);
}

TEST_CASE("the depth is that of the shortest ways") {
    numbers world{.last = 1023, .forbidden = 0};
    CHECK(breadth_first(world).depth == 1 + 9 + 9);
    CHECK(depth_first(world).depth > 1 + 9 + 9);
}

TEST_CASE("an initial state that is broken needs no step") {
    jugs world{.forbidden = 0};
    const auto found = breadth_first(world);
    CHECK(found.broken == "big is never so full");
    CHECK(found.schedule.empty());
    CHECK(found.distinct == 1);
}

TEST_CASE("a broken step is found though neither of its states is") {
    racing_counters world{{.last = 3}};
    const auto found = breadth_first(world);
    CHECK(found.broken == "right stays behind");
    CHECK(found.schedule == std::vector<std::string>{"right"});
}

TEST_CASE("a broken step is found though it leads to a state that is known") {
    two_ways world{{.last = 3}};
    const auto found = breadth_first(world);
    CHECK(found.broken == "left goes first");
    CHECK(found.schedule == std::vector<std::string>{"right", "left"});
}

TEST_CASE("depth first reaches what breadth first reaches") {
    for (const std::uint32_t last : {0U, 1U, 7U, 100U}) {
        counters world{.last = last};
        const auto broad = breadth_first(world);
        const auto deep = depth_first(world);
        CHECK(broad.distinct == (last + 1) * (last + 1));
        CHECK(broad.generated == 1 + 2 * last * (last + 1));
        CHECK(broad.depth == 2 * last + 1);
        CHECK(deep.distinct == broad.distinct);
        CHECK(deep.generated == broad.generated);
        CHECK(deep.depth >= broad.depth);
        CHECK(deep.is_proof());
    }
}

TEST_CASE("depth first finds what is broken, and a way there that can be walked") {
    jugs world{.forbidden = 4};
    const auto found = depth_first(world);
    REQUIRE(found.broken == "big is never so full");
    auto here = world.initial();
    for (const std::string& text : found.schedule) {
        const auto before = here;
        world.for_each_step(before, [&](const jugs::step& step, const jugs::state& after) {
            if (to_string(step) == text) here = after;
        });
    }
    CHECK(here.big == 4);
}

TEST_CASE("a search that would pass its limit stops and says so") {
    counters world{.last = 9};
    const auto cut = breadth_first(world, {.states = 99});
    CHECK(cut.met_limit);
    CHECK_FALSE(cut.is_proof());
    CHECK(cut.distinct == 99);
    CHECK(depth_first(world, {.states = 99}).met_limit);
    CHECK(breadth_first(world, {.states = 0}).met_limit);
    const auto whole = breadth_first(world, {.states = 100});
    CHECK_FALSE(whole.met_limit);
    CHECK(whole.distinct == 100);
}

TEST_CASE("a search says what memory it took") {
    counters world{.last = 299};
    const auto found = breadth_first(world);
    CHECK(found.distinct == 90'000);
    CHECK(found.bytes >= 90'000 * 24);
    CHECK(found.bytes <= 90'000 * 80);
}

TEST_CASE("a table of fingerprints keeps every one while it grows") {
    testing::detail::fingerprint_table table;
    for (std::uint64_t i = 0; i < 100'000; ++i) REQUIRE(table.insert({i % 7, i * 0x9e3779b9}));
    for (std::uint64_t i = 0; i < 100'000; ++i)
        REQUIRE_FALSE(table.insert({i % 7, i * 0x9e3779b9}));
    CHECK(table.size() == 100'000);
}

TEST_CASE("fingerprints that differ in one half are different, also those of the same place") {
    testing::detail::fingerprint_table table;
    for (std::uint64_t i = 0; i < 100; ++i) {
        CHECK(table.insert({i, 5}));
        CHECK(table.insert({5, i << 32U | 1U}));
    }
    CHECK(table.size() == 200);
}

TEST_CASE("the fingerprint of zeros is one like any other") {
    testing::detail::fingerprint_table table;
    CHECK(table.insert({0, 0}));
    CHECK_FALSE(table.insert({0, 0}));
    CHECK(table.insert({7, 0}));
    CHECK(table.size() == 2);
}
