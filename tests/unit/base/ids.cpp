// tests/unit/base/ids.cpp - names for things do not mix, and order as their numbers do.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/ids.hpp>

#include "support/catch.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace {

using namespace synod;

template <class A, class B>
concept comparable = requires(A a, B b) { a == b; };

static_assert(comparable<slot, slot>);
static_assert(!comparable<node_id, incarnation>);
static_assert(!comparable<slot, std::uint64_t>);
static_assert(!comparable<slot, position>);
static_assert(!comparable<session_id, position>);
static_assert(!comparable<fencing_token, std::uint64_t>);
static_assert(!std::convertible_to<std::uint32_t, node_id>);
static_assert(!std::convertible_to<node_id, std::uint32_t>);
static_assert(!std::convertible_to<incarnation, cluster_id>);
static_assert(!std::constructible_from<incarnation, cluster_id>);
static_assert(!std::convertible_to<std::uint64_t, slot>);
static_assert(!std::convertible_to<std::uint64_t, fencing_token>);
static_assert(!std::convertible_to<position, session_id>);
static_assert(std::is_trivially_copyable_v<session_id>);

}  // namespace

TEST_CASE("ids order as their numbers do, and start at zero") {
    CHECK(node_id().value() == 0);
    CHECK(node_id(3).value() == 3);
    CHECK(node_id(3) < node_id(4));
    CHECK(ticket(7) == ticket(7));
}

TEST_CASE("slots are counted and told apart by distance") {
    slot at(4);
    CHECK(at.next() == slot(5));
    CHECK(at + 6 == slot(10));
    CHECK(slot(10) - at == 6);
    CHECK(++at == slot(5));
    CHECK(at > slot(4));
}

TEST_CASE("positions order by slot and then by index") {
    CHECK(position{slot(1), 9} < position{slot(2), 0});
    CHECK(position{slot(1), 1} < position{slot(1), 2});
    CHECK(position{slot(1), 1} == position{slot(1), 1});
}

TEST_CASE("sessions order as the positions that opened them") {
    const session_id first(position{slot(3), 1});
    const session_id second(position{slot(3), 2});
    CHECK(first < second);
    CHECK(first.opened_at() == position{slot(3), 1});
    CHECK(fingerprint_of(first) != fingerprint_of(second));
}

TEST_CASE("a fencing token is an epoch over a counter") {
    const fencing_token token(3, 42);
    CHECK(token.epoch() == 3);
    CHECK(token.counter() == 42);
    CHECK(fencing_token(token.value()) == token);
    CHECK(fencing_token(2, fencing_token::max_counter) < token);
    CHECK(fencing_token(3, 41) < token);
    CHECK(fencing_token(1, fencing_token::max_counter).counter() == fencing_token::max_counter);
    CHECK(fencing_token(1, fencing_token::max_counter).epoch() == 1);
    CHECK(fencing_token(1, fencing_token::max_counter + 1).epoch() ==
          1);  // what overflows is cut off
    CHECK(fencing_token(0xffff, 0).epoch() == 0xffff);
}
