// tests/unit/testing/durable_marks.cpp - marks hold what is durable, and name what has fallen.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/durable_marks.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <string>

using namespace synod;
using testing::durable_marks;
using testing::first_fallen;

namespace {

constexpr node_id ada(0);

[[nodiscard]] constexpr ballot nth(std::uint64_t round) { return {round, ada}; }
[[nodiscard]] vote<std::string> cast(std::uint64_t at, std::uint64_t round, const char* what) {
    return {slot(at), nth(round), what};
}

/// The name of what the last record breaks; the others break nothing.
template <class... Records>
[[nodiscard]] std::string broken_by(durable_marks& marks, const Records&... kept) {
    std::string last;
    for (const char* const broken : {marks.note(kept)...}) {
        REQUIRE(last.empty());
        if (broken != nullptr) last = broken;
    }
    return last;
}

template <class... Records>
[[nodiscard]] durable_marks holding(const Records&... kept) {
    durable_marks made;
    REQUIRE(broken_by(made, kept...).empty());
    return made;
}

}  // namespace

TEST_CASE("marks hold the newest of each record, and a vote is a promise, too") {
    const durable_marks made = holding(promise_record{nth(2)}, reserve_record{nth(5)},
                                       cast(1, 3, "a"), chosen_record{slot(9)});
    CHECK(made.promised() == nth(3));
    CHECK(made.reserved() == nth(5));
    CHECK(made.has_voted(slot(1), nth(3)));
    CHECK(made.has_voted(slot(1), nth(2)));
    CHECK_FALSE(made.has_voted(slot(1), nth(4)));
    CHECK_FALSE(made.has_voted(slot(0), nth(1)));
    CHECK_FALSE(made.has_voted(slot(2), ballot()));
}

TEST_CASE("a record that takes back what was durable is named") {
    durable_marks made;
    SECTION("a promise") {
        CHECK(broken_by(made, promise_record{nth(3)}, promise_record{nth(3)},
                        promise_record{nth(2)}) == "promise_never_falls");
        CHECK(made.promised() == nth(3));
    }
    SECTION("a promise below a vote") {
        CHECK(broken_by(made, cast(0, 3, "a"), promise_record{nth(2)}) == "promise_never_falls");
    }
    SECTION("a reservation") {
        CHECK(broken_by(made, reserve_record{nth(3)}, reserve_record{nth(2)}) ==
              "reservation_never_falls");
        CHECK(made.reserved() == nth(3));
    }
    SECTION("a vote of a lower ballot") {
        CHECK(broken_by(made, cast(0, 3, "a"), cast(1, 2, "b"), cast(0, 2, "a")) ==
              "vote_never_regresses");
    }
    SECTION("another vote of the same ballot") {
        CHECK(broken_by(made, cast(0, 3, "a"), cast(0, 3, "a"), cast(0, 3, "b")) ==
              "vote_never_regresses");
    }
}

TEST_CASE("what is forgotten counts as voted, and may be written again without harm") {
    durable_marks made = holding(cast(0, 3, "a"), cast(1, 3, "b"), forget_record{slot(1)});
    CHECK(made.has_voted(slot(0), nth(9)));
    CHECK_FALSE(made.has_voted(slot(1), nth(9)));
    CHECK(broken_by(made, cast(0, 2, "c")).empty());
}

TEST_CASE("between two disks, the first thing that has fallen is named") {
    const durable_marks before =
        holding(promise_record{nth(3)}, reserve_record{nth(4)}, cast(0, 2, "a"));
    CHECK(first_fallen(before, before) == nullptr);
    CHECK(first_fallen({}, before) == nullptr);
    CHECK(first_fallen(before, {}) == std::string("promise_never_falls"));
    CHECK(first_fallen(before, holding(promise_record{nth(3)})) ==
          std::string("reservation_never_falls"));
    CHECK(first_fallen(before, holding(promise_record{nth(3)}, reserve_record{nth(4)})) ==
          std::string("vote_never_regresses"));
    CHECK(first_fallen(before, holding(promise_record{nth(3)}, reserve_record{nth(4)},
                                       cast(0, 2, "a"), forget_record{slot(1)})) == nullptr);
}
