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
    void append(const vote& record) noexcept {
        if (record.at < votes_.first()) return;
        vote& here = votes_.reach(record.at);
        if (record.at < synced_below_) replace(record.at, here);
        here = record;
    }

    template <class Record>
    void append(const Record& record) noexcept {
        std::get<std::optional<Record>>(unsynced_) = record;
        has_unsynced_ = true;
    }

    /// Makes every staged record durable. Constant time but for votes that replace others; cannot fail.
    [[nodiscard]] std::error_code sync() noexcept {
        synced_below_ = votes_.end();
        if (!replaced_.empty()) replaced_.clear();
        if (has_unsynced_) settle(unsynced_, durable_);
        has_unsynced_ = false;
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
        has_unsynced_ = false;
        for (; !replaced_.empty(); replaced_.pop_back()) {
            const slot at = replaced_.back().at;
            if (votes_.contains(at)) votes_[at] = std::move(replaced_.back().before);
        }
        for (slot at = synced_below_; at < votes_.end(); ++at) {
            if (votes_.contains(at)) votes_[at] = {};
        }
    }

    friend bool operator==(const memory_storage&, const memory_storage&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        add(sink, durable_);
        add(sink, unsynced_);
        sink.add(votes_);
        sink.add(synced_below_);
        sink.add(replaced_);
    }

private:
    struct replaced {
        slot at;
        vote before;

        friend bool operator==(const replaced&, const replaced&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(at);
            sink.add(before);
        }
    };

    [[gnu::noinline]] void replace(slot at, vote& here) {
        replaced_.push_back({at, std::move(here)});
    }

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
    latest unsynced_;            // newer than durable_ where set
    bool has_unsynced_ = false;  // whether any is
    slot_window<vote> votes_;    // the latest of each slot, synced or not
    slot synced_below_;          // slots from here on were empty at the last sync
    std::vector<replaced>
        replaced_;  // what unsynced votes below took the place of, the oldest first
};

}  // namespace synod::inline SYNOD_ABI
