// tests/explore/lock_worlds.cpp - the worlds of locks with their sizes and the mistakes that they
// can be made to make.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/lock_worlds.hpp"

#include "explore/client_world.hpp"
#include "explore/lock_world.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace explore {

namespace {

using synod::testing::any_world;
using synod::testing::forget_type;
using synod::testing::parameters;

/// By name, what goes wrong in a world of locks.
[[nodiscard]] mutant lock_mistake_of(parameters& given) {
    std::vector<std::string_view> names;
    for (const lock_mistake& one : lock_mistakes) names.push_back(one.name);
    const std::string wanted = given.choice("mutant", names);
    const auto found = std::ranges::find(lock_mistakes, wanted, &lock_mistake::name);
    return found->which;
}

/// What clients may ask for.
void read_menu(parameters& given, lock_world_sizes& sizes) {
    sizes.has_all = given.choice("menu", {"all", "brief"}) == "all";
    sizes.takes_others = given.choice("releases", {"any", "own"}) == "any";
    const std::string modes = given.choice("modes", {"no", "yes", "upgrade"});
    sizes.has_modes = modes == "yes";
    sizes.has_upgrades = modes == "upgrade";
    sizes.has_permits = given.choice("permits", {"no", "yes"}) == "yes";
    sizes.has_leases = given.choice("leases", {"no", "yes"}) == "yes";
    sizes.has_revokes = given.choice("revokes", {"no", "yes"}) == "yes";
    const std::string overtaking = given.choice("overtaking", {"no", "barge", "priority"});
    sizes.has_barges = overtaking == "barge";
    sizes.has_priorities = overtaking == "priority";
    sizes.bypass = given.number("bypass", sizes.bypass, 0, 99);
    sizes.delay = given.number("delay", sizes.delay, 0, 9);
    sizes.takes_all = given.choice("together", {"no", "yes"}) == "yes";
}

[[nodiscard]] lock_world_sizes lock_world_sizes_of(parameters& given) {
    const lock_world_sizes usual;
    lock_world_sizes sizes;
    sizes.clients = given.number("clients", usual.clients, 1, lock_world_sizes::most_clients);
    sizes.locks = given.number("locks", usual.locks, 1, 2);
    sizes.commands = given.number("commands", usual.commands, 0, 5);
    sizes.owners = given.number("owners", usual.owners, 1, 2);
    sizes.ticks = given.number("ticks", usual.ticks, 0, 9);
    sizes.ttl = given.number("ttl", usual.ttl, 1, 9);
    sizes.leaders = given.number("leaders", usual.leaders, 1, 9);
    sizes.repeats = given.number("repeats", usual.repeats, 0, 9);
    sizes.late = given.number("late", usual.late, 0, 9);
    sizes.batch = given.number("batch", usual.batch, 1, 9);
    sizes.replicas = given.number("replicas", usual.replicas, 1, 2);
    sizes.tokens_after = given.number("tokens_after", usual.tokens_after, 0, 1000);
    sizes.restores = given.choice("restores", {"no", "yes"}) == "yes";
    read_menu(given, sizes);
    sizes.in_turn = given.choice("opens", {"any", "in_turn"}) == "in_turn";
    sizes.mistake = lock_mistake_of(given);
    return sizes;
}

[[nodiscard]] client_world_sizes client_world_sizes_of(parameters& given) {
    const client_world_sizes usual;
    client_world_sizes sizes;
    sizes.clients = given.number("clients", usual.clients, 1, client_world_sizes::most_clients);
    sizes.acquires = given.number("acquires", usual.acquires, 0, 9);
    sizes.writes = given.number("writes", usual.writes, 0, 9);
    sizes.deliveries = given.number("deliveries", usual.deliveries, 0, 99);
    sizes.repeats = given.number("repeats", usual.repeats, 0, 9);
    sizes.ticks = given.number("ticks", usual.ticks, 0, 9);
    sizes.ttl = given.number("ttl", usual.ttl, 2, 9);
    sizes.drift = given.number("drift", usual.drift, 0, 30);
    sizes.told_drift = given.number("told_drift", sizes.drift, 0, 30);
    sizes.mistake = lock_mistake_of(given);
    return sizes;
}

}  // namespace

std::unique_ptr<any_world> make_lock_table(parameters& given) {
    const lock_world_sizes sizes = lock_world_sizes_of(given);
    if (sizes.mistake == mutant::none) return forget_type(lock_world<right_locks>(sizes));
    return forget_type(lock_world<wrong_locks>(sizes));
}

std::unique_ptr<any_world> make_lock_client(parameters& given) {
    const client_world_sizes sizes = client_world_sizes_of(given);
    if (sizes.mistake == mutant::none) return forget_type(client_world<right_locks>(sizes));
    return forget_type(client_world<wrong_locks>(sizes));
}

}  // namespace explore
