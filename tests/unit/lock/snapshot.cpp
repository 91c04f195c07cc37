// tests/unit/lock/snapshot.cpp - what a snapshot keeps, and what is no snapshot.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/crc32c.hpp>
#include <synod/lock/detail/envelope.hpp>
#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;

namespace {

/// The former version did not notice who waits for each other.
lock::config former_limits() {
    lock::config config = short_leases();
    config.max_cycle_search = 0;
    return config;
}

/// Holders, waiters with and without limit, some of them for each other, ended requests, stored
/// replies, extensions, a leader.
driver<> former_table() {
    driver<> d(former_limits());
    const auto a = d.open(1, 500);
    const auto b = d.open(2, 900, 7);
    d.hold(a, "x");
    d.hold(b, std::string("y\0z", 3));
    d.wait(b, "x", 300);
    d.wait(a, std::string("y\0z", 3));
    const auto cancelled = d.wait(b, "x", 400, 3);
    d.cancel(b, cancelled, lock::on_granted::release);
    d.wait(b, "x", 20, 4);
    static_cast<void>(d.run(lock::keep_alive{d.late_stamp(a)}));
    d.pass(460);
    d.table.new_leader(ballot(4, node_id(2)));
    d.wait(b, "x", 100, 5);
    return d;
}

/// That, and readers, one of which has acquired twice and waits to write, and one that has been
/// upgraded; permits, leases that run and that wait, a request for several locks, and lock-delays,
/// one beside a reader who is to lose its hold; a value and a counter; one who leads, and one who
/// waits to; a latch, a barrier, and a double barrier that one waits to leave.
driver<> busy_table() {
    using lock::mode;
    driver<> d = former_table();
    const auto c = d.open(3, 5'000);
    const auto other = d.open(4, 5'000);
    const auto late = d.open(5, 5'000);
    const auto read = d.hold_in(mode::shared, c, "r");
    d.acquire_in(mode::shared, c, "r", lock::no_wait, lock::reentrant);
    d.hold_in(mode::shared, other, "r");
    CHECK(d.convert(c, read, mode::exclusive, 3'000) == lock::reply(lock::queued{}));
    d.wait_in(mode::shared, late, "r");
    d.convert(c, d.hold_in(mode::update, c, "s"), mode::exclusive);
    d.run(lock::acquire_permits{d.stamp(other), 0, "t", 2, 3, lock::no_wait, 4'000});
    d.run(lock::acquire_permits{d.stamp(late), 0, "t", 2, 3, lock::wait_forever, 0,
                                lock::allow_small_pass});
    d.run(lock::acquire_permits{d.stamp(late), 1, "t", 1, 0});
    d.run(lock::acquire{d.stamp(late), 0, "r", mode::shared, lock::wait_forever, 0, 2'000});
    CHECK(d.acquire_all(late, {"r", "u"}) == lock::reply(lock::queued{}));
    d.run(lock::acquire{
        d.stamp(late), 8, "p", mode::exclusive, lock::no_wait, 0, 0, {}, lock::policy::priority});
    for (const std::uint8_t priority : {std::uint8_t{1}, std::uint8_t{4}}) {
        lock::acquire asked{d.stamp(late), 9, "p"};
        asked.terms.priority = priority;
        CHECK(d.run(asked) == lock::reply(lock::queued{}));
    }
    lock::acquire by_priority{d.stamp(late), 7, "r"};
    by_priority.terms = {lock::on_deadlock::lowest_priority, 3};
    CHECK(d.run(by_priority) == lock::reply(lock::queued{}));
    const auto lost = get<lock::opened>(d.run(lock::open_session{{0, 6}, 1, 10, 600})).session;
    d.hold(lost, "v");
    d.hold_in(mode::shared, lost, "w");
    const auto wanted = d.hold_in(mode::shared, other, "w");
    d.run(lock::request_revoke{d.stamp(c), wanted, "", "why", 700, lock::revocation::forced});
    lock::open_session named{{0, 7}, 1, 5'000, 0, "somebody", "from somewhere"};
    const auto admin = get<lock::opened>(d.run(named)).session;
    d.run(lock::set_acl{d.stamp(admin), {"", "somebody", lock::all_rights}});
    d.run(lock::set_acl{d.stamp(admin), {"", "", lock::may_lock}});
    d.run(lock::compare_and_set{d.stamp(c), "k", 0, "its value"});
    d.run(lock::add_to_counter{d.stamp(c), "n", -7});
    d.run(lock::campaign{d.stamp(c), 0, "e", "its value", lock::no_wait});
    d.run(lock::campaign{d.stamp(other), 0, "e", "the next"});
    d.run(lock::set_latch{d.stamp(c), "l", 2});
    d.run(lock::await_latch{d.stamp(other), 0, "l", 4'000});
    d.run(lock::arrive_at_barrier{d.stamp(other), 0, "b", 2});
    for (const auto one : {c, other, late})
        d.run(lock::enter_double_barrier{d.stamp(one), 0, "d", 3});
    d.run(lock::leave_double_barrier{d.stamp(late), 0, "d"});
    d.pass(10);
    return d;
}

/// The snapshot of `former_table` in version 1.
constexpr std::string_view snapshot_of_version_1 =
    "01540300000000000068000000000000000a00000000000000a0860100000000003200000000000000030000000000"
    "01004000000040000000000040"
    "0000000100001000000000010000020000ffffffffffffffff000000000000000002040000000000000b0000000000"
    "00000000000002000000000000"
    "00fa00000000000000cc010000000000000a00000000000000a0860100000000003200000000000000030000000000"
    "01004000000040000000020000"
    "0000000000010000000000000000000000000000000000000001000000000000000100000000000000f40100000000"
    "0000fe010000000000000a0000"
    "0000000000010000000000000024000000020000000000000002000000010403000000000000000a0000000101f401"
    "00000000000002000000000000"
    "0000000000000000000000000002000000000000000700000000000000840300000000000084030000000000000000"
    "00000000000005000000000000"
    "000e00000006000000000000000200000001041c010000000000000200000000000000010000007801000000000000"
    "00010000000000000000000000"
    "00000000000000000100000000000000030000000000000000000000ffffffffffffffff0100000000000000010201"
    "00000000000000020000000000"
    "000000000000050000000000000006000000000000000b000000000000000000000030020000000000000000000000"
    "00000000020300000079007a01"
    "0000000000000002000000000000000000000000000000000000000100000000000000040000000000000000000000"
    "ffffffffffffffff0200000000"
    "0000000102010000000000000001000000000000000000000000000000000000000200000000000000060000000000"
    "000000000000ffffffffffffff"
    "ff00000000000000000002b60000000000000003000000000000000200000000000000000000000000000000000000"
    "02000000000000000500000000"
    "00000000000000ffffffffffffffff0000000000000000030202000000000000000000000003000000000000000300"
    "00000000000007000000000000"
    "0000000000ffffffffffffffff00000000000000000202020000000000000000000000040000000000000005000000"
    "00000000090000000000000000"
    "000000ffffffffffffffff00000000000000000302c7e26620321340ae597a42433b2036d0";

bytes from_hex(std::string_view text) {
    const auto digit = [](char one) { return one <= '9' ? one - '0' : one - 'a' + 10; };
    bytes all;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        all.push_back(static_cast<std::byte>(16 * digit(text[i]) + digit(text[i + 1])));
    return all;
}

}  // namespace

TEST_CASE(
    "locks 3.12/75: a snapshot of the version before is read, and goes on as if it were new") {
    const driver<> d = former_table();
    lock::table copy = std::move(*lock::table::make(former_limits()));
    REQUIRE(restore(copy, from_hex(snapshot_of_version_1)));
    CHECK(copy == d.table);
    CHECK(snapshot_of(copy) == snapshot_of(d.table));
}

TEST_CASE("what a snapshot of the version before does not speak of stays as it was configured") {
    auto config = former_limits();
    config.max_reentrancy = 7;
    lock::table table = std::move(*lock::table::make(config));
    REQUIRE(restore(table, from_hex(snapshot_of_version_1)));
    CHECK(table.config().max_reentrancy == 7);
}

TEST_CASE("locks 3.12/74: a snapshot keeps queues, timers, ended requests, leases and replies") {
    const driver<> d = busy_table();
    const bytes snapshot = snapshot_of(d.table);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot));
    CHECK(copy == d.table);
    CHECK(copy.describe() == d.table.describe());
    CHECK(copy.config() == d.table.config());
    CHECK(copy.next_deadline() == d.table.next_deadline());
    CHECK(copy.state_hash() == d.table.state_hash());
    CHECK(snapshot_of(copy) == snapshot);
}

TEST_CASE("locks 3.12/24, M37: a command sent again after a restore gets its stored reply") {
    driver<> d;
    const auto a = d.open(1);
    const lock::acquire asked{d.late_stamp(a), 0, "x", lock::mode::exclusive, lock::no_wait, 0};
    const lock::reply first = d.run(asked);
    const lock::release given_back{d.late_stamp(a), 0, get<lock::granted>(first).token};
    d.run(given_back);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(execute(copy, {{slot(500), 0}, d.now}, asked) == first);
    CHECK(execute(copy, {{slot(501), 0}, d.now}, given_back) == lock::reply(lock::released{0}));
    CHECK(copy.locks() == 0);
}

TEST_CASE("M47: tokens go on rising behind a restored snapshot") {
    driver<> d;
    const auto a = d.open(1);
    const auto token = d.hold(a, "x");
    d.release(a, token);
    lock::table copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    const lock::acquire asked{d.stamp(a), 0, "x"};
    CHECK(execute(copy, {{slot(500), 0}, d.now}, asked) ==
          lock::reply(lock::granted{fencing_token(token.value() + 1)}));
}

TEST_CASE("locks 3.12/75: a truncated snapshot is refused whole") {
    const bytes snapshot = snapshot_of(busy_table().table);
    lock::table table = busy_table().table;
    table.new_leader(ballot(9, node_id(0)));
    const bytes before = snapshot_of(table);
    for (std::size_t size = 0; size < snapshot.size(); ++size) {
        byte_reader in(bytes_view(snapshot).first(size));
        REQUIRE(table.restore(in) == errc::snapshot_damaged);
        REQUIRE(snapshot_of(table) == before);
    }
}

TEST_CASE("locks 3.12/75: a snapshot with one bit flipped is refused whole") {
    bytes snapshot = snapshot_of(busy_table().table);
    lock::table table = std::move(*lock::table::make());
    const bytes before = snapshot_of(table);
    for (std::size_t bit = 0; bit < 8 * snapshot.size(); ++bit) {
        const auto mask = std::byte{1} << (bit % 8);
        snapshot[bit / 8] ^= mask;
        REQUIRE(!restore(table, snapshot));
        snapshot[bit / 8] ^= mask;
    }
    CHECK(snapshot_of(table) == before);
    CHECK(restore(table, snapshot));
}

TEST_CASE("whoever changes what a snapshot says has to change its version, too") {
    static_assert(lock::detail::snapshot_version == 2);
    const auto print = fingerprint_of(snapshot_of(busy_table().table));
    CAPTURE(print.high, print.low);
    CHECK(print == fingerprint_value{0x839b989da6f7a9c0, 0xdb2ee2abd745a6ac});
}

namespace {

/// Why a new table does not take that for a snapshot.
std::error_code refusal_of(const bytes& snapshot) {
    lock::table table = std::move(*lock::table::make());
    byte_reader in(snapshot);
    return table.restore(in);
}

constexpr std::size_t head_bytes = lock::detail::snapshot_head_bytes;
constexpr std::size_t crc_bytes = 4;
constexpr std::size_t hash_bytes = 16;

void store_crc(bytes& all, std::size_t from, std::size_t size) {
    store_little_endian(all.data() + from + size, crc32c(bytes_view(all).subspan(from, size)));
}
/// What begins it is made right again, as a forger would make it.
bytes with_right_head(bytes snapshot) {
    store_crc(snapshot, 0, head_bytes);
    return snapshot;
}
/// The same for what ends it.
bytes with_right_hash(bytes snapshot) {
    constexpr std::size_t begin = head_bytes + crc_bytes;
    const std::size_t end = snapshot.size() - hash_bytes;
    const auto check = lock::detail::checksum(bytes_view(snapshot).subspan(begin, end - begin));
    store_little_endian(snapshot.data() + end, check.high);
    store_little_endian(snapshot.data() + end + 8, check.low);
    return snapshot;
}

/// A section of a snapshot: its length and its body. A CRC follows.
struct section {
    std::size_t begin;
    std::size_t size;
};
std::vector<section> sections_of(const bytes& snapshot) {
    std::vector<section> all;
    std::size_t at = head_bytes + crc_bytes;
    while (at + hash_bytes < snapshot.size()) {
        const auto length = load_little_endian<std::uint64_t>(snapshot.data() + at);
        all.push_back({at, 8 + static_cast<std::size_t>(length)});
        at += all.back().size + crc_bytes;
    }
    return all;
}

}  // namespace

TEST_CASE("locks 3.12/75: a snapshot of a later version is refused by that name, and no other is") {
    bytes snapshot = snapshot_of(busy_table().table);
    snapshot[0] = std::byte{lock::detail::snapshot_version + 1};
    CHECK(refusal_of(snapshot) == errc::snapshot_damaged);
    CHECK(refusal_of(with_right_head(snapshot)) == errc::snapshot_too_new);
    bytes other = with_right_head(snapshot);
    other.resize(head_bytes + crc_bytes);  // whatever a later version writes there
    CHECK(refusal_of(other) == errc::snapshot_too_new);
    snapshot[0] = std::byte{0};
    CHECK(refusal_of(snapshot) == errc::snapshot_damaged);
    CHECK(refusal_of(with_right_head(snapshot)) == errc::unsupported);
}

TEST_CASE("locks 3.9: each section of a snapshot has its own CRC") {
    const bytes snapshot = snapshot_of(busy_table().table);
    const auto sections = sections_of(snapshot);
    REQUIRE(sections.size() == 11);
    for (const auto& [begin, size] : sections) {
        for (std::size_t at = begin; at < begin + size + crc_bytes; ++at) {
            bytes altered = snapshot;
            altered[at] ^= std::byte{1};
            REQUIRE(refusal_of(with_right_hash(altered)) == errc::snapshot_damaged);
        }
    }
}

TEST_CASE("a forged snapshot is refused or is a state that breaks no invariant") {
    const bytes snapshot = snapshot_of(busy_table().table);
    int accepted = 0;
    const auto take = [&](const bytes& forged) {
        lock::table table = std::move(*lock::table::make());
        if (!restore(table, forged)) return;
        ++accepted;
        REQUIRE(lock::invariant::first_broken(table.describe()) == nullptr);
        advance(table, log_time::never());
        REQUIRE(table.locks() == 0);
    };
    for (const auto& [begin, size] : sections_of(snapshot)) {
        for (std::size_t at = begin; at < begin + size; ++at) {
            for (const unsigned value : {0U, 1U, 2U, 0x7fU, 0xffU}) {
                bytes forged = snapshot;
                forged[at] = static_cast<std::byte>(value);
                store_crc(forged, begin, size);
                take(with_right_hash(forged));
            }
        }
    }
    CHECK(accepted > 0);
}
