// tests/unit/testing/simulator.cpp - a seed is a run, the same each time; its trace makes sense;
// and a broken machine is found out.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulator.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

using namespace synod;
using testing::fault;
using testing::fault_set;
using testing::fault_tally;
using testing::simulate;
using testing::simulation_outcome;
using testing::simulation_size;
using testing::simulation_summary;
using testing::trace_line;

namespace {

constexpr simulation_size short_run{.operations = 60, .faults = 5, .longest_chaos = seconds(10)};

/// A run of a seed in which no fault strikes.
template <class Disk>
struct calm_run {
    explicit calm_run(std::uint64_t seed) : run(seed) { all.perform(); }

    testing::stage run;
    testing::simulation<testing::lock_suite, Disk> all{run, short_run};
};

/// Whether whoever made `later` knew all that is known in `earlier`.
[[nodiscard]] bool knows(const trace_line& later, const trace_line& earlier) {
    if (later.clock.size() < earlier.clock.size()) return false;
    return std::ranges::equal(
        earlier.clock,
        std::vector(later.clock.begin(),
                    later.clock.begin() + static_cast<std::ptrdiff_t>(earlier.clock.size())),
        [](std::uint64_t a, std::uint64_t b) { return a <= b; });
}

/// What a line that sends says, as the line of its arrival does; empty for other lines.
[[nodiscard]] std::pair<std::string, std::string> sent_in(const trace_line& line) {
    constexpr std::string_view verb = "sends ";
    if (!line.what.starts_with(verb)) return {};
    const std::size_t space = line.what.find(' ', verb.size());
    return {line.what.substr(verb.size(), space - verb.size()), line.what.substr(space + 1)};
}

[[nodiscard]] std::string name_of(node_id node) { return 'n' + to_string(node); }

/// A lock service whose resource lets everybody in.
struct open_suite : testing::lock_suite {
    using async_disk = disk;  // one kind is enough to show it

    struct gate {
        [[nodiscard]] std::error_code admit(fencing_token) const { return {}; }
    };
};

}  // namespace

TEST_CASE("every seed has a class of faults that strikes without end") {
    using testing::detail::faults_from;
    CHECK(faults_from(~std::uint64_t{0}) == fault_set::all());
    fault_set crashes;
    crashes.insert(fault::crash);
    CHECK(faults_from(0) == crashes);
    const auto bit_of = [](fault which) {
        return std::uint64_t{1} << static_cast<unsigned>(which);
    };
    fault_set pauses;
    pauses.insert(fault::pause);
    CHECK(faults_from(bit_of(fault::pause)) == pauses);
    fault_set loss = crashes;
    loss.insert(fault::loss);
    CHECK(faults_from(bit_of(fault::loss)) == loss);
}

TEST_CASE("a seed gives the same run each time, with or without lines") {
    for (const std::uint64_t seed : {1U, 2U}) {
        const simulation_outcome once = simulate(seed, short_run);
        const simulation_outcome again = simulate(seed, short_run, true);
        CHECK(once.seed == seed);
        CHECK(once.violation.empty());
        CHECK(once.lines.empty());
        CHECK_FALSE(again.lines.empty());
        CHECK(once.hash == again.hash);
        CHECK(once.ended == again.ended);
        CHECK(once.operations == again.operations);
        CHECK(once.grants == again.grants);
        CHECK(once.events == again.events);
        CHECK(once.faults.total() == again.faults.total());
    }
}

TEST_CASE("two seeds give two runs") {
    CHECK_FALSE(simulate(1, short_run).hash == simulate(3, short_run).hash);
}

TEST_CASE("a run has as much in it as was asked for, and is judged") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const simulation_outcome one = simulate(seed, short_run);
        INFO("seed " << seed << ": " << one.violation);
        CHECK(one.violation.empty());
        CHECK(one.is_judged);
        CHECK(one.grants > 0);
        CHECK(one.events > one.operations);
        CHECK(one.operations >= short_run.operations);
        CHECK((one.faults.grave() >= short_run.faults ||
               one.ended > instant() + short_run.longest_chaos));
    }
}

TEST_CASE("what clients had no time for before healing they do after it") {
    constexpr simulation_size hasty{.operations = 800, .faults = 1, .longest_chaos = seconds(1)};
    const simulation_outcome one = simulate(1, hasty);
    CHECK(one.violation.empty());
    CHECK(one.operations >= hasty.operations);
}

TEST_CASE("a summary adds up runs, and counts the seeds in which a class struck") {
    simulation_outcome good;
    good.ended = instant() + seconds(2);
    good.operations = 10;
    good.is_judged = true;
    good.faults.count(fault::loss);
    good.faults.count(fault::loss);
    good.faults.count(fault::crash_in_flush);
    simulation_outcome bad;
    bad.ended = instant() + seconds(3);
    bad.operations = 20;
    bad.violation = "granted_once";
    bad.faults.count(fault::loss);
    bad.faults.count(fault::stale_token);
    simulation_outcome unknown;
    unknown.operations = 7;
    unknown.faults.count(fault::pause);
    unknown.faults.count(fault::pause);

    simulation_summary all;
    CHECK(all.least_operations().first == std::numeric_limits<std::uint64_t>::max());
    CHECK(all.least_faults().first == std::numeric_limits<std::uint64_t>::max());
    all.add(good);
    all.add(bad);
    all.add(unknown);
    CHECK(all.seeds() == 3);
    CHECK(all.violations() == 1);
    CHECK(all.undecided() == 1);
    CHECK(all.operations() == 37);
    CHECK(all.least_operations().first == 7);
    CHECK(all.least_faults().first == 1);
    CHECK(all.virtual_time() == seconds(5));
    CHECK(all.struck(fault::loss) == 3);
    CHECK(all.seeds_with(fault::loss) == 2);
    CHECK(all.struck(fault::stale_token) == 1);
    CHECK(all.seeds_with(fault::stale_token) == 1);
    CHECK(all.seeds_with(fault::crash) == 0);
}

TEST_CASE(
    "whoever receives a message knows all that its sender knew, and each actor all that it knew") {
    const simulation_outcome one = simulate(3, short_run, true);
    std::map<node_id, const trace_line*> newest;
    std::map<std::tuple<std::string, std::string, std::string>, const trace_line*> first_sent;
    std::size_t arrivals = 0;
    for (const trace_line& line : one.lines) {
        INFO(to_string(line));
        const auto [before, is_new] = newest.emplace(line.who, &line);
        if (!is_new) {
            REQUIRE(knows(line, *before->second));
            REQUIRE_FALSE(knows(*before->second, line));
            REQUIRE(before->second->at <= line.at);
            before->second = &line;
        }
        const auto [to, what] = sent_in(line);
        if (!what.empty()) first_sent.emplace(std::tuple(name_of(line.who), to, what), &line);
        if (!line.is_arrival) continue;
        ++arrivals;
        const auto sent = first_sent.find({name_of(line.from), name_of(line.who), line.what});
        REQUIRE(sent != first_sent.end());
        REQUIRE(knows(line, *sent->second));
        REQUIRE_FALSE(knows(*sent->second, line));
    }
    CHECK(arrivals > 100);
}

TEST_CASE("each line of a diagram is an arrow between two actors or a note over one") {
    const simulation_outcome one = simulate(3, short_run, true);
    std::istringstream diagram(to_mermaid(one.lines));
    std::string line;
    REQUIRE(std::getline(diagram, line));
    CHECK(line == "sequenceDiagram");
    const auto is_actor = [](std::string_view text) {
        return text.size() > 1 && text.front() == 'n' &&
               text.find_first_not_of("0123456789", 1) == std::string_view::npos;
    };
    std::size_t arrows = 0;
    std::size_t notes = 0;
    while (std::getline(diagram, line)) {
        INFO(line);
        const std::string_view text = line;
        REQUIRE(text.starts_with("    "));
        const std::size_t colon = text.find(": ");
        REQUIRE(colon != std::string_view::npos);
        REQUIRE(text.size() > colon + 2);
        REQUIRE(text.find_first_of(";#") == std::string_view::npos);
        const std::string_view head = text.substr(4, colon - 4);
        const std::size_t arrow = head.find("->>");
        if (arrow == std::string_view::npos) {
            REQUIRE(head.starts_with("Note over "));
            REQUIRE(is_actor(head.substr(10)));
            ++notes;
        } else {
            REQUIRE(is_actor(head.substr(0, arrow)));
            REQUIRE(is_actor(head.substr(arrow + 3)));
            ++arrows;
        }
    }
    CHECK(arrows == static_cast<std::size_t>(std::ranges::count_if(
                        one.lines, [](const trace_line& each) { return each.is_arrival; })));
    CHECK(notes > 0);
}

TEMPLATE_TEST_CASE("a run without faults keeps all promises, and every client gets its lock", "",
                   testing::lock_suite::disk, testing::lock_suite::async_disk) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        calm_run<TestType> calm(seed);
        INFO("seed " << seed << ": " << calm.run.violation);
        CHECK(calm.run.violation.empty());
        CHECK(calm.run.tally.total() == 0);
        CHECK(calm.all.is_judged());
        CHECK(calm.all.operations() >= short_run.operations);
        std::size_t leaders = 0;
        for (const auto& one : calm.all.servers()) leaders += one->is_leading() ? 1 : 0;
        CHECK(leaders == 1);
        for (const auto& one : calm.all.clients()) CHECK(one->cycles() > 0);
    }
}

TEST_CASE("a fault that is on strikes, alone") {
    constexpr simulation_size until_it_strikes{
        .operations = 1, .faults = 1, .longest_chaos = seconds(60)};
    for (const fault which : {fault::loss, fault::crash, fault::pause, fault::slow_disk,
                              fault::leader_isolation, fault::client_crash, fault::wiped_disk}) {
        testing::stage run(5);
        run.faults.insert(which);
        testing::simulation<testing::lock_suite, testing::lock_suite::disk> all(run,
                                                                                until_it_strikes);
        all.perform();
        INFO(to_text(which) << ": " << run.violation);
        CHECK(run.violation.empty());
        CHECK(run.tally[which] > 0);
        CHECK(run.tally[which] == run.tally.total());
    }
}

TEST_CASE("a gate that lets everybody in is found out") {
    std::vector<std::string> found;
    for (std::uint64_t seed = 1; seed <= 30 && found.empty(); ++seed) {
        const simulation_outcome one = simulate<open_suite>(seed);
        if (!one.violation.empty()) found.push_back(one.violation);
    }
    REQUIRE(found.size() == 1);
    CHECK(found[0].starts_with("no_stale_write"));
}

TEST_CASE(
    "every fault that is not common has a line and a note of its own, and so has what is broken") {
    const simulation_outcome one = simulate(2, short_run, true);
    const std::string diagram = to_mermaid(one.lines);
    for (std::size_t i = 0; i < testing::fault_classes; ++i) {
        const auto which = static_cast<fault>(i);
        const std::string text = "is struck by " + std::string(to_text(which));
        const auto lines =
            std::ranges::count_if(one.lines, [&](const auto& line) { return line.what == text; });
        INFO(text);
        CHECK(static_cast<std::uint64_t>(lines) ==
              (testing::is_common(which) ? 0 : one.faults[which]));
        CHECK((diagram.find(": " + text + "\n") != std::string::npos) == (lines > 0));
    }
    CHECK(one.faults.grave() >= short_run.faults);
    std::uint64_t seed = 1;
    while (simulate<open_suite>(seed).violation.empty()) ++seed;
    const simulation_outcome bad = simulate<open_suite>(seed, {}, true);
    CHECK(to_mermaid(bad.lines).find("breaks a promise: no_stale_write") != std::string::npos);
}
