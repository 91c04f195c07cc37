// synod/testing/log_world_disk.hpp - a disk that is a value: it keeps what was synced, and crashes
// where a flush touches it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/one_of.hpp>
#include <synod/log/messages.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/testing/durable_records.hpp>
#include <synod/testing/simulated_process.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

using log_vote = vote<entry>;

/// Where in a flush a node crashes: after so many effects, each of them a message that leaves or a
/// sync; nowhere, unless it is said. What is applied shows nobody anything, so behind the last
/// effect lies what is applied and not yet told to who asked for it.
class crash_point {
public:
    crash_point() = default;
    [[nodiscard]] static crash_point after(std::uint32_t effects) {
        crash_point made;
        made.effects_ = effects;
        return made;
    }

    [[nodiscard]] bool comes() const { return effects_.has_value(); }
    /// Precondition: it comes.
    [[nodiscard]] std::uint32_t effects() const {
        if (!effects_) throw std::logic_error("a node that does not crash has no effect before it");
        return *effects_;
    }

    friend bool operator==(crash_point, crash_point) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(comes());
        if (comes()) sink.add(effects());
    }

private:
    std::optional<std::uint32_t> effects_;
};

/// A storage that outlives its node. A crash loses what was not synced. A disk of your own derives
/// from it and hides those of append, sync, recover and crash that it does its own way; its `sync`
/// keeps what is pending only while `acts()`. One with a state of its own compares it, and adds it
/// to its fingerprint.
class log_world_disk {
public:
    template <class Record>
    void append(const Record& one) noexcept {
        if constexpr (std::same_as<Record, log_vote>) appended_.push_back(one);
        pending_.emplace_back(one);
    }

    [[nodiscard]] std::error_code sync() noexcept {
        if (acts()) keep(pending_.size());
        return {};
    }

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        kept_.report(sink);
        return {};
    }

    /// The votes go with the forget_record.
    void forget(slot /*below*/) noexcept {}

    /// Its node is to crash there in the step that begins.
    void arm(crash_point point) {
        life_ = {};
        if (point.comes()) life_.doom(point.effects());
    }
    /// Whether the next effect of the node still happens, which is asked before each.
    [[nodiscard]] bool acts() { return life_.acts(); }
    /// Whether the node has come to where it was to crash, and not only because nothing ever
    /// happens.
    [[nodiscard]] bool has_come_to(crash_point point) const {
        return life_.is_dead() || (life_.is_spent() && point.effects() > 0);
    }

    void crash() {
        pending_.clear();
        arm({});
    }

    /// The votes appended, and those that became durable, since they were taken last.
    [[nodiscard]] std::vector<log_vote> take_appended() { return std::exchange(appended_, {}); }
    [[nodiscard]] std::vector<log_vote> take_fresh() { return std::exchange(fresh_, {}); }

    /// What is durable.
    [[nodiscard]] const durable_records<entry>& kept() const { return kept_; }

    friend bool operator==(const log_world_disk& a, const log_world_disk& b) {
        return a.kept_ == b.kept_ && a.pending_ == b.pending_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(kept_);
        sink.add(pending_);
    }

protected:
    [[nodiscard]] std::size_t pending() const { return pending_.size(); }

    /// Makes the first `count` pending records durable.
    void keep(std::size_t count) {
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
        for (auto next = pending_.begin(); next != end; ++next) {
            next->visit([this](const auto& one) { kept_.keep(one); });
            if (const auto* const vote = next->template get_if<log_vote>()) fresh_.push_back(*vote);
        }
        pending_.erase(pending_.begin(), end);
    }

private:
    using record = one_of<log_vote, identity_record, promise_record, reserve_record, chosen_record,
                          forget_record>;

    durable_records<entry> kept_;
    std::vector<record> pending_;  // appended and not synced

    // Of the step that is being taken.
    std::vector<log_vote> appended_;
    std::vector<log_vote> fresh_;
    simulated_process life_;
};

/// The same with syncs that go on beside the node, and end when the world lets them.
class log_world_async_disk : public log_world_disk {
public:
    void start_sync(const sync_token& token) noexcept {
        if (acts()) under_way_.push_back({token, pending()});
    }
    [[nodiscard]] bool is_syncing() const { return !under_way_.empty(); }
    [[nodiscard]] bool has_late_answer() const { return late_.has_value(); }

    /// Ends the oldest sync under way, and returns its token.
    [[nodiscard]] sync_token end_sync() {
        const order ended = under_way_.front();
        under_way_.erase(under_way_.begin());
        for (order& one : under_way_) one.records -= ended.records;
        keep(ended.records);
        return ended.token;
    }

    /// The answer to a sync that an earlier life started. It comes once, and says nothing of this
    /// life's records.
    [[nodiscard]] sync_token take_late_answer() {
        if (!late_) throw std::logic_error("no sync of a former life is under way");
        const sync_token token = *late_;
        late_.reset();
        return token;
    }

    void crash() {
        if (!under_way_.empty()) late_ = under_way_.back().token;
        under_way_.clear();
        log_world_disk::crash();
    }

    friend bool operator==(const log_world_async_disk& a, const log_world_async_disk& b) {
        const log_world_disk& left = a;
        const log_world_disk& right = b;
        return left == right && a.under_way_ == b.under_way_ &&
               a.late_.has_value() == b.late_.has_value();
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        log_world_disk::fingerprint(sink);
        sink.add(under_way_);
        sink.add(late_.has_value());
    }

private:
    /// Tokens are not compared: roles that have come to the same in different ways have counted
    /// other records.
    struct order {
        sync_token token;
        std::size_t records = 0;  // pending ones that it covers

        friend bool operator==(const order& a, const order& b) { return a.records == b.records; }

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(records);
        }
    };

    std::vector<order> under_way_;  // the oldest first
    std::optional<sync_token> late_;
};

}  // namespace synod::inline SYNOD_ABI::testing
