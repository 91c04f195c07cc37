// tests/unit/testing/simulation.cpp - each check of a simulated run is broken by a suite that is
// wrong in just that, and by no other.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/simulation.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <utility>

using namespace synod;
using testing::fault;
using testing::lock_suite;
using testing::simulation;
using testing::simulation_settings;
using testing::simulation_size;
using testing::stage;

namespace {

constexpr simulation_size small{.operations = 60, .faults = 5, .longest_chaos = seconds(10)};

/// What a suite can be wrong in.
enum class mistake {
    none,
    trusts,       // a disk that hands out what has rotted
    hopes,        // a disk that takes what has rotted for trouble that passes
    forgets,      // a member that comes back without its disk as if it had it
    halves,       // half of the members decide, and whoever watches believes in it
    believes,     // a client that believes in its lease for a minute too long
    wakes,        // a client that is woken when its lease runs out, and finds that a moment is left
    calls_held,   // a table that calls a lock held when somebody asks who would not wait
    rounds_down,  // log time without what is left over of each step
    withholds,    // replicas that hand out nothing of what others have missed
    grants_none,  // a table that calls a lock held whoever asks
};

/// The one that is being made. One suite, compiled once, serves for all.
mistake made_here = mistake::none;

/// Whether whatever lies on a disk is believed.
bool trusts_now = false;

struct wrong_checks : testing::sector_checks {
    template <class Record>
    [[nodiscard]] static bool is_sound(const testing::sector<Record>& one) {
        return trusts_now || sector_checks::is_sound(one);
    }
    template <class Record>
    [[nodiscard]] static bool is_at_home(const testing::sector<Record>& one,
                                         const testing::sector_address& here) {
        return trusts_now || sector_checks::is_at_home(one, here);
    }
    template <class Record>
    [[nodiscard]] static bool is_current(const testing::sector<Record>& one,
                                         std::uint64_t sequence) {
        return trusts_now || sector_checks::is_current(one, sequence);
    }
};

class wrong_disk : public testing::simulated_disk<records<entry>, wrong_checks> {
public:
    using simulated_disk::simulated_disk;

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        trusts_now = made_here == mistake::trusts && is_damaged();
        const std::error_code error = simulated_disk::recover(std::forward<Sink>(sink));
        trusts_now = false;
        const bool hopes = made_here == mistake::hopes && error == faulty;
        return hopes ? std::make_error_code(std::errc::io_error) : error;
    }
};

struct wrong_quorums : majority {
    explicit wrong_quorums(node_set members) : majority(*majority::make(members)) {}

    [[nodiscard]] bool is_phase1(node_set set) const { return is_phase2(set); }
    [[nodiscard]] bool is_phase2(node_set set) const {
        if (made_here != mistake::halves) return majority::is_phase2(set);
        return (set & members()).has_at_least((members().size() + 1) / 2);
    }
};

struct wrong_client_rules : client::rules {
    [[nodiscard]] static instant renewed_at(instant first_sent, instant last_sent) {
        if (made_here == mistake::believes) return last_sent + seconds(60);
        // That the lease runs out before every renewal is no mistake, and makes the other one
        // frequent.
        if (made_here == mistake::wakes) return first_sent + milliseconds(-700);
        return client::rules::renewed_at(first_sent, last_sent);
    }
    [[nodiscard]] static bool is_safe(instant now, instant safe_until) {
        if (made_here == mistake::wakes) return now < safe_until + milliseconds(1);
        return client::rules::is_safe(now, safe_until);
    }
};

class wrong_table : public lock::table {
public:
    [[nodiscard]] static result<wrong_table> make(const lock::config& told) {
        auto right = lock::table::make(told);
        if (!right) return unexpected(right.error());
        return wrong_table(std::move(*right));
    }

    void apply(const apply_context& context, bytes_view encoded, result_writer& result) {
        const bool is_wrong =
            (made_here == mistake::calls_held && acquires(encoded, lock::no_wait)) ||
            (made_here == mistake::grants_none && acquires(encoded, lock::wait_forever));
        if (!is_wrong) return lock::table::apply(context, encoded, result);
        lock::encode(lock::reply(lock::busy{}), result);
    }

private:
    explicit wrong_table(lock::table right) : lock::table(std::move(right)) {}

    [[nodiscard]] static bool acquires(bytes_view encoded, std::uint64_t at_most_ms) {
        lock::command asked;
        const auto* const acquire =
            lock::decode(encoded, asked) ? get_if<lock::acquire>(&asked) : nullptr;
        return acquire != nullptr && acquire->wait_ms <= at_most_ms;
    }
};

struct wrong_stamper : time_stamper {
    [[nodiscard]] std::uint32_t stamp(instant now, std::uint32_t max_step_ms) {
        const std::uint32_t whole = time_stamper::stamp(now, max_step_ms);
        if (made_here == mistake::rounds_down) start(now);
        return whole;
    }
};

template <class Observer>
struct wrong_policy {
    using stamper = wrong_stamper;

    log_rules rules{};
    ballot_source ballots{};
    wrong_quorums quorums;
    Observer observer{};
    log_limits limits{};
};

template <class Link>
class wrong_transport {
public:
    explicit wrong_transport(Link link) : link_(std::move(link)) {}

    template <class Message>
    void send(node_id to, Message&& message) noexcept {
        constexpr bool is_missed = std::is_same_v<std::remove_cvref_t<Message>, chosen<entry>>;
        if (is_missed && made_here == mistake::withholds) return;
        link_.send(to, std::forward<Message>(message));
    }

private:
    Link link_;
};

struct wrong_suite : lock_suite {
    using disk = wrong_disk;
    using machine = wrong_table;
    using client_rules = wrong_client_rules;
    using read_callback = std::function<void(const machine&)>;
    using watched_quorums = wrong_quorums;

    template <class Observer>
    using policy = wrong_policy<Observer>;
    template <class Link>
    using transport = wrong_transport<Link>;

    [[nodiscard]] static wrong_quorums make_quorums(node_set members) {
        return wrong_quorums(members);
    }
    [[nodiscard]] static wrong_quorums make_watched_quorums(node_set members) {
        return wrong_quorums(members);
    }
    [[nodiscard]] static incarnation next_incarnation(incarnation lost) {
        return made_here == mistake::forgets ? lost : lock_suite::next_incarnation(lost);
    }
    [[nodiscard]] static result<machine> make_machine(const config& told) {
        return machine::make(told);
    }
};

[[nodiscard]] testing::fault_set only(fault which) {
    testing::fault_set made;
    made.insert(which);
    return made;
}

constexpr auto as_drawn = [](simulation_settings&) {};
constexpr auto within_budget = [](simulation_settings& settings) {
    settings.is_over_budget = false;
};
constexpr auto over_budget = [](simulation_settings& settings) { settings.is_over_budget = true; };
constexpr auto leases_of_a_second = [](simulation_settings& settings) {
    settings.client.ttl = seconds(1);
};
/// Of four replicas two are one too few for a majority.
constexpr auto four_over_budget = [](simulation_settings& settings) {
    settings.is_over_budget = true;
    settings.replicas = 4;
};

/// What a run that makes `one` breaks, with whatever is said of it, under the faults of `chaos`
/// alone, with settings that `adjust(settings)` has changed.
template <class Adjust>
[[nodiscard]] std::string broken_by(mistake one, std::uint64_t seed, testing::fault_set chaos,
                                    Adjust&& adjust) {
    made_here = one;
    stage run(seed);
    run.faults = chaos;
    simulation_settings settings = simulation_settings::draw(run);
    adjust(settings);
    simulation<wrong_suite, wrong_disk> all(run, small, settings);
    all.perform();
    return run.violation;
}

[[nodiscard]] std::string name_of(const std::string& violation) {
    return violation.substr(0, violation.find(':'));
}

/// What is broken first in some seed, of those that a suite without a mistake gets over.
template <class Adjust>
[[nodiscard]] std::string first_broken(mistake one, testing::fault_set chaos, Adjust&& adjust) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        REQUIRE(broken_by(mistake::none, seed, chaos, adjust).empty());
        const std::string broken = broken_by(one, seed, chaos, adjust);
        if (!broken.empty()) return name_of(broken);
    }
    return {};
}

}  // namespace

TEST_CASE("a node that lives on a damaged disk is found out") {
    for (const fault which : {fault::bit_flip, fault::misdirected_write, fault::stale_sector}) {
        INFO(to_text(which));
        CHECK(first_broken(mistake::trusts, only(which), within_budget) == "damage_is_reported");
    }
    CHECK(first_broken(mistake::trusts, {}, over_budget) == "damage_is_reported");
}

TEST_CASE("a node that never says that its disk is damaged is found out") {
    CHECK(first_broken(mistake::hopes, {}, over_budget) == "damage_is_reported");
}

TEST_CASE("a node that comes back with less than it left, and not as another, is found out") {
    CHECK(first_broken(mistake::forgets, only(fault::wiped_disk), as_drawn) ==
          "promise_never_falls");
}

TEST_CASE("a decision that half of the nodes make is found out when the other half is gone") {
    CHECK(first_broken(mistake::halves, {}, four_over_budget) == "no_quorum_no_decision");
}

TEST_CASE("two clients that believe to hold one lock are found out") {
    CHECK(first_broken(mistake::believes, only(fault::pause), as_drawn) == "one_believer_a_lock");
}

TEST_CASE("an actor that wants to be woken at an instant that has passed, for ever, is found out") {
    CHECK(first_broken(mistake::wakes, {}, leases_of_a_second) == "time_goes_on");
}

TEST_CASE("answers that no order of events explains are found out") {
    CHECK(first_broken(mistake::calls_held, {}, as_drawn) == "histories_are_linearizable");
}

TEST_CASE("locks R2: log time that falls behind is found out") {
    CHECK(first_broken(mistake::rounds_down, {}, as_drawn) == "log_time_keeps_pace");
}

TEST_CASE(
    "a replica that stays behind, and hinders nobody, is found out once a majority is healed") {
    const testing::fault_set chaos = only(fault::leader_isolation);
    std::string broken;
    for (std::uint64_t seed = 1; seed <= 30 && broken.empty(); ++seed) {
        INFO("seed " << seed);
        REQUIRE(broken_by(mistake::none, seed, chaos, within_budget).empty());
        broken = broken_by(mistake::withholds, seed, chaos, within_budget);
    }
    INFO(broken);
    CHECK(name_of(broken) == "liveness");
    CHECK(broken.find(" behind n") != std::string::npos);
    CHECK(broken.find(" client n") == std::string::npos);
}

TEST_CASE("a client that is never served is found out once a majority is healed") {
    CHECK(broken_by(mistake::none, 1, {}, within_budget).empty());
    const std::string broken = broken_by(mistake::grants_none, 1, {}, within_budget);
    CHECK(name_of(broken) == "liveness");
    CHECK(broken.find(" client n") != std::string::npos);
}

TEST_CASE("a run over budget has as many operations in it as any") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        stage run(seed);
        simulation_settings settings = simulation_settings::draw(run);
        settings.is_over_budget = true;
        constexpr simulation_size hasty{
            .operations = 200, .faults = 0, .longest_chaos = milliseconds(1)};
        simulation<lock_suite, lock_suite::disk> all(run, hasty, settings);
        all.perform();
        INFO("seed " << seed << ": " << run.violation);
        CHECK(run.violation.empty());
        CHECK(all.operations() >= hasty.operations);
    }
}

TEST_CASE("whoever is not healed is gone at the end, or half alive, and the others come right") {
    std::uint32_t gone = 0;
    std::uint32_t half_alive = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        stage run(seed);
        simulation_settings settings = simulation_settings::draw(run);
        settings.replicas = 5;
        settings.is_over_budget = false;
        simulation<lock_suite, lock_suite::disk> all(run, small, settings);
        all.perform();
        INFO("seed " << seed << ": " << run.violation);
        CHECK(run.violation.empty());
        std::uint32_t up = 0;
        std::uint32_t cut = 0;
        for (const auto& one : all.servers()) {
            up += one->is_awake() ? 1 : 0;
            for (const auto& other : all.servers()) {
                cut += all.network().is_obstructed(one->self(), other->self()) ? 1 : 0;
            }
        }
        CHECK(up >= 3);
        CHECK((cut == 0 || up > 3));
        gone += 5 - up;
        half_alive += cut > 0 ? up - 3 : 0;
    }
    CHECK(gone > 0);
    CHECK(half_alive > 0);
}
