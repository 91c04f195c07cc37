// tests/unit/base/format.cpp - texts for people.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/format.hpp>

#include "support/catch.hpp"

#include <limits>

namespace {

using namespace synod;

}  // namespace

TEST_CASE("ids are their numbers") {
    CHECK(to_string(node_id(7)) == "7");
    CHECK(to_string(incarnation(8)) == "8");
    CHECK(to_string(cluster_id(9)) == "9");
    CHECK(to_string(ticket(10)) == "10");
    CHECK(to_string(slot(11)) == "11");
}

TEST_CASE("what has two parts shows both") {
    CHECK(to_string(ballot(3, node_id(1))) == "3.1");
    CHECK(to_string(ballot()) == "none");
    CHECK(to_string(position{slot(12), 3}) == "12.3");
    CHECK(to_string(session_id(position{slot(12), 3})) == "12.3");
    CHECK(to_string(fencing_token(1, 42)) == "1:42");
}

TEST_CASE("a length is a whole number of the largest unit that loses nothing") {
    CHECK(to_string(seconds(2)) == "2s");
    CHECK(to_string(milliseconds(1'500)) == "1500ms");
    CHECK(to_string(microseconds(7)) == "7us");
    CHECK(to_string(duration(1'000'000'001)) == "1000000001ns");
    CHECK(to_string(milliseconds(-20)) == "-20ms");
    CHECK(to_string(duration()) == "0s");
    CHECK(to_string(duration(std::numeric_limits<std::int64_t>::min())) ==
          "-9223372036854775808ns");
}
