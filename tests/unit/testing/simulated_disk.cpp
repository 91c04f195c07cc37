// tests/unit/testing/simulated_disk.cpp - a simulated disk keeps what was synced, and fails only in
// the ways that are on.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulated_disk.hpp>

#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <system_error>
#include <type_traits>
#include <vector>

using namespace synod;
using testing::fault;
using testing::simulated_async_disk;
using testing::simulated_disk;
using testing::simulated_process;
using testing::stage;

namespace {

using value = std::string;
using ballots = std::vector<std::uint64_t>;

constexpr node_id ada(0);

[[nodiscard]] constexpr ballot nth(std::uint64_t round) { return {round, ada}; }
[[nodiscard]] vote<value> cast(std::uint64_t at, std::uint64_t round) {
    return {slot(at), nth(round), "value"};
}
[[nodiscard]] constexpr sync_token token(std::uint64_t records) { return {1, records}; }

/// A disk, and two lives of its node.
template <class Disk>
struct node_with {
    using disk_type = Disk;

    explicit node_with(std::uint64_t seed) : run(seed) {}

    void crash() { disk.crash(next); }

    /// Votes in slots 0 to `count` - 1, not synced.
    void vote_in(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) disk.append(cast(i, 1));
    }

    [[nodiscard]] std::error_code recover() {
        votes.clear();
        promised = {};
        return disk.recover([this](const auto& one) {
            using record = std::remove_cvref_t<decltype(one)>;
            if constexpr (std::is_same_v<record, vote<value>>) votes.push_back(one.at.value());
            if constexpr (std::is_same_v<record, promise_record>) promised = one.ballot;
        });
    }

    /// How many votes are durable. They must be those of the first slots.
    [[nodiscard]] std::size_t recovered_votes() {
        REQUIRE_FALSE(recover());
        for (std::size_t i = 0; i < votes.size(); ++i) REQUIRE(votes[i] == i);
        return votes.size();
    }

    stage run;
    simulated_process life;
    simulated_process next;
    Disk disk{run, life};
    std::vector<std::uint64_t> votes;  // slots, of the last recovery
    ballot promised;
};

using blocking = node_with<simulated_disk<records<value>>>;
using beside = node_with<simulated_async_disk<records<value>>>;

/// Believes whatever lies in a place. One that was never written to looks like a vote in slot 0 for
/// nothing.
struct no_checks {
    template <class Record>
    [[nodiscard]] static bool is_sound(const testing::sector<Record>& /*one*/) {
        return true;
    }
    template <class Record>
    [[nodiscard]] static bool is_at_home(const testing::sector<Record>& /*one*/,
                                         const testing::sector_address& /*here*/) {
        return true;
    }
    template <class Record>
    [[nodiscard]] static bool is_current(const testing::sector<Record>& /*one*/,
                                         std::uint64_t /*sequence*/) {
        return true;
    }
};
using trusting = node_with<simulated_disk<records<value>, no_checks>>;

template <class Disk>
void arm(Disk& disk, fault which) {
    which == fault::stale_sector ? disk.lose_next_write() : disk.misdirect_next_write();
}

/// Votes in slots 0 to 3, of which the last, or any if a bit flips, is not to be had any more.
template <class Node>
void damage(Node& node, fault which) {
    node.vote_in(3);
    REQUIRE_FALSE(node.disk.sync());
    if (which != fault::bit_flip) arm(node.disk, which);
    node.disk.append(cast(3, 1));
    REQUIRE_FALSE(node.disk.sync());
    if (which == fault::bit_flip) node.disk.flip_bit();
}

/// Calls `play(seed)` until it says that it has seen enough; false if it never does.
template <class Play>
[[nodiscard]] bool happens(Play&& play) {
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        if (play(seed)) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("what was synced survives a crash, and nothing else") {
    blocking node(1);
    node.disk.append(promise_record{nth(3)});
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    node.disk.append(promise_record{nth(4)});
    node.disk.append(cast(2, 4));
    CHECK(node.disk.has_pending());
    node.crash();
    CHECK_FALSE(node.disk.has_pending());
    CHECK(node.recovered_votes() == 2);
    CHECK(node.promised == nth(3));
}

TEST_CASE("what a dead process does to its disk never happened") {
    blocking node(1);
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    node.vote_in(3);
    node.life.doom(0);
    CHECK_FALSE(node.disk.sync());  // nobody is there to be told
    CHECK(node.life.is_dead());
    node.disk.append(cast(3, 1));
    node.disk.forget(slot(2));
    node.crash();
    CHECK(node.recovered_votes() == 2);
}

TEST_CASE("what a dead process appends is not even left over by its crash") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        blocking node(seed);
        node.run.faults.insert(fault::lost_suffix);
        node.life.doom(0);
        REQUIRE_FALSE(node.life.acts());
        node.vote_in(3);
        node.crash();
        REQUIRE(node.recovered_votes() == 0);
    }
}

TEST_CASE("the next life writes to the same disk") {
    blocking node(1);
    node.life.doom(0);
    CHECK_FALSE(node.life.acts());
    node.crash();
    node.vote_in(1);
    CHECK_FALSE(node.disk.sync());
    CHECK(node.next.is_dead() == false);
    CHECK(node.recovered_votes() == 1);
}

TEST_CASE("what was forgotten is not recovered") {
    blocking node(1);
    node.vote_in(3);
    CHECK_FALSE(node.disk.sync());
    node.disk.forget(slot(2));
    CHECK_FALSE(node.recover());
    CHECK(node.votes == std::vector<std::uint64_t>{2});
}

TEST_CASE("a crash may leave some of what was not synced, always the first of it") {
    std::set<std::size_t> left;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        blocking node(seed);
        node.run.faults.insert(fault::lost_suffix);
        node.vote_in(3);
        node.crash();
        left.insert(node.recovered_votes());
    }
    CHECK(left == std::set<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("a torn record is cut off, and what comes later takes its place") {
    std::set<std::size_t> left;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        blocking node(seed);
        node.run.faults.insert(fault::lost_suffix);
        node.run.faults.insert(fault::torn_write);
        node.vote_in(1);
        node.crash();
        const std::size_t votes = node.recovered_votes();
        if (node.run.tally[fault::torn_write] > 0) left.insert(votes);
        node.vote_in(2);
        REQUIRE_FALSE(node.disk.sync());
        REQUIRE(node.recovered_votes() == 2);
    }
    CHECK(left == std::set<std::size_t>{0});
}

TEST_CASE("a sync that fails drops what it was to make durable") {
    CHECK(happens([](std::uint64_t seed) {
        blocking node(seed);
        node.run.faults.insert(fault::sync_error);
        node.vote_in(2);
        const std::error_code error = node.disk.sync();
        REQUIRE((error == std::errc::io_error) == (node.run.tally[fault::sync_error] == 1));
        REQUIRE(node.recovered_votes() == (error ? 0 : 2));
        REQUIRE_FALSE(node.disk.has_pending());
        return static_cast<bool>(error);
    }));
}

TEST_CASE("a short write fails, and leaves a part") {
    std::set<std::size_t> left;
    CHECK(happens([&left](std::uint64_t seed) {
        blocking node(seed);
        node.run.faults.insert(fault::short_write);
        node.vote_in(3);
        if (!node.disk.sync()) return false;
        left.insert(node.recovered_votes());
        return left.contains(1) && left.contains(2);
    }));
}

TEST_CASE("a full disk fails every sync until there is room again") {
    blocking node(1);
    node.disk.fill_up(instant(100));
    node.vote_in(2);
    CHECK(node.disk.sync() == std::errc::no_space_on_device);
    CHECK(node.recovered_votes() == 0);
    node.run.now = instant(99);
    CHECK(node.disk.sync() == std::errc::no_space_on_device);
    node.run.now = instant(100);
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    CHECK(node.recovered_votes() == 2);
}

TEST_CASE("a slow sync is as durable as any, and holds up what its process does then") {
    CHECK(happens([](std::uint64_t seed) {
        blocking node(seed);
        node.run.faults.insert(fault::slow_disk);
        node.vote_in(2);
        REQUIRE_FALSE(node.disk.sync());
        REQUIRE(node.recovered_votes() == 2);
        const bool is_slow = node.run.tally[fault::slow_disk] == 1;
        REQUIRE((node.life.delay > duration(0)) == is_slow);
        return is_slow;
    }));
}

TEST_CASE("a read that fails does so once in a while, and nothing is lost by it") {
    CHECK(happens([](std::uint64_t seed) {
        blocking node(seed);
        node.run.faults.insert(fault::read_error);
        node.vote_in(2);
        REQUIRE_FALSE(node.disk.sync());
        const std::error_code error = node.recover();
        if (!error) return false;
        REQUIRE(error == std::errc::io_error);
        node.run.faults = {};
        REQUIRE(node.recovered_votes() == 2);
        return true;
    }));
}

TEST_CASE("a read that goes elsewhere happens once in a while, and nothing is lost by it") {
    CHECK(happens([](std::uint64_t seed) {
        blocking node(seed);
        node.run.faults.insert(fault::misdirected_read);
        node.vote_in(3);
        REQUIRE_FALSE(node.disk.sync());
        REQUIRE(node.recovered_votes() == 3);
        return node.run.tally[fault::misdirected_read] == 1;
    }));
    std::size_t wrong = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        trusting node(seed);
        node.run.faults.insert(fault::misdirected_read);
        node.vote_in(3);
        REQUIRE_FALSE(node.disk.sync());
        REQUIRE_FALSE(node.recover());
        const bool is_wrong = node.votes != std::vector<std::uint64_t>{0, 1, 2};
        REQUIRE(is_wrong == (node.run.tally[fault::misdirected_read] == 1));
        wrong += is_wrong ? 1 : 0;
    }
    CHECK(wrong > 0);
}

TEST_CASE("each kind of damage is reported whenever the disk is read, and nothing is handed out") {
    for (const fault which : {fault::bit_flip, fault::misdirected_write, fault::stale_sector}) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            blocking node(seed);
            damage(node, which);
            INFO(to_text(which) << ", seed " << seed);
            CHECK(node.disk.is_damaged());
            for (int i = 0; i < 2; ++i) {
                CHECK(node.recover() == blocking::disk_type::faulty);
                CHECK(node.votes.empty());
                node.crash();
            }
        }
    }
}

TEST_CASE("a disk that is trusted hands out what each kind of damage has left there") {
    const auto left_by = [](fault which) {
        trusting node(1);
        damage(node, which);
        REQUIRE_FALSE(node.recover());
        return node.votes;
    };
    CHECK(left_by(fault::bit_flip) == std::vector<std::uint64_t>{0, 1, 2, 3});
    CHECK(left_by(fault::stale_sector) == std::vector<std::uint64_t>{1, 2});
    const auto left = left_by(fault::misdirected_write);
    CHECK(std::set(left.begin(), left.end()).contains(3));
    CHECK(left.size() < 4);
}

TEST_CASE("a write goes wrong when there is one, is counted then, and not when the disk relents") {
    for (const fault which : {fault::misdirected_write, fault::stale_sector}) {
        blocking node(1);
        node.vote_in(1);
        CHECK_FALSE(node.disk.sync());
        arm(node.disk, which);
        CHECK_FALSE(node.disk.is_damaged());
        CHECK(node.recovered_votes() == 1);
        CHECK(node.run.tally[which] == 0);
        SECTION("it comes") {
            node.vote_in(2);
            CHECK_FALSE(node.disk.sync());
            CHECK(node.disk.is_damaged());
            CHECK(node.run.tally[which] == 1);
            CHECK(node.run.tally.total() == 1);
        }
        SECTION("it is spared") {
            node.disk.relent();
            node.vote_in(2);
            CHECK_FALSE(node.disk.sync());
            CHECK_FALSE(node.disk.is_damaged());
            CHECK(node.recovered_votes() == 2);
        }
    }
}

TEST_CASE("a full disk that relents has room") {
    blocking node(1);
    node.disk.fill_up(instant::never());
    node.disk.relent();
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    CHECK(node.recovered_votes() == 2);
}

TEST_CASE("a long log is copied to a shorter one, without what is obsolete or forgotten") {
    blocking node(1);
    for (std::uint64_t round = 1; round <= 1'000; ++round) {
        node.disk.append(promise_record{nth(round)});
        node.disk.append(cast(round, round));
        if (round > 3) node.disk.forget(slot(round - 3));
        REQUIRE_FALSE(node.disk.sync());
    }
    REQUIRE_FALSE(node.recover());
    CHECK(node.promised == nth(1'000));
    CHECK(node.votes == std::vector<std::uint64_t>{997, 998, 999, 1'000});
    CHECK(node.disk.length() < 200);
}

TEST_CASE("damage is found, too, by whoever copies a long log") {
    blocking node(1);
    node.vote_in(1);
    CHECK_FALSE(node.disk.sync());
    node.disk.flip_bit();
    std::error_code error;
    for (int i = 0; i < 100 && !error; ++i) {
        node.disk.append(cast(1, 2));
        error = node.disk.sync();
    }
    CHECK(error == blocking::disk_type::faulty);
    beside other(1);
    other.vote_in(100);
    other.disk.start_sync(token(100));
    other.run.now = other.disk.next_due();
    other.disk.finish([](const sync_token&, const std::error_code& none) { CHECK_FALSE(none); });
    other.disk.flip_bit();
    for (std::uint64_t i = 0; i < 400; ++i) other.disk.append(cast(1, 2));
    other.disk.start_sync(token(500));
    other.run.now = other.disk.next_due();
    other.disk.finish([&](const sync_token&, const std::error_code& why) { error = why; });
    CHECK(error == beside::disk_type::faulty);
}

TEST_CASE("a new disk holds nothing, and is whole") {
    blocking node(1);
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    node.disk.flip_bit();
    node.disk.lose_next_write();
    node.vote_in(3);
    node.disk.wipe();
    CHECK_FALSE(node.disk.has_pending());
    CHECK_FALSE(node.disk.is_damaged());
    CHECK(node.recovered_votes() == 0);
    CHECK_FALSE(node.disk.marks().has_voted(slot(0), nth(1)));
    node.vote_in(1);
    CHECK_FALSE(node.disk.sync());
    CHECK(node.recovered_votes() == 1);
}

TEST_CASE("what is durable is what was read, once it was read") {
    trusting node(1);
    damage(node, fault::stale_sector);
    CHECK(node.disk.marks().has_voted(slot(3), nth(1)));
    CHECK_FALSE(node.recover());
    CHECK_FALSE(node.disk.marks().has_voted(slot(3), nth(1)));
    CHECK(node.disk.marks().has_voted(slot(2), nth(1)));
}

TEST_CASE("an older image holds what was durable when it was saved") {
    blocking node(1);
    node.vote_in(2);
    CHECK_FALSE(node.disk.sync());
    node.disk.save_image();
    node.disk.append(promise_record{nth(9)});
    node.disk.append(cast(2, 9));
    CHECK_FALSE(node.disk.sync());
    CHECK(node.disk.marks().promised() == nth(9));
    node.disk.restore_image();
    CHECK(node.recovered_votes() == 2);
    CHECK(node.promised == ballot());
    CHECK(node.disk.marks().promised() == nth(1));
    CHECK_FALSE(node.disk.marks().has_voted(slot(2), nth(1)));
}

TEST_CASE("marks tell what is durable, and only that") {
    blocking node(1);
    const auto& marks = node.disk.marks();
    node.disk.append(promise_record{nth(2)});
    node.disk.append(reserve_record{nth(5)});
    node.disk.append(cast(1, 3));
    CHECK(marks.promised() == ballot());
    CHECK_FALSE(node.disk.sync());
    CHECK(marks.promised() == nth(3));
    CHECK(marks.reserved() == nth(5));
    CHECK(marks.has_voted(slot(1), nth(3)));
    CHECK_FALSE(marks.has_voted(slot(1), nth(4)));
    CHECK_FALSE(marks.has_voted(slot(0), nth(1)));
    node.disk.append(forget_record{slot(1)});
    CHECK_FALSE(marks.has_voted(slot(0), nth(1)));
    CHECK_FALSE(node.disk.sync());
    CHECK(marks.has_voted(slot(0), nth(1)));
}

TEST_CASE("what becomes durable below what is durable already is caught, but on another disk") {
    const auto breaks = [](const auto& kept, const auto& later, auto&& between) {
        blocking node(1);
        node.disk.append(kept);
        REQUIRE_FALSE(node.disk.sync());
        between(node.disk);
        REQUIRE_FALSE(node.run.is_violated());
        node.disk.append(later);
        REQUIRE_FALSE(node.run.is_violated());
        REQUIRE_FALSE(node.disk.sync());
        return node.run.violation;
    };
    const auto nothing = [](auto&) {};
    const auto wipe = [](auto& disk) { disk.wipe(); };
    CHECK(breaks(promise_record{nth(3)}, promise_record{nth(2)}, nothing) == "promise_never_falls");
    CHECK(breaks(promise_record{nth(3)}, promise_record{nth(2)}, wipe).empty());
    CHECK(breaks(reserve_record{nth(3)}, reserve_record{nth(2)}, nothing) ==
          "reservation_never_falls");
    CHECK(breaks(reserve_record{nth(3)}, reserve_record{nth(2)}, wipe).empty());
    CHECK(breaks(cast(1, 3), cast(1, 2), nothing) == "vote_never_regresses");
    CHECK(breaks(cast(1, 3), cast(1, 2), wipe).empty());
    CHECK(breaks(cast(1, 3), cast(0, 2), nothing).empty());
}

TEST_CASE("each vote is handed out once, when it is durable") {
    blocking node(1);
    std::vector<std::uint64_t> told;
    const auto drain = [&] {
        node.disk.drain_votes([&](const vote<value>& one) { told.push_back(one.at.value()); });
    };
    node.vote_in(2);
    drain();
    CHECK(told.empty());
    CHECK_FALSE(node.disk.sync());
    drain();
    drain();
    CHECK(told == std::vector<std::uint64_t>{0, 1});
}

TEST_CASE("a sync beside its node covers what was appended before it started") {
    beside node(1);
    std::vector<sync_token> ended;
    const auto finish = [&] {
        node.disk.finish([&](const sync_token& one, const std::error_code& error) {
            CHECK_FALSE(error);
            ended.push_back(one);
        });
    };
    CHECK(node.disk.next_due() == instant::never());
    node.vote_in(2);
    node.disk.start_sync(token(2));
    node.disk.append(cast(2, 1));
    CHECK(node.disk.next_due() > node.run.now);
    finish();
    CHECK(ended.empty());
    CHECK_FALSE(node.disk.marks().has_voted(slot(0), nth(1)));
    node.run.now = node.disk.next_due();
    finish();
    CHECK(ended == std::vector<sync_token>{token(2)});
    CHECK(node.disk.has_pending());
    node.crash();
    CHECK(node.recovered_votes() == 2);
}

TEST_CASE("syncs end when they are due, and in the order in which they were started") {
    std::size_t slow = 0;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        beside node(seed);
        node.run.faults.insert(fault::slow_disk);
        node.disk.append(cast(0, 1));
        node.disk.start_sync(token(1));
        const bool is_slow = node.run.tally[fault::slow_disk] == 1;
        node.disk.append(cast(1, 1));
        node.disk.start_sync(token(2));
        std::vector<std::uint64_t> ended;
        const auto note = [&](const sync_token& one, const std::error_code&) {
            ended.push_back(one.records);
            REQUIRE(node.disk.marks().has_voted(slot(one.records - 1), nth(1)));
        };
        if (is_slow) {
            ++slow;
            REQUIRE(node.disk.next_due() > node.run.now);
            node.disk.finish(note);
            REQUIRE(ended.empty());
        }
        while (node.disk.next_due() != instant::never()) {
            node.run.now = node.disk.next_due();
            node.disk.finish(note);
        }
        REQUIRE(ended == std::vector<std::uint64_t>{1, 2});
    }
    CHECK(slow > 0);
}

TEST_CASE("a sync that fails beside its node ends those that wait behind it") {
    beside node(1);
    node.disk.fill_up(instant::never());
    node.disk.append(cast(0, 1));
    node.disk.start_sync(token(1));
    node.disk.append(cast(1, 1));
    node.disk.start_sync(token(2));
    node.run.now = node.disk.next_due();
    std::vector<std::error_code> errors;
    node.disk.finish([&](const sync_token& one, const std::error_code& error) {
        CHECK(one == token(1));
        errors.push_back(error);
    });
    REQUIRE(errors.size() == 1);
    CHECK(errors[0] == std::errc::no_space_on_device);
    CHECK(node.disk.next_due() == instant::never());
    CHECK_FALSE(node.disk.has_pending());
    CHECK(node.recovered_votes() == 0);
}

TEST_CASE("a sync that blocks covers what is under way, which ends when it is due") {
    beside node(1);
    node.vote_in(2);
    node.disk.start_sync(token(2));
    node.disk.append(cast(2, 1));
    CHECK_FALSE(node.disk.sync());
    CHECK_FALSE(node.disk.has_pending());
    node.disk.append(cast(3, 1));
    node.disk.start_sync(token(4));
    std::vector<std::uint64_t> ended;
    while (node.disk.next_due() != instant::never()) {
        node.run.now = node.disk.next_due();
        node.disk.finish([&](const sync_token& one, const std::error_code& error) {
            CHECK_FALSE(error);
            ended.push_back(one.records);
            CHECK(node.disk.marks().has_voted(slot(3), nth(1)) == (one == token(4)));
        });
    }
    CHECK(ended == std::vector<std::uint64_t>{2, 4});
    CHECK(node.recovered_votes() == 4);
}

TEST_CASE("a sync that blocks and fails ends what is under way") {
    beside node(1);
    node.vote_in(2);
    node.disk.start_sync(token(2));
    node.disk.fill_up(instant::never());
    CHECK(node.disk.sync() == std::errc::no_space_on_device);
    CHECK(node.disk.next_due() == instant::never());
    CHECK(node.recovered_votes() == 0);
}

TEST_CASE("a crash ends what was under way") {
    beside node(1);
    node.vote_in(2);
    node.disk.start_sync(token(2));
    node.crash();
    CHECK(node.disk.next_due() == instant::never());
    CHECK_FALSE(node.disk.take_late());
    CHECK(node.recovered_votes() == 0);
}

TEST_CASE("the answer to an earlier life comes once, while this one waits for its own") {
    CHECK(happens([](std::uint64_t seed) {
        beside node(seed);
        node.run.faults.insert(fault::late_sync);
        node.disk.append(cast(0, 1));
        node.disk.start_sync(token(1));
        node.crash();
        if (node.run.tally[fault::late_sync] == 0) return false;
        REQUIRE_FALSE(node.disk.take_late());
        node.disk.append(cast(0, 1));
        node.disk.start_sync({2, 1});
        REQUIRE(node.disk.next_due() == node.run.now);
        REQUIRE(node.disk.take_late() == token(1));
        REQUIRE(node.disk.next_due() > node.run.now);
        REQUIRE_FALSE(node.disk.take_late());
        return true;
    }));
}

TEST_CASE("a sync that a dead process starts never ends") {
    beside node(1);
    node.vote_in(1);
    node.life.doom(0);
    node.disk.start_sync(token(1));
    CHECK(node.disk.next_due() == instant::never());
}
