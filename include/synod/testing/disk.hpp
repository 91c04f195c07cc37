// synod/testing/disk.hpp - the concept of a disk: where a storage is opened, and opened again after
// a crash.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/shared.hpp>
#include <synod/paxos/storage.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::testing {

namespace detail {

template <class Disk>
using opened_by = decltype(std::declval<Disk&>().open());

struct any_answer_sink {
    void operator()(const sync_token& token, std::error_code error) const;
};

template <class D, class Value>
concept opens_storage = requires(D& disk) {
    { disk.open() } -> storage<Value>;
};

template <class D>
concept crashes = requires(D& disk, opened_by<D>& opened) { disk.crash(opened); };

template <class D>
concept can_fail = requires(D& disk, opened_by<D>& opened) { disk.fail_next_sync(opened); };

template <class D>
concept can_answer = requires(D& disk, opened_by<D>& opened, const any_answer_sink& sink) {
    disk.answers(opened, sink);
};

}  // namespace detail

/// What a storage is tried on: the directory, device or memory below it. A disk begins empty.
/// - `open()` opens the storage on what is there, by value; it is called first, and once after each
///   crash.
/// - `crash(opened)` loses what a crash of the host may lose, as much of it as the tester likes.
///   The storage that was open is destroyed right after it and must not add to what is there.
/// - `fail_next_sync(opened)`, if there is one, makes the next sync of the open storage fail; once
///   it is opened anew it works.
/// - `answers(opened, sink)`, if there is one, calls `sink(token, error)` for each sync that has
///   ended since the last call. It is called until all that were started are answered.
template <class D, class Value>
concept disk = testing::detail::opens_storage<D, Value> && testing::detail::crashes<D>;

/// A disk for a storage that is a value and has a member `crash()` that loses what was not synced,
/// such as memory_storage.
template <class Storage>
class value_disk {
public:
    [[nodiscard]] Storage open() { return std::move(kept_); }
    void crash(Storage& opened) {
        opened.crash();
        kept_ = std::move(opened);
    }

private:
    Storage kept_;
};

/// The same for a storage that the host keeps, and lends as a `shared` handle.
template <class Storage>
class lent_disk {
public:
    [[nodiscard]] shared<Storage> open() { return shared<Storage>(*kept_); }
    void crash(shared<Storage>& opened) { opened.target().crash(); }

private:
    std::unique_ptr<Storage> kept_ = std::make_unique<Storage>();  // stays where it is
};

}  // namespace synod::inline SYNOD_ABI::testing
