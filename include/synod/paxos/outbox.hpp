// synod/paxos/outbox.hpp - nothing leaves before what it rests on is durable.
//
// Every message a role decides on waits here with the number of records staged so far. One place
// compares that number with how many are durable, so no message can reveal a promise or a vote that
// a crash might still take back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/atomic.hpp>
#include <synod/base/one_of.hpp>
#include <synod/base/queue.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/storage.hpp>

#include <concepts>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI {

namespace detail {

/// A number that no other outbox of this process has. Tokens never leave the process.
inline std::uint64_t next_instance() {
    static constinit atomic<std::uint64_t> last(0);
    return last.add_relaxed(1) + 1;
}

template <class Message>
struct parcel {
    Message message{};
    std::uint64_t rests_on = 0;  // records
    node_id to;
};

}  // namespace detail

/// Messages that wait for their records: the two of phase 2 in lanes of their own, all others,
/// which are rare, share one. `Rest` is a one_of those. Not thread-safe, like the role that holds
/// it.
template <std::regular Value, class Rest>
class outbox {
public:
    /// A record was appended to the storage.
    void note_record() { ++staged_; }

    /// How many records were appended.
    [[nodiscard]] std::uint64_t newest_record() const { return staged_; }

    /// Whether no record waits for a sync, and no message for anything.
    [[nodiscard]] bool is_idle() const { return staged_ == durable_ && first_rests_on_ == nothing; }
    [[nodiscard]] bool has_unsynced() const { return staged_ != durable_; }
    [[nodiscard]] bool is_durable(std::uint64_t record) const { return record <= durable_; }

    void stage(node_id to, accept<Value>&& message, std::uint64_t rests_on) {
        note(rests_on);
        accepts_.emplace_back(std::move(message), rests_on, to);
    }
    [[gnu::always_inline]] void stage(node_id to, const accepted& message, std::uint64_t rests_on) {
        note(rests_on);
        accepted_.emplace_back(message, rests_on, to);
    }
    [[gnu::noinline, gnu::cold]] void stage(node_id to, Rest&& message, std::uint64_t rests_on) {
        note(rests_on);
        rest_.emplace_back(std::move(message), rests_on, to);
    }

    /// Hands every message whose records are durable to `deliver(to, message)`, which may stage
    /// more.
    template <class Rules, class Deliver>
    [[gnu::always_inline]] void release(const Rules& rules, Deliver&& deliver) {
        while (first_rests_on_ != nothing && rules.may_leave(first_rests_on_, durable_)) {
            first_rests_on_ = nothing;
            if (!rest_.empty()) drain_rest(rules, deliver);
            if (!accepts_.empty()) drain_accepts(rules, deliver);
            drain(accepted_, rules, deliver);
        }
    }

    /// Makes the staged records durable, or sets about it. Returns the storage's error.
    template <class Storage>
    [[nodiscard]] std::error_code sync(Storage& storage) {
        if constexpr (detail::starts_sync<Storage>) {
            if (started_ != staged_) storage.start_sync(sync_token{instance_, started_ = staged_});
            return {};
        } else {
            const std::error_code error = storage.sync();
            if (!error) durable_ = staged_;
            return error;
        }
    }

    /// Whether a sync of that name was started here, and not by a role that is gone.
    template <class Rules>
    [[nodiscard]] bool has_started(const Rules& rules, const sync_token& token) const {
        return rules.counts_sync(instance_, token.instance) && token.records <= started_;
    }

    /// A sync that was started here has ended well: what it covers is durable.
    void synced(const sync_token& token) {
        if (token.records > durable_) durable_ = token.records;
    }

    friend bool operator==(const outbox& a, const outbox& b) {
        return a.staged_ - a.durable_ == b.staged_ - b.durable_ &&
               a.lacking(a.started_) == b.lacking(b.started_) && same(a, a.rest_, b, b.rest_) &&
               same(a, a.accepts_, b, b.accepts_) && same(a, a.accepted_, b, b.accepted_);
    }

    /// Counts the records that wait, not the ones long durable: two outboxes that will do the same
    /// have the same fingerprint.
    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(staged_ - durable_);
        sink.add(lacking(started_));
        add_lane(sink, accepts_);
        add_lane(sink, accepted_);
        sink.add(rest_.size());
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            add_head(sink, rest_[i]);
            sink.add(rest_[i].message);
        }
    }

private:
    static constexpr std::uint64_t nothing = ~std::uint64_t{0};

    void note(std::uint64_t rests_on) {
        if (rests_on < first_rests_on_) first_rests_on_ = rests_on;
    }

    // Kept out of line, for the sake of those who send votes only.
    template <class Rules, class Deliver>
    [[gnu::noinline, gnu::cold]] void drain_rest(const Rules& rules, Deliver& deliver) {
        drain(rest_, rules, deliver);
    }
    template <class Rules, class Deliver>
    [[gnu::noinline]] void drain_accepts(const Rules& rules, Deliver& deliver) {
        drain(accepts_, rules, deliver);
    }

    template <class Lane, class Rules, class Deliver>
    [[gnu::always_inline]] void drain(Lane& lane, const Rules& rules, Deliver& deliver) {
        while (!lane.empty()) {
            if (!rules.may_leave(lane.front().rests_on, durable_)) {
                return note(lane.front().rests_on);
            }
            const node_id to = lane.front().to;
            auto message = std::move(lane.front().message);
            lane.pop_front();
            deliver(to, std::move(message));
        }
    }

    /// How many syncable records a message still waits for; the same for outboxes with other
    /// histories.
    [[nodiscard]] std::uint64_t lacking(std::uint64_t rests_on) const {
        return rests_on > durable_ ? rests_on - durable_ : 0;
    }

    template <class Lane>
    static bool same(const outbox& a, const Lane& in_a, const outbox& b, const Lane& in_b) {
        if (in_a.size() != in_b.size()) return false;
        for (std::size_t i = 0; i < in_a.size(); ++i) {
            if (in_a[i].to != in_b[i].to || !(in_a[i].message == in_b[i].message)) return false;
            if (a.lacking(in_a[i].rests_on) != b.lacking(in_b[i].rests_on)) return false;
        }
        return true;
    }

    template <class Sink, class Parcel>
    void add_head(Sink& sink, const Parcel& waiting) const {
        sink.add(waiting.to);
        sink.add(lacking(waiting.rests_on));
    }

    template <class Sink, class Lane>
    void add_lane(Sink& sink, const Lane& lane) const {
        sink.add(lane.size());
        for (std::size_t i = 0; i < lane.size(); ++i) {
            add_head(sink, lane[i]);
            sink.add(lane[i].message);
        }
    }

    queue<detail::parcel<accept<Value>>> accepts_;
    queue<detail::parcel<accepted>> accepted_;
    queue<detail::parcel<Rest>> rest_;
    std::uint64_t staged_ = 0;   // records appended
    std::uint64_t started_ = 0;  // records covered by the newest sync under way; at most staged_
    std::uint64_t durable_ = 0;  // records known durable; at most staged_
    std::uint64_t instance_ = detail::next_instance();
    std::uint64_t first_rests_on_ = nothing;  // the least that any waiting message rests on
};

}  // namespace synod::inline SYNOD_ABI
