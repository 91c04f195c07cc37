// synod/storage/memory.hpp - a storage that lasts as long as its owner, and forgets what was not synced when told to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ring.hpp>

#include <cstddef>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI {

/// Keeps the records of `Records` in memory: for tests, for benches, and for clusters that live in one process. A host that wants
/// them to outlive their replica keeps the storage itself and lends a `shared` handle. Copyable and comparable; not thread-safe.
template <class Records>
class memory_storage {
public:
    using vote = typename Records::vote;

    /// Stages a record. Amortised constant time.
    void append(const vote& record) noexcept { unsynced_votes_.push_back(record); }

    template <class Record>
    void append(const Record& record) noexcept {
        std::get<std::optional<Record>>(unsynced_) = record;
    }

    /// Makes every staged record durable. Linear in their number; cannot fail.
    [[nodiscard]] std::error_code sync() noexcept {
        settle(unsynced_, durable_);
        for (vote& record : unsynced_votes_) {
            if (record.at < votes_.first()) continue;
            votes_.reach(record.at) = std::move(record);
        }
        unsynced_votes_.clear();
        return {};
    }

    /// Calls `sink` with every durable record: the latest of each type, then the votes in slot order.
    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        crash();
        std::apply([&](const auto&... record) { (hand(record, sink), ...); }, durable_);
        for (slot at = votes_.first(); at < votes_.end(); ++at) {
            if (votes_[at].ballot.exists()) sink(std::as_const(votes_[at]));
        }
        return {};
    }

    /// Drops the votes in slots below `below`.
    void forget(slot below) noexcept { votes_.drop_below(below); }

    /// Loses what was not synced, as the crash of its host does.
    void crash() noexcept {
        unsynced_ = {};
        unsynced_votes_.clear();
    }

    friend bool operator==(const memory_storage&, const memory_storage&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        add(sink, durable_);
        add(sink, unsynced_);
        sink.add(votes_);
        sink.add(unsynced_votes_);
    }

private:
    template <class Tuple>
    struct optionals;
    template <class... Types>
    struct optionals<std::tuple<Types...>> {
        using type = std::tuple<std::optional<Types>...>;
    };
    using latest = typename optionals<typename Records::latest>::type;

    static void settle(latest& from, latest& to) {
        settle(from, to, std::make_index_sequence<std::tuple_size_v<latest>>());
    }
    template <std::size_t... Indices>
    static void settle(latest& from, latest& to, std::index_sequence<Indices...>) {
        (settle_one(std::get<Indices>(from), std::get<Indices>(to)), ...);
    }
    template <class Record>
    static void settle_one(std::optional<Record>& from, std::optional<Record>& to) {
        if (!from) return;
        to = *from;
        from.reset();
    }

    template <class Record, class Sink>
    static void hand(const std::optional<Record>& record, Sink& sink) {
        if (record) sink(*record);
    }

    template <class Sink>
    static void add(Sink& sink, const latest& records) {
        const auto one = [&sink](const auto& record) {
            sink.add(record.has_value());
            if (record) sink.add(*record);
        };
        std::apply([&](const auto&... each) { (one(each), ...); }, records);
    }

    latest durable_;
    latest unsynced_;                    // newer than durable_ where set
    slot_window<vote> votes_;            // durable
    std::vector<vote> unsynced_votes_;   // in the order appended
};

}  // namespace synod::inline SYNOD_ABI
