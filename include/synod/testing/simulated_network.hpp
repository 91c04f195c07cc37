// synod/testing/simulated_network.hpp - a network on virtual time that loses, repeats, delays,
// holds back and cuts.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/testing/stage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Carries `Message`s between actors 0 to `actors` - 1. What is sent arrives after a while, unless
/// a fault strikes; while no class of faults is on, everything arrives, and each path keeps its
/// order. Copies of a message, and what was held back, keep no order even while reordering is off.
/// Each call is logarithmic in what is on its way.
template <class Message>
class simulated_network {
public:
    struct letter {
        node_id from;
        node_id to;
        trace::send_number sent = 0;
        Message message;
    };

    simulated_network(stage& run, std::uint32_t actors)
        : stage_(run), actors_(actors), paths_(std::size_t{actors} * actors) {
        least_ = run.between(microseconds(100), milliseconds(2));
        most_ = least_ + run.between(microseconds(100), milliseconds(4));
        loss_ = run.random.below(300'001);
        duplication_ = run.random.below(500'001);
    }

    /// A message leaves at `at`, which may be later than now.
    void post(letter&& sent, instant at) {
        if (is_thinned(sent) || stage_.strikes(fault::loss, loss_)) return;
        if (stage_.strikes(fault::duplication, duplication_)) {
            letter again = sent;
            enqueue(std::move(again), at + latency());
        }
        if (stage_.strikes(fault::ancient_message, 2'000)) {
            letter again = sent;
            enqueue(std::move(again), at + stage_.between(seconds(10), seconds(20)));
        }
        const instant due = in_order(sent, at + latency());
        enqueue(std::move(sent), due);
    }

    /// When the next message arrives; never() if none is on its way.
    [[nodiscard]] instant next_due() const {
        return heap_.empty() ? instant::never() : heap_[0].due;
    }

    /// Takes the message that is due, unless it runs into a partition, or is held back.
    /// Precondition: next_due() has come.
    [[nodiscard]] std::optional<letter> take() {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        const entry next = heap_.back();
        heap_.pop_back();
        std::optional<letter> taken(std::move(slots_[next.index]));
        free_.push_back(next.index);
        const path& way = path_of(taken->from, taken->to);
        if (stage_.now < way.cut_until) {
            taken.reset();
        } else if (stage_.now < way.held_until) {
            enqueue(std::move(*taken),
                    way.held_until + stage_.between(duration(0), milliseconds(5)));
            taken.reset();
        }
        return taken;
    }

    /// The receiver stands still; it arrives again at `until`.
    void put_back(letter&& waiting, instant until) { enqueue(std::move(waiting), until); }

    /// Nothing gets from `from` to `to` until `until`.
    void cut(node_id from, node_id to, instant until) { path_of(from, to).cut_until = until; }

    /// Of what is sent from `from` to `to` so many in a million are lost from now on. That is how
    /// the path is, and no fault strikes it.
    void thin_out(node_id from, node_id to, std::uint64_t per_million) {
        path_of(from, to).loss = per_million;
    }

    /// Whether nothing gets from `from` to `to` at the moment, or not yet.
    [[nodiscard]] bool is_obstructed(node_id from, node_id to) const {
        const path& way = paths_[std::size_t{from.value()} * actors_ + to.value()];
        return stage_.now < way.cut_until || stage_.now < way.held_until;
    }

    /// What is on its way from `from` to `to` arrives at `until` at the earliest, and within a few
    /// milliseconds then, in any order.
    void hold(node_id from, node_id to, instant until) { path_of(from, to).held_until = until; }

    /// Ends every partition, and leaves no path thin. What is held back or late comes as it falls
    /// due, and holds up nothing behind it.
    void heal() {
        for (path& each : paths_) {
            each.cut_until = each.held_until = each.last_due = stage_.now;
            each.loss = 0;
        }
    }

    /// How many messages are, copies included.
    [[nodiscard]] std::size_t on_its_way() const { return heap_.size(); }

private:
    struct path {
        instant cut_until;
        instant held_until;
        instant last_due;        // of what was sent last
        std::uint64_t loss = 0;  // in a million
    };
    struct entry {
        instant due;
        std::uint64_t order;
        std::size_t index;  // in slots_
    };

    static bool later(const entry& a, const entry& b) {
        return a.due != b.due ? a.due > b.due : a.order > b.order;
    }

    [[nodiscard]] path& path_of(node_id from, node_id to) {
        return paths_[std::size_t{from.value()} * actors_ + to.value()];
    }

    [[nodiscard]] bool is_thinned(const letter& sent) {
        const std::uint64_t loss = path_of(sent.from, sent.to).loss;
        return loss > 0 && stage_.random.below(1'000'000) < loss;
    }

    [[nodiscard]] duration latency() {
        if (stage_.strikes(fault::long_delay, 3'000)) return stage_.between(most_, seconds(5));
        return stage_.between(least_, most_);
    }

    /// A path keeps its order unless that is what goes wrong.
    [[nodiscard]] instant in_order(const letter& sent, instant due) {
        path& way = path_of(sent.from, sent.to);
        if (due <= way.last_due) {
            if (stage_.strikes(fault::reordering, 1'000'000)) return due;
            due = way.last_due + duration(1);
        }
        way.last_due = due;
        return due;
    }

    void enqueue(letter&& sent, instant due) {
        std::size_t index = slots_.size();
        if (free_.empty()) {
            slots_.push_back(std::move(sent));
        } else {
            index = free_.back();
            free_.pop_back();
            slots_[index] = std::move(sent);
        }
        heap_.push_back({due, ++order_, index});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    stage& stage_;
    std::uint32_t actors_;
    std::vector<path> paths_;  // by sender, then by receiver
    std::vector<entry> heap_;
    std::vector<letter> slots_;
    std::vector<std::size_t> free_;  // of slots_
    std::uint64_t order_ = 0;
    duration least_;
    duration most_;
    std::uint64_t loss_ = 0;  // in a million, while the class is on
    std::uint64_t duplication_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::testing
