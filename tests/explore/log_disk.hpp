// tests/explore/log_disk.hpp - a disk that is a value: it keeps what was synced, and crashes where
// a flush touches it.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/one_of.hpp>
#include <synod/log/messages.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/testing/simulated_process.hpp>

#include "explore/durable_records.hpp"
#include "mutants/mutant.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace explore {

using log_vote = synod::vote<synod::entry>;

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
    [[nodiscard]] std::uint32_t effects() const { return *effects_; }

    friend bool operator==(crash_point, crash_point) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(comes());
        if (comes()) sink.add(effects());
    }

private:
    std::optional<std::uint32_t> effects_;
};

/// A storage that outlives its node. A crash loses what was not synced.
class value_disk {
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
    void forget(synod::slot /*below*/) noexcept {}

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
    [[nodiscard]] const durable_records<synod::entry>& kept() const { return kept_; }

    friend bool operator==(const value_disk& a, const value_disk& b) {
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
    using record = synod::one_of<log_vote, synod::identity_record, synod::promise_record,
                                 synod::reserve_record, synod::chosen_record, synod::forget_record>;

    durable_records<synod::entry> kept_;
    std::vector<record> pending_;  // appended and not synced

    // Of the step that is being taken.
    std::vector<log_vote> appended_;
    std::vector<log_vote> fresh_;
    synod::testing::simulated_process life_;
};

/// The same with syncs that go on beside the node, and end when the world lets them.
class value_async_disk : public value_disk {
public:
    void start_sync(const synod::sync_token& token) noexcept {
        if (acts()) under_way_.push_back({token, pending()});
    }
    [[nodiscard]] bool is_syncing() const { return !under_way_.empty(); }
    [[nodiscard]] bool has_late_answer() const { return late_.has_value(); }

    /// Ends the oldest sync under way, and returns its token.
    [[nodiscard]] synod::sync_token end_sync() {
        const order ended = under_way_.front();
        under_way_.erase(under_way_.begin());
        for (order& one : under_way_) one.records -= ended.records;
        keep(ended.records);
        return ended.token;
    }

    /// The answer to a sync that an earlier life started. It comes once, and says nothing of this
    /// life's records.
    [[nodiscard]] synod::sync_token take_late_answer() {
        if (!late_) throw std::logic_error("no sync of a former life is under way");
        const synod::sync_token token = *late_;
        late_.reset();
        return token;
    }

    void crash() {
        if (!under_way_.empty()) late_ = under_way_.back().token;
        under_way_.clear();
        value_disk::crash();
    }

    friend bool operator==(const value_async_disk& a, const value_async_disk& b) {
        const value_disk& left = a;
        const value_disk& right = b;
        return left == right && a.under_way_ == b.under_way_ &&
               a.late_.has_value() == b.late_.has_value();
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        value_disk::fingerprint(sink);
        sink.add(under_way_);
        sink.add(late_.has_value());
    }

private:
    /// Tokens are not compared: roles that have come to the same in different ways have counted
    /// other records.
    struct order {
        synod::sync_token token;
        std::size_t records = 0;  // pending ones that it covers

        friend bool operator==(const order& a, const order& b) { return a.records == b.records; }

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(records);
        }
    };

    std::vector<order> under_way_;  // the oldest first
    std::optional<synod::sync_token> late_;
};

/// A disk that can make M31: then the votes of a leader for its own entries reach it only after the
/// sync that they ought to have been part of.
class wrong_value_disk : public value_disk {
public:
    template <class Record>
    void append(const Record& one) noexcept {
        value_disk::append(one);
    }
    void append(const synod::identity_record& one) noexcept {
        self_ = one.node;
        value_disk::append(one);
    }
    void append(const log_vote& one) noexcept {
        const bool is_own = one.ballot.proposer() == self_;
        if (!synod::mutants::is(synod::mutants::mutant::m31) || !is_own)
            return value_disk::append(one);
        unwritten_.push_back(one);
    }
    [[nodiscard]] std::error_code sync() noexcept {
        const std::error_code error = value_disk::sync();
        for (const log_vote& one : unwritten_) value_disk::append(one);
        unwritten_.clear();
        return error;
    }

private:
    synod::node_id self_{synod::max_nodes};
    std::vector<log_vote> unwritten_;  // none between two steps
};

}  // namespace explore
