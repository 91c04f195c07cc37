// tests/unit/testing/log_world.cpp - little worlds of replicas of a user's own machine: they hold,
// and show what is broken when a part of them is.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/explorer.hpp>
#include <synod/testing/log_world.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <system_error>

using namespace synod;
using testing::breadth_first;
using testing::depth_first;
using testing::findings;
using testing::log_sizes;
using testing::log_world;

namespace {

/// An account that never falls below zero, and answers with what is in it. A command is an amount,
/// to be paid in or, with a zero before it, taken out.
class account {
public:
    void apply(const apply_context& /*context*/, bytes_view command, result_writer& result) {
        const auto amount = std::to_integer<std::uint8_t>(command[command.size() - 1]);
        const bool is_paid_in = command.size() == 1;
        if (is_paid_in) held_ = static_cast<std::uint8_t>(held_ + amount);
        if (!is_paid_in && amount <= held_) held_ = static_cast<std::uint8_t>(held_ - amount);
        result.number(held_);
    }
    static void snapshot(byte_writer& /*out*/) {}
    [[nodiscard]] static std::error_code restore(byte_reader& /*in*/) { return errc::unsupported; }

    friend bool operator==(const account&, const account&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(held_);
    }

private:
    std::uint8_t held_ = 0;
};

/// Five are paid in, then three taken out.
struct account_parts : testing::log_world_parts {
    using machine = account;

    [[nodiscard]] static bytes command(char letter) {
        if (letter == 'a') return {std::byte{5}};
        return {std::byte{0}, std::byte{3}};
    }
};

/// Three replicas, the first of which leads.
[[nodiscard]] log_sizes elected(std::uint32_t commands, std::uint32_t ticks = 0) {
    log_sizes sizes;
    sizes.begins_elected = true;
    sizes.commands = commands;
    sizes.ticks = ticks;
    return sizes;
}

/// A policy of these parts, with a majority for quorum.
template <class Parts>
[[nodiscard]] typename Parts::policy policy_for(std::uint32_t nodes) {
    return {.quorums = *majority::make(node_set::first(nodes)),
            .limits = testing::small_log_limits()};
}

template <class Parts>
[[nodiscard]] findings search(const log_sizes& sizes) {
    log_world<Parts> world(sizes, policy_for<Parts>(sizes.nodes));
    return breadth_first(world);
}

}  // namespace

TEST_CASE("a log of a user's own machine holds in every order of what can happen to it") {
    log_sizes sizes = elected(2);
    sizes.crashes = 1;
    log_world<account_parts> world(sizes, policy_for<account_parts>(sizes.nodes));
    const findings broad = breadth_first(world);
    const findings deep = depth_first(world);
    CHECK(broad.is_proof());
    CHECK(broad.distinct > 1'000);
    CHECK(deep.is_proof());
    CHECK(deep.distinct == broad.distinct);
    CHECK(deep.generated == broad.generated);
}

namespace {

struct async_account_parts : account_parts {
    using disk = testing::log_world_async_disk;
};

}  // namespace

TEST_CASE("so it does on a disk whose syncs take their time, and crash in every flush") {
    log_sizes sizes = elected(2);
    sizes.nodes = 2;
    sizes.crashes = 1;
    sizes.crashes_in_flush = true;
    CHECK(search<async_account_parts>(sizes).is_proof());
}

namespace {

/// One node is enough to choose, and all of them to elect.
struct flexible_parts : account_parts {
    using policy = log_policy<flexible>;
    using quorums = flexible;
};

}  // namespace

TEST_CASE("what is chosen is judged by the quorums of the user's own policy") {
    const log_sizes sizes = elected(1);
    log_world<flexible_parts> world(sizes,
                                    {.quorums = *flexible::make(node_set::first(sizes.nodes), 3, 1),
                                     .limits = testing::small_log_limits()});
    CHECK(breadth_first(world).is_proof());
}

namespace {

/// A new leader does not see where others have voted.
struct blind_rules : log_rules {
    [[nodiscard]] static slot first_free(slot known, slot /*reported_end*/) { return known; }
};

/// A leader counts its own vote before that is durable, and tells of it.
struct hasty_rules : log_rules {
    [[nodiscard]] static bool may_leave(std::uint64_t /*rests_on*/, std::uint64_t /*durable*/) {
        return true;
    }
};

template <class Rules>
struct careless_policy {
    using stamper = time_stamper;

    [[no_unique_address]] Rules rules{};
    [[no_unique_address]] ballot_source ballots{};
    majority quorums;
    [[no_unique_address]] silent_observer observer{};
    log_limits limits{};
};

template <class Rules>
struct careless_parts : account_parts {
    using policy = careless_policy<Rules>;
};

}  // namespace

TEST_CASE("rules that break safety are found out, by the shortest way") {
    const findings blind = search<careless_parts<blind_rules>>(elected(1, 2));
    CHECK(blind.broken == "chosen_is_carried");
    REQUIRE_FALSE(blind.schedule.empty());
    CHECK(blind.schedule.front() == "propose a at 0");

    const findings hasty = search<careless_parts<hasty_rules>>(elected(1));
    CHECK(hasty.broken == "nothing_before_its_sync");
    CHECK(hasty.schedule.size() == 2);

    log_world<account_parts> right(elected(1, 2), policy_for<account_parts>(3));
    CHECK(breadth_first(right, {blind.distinct}).broken.empty());
}

namespace {

/// Says that all is durable, and keeps nothing.
class forgetful_disk : public testing::log_world_disk {
public:
    [[nodiscard]] static std::error_code sync() noexcept { return {}; }
};

struct forgetful_parts : account_parts {
    using disk = forgetful_disk;
};

/// Obeys the first command that any of its kind is given once, and all later ones twice.
class moody_account : public account {
public:
    void apply(const apply_context& context, bytes_view command, result_writer& result) {
        static std::uint32_t applied = 0;
        if (++applied > 1) account::apply(context, command, result);
        account::apply(context, command, result);
    }
};

struct moody_parts : account_parts {
    using machine = moody_account;
};

}  // namespace

TEST_CASE("a disk that keeps nothing is found out, and a machine that is not deterministic") {
    log_sizes fresh;
    fresh.ticks = 1;
    CHECK(search<forgetful_parts>(fresh).broken == "nothing_before_its_sync");
    CHECK(search<moody_parts>(elected(1)).broken == "results_are_those_of_the_log");
}

namespace {

/// Keeps what it is told to, and cannot read it again.
class unreadable_disk : public testing::log_world_disk {
public:
    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        const std::error_code error = log_world_disk::recover(sink);
        return kept() == testing::durable_records<entry>() ? error : errc::malformed;
    }
};

struct unreadable_parts : account_parts {
    using disk = unreadable_disk;
};

}  // namespace

TEST_CASE("a disk that cannot be read after a crash is found out, unless nothing was ever kept") {
    log_sizes one_crash;
    one_crash.crashes = 1;
    CHECK(search<account_parts>(one_crash).is_proof());
    CHECK(search<unreadable_parts>(one_crash).broken == "what_was_written_is_recovered");
    CHECK(search<forgetful_parts>(one_crash).is_proof());
    CHECK(search<unreadable_parts>(elected(1)).is_proof());
}

TEST_CASE("a world that is too large is refused") {
    const auto made = [](const log_sizes& sizes) {
        return log_world<account_parts>(sizes, policy_for<account_parts>(3));
    };
    CHECK_NOTHROW(made(elected(log_sizes::most_commands)));
    CHECK_THROWS_AS(made(elected(log_sizes::most_commands + 1)), std::invalid_argument);
    CHECK_THROWS_AS(made(elected(1, log_sizes::most_steps + 1)), std::invalid_argument);
    log_sizes crowd = elected(1);
    crowd.nodes = log_sizes::most_nodes + 1;
    CHECK_THROWS_AS(made(crowd), std::invalid_argument);
    crowd.nodes = 0;
    CHECK_THROWS_AS(made(crowd), std::invalid_argument);
}

TEST_CASE("a world whose nodes cannot begin says why") {
    auto policy = policy_for<account_parts>(3);
    policy.limits.window = 0;
    log_world<account_parts> world(elected(1), policy);
    CHECK_THROWS_WITH(world.initial(), "no node begins so: the window is zero");
}
