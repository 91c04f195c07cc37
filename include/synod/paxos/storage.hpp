// synod/paxos/storage.hpp - the concept of a storage: what a role needs in order not to forget.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/records.hpp>

#include <compare>
#include <concepts>
#include <cstdint>
#include <system_error>

namespace synod::inline SYNOD_ABI {

/// Names one sync: all records appended before `start_sync` was given this token. `instance` names
/// the role that asked, so that an answer to a role that is gone does not count for the one that
/// took its place.
struct sync_token {
    std::uint64_t instance = 0;
    std::uint64_t records = 0;

    friend constexpr auto operator<=>(const sync_token&, const sync_token&) = default;
};

namespace detail {

template <class S, class Record>
concept appends = requires(S& storage, const Record& record) {
    { storage.append(record) } noexcept -> std::same_as<void>;
};

template <class S, class Value>
concept appends_records =
    appends<S, identity_record> && appends<S, promise_record> && appends<S, reserve_record> &&
    appends<S, chosen_record> && appends<S, forget_record> && appends<S, vote<Value>>;

template <class S>
concept syncs = requires(S& storage) {
    { storage.sync() } noexcept -> std::same_as<std::error_code>;
};

template <class Value>
struct any_record_sink {
    void operator()(const identity_record&) const;
    void operator()(const promise_record&) const;
    void operator()(const reserve_record&) const;
    void operator()(const chosen_record&) const;
    void operator()(const forget_record&) const;
    void operator()(const vote<Value>&) const;
};

template <class S, class Value>
concept recovers = requires(S& storage, const any_record_sink<Value>& sink) {
    { storage.recover(sink) } -> std::same_as<std::error_code>;
};

template <class S>
concept forgets = requires(S& storage, slot below) {
    { storage.forget(below) } noexcept -> std::same_as<void>;
};

template <class S>
concept starts_sync = requires(S& storage, const sync_token& token) {
    { storage.start_sync(token) } noexcept -> std::same_as<void>;
};

template <class S>
concept names_start_sync = requires {
    &S::start_sync;
} || requires(S& storage, const sync_token& token) { storage.start_sync(token); };

template <class S>
concept start_sync_fits = !names_start_sync<S> || starts_sync<S>;

}  // namespace detail

/// Keeps records.
/// - Records appended and then synced survive a crash, in order, as a prefix of all appended.
/// - `append` stages; it cannot fail at once: what it could not stage makes every later `sync`
///   fail.
/// - `sync` makes all appended records durable. After it has failed once it never succeeds again:
///   what the failed write left behind is unknown until the storage is opened anew.
/// - `recover(sink)` calls `sink(record)` for the durable records: first the newest of each type in
///   `records::latest`, which replaces the earlier ones of its type, then the votes; those in one
///   slot in the order in which they were appended, of which all but the last may be left out.
///   Roles rest on that order: the forget_record says where the votes begin, so that room is made
///   for the slots that are kept and not for all since the first.
/// - `forget(below)` lets it drop votes in slots below.
/// - A `start_sync` is that of an async_storage, or none: one that is nearly so would go uncalled
///   without a word.
template <class S, class Value>
concept storage = std::movable<S> && detail::appends_records<S, Value> && detail::syncs<S> &&
                  detail::recovers<S, Value> && detail::forgets<S> && detail::start_sync_fits<S>;

/// A storage that can sync while the role goes on.
/// - `start_sync(token)` returns at once; later the host hands `synced(token, error)` to the role.
///   A token covers all that was appended before it was started; several may be on their way, and a
///   later one covers the earlier.
template <class S, class Value>
concept async_storage = storage<S, Value> && detail::starts_sync<S>;

namespace detail {

/// The storage of a role that has nothing to remember.
struct no_storage {
    template <class Record>
    void append(const Record&) noexcept {}
    std::error_code sync() noexcept { return {}; }
    void forget(slot) noexcept {}
    template <class Sink>
    std::error_code recover(Sink&&) {
        return {};
    }

    friend bool operator==(const no_storage&, const no_storage&) = default;

    template <class Sink>
    void fingerprint(Sink&) const {}
};

}  // namespace detail

}  // namespace synod::inline SYNOD_ABI
