// tests/unit/host/submissions.cpp - the one-shot function, the bounded queue, and the clocks.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/callback.hpp>
#include <synod/host/clock.hpp>
#include <synod/host/detail/intake.hpp>
#include <synod/host/submissions.hpp>

#include "support/catch.hpp"

#include <memory>
#include <utility>
#include <vector>

using namespace synod;

namespace {

struct nothing {};

/// A replica that takes on what it is told to, and numbers it.
struct scripted {
    submission propose(bytes_view, instant) {
        if (says != answer::queued) return {says, {}, node_id(2)};
        return {says, ticket(++last), {}};
    }
    submission read(instant) { return {says, ticket(++last_read), {}}; }

    answer says = answer::queued;
    std::uint64_t last = 0;
    std::uint64_t last_read = 1'000;
};

struct fixture {
    void submit(bytes_view command = {}) {
        waits = box.submit(command, [this](host::ending&& end) { ends.push_back(std::move(end)); });
    }

    host::submissions<nothing> box{2, 10};
    scripted replica;
    std::vector<host::ending> ends;
    bool waits = false;
};

}  // namespace

static_assert(host::clock<host::steady_clock>);
static_assert(host::clock<host::boot_clock>);
static_assert(!host::clock<nothing>);

TEST_CASE("clocks show rising instants") {
    const auto rises = [](auto clock) {
        const instant before = clock.now();
        return before > instant() && clock.now() >= before;
    };
    CHECK(rises(host::steady_clock{}));
    CHECK(rises(host::boot_clock{}));
}

TEST_CASE("a callback owns what cannot be copied, and its copies share it") {
    int seen = 0;
    const host::callback<int> call(
        [&seen, owned = std::make_unique<int>(40)](int more) { seen = (*owned += more); });
    CHECK(static_cast<bool>(call));
    call(2);
    CHECK(seen == 42);
    const auto same = call;
    same(1);
    CHECK(seen == 43);
    CHECK_FALSE(static_cast<bool>(host::callback<int>()));
}

TEST_CASE("a command waits for its completion and ends once") {
    fixture f;
    f.submit(as_bytes("x"));
    CHECK(f.waits);
    f.box.hand_over(f.replica, instant());
    CHECK(f.ends.empty());
    CHECK_FALSE(f.box.complete({}, {ticket(9), outcome::decided, {}, {}}));
    CHECK(f.box.complete({}, {ticket(1), outcome::decided, {slot(4), 1}, as_bytes("yes")}));
    CHECK_FALSE(f.box.complete({}, {ticket(1), outcome::decided, {}, {}}));
    REQUIRE(f.ends.size() == 1);
    CHECK(f.ends[0].outcome == host::outcome::decided);
    CHECK(f.ends[0].at == position{slot(4), 1});
    CHECK(as_text(f.ends[0].result) == "yes");
}

TEST_CASE("what a replica refuses ends at once, with the reason") {
    for (const auto& [says, expected] : {std::pair(answer::not_leader, host::outcome::not_leader),
                                         std::pair(answer::overloaded, host::outcome::overloaded),
                                         std::pair(answer::too_large, host::outcome::too_large),
                                         std::pair(answer::failed, host::outcome::failed)}) {
        fixture f;
        f.replica.says = says;
        f.submit();
        f.box.hand_over(f.replica, instant());
        REQUIRE(f.ends.size() == 1);
        CHECK(f.ends[0].outcome == expected);
        CHECK(f.ends[0].leader == node_id(2));
    }
}

TEST_CASE("the queue in front of a replica is bounded by count and by bytes") {
    fixture f;
    f.submit();
    f.submit();
    f.submit();
    CHECK_FALSE(f.waits);
    REQUIRE(f.ends.size() == 1);
    CHECK(f.ends[0].outcome == host::outcome::overloaded);
    f.box.hand_over(f.replica, instant());
    f.submit(bytes(10));
    CHECK(f.waits);
    f.submit(bytes(1));
    CHECK_FALSE(f.waits);
    CHECK(f.ends.back().outcome == host::outcome::overloaded);
}

TEST_CASE("closing ends everything: unknown what the replica has, stopped what it has not") {
    fixture f;
    f.submit();
    f.box.hand_over(f.replica, instant());
    f.submit();
    host::outcome read = host::outcome::decided;
    f.box.read([&](host::outcome how, const nothing* machine) {
        read = how;
        CHECK(machine == nullptr);
    });
    f.box.close();
    REQUIRE(f.ends.size() == 2);
    CHECK(f.ends[0].outcome == host::outcome::unknown);
    CHECK(f.ends[1].outcome == host::outcome::stopped);
    CHECK(read == host::outcome::stopped);
    f.submit();
    CHECK(f.ends.back().outcome == host::outcome::stopped);
}

TEST_CASE("a callback may submit again") {
    fixture f;
    int ends = 0;
    f.box.submit({}, [&](host::ending&&) {
        ++ends;
        f.box.submit({}, [&](host::ending&& end) {
            ++ends;
            CHECK(end.outcome == host::outcome::stopped);
        });
    });
    f.box.hand_over(f.replica, instant());
    CHECK(f.box.complete({}, {ticket(1), outcome::not_decided, {}, {}}));
    CHECK(ends == 1);
    f.box.close();
    CHECK(ends == 2);
}

TEST_CASE("a read is handed the machine when it is readable, and nothing when it is not") {
    fixture f;
    const nothing machine;
    std::vector<const nothing*> shown;
    for (int i = 0; i < 2; ++i) {
        f.box.read([&](host::outcome, const nothing* seen) { shown.push_back(seen); });
    }
    f.box.hand_over(f.replica, instant());
    CHECK(f.box.complete(machine, {ticket(1'001), outcome::readable, {}, {}}));
    CHECK(f.box.complete(machine, {ticket(1'002), outcome::not_decided, {}, {}}));
    CHECK(shown == std::vector<const nothing*>{&machine, nullptr});
}
