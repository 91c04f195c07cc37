// tests/unit/base/result.cpp - a value or an error, and whose life ends when.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/result.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace {

using namespace synod;

struct no_default {
    explicit no_default(int value) : number(value) {}
    int number;
};

result<std::string> greet(bool is_awake) {
    if (!is_awake) return errc::busy;
    return std::string("a text that is too long to be kept in place");
}

static_assert(std::is_nothrow_move_constructible_v<result<std::unique_ptr<int>>>);
static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
static_assert(std::is_copy_constructible_v<result<std::string>>);
static_assert(!std::is_convertible_v<result<int>, bool>);

}  // namespace

TEST_CASE("a result with a value has no error") {
    const auto greeting = greet(true);
    CHECK(greeting.has_value());
    CHECK(static_cast<bool>(greeting));
    CHECK(!greeting.error());
    CHECK(*greeting == greeting.value());
    CHECK(greeting->size() == 43);
}

TEST_CASE("a result with an error has no value") {
    const auto greeting = greet(false);
    CHECK(!greeting.has_value());
    CHECK(greeting.error() == errc::busy);
    const result<int> foreign = unexpected(std::make_error_code(std::errc::io_error));
    CHECK(foreign.error() == std::errc::io_error);
    CHECK(result<int>(unexpected(errc::denied)).error() == errc::denied);
}

TEST_CASE("a value needs no default constructor") {
    const result<no_default> made = no_default(3);
    CHECK(made->number == 3);
    const result<no_default> none = errc::stopped;
    CHECK(!none);
}

TEST_CASE("copies and moves carry the value and end its life once") {
    const auto owned = std::make_shared<int>(7);
    {
        result<std::shared_ptr<int>> one = owned;
        CHECK(owned.use_count() == 2);
        const result<std::shared_ptr<int>> copy = one;
        CHECK(owned.use_count() == 3);
        const result<std::shared_ptr<int>> moved = std::move(one);
        CHECK(owned.use_count() == 3);
        const std::shared_ptr<int> taken = *result<std::shared_ptr<int>>(copy);
        CHECK(owned.use_count() == 4);
    }
    CHECK(owned.use_count() == 1);
}

TEST_CASE("errors are copied and moved, too") {
    result<std::string> none = errc::too_large;
    const result<std::string> copy = none;
    const result<std::string> moved = std::move(none);
    CHECK(copy.error() == errc::too_large);
    CHECK(moved.error() == errc::too_large);
}

TEST_CASE("a value that cannot be copied is taken out") {
    result<std::unique_ptr<int>> one = std::make_unique<int>(4);
    const std::unique_ptr<int> taken = *std::move(one);
    CHECK(*taken == 4);
    result<std::unique_ptr<int>> other = std::make_unique<int>(5);
    CHECK(*std::move(other).value() == 5);
    *other = std::make_unique<int>(6);
    CHECK(**other == 6);
}

TEST_CASE("a result builds a value that cannot move, and lets go of it for an error") {
    struct anchored {
        explicit anchored(int& alive) : count(alive) { ++count; }
        anchored(const anchored&) = delete;
        ~anchored() { --count; }
        int& count;
    };
    int alive = 0;
    synod::result<anchored> made(std::in_place, [&] { return anchored(alive); });
    CHECK(made.has_value());
    CHECK(alive == 1);
    made = synod::unexpected(synod::errc::busy);
    CHECK_FALSE(made.has_value());
    CHECK(made.error() == synod::errc::busy);
    CHECK(alive == 0);
    made = synod::unexpected(synod::errc::stopped);
    CHECK(made.error() == synod::errc::stopped);
}
