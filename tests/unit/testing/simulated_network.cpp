// tests/unit/testing/simulated_network.cpp - a simulated network keeps its order and loses nothing,
// but for the faults that are on.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulated_network.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

using namespace synod;
using testing::fault;
using testing::stage;

namespace {

using network = testing::simulated_network<int>;

constexpr node_id ada(0);
constexpr node_id bob(1);
constexpr node_id eve(2);
constexpr duration longest_usual = milliseconds(6);  // of any network
constexpr int many = 2'000;

struct arrival {
    instant at;
    node_id from;
    node_id to;
    int message;

    friend bool operator==(const arrival&, const arrival&) = default;
};

/// A network of three, and who got what.
struct wire {
    explicit wire(std::uint64_t seed) : run(seed), net(run, 3) {}

    void post(node_id from, node_id to, int message) { net.post({from, to, 0, message}, run.now); }

    /// `count` messages from Ada to Bob, numbered from 0, one each 100 microseconds.
    void post_many(int count = many) {
        for (int i = 0; i < count; ++i) {
            net.post({ada, bob, 0, i}, run.now + microseconds(100) * i);
        }
    }

    /// Everything that arrives until then, or ever.
    const std::vector<arrival>& deliver(instant until = instant(INT64_MAX - 1)) {
        while (net.next_due() <= until) {
            run.now = net.next_due();
            if (auto taken = net.take()) {
                arrived.push_back({run.now, taken->from, taken->to, taken->message});
            }
        }
        return arrived;
    }

    [[nodiscard]] std::vector<int> messages() const {
        std::vector<int> all;
        for (const arrival& one : arrived) all.push_back(one.message);
        return all;
    }
    [[nodiscard]] bool is_in_order() const { return std::ranges::is_sorted(messages()); }
    /// How many different ones arrived.
    [[nodiscard]] std::size_t distinct() const {
        const auto all = messages();
        return std::set<int>(all.begin(), all.end()).size();
    }

    stage run;
    network net;
    std::vector<arrival> arrived;
};

}  // namespace

TEST_CASE("without faults everything arrives once, in the order of its path, within milliseconds") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        wire all(seed);
        all.post_many();
        all.post(eve, bob, -1);
        CHECK(all.net.on_its_way() == many + 1);
        all.deliver();
        REQUIRE(all.arrived.size() == many + 1);
        std::erase_if(all.arrived, [](const arrival& one) { return one.from == eve; });
        REQUIRE(all.arrived.size() == many);
        REQUIRE(all.is_in_order());
        for (const arrival& one : all.arrived) {
            REQUIRE(one.to == bob);
            const duration took = one.at - (instant() + microseconds(100) * one.message);
            REQUIRE(took >= microseconds(100));
            REQUIRE(took <= longest_usual);
        }
        REQUIRE(all.net.next_due() == instant::never());
        REQUIRE(all.run.tally.total() == 0);
    }
}

TEST_CASE("a seed decides what arrives, and when") {
    const auto play = [](std::uint64_t seed) {
        wire all(seed);
        all.run.faults = testing::fault_set::all();
        all.post_many();
        return all.deliver();
    };
    CHECK(play(1) == play(1));
    CHECK_FALSE(play(1) == play(2));
}

TEST_CASE("a network that loses does so now and then, and counts what it loses") {
    std::size_t most = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        wire all(seed);
        all.run.faults.insert(fault::loss);
        all.post_many();
        all.deliver();
        const std::size_t lost = many - all.arrived.size();
        REQUIRE(lost == all.run.tally[fault::loss]);
        REQUIRE(lost < many * 35 / 100);
        REQUIRE(all.is_in_order());
        most = std::max(most, lost);
    }
    CHECK(most > many * 20 / 100);
}

TEST_CASE("a network that duplicates delivers everything, and some of it twice") {
    std::size_t most = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        wire all(seed);
        all.run.faults.insert(fault::duplication);
        all.post_many();
        all.deliver();
        REQUIRE(all.distinct() == many);
        REQUIRE(all.arrived.size() - many == all.run.tally[fault::duplication]);
        most = std::max(most, all.arrived.size() - many);
    }
    CHECK(most > many * 40 / 100);
}

TEST_CASE(
    "a network that reorders lets messages of one path overtake one another, and loses none") {
    wire all(1);
    all.run.faults.insert(fault::reordering);
    all.post_many();
    all.deliver();
    CHECK(all.distinct() == many);
    CHECK_FALSE(all.is_in_order());
    CHECK(all.run.tally[fault::reordering] > 0);
}

TEST_CASE("an ancient message is delivered in time, and again ten to twenty seconds later") {
    wire all(1);
    all.run.faults.insert(fault::ancient_message);
    all.post_many(10 * many);
    all.deliver();
    CHECK(all.distinct() == 10 * many);
    const auto ancient = all.run.tally[fault::ancient_message];
    CHECK(ancient > 0);
    REQUIRE(all.arrived.size() == 10 * many + ancient);
    std::map<int, instant> first;
    for (const arrival& one : all.arrived) {
        const auto [known, is_new] = first.emplace(one.message, one.at);
        if (is_new) continue;
        CHECK(one.at - known->second > seconds(10) - longest_usual);
        CHECK(one.at - known->second < seconds(20));
    }
}

TEST_CASE("a long delay is up to five seconds, and holds up what follows on its path") {
    wire all(1);
    all.run.faults.insert(fault::long_delay);
    all.post_many();
    all.deliver();
    CHECK(all.arrived.size() == many);
    CHECK(all.is_in_order());
    const duration last = all.arrived.back().at - instant();
    CHECK(last > milliseconds(500));
    CHECK(last < seconds(5) + microseconds(100) * many);
}

TEST_CASE("nothing gets through a cut while it lasts, and all does the other way and elsewhere") {
    wire all(1);
    all.net.cut(ada, bob, instant() + milliseconds(50));
    all.post(ada, bob, 1);
    all.post(bob, ada, 2);
    all.post(ada, eve, 3);
    all.deliver();
    all.run.now = instant() + milliseconds(50);
    all.post(ada, bob, 4);
    all.deliver();
    auto got = all.messages();
    std::ranges::sort(got);
    CHECK(got == std::vector<int>{2, 3, 4});
}

TEST_CASE("what is held back arrives when it is let go, and not before") {
    wire all(1);
    const instant end = instant() + milliseconds(50);
    all.net.hold(ada, bob, end);
    all.post(ada, bob, 1);
    all.post(ada, bob, 2);
    all.post(bob, ada, 3);
    all.deliver(end + duration(-1));
    CHECK(all.messages() == std::vector<int>{3});
    all.deliver();
    REQUIRE(all.arrived.size() == 3);
    for (std::size_t i = 1; i < 3; ++i) CHECK(all.arrived[i].at <= end + milliseconds(5));
}

TEST_CASE("what is let go arrives in another order, now and then") {
    bool is_ever_out_of_order = false;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        wire all(seed);
        all.net.hold(ada, bob, instant() + milliseconds(50));
        for (int i = 0; i < 5; ++i) all.post(ada, bob, i);
        all.deliver();
        REQUIRE(all.arrived.size() == 5);
        is_ever_out_of_order |= !all.is_in_order();
    }
    CHECK(is_ever_out_of_order);
}

TEST_CASE("a thin path loses as much as it was told, the other way and elsewhere nothing") {
    wire all(1);
    all.net.thin_out(ada, bob, 250'000);
    for (int i = 0; i < many; ++i) {
        all.post(ada, bob, i);
        all.post(bob, ada, many);
        all.post(eve, bob, many);
    }
    all.deliver();
    const auto from = [&all](node_id sender) {
        return std::ranges::count(all.arrived, sender, &arrival::from);
    };
    CHECK(from(ada) > many / 2);
    CHECK(from(ada) < many * 9 / 10);
    CHECK(from(bob) == many);
    CHECK(from(eve) == many);
    CHECK(all.run.tally.total() == 0);
}

TEST_CASE("healing ends cuts, holds and thin paths") {
    wire all(1);
    all.net.cut(ada, bob, instant() + seconds(100));
    all.net.hold(bob, ada, instant() + seconds(100));
    all.net.thin_out(ada, bob, 1'000'000);
    all.post(ada, bob, 0);
    all.net.heal();
    all.post(ada, bob, 1);
    all.post(bob, ada, 2);
    all.deliver();
    REQUIRE(all.arrived.size() == 2);
    CHECK(all.run.now < instant() + longest_usual);
}

TEST_CASE("what was late before healing does not hold up what is sent after it") {
    std::size_t late = 0;
    for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
        wire all(seed);
        all.run.faults.insert(fault::long_delay);
        all.post(ada, bob, 1);
        all.run.faults = {};
        all.net.heal();
        all.post(ada, bob, 2);
        all.deliver(instant() + longest_usual);
        REQUIRE(std::ranges::count(all.messages(), 2) == 1);
        late += all.arrived.size() == 1 ? 1 : 0;
    }
    CHECK(late > 0);
}

TEST_CASE(
    "what is put back arrives again when it was told to, in the order in which it was put back") {
    wire all(1);
    const instant later = instant() + seconds(3);
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) all.post(node_id(i % 2 == 0 ? 0 : 2), bob, i);
    while (all.net.next_due() < later) {
        all.run.now = all.net.next_due();
        auto taken = all.net.take();
        REQUIRE(taken);
        order.push_back(taken->message);
        all.net.put_back(std::move(*taken), later);
    }
    all.deliver();
    CHECK(all.messages() == order);
    CHECK(all.run.now == later);
}

TEST_CASE("what is sent while others arrive takes nobody's place") {
    wire all(1);
    for (int i = 0; i < many; ++i) {
        all.post(ada, bob, 2 * i);
        all.post(eve, bob, 2 * i + 1);
        const instant later = all.run.now + milliseconds(1);
        all.deliver(later);
        all.run.now = later;
    }
    all.deliver();
    CHECK(all.arrived.size() == 2 * many);
    CHECK(all.distinct() == 2 * many);
}
