// tests/explore/lock_suites.hpp - what the worlds of locks are made of: what ships, or the same
// with one mistake.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/client/fence_gate.hpp>
#include <synod/client/policy.hpp>
#include <synod/lock/table.hpp>
#include <synod/log/policy.hpp>

#include "mutants/mutant.hpp"
#include "mutants/wrong_client.hpp"
#include "mutants/wrong_lock_rules.hpp"
#include "mutants/wrong_rules.hpp"
#include "mutants/wrong_table.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace explore {

using synod::mutants::mutant;

/// The mistakes that can be made in a world of locks, by name.
struct lock_mistake {
    std::string_view name;
    mutant which;
};
inline constexpr std::array lock_mistakes{lock_mistake{"none", mutant::none},
                                          lock_mistake{"m38", mutant::m38},
                                          lock_mistake{"m46", mutant::m46},
                                          lock_mistake{"m47", mutant::m47},
                                          lock_mistake{"m48", mutant::m48},
                                          lock_mistake{"m49", mutant::m49},
                                          lock_mistake{"m50", mutant::m50},
                                          lock_mistake{"m53", mutant::m53},
                                          lock_mistake{"m55", mutant::m55},
                                          lock_mistake{"m56", mutant::m56},
                                          lock_mistake{"m57", mutant::m57},
                                          lock_mistake{"m58", mutant::m58},
                                          lock_mistake{"m59", mutant::m59},
                                          lock_mistake{"m60", mutant::m60},
                                          lock_mistake{"m61", mutant::m61},
                                          lock_mistake{"m62", mutant::m62},
                                          lock_mistake{"m63", mutant::m63},
                                          lock_mistake{"m64", mutant::m64},
                                          lock_mistake{"overtaking", mutant::overtaking}};

/// What ships.
struct right_locks {
    using table = synod::lock::table;
    using log_rules = synod::log_rules;
    using client_rules = synod::client::rules;
    using gate = synod::fence_gate<>;

    /// Lasts as long as the world is at work.
    struct making {
        explicit making(mutant /*which*/) {}
    };
    static void show_own_clock(std::uint64_t /*shown_ms*/) {}
};

/// The same, with the mistake that is being made.
struct wrong_locks {
    using table = synod::mutants::wrong_table;
    using log_rules = synod::mutants::wrong_rules;
    using client_rules = synod::mutants::wrong_client_rules;
    using gate = synod::mutants::wrong_gate;

    using making = synod::mutants::making;
    static void show_own_clock(std::uint64_t shown_ms) {
        *synod::mutants::own_clock_shows = shown_ms;
    }
};

}  // namespace explore
