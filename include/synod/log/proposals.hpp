// synod/log/proposals.hpp - commands on their way into the log and their results on the way out.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/queue.hpp>
#include <synod/log/entry.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace synod::inline SYNOD_ABI {

/// What `propose` and `read` say at once.
enum class answer : std::uint8_t {
    queued,      // a completion with the same ticket follows, exactly one
    not_leader,  // ask another node
    overloaded,  // a bound on what is pending is reached
    too_large,   // no entry could hold the command
    failed,      // the storage has failed
};

/// How a proposal or a read ended.
enum class outcome : std::uint8_t {
    decided,      // applied here, with its result
    not_decided,  // it is in no entry and never will be
    unknown,      // it may or may not be decided, by another leader
    readable,  // the machine now shows everything that was completed before the read was asked for
};

/// The end of one proposal or read.
struct completion {
    synod::ticket ticket;
    synod::outcome outcome = outcome::unknown;
    position at;        // of the command, when decided
    bytes_view result;  // what the machine wrote, when decided; valid while it is handed out
};

/// The commands that a leader has taken on: queued until they are cut into entries, in flight until
/// their slot is applied, finished until the host drains their completions. Tickets are consecutive
/// in each of the three, so an entry needs the first one alone. `Entry` is synod::entry.
template <class Entry>
class proposals {
public:
    /// Commands and bytes not drained yet; what bounds them.
    [[nodiscard]] std::size_t pending() const { return queued_ + in_flight_ + finished_.size(); }
    [[nodiscard]] std::size_t pending_bytes() const {
        return tail_ - head_ + bytes_in_flight_ + results_.size();
    }
    [[nodiscard]] std::size_t queued() const { return queued_; }
    [[nodiscard]] bool has_finished() const { return !finished_.empty(); }

    /// Queues a command. Amortised linear in its size.
    ticket push(bytes_view command) {
        const std::size_t size = Entry::frame_size + command.size();
        if (frames_.size() - tail_ < size) make_room(size);
        std::byte* const to = frames_.data() + tail_;
        store_little_endian(to, static_cast<std::uint32_t>(command.size()));
        copy_bytes(to + Entry::frame_size, command);
        tail_ += size;
        ++queued_;
        return ticket(next_ticket_++);
    }

    /// The front of the queue, as much as one entry holds.
    struct batch {
        std::uint32_t count = 0;
        bytes_view frames;
    };
    [[nodiscard]] batch front(std::uint32_t most_commands, std::size_t most_bytes) const {
        const bytes_view all = waiting();
        if (queued_ <= most_commands && all.size() <= most_bytes) {
            return {static_cast<std::uint32_t>(queued_), all};
        }
        return part_of(all, most_commands, most_bytes);
    }

    /// Puts `taken`, which `front` gave, in flight.
    void launch(slot at, const batch& taken) {
        const std::uint64_t first = next_ticket_ - queued_;
        flights_.emplace_back(at, first, taken.count, taken.frames.size());
        queued_ -= taken.count;
        in_flight_ += taken.count;
        bytes_in_flight_ += taken.frames.size();
        head_ += taken.frames.size();
        if (queued_ == 0) clear_queue();
    }

    /// Whether the entry of slot `at` carries commands that somebody here waits for.
    [[nodiscard]] bool is_in_flight(slot at) const {
        return !flights_.empty() && flights_.front().at == at;
    }

    /// Where the result of the next command of the slot applied now goes.
    [[nodiscard]] bytes& results() { return results_; }

    /// Command `index` of slot `at` was applied; its result is what `results()` gained since it had
    /// `begin` bytes.
    void finish(position at, std::size_t begin) {
        const std::uint64_t first = flights_.front().first_ticket;
        finished_.emplace_back(first + at.index, outcome::decided, at, begin, results_.size());
    }

    /// Every command of the first slot in flight was finished.
    void land() {
        in_flight_ -= flights_.front().count;
        bytes_in_flight_ -= flights_.front().bytes;
        flights_.pop_front();
    }

    /// Something without a result ended.
    [[gnu::noinline]] void finish(ticket which, outcome how) {
        const std::size_t end = results_.size();
        finished_.emplace_back(which.value(), how, position{}, end, end);
    }

    /// The leader is none any more: what is in flight may still be decided, what is queued will
    /// not.
    void abandon() {
        for (; !flights_.empty(); land()) {
            const flight& lost = flights_.front();
            for (std::uint32_t i = 0; i < lost.count; ++i) {
                finish(ticket(lost.first_ticket + i), outcome::unknown);
            }
        }
        for (std::uint64_t i = next_ticket_ - queued_; i < next_ticket_; ++i) {
            finish(ticket(i), outcome::not_decided);
        }
        queued_ = 0;
        clear_queue();
    }

    /// Hands every completion to `take(const completion&)`, in the order in which they came about,
    /// and forgets them.
    template <class Take>
    void drain(Take&& take) {
        const bytes_view all(results_);
        for (; !finished_.empty(); finished_.pop_front()) {
            const finished& one = finished_.front();
            take(completion{ticket(one.ticket), one.how, one.at,
                            all.subspan(one.begin, one.end - one.begin)});
        }
        results_.clear();
    }

    /// Compares what is queued, in flight and finished, and not the memory kept for more.
    friend bool operator==(const proposals& a, const proposals& b) {
        return a.next_ticket_ == b.next_ticket_ && a.queued_ == b.queued_ &&
               same_bytes(a.waiting(), b.waiting()) && a.flights_ == b.flights_ &&
               a.finished_ == b.finished_ && a.results_ == b.results_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(next_ticket_);
        sink.add(queued_);
        sink.add(waiting());
        sink.add(flights_);
        sink.add(finished_);
        sink.add(results_);
    }

private:
    struct flight {
        slot at;
        std::uint64_t first_ticket = 0;
        std::uint32_t count = 0;
        std::size_t bytes = 0;

        friend bool operator==(const flight&, const flight&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(at);
            sink.add(first_ticket);
            sink.add(count);
            sink.add(bytes);
        }
    };

    struct finished {
        std::uint64_t ticket;
        outcome how;
        position at;
        std::size_t begin;  // of the result, in results_
        std::size_t end;

        friend bool operator==(const finished&, const finished&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(ticket);
            sink.add(how);
            sink.add(at);
            sink.add(begin);
            sink.add(end);
        }
    };

    [[nodiscard]] static std::size_t frame_at(bytes_view all, std::size_t at) {
        return Entry::frame_size + load_little_endian<std::uint32_t>(all.data() + at);
    }

    /// The front of `all` that is within the bounds, one command at least.
    [[nodiscard, gnu::noinline]] batch part_of(bytes_view all, std::uint32_t most_commands,
                                               std::size_t most_bytes) const {
        std::size_t end = 0;
        std::uint32_t count = 0;
        while (count < most_commands && count < queued_) {
            const std::size_t next = end + frame_at(all, end);
            if (next > most_bytes && count > 0) break;
            end = next;
            ++count;
        }
        return {count, all.first(end)};
    }

    [[nodiscard]] bytes_view waiting() const { return {frames_.data() + head_, tail_ - head_}; }

    void clear_queue() {
        head_ = 0;
        tail_ = 0;
    }

    /// Moves what is queued to the front, and doubles the memory unless half of it is free then.
    [[gnu::noinline, gnu::cold]] void make_room(std::size_t size) {
        const std::size_t used = tail_ - head_;
        if (used > 0 && head_ > 0) std::memmove(frames_.data(), frames_.data() + head_, used);
        head_ = 0;
        tail_ = used;
        if (2 * (used + size) > frames_.size()) frames_.resize(2 * (used + size));
    }

    bytes frames_;            // of queued commands, from head_ up to tail_; it only grows
    std::size_t head_ = 0;    // at most tail_
    std::size_t tail_ = 0;    // at most frames_.size()
    std::size_t queued_ = 0;  // the last so many tickets
    std::uint64_t next_ticket_ = 1;
    queue<flight> flights_;      // by slot, rising
    std::size_t in_flight_ = 0;  // commands in flights_
    std::size_t bytes_in_flight_ = 0;
    queue<finished> finished_;
    bytes results_;  // of finished_
};

}  // namespace synod::inline SYNOD_ABI
