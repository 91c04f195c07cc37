// tests/explore/log_network.cpp - what replicas say is held against their disks, and against what
// is chosen.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/log_world_history.hpp>
#include <synod/testing/log_world_network.hpp>

#include "explore/log_parts.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

using namespace synod;
using synod::testing::durable_log;
using synod::testing::log_answer;
using synod::testing::log_vote;
using synod::testing::may_leave;

namespace {

constexpr message_header header{cluster_id(1), incarnation(1)};
constexpr ballot first(1, node_id(0));
constexpr ballot second(2, node_id(0));

[[nodiscard]] log_vote cast(std::uint64_t at, ballot in) {
    static buffer_pool pool{sharing::one_thread};
    return {slot(at), in, entry::make(pool, entry_kind::no_op, first, 0)};
}

template <class... Records>
[[nodiscard]] durable_log holding(const Records&... all) {
    durable_log made;
    (made.keep(all), ...);
    return made;
}

/// What is broken when node 0 says something, after slots 0 and 1 are chosen, and node 2 has voted
/// in slot 0 alone.
template <class Message>
[[nodiscard]] std::string_view broken_by(Message&& said) {
    testing::log_history<explore::log_parts> history(*majority::make(node_set::first(3)));
    for (const std::uint32_t voter : {0U, 1U, 2U}) {
        log_answer votes;
        votes.votes.push_back(cast(0, first));
        if (voter < 2) votes.votes.push_back(cast(1, first));
        history.take(node_id(voter), votes);
        REQUIRE(history.broken().empty());
    }
    log_answer spoken;
    spoken.sent.push_back({node_id(0), node_id(1), std::forward<Message>(said)});
    history.take(node_id(0), spoken);
    return history.broken();
}

}  // namespace

TEST_CASE(
    "a promise may leave when it is durable, and each vote that it reports, and what it forgot") {
    const auto kept = holding(promise_record{second}, cast(0, first));
    promise<entry> said{header, second, slot(0), slot(2), slot(0), true, {cast(0, first)}};
    CHECK(may_leave(said, kept));
    CHECK_FALSE(may_leave(said, holding(promise_record{second})));
    CHECK_FALSE(may_leave(said, holding(promise_record{first}, cast(0, first))));
    said.votes.clear();
    said.first = slot(1);
    CHECK_FALSE(may_leave(said, kept));
    CHECK(may_leave(said, holding(promise_record{second}, forget_record{slot(1)})));
}

TEST_CASE("what tells of a promise, a reservation or a vote may leave when that is durable") {
    const auto low = holding(promise_record{first}, reserve_record{first}, cast(0, first));
    const auto high = holding(promise_record{second}, reserve_record{second}, cast(0, second));
    const auto waits = [&](const auto& said) {
        return may_leave(said, high) && !may_leave(said, low);
    };
    CHECK(waits(prepare{header, second, slot(0)}));
    CHECK(waits(accepted{header, second, slot(0)}));
    CHECK(waits(refused{header, first, second}));
    CHECK(waits(probe_reply{header, 1, second}));
    CHECK(waits(chosen<entry>{header, cast(0, second)}));
    CHECK(may_leave(probe{header, 1}, low));
}

TEST_CASE("what tells of slots that are applied, or forgotten, may leave when those are durable") {
    const auto one = holding(cast(0, first));
    const auto two = holding(cast(0, first), cast(1, first));
    const auto gap = holding(cast(1, first));
    const auto trimmed = holding(cast(0, first), cast(1, first), forget_record{slot(2)});
    const heartbeat_reply applied{header, first, 1, slot(2)};
    const heartbeat by_all{header, first, 1, slot(2), slot(2)};
    for (const durable_log* const enough : {&two, &trimmed}) {
        CHECK(may_leave(applied, *enough));
        CHECK(may_leave(by_all, *enough));
    }
    for (const durable_log* const less : {&one, &gap}) {
        CHECK_FALSE(may_leave(applied, *less));
        CHECK_FALSE(may_leave(by_all, *less));
    }
    CHECK(may_leave(forgotten{header, slot(2)}, trimmed));
    CHECK_FALSE(may_leave(forgotten{header, slot(2)}, two));
}

TEST_CASE("nobody says that slots are applied or forgotten which are not chosen") {
    CHECK(broken_by(heartbeat_reply{header, first, 1, slot(2)}).empty());
    CHECK(broken_by(heartbeat_reply{header, first, 1, slot(3)}) == "what_is_called_applied_is");
    CHECK(broken_by(forgotten{header, slot(2)}).empty());
    CHECK(broken_by(forgotten{header, slot(3)}) == "what_is_called_forgotten_is_chosen");
}

TEST_CASE("nobody says that all have applied what one has not voted for") {
    CHECK(broken_by(heartbeat{header, first, 1, slot(2), slot(1)}).empty());
    CHECK(broken_by(heartbeat{header, first, 1, slot(2), slot(2)}) == "what_is_called_applied_is");
    CHECK(broken_by(heartbeat{header, first, 1, slot(3), slot(1)}) == "what_is_called_chosen_is");
}

TEST_CASE("a value that is called chosen is the one that was chosen") {
    CHECK(broken_by(chosen<entry>{header, cast(1, second)}).empty());
    CHECK(broken_by(chosen<entry>{header, cast(2, first)}) == "what_is_called_chosen_is");
    buffer_pool pool{sharing::one_thread};
    const log_vote other{slot(1), first, entry::make(pool, entry_kind::new_leader, first, 0)};
    CHECK(broken_by(chosen<entry>{header, other}) == "what_is_called_chosen_is");
}
