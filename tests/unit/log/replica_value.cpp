// tests/unit/log/replica_value.cpp - a replica is a value when its transport, storage and machine
// are.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/errc.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <concepts>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace synod;

namespace {

/// Counts what is applied.
struct counter {
    void apply(const apply_context& /*context*/, bytes_view /*command*/, result_writer& result) {
        result.number(++count);
    }
    static void snapshot(byte_writer& /*out*/) {}
    [[nodiscard]] static std::error_code restore(byte_reader& /*in*/) { return errc::unsupported; }

    friend bool operator==(const counter&, const counter&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(count);
    }

    std::uint32_t count = 0;
};

/// Says nothing to anybody.
struct silence {
    static constexpr bool is_single_threaded = true;

    template <class Message>
    void send(node_id /*to*/, Message&& /*message*/) noexcept {}

    friend bool operator==(const silence&, const silence&) = default;

    template <class Sink>
    void fingerprint(Sink& /*sink*/) const {}
};

struct deaf_silence {
    template <class Message>
    void send(node_id /*to*/, Message&& /*message*/) noexcept {}
};

template <class Transport>
using replica_on = replica<counter, Transport, memory_storage<records<entry>>>;
using lone_replica = replica_on<silence>;

constexpr instant start(1'000'000'000);

/// Node 0 of `nodes`, new.
[[nodiscard]] lone_replica one_of_nodes(std::uint32_t nodes) {
    std::vector<member> members;
    for (const node_id node : node_set::first(nodes)) members.push_back({node, incarnation(1)});
    const auto quorums = *majority::make(node_set::first(nodes));
    return *lone_replica::make(*group::make(cluster_id(1), node_id(0), members), {}, {}, {},
                               {.quorums = quorums}, start);
}

/// The leader of a cluster of one.
[[nodiscard]] lone_replica leader() {
    lone_replica made = one_of_nodes(1);
    made.tick(made.next_deadline());
    made.flush(start);
    REQUIRE(made.is_leading());
    return made;
}

[[nodiscard]] bool are_alike(const lone_replica& a, const lone_replica& b) {
    const bool are_equal = a == b;
    CHECK((fingerprint_of(a) == fingerprint_of(b)) == are_equal);
    return are_equal;
}

const bytes_view hello = as_bytes("hello");

}  // namespace

static_assert(std::equality_comparable<lone_replica>);
static_assert(std::copyable<lone_replica>);
static_assert(fingerprintable<lone_replica>);
static_assert(!std::equality_comparable<replica_on<deaf_silence>>);

TEST_CASE("replicas that were handed the same are equal") {
    const lone_replica a = leader();
    const lone_replica b = leader();
    CHECK(are_alike(a, b));
    CHECK(are_alike(a, lone_replica(a)));
}

TEST_CASE("a copy goes on by itself, and like the original") {
    lone_replica original = leader();
    lone_replica copy = original;
    static_cast<void>(copy.propose(hello, start));
    CHECK(original.status().pending == 0);
    CHECK_FALSE(are_alike(original, copy));
    static_cast<void>(original.propose(hello, start));
    CHECK(are_alike(original, copy));
    original.flush(start);
    CHECK_FALSE(are_alike(original, copy));
    copy.flush(start);
    CHECK(are_alike(original, copy));
    CHECK(copy.machine().count == 1);
}

TEST_CASE("a replica differs from what it was before each input") {
    const lone_replica before = leader();
    lone_replica after = before;
    SECTION("a command, by its bytes") {
        static_cast<void>(after.propose(hello, start));
        lone_replica other = before;
        static_cast<void>(other.propose(as_bytes("hullo"), start));
        CHECK_FALSE(are_alike(after, other));
    }
    SECTION("a read") { static_cast<void>(after.read(start)); }
    SECTION("time") {
        after.tick(start + seconds(10));
        after.flush(start + seconds(10));
    }
    CHECK_FALSE(are_alike(before, after));
}

TEST_CASE("a result that nobody has drained is a difference") {
    lone_replica a = leader();
    static_cast<void>(a.propose(hello, start));
    a.flush(start);
    lone_replica b = a;
    b.drain([](const completion&) {});
    CHECK_FALSE(are_alike(a, b));
    a.drain([](const completion&) {});
    CHECK(are_alike(a, b));
}

TEST_CASE("a follower that has probed differs from one that has not") {
    const lone_replica before = one_of_nodes(3);
    lone_replica after = before;
    const instant due = after.next_deadline();
    after.tick(due);
    after.flush(due);
    CHECK_FALSE(are_alike(before, after));
}
