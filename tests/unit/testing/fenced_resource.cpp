// tests/unit/testing/fenced_resource.cpp - writes arrive late and out of order, and a gate that is
// wrong about one is found out.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/fence_gate.hpp>
#include <synod/testing/fenced_resource.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <system_error>

using namespace synod;
using testing::fenced_resource;
using testing::stage;

namespace {

[[nodiscard]] constexpr fencing_token token(std::uint64_t counter) { return {1, counter}; }
[[nodiscard]] constexpr instant at(std::int64_t time) { return instant(time); }

/// Says the same to everybody.
template <bool admits>
struct blind_gate {
    [[nodiscard]] std::error_code admit(fencing_token) const {
        return admits ? std::error_code() : make_error_code(errc::stale_token);
    }
};

}  // namespace

TEST_CASE("a write arrives when it is due, and not before") {
    stage run(1);
    fenced_resource<fence_gate<>> resource(run, 1);
    CHECK(resource.next_due() == instant::never());
    resource.write(0, token(1), at(20));
    resource.write(0, token(1), at(10));
    CHECK(resource.next_due() == at(10));
    run.now = at(9);
    resource.attend();
    CHECK(resource.taken() == 0);
    run.now = at(10);
    resource.attend();
    CHECK(resource.taken() == 1);
    CHECK(resource.next_due() == at(20));
    run.now = at(25);
    resource.attend();
    CHECK(resource.taken() == 2);
    CHECK(resource.next_due() == instant::never());
}

TEST_CASE("a write of an earlier holder that arrives after one of a later holder is refused") {
    stage run(1);
    fenced_resource<fence_gate<>> resource(run, 1);
    resource.write(0, token(1), at(10));
    resource.write(0, token(2), at(20));
    resource.write(0, token(1), at(30));
    resource.write(0, token(2), at(40));
    run.now = at(50);
    resource.attend();
    CHECK(resource.taken() == 3);
    CHECK(resource.refused() == 1);
    CHECK(run.violation.empty());
}

TEST_CASE("each lock has a resource of its own") {
    stage run(1);
    fenced_resource<fence_gate<>> resource(run, 2);
    resource.write(0, token(2), at(10));
    resource.write(1, token(1), at(20));
    run.now = at(20);
    resource.attend();
    CHECK(resource.taken() == 2);
    CHECK(run.violation.empty());
}

TEST_CASE("a gate that takes a stale write is found out") {
    stage run(1);
    fenced_resource<blind_gate<true>> resource(run, 1);
    resource.write(0, token(2), at(10));
    resource.write(0, token(2), at(20));
    run.now = at(20);
    resource.attend();
    CHECK(run.violation.empty());
    resource.write(0, token(1), at(30));
    run.now = at(30);
    resource.attend();
    CHECK(run.violation == "no_stale_write: 1:1 after 1:2");
}

TEST_CASE("a gate that refuses a current write is found out") {
    stage run(1);
    fenced_resource<blind_gate<false>> resource(run, 1);
    resource.write(0, token(1), at(10));
    run.now = at(10);
    resource.attend();
    CHECK(run.violation == "current_writes_are_taken: 1:1 after 0:0");
}
