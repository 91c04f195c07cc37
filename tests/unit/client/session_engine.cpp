// tests/unit/client/session_engine.cpp - what a session's own thread may not wait for.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/detail/session_engine.hpp>

#include "support/catch.hpp"
#include "threaded_cluster.hpp"

#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <system_error>
#include <utility>

using namespace synod;
using namespace synod::client_test;

namespace {

using engine = client::detail::session_engine<client::policy<>>;

/// An engine of the real service's, on a clock that the test moves.
struct engine_on_jumping_clock {
    engine_on_jumping_clock() {
        client_config config;
        config.ttl = seconds(4);
        client_identity identity = all.identity();
        identity.client = {1, 1};
        auto end = client::network_connection<cuttable_network>::make(all.network, node_id(100));
        auto core =
            engine::core::make(identity, config, client::connection_link(**end), {}, clock.now());
        one = std::make_unique<engine>(
            std::move(*end), std::move(*core),
            std::make_shared<client::detail::clocked_lease<jumping_clock>>(clock));
        REQUIRE(!one->start());
    }

    threaded_cluster all;
    jumping_clock clock;
    std::unique_ptr<engine> one;
};

}  // namespace

TEST_CASE("on the session's thread a release is sent, and its answer is not waited for") {
    engine_on_jumping_clock e;
    engine& one = *e.one;
    const auto held = one.acquire({"door", 1}, {});
    REQUIRE(held.has_value());
    const auto report = std::make_shared<client::detail::release_report>();
    std::promise<std::error_code> told;
    const std::stop_callback on_revoke((*held)->revoke_requested(), [&] {
        one.release(*held, report);
        told.set_value(one.await(report));
    });
    auto other = e.all.connect();
    REQUIRE(!other.request_revoke((*held)->token(), "", 60'000, lock::revocation::cooperative));
    auto answer = told.get_future();
    REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(answer.get() == errc::would_deadlock);
    CHECK(!one.await(report));
    CHECK(one.acquire({"door", 2}, {}).has_value());
}

TEST_CASE("on the session's thread a hold that was just lost is given back, and known to be lost") {
    engine_on_jumping_clock e;
    const auto held = e.one->acquire({"door", 1}, {});
    REQUIRE(held.has_value());
    const auto report = std::make_shared<client::detail::release_report>();
    std::promise<std::error_code> told;
    const std::stop_callback on_loss((*held)->stop_token(), [&] {
        e.one->release(*held, report);
        told.set_value(e.one->await(report));
    });
    e.clock.jump->store(10'000);
    auto answer = told.get_future();
    REQUIRE(answer.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    CHECK(answer.get() == errc::hold_lost);
    CHECK(e.one->await(report) == errc::hold_lost);
    CHECK(e.one->acquire({"door", 2}, {}).has_value());
}

TEST_CASE("a hold whose lease is over is lost, though nobody noticed before it was given back") {
    engine_on_jumping_clock e;
    const auto held = e.one->acquire({"door", 1}, {});
    REQUIRE(held.has_value());
    const auto report = std::make_shared<client::detail::release_report>();
    e.clock.jump->store(10'000);
    e.one->release(*held, report);
    CHECK(e.one->await(report) == errc::hold_lost);
    CHECK((*held)->is_lost());
}

TEST_CASE("what a session held when it was given up is lost, and giving it back renews nothing") {
    engine_on_jumping_clock e;
    const auto held = e.one->acquire({"door", 1}, {});
    REQUIRE(held.has_value());
    e.one->give_up();
    CHECK((*held)->is_lost());
    const std::uint64_t sent = e.all.network.sent;
    e.clock.jump->store(2'000);  // a renewal is due
    const auto report = std::make_shared<client::detail::release_report>();
    e.one->release(*held, report);
    CHECK(e.one->await(report) == errc::hold_lost);
    CHECK(e.all.network.sent == sent);
}
