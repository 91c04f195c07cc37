// synod/storage/memory.hpp - a storage that lasts as long as its owner, and forgets what was not
// synced when told to.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/queue.hpp>
#include <synod/base/slot_window.hpp>

#include <cstddef>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

/// Keeps the records of `Records` in memory: for tests, for benches, and for clusters that live in
/// one process. A host that wants them to outlive their replica keeps the storage itself and lends
/// a `shared` handle. Copyable and comparable; not thread-safe.
template <class Records>
class memory_storage {
public:
    using vote = typename Records::vote;

    /// Stages a record. Amortised constant time.
    [[gnu::always_inline]] void append(const vote& record) noexcept {
        if (record.at == votes_.end()) {
            votes_.extend(record);
        } else {
            append_elsewhere(record);
        }
    }

    template <class Record>
    void append(const Record& record) noexcept {
        static_cast<newest<Record>&>(unsynced_) = {record, true};
        has_unsynced_ = true;
    }

    /// Makes every staged record durable. Constant time but for votes that replace others; cannot
    /// fail.
    [[nodiscard]] std::error_code sync() noexcept {
        synced_below_ = votes_.end();
        if (!replaced_.empty()) replaced_.clear();
        if (has_unsynced_) durable_.update(unsynced_);
        has_unsynced_ = false;
        return {};
    }

    /// Calls `sink` with every durable record: the latest of each type, then the votes in slot
    /// order.
    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        crash();
        durable_.report(sink);
        for (slot at = votes_.first(); at < votes_.end(); ++at) {
            if (votes_[at].ballot.exists()) sink(std::as_const(votes_[at]));
        }
        return {};
    }

    /// Drops the votes in slots below `below`.
    void forget(slot below) noexcept { votes_.drop_below(below); }

    /// Loses what was not synced, as the crash of its host does.
    [[gnu::cold]] void crash() noexcept {
        unsynced_ = {};
        has_unsynced_ = false;
        for (std::size_t left = replaced_.size(); left > 0; --left) {
            vote& before = replaced_[left - 1];
            if (!votes_.contains(before.at)) continue;
            vote& here = votes_[before.at];
            if (!before.ballot.exists()) before.at = slot();
            here = std::move(before);
        }
        replaced_.clear();
        for (slot at = synced_below_; at < votes_.end(); ++at) {
            if (votes_.contains(at)) votes_[at] = {};
        }
    }

    friend bool operator==(const memory_storage&, const memory_storage&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(durable_);
        sink.add(unsynced_);
        sink.add(votes_);
        sink.add(synced_below_);
        sink.add(replaced_);
    }

private:
    [[gnu::noinline, gnu::cold]] void append_elsewhere(const vote& record) {
        if (record.at < votes_.first()) return;
        vote& here = votes_.reach(record.at);
        here.at = record.at;
        if (record.at < synced_below_) replaced_.push_back(std::move(here));
        here = record;
    }

    template <class Record>
    struct newest {
        Record record{};
        bool exists = false;

        friend bool operator==(const newest&, const newest&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(exists);
            if (exists) sink.add(record);
        }
    };

    template <class List>
    struct newest_of;
    template <template <class...> class List, class... Types>
    struct newest_of<List<Types...>> : newest<Types>... {
        template <class Sink>
        void report(Sink& sink) const {
            ((newest<Types>::exists ? sink(newest<Types>::record) : void()), ...);
        }

        /// Takes over what `from` has, and leaves it with nothing.
        void update(newest_of& from) {
            ((from.newest<Types>::exists ? void(newest<Types>::operator=(from)) : void()), ...);
            from = {};
        }

        friend bool operator==(const newest_of&, const newest_of&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            (sink.add(static_cast<const newest<Types>&>(*this)), ...);
        }
    };
    using latest = newest_of<typename Records::latest>;

    latest durable_;
    latest unsynced_;            // newer than durable_ where set
    bool has_unsynced_ = false;  // whether any is
    slot_window<vote> votes_;    // the latest of each slot, synced or not
    slot synced_below_;          // slots from here on were empty at the last sync
    queue<vote> replaced_;       // what unsynced votes below took the place of, the oldest first
};

}  // namespace synod::inline SYNOD_ABI
