// tests/unit/testing/audited.cpp - replicas of one log that differ in an input, a result or a state
// are told apart.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/errc.hpp>
#include <synod/testing/audited.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

using namespace synod;
using testing::audit_trail;
using testing::audited;
using testing::simulated_process;

namespace {

/// Adds up the bytes that it is told, and answers with the sum so far. `flaw` is added to each
/// answer, `secret` to its snapshot.
struct adder {
    void apply(const apply_context& /*context*/, bytes_view command, result_writer& result) {
        for (const std::byte one : command) sum += static_cast<std::uint8_t>(one);
        result.number(sum + flaw);
    }
    void advance(log_time to) { now = to; }
    void new_leader(ballot by) { leader = by; }
    [[nodiscard]] log_time next_deadline() const { return log_time(99); }
    void snapshot(byte_writer& out) const { out.number(sum + secret); }
    [[nodiscard]] std::error_code restore(byte_reader& in) {
        sum = in.number<std::uint64_t>();
        return can_restore && in.finished() ? std::error_code() : errc::snapshot_damaged;
    }

    std::uint64_t sum = 0;
    log_time now;
    ballot leader;
    std::uint64_t flaw = 0;
    std::uint64_t secret = 0;
    bool can_restore = true;
};

/// Writes down what it hears.
struct note_taker {
    using machine = audited<adder, note_taker>;

    [[nodiscard]] audit_trail& trail() { return trail_; }
    void diverged(const char* what) { differences.emplace_back(what); }
    void saw(const adder& after, const machine::applied& input) {
        heard.push_back("applied " + std::to_string(input.command.size()) + " bytes, " +
                        std::to_string(input.result.size()) + " of result, sum " +
                        std::to_string(after.sum));
    }
    void saw(const adder& /*after*/, const machine::advanced& input) {
        heard.push_back("advanced " + std::to_string(input.to.milliseconds()));
    }
    void saw(const adder& /*after*/, const machine::led& input) {
        heard.push_back("led " + std::to_string(input.by.round()));
    }

    audit_trail trail_;
    std::vector<std::string> heard;
    std::vector<std::string> differences;
};

using replica = note_taker::machine;

/// Several replicas under one auditor.
struct audit {
    [[nodiscard]] replica start(adder of = {}, bool restores = false) {
        return {of, auditor, process, restores};
    }

    note_taker auditor;
    simulated_process process;
};

void apply(replica& to, std::uint8_t number, std::uint64_t at = 0) {
    bytes result;
    byte_writer out(result);
    to.apply({{slot(at), 0}, log_time()}, bytes{std::byte{number}}, out);
}

[[nodiscard]] std::uint64_t answer_of(replica& to, std::uint8_t number) {
    bytes result{std::byte{7}};  // of others, before
    byte_writer out(result);
    to.apply({}, bytes{std::byte{number}}, out);
    byte_reader in(bytes_view(result).subspan(1));
    return in.number<std::uint64_t>();
}

constexpr auto inputs_differ = "inputs or results";
constexpr auto states_differ = "states";

}  // namespace

TEST_CASE("an audited machine answers like the machine itself") {
    audit all;
    replica one = all.start();
    CHECK(answer_of(one, 3) == 3);
    CHECK(answer_of(one, 4) == 7);
    one.advance(log_time(5));
    one.new_leader(ballot(2, node_id(1)));
    CHECK(one.machine().now == log_time(5));
    CHECK(one.machine().leader == ballot(2, node_id(1)));
    CHECK(one.next_deadline() == log_time(99));
    CHECK(one.inputs() == 4);
}

TEST_CASE("the auditor hears of each input once, from whoever comes there first") {
    audit all;
    replica one = all.start();
    replica two = all.start();
    apply(one, 3);
    apply(two, 3);
    two.advance(log_time(8));
    two.new_leader(ballot(2, node_id(1)));
    one.advance(log_time(8));
    CHECK(all.auditor.heard ==
          std::vector<std::string>{"applied 1 bytes, 8 of result, sum 3", "advanced 8", "led 2"});
    CHECK(all.auditor.differences.empty());
}

TEST_CASE("replicas that differ in an input have diverged, from then on for ever") {
    audit all;
    replica one = all.start();
    replica two = all.start();
    SECTION("in a command") { apply(one, 3), apply(two, 4); }
    SECTION("in its place") { apply(one, 3, 1), apply(two, 3, 2); }
    SECTION("in the time") { one.advance(log_time(1)), two.advance(log_time(2)); }
    SECTION("in the leader") { one.new_leader({1, node_id(1)}), two.new_leader({2, node_id(1)}); }
    SECTION("in its kind") { apply(one, 3), two.advance(log_time(3)); }
    CHECK(all.auditor.differences == std::vector<std::string>{inputs_differ});
    apply(one, 1, 9);
    apply(two, 1, 9);
    CHECK(all.auditor.differences.size() == 2);
}

TEST_CASE("replicas that differ in a result have diverged") {
    audit all;
    replica one = all.start();
    adder wrong;
    wrong.flaw = 1;
    replica two = all.start(wrong);
    apply(one, 3);
    apply(two, 3);
    CHECK(all.auditor.differences == std::vector<std::string>{inputs_differ});
}

TEST_CASE("replicas that differ in nothing but their state are told apart now and then") {
    audit all;
    replica one = all.start();
    adder wrong;
    wrong.secret = 1;
    replica two = all.start(wrong);
    for (std::uint64_t i = 1; i <= 3 * audit_trail::state_every; ++i) {
        apply(one, 1, i);
        apply(two, 1, i);
        REQUIRE(all.auditor.differences.size() == i / audit_trail::state_every);
    }
    CHECK(all.auditor.differences.front() == states_differ);
}

TEST_CASE("a later life that replays the log is compared with the earlier one") {
    audit all;
    {
        replica one = all.start();
        apply(one, 1);
        apply(one, 2);
    }
    replica again = all.start();
    apply(again, 1);
    CHECK(all.auditor.differences.empty());
    apply(again, 3);
    CHECK(all.auditor.differences == std::vector<std::string>{inputs_differ});
}

TEST_CASE("what a dead process applies never happened") {
    audit all;
    replica one = all.start();
    apply(one, 1);
    all.process.doom(0);
    CHECK_FALSE(all.process.acts());
    apply(one, 2);
    CHECK(all.auditor.heard.size() == 1);
    CHECK(all.auditor.trail().size() == 1);
}

TEST_CASE("a machine that restores lives on in what its snapshot holds") {
    audit all;
    adder forgetful;
    forgetful.secret = 1'000;
    replica one = all.start(forgetful, true);
    for (std::uint64_t i = 1; i < audit_trail::state_every; ++i) apply(one, 1, i);
    CHECK(one.machine().sum == audit_trail::state_every - 1);
    apply(one, 1, audit_trail::state_every);
    CHECK(one.machine().sum == audit_trail::state_every + 1'000);
}

TEST_CASE("a snapshot that cannot be restored is told") {
    audit all;
    adder broken;
    broken.can_restore = false;
    replica one = all.start(broken, true);
    for (std::uint64_t i = 1; i <= audit_trail::state_every; ++i) apply(one, 1, i);
    CHECK(all.auditor.differences.size() == 1);
}
