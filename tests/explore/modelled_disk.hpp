// tests/explore/modelled_disk.hpp - a disk that is a value: what is durable, and what a crash may
// still take.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/records.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/testing/durable_records.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace explore {

using synod::testing::durable_records;

/// A storage that is a value. A crash loses what was not synced, or all of it but a prefix; a sync
/// that fails loses all of it.
class modelled_disk {
public:
    using vote_type = synod::vote<int>;

    /// Syncs that any disk has begun: what is sent between two of them left before the second.
    /// Checkers run on one thread.
    static inline std::uint64_t syncs_begun = 0;

    template <class Record>
    void append(const Record& one) noexcept {
        pending_.emplace_back(one);
    }

    [[nodiscard]] std::error_code sync() noexcept {
        ++syncs_begun;
        if (std::exchange(fails_next_, false)) {
            pending_.clear();
            return std::make_error_code(std::errc::io_error);
        }
        keep(pending_.size());
        return {};
    }

    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&& sink) {
        kept_.report(sink);
        return {};
    }

    /// The votes go with the forget_record.
    void forget(synod::slot /*below*/) noexcept {}

    /// Loses all pending records but the first `survivors`.
    void crash(std::size_t survivors) {
        keep(survivors);
        pending_.clear();
        fails_next_ = false;
    }

    /// Lets the next sync fail.
    void fail_next() { fails_next_ = true; }

    [[nodiscard]] const durable_records<int>& kept() const { return kept_; }
    /// Records appended and not synced.
    [[nodiscard]] std::size_t pending() const { return pending_.size(); }
    /// The votes that became durable since the last call, in order.
    [[nodiscard]] std::vector<vote_type> take_fresh() { return std::exchange(fresh_, {}); }

    friend bool operator==(const modelled_disk&, const modelled_disk&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(kept_);
        sink.add(pending_.size());
        for (const record& each : pending_) {
            sink.add(each.index());
            std::visit([&sink](const auto& one) { sink.add(one); }, each);
        }
        sink.add(fresh_);
        sink.add(fails_next_);
    }

protected:
    void keep(std::size_t count) {
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(count);
        for (auto next = pending_.begin(); next != end; ++next) {
            std::visit([this](const auto& one) { this->kept_.keep(one); }, *next);
            if (const auto* const vote = std::get_if<vote_type>(&*next)) note(*vote);
        }
        pending_.erase(pending_.begin(), end);
    }

private:
    /// A vote that gives way to one of its own ballot in the same sync was never there.
    void note(const vote_type& vote) {
        const bool is_instead =
            !fresh_.empty() && fresh_.back().at == vote.at && fresh_.back().ballot == vote.ballot;
        if (is_instead) fresh_.pop_back();
        fresh_.push_back(vote);
    }

    using record = std::variant<vote_type, synod::identity_record, synod::promise_record,
                                synod::reserve_record, synod::chosen_record, synod::forget_record>;

    durable_records<int> kept_;
    std::vector<record> pending_;   // appended and not synced
    std::vector<vote_type> fresh_;  // durable, and not yet told of
    bool fails_next_ = false;
};

/// The same with syncs that go on beside the role. The answer to one that a crash interrupts may
/// reach the next life. Compared without its tokens: they count the records since a life began, and
/// the role that gave them compares without that, too.
class modelled_async_disk : public modelled_disk {
public:
    void start_sync(const synod::sync_token& token) noexcept {
        under_way_.push_back({token, pending()});
    }

    [[nodiscard]] bool has_sync_under_way() const { return !under_way_.empty(); }
    [[nodiscard]] bool has_late_answer() const { return late_.has_value(); }

    /// Ends the oldest sync under way.
    [[nodiscard]] synod::sync_token end_sync() {
        const order ended = under_way_.front();
        under_way_.erase(under_way_.begin());
        keep(ended.records);
        for (order& each : under_way_) each.records -= ended.records;
        return ended.token;
    }
    /// The answer to a sync of an earlier life.
    [[nodiscard]] synod::sync_token take_late_answer() { return *std::exchange(late_, {}); }

    void crash(std::size_t survivors) {
        if (!under_way_.empty()) late_ = under_way_.front().token;
        under_way_.clear();
        modelled_disk::crash(survivors);
    }

    friend bool operator==(const modelled_async_disk& a, const modelled_async_disk& b) {
        return static_cast<const modelled_disk&>(a) == b && a.under_way_ == b.under_way_ &&
               a.late_.has_value() == b.late_.has_value();
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        modelled_disk::fingerprint(sink);
        sink.add(under_way_);
        sink.add(late_.has_value());
    }

private:
    struct order {
        synod::sync_token token;
        std::size_t records;  // pending when it was started: those it covers

        friend bool operator==(const order& a, const order& b) { return a.records == b.records; }

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(records);
        }
    };

    std::vector<order> under_way_;           // the oldest first
    std::optional<synod::sync_token> late_;  // to a sync that was under way when the node crashed
};

}  // namespace explore
