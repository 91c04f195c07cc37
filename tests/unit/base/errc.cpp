// tests/unit/base/errc.cpp - every error has a text of its own.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/errc.hpp>

#include "support/catch.hpp"

#include <set>
#include <string>
#include <system_error>

namespace {

using namespace synod;

}  // namespace

TEST_CASE("every error has a text, and no two the same") {
    std::set<std::string> texts;
    for (int value = 1; value <= static_cast<int>(errc::unsupported); ++value) {
        const std::error_code code(value, category());
        CHECK(code.message() != "unknown error");
        CHECK(texts.insert(code.message()).second);
    }
}

TEST_CASE("a number that is no error has a text, too") {
    CHECK(std::error_code(0, category()).message() == "unknown error");
    CHECK(std::error_code(9'999, category()).message() == "unknown error");
}

TEST_CASE("an error converts to a std::error_code of synod's category") {
    const std::error_code code = errc::denied;
    CHECK(code);
    CHECK(code == errc::denied);
    CHECK(code != errc::busy);
    CHECK(std::string(code.category().name()) == "synod");
    CHECK(code != std::make_error_code(std::errc::permission_denied));
}
