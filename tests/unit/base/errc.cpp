// tests/unit/base/errc.cpp - every error has a text of its own.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/errc.hpp>

#include "support/catch.hpp"

#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using namespace synod;

/// Whether `errc` has an enumerator of this number: compilers print those by name, and other
/// numbers as a cast.
template <errc Error>
constexpr bool is_named() {
    const std::string_view function = __PRETTY_FUNCTION__;
    const std::string_view printed = function.substr(function.find("Error ="));
    return printed.find(')') == std::string_view::npos;
}

constexpr int count = detail::error_count;

}  // namespace

// The table cannot know that the enumeration goes on behind its end.
static_assert(is_named<static_cast<errc>(1)>() && is_named<static_cast<errc>(count)>());
static_assert(!is_named<static_cast<errc>(0)>() && !is_named<static_cast<errc>(count + 1)>());

TEST_CASE("every error has a text, and no two the same") {
    std::set<std::string> texts;
    for (int value = 1; value <= count; ++value) {
        const std::error_code code(value, category());
        CHECK(code.message() != "unknown error");
        CHECK(texts.insert(code.message()).second);
    }
}

TEST_CASE("an error is described by its own text") {
    CHECK(make_error_code(errc::quorums_do_not_intersect).message() ==
          "two quorums do not intersect");
    CHECK(make_error_code(errc::unreachable).message() == "no replica answers");
}

TEST_CASE("a number that is no error has a text, too") {
    CHECK(std::error_code(0, category()).message() == "unknown error");
    CHECK(std::error_code(-1, category()).message() == "unknown error");
    CHECK(std::error_code(count + 1, category()).message() == "unknown error");
}

TEST_CASE("an error converts to a std::error_code of synod's category") {
    const std::error_code code = errc::denied;
    CHECK(code);
    CHECK(code == errc::denied);
    CHECK(code != errc::busy);
    CHECK(std::string(code.category().name()) == "synod");
    CHECK(code != std::make_error_code(std::errc::permission_denied));
}
