// synod/lock/value_commands.hpp - what a client may ask about values and counters: reads, and
// writes that are tied to conditions.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/lock/mode.hpp>
#include <synod/log/session.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock {

/// What a condition of a transaction asks.
enum class condition_kind : std::uint8_t { token_valid, version_is };
[[nodiscard]] constexpr condition_kind last_of(condition_kind) {
    return condition_kind::version_is;
}

/// One condition of a guarded_txn; made by `token_valid` and `version_is`.
struct condition {
    condition_kind kind = condition_kind::version_is;
    std::string name;                         // of the lock, or of the value or counter
    fencing_token token;                      // of token_valid
    lock::mode mode = lock::mode::exclusive;  // of token_valid
    std::uint64_t version = 0;                // of version_is

    friend bool operator==(const condition&, const condition&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.kind, self.name, self.token, self.mode, self.version);
    }
};

/// That the lock of that name is held under that token, by whomever, in that mode or a stronger
/// one; or permits of a semaphore are, which have no mode. It holds as long as the hold does: once
/// the hold has expired in log order it fails, whatever its owner believes, so what is written
/// under it is written by its holder. (the sequencer check of Chubby; locks 3.4)
[[nodiscard]] inline condition token_valid(std::string lock, fencing_token token,
                                           lock::mode held = lock::mode::exclusive) {
    return {condition_kind::token_valid, std::move(lock), token, held, 0};
}

/// That the value or counter of that name has that version; zero: that there is none.
[[nodiscard]] inline condition version_is(std::string name, std::uint64_t version) {
    return {condition_kind::version_is, std::move(name), {}, lock::mode::exclusive, version};
}

/// A value that a transaction writes.
struct put {
    std::string name;
    std::string value;  // any bytes

    friend bool operator==(const put&, const put&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.name, self.value); }
};

/// Writes values and deletes values or counters if all conditions hold, all at once or nothing.
/// Answered by `committed`, by `condition_failed` with the first condition that does not hold, or
/// by `refused`: name_empty; name_too_long, for a delete only above 512 bytes; name_repeated for a
/// name that is written twice; kind_mismatch for a put where there is a counter; limit.
///
/// What is put has the transaction's revision as its version. Revisions rise with each change and
/// never come again, so a value that was deleted and written anew has another version. To delete
/// what is not there changes nothing, and a transaction that changes nothing takes no revision.
/// Names of values are of their own, apart from those of locks. (locks 3.4)
template <class Condition = condition>
struct basic_guarded_txn {
    request_stamp stamp;
    std::vector<Condition> conditions;
    std::vector<synod::detail::deferred<put, Condition>> puts;
    std::vector<synod::detail::deferred<std::string, Condition>> deletes;

    friend bool operator==(const basic_guarded_txn&, const basic_guarded_txn&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.conditions, self.puts, self.deletes);
    }
};
using guarded_txn = basic_guarded_txn<>;

/// Reads a value, in log order. Answered by `value_read`, or `refused` (kind_mismatch for a
/// counter; name_empty, name_too_long).
struct read_value {
    request_stamp stamp;
    std::string name;

    friend bool operator==(const read_value&, const read_value&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name); }
};

/// Writes a value if it has that version; zero: if there is none. A register is a value that is
/// written in this way. The same as a guarded_txn of one version_is and one put, and answered like
/// that. (locks 3.10)
struct compare_and_set {
    request_stamp stamp;
    std::string name;
    std::uint64_t expected_version = 0;
    std::string value;

    friend bool operator==(const compare_and_set&, const compare_and_set&) = default;
    static void fields(auto& self, auto&& visit) {
        visit(self.stamp, self.name, self.expected_version, self.value);
    }
};

/// Adds to a counter, which comes into being with its first addition, from zero. Answered by
/// `counted`, or `refused`: counter_overflow where the sum is no 64-bit number, kind_mismatch where
/// a value has that name; name_empty, name_too_long, limit. (locks 3.10)
struct add_to_counter {
    request_stamp stamp;
    std::string name;
    std::int64_t delta = 1;

    friend bool operator==(const add_to_counter&, const add_to_counter&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name, self.delta); }
};

/// Reads a counter, in log order. Answered by `counted`, with version zero if there is none; or
/// `refused`, like read_value.
struct read_counter {
    request_stamp stamp;
    std::string name;

    friend bool operator==(const read_counter&, const read_counter&) = default;
    static void fields(auto& self, auto&& visit) { visit(self.stamp, self.name); }
};

/// Whether a command is about values or counters.
template <class Command>
inline constexpr bool is_about_values =
    std::same_as<Command, guarded_txn> || std::same_as<Command, read_value> ||
    std::same_as<Command, compare_and_set> || std::same_as<Command, add_to_counter> ||
    std::same_as<Command, read_counter>;

}  // namespace synod::inline SYNOD_ABI::lock
