// tests/unit/testing/sector_log.cpp - a log takes a sector for what it is, cuts off what was never
// sealed, and reports all other damage.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/sector_log.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <optional>
#include <vector>

using namespace synod;
using testing::sector;
using testing::sector_address;
using testing::sector_checks;
using testing::sector_log;
using testing::sector_state;

namespace {

struct number {
    std::uint64_t is = 0;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is);
    }
};

using numbers = std::vector<std::uint64_t>;

/// Takes any bytes for those that were written.
struct without_sums : sector_checks {
    template <class Record>
    [[nodiscard]] static bool is_sound(const sector<Record>& /*one*/) {
        return true;
    }
};
/// Takes any sector for the one that was to be there.
struct without_names : sector_checks {
    template <class Record>
    [[nodiscard]] static bool is_at_home(const sector<Record>& /*one*/,
                                         const sector_address& /*here*/) {
        return true;
    }
    template <class Record>
    [[nodiscard]] static bool is_current(const sector<Record>& /*one*/,
                                         std::uint64_t /*sequence*/) {
        return true;
    }
};

template <class Log>
void append(Log& log, const numbers& all) {
    for (const std::uint64_t one : all) log.append({one});
}

/// A log with these, all of them sealed.
template <class Checks = sector_checks>
[[nodiscard]] sector_log<number, Checks> sealed(const numbers& all) {
    sector_log<number, Checks> made;
    append(made, all);
    made.seal();
    return made;
}

/// What is read, unless the log is damaged. Then it must have handed out nothing.
template <class Log>
[[nodiscard]] std::optional<numbers> read(Log& log) {
    numbers found;
    if (log.read([&found](const number& one) { found.push_back(one.is); })) return found;
    CHECK(found.empty());
    return std::nullopt;
}

constexpr auto change = [](number& one) { one.is ^= 4; };

}  // namespace

TEST_CASE("a log gives back what was appended to it, in order, whether sealed or not") {
    auto log = sealed({1, 2});
    append(log, {3});
    CHECK(read(log) == numbers{1, 2, 3});
    CHECK(log.size() == 3);
    CHECK(log.sealed() == 3);
    for (std::uint64_t place = 0; place < 3; ++place) {
        CHECK(log.look(place) == sector_state::whole);
    }
    sector_log<number> empty;
    CHECK(read(empty) == numbers{});
}

TEST_CASE("what a crash has left half written is cut off, and the next record takes its place") {
    auto log = sealed({1, 2});
    append(log, {3});
    log.append_torn({4});
    CHECK(log.look(3) == sector_state::rotten);
    CHECK(read(log) == numbers{1, 2, 3});
    CHECK(log.size() == 3);
    append(log, {5});
    log.seal();
    CHECK(read(log) == numbers{1, 2, 3, 5});
}

TEST_CASE("what has rotted is reported where it was sealed, and cut off where it was not") {
    for (std::uint64_t place = 0; place < 3; ++place) {
        auto log = sealed({1, 2, 3});
        log.rot(place, change);
        CHECK(log.look(place) == sector_state::rotten);
        CHECK_FALSE(read(log));
        CHECK_FALSE(read(log));
    }
    auto log = sealed({1, 2});
    append(log, {3, 4});
    log.rot(2, change);
    CHECK(read(log) == numbers{1, 2});
}

TEST_CASE("a record that went astray is found where it is and missed where it is not") {
    auto log = sealed({1, 2});
    log.append_astray({3}, 0);
    log.seal();
    CHECK(log.look(0) == sector_state::astray);
    CHECK(log.look(1) == sector_state::whole);
    CHECK(log.look(2) == sector_state::rotten);
    CHECK_FALSE(read(log));
}

TEST_CASE("a record that was never written is missed, though nothing is wrong with what is there") {
    auto log = sealed({1, 2, 3});
    log.begin_anew();
    append(log, {4});
    log.begin_anew();
    append(log, {5});
    log.lose_next();
    append(log, {6});
    log.seal();
    CHECK(log.look(0) == sector_state::whole);
    CHECK(log.look(1) == sector_state::stale);
    CHECK(log.look(2) == sector_state::whole);
    CHECK_FALSE(read(log));
    auto fresh = sealed({1});
    fresh.lose_next();
    fresh.seal();
    CHECK(fresh.look(1) == sector_state::rotten);
    CHECK_FALSE(read(fresh));
}

TEST_CASE("a file that is used again ends where what was written anew does") {
    auto log = sealed({1, 2, 3, 4});
    log.begin_anew();
    append(log, {5, 6, 7});
    log.seal();
    CHECK(read(log) == numbers{5, 6, 7});
    log.begin_anew();
    append(log, {8, 9});
    log.seal();
    CHECK(log.look(2) == sector_state::stale);
    CHECK(read(log) == numbers{8, 9});
    append(log, {10});
    CHECK(read(log) == numbers{8, 9, 10});
}

TEST_CASE("what was read from elsewhere is read again, so that nothing is lost by it") {
    auto log = sealed({1, 2, 3});
    log.misdirect_read(0, 2);
    CHECK(read(log) == numbers{1, 2, 3});
    log.misdirect_read(2, 0);
    CHECK(read(log) == numbers{1, 2, 3});
}

TEST_CASE("a log that does not look at its sums believes what has rotted") {
    auto log = sealed<without_sums>({1, 2, 3});
    log.rot(1, change);
    CHECK(read(log) == numbers{1, 6, 3});
}

TEST_CASE("a log that does not look at names believes what belongs elsewhere, or is too old") {
    auto astray = sealed<without_names>({1, 2});
    astray.append_astray({3}, 0);
    append(astray, {4});
    CHECK(read(astray) == numbers{3, 2});
    auto elsewhere = sealed<without_names>({1, 2, 3});
    elsewhere.misdirect_read(0, 2);
    CHECK(read(elsewhere) == numbers{3, 2, 3});
    auto stale = sealed<without_names>({1, 2, 3});
    stale.begin_anew();
    stale.begin_anew();
    append(stale, {4});
    stale.lose_next();
    append(stale, {5});
    stale.seal();
    CHECK(read(stale) == numbers{4, 2, 5});
}
