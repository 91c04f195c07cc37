// synod/testing/sector_log.hpp - the log of a simulated disk as it lies there: records in places,
// each with what proves it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>
#include <synod/base/fingerprint.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Where a sector lies: in one of the two files of a log, in a place there.
struct sector_address {
    std::uint64_t file = 0;
    std::uint64_t place = 0;

    friend bool operator==(const sector_address&, const sector_address&) = default;
};

/// What was written to a place last: a record, and what it is known by. One that was never written
/// has no right checksum.
template <class Record>
struct sector {
    Record record{};
    sector_address address;      // where it was to go
    std::uint64_t sequence = 0;  // among all that were ever written to its log, from one on
    std::uint64_t checksum = 0;  // what sum() was when it was written

    [[nodiscard]] std::uint64_t sum() const {
        fingerprinter sink;
        sink.add(address.file);
        sink.add(address.place);
        sink.add(sequence);
        sink.add(record);
        return sink.value().low;
    }
};

/// What a log asks of a sector before it believes it. To see what one of the questions is for,
/// derive from this and hide it.
struct sector_checks {
    /// It is as it was written.
    template <class Record>
    [[nodiscard]] static bool is_sound(const sector<Record>& one) {
        return one.checksum == one.sum();
    }
    /// It was written to where it is.
    template <class Record>
    [[nodiscard]] static bool is_at_home(const sector<Record>& one, const sector_address& here) {
        return one.address == here;
    }
    /// It is the newest that was written there.
    template <class Record>
    [[nodiscard]] static bool is_current(const sector<Record>& one, std::uint64_t sequence) {
        return one.sequence == sequence;
    }
};

/// What a log takes a sector for.
enum class sector_state : std::uint8_t {
    whole,
    rotten,  // its checksum is wrong: it has changed, is half written, or was never written
    astray,  // it belongs elsewhere
    stale,   // an older one, in the place of what was to be written over it
};

/// Records in the order in which they were appended, one to a place. What is sealed was synced: if
/// a sector of that is not whole, then the log is damaged, and says so. Behind it lie what a crash
/// has left of the rest, which ends where a sector is not whole, and older sectors, since files are
/// used again: `begin_anew` goes on in the other file, where everything is written once more that
/// is still needed. Which file it is, and how much of it is sealed, is kept apart in copies, of
/// which none of the faults here takes all.
///
/// `Record` has a default and a fingerprint. A value.
template <class Record, class Checks = sector_checks>
class sector_log {
public:
    /// How many records were appended to this file.
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// How many of them are there to stay.
    [[nodiscard]] std::uint64_t sealed() const { return sealed_; }

    void append(const Record& one) {
        const sector_address where = next();
        at(where.place) = made_for(where, one);
    }
    /// All appended so far is there to stay.
    void seal() { sealed_ = size_; }
    /// Goes on in the other file.
    void begin_anew() {
        before_ += size_;
        file_ = 1 - file_;
        size_ = sealed_ = 0;
    }

    /// Calls `sink(record)` for each, or for none if the log is damaged; returns whether it is not.
    /// What was not sealed, and is there, is then; what lies behind it is cut off.
    template <class Sink>
    [[nodiscard]] bool read(Sink&& sink) {
        std::vector<const Record*> found;
        while (const Record* const next = read_at(found.size())) found.push_back(next);
        if (found.size() < sealed_) return false;
        size_ = sealed_ = found.size();
        for (const Record* const one : found) sink(*one);
        return true;
    }

    /// What it takes the sector in `place` of this file for.
    [[nodiscard]] sector_state look(std::uint64_t place) const {
        return judge(files_[file_][place], place);
    }

    // What goes wrong.

    /// The record is written over what lies in `place`; where it was to go nothing changes.
    void append_astray(const Record& one, std::uint64_t place) {
        const sector_address where = next();
        at(place) = made_for(where, one);
    }
    /// The record is not written, and nobody is told.
    void lose_next() { static_cast<void>(next()); }
    /// A crash comes when half of the record is written.
    void append_torn(const Record& one) {
        const sector_address where = next();
        at(where.place) = made_for(where, one);
        at(where.place).record = Record{};
    }
    /// Something in `place` changes: `change(record)`.
    template <class Change>
    void rot(std::uint64_t place, Change&& change) {
        change(at(place).record);
    }
    /// Once, the sector in `other` is read instead of that in `place`.
    void misdirect_read(std::uint64_t place, std::uint64_t other) { misdirected_ = {place, other}; }

private:
    using sector_type = sector<Record>;

    struct detour {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
    };

    /// Takes the next place.
    [[nodiscard]] sector_address next() {
        const sector_address where{file_, size_++};
        if (where.place >= files_[file_].size()) files_[file_].resize(where.place + 1);
        return where;
    }

    [[nodiscard]] sector_type& at(std::uint64_t place) {
        if (place >= files_[file_].size()) files_[file_].resize(place + 1);
        return files_[file_][place];
    }

    [[nodiscard]] std::uint64_t sequence_of(std::uint64_t place) const {
        return before_ + place + 1;
    }

    [[nodiscard]] sector_type made_for(const sector_address& where, const Record& one) const {
        sector_type made{one, where, sequence_of(where.place), 0};
        made.checksum = made.sum();
        return made;
    }

    /// A sector that is not whole is read once more: not every fault is one of the disk's surface.
    [[nodiscard]] const Record* read_at(std::uint64_t place) {
        if (place >= files_[file_].size()) return nullptr;
        for (int tries = 0; tries < 2; ++tries) {
            const sector_type& one = fetch(place);
            if (judge(one, place) == sector_state::whole) return &one.record;
        }
        return nullptr;
    }

    [[nodiscard]] const sector_type& fetch(std::uint64_t place) {
        std::uint64_t from = place;
        if (misdirected_ && misdirected_->from == place) {
            from = misdirected_->to;
            misdirected_.reset();
        }
        return files_[file_][from];
    }

    [[nodiscard]] sector_state judge(const sector_type& one, std::uint64_t place) const {
        if (!Checks::is_sound(one)) return sector_state::rotten;
        if (!Checks::is_at_home(one, {file_, place})) return sector_state::astray;
        if (!Checks::is_current(one, sequence_of(place))) return sector_state::stale;
        return sector_state::whole;
    }

    std::array<std::vector<sector_type>, 2> files_;
    std::uint64_t file_ = 0;    // in use
    std::uint64_t before_ = 0;  // sectors written to earlier files
    std::uint64_t size_ = 0;    // places of this file that were taken
    std::uint64_t sealed_ = 0;  // those of them that were synced
    std::optional<detour> misdirected_;
};

}  // namespace synod::inline SYNOD_ABI::testing
