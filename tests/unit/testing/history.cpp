// tests/unit/testing/history.cpp - a history keeps who called what, when, and how it ended.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/history.hpp>

#include "support/catch.hpp"

using namespace synod;
using testing::ending;
using testing::process_id;

namespace {

constexpr process_id ada(1);
constexpr process_id bob(2);

using recorder = testing::history<int, char>;

}  // namespace

TEST_CASE("events are counted as they are recorded") {
    recorder made;
    CHECK(made.events() == 0);
    made.invoke(ada, 10);
    CHECK(made.is_pending(ada));
    CHECK_FALSE(made.is_pending(bob));
    made.invoke(bob, 20);
    made.complete(ada, 'a');
    CHECK_FALSE(made.is_pending(ada));
    CHECK(made.is_pending(bob));
    CHECK(made.events() == 3);

    REQUIRE(made.operations().size() == 2);
    const auto& first = made.operations()[0];
    CHECK(first.operation.process == ada);
    CHECK(first.operation.input == 10);
    CHECK(first.operation.output == 'a');
    CHECK(first.called == 0);
    CHECK(first.ended == 2U);
    CHECK(first.ending == ending::returned);
    const auto& second = made.operations()[1];
    CHECK(second.operation.process == bob);
    CHECK(second.called == 1);
    CHECK_FALSE(second.ended);
    CHECK(second.ending == ending::pending);
}

TEST_CASE("each way to end is kept, and has an answer only if one was seen") {
    recorder made;
    for (int i = 0; i < 4; ++i) {
        made.invoke(ada, i);
        switch (i) {
            case 0: made.complete(ada, 'a'); break;
            case 1: made.complete_unseen(ada); break;
            case 2: made.fail(ada); break;
            default: made.abandon(ada); break;
        }
        CHECK_FALSE(made.is_pending(ada));
    }
    CHECK(made.events() == 8);
    REQUIRE(made.operations().size() == 4);
    CHECK(made.operations()[0].operation.output);
    CHECK(made.operations()[1].ending == ending::returned);
    CHECK(made.operations()[2].ending == ending::failed);
    CHECK(made.operations()[3].ending == ending::abandoned);
    for (std::size_t i = 1; i < 4; ++i) {
        CHECK_FALSE(made.operations()[i].operation.output);
        CHECK(made.operations()[i].ended == 2 * i + 1);
    }
}
