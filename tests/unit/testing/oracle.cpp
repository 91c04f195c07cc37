// tests/unit/testing/oracle.cpp - the oracle knows what is chosen, and catches whoever says more than a crash would leave true.
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
constexpr message_header header{cluster_id(7), incarnation(1)};
constexpr ballot first(1, ada);
constexpr ballot second(2, bob);

[[nodiscard]] vote<value> cast(std::uint64_t at, ballot in, const value& what) {
    return {slot(at), in, what};
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

    template <class Message>
    [[nodiscard]] std::string left(const Message& said, const durable_marks& disk = {}) {
        watch.left(said, disk);
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
    all.choose(3, first, "a");
    all.watch.voted(bob, cast(3, second, "b"));
    CHECK(all.broken().empty());
    all.watch.voted(eve, cast(3, second, "b"));
    CHECK(all.run.violation == "one_value_chosen: slot 3");
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
    durable_marks disk;
    disk.reserved = second;
    CHECK(watched().left(prepare{header, second, slot(0)}, disk).empty());
    disk.reserved = first;
    disk.promised = second;
    CHECK(watched().left(prepare{header, second, slot(0)}, disk) == "nothing_before_its_sync");
}

TEST_CASE("a promise leaves once it is durable, and each vote that it reports") {
    durable_marks disk;
    disk.promised = second;
    disk.voted = {first, second};
    promise<value> said{header, second, slot(0), slot(2), slot(0), true, {cast(1, second, "b")}};
    CHECK(watched().left(said, disk).empty());
    disk.voted[1] = first;
    CHECK(watched().left(said, disk) == "nothing_before_its_sync");
    said.votes.clear();
    CHECK(watched().left(said, disk).empty());
    disk.promised = first;
    CHECK(watched().left(said, disk) == "nothing_before_its_sync");
}

TEST_CASE("a vote is told once it is durable, or forgotten") {
    durable_marks disk;
    disk.voted = {second, first};
    CHECK(watched().left(accepted{header, second, slot(0)}, disk).empty());
    CHECK(watched().left(accepted{header, second, slot(1)}, disk) == "nothing_before_its_sync");
    CHECK(watched().left(accepted{header, second, slot(2)}, disk) == "nothing_before_its_sync");
    disk.forgotten_below = slot(2);
    CHECK(watched().left(accepted{header, second, slot(1)}, disk).empty());
}

TEST_CASE(
    "a refusal, and the answer to a probe, leave once the promise that they tell of is durable") {
    durable_marks disk;
    disk.promised = second;
    CHECK(watched().left(refused{header, first, second}, disk).empty());
    CHECK(watched().left(probe_reply{header, 1, second}, disk).empty());
    disk.promised = first;
    CHECK(watched().left(refused{header, first, second}, disk) == "nothing_before_its_sync");
    CHECK(watched().left(probe_reply{header, 1, second}, disk) == "nothing_before_its_sync");
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
        return all.left(said);
    };
    CHECK(after_one_is_chosen({header, cast(0, second, "a")}).empty());
    CHECK_FALSE(after_one_is_chosen({header, cast(0, first, "b")}).empty());
    CHECK_FALSE(after_one_is_chosen({header, cast(1, first, "a")}).empty());
}
