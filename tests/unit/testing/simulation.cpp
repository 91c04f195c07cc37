// tests/unit/testing/simulation.cpp - each check of a simulated run is broken by a suite that is wrong in just that, and by no other.
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

/// What a run of `Suite` breaks, under the faults of `chaos` alone, with settings that `adjust(settings)` has changed.
template <class Suite, class Disk, class Adjust>
[[nodiscard]] std::string broken_by(std::uint64_t seed, testing::fault_set chaos, Adjust&& adjust) {
    stage run(seed);
    run.faults = chaos;
    simulation_settings settings = simulation_settings::draw(run);
    adjust(settings);
    simulation<Suite, Disk> all(run, small, settings);
    all.perform();
    return run.violation.substr(0, run.violation.find(':'));
}

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

/// What is broken first in some seed, of those that the suites that ship get over.
template <class Wrong, class Adjust>
[[nodiscard]] std::string first_broken(testing::fault_set chaos, Adjust&& adjust) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        REQUIRE(broken_by<lock_suite, lock_suite::disk>(seed, chaos, adjust).empty());
        const std::string broken = broken_by<Wrong, typename Wrong::disk>(seed, chaos, adjust);
        if (!broken.empty()) return broken;
    }
    return {};
}

/// A disk that hands out what has rotted.
class trusting_disk : public lock_suite::disk {
public:
    using lock_suite::disk::disk;

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        if (!is_damaged()) return lock_suite::disk::recover(std::forward<Sink>(sink));
        save_image();
        restore_image();
        const std::error_code error = lock_suite::disk::recover(std::forward<Sink>(sink));
        damage();
        return error;
    }
};
struct trusting_suite : lock_suite {
    using disk = trusting_disk;
};

/// A disk that takes what has rotted for trouble that passes.
class hopeful_disk : public lock_suite::disk {
public:
    using lock_suite::disk::disk;

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        const std::error_code error = lock_suite::disk::recover(std::forward<Sink>(sink));
        return error == faulty ? std::make_error_code(std::errc::io_error) : error;
    }
};
struct hopeful_suite : lock_suite {
    using disk = hopeful_disk;
};

/// A member that comes back without its disk as if it had it.
struct careless_suite : lock_suite {
    [[nodiscard]] static incarnation next_incarnation(incarnation lost) { return lost; }
};

/// Half of the members, and whoever watches believes in it.
struct half : majority {
    explicit half(node_set members) : majority(*majority::make(members)) {}

    [[nodiscard]] bool is_phase1(node_set set) const { return is_phase2(set); }
    [[nodiscard]] bool is_phase2(node_set set) const {
        return (set & members()).has_at_least((members().size() + 1) / 2);
    }
};
struct half_suite : lock_suite {
    template <class Observer>
    using policy = log_policy<half, Observer>;
    using watched_quorums = half;

    [[nodiscard]] static half make_quorums(node_set members) { return half(members); }
    [[nodiscard]] static half make_watched_quorums(node_set members) { return half(members); }
};

/// A client that believes in its lease for a minute too long.
struct believing_suite : lock_suite {
    struct client_rules : client::rules {
        [[nodiscard]] static instant renewed_at(instant /*first_sent*/, instant last_sent) {
            return last_sent + seconds(60);
        }
    };
};

/// A client that wants to be woken when its lease runs out, and then finds that it has a moment left. That its lease runs out
/// before every renewal is no mistake, and makes the other one frequent.
struct sleepless_suite : lock_suite {
    struct client_rules : client::rules {
        [[nodiscard]] static instant renewed_at(instant first_sent, instant /*last_sent*/) {
            return first_sent + milliseconds(-700);
        }
        [[nodiscard]] static bool is_safe(instant now, instant safe_until) {
            return now < safe_until + milliseconds(1);
        }
    };
};

/// A table that calls a lock held when somebody asks who would not wait.
class timid_table : public lock::table {
public:
    [[nodiscard]] static result<timid_table> make(const lock::config& told) {
        auto made = lock::table::make(told);
        if (!made) return unexpected(made.error());
        return timid_table(std::move(*made));
    }

    void apply(const apply_context& context, bytes_view encoded, result_writer& result) {
        lock::command asked;
        const auto* const acquire =
            lock::decode(encoded, asked) ? get_if<lock::acquire>(&asked) : nullptr;
        const bool is_impatient = acquire != nullptr && acquire->wait_ms == lock::no_wait;
        if (!is_impatient) return lock::table::apply(context, encoded, result);
        lock::encode(lock::reply(lock::busy{}), result);
    }

private:
    explicit timid_table(lock::table right) : lock::table(std::move(right)) {}
};
struct timid_suite : lock_suite {
    using machine = timid_table;
    using read_callback = std::function<void(const machine&)>;

    [[nodiscard]] static result<machine> make_machine(const config& told) {
        return machine::make(told);
    }
};

/// Log time without what is left over of each step.
struct hasty_stamper : time_stamper {
    [[nodiscard]] std::uint32_t stamp(instant now, std::uint32_t max_step_ms) {
        const std::uint32_t whole = time_stamper::stamp(now, max_step_ms);
        start(now);
        return whole;
    }
};
template <class Observer>
struct hasty_policy {
    using stamper = hasty_stamper;

    log_rules rules{};
    ballot_source ballots{};
    majority quorums;
    Observer observer{};
    log_limits limits{};
};
struct hasty_suite : lock_suite {
    template <class Observer>
    using policy = hasty_policy<Observer>;
};

}  // namespace

TEST_CASE("a node that lives on a damaged disk is found out") {
    CHECK(first_broken<trusting_suite>(only(fault::bit_flip), within_budget) ==
          "damage_is_reported");
    CHECK(first_broken<trusting_suite>({}, over_budget) == "damage_is_reported");
}

TEST_CASE("a node that never says that its disk is damaged is found out") {
    CHECK(first_broken<hopeful_suite>({}, over_budget) == "damage_is_reported");
}

TEST_CASE("a node that comes back with less than it left, and not as another, is found out") {
    CHECK(first_broken<careless_suite>(only(fault::wiped_disk), as_drawn) == "promise_never_falls");
}

TEST_CASE("a decision that half of the nodes make is found out when the other half is gone") {
    CHECK(first_broken<half_suite>({}, four_over_budget) == "no_quorum_no_decision");
}

TEST_CASE("two clients that believe to hold one lock are found out") {
    CHECK(first_broken<believing_suite>(only(fault::pause), as_drawn) == "one_believer_a_lock");
}

TEST_CASE("an actor that wants to be woken at an instant that has passed, for ever, is found out") {
    CHECK(first_broken<sleepless_suite>({}, leases_of_a_second) == "time_goes_on");
}

TEST_CASE("answers that no order of events explains are found out") {
    CHECK(first_broken<timid_suite>({}, as_drawn) == "histories_are_linearizable");
}

TEST_CASE("log time that falls behind is found out [locks R2]") {
    CHECK(first_broken<hasty_suite>({}, as_drawn) == "log_time_keeps_pace");
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
