// synod/testing/simulated_disk.hpp - a disk on virtual time that fails, is slow, loses what was not
// synced, and rots.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/one_of.hpp>
#include <synod/base/queue.hpp>
#include <synod/paxos/records.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/durable_marks.hpp>
#include <synod/testing/sector_log.hpp>
#include <synod/testing/simulated_process.hpp>
#include <synod/testing/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A storage of the records of `Records`, lent to the node by a `shared` handle, so that it
/// outlives its lives. A crash loses what was not synced, all or, by fault, all but a prefix.
/// `sync` blocks: how long, `process.delay` says.
///
/// Records lie in a sector_log, and each kind of damage is done to its sectors as it would be done
/// to a real one: a bit flips, a record goes to another place, or nowhere, or is read from another
/// place. By `Checks` of the sectors alone the storage finds out, when it is recovered or copies
/// what it still needs: it says so, and does not pretend that nothing was there. `is_damaged` knows
/// the truth.
///
/// What it is given to keep must not go back behind what it holds: a promise, a reserved ballot or
/// a vote that becomes durable below an earlier one is a violation, since the next life would read
/// it. Only `wipe` and `restore_image` take it back.
template <class Records, class Checks = sector_checks>
class simulated_disk {
public:
    using vote_type = typename Records::vote;

    /// Of a disk that cannot be trusted.
    static constexpr std::errc faulty = std::errc::illegal_byte_sequence;

    simulated_disk(stage& run, simulated_process& process) : stage_(run), process_(&process) {}

    template <class Record>
    void append(const Record& one) noexcept {
        if (!process_->is_dead()) pending_.emplace_back(one);
    }

    [[nodiscard]] std::error_code sync() noexcept {
        if (!process_->acts()) return {};
        if (const std::error_code error = trouble()) return error;
        if (const duration wait = latency(); wait > duration(0)) process_->delay = wait;
        return keep(pending_.size());
    }

    /// What it hands out becomes what is durable, as far as `marks` tells.
    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        if (stage_.strikes(fault::read_error, 50'000)) {
            return std::make_error_code(std::errc::io_error);
        }
        misdirect_read();
        memory_storage<Records> found;
        if (!collect(found)) return std::make_error_code(faulty);
        here_.marks = {};
        return found.recover([&](const auto& one) {
            static_cast<void>(here_.marks.note(one));
            sink(one);
        });
    }

    void forget(slot below) noexcept {
        if (!process_->is_dead()) here_.forgotten_below = below;
    }

    /// The node crashes, and its next life is `next`.
    void crash(simulated_process& next) {
        std::size_t survive = 0;
        if (!pending_.empty() && stage_.strikes(fault::lost_suffix, 900'000)) {
            survive = static_cast<std::size_t>(stage_.random.below(pending_.size() + 1));
        }
        const bool is_torn = survive > 0 && stage_.strikes(fault::torn_write, 800'000);
        leave(is_torn ? survive - 1 : survive);
        if (is_torn) here_.log.append_torn(pending_.front());
        pending_.clear();
        process_ = &next;
    }

    // What may befall it. Each but the first two is damage, from the moment on at which it has
    // happened.

    /// Every sync fails until then.
    void fill_up(instant until) { full_until_ = until; }
    /// There is room again, and what was to go wrong with the next write does not.
    void relent() {
        full_until_ = stage_.now;
        next_write_ = write_fault::none;
    }
    /// A bit of a record that is durable changes. Without one nothing does.
    void flip_bit() {
        if (here_.log.sealed() == 0) return;
        is_damaged_ = true;
        const std::uint64_t bit = std::uint64_t{1} << stage_.random.below(16);
        here_.log.rot(stage_.random.below(here_.log.sealed()), [bit](record& rotten) {
            rotten.visit([bit](auto& one) { flip(one, bit); });
        });
    }
    /// The next record that is synced is written over another one.
    void misdirect_next_write() { next_write_ = write_fault::misdirected; }
    /// The next record that is synced never arrives: its place keeps what was there.
    void lose_next_write() { next_write_ = write_fault::lost; }

    /// Whether anything of what was durable is not there any more.
    [[nodiscard]] bool is_damaged() const { return is_damaged_; }

    /// How many records lie there, with those that are obsolete.
    [[nodiscard]] std::uint64_t length() const { return here_.log.size(); }
    /// Whether anything waits for a sync.
    [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

    /// A new disk in its place.
    void wipe() { replace_by({}); }
    /// Keeps a copy of what is durable, in place of an earlier one. Precondition: it is not
    /// damaged.
    void save_image() { image_ = here_; }
    /// That copy takes the place of the disk.
    void restore_image() { replace_by(image_); }

    [[nodiscard]] const durable_marks& marks() const { return here_.marks; }

    /// Calls `sink(vote)` for each vote that became durable since the last call.
    template <class Sink>
    void drain_votes(Sink&& sink) {
        for (const vote_type& each : fresh_) sink(each);
        fresh_.clear();
    }

protected:
    using record = one_of<vote_type, identity_record, promise_record, reserve_record, chosen_record,
                          forget_record>;

    /// Why a sync fails, if it does; what it was to make durable is gone then, but for what a short
    /// write leaves.
    [[nodiscard]] std::error_code trouble() {
        if (stage_.now < full_until_) return fail(std::errc::no_space_on_device, 0);
        if (stage_.strikes(fault::sync_error, 1'000)) return fail(std::errc::io_error, 0);
        if (stage_.strikes(fault::short_write, 1'000)) {
            return fail(std::errc::io_error,
                        static_cast<std::size_t>(stage_.random.below(pending_.size() + 1)));
        }
        return {};
    }

    [[nodiscard]] duration latency() {
        if (!stage_.strikes(fault::slow_disk, 5'000)) return duration(0);
        return stage_.between(milliseconds(1), milliseconds(400));
    }

    /// Makes the first `count` pending records durable.
    [[nodiscard]] std::error_code keep(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            write(pending_.front());
            settle_first();
        }
        here_.log.seal();
        return here_.log.size() < here_.tidy_at ? std::error_code() : tidy();
    }

    [[nodiscard]] std::size_t pending() const { return pending_.size(); }
    [[nodiscard]] stage& run() const { return stage_; }
    [[nodiscard]] simulated_process& process() { return *process_; }

private:
    enum class write_fault : std::uint8_t { none, misdirected, lost };

    static constexpr std::uint64_t shortest = 64;  // log that is worth being tidied

    /// What is durable, and all that is known of it.
    struct contents {
        sector_log<record, Checks> log;
        durable_marks marks;
        slot forgotten_below;
        std::uint64_t tidy_at = shortest;
    };

    [[nodiscard]] std::error_code fail(std::errc why, std::size_t written) {
        leave(written);
        pending_.clear();
        return std::make_error_code(why);
    }

    /// The first `count` pending records are on the disk, and nobody knows.
    void leave(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            here_.log.append(pending_.front());
            settle_first();
        }
    }

    void write(const record& one) {
        switch (std::exchange(next_write_, write_fault::none)) {
            case write_fault::none: return here_.log.append(one);
            case write_fault::lost: spoil(fault::stale_sector); return here_.log.lose_next();
            case write_fault::misdirected:
                spoil(fault::misdirected_write);
                return here_.log.append_astray(one, any_place_but(here_.log.size()));
        }
    }
    void spoil(fault by) {
        is_damaged_ = true;
        stage_.strike(by);
    }

    /// Another place that is in use; the one behind the first if none is.
    [[nodiscard]] std::uint64_t any_place_but(std::uint64_t place) {
        const std::uint64_t size = here_.log.size();
        if (size < 2) return 1 - place;
        const std::uint64_t steps = 1 + stage_.random.below(size - 1);
        return (place + steps) % size;
    }

    void misdirect_read() {
        if (here_.log.size() < 2 || !stage_.strikes(fault::misdirected_read, 100'000)) return;
        const std::uint64_t place = stage_.random.below(here_.log.size());
        here_.log.misdirect_read(place, any_place_but(place));
    }

    /// Takes the first pending record off, which is on the disk now.
    void settle_first() {
        pending_.front().visit([this](const auto& one) {
            if (const char* const broken = here_.marks.note(one)) stage_.violate(broken);
            if constexpr (std::is_same_v<decltype(one), const vote_type&>) fresh_.push_back(one);
        });
        pending_.pop_front();
    }

    /// Reads everything that is not obsolete; false if the log is damaged.
    [[nodiscard]] bool collect(memory_storage<Records>& found) {
        found.forget(here_.forgotten_below);
        const bool is_whole = here_.log.read([&found](const record& each) {
            each.visit([&found](const auto& one) { found.append(one); });
        });
        static_cast<void>(found.sync());
        return is_whole;
    }

    /// Copies what is still needed to another file, so that the log does not grow for ever.
    [[nodiscard]] std::error_code tidy() {
        memory_storage<Records> needed;
        if (!collect(needed)) return std::make_error_code(faulty);
        here_.log.begin_anew();
        static_cast<void>(
            needed.recover([this](const auto& one) { here_.log.append(record(one)); }));
        here_.log.seal();
        here_.tidy_at = 2 * here_.log.size() + shortest;
        return {};
    }

    void replace_by(const contents& other) {
        here_ = other;
        pending_.clear();
        next_write_ = write_fault::none;
        is_damaged_ = false;
    }

    static void flip(identity_record& one, std::uint64_t bit) {
        one.incarnation = synod::incarnation(one.incarnation.value() ^ bit);
    }
    template <class Record>
    static void flip(Record& one, std::uint64_t bit) {
        if constexpr (requires { one.below; }) {
            one.below = slot(one.below.value() ^ bit);
        } else {
            one.ballot = ballot::from_packed(one.ballot.packed() ^ bit << 8U);
        }
    }

    stage& stage_;
    simulated_process* process_;
    contents here_;
    contents image_;
    queue<record> pending_;  // appended and not synced
    std::vector<vote_type> fresh_;
    instant full_until_;
    write_fault next_write_ = write_fault::none;
    bool is_damaged_ = false;
};

/// The same with syncs that go on beside the node: `finished` hands out those that have ended by
/// now.
template <class Records, class Checks = sector_checks>
class simulated_async_disk : public simulated_disk<Records, Checks> {
    using base = simulated_disk<Records, Checks>;

public:
    using base::base;

    /// Covers what was started before, too, which ends when it is due, with nothing left to keep.
    [[nodiscard]] std::error_code sync() noexcept {
        const std::error_code error = base::sync();
        if (error) under_way_.clear();
        if (this->process().is_dead()) return error;
        for (std::size_t i = 0; i < under_way_.size(); ++i) under_way_[i].records = 0;
        return error;
    }

    void start_sync(const sync_token& token) noexcept {
        if (!this->process().acts()) return;
        const duration least = this->run().between(microseconds(50), milliseconds(3));
        under_way_.push_back({token, this->pending(), this->run().now + least + this->latency()});
    }

    /// When the next sync ends, or an answer to an earlier life comes, which is at once; never() if
    /// no sync is under way.
    [[nodiscard]] instant next_due() const {
        if (under_way_.empty()) return instant::never();
        return late_ ? this->run().now : under_way_.front().due;
    }

    /// Calls `synced(token, error)` for each sync that has ended. Syncs end in the order in which
    /// they were started.
    template <class Synced>
    void finish(Synced&& synced) {
        while (!under_way_.empty() && under_way_.front().due <= this->run().now) {
            const order ended = under_way_.front();
            under_way_.pop_front();
            std::error_code error = this->trouble();
            if (!error) error = settle(ended.records);
            if (error) under_way_.clear();
            synced(ended.token, error);
        }
    }

    /// As with every disk; the answer to what was under way may come late, to the next life.
    void crash(simulated_process& next) {
        if (!under_way_.empty() && this->run().strikes(fault::late_sync, 500'000)) {
            late_ = under_way_.front().token;
        }
        under_way_.clear();
        base::crash(next);
    }

    /// The answer to a sync of an earlier life, once, and when it hurts most: as soon as this life
    /// waits for one of its own.
    [[nodiscard]] std::optional<sync_token> take_late() {
        if (under_way_.empty()) return std::nullopt;
        return std::exchange(late_, std::nullopt);
    }

private:
    struct order {
        sync_token token;
        std::size_t records = 0;  // pending when it was started: those it covers
        instant due;
    };

    /// The first `count` pending records are durable, and those who wait count from there.
    [[nodiscard]] std::error_code settle(std::size_t count) {
        for (std::size_t i = 0; i < under_way_.size(); ++i) under_way_[i].records -= count;
        return this->keep(count);
    }

    queue<order> under_way_;  // each ends when it is due and those before it have ended
    std::optional<sync_token> late_;
};

}  // namespace synod::inline SYNOD_ABI::testing
