// tests/unit/testing/oracle.cpp - the oracle knows what is chosen, and catches whoever says more
// than a crash would leave true.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/quorum.hpp>
#include <synod/testing/oracle.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <string>

using namespace synod;
using testing::durable_marks;
using testing::stage;

namespace {

using value = std::string;

constexpr node_id ada(0);
constexpr node_id bob(1);
constexpr node_id eve(2);
constexpr incarnation original(1);
constexpr message_header header{cluster_id(7), original};
constexpr ballot first(1, ada);
constexpr ballot second(2, bob);

[[nodiscard]] vote<value> cast(std::uint64_t at, ballot in, const value& what) {
    return {slot(at), in, what};
}

/// What a disk holds on which these records became durable.
template <class... Records>
[[nodiscard]] durable_marks holding(const Records&... kept) {
    durable_marks made;
    for (const char* const broken : {made.note(kept)...}) REQUIRE(broken == nullptr);
    return made;
}

/// An oracle over three nodes.
struct watched {
    stage run{1};
    testing::oracle<majority> watch{run, *majority::make(node_set::first(3))};

    /// What is broken, without the details.
    [[nodiscard]] std::string broken() const {
        return run.violation.substr(0, run.violation.find(':'));
    }

    /// Two nodes vote, so that the value is chosen.
    void choose(std::uint64_t at, ballot in, const value& what) {
        watch.voted(ada, cast(at, in, what));
        watch.voted(bob, cast(at, in, what));
    }

    /// `ada` says it, who has applied every slot below `applied_below`.
    template <class Message>
    [[nodiscard]] std::string left(const Message& said, const durable_marks& disk = {},
                                   std::uint64_t applied_below = 0) {
        watch.left(said, {ada, disk, slot(applied_below)});
        return broken();
    }
};

}  // namespace

TEST_CASE("a value is chosen once a quorum has voted for it in one ballot") {
    watched all;
    all.watch.voted(ada, cast(0, first, "a"));
    all.watch.voted(ada, cast(0, first, "a"));
    CHECK(all.watch.chosen_below() == slot(0));
    all.watch.voted(bob, cast(0, second, "a"));
    all.watch.voted(ada, cast(0, first, "a"));
    CHECK(all.watch.chosen_below() == slot(0));
    all.watch.voted(eve, cast(0, second, "a"));
    CHECK(all.watch.chosen_below() == slot(1));
    CHECK(all.broken().empty());
}

TEST_CASE("slots below which all is chosen are counted without holes") {
    watched all;
    all.choose(1, first, "b");
    CHECK(all.watch.chosen_below() == slot(0));
    all.choose(0, first, "a");
    CHECK(all.watch.chosen_below() == slot(2));
}

TEST_CASE("two values in one ballot are caught, chosen or not") {
    watched all;
    all.watch.voted(ada, cast(3, first, "a"));
    all.watch.voted(bob, cast(3, second, "b"));
    CHECK(all.broken().empty());
    all.watch.voted(eve, cast(3, first, "b"));
    CHECK(all.run.violation == "one_value_per_ballot: slot 3");
}

TEST_CASE("two values chosen for a slot are caught") {
    watched all;
    all.choose(3, second, "b");
    all.watch.voted(ada, cast(3, first, "a"));
    CHECK(all.broken().empty());
    all.watch.voted(eve, cast(3, first, "a"));
    CHECK(all.run.violation == "one_value_chosen: slot 3");
}

TEST_CASE(
    "a vote of a higher ballot that is not for what is chosen is caught, before and after [PMS "
    "2.2]") {
    watched after;
    after.choose(3, first, "a");
    after.watch.voted(eve, cast(3, second, "a"));
    after.watch.voted(eve, cast(4, second, "b"));
    CHECK(after.broken().empty());
    after.watch.voted(eve, cast(3, ballot(3, eve), "b"));
    CHECK(after.run.violation == "chosen_is_carried: slot 3");
    watched before;
    before.watch.voted(eve, cast(3, second, "b"));
    before.watch.voted(ada, cast(3, first, "a"));
    CHECK(before.broken().empty());
    before.watch.voted(bob, cast(3, first, "a"));
    CHECK(before.run.violation == "chosen_is_carried: slot 3");
}

TEST_CASE("a vote of a lower ballot may be for anything") {
    watched all;
    all.choose(3, second, "a");
    all.watch.voted(eve, cast(3, first, "b"));
    CHECK(all.broken().empty());
}

TEST_CASE("a node comes back with what it left, or as another incarnation") {
    const durable_marks left =
        holding(promise_record{second}, reserve_record{second}, cast(0, first, "a"));
    const auto returns = [&left](incarnation as, const durable_marks& found, ballot promised) {
        watched all;
        all.watch.began(ada, original, {}, {});
        all.watch.ended(ada, original, left);
        all.watch.began(bob, original, {}, {});
        all.watch.began(ada, as, found, promised);
        return all.run.violation;
    };
    CHECK(returns(original, left, second).empty());
    CHECK(returns(incarnation(2), {}, {}).empty());
    CHECK(returns(original, left, first) == "promise_never_falls: n0");
    CHECK(returns(original, holding(promise_record{first}, reserve_record{second}), second) ==
          "promise_never_falls: n0");
    CHECK(returns(original, holding(promise_record{second}), second) ==
          "reservation_never_falls: n0");
    CHECK(returns(original, holding(promise_record{second}, reserve_record{second}), second) ==
          "vote_never_regresses: n0");
}

TEST_CASE("the same value may be chosen again in a later ballot") {
    watched all;
    all.choose(0, first, "a");
    all.choose(0, second, "a");
    CHECK(all.broken().empty());
}

TEST_CASE("a ballot that was won twice, or by somebody else's proposer, is caught") {
    watched all;
    all.watch.elected(ada, first);
    all.watch.elected(bob, second);
    CHECK(all.broken().empty());
    SECTION("twice") { all.watch.elected(ada, first); }
    SECTION("by another") { all.watch.elected(eve, ballot(3, ada)); }
    CHECK(all.broken() == "ballot_never_reused");
}

TEST_CASE("a prepare leaves once its ballot is reserved") {
    const prepare said{header, second, slot(0)};
    CHECK(watched().left(said, holding(reserve_record{second})).empty());
    CHECK(watched().left(said, holding(reserve_record{first}, promise_record{second})) ==
          "nothing_before_its_sync");
}

TEST_CASE("a promise leaves once it is durable, and each vote that it reports") {
    const promise_record promised{second};
    const auto old = cast(0, first, "a");
    promise<value> said{header, second, slot(0), slot(2), slot(0), true, {cast(1, second, "b")}};
    CHECK(watched().left(said, holding(promised, old, cast(1, second, "b"))).empty());
    CHECK(watched().left(said, holding(promised, old, cast(1, first, "b"))) ==
          "nothing_before_its_sync");
    said.votes.clear();
    CHECK(watched().left(said, holding(promised, old)).empty());
    CHECK(watched().left(said, holding(promise_record{first}, old)) == "nothing_before_its_sync");
}

TEST_CASE("a vote is told once it is durable, or forgotten") {
    const auto disk = holding(cast(0, second, "a"), cast(1, first, "b"));
    CHECK(watched().left(accepted{header, second, slot(0)}, disk).empty());
    CHECK(watched().left(accepted{header, second, slot(1)}, disk) == "nothing_before_its_sync");
    CHECK(watched().left(accepted{header, second, slot(2)}, disk) == "nothing_before_its_sync");
    const auto trimmed = holding(cast(0, second, "a"), cast(1, first, "b"), forget_record{slot(2)});
    CHECK(watched().left(accepted{header, second, slot(1)}, trimmed).empty());
}

TEST_CASE(
    "a refusal, and the answer to a probe, leave once the promise that they tell of is durable") {
    const auto kept = holding(promise_record{second});
    CHECK(watched().left(refused{header, first, second}, kept).empty());
    CHECK(watched().left(probe_reply{header, 1, second}, kept).empty());
    const auto lower = holding(promise_record{first});
    CHECK(watched().left(refused{header, first, second}, lower) == "nothing_before_its_sync");
    CHECK(watched().left(probe_reply{header, 1, second}, lower) == "nothing_before_its_sync");
}

TEST_CASE("nobody says that slots are chosen which are not") {
    const auto after_one_is_chosen = [](const auto& said) {
        watched all;
        all.choose(0, first, "a");
        return all.left(said);
    };
    CHECK(after_one_is_chosen(heartbeat{header, first, 1, slot(1), slot(0)}).empty());
    CHECK(after_one_is_chosen(heartbeat{header, first, 1, slot(2), slot(0)}) == "chosen_is_chosen");
    CHECK(after_one_is_chosen(accept<value>{header, first, slot(5), slot(1), "f"}).empty());
    CHECK(after_one_is_chosen(accept<value>{header, first, slot(5), slot(2), "f"}) ==
          "chosen_is_chosen");
}

TEST_CASE("a value that is called chosen is the one that was") {
    const auto after_one_is_chosen = [](const chosen<value>& said) {
        watched all;
        all.choose(0, first, "a");
        static_cast<void>(all.left(said, holding(cast(0, second, "a"), cast(1, first, "a"))));
        return all.run.violation;
    };
    CHECK(after_one_is_chosen({header, cast(0, second, "a")}).empty());
    CHECK(after_one_is_chosen({header, cast(0, first, "b")}).ends_with("chosen that is not"));
    CHECK(after_one_is_chosen({header, cast(1, first, "a")}).ends_with("chosen that is not"));
    CHECK(after_one_is_chosen({header, cast(0, ballot(3, eve), "a")})
              .ends_with("before the vote is durable"));
}

TEST_CASE("who says that it has applied slots has, and has them on its disk") {
    const auto after_two_are_chosen = [](std::uint64_t said, const durable_marks& disk,
                                         std::uint64_t applied) {
        watched all;
        all.choose(0, first, "a");
        all.choose(1, first, "b");
        return all.left(heartbeat_reply{header, first, 1, slot(said)}, disk, applied);
    };
    const auto both = holding(cast(0, first, "a"), cast(1, first, "b"));
    CHECK(after_two_are_chosen(2, both, 2).empty());
    CHECK(after_two_are_chosen(2, both, 1) == "applied_is_applied");
    CHECK(after_two_are_chosen(3, both, 3) == "applied_is_applied");
    CHECK(after_two_are_chosen(2, holding(cast(0, first, "a")), 2) == "nothing_before_its_sync");
    CHECK(after_two_are_chosen(1, holding(cast(0, first, "a")), 2).empty());
    const auto other = holding(cast(0, first, "a"), cast(1, ballot(1, eve), "c"));
    CHECK(after_two_are_chosen(2, other, 2) == "nothing_before_its_sync");
    CHECK(after_two_are_chosen(2, holding(forget_record{slot(2)}), 2).empty());
}

TEST_CASE("who says that all have applied slots has heard it from each") {
    const auto both = holding(cast(0, first, "a"), cast(1, first, "b"));
    const auto after = [&both](std::uint64_t said, std::uint64_t by_bob, std::uint64_t by_eve) {
        watched all;
        all.choose(0, first, "a");
        all.choose(1, first, "b");
        const auto hear = [&](node_id from, std::uint64_t below) {
            all.watch.left(heartbeat_reply{header, first, 1, slot(below)}, {from, both, slot(2)});
        };
        hear(bob, by_bob);
        hear(eve, by_eve);
        hear(eve, 0);
        return all.left(heartbeat{header, first, 1, slot(2), slot(said)}, both, 2);
    };
    CHECK(after(2, 2, 2).empty());
    CHECK(after(1, 2, 1).empty());
    CHECK(after(2, 2, 1) == "applied_is_applied");
    CHECK(after(2, 0, 2) == "applied_is_applied");
}

TEST_CASE("who says that slots are forgotten has applied them, and will know it after a crash") {
    const auto kept = holding(promise_record{second});
    const auto trimmed = holding(promise_record{second}, forget_record{slot(2)});
    const forgotten said{header, slot(2)};
    CHECK(watched().left(said, trimmed, 2).empty());
    CHECK(watched().left(said, trimmed, 1) == "applied_is_applied");
    CHECK(watched().left(said, kept, 2) == "nothing_before_its_sync");
    const promise<value> promised{header, second, slot(0), slot(2), slot(2), true, {}};
    CHECK(watched().left(promised, trimmed, 2).empty());
    CHECK(watched().left(promised, trimmed, 1) == "applied_is_applied");
    CHECK(watched().left(promised, kept, 2) == "nothing_before_its_sync");
}
