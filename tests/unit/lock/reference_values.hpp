// tests/unit/lock/reference_values.hpp - values and counters again, as one list, to compare the
// real ones with.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/state.hpp>

#include "reference_watch.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace synod::lock_test {

/// `Valid`, which each command is given, says whether a lock is held under a token in a mode.
class reference_values {
public:
    explicit reference_values(const lock::config& config, reference_watch& told)
        : config_(config), told_(told) {}

    void set_limits(const lock::config& config) { config_ = config; }

    template <class Valid>
    lock::reply run(const lock::guarded_txn& asked, Valid valid) {
        if (asked.conditions.size() + asked.puts.size() + asked.deletes.size() >
            config_.values.max_operations) {
            return no(lock::refusal::limit);
        }
        for (const lock::condition& one : asked.conditions) {
            if (const auto why = wrong(one.name)) return no(*why);
        }
        std::vector<std::string> names;
        for (const lock::put& one : asked.puts) {
            if (const auto why = wrong(one.name)) return no(*why);
            if (std::ranges::count(names, one.name) > 0) return no(lock::refusal::name_repeated);
            names.push_back(one.name);
            if (one.value.size() > config_.values.max_value_bytes) return no(lock::refusal::limit);
        }
        for (const std::string& name : asked.deletes) {
            if (name.empty()) return no(lock::refusal::name_empty);
            if (name.size() > 512) return no(lock::refusal::name_too_long);
            if (std::ranges::count(names, name) > 0) return no(lock::refusal::name_repeated);
            names.push_back(name);
        }
        for (std::size_t i = 0; i < asked.conditions.size(); ++i) {
            const lock::condition& one = asked.conditions[i];
            const auto failed = static_cast<std::uint32_t>(i);
            if (one.kind == lock::condition_kind::version_is) {
                if (version(one.name) != one.version)
                    return lock::condition_failed{failed, version(one.name)};
            } else if (!valid(one.name, one.token, one.mode)) {
                return lock::condition_failed{failed, 0};
            }
        }
        return write(asked);
    }

    template <class Valid>
    lock::reply run(const lock::compare_and_set& asked, Valid valid) {
        lock::guarded_txn same;
        same.conditions = {
            {lock::condition_kind::version_is, asked.name, {}, {}, asked.expected_version}};
        same.puts = {{asked.name, asked.value}};
        return run(same, valid);
    }

    template <class Valid>
    lock::reply run(const lock::read_value& asked, Valid) {
        if (const auto why = wrong(asked.name)) return no(*why);
        const lock::value_record* const one = find(asked.name);
        if (one == nullptr) return lock::value_read{0, ""};
        if (one->kind == lock::value_kind::counter) return no(lock::refusal::kind_mismatch);
        return lock::value_read{one->version, one->value};
    }

    template <class Valid>
    lock::reply run(const lock::read_counter& asked, Valid) {
        if (const auto why = wrong(asked.name)) return no(*why);
        const lock::value_record* const one = find(asked.name);
        if (one == nullptr) return lock::counted{0, 0};
        if (one->kind == lock::value_kind::value) return no(lock::refusal::kind_mismatch);
        return lock::counted{one->number, one->version};
    }

    template <class Valid>
    lock::reply run(const lock::add_to_counter& asked, Valid) {
        if (const auto why = wrong(asked.name)) return no(*why);
        lock::value_record* one = find(asked.name);
        if (one != nullptr && one->kind == lock::value_kind::value)
            return no(lock::refusal::kind_mismatch);
        std::list<lock::value_record> grown = all_;
        if (one == nullptr) grown.push_back({asked.name, lock::value_kind::counter, 0, "", 0});
        if (is_too_much(grown)) return no(lock::refusal::limit);
        std::int64_t sum = one == nullptr ? 0 : one->number;
        if (__builtin_add_overflow(sum, asked.delta, &sum))
            return no(lock::refusal::counter_overflow);
        all_ = grown;
        one = find(asked.name);
        one->number = sum;
        told_.tell({written({asked.name, lock::value_kind::counter, 0, "", sum})});
        one->version = told_.revision();
        return lock::counted{sum, told_.revision()};
    }

    [[nodiscard]] lock::value_state describe() const {
        lock::value_state out{told_.revision(), {all_.begin(), all_.end()}};
        std::ranges::sort(out.values, {}, &lock::value_record::name);
        return out;
    }

private:
    static lock::reply no(lock::refusal reason) { return lock::refused{reason}; }

    [[nodiscard]] std::optional<lock::refusal> wrong(const std::string& name) const {
        if (name.empty()) return lock::refusal::name_empty;
        if (name.size() > config_.max_name_bytes) return lock::refusal::name_too_long;
        return std::nullopt;
    }
    lock::value_record* find(const std::string& name) {
        for (lock::value_record& one : all_) {
            if (one.name == name) return &one;
        }
        return nullptr;
    }
    std::uint64_t version(const std::string& name) {
        const lock::value_record* const one = find(name);
        return one == nullptr ? 0 : one->version;
    }

    static std::uint64_t size_of(const std::list<lock::value_record>& all) {
        std::uint64_t total = 0;
        for (const lock::value_record& one : all) {
            total += one.name.size();
            total += one.kind == lock::value_kind::counter ? 8 : one.value.size();
        }
        return total;
    }
    /// Whether that breaks a limit, and is more than there is.
    [[nodiscard]] bool is_too_much(const std::list<lock::value_record>& grown) const {
        if (grown.size() > all_.size() && grown.size() > config_.values.max_values) return true;
        return size_of(grown) > size_of(all_) && size_of(grown) > config_.values.max_total_bytes;
    }

    lock::reply write(const lock::guarded_txn& asked) {
        std::list<lock::value_record> grown = all_;
        for (const std::string& name : asked.deletes) {
            grown.remove_if([&](const lock::value_record& one) { return one.name == name; });
        }
        std::vector<lock::change> changes;
        for (const std::string& name : asked.deletes) {
            if (const lock::value_record* const old = find(name)) {
                lock::change gone = written(*old);
                gone.effect = lock::change_effect::gone;
                gone.value = "";
                gone.number = 0;
                changes.push_back(gone);
            }
        }
        for (const lock::put& one : asked.puts) {
            const lock::value_record* const old = find(one.name);
            if (old != nullptr && old->kind == lock::value_kind::counter)
                return no(lock::refusal::kind_mismatch);
            grown.remove_if([&](const lock::value_record& is) { return is.name == one.name; });
            grown.push_back(
                {one.name, lock::value_kind::value, told_.revision() + 1, one.value, 0});
            changes.push_back(written(grown.back()));
        }
        if (is_too_much(grown)) return no(lock::refusal::limit);
        if (!changes.empty()) told_.tell(changes);
        all_ = grown;
        return lock::committed{told_.revision()};
    }

    static lock::change written(const lock::value_record& one) {
        const bool counts = one.kind == lock::value_kind::counter;
        return {0,         counts ? lock::change_kind::counter : lock::change_kind::value,
                {},        one.name,
                {},        one.value,
                one.number};
    }

    lock::config config_;
    reference_watch& told_;
    std::list<lock::value_record> all_;  // in any order
};

}  // namespace synod::lock_test
