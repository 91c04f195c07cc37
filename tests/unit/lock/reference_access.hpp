// tests/unit/lock/reference_access.hpp - who may do what in the reference: a list of rules, sorted
// anew for every question.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/state.hpp>

#include "reference_requests.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace synod::lock_test {

struct reference_access {
    /// Of what prefix, for which principal, with which rights.
    using entry = std::pair<std::pair<std::string, std::string>, std::uint8_t>;

    [[nodiscard]] bool may(const std::string& who, const std::string& name, int right) const {
        std::vector<entry> fitting;
        for (const auto& one : rules) {
            const auto& [prefix, principal] = one.first;
            const bool is_meant = principal.empty() || principal == who;
            if (is_meant && name.substr(0, prefix.size()) == prefix)
                fitting.emplace_back(one.first, one.second);
        }
        std::ranges::sort(fitting, {}, [](const entry& one) {
            return std::tuple(one.first.first.size(), one.first.second.size());
        });
        return !fitting.empty() && (fitting.back().second & right) != 0;
    }

    /// The names that a command is about, and the right that it needs for each.
    using needs = std::vector<std::pair<std::string, int>>;

    template <class Command>
    static needs of(const Command& asked, reference_requests& all) {
        constexpr int read = 1, acquire = 2, write = 4, administer = 8;
        const auto name_of = [&](fencing_token token, int right) {
            const auto* const held = all.held(token);
            return held == nullptr ? needs() : needs{{held->name, right}};
        };
        if constexpr (std::is_same_v<Command, lock::acquire_all>) {
            needs found;
            for (const lock::wanted& one : asked.locks) found.emplace_back(one.name, acquire);
            return found;
        } else if constexpr (std::is_same_v<Command, lock::request_revoke>) {
            const int right = asked.how == lock::revocation::forced ? administer : acquire;
            if (asked.token.value() != 0) return name_of(asked.token, right);
            return {{asked.name, right}};
        } else if constexpr (std::is_same_v<Command, lock::force_release>) {
            return name_of(asked.token, administer);
        } else if constexpr (std::is_same_v<Command, lock::set_acl>) {
            return {{asked.rule.prefix, administer}};
        } else if constexpr (std::is_same_v<Command, lock::guarded_txn>) {
            needs found;
            for (const auto& one : asked.conditions) found.emplace_back(one.name, read);
            for (const auto& one : asked.puts) found.emplace_back(one.name, write);
            for (const auto& name : asked.deletes) found.emplace_back(name, write);
            return found;
        } else if constexpr (std::is_same_v<Command, lock::list_locks> ||
                             lock::is_about_changes<Command>) {
            return {{asked.prefix, read}};
        } else if constexpr (std::is_same_v<Command, lock::set_limits> ||
                             std::is_same_v<Command, lock::bump_epoch>) {
            return {{"", administer}};
        } else if constexpr (std::is_same_v<Command, lock::set_capacity>) {
            return {{asked.name, administer}};
        } else if constexpr (std::is_same_v<Command, lock::compare_and_set> ||
                             std::is_same_v<Command, lock::set_latch> ||
                             std::is_same_v<Command, lock::count_down> ||
                             std::is_same_v<Command, lock::add_to_counter>) {
            return {{asked.name, write}};
        } else if constexpr (std::is_same_v<Command, lock::check_token> ||
                             std::is_same_v<Command, lock::observe> ||
                             std::is_same_v<Command, lock::read_value> ||
                             std::is_same_v<Command, lock::read_counter>) {
            return {{asked.name, read}};
        } else if constexpr (std::is_same_v<Command, lock::leave_double_barrier> ||
                             std::is_same_v<Command, lock::proclaim>) {
            return {};
        } else if constexpr (requires { asked.name; }) {
            return {{asked.name, acquire}};
        } else {
            return {};
        }
    }

    template <class Command>
    [[nodiscard]] bool allows(const std::string& who, const Command& asked,
                              reference_requests& all) const {
        const needs needed = of(asked, all);
        return rules.empty() || std::ranges::all_of(needed, [&](const auto& one) {
                   const bool may_all = one.second == 8 && may(who, "", 8);
                   return may_all || may(who, one.first, one.second);
               });
    }

    [[nodiscard]] std::optional<lock::refusal> change(const lock::set_acl& asked,
                                                      std::size_t most) {
        if (asked.rule.rights > 15) return lock::refusal::malformed;
        if (asked.rule.principal.size() > 128 || asked.rule.prefix.size() > 512)
            return lock::refusal::name_too_long;
        auto changed = rules;
        const std::pair key(asked.rule.prefix, asked.rule.principal);
        changed.erase(key);
        if (asked.change == lock::access_change::put) changed[key] = asked.rule.rights;
        if (changed.size() > rules.size() && changed.size() > most) return lock::refusal::limit;
        const auto is_for_all = [](const auto& one) {
            return one.first.first.empty() && one.second >= 8;
        };
        const bool is_lost = std::ranges::none_of(changed, is_for_all);
        if (!changed.empty() && is_lost) return lock::refusal::denied;
        rules = changed;
        return std::nullopt;
    }

    [[nodiscard]] std::vector<lock::access_rule> sorted() const {
        std::vector<lock::access_rule> found;
        for (const auto& [key, rights] : rules) found.push_back({key.first, key.second, rights});
        return found;
    }

    std::map<std::pair<std::string, std::string>, std::uint8_t> rules;
};

}  // namespace synod::lock_test
