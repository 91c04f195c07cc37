// tests/unit/testing/rounds.cpp - the harness for message rounds, on networks that are quick, late,
// or lose what they are given.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/testing/rounds.hpp>
#include <synod/transport/memory.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <system_error>
#include <utility>

using namespace synod;
using testing::counting_network;
using testing::rounds;
using testing::rounds_config;

namespace {

using quick_network = memory_network<replica_message>;

/// Delivers what was sent with the `delay`-th poll after it, and loses what `loses` says: the
/// number of the message from 1 on.
class slow_network {
public:
    class link {
    public:
        link(slow_network& network, node_id self) : network_(&network), self_(self) {}
        void send(node_id to, replica_message message) noexcept {
            network_->put(self_, to, std::move(message));
        }

    private:
        slow_network* network_;
        node_id self_;
    };

    [[nodiscard]] link connect(node_id self) { return {*this, self}; }

    template <class Receive>
    std::size_t deliver(node_id to, Receive&& receive) {
        box& own = boxes_[to.value()];
        ++own.polls;
        std::size_t count = 0;
        for (; !own.letters.empty() && own.letters.front().due <= own.polls; ++count) {
            letter next = std::move(own.letters.front());
            own.letters.pop_front();
            receive(next.from, std::move(next.message));
        }
        return count;
    }

    [[nodiscard]] bool idle() {
        ++asked;
        for (const box& one : boxes_) {
            if (!one.letters.empty()) return false;
        }
        return !never_idle;
    }

    std::uint64_t delay = 1;
    std::function<bool(std::uint64_t)> loses = [](std::uint64_t) { return false; };
    bool loses_accepts = false;
    bool never_idle = false;
    std::uint64_t sent = 0;
    std::uint64_t asked = 0;

private:
    struct letter {
        node_id from;
        std::uint64_t due;  // the poll of its receiver
        replica_message message;
    };
    struct box {
        std::deque<letter> letters;
        std::uint64_t polls = 0;
    };

    void put(node_id from, node_id to, replica_message&& message) {
        if (loses(++sent)) return;
        if (loses_accepts && message.get_if<accept<entry>>() != nullptr) return;
        box& other = boxes_[to.value()];
        other.letters.push_back({from, other.polls + delay, std::move(message)});
    }

    std::array<box, 5> boxes_;
};

/// Has lost everything before it asks.
struct black_hole {
    struct link {
        template <class Message>
        void send(node_id /*to*/, const Message& /*message*/) noexcept {}
    };

    static link connect(node_id /*self*/) { return {}; }
    template <class Receive>
    static std::size_t deliver(node_id /*to*/, Receive&& /*receive*/) {
        return 0;
    }
};

struct idle_says_nothing : black_hole {
    void idle();
};
struct idle_counts : black_hole {
    int idle();
};
struct does_not_deliver : black_hole {
    void deliver() = delete;
};
struct does_not_connect : black_hole {
    void connect() = delete;
};

/// What a run of `count` commands costs.
struct cost {
    std::uint64_t decided;
    std::uint64_t messages;
    std::uint64_t bytes;

    friend bool operator==(const cost&, const cost&) = default;
};

template <class Network>
cost cost_of(Network& inner, const rounds_config& config, std::uint64_t count) {
    counting_network<Network> network(inner);
    auto cluster = rounds<counting_network<Network>>::make(network, config);
    REQUIRE(cluster);
    const std::uint64_t messages = network.messages();
    const std::uint64_t bytes = network.bytes();
    const std::uint64_t decided = cluster->run(count);
    const cost found{decided, network.messages() - messages, network.bytes() - bytes};
    CHECK(cluster->agrees_on(decided));
    return found;
}

}  // namespace

static_assert(testing::network<quick_network>);
static_assert(testing::network<slow_network>);
static_assert(testing::network<black_hole>);
static_assert(testing::network<counting_network<quick_network>>);
static_assert(!testing::detail::may_take_its_time<counting_network<quick_network>>);
static_assert(testing::detail::may_take_its_time<counting_network<slow_network>>);
static_assert(!testing::network<idle_says_nothing>);
static_assert(!testing::network<idle_counts>);
static_assert(!testing::network<does_not_deliver>);
static_assert(!testing::network<does_not_connect>);

TEST_CASE("a command costs one accept to each follower and one vote from each") {
    for (const std::uint32_t replicas : {1U, 3U, 5U}) {
        quick_network network;
        const cost found = cost_of(network, {.replicas = replicas}, 512);
        CHECK(found.decided == 512);
        CHECK(found.messages == 512 * 2 * (replicas - 1));
    }
    quick_network batched;
    CHECK(cost_of(batched, {.window = 64}, 512).messages == 512 / 64 * 4);
}

TEST_CASE("a network that delivers late costs the same, and decides the same") {
    for (const std::size_t window : {1U, 64U}) {
        const rounds_config config{.window = window};
        quick_network quick;
        const cost expected = cost_of(quick, config, 512);
        CHECK(expected.decided == 512);
        for (const std::uint64_t delay : {1U, 2U, 7U, 50U}) {
            slow_network slow;
            slow.delay = delay;
            CHECK(cost_of(slow, config, 512) == expected);
            CHECK(slow.asked > 0);
        }
    }
}

TEST_CASE("what is decided is not held up by what is still on its way") {
    slow_network network;
    auto cluster = rounds<slow_network>::make(network, {.polls = 1000});
    REQUIRE(cluster);
    network.never_idle = true;
    network.asked = 0;
    CHECK(cluster->run(100) == 100);
    CHECK(network.asked < 2 * 1000);
}

TEST_CASE("a counted network stays on one thread if the network in it does") {
    CHECK(counting_network<quick_network>::link::is_single_threaded);
    CHECK_FALSE(counting_network<slow_network>::link::is_single_threaded);
}

TEST_CASE("on a network that loses everything nobody is elected, and the harness says so") {
    black_hole silent;
    CHECK(rounds<black_hole>::make(silent, {}).error() == make_error_code(errc::unreachable));
    slow_network stuck;
    stuck.loses = [](std::uint64_t) { return true; };
    stuck.never_idle = true;
    CHECK(rounds<slow_network>::make(stuck, {.polls = 100}).error() ==
          make_error_code(errc::unreachable));
    CHECK(stuck.asked > 0);
}

TEST_CASE("one replica needs no network") {
    black_hole network;
    auto cluster = rounds<black_hole>::make(network, {.replicas = 1});
    REQUIRE(cluster);
    CHECK(cluster->run(10) == 10);
}

TEST_CASE("a run on a network that breaks down ends, and says how many were decided before") {
    slow_network network;
    auto cluster = rounds<slow_network>::make(network, {});
    REQUIRE(cluster);
    const std::uint64_t last = network.sent + 4 * 100;
    network.loses = [last](std::uint64_t number) { return number > last; };
    CHECK(cluster->run(1000) == 100);
    CHECK(cluster->run(1000) == 0);
    network.loses = [](std::uint64_t) { return false; };
    CHECK(cluster->run(1000) == 999);  // the first one finds nobody who leads
    CHECK(cluster->run(1000) == 1000);
}

TEST_CASE("a window that does not end is given up, also when its leader goes on leading") {
    slow_network network;
    auto cluster = rounds<slow_network>::make(network, {});
    REQUIRE(cluster);
    network.loses_accepts = true;
    CHECK(cluster->run(10) == 0);
    CHECK(cluster->leader().is_leading());
}

TEST_CASE("timers make up for what a network loses now and then") {
    slow_network network;
    network.delay = 3;
    network.loses = [random = prng(1)](std::uint64_t) mutable { return random.below(100) < 20; };
    auto cluster = rounds<slow_network>::make(network, {.window = 8});
    REQUIRE(cluster);
    CHECK(cluster->run(800) == 800);
    network.loses = [](std::uint64_t) { return false; };
    for (int i = 0; i < 10 && !cluster->agrees_on(800); ++i) cluster->pass_time();
    CHECK(cluster->agrees_on(800));
}

TEST_CASE("a cluster that makes no sense is refused") {
    quick_network network;
    const auto error_of = [&](const rounds_config& config) {
        return rounds<quick_network>::make(network, config).error();
    };
    const std::error_code refused = errc::limit_out_of_range;
    CHECK(error_of({.bytes = 7}) == refused);
    CHECK(error_of({.window = 0}) == refused);
    CHECK(error_of({.replicas = 0}) == refused);
    CHECK(error_of({.replicas = max_nodes + 1}) == refused);
}
