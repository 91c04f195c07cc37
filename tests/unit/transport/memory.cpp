// tests/unit/transport/memory.cpp - the network in one thread.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/messages.hpp>
#include <synod/paxos/transport.hpp>
#include <synod/transport/memory.hpp>

#include "support/catch.hpp"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace synod;

namespace {

using message = std::variant<std::string, int>;
using network = memory_network<message>;

std::vector<std::string> texts_for(network& net, node_id to) {
    std::vector<std::string> texts;
    net.deliver(to, [&](node_id from, message&& any) {
        texts.push_back(std::to_string(from.value()) + ":" + std::get<std::string>(any));
    });
    return texts;
}

}  // namespace

static_assert(transport<network::link, message>);
static_assert(transport<memory_network<replica_message>::link, replica_message>);
static_assert(!std::is_copy_constructible_v<network>);

TEST_CASE("the memory network keeps the order of each sender and loses nothing") {
    network net;
    auto a = net.connect(node_id(0));
    auto b = net.connect(node_id(1));
    static_cast<void>(net.connect(node_id(2)));
    a.send(node_id(2), std::string("1"));
    b.send(node_id(2), std::string("2"));
    a.send(node_id(2), std::string("3"));
    CHECK(net.waiting(node_id(2)) == 3);
    CHECK(texts_for(net, node_id(2)) == std::vector<std::string>{"0:1", "1:2", "0:3"});
    CHECK(net.waiting(node_id(2)) == 0);
}

TEST_CASE("a queue that grows keeps all it had, in order, whoever they are for") {
    network net;
    auto a = net.connect(node_id(0));
    auto b = net.connect(node_id(1));
    std::vector<std::string> expected;
    for (int i = 0; i < 1'000; ++i) {
        b.send(node_id(0), std::to_string(i));
        a.send(node_id(1), std::to_string(-i));
        expected.push_back("1:" + std::to_string(i));
    }
    CHECK(net.waiting(node_id(1)) == 1'000);
    CHECK(texts_for(net, node_id(0)) == expected);
}

TEST_CASE("a message to a node that never connected is lost") {
    network net;
    auto a = net.connect(node_id(0));
    a.send(node_id(9), 1);
    CHECK(net.waiting(node_id(9)) == 0);
    CHECK(net.deliver(node_id(9), [](node_id, message&&) {}) == 0);
}

TEST_CASE(
    "a message of a variant within is carried, too, and lost to a node that never connected") {
    using nested = std::variant<std::string, std::variant<int, char>>;
    memory_network<nested> net;
    auto a = net.connect(node_id(0));
    a.send(node_id(0), 'x');
    a.send(node_id(9), 'y');
    std::string seen;
    net.deliver(node_id(0),
                [&](node_id, nested&& any) { seen += std::get<char>(std::get<1>(any)); });
    CHECK(seen == "x");
}

TEST_CASE("what is sent while messages are delivered waits for the next delivery") {
    network net;
    auto a = net.connect(node_id(0));
    a.send(node_id(0), 1);
    const auto echo = [&](node_id, message&&) { a.send(node_id(0), 2); };
    CHECK(net.deliver(node_id(0), echo) == 1);
    CHECK(net.waiting(node_id(0)) == 1);
}

TEST_CASE("what waits for a node can be thrown away") {
    network net;
    auto a = net.connect(node_id(0));
    a.send(node_id(0), 1);
    a.send(node_id(0), 2);
    CHECK(net.drop(node_id(0)) == 2);
    CHECK(net.waiting(node_id(0)) == 0);
}

TEST_CASE("the memory network moves messages and never copies them") {
    using sole = std::variant<std::unique_ptr<int>, int>;
    memory_network<sole> net;
    auto a = net.connect(node_id(0));
    a.send(node_id(0), std::make_unique<int>(7));
    int seen = 0;
    net.deliver(node_id(0), [&](node_id, sole&& any) {
        seen = *std::get<std::unique_ptr<int>>(std::move(any));
    });
    CHECK(seen == 7);
}
