// tests/explore/worlds.cpp - the worlds by name, with their sizes and the mistakes that they can be
// made to make.
//
// SPDX-License-Identifier: BSL-1.0

#include "explore/worlds.hpp"

#include "explore/lock_worlds.hpp"
#include "explore/log_worlds.hpp"
#include "explore/mutants.hpp"
#include "explore/profile_s.hpp"
#include "explore/profile_t.hpp"
#include "explore/roles_worlds.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace explore {

namespace {

using synod::testing::any_world;
using synod::testing::forget_type;
using synod::testing::parameters;

using made = std::unique_ptr<any_world>;

[[nodiscard]] profile_t_sizes profile_t_sizes_of(parameters& given) {
    profile_t_sizes sizes;
    sizes.acceptors = given.number("acceptors", 3, 1, profile_t_sizes::most_acceptors);
    sizes.values = given.number("values", 2, 1, profile_t_sizes::most_values);
    sizes.ballots = given.number("max_ballot", 1, 0, profile_t_sizes::most_ballots - 1) + 1;
    const std::string watched = given.choice("watch", {"conduct", "safety", "agreement"});
    if (watched == "safety") sizes.watch = watch::safety;
    if (watched == "agreement") sizes.watch = watch::agreement;
    return sizes;
}

[[nodiscard]] made make_profile_t(parameters& given) {
    const profile_t_sizes sizes = profile_t_sizes_of(given);
    const std::string wanted = given.choice("mutant", {slips.begin(), slips.end()});
    const auto which = static_cast<slip>(std::ranges::find(slips, wanted) - slips.begin());
    if (which != slip::none)
        return forget_type(
            profile_t<bare_acceptor, slipping_policy>(sizes, policy_that(which, sizes.acceptors)));
    const auto usual = usual_policy(sizes.acceptors);
    if (given.choice("roles", {"bare", "whole"}) == "whole")
        return forget_type(profile_t<whole_acceptor, synod::policy<>>(sizes, usual));
    return forget_type(profile_t<bare_acceptor, synod::policy<>>(sizes, usual));
}

[[nodiscard]] made make_profile_s(parameters& given) {
    profile_s_sizes sizes;
    sizes.clients = given.number("clients", 2, 1, profile_s_sizes::most_clients);
    sizes.servers = given.number("servers", 3, 1, profile_s_sizes::most_servers);
    sizes.is_lossy = given.choice("lossy", {"no", "yes"}) == "yes";
    return forget_type(profile_s<synod::policy<>>(sizes, usual_policy(sizes.servers)));
}

}  // namespace

synod::testing::world_register known_worlds() {
    synod::testing::world_register worlds;
    worlds.add("profile_t", make_profile_t);
    worlds.add("profile_s", make_profile_s);
    worlds.add("lock_table", make_lock_table);
    worlds.add("lock_client", make_lock_client);
    worlds.add("log", make_log);
    worlds.add("roles", make_roles);
    return worlds;
}

}  // namespace explore
