// synod/lock/detail/values.hpp - the key-value space beside the locks: values, counters, and the
// transactions that write them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/journal.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/value_commands.hpp>
#include <synod/lock/value_state.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace synod::inline SYNOD_ABI::lock::detail {

/// One value or counter, without its name.
struct stored_value {
    value_kind kind = value_kind::value;
    std::uint64_t version = 0;
    std::string value;
    std::int64_t number = 0;

    /// What it counts for against the limit of all, with its name.
    [[nodiscard]] std::uint64_t size_with(const std::string& name) const {
        return name.size() + (kind == value_kind::counter ? sizeof number : value.size());
    }
};

/// Values by name, and one function for each command about them. `Locks`, which each is given, has
/// the configuration, and knows which holds are valid. Operations are logarithmic in the number of
/// values for each name that they mention.
template <class Rules>
class values {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;
    using reason = std::optional<deferred<refusal>>;

public:
    using reply = deferred<lock::reply>;

    template <class Locks>
    [[nodiscard]] reply answer_to(const deferred<guarded_txn>& asked, Locks& locks) {
        if (const auto why = refusal_of(asked, locks.config())) return refused{*why};
        std::uint32_t place = 0;
        for (const condition& one : asked.conditions) {
            if (!holds(one, locks)) return condition_failed{place, version_shown_by(one)};
            ++place;
        }
        return commit(asked, locks.config(), locks.journal());
    }

    template <class Locks>
    [[nodiscard]] reply answer_to(const deferred<compare_and_set>& asked, Locks& locks) {
        deferred<guarded_txn> same;
        same.conditions.push_back(version_is(asked.name, asked.expected_version));
        same.puts.push_back({asked.name, asked.value});
        return answer_to(same, locks);
    }

    template <class Locks>
    [[nodiscard]] reply answer_to(const read_value& asked, const Locks& locks) const {
        if (const auto why = refusal_of_name(asked.name, locks.config())) return refused{*why};
        const stored_value* const found = find(asked.name);
        if (found == nullptr) return value_read{};
        if (found->kind != value_kind::value) return refused{refusal::kind_mismatch};
        return value_read{found->version, found->value};
    }

    template <class Locks>
    [[nodiscard]] reply answer_to(const add_to_counter& asked, Locks& locks) {
        const lock::config& limits = locks.config();
        if (const auto why = refusal_of_name(asked.name, limits)) return refused{*why};
        stored_value sum;
        sum.kind = value_kind::counter;
        if (const stored_value* const found = find(asked.name)) {
            if (found->kind != value_kind::counter) return refused{refusal::kind_mismatch};
            sum = *found;
        }
        const auto longer = static_cast<std::int64_t>(sum.size_with(asked.name));
        const bool is_new = sum.version == 0;
        if (!may_grow(is_new ? 1 : 0, is_new ? longer : 0, limits)) return refused{refusal::limit};
        if (!Rules::can_add(sum.number, asked.delta)) return refused{refusal::counter_overflow};
        journal<Rules>& told = locks.journal();
        told.begin();
        sum.number += asked.delta;
        sum.version = told.revision();
        write(asked.name, sum, told);
        return counted{sum.number, sum.version};
    }

    template <class Locks>
    [[nodiscard]] reply answer_to(const read_counter& asked, const Locks& locks) const {
        if (const auto why = refusal_of_name(asked.name, locks.config())) return refused{*why};
        const stored_value* const found = find(asked.name);
        if (found == nullptr) return counted{};
        if (found->kind != value_kind::counter) return refused{refusal::kind_mismatch};
        return counted{found->number, found->version};
    }

    void describe(deferred<value_state>& out) const {
        for (const auto& [name, one] : all_) {
            out.values.push_back({name, one.kind, one.version, one.value, one.number});
        }
    }

    /// Becomes what was described. Precondition: that breaks no invariant.
    void rebuild(const deferred<value_state>& from) {
        *this = {};
        for (const value_record& one : from.values) {
            put_back(one.name, {one.kind, one.version, one.value, one.number});
        }
    }

protected:
    /// By name.
    [[nodiscard]] const auto& all() const { return all_; }

    /// What those who watch are told of one that is written.
    [[nodiscard]] static deferred<change> written(const std::string& name,
                                                  const stored_value& one) {
        deferred<change> made;
        made.index = one.version;
        if (one.kind == value_kind::counter) made.kind = change_kind::counter;
        made.name = name;
        made.value = one.value;
        made.number = one.number;
        return made;
    }

private:
    [[nodiscard]] const stored_value* find(const std::string& name) const {
        const auto found = all_.find(name);
        return found == all_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] std::uint64_t version_of(const std::string& name) const {
        const stored_value* const found = find(name);
        return found == nullptr ? 0 : found->version;
    }

    [[nodiscard]] static reason refusal_of_name(const std::string& name,
                                                const lock::config& limits) {
        if (name.empty()) return refusal::name_empty;
        if (name.size() > limits.max_name_bytes) return refusal::name_too_long;
        return std::nullopt;
    }

    /// What stands against a transaction whatever there is.
    [[nodiscard]] static reason refusal_of(const deferred<guarded_txn>& asked,
                                           const lock::config& limits) {
        const std::size_t operations =
            asked.conditions.size() + asked.puts.size() + asked.deletes.size();
        if (operations > limits.values.max_operations) return refusal::limit;
        for (const condition& one : asked.conditions) {
            if (const auto why = refusal_of_name(one.name, limits)) return why;
        }
        ordered_set<deferred<std::string>> written;
        for (const put& one : asked.puts) {
            if (const auto why = refusal_of_write(one.name, written, limits)) return why;
            if (one.value.size() > limits.values.max_value_bytes) return refusal::limit;
        }
        for (const std::string& name : asked.deletes) {  // also of a name that is too long by now
            if (name.empty()) return refusal::name_empty;
            if (name.size() > name_bytes_end) return refusal::name_too_long;
            if (!written.insert(name)) return refusal::name_repeated;
        }
        return std::nullopt;
    }
    template <class Names>
    [[nodiscard]] static reason refusal_of_write(const std::string& name, Names& written,
                                                 const lock::config& limits) {
        if (const auto why = refusal_of_name(name, limits)) return why;
        if (!written.insert(name)) return refusal::name_repeated;
        return std::nullopt;
    }

    template <class Locks>
    [[nodiscard]] bool holds(const condition& asked, const Locks& locks) const {
        if (asked.kind == condition_kind::token_valid) {
            return locks.is_token_valid(asked.name, asked.token, asked.mode);
        }
        return Rules::is_same_version(version_of(asked.name), asked.version);
    }
    [[nodiscard]] std::uint64_t version_shown_by(const condition& failed) const {
        return failed.kind == condition_kind::version_is ? version_of(failed.name) : 0;
    }

    /// Does what a transaction writes, given that its conditions hold; all or nothing.
    [[nodiscard]] reply commit(const deferred<guarded_txn>& asked, const lock::config& limits,
                               journal<Rules>& told) {
        std::int64_t more = 0;
        std::int64_t longer = 0;
        const auto lose = [&](const std::string& name, const stored_value& gone) {
            --more;
            longer -= static_cast<std::int64_t>(gone.size_with(name));
        };
        for (const std::string& name : asked.deletes) {
            if (const stored_value* const found = find(name)) lose(name, *found);
        }
        const bool changes_any = more != 0 || !asked.puts.empty();
        for (const put& one : asked.puts) {
            const stored_value* const found = find(one.name);
            if (found != nullptr && found->kind != value_kind::value) {
                return refused{refusal::kind_mismatch};
            }
            if (found != nullptr) lose(one.name, *found);
            ++more;
            longer += static_cast<std::int64_t>(one.name.size() + one.value.size());
        }
        if (!may_grow(more, longer, limits)) return refused{refusal::limit};
        if (changes_any) write_all(asked, told);
        return committed{told.revision()};
    }

    void write_all(const deferred<guarded_txn>& asked, journal<Rules>& told) {
        told.begin();
        for (const std::string& name : asked.deletes) {
            const stored_value* const found = find(name);
            if (found == nullptr) continue;
            deferred<change> made;
            made.kind = written(name, *found).kind;
            made.effect = change_effect::gone;
            made.name = name;
            told.add(made);
            remove(name);
        }
        for (const put& one : asked.puts) {
            write(one.name, {value_kind::value, told.revision(), one.value, 0}, told);
        }
    }

    /// Whether there may be so many more, which take so many bytes more. What does not grow is
    /// always allowed.
    [[nodiscard]] bool may_grow(std::int64_t more, std::int64_t longer,
                                const lock::config& limits) const {
        const auto number = static_cast<std::int64_t>(all_.size()) + more;
        const auto total = static_cast<std::int64_t>(bytes_) + longer;
        const bool is_few = more <= 0 || number <= limits.values.max_values;
        const bool is_short =
            longer <= 0 || static_cast<std::uint64_t>(total) <= limits.values.max_total_bytes;
        return is_few && is_short;
    }

    void write(const std::string& name, const stored_value& fresh, journal<Rules>& told) {
        remove(name);
        put_back(name, fresh);
        told.add(written(name, fresh));
    }
    void put_back(const std::string& name, const stored_value& fresh) {
        bytes_ += fresh.size_with(name);
        all_.insert_or_assign(name, fresh);
    }
    void remove(const std::string& name) {
        const auto found = all_.find(name);
        if (found == all_.end()) return;
        bytes_ -= found->second.size_with(name);
        all_.erase(found);
    }

    ordered_map<deferred<std::string>, deferred<stored_value>> all_;
    std::uint64_t bytes_ = 0;  // of all of them, with their names
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
