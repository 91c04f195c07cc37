// tests/unit/base/one_of.cpp - tests of synod/base/one_of.hpp.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/fingerprint.hpp>
#include <synod/base/one_of.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

using namespace synod;

namespace {

using any = one_of<int, std::string, std::shared_ptr<int>>;

}  // namespace

TEST_CASE("a one_of holds what it was made of, and says which") {
    const any number(7);
    CHECK(number.index() == 0);
    REQUIRE(number.get_if<int>() != nullptr);
    CHECK(*number.get_if<int>() == 7);
    CHECK(number.get_if<std::string>() == nullptr);

    const any text(std::string("seven"));
    CHECK(text.index() == 1);
    CHECK(*text.get_if<std::string>() == "seven");
}

TEST_CASE("a one_of takes no type but its own") {
    STATIC_REQUIRE(std::is_constructible_v<any, std::string>);
    STATIC_REQUIRE(!std::is_constructible_v<any, long>);
    STATIC_REQUIRE(!std::is_constructible_v<any, const char*>);
}

TEST_CASE("visiting a one_of calls once, with what it holds") {
    int calls = 0;
    any text(std::string("seven"));
    text.visit([&](auto& held) {
        ++calls;
        if constexpr (std::is_same_v<decltype(held), std::string&>) held += "teen";
    });
    CHECK(calls == 1);
    CHECK(*text.get_if<std::string>() == "seventeen");
}

TEST_CASE("who takes a one_of or a std::variant spells visit alike") {
    const auto sum = [](auto& any) {
        int total = 0;
        visit([&total](const auto& held) { total += static_cast<int>(held); }, any);
        return total;
    };
    one_of<int, char> one(3);
    std::variant<int, char> other(4);
    CHECK(sum(one) == 3);
    CHECK(sum(std::as_const(one)) == 3);
    CHECK(sum(other) == 4);
}

TEST_CASE("visiting a one_of returns what was returned for what it holds") {
    const auto size = [](const any& one) {
        return one.visit([](const auto& held) { return sizeof held; });
    };
    CHECK(size(any(1)) == sizeof(int));
    CHECK(size(any(std::string())) == sizeof(std::string));
    CHECK(size(any(std::shared_ptr<int>())) == sizeof(std::shared_ptr<int>));
    any text(std::string("seven"));
    CHECK(visit([](auto& held) { return static_cast<void*>(&held); }, text) ==
          get_if<std::string>(&text));
}

TEST_CASE("who asks a one_of what it holds spells it as for a std::variant") {
    any text(std::string("seven"));
    CHECK(holds_alternative<std::string>(text));
    CHECK(!holds_alternative<int>(text));
    CHECK(get_if<int>(&text) == nullptr);
    get<std::string>(text) += "teen";
    const any& same = text;
    CHECK(get<std::string>(same) == "seventeen");
    CHECK(*get_if<std::string>(&same) == "seventeen");
    STATIC_REQUIRE(any::count == 3);
    STATIC_REQUIRE(one_of<int>::count == 1);
}

TEST_CASE("emplacing ends what a one_of holds, and puts a default there") {
    const auto owned = std::make_shared<int>(7);
    any held(owned);
    held.emplace<std::string>() = "seven";
    CHECK(owned.use_count() == 1);
    CHECK(get<std::string>(held) == "seven");
    CHECK(held.emplace<int>() == 0);
    CHECK(held.index() == 0);
}

TEST_CASE("a copy of a one_of is its own, and a move leaves nothing behind") {
    const auto owned = std::make_shared<int>(7);
    any first(owned);
    any second(first);  // NOLINT(performance-unnecessary-copy-initialization): the copy is the test
    CHECK(owned.use_count() == 3);
    const any third(std::move(first));
    CHECK(owned.use_count() == 3);
    CHECK(*third.get_if<std::shared_ptr<int>>() == owned);
    second = any(1);
    CHECK(owned.use_count() == 2);
    CHECK(*second.get_if<int>() == 1);
}

TEST_CASE("a one_of ends what it holds") {
    const auto owned = std::make_shared<int>(7);
    {
        const any held(owned);
    }
    CHECK(owned.use_count() == 1);
}

TEST_CASE("one_ofs are equal, and print the same, when they hold the same") {
    using plain = one_of<int, unsigned>;
    CHECK(plain(1) == plain(1));
    CHECK(!(plain(1) == plain(2)));
    CHECK(!(plain(1) == plain(1U)));
    CHECK(fingerprint_of(plain(1)) == fingerprint_of(plain(1)));
    CHECK(fingerprint_of(plain(1)) != fingerprint_of(plain(2)));
    CHECK(fingerprint_of(plain(1)) != fingerprint_of(plain(1U)));
}
