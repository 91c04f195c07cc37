// tests/unit/transport/threads.cpp - mailboxes between threads.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/messages.hpp>
#include <synod/paxos/transport.hpp>
#include <synod/transport/threads.hpp>

#include "support/catch.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

using namespace synod;

namespace {

using message = std::variant<std::unique_ptr<int>, int>;
using network = thread_network<message>;

std::vector<int> numbers_in(network::inbox& inbox) {
    std::vector<int> numbers;
    inbox.deliver([&](node_id, message&& any) { numbers.push_back(std::get<int>(any)); });
    return numbers;
}

duration since(std::chrono::steady_clock::time_point start) {
    return std::chrono::steady_clock::now() - start;
}

}  // namespace

static_assert(transport<network::link, message>);
static_assert(transport<thread_network<replica_message>::link, replica_message>);
static_assert(std::is_copy_constructible_v<network::link>);
static_assert(!std::is_copy_constructible_v<network::inbox>);

TEST_CASE("messages arrive in the order of their sender, moved and not copied") {
    network net;
    auto inbox = net.connect(node_id(1));
    REQUIRE(inbox);
    auto link = net.link_of(node_id(0));
    link.send(node_id(1), std::make_unique<int>(1));
    link.send(node_id(1), 2);
    inbox->wait(seconds(10));
    int sum = 0;
    const auto count = inbox->deliver([&](node_id from, message&& any) {
        CHECK(from == node_id(0));
        if (auto* owned = std::get_if<0>(&any)) sum = 10 * **owned;
        if (auto* number = std::get_if<1>(&any)) sum += *number;
    });
    CHECK(count == 2);
    CHECK(sum == 12);
    CHECK(net.traffic() == traffic{2, 0, 0});
}

TEST_CASE("a full mailbox loses what is more, and counts it") {
    network net(4, 2);
    auto inbox = net.connect(node_id(1));
    auto link = net.link_of(node_id(0));
    for (int i = 0; i < 5; ++i) link.send(node_id(1), i);
    CHECK(net.traffic() == traffic{2, 3, 0});
    inbox->wait(duration(0));
    link.send(node_id(1), 9);
    CHECK(numbers_in(*inbox) == std::vector<int>{0, 1});
    inbox->wait(duration(0));
    CHECK(numbers_in(*inbox) == std::vector<int>{9});
}

TEST_CASE("a wait loses nothing that an earlier one took and nobody was handed") {
    network net;
    auto inbox = net.connect(node_id(1));
    auto link = net.link_of(node_id(0));
    link.send(node_id(1), 1);
    inbox->wait(duration(0));
    link.send(node_id(1), 2);
    inbox->wait(duration(0));
    CHECK(numbers_in(*inbox) == std::vector<int>{1});
    inbox->wait(duration(0));
    CHECK(numbers_in(*inbox) == std::vector<int>{2});
}

TEST_CASE("a message to a node that is not connected is lost, also one that waited when it went") {
    network net(4, 8);
    auto link = net.link_of(node_id(0));
    link.send(node_id(1), 1);
    link.send(node_id(99), 1);
    CHECK(net.traffic() == traffic{0, 0, 2});
    {
        auto first = net.connect(node_id(1));
        link.send(node_id(1), 2);
        CHECK(net.connect(node_id(1)).error() == make_error_code(errc::duplicate_member));
    }
    auto second = net.connect(node_id(1));
    REQUIRE(second);
    link.send(node_id(1), 3);
    second->wait(seconds(10));
    CHECK(numbers_in(*second) == std::vector<int>{3});
    CHECK(net.connect(node_id(4)).error() == make_error_code(errc::id_out_of_range));
}

TEST_CASE("a wait ends with a message, with a wake, or with its time") {
    network net;
    auto inbox = net.connect(node_id(1));
    const auto start = std::chrono::steady_clock::now();
    net.wake(node_id(1));
    inbox->wait(seconds(10));  // the wake was not lost
    inbox->wait(milliseconds(20));
    CHECK(since(start) >= milliseconds(20));
    CHECK(since(start) < seconds(9));
    std::thread waker([&] { net.wake(node_id(1)); });
    inbox->wait(seconds(10));
    waker.join();
    std::thread sender([&] { net.link_of(node_id(0)).send(node_id(1), 5); });
    std::vector<int> got;
    while (got.empty()) {
        inbox->wait(seconds(10));
        got = numbers_in(*inbox);
    }
    sender.join();
    CHECK(got == std::vector<int>{5});
    CHECK(since(start) < seconds(9));
    net.wake(node_id(4'000'000));  // nobody is there
}

TEST_CASE("many threads send to one, and nothing is lost or swapped") {
    network net;
    constexpr int senders = 4;
    constexpr int each = 5'000;
    auto inbox = net.connect(node_id(0));
    std::vector<std::thread> threads;
    for (std::uint32_t sender = 1; sender <= senders; ++sender) {
        threads.emplace_back([&net, sender] {
            auto link = net.link_of(node_id(sender));
            for (int i = 0; i < each; ++i) link.send(node_id(0), i);
        });
    }
    std::vector<int> next(senders + 1, 0);
    for (int got = 0; got < senders * each;) {
        inbox->wait(seconds(10));
        const auto count = inbox->deliver([&](node_id from, message&& any) {
            if (std::get<int>(any) == next[from.value()]) ++next[from.value()];
        });
        got += static_cast<int>(count);
    }
    for (auto& thread : threads) thread.join();
    CHECK(next == std::vector<int>{0, each, each, each, each});
    CHECK(net.traffic().sent == senders * each);
}

TEST_CASE("nodes come and go while others send to them") {
    network net;
    std::atomic<bool> is_done{false};
    std::thread sender([&] {
        auto link = net.link_of(node_id(0));
        while (!is_done) link.send(node_id(1), std::make_unique<int>(1));
    });
    int delivered = 0;
    for (int i = 0; i < 200; ++i) {
        auto inbox = net.connect(node_id(1));
        REQUIRE(inbox);
        inbox->wait(milliseconds(1));
        inbox->deliver([&](node_id, message&&) { ++delivered; });
    }
    is_done = true;
    sender.join();
    CHECK(delivered > 0);
}
