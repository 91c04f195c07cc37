// synod/testing/simulated_disk.hpp - a disk on virtual time that fails, is slow, loses what was not synced, and rots.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/queue.hpp>
#include <synod/paxos/records.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/durable_marks.hpp>
#include <synod/testing/simulated_process.hpp>
#include <synod/testing/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// A storage of the records of `Records`, lent to the node by a `shared` handle, so that it outlives its lives. A crash loses what was
/// not synced, all or, by fault, all but a prefix. `sync` blocks: how long, `process.delay` says.
///
/// Damage done to it (`damage`) is found by the checksums that a storage has, when the node recovers: it says so, and does not
/// pretend that nothing was there.
///
/// What it is given to keep must not go back behind what it holds: a promise, a reserved ballot or a vote that becomes durable below
/// an earlier one is a violation, since the next life would read it. Only `wipe` and `restore_image` take it back.
template <class Records>
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
        keep(pending_.size());
        return {};
    }

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        if (is_damaged_) return std::make_error_code(faulty);
        if (stage_.strikes(fault::read_error, 50'000)) {
            return std::make_error_code(std::errc::io_error);
        }
        return kept_.recover(sink);
    }

    void forget(slot below) noexcept {
        if (!process_->is_dead()) kept_.forget(below);
    }

    /// The node crashes, and its next life is `next`.
    void crash(simulated_process& next) {
        std::size_t survive = 0;
        if (!pending_.empty() && stage_.strikes(fault::lost_suffix, 900'000)) {
            survive = static_cast<std::size_t>(stage_.random.below(pending_.size() + 1));
            if (survive > 0 && stage_.strikes(fault::torn_write, 800'000)) --survive;
        }
        keep(survive);
        pending_.clear();
        process_ = &next;
    }

    /// Something of what was durable has rotted.
    void damage() { is_damaged_ = true; }
    [[nodiscard]] bool is_damaged() const { return is_damaged_; }

    /// Whether anything waits for a sync.
    [[nodiscard]] bool has_pending() const { return !pending_.empty(); }

    /// Every sync fails until then.
    void fill_up(instant until) { full_until_ = until; }

    /// A new disk in its place.
    void wipe() {
        kept_ = {};
        marks_ = {};
        pending_.clear();
        is_damaged_ = false;
    }
    /// Keeps a copy of what is durable, in place of an earlier one.
    void save_image() {
        image_ = kept_;
        image_marks_ = marks_;
    }
    /// That copy takes the place of the disk.
    void restore_image() {
        kept_ = image_;
        marks_ = image_marks_;
        pending_.clear();
        is_damaged_ = false;
    }

    [[nodiscard]] const durable_marks& marks() const { return marks_; }

    /// Calls `sink(vote)` for each vote that became durable since the last call.
    template <class Sink>
    void drain_votes(Sink&& sink) {
        for (const vote_type& each : fresh_) sink(each);
        fresh_.clear();
    }

protected:
    using record = std::variant<vote_type, identity_record, promise_record, reserve_record,
                                chosen_record, forget_record>;

    /// Why a sync fails, if it does; what it was to make durable is gone then, but for what a short write leaves.
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
    void keep(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            std::visit([this](const auto& one) { this->keep_one(one); }, pending_.front());
            pending_.pop_front();
        }
        static_cast<void>(kept_.sync());
    }

    [[nodiscard]] std::size_t pending() const { return pending_.size(); }
    [[nodiscard]] stage& run() const { return stage_; }
    [[nodiscard]] simulated_process& process() { return *process_; }

private:
    [[nodiscard]] std::error_code fail(std::errc why, std::size_t written) {
        keep(written);
        pending_.clear();
        return std::make_error_code(why);
    }

    template <class Record>
    void keep_one(const Record& one) {
        kept_.append(one);
        if (const char* const broken = marks_.note(one)) stage_.violate(broken);
        if constexpr (std::is_same_v<Record, vote_type>) fresh_.push_back(one);
    }

    stage& stage_;
    simulated_process* process_;
    memory_storage<Records> kept_;  // durable, all of it
    memory_storage<Records> image_;
    queue<record> pending_;      // appended and not synced
    durable_marks marks_;        // of kept_
    durable_marks image_marks_;  // of image_
    std::vector<vote_type> fresh_;
    instant full_until_;
    bool is_damaged_ = false;
};

/// The same with syncs that go on beside the node: `finished` hands out those that have ended by now.
template <class Records>
class simulated_async_disk : public simulated_disk<Records> {
    using base = simulated_disk<Records>;

public:
    using base::base;

    void start_sync(const sync_token& token) noexcept {
        if (!this->process().acts()) return;
        const duration least = this->run().between(microseconds(50), milliseconds(3));
        under_way_.push_back({token, this->pending(), this->run().now + least + this->latency()});
    }

    /// When the next sync ends, or an answer to an earlier life comes, which is at once; never() if no sync is under way.
    [[nodiscard]] instant next_due() const {
        if (under_way_.empty()) return instant::never();
        return late_ ? this->run().now : under_way_.front().due;
    }

    /// Calls `synced(token, error)` for each sync that has ended. Syncs end in the order in which they were started.
    template <class Synced>
    void finish(Synced&& synced) {
        while (!under_way_.empty() && under_way_.front().due <= this->run().now) {
            const order ended = under_way_.front();
            under_way_.pop_front();
            const std::error_code error = this->trouble();
            error ? under_way_.clear() : settle(ended.records);
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

    /// The answer to a sync of an earlier life, once, and when it hurts most: as soon as this life waits for one of its own.
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
    void settle(std::size_t count) {
        this->keep(count);
        for (std::size_t i = 0; i < under_way_.size(); ++i) under_way_[i].records -= count;
    }

    queue<order> under_way_;  // each ends when it is due and those before it have ended
    std::optional<sync_token> late_;
};

}  // namespace synod::inline SYNOD_ABI::testing
