// tests/explore/roles_worlds.cpp - the worlds of roles, made of parameters.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/roles_worlds.hpp"

#include "explore/roles_suites.hpp"
#include "explore/roles_world.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

namespace {

using synod::mutants::mutant;
using synod::testing::any_world;
using synod::testing::forget_type;
using synod::testing::parameters;

/// The parameter of each trouble, by price.
constexpr std::string_view troubles[prices] = {"copies",           "losses",     "crashes",
                                               "proposer_crashes", "repeats",    "failures",
                                               "replacements",     "forgettings"};

/// A set of acceptors is written as their numbers, such as `01`.
void read_reach(parameters& given, roles_sizes& sizes) {
    for (std::uint32_t i = 0; i < roles_sizes::most_proposers; ++i) {
        const std::string reach =
            given.choice("reach" + std::to_string(i), {"all", "01", "02", "12"});
        if (reach == "all") {
            sizes.reach[i] = synod::node_set::first(sizes.acceptors);
            continue;
        }
        for (const char digit : reach)
            sizes.reach[i].insert(synod::node_id(static_cast<std::uint32_t>(digit - '0')));
    }
}

[[nodiscard]] roles_sizes sizes_of(parameters& given) {
    roles_sizes sizes;
    sizes.acceptors = given.number("acceptors", 3, 1, roles_sizes::most_acceptors);
    sizes.proposers = given.number("proposers", 2, 1, roles_sizes::most_proposers);
    sizes.learners = given.number("learners", 0, 0, 1);
    sizes.slots = given.number("slots", 1, 1, 4);
    sizes.max_ballot = given.number("max_ballot", 1, 1, 4);
    sizes.votes_per_answer = given.number("votes_per_answer", 64, 1, 64);
    sizes.acceptor_batch = given.number("acceptor_batch", 1, 1, 4);
    sizes.proposer_batch = given.number("proposer_batch", 1, 1, 4);
    sizes.is_deaf = given.choice("deaf", {"no", "yes"}) == "yes";
    const std::string watched = given.choice("watch", {"conduct", "safety", "agreement"});
    if (watched == "safety") sizes.watch = watch::safety;
    if (watched == "agreement") sizes.watch = watch::agreement;
    read_reach(given, sizes);
    for (std::size_t i = 0; i < prices; ++i)
        sizes.troubles[i] = static_cast<std::uint8_t>(given.number(troubles[i], 0, 0, 9));
    return sizes;
}

template <class Suite>
[[nodiscard]] std::unique_ptr<any_world> make(Suite suite, parameters& given) {
    const roles_sizes sizes = sizes_of(given);
    if (given.choice("disk", {"blocking", "async"}) == "async")
        return forget_type(roles_world<Suite, modelled_async_disk>(std::move(suite), sizes));
    return forget_type(roles_world<Suite, modelled_disk>(std::move(suite), sizes));
}

struct named_mutant {
    std::string_view name;
    mutant which;
};
/// The mistakes that roles can make.
constexpr named_mutant mutants[] = {
    {"m1", mutant::m1},   {"m2", mutant::m2},   {"m3", mutant::m3},   {"m4", mutant::m4},
    {"m5", mutant::m5},   {"m6", mutant::m6},   {"m7", mutant::m7},   {"m8", mutant::m8},
    {"m9", mutant::m9},   {"m10", mutant::m10}, {"m11", mutant::m11}, {"m12", mutant::m12},
    {"m13", mutant::m13}, {"m14", mutant::m14}, {"m15", mutant::m15}, {"m16", mutant::m16},
    {"m17", mutant::m17}, {"m18", mutant::m18}, {"m19", mutant::m19}, {"m20", mutant::m20},
    {"m21", mutant::m21}, {"m25", mutant::m25}, {"m26", mutant::m26}, {"m28", mutant::m28},
    {"m29", mutant::m29}, {"m31", mutant::m31}, {"m51", mutant::m51}, {"m65", mutant::m65},
};

}  // namespace

std::unique_ptr<any_world> make_roles(parameters& given) {
    std::vector<std::string_view> names{"none"};
    for (const named_mutant& one : mutants) names.push_back(one.name);
    const std::string wanted = given.choice("mutant", names);
    for (const named_mutant& one : mutants) {
        if (one.name == wanted) return make(wrong_roles(one.which), given);
    }
    return make(shipped_roles(), given);
}

}  // namespace explore
