// tests/unit/client/session_core.cpp - a client's session against three real replicas: leases, losses, and what is told of them.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/session_core.hpp>

#include "support/catch.hpp"
#include "world.hpp"

#include <variant>

using namespace synod;
using namespace synod::client_test;
using client::stage;
using kind = client::notice::kind;

TEST_CASE("a lock is acquired, held, and handed on at its release") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(seconds(1));
    CHECK(b.core.find(second)->stage == stage::queued);

    a.core.release(first);
    REQUIRE(w.run_until([&] { return b.is(second, kind::granted); }, seconds(1)));
    CHECK(a.is(first, kind::released));
    CHECK(!a.error(first));
    CHECK(a.core.find(first) == nullptr);
    CHECK(w.holder("x") == b.core.find(second)->token);
    CHECK(b.core.find(second)->token > a.notices.front().token);
}
