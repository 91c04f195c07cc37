// tests/unit/client/fence_gate.cpp - the gate: who may write under which token.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/fence_gate.hpp>

#include "support/catch.hpp"

#include <vector>

using namespace synod;
using lock::mode;

namespace {

fencing_token token(std::uint64_t value) { return fencing_token(value); }

/// Writes down what it was asked to keep, and fails when told to.
struct notebook {
    std::vector<fence_marks>* kept;
    const bool* is_broken;

    std::error_code operator()(const fence_marks& marks) const {
        if (*is_broken) return std::make_error_code(std::errc::io_error);
        kept->push_back(marks);
        return {};
    }
};

}  // namespace

static_assert(fence_keeper<forgetful_keeper>);
static_assert(fence_keeper<notebook>);
static_assert(!fence_keeper<int>);

TEST_CASE(
    "locks 3.12/31, M64: an exclusive token shuts out every lower one, whoever comes first, and "
    "passes twice itself") {
    fence_gate<> gate;
    CHECK(!gate.admit(token(2)));
    CHECK(gate.admit(token(1)) == errc::stale_token);
    CHECK(!gate.admit(token(2)));
    CHECK(!gate.admit(token(3)));
    CHECK(gate.admit(token(2)) == errc::stale_token);
    CHECK(gate.marks().exclusive == token(3));
    CHECK(gate.admit(fencing_token()) == errc::stale_token);
    CHECK(fence_gate<>().admit(fencing_token()) == errc::stale_token);
}

TEST_CASE(
    "locks 3.12/31: shared holders pass one another; an exclusive one neither passes them nor lets "
    "the older in") {
    fence_gate<> gate;
    CHECK(!gate.admit(token(8), mode::shared));
    CHECK(!gate.admit(token(7), mode::shared));
    CHECK(gate.admit(token(7), mode::exclusive) == errc::stale_token);
    CHECK(!gate.admit(token(9), mode::exclusive));
    CHECK(gate.admit(token(8), mode::shared) == errc::stale_token);
    CHECK(!gate.admit(token(10), mode::shared));
    CHECK(gate.admit(token(9), mode::exclusive) == errc::stale_token);
}

TEST_CASE("marks are kept before the effect: what the keeper cannot keep is not admitted") {
    std::vector<fence_marks> kept;
    bool is_broken = false;
    fence_gate<notebook> gate(notebook{&kept, &is_broken});
    CHECK(!gate.admit(token(5)));
    CHECK(!gate.admit(token(5)));
    REQUIRE(kept.size() == 1);  // nothing new to keep the second time
    CHECK(kept.back().exclusive == token(5));
    is_broken = true;
    CHECK(gate.admit(token(6)) == std::errc::io_error);
    CHECK(gate.marks().exclusive == token(5));
    is_broken = false;
    CHECK(!gate.admit(token(5)));

    fence_gate<notebook> restarted(notebook{&kept, &is_broken}, kept.back());
    CHECK(restarted.admit(token(4)) == errc::stale_token);
    CHECK(!restarted.admit(token(5)));
}
