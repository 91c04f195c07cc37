// tests/unit/storage/memory.cpp - the storage in memory: what was synced is there, what was not may
// be lost.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/entry.hpp>
#include <synod/paxos/acceptor_core.hpp>
#include <synod/paxos/records.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <string>
#include <type_traits>
#include <vector>

using namespace synod;

namespace {

using store = memory_storage<records<std::string>>;

/// Everything a storage hands out, in words.
std::vector<std::string> contents(store& from) {
    std::vector<std::string> all;
    const auto sink = [&all]<class Record>(const Record& record) {
        if constexpr (std::is_same_v<Record, vote<std::string>>) {
            all.push_back(std::to_string(record.at.value()) + "=" + record.value);
        } else if constexpr (std::is_same_v<Record, promise_record>) {
            all.push_back("promised " + std::to_string(record.ballot.round()));
        } else if constexpr (std::is_same_v<Record, reserve_record>) {
            all.push_back("reserved " + std::to_string(record.ballot.round()));
        } else if constexpr (std::is_same_v<Record, chosen_record>) {
            all.push_back("chosen below " + std::to_string(record.below.value()));
        } else if constexpr (std::is_same_v<Record, forget_record>) {
            all.push_back("forgot below " + std::to_string(record.below.value()));
        } else {
            all.push_back("node " + std::to_string(record.node.value()));
        }
    };
    REQUIRE_FALSE(from.recover(sink));
    return all;
}

vote<std::string> vote_in(std::uint64_t at, const std::string& value, std::uint64_t round = 1) {
    return {slot(at), ballot(round, node_id(0)), value};
}

using texts = std::vector<std::string>;

}  // namespace

static_assert(storage<store, std::string>);
static_assert(storage<memory_storage<records<entry>>, entry>);
static_assert(!async_storage<store, std::string>);
static_assert(std::is_copy_constructible_v<store>);

TEST_CASE("what was synced is recovered: the latest of each kind, then votes in slot order") {
    store s;
    s.append(promise_record{ballot(1, node_id(0))});
    s.append(vote_in(2, "c"));
    s.append(promise_record{ballot(2, node_id(0))});
    s.append(vote_in(0, "a"));
    s.append(reserve_record{ballot(3, node_id(0))});
    REQUIRE_FALSE(s.sync());
    CHECK(contents(s) == texts{"promised 2", "reserved 3", "0=a", "2=c"});
    CHECK(contents(s) ==
          texts{"promised 2", "reserved 3", "0=a", "2=c"});  // recovering takes nothing
}

TEST_CASE("the newest record of each other type comes before the votes, whatever came last") {
    store s;
    s.append(identity_record{cluster_id(1), node_id(2), incarnation(3)});
    for (const std::uint64_t below : {8U, 9U}) {
        s.append(vote_in(below, "x"));
        s.append(promise_record{ballot(below, node_id(0))});
        s.append(reserve_record{ballot(below, node_id(0))});
        s.append(chosen_record{slot(below)});
        s.append(forget_record{slot(below)});
        REQUIRE_FALSE(s.sync());
    }
    CHECK(contents(s) == texts{"node 2", "promised 9", "reserved 9", "chosen below 9",
                               "forgot below 9", "8=x", "9=x"});
}

TEST_CASE("an acceptor rebuilt from it makes room for the slots that are kept and for no others") {
    constexpr std::uint64_t far = std::uint64_t{1} << 20;
    store s;
    s.forget(slot(far));
    s.append(vote_in(far + 1, "x"));
    s.append(forget_record{slot(far)});
    REQUIRE_FALSE(s.sync());
    REQUIRE(contents(s).front() == "forgot below " + std::to_string(far));
    acceptor_core<std::string> core;
    REQUIRE_FALSE(s.recover([&core](const auto& record) {
        if constexpr (requires { core.recover(record); }) core.recover(record);
    }));
    CHECK(core.votes().first() == slot(far));
    CHECK(core.votes().end() == slot(far + 2));
}

TEST_CASE("what was not synced is lost in a crash, and all else is kept") {
    store s;
    s.append(vote_in(0, "a"));
    REQUIRE_FALSE(s.sync());
    s.append(vote_in(0, "b", 2));
    s.append(vote_in(1, "c"));
    s.append(promise_record{ballot(9, node_id(0))});
    s.crash();
    CHECK(contents(s) == texts{"0=a"});
    REQUIRE_FALSE(s.sync());
    CHECK(contents(s) == texts{"0=a"});
}

TEST_CASE("a later vote in a slot replaces the earlier one, synced together or apart") {
    store s;
    s.append(vote_in(0, "a"));
    s.append(vote_in(0, "b", 2));
    REQUIRE_FALSE(s.sync());
    CHECK(contents(s) == texts{"0=b"});
    s.append(vote_in(0, "c", 3));
    REQUIRE_FALSE(s.sync());
    CHECK(contents(s) == texts{"0=c"});
}

TEST_CASE("forgotten votes do not come back, not even those staged before") {
    store s;
    for (std::uint64_t at = 0; at < 5; ++at) s.append(vote_in(at, "x"));
    REQUIRE_FALSE(s.sync());
    s.append(vote_in(1, "late", 2));
    s.forget(slot(3));
    REQUIRE_FALSE(s.sync());
    CHECK(contents(s) == texts{"3=x", "4=x"});
}

TEST_CASE("storages with the same records are equal, and copies are independent") {
    store a;
    a.append(vote_in(0, "a"));
    store b = a;
    CHECK(a == b);
    REQUIRE_FALSE(b.sync());
    CHECK_FALSE(a == b);
    REQUIRE_FALSE(a.sync());
    CHECK(a == b);
    b.append(vote_in(1, "b"));
    CHECK(contents(a) == texts{"0=a"});
}
