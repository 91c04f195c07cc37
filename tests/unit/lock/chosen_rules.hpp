// tests/unit/lock/chosen_rules.hpp - the rules of the lock table, each of which can be replaced
// while the program runs.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/rules.hpp>

#include <type_traits>

namespace synod::lock_test {

/// Every rule by name. One that is missing here is never replaced, and the test of its mutant
/// fails.
#define SYNOD_LOCK_RULES(rule)                                                                     \
    rule(has_tokens) rule(next_token) rule(is_compatible) rule(has_permits) rule(may_upgrade)      \
        rule(covers) rule(goes_behind) rule(may_grant) rule(may_release) rule(given_back)          \
            rule(leaves_delay) rule(may_reclaim) rule(gives_way_before) rule(is_new_leader)        \
                rule(suffices) rule(decides_before) rule(is_denied) rule(can_be_undone)            \
                    rule(has_room) rule(may_begin) rule(before_first_of) rule(is_open)             \
                        rule(is_complete) rule(gives_up_alone) rule(next_generation)               \
                            rule(may_be_overtaken) rule(rank_of) rule(is_due_to_read)              \
                                rule(stricter_of) rule(is_less_urgent) rule(brings_forward)        \
                                    rule(inherits_end) rule(is_good) rule(is_same_version)         \
                                        rule(next_revision) rule(can_add) rule(may_lead)           \
                                            rule(is_told) rule(is_kept_from) rule(is_over)         \
                                                rule(may_run) rule(grace_ms)

/// The rules that were chosen last. So one table, compiled once, serves for all mutants, of which
/// one lives at a time.
struct chosen_rules : lock::rules {
#define SYNOD_RULE(name) inline static decltype(&lock::rules::name) name = &lock::rules::name;
    SYNOD_LOCK_RULES(SYNOD_RULE)
#undef SYNOD_RULE

    /// Those that `Rules` does not hide are the real ones.
    template <class Rules>
    static void choose() {
#define SYNOD_RULE(name) name = &Rules::name;
        SYNOD_LOCK_RULES(SYNOD_RULE)
#undef SYNOD_RULE
    }
};

#undef SYNOD_LOCK_RULES

/// What a table is compiled with that is to follow `Rules`.
template <class Rules>
using compiled_rules =
    std::conditional_t<std::is_same_v<Rules, lock::rules>, lock::rules, chosen_rules>;

/// From now on mutants follow these, if they are not the real ones.
template <class Rules>
void choose() {
    if constexpr (!std::is_same_v<Rules, lock::rules>) {
        chosen_rules::choose<Rules>();
    }
}

}  // namespace synod::lock_test
