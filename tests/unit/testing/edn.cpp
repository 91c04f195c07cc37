// tests/unit/testing/edn.cpp - values as they are written, and what is refused.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/edn.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace synod;
using testing::edn_keyword;
using testing::edn_reader;
using testing::edn_value;
using testing::malformed_text;

namespace {

edn_value read(const std::string& text) {
    edn_reader reader(text);
    edn_value value = reader.value();
    reader.expect_end();
    return value;
}

std::string refusal(const std::string& text) {
    try {
        static_cast<void>(read(text));
    } catch (const malformed_text& reason) {
        return reason.what();
    }
    return "no refusal";
}

edn_value number(std::int64_t value) { return {value}; }

}  // namespace

TEST_CASE("each kind of value is read") {
    CHECK(read("nil").is_nil());
    CHECK(read("-17") == number(-17));
    CHECK(read("9223372036854775807") == number(std::numeric_limits<std::int64_t>::max()));
    CHECK(read(":timed-out") == edn_value{edn_keyword{"timed-out"}});
    CHECK(read("\"a, b]\"") == edn_value{std::string("a, b]")});
    CHECK(read("[4 [nil], \"x\"]") ==
          edn_value{
              std::vector<edn_value>{number(4), {std::vector<edn_value>{{}}}, {std::string("x")}}});
    CHECK(read("[]") == edn_value{std::vector<edn_value>{}});
    CHECK(read(" \t,4,\r") == number(4));
    CHECK_FALSE(read("0").is_nil());
}

TEST_CASE("a text may hold what is escaped") {
    CHECK(read(R"("say \"x\" \\ \n\t\r")") == edn_value{std::string("say \"x\" \\ \n\t\r")});
    CHECK(refusal(R"("\u0041")") == "unknown escape \\u");
    CHECK(refusal("\"open") == "a text does not end");
    CHECK(refusal("\"open\\") == "a text does not end");
    CHECK(refusal("\"open\\\"") == "a text does not end");
}

TEST_CASE("what is no value is refused with a reason") {
    CHECK(refusal("") == "a value is missing at the end");
    CHECK(refusal("[1") == "a value is missing at the end");
    CHECK(refusal("]") == "a word is missing before ']'");
    CHECK(refusal("{}") == "a word is missing before '{}'");
    CHECK(refusal("1 2") == "there is more than expected before '2'");
    CHECK(refusal("true") == "'true' is neither nil nor a number nor a keyword");
    CHECK(refusal("4x") == "'4x' is neither nil nor a number nor a keyword");
    CHECK(refusal("9223372036854775808") ==
          "'9223372036854775808' is neither nil nor a number nor a keyword");
    CHECK(refusal(":") == "':' is neither nil nor a number nor a keyword");
}

TEST_CASE("vectors are nested so deeply and no deeper") {
    CHECK(refusal(std::string(16, '[') + std::string(16, ']')) == "no refusal");
    CHECK(refusal(std::string(17, '[') + std::string(17, ']')) == "vectors are nested too deeply");
    CHECK(refusal(std::string(1'000'000, '[')) == "vectors are nested too deeply");
}
