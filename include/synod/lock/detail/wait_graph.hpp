// synod/lock/detail/wait_graph.hpp - who waits for whom, and whether they wait for each other.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/queue.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The wait-for graph of a book, never stored. A request waits for whoever holds what it cannot be
/// held beside, and for every request ahead of it: for their holders, too, and at their other
/// locks. An owner waits with each of its requests. Of a semaphore's holders only those are waited
/// for without whose permits there are not enough, for any of several might give theirs back first;
/// and nobody waits for its own, nor for who lets it pass. What a search looks at comes in the
/// order of the locks' names, of tokens and of positions, and is counted, for that is limited.
template <class Rules>
class wait_graph {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    using cycle = std::vector<deferred<waiter>>;

    /// Of a longer cycle only so many are told.
    static constexpr std::size_t longest_told = 64;

    /// How many searches that come to their end all those of one graph may take.
    static constexpr std::uint64_t most_searches = 64;

    wait_graph(const book<Rules>& of, std::uint32_t most_looks)
        : book_(&of), most_(most_looks), left_in_all_(most_searches * most_looks) {}

    /// How many searches were given up, and may have missed what they were for.
    [[nodiscard]] std::uint64_t given_up() const { return given_up_; }

    /// Of all who wait for each other with `one`, who gives way; `none` where it waits for nobody
    /// who waits for it.
    [[nodiscard]] handle victim_with(handle one) {
        if (!search_all(one)) return none;
        const auto reached = reached_by_age();
        const auto by = choice_of_those_with(one, reached);
        handle victim = one;
        for (const auto& [at, other] : reached) {
            if (is_rather(other, victim, by) && search(other, one)) victim = other;
        }
        return victim;
    }

    /// A shortest cycle that leads from a request to itself; the request alone if none is found.
    /// Takes nothing from what other searches may.
    [[nodiscard]] cycle cycle_of(handle one) {
        const std::uint64_t left_to_others = left_in_all_;
        left_in_all_ = most_;
        const bool waits_for_itself = search_all(one);
        left_in_all_ = left_to_others;
        if (!waits_for_itself) return {waiter_of(one)};
        cycle found;
        for (handle at = last_; at != none; at = reached_.at(at)) found.push_back(waiter_of(at));
        for (std::size_t i = 0; i < found.size() / 2; ++i) {
            std::swap(found[i], found[found.size() - 1 - i]);
        }
        if (found.size() > longest_told) found.resize(longest_told);
        return found;
    }

private:
    using choice = deferred<on_deadlock>;

    [[nodiscard]] choice choice_of(handle one) const {
        return book_->standing_of(one).terms.on_deadlock;
    }
    using by_age = ordered_map<position, deferred<handle>>;

    /// Those that the last search has reached, in an order that all replicas have.
    [[nodiscard]] by_age reached_by_age() const {
        by_age found;
        for (const auto& [one, from] : reached_) found.emplace(book_->at(one).at(), one);
        return found;
    }

    /// That of the strictest of those who wait for each other with `one`; `reached` are all for
    /// whom it waits.
    [[nodiscard]] choice choice_of_those_with(handle one, const by_age& reached) {
        choice strictest = choice_of(one);
        for (const auto& [at, other] : reached) {
            if (strictest != on_deadlock::lowest_priority) break;  // then the youngest gives way
            const choice stricter = Rules::stricter_of(strictest, choice_of(other));
            if (stricter != strictest && search(other, one)) strictest = stricter;
        }
        return strictest;
    }

    /// Whether one gives way rather than another, given whose choice it is. Who closes a cycle is
    /// its youngest, so that is asked for but once.
    [[nodiscard]] bool is_rather(handle one, handle other, choice by) const {
        const std::uint8_t own = book_->standing_of(one).terms.priority;
        const std::uint8_t others = book_->standing_of(other).terms.priority;
        if (by == on_deadlock::lowest_priority && own != others) {
            return Rules::is_less_urgent(own, others);
        }
        return Rules::gives_way_before(book_->at(one).at(), book_->at(other).at());
    }

    /// Whether a request waits for itself. Where it would not be the youngest that gives way, it
    /// has to meet everybody, for it may be any of them.
    [[nodiscard]] bool search_all(handle one) {
        meets_all_ = choice_of(one) == on_deadlock::lowest_priority;
        return search(one, one);
    }

    /// Whether `from` waits, in however many steps, for `to` or for its owner.
    [[nodiscard]] bool search(handle from, handle to) {
        goal_ = to;
        last_ = none;
        left_ = left_in_all_ < most_ ? static_cast<std::uint32_t>(left_in_all_) : most_;
        const std::uint32_t given = left_;
        reached_.clear();
        next_.clear();
        reached_.emplace(from, none);
        for (next_.push_back(from); !next_.empty() && left_ > 0; next_.pop_front()) {
            const handle one = next_.front();
            book_->for_each_place(one, [this, one](handle at) { look_from(one, at); });
        }
        left_in_all_ -= given - left_;
        if (last_ == none && left_ == 0) ++given_up_;
        return last_ != none;
    }

    void look_from(handle one, handle at) {
        const place& own = book_->place_at(at);
        const object& here = book_->object_at(own.object);
        if (here.capacity == 0)
            look_at_holders(one, here, look_ahead(one, at), book_->upgraded_by(at));
        else
            look_at_permits(one, here, look_ahead_for_permits(one, at));
    }

    /// Whether those ahead that wait for nothing else are to be met, too: they may be those who
    /// give way, or younger.
    [[nodiscard]] bool meets_all_of(const object& here) const {
        return meets_all_ || here.policy != policy::fifo;
    }

    /// Meets those ahead of a place that wait for other locks, too, or hold this one. Of the rest
    /// it is enough to know the most that one of them wants: they are older than the request, and
    /// wait for nothing else. Returns that, or what the place wants if that is more.
    [[nodiscard]] mode look_ahead(handle one, handle at) {
        const place& own = book_->place_at(at);
        const object& lock = book_->object_at(own.object);
        mode most = own.mode;
        const bool meets_all = meets_all_of(lock);
        std::uint32_t to_meet = book_->wide_at(own.object) - (book_->at(one).is_wide ? 1 : 0);
        if (book_->upgrade_of(own.object) != none) ++to_meet;
        for (handle ahead = lock.queue.first; ahead != at; ahead = book_->place_at(ahead).next) {
            const bool is_most = most == mode::exclusive || lock.exclusive != 0;
            if ((to_meet == 0 && is_most && !meets_all) || !may_look()) break;
            const place& other = book_->place_at(ahead);
            const bool is_to_meet = book_->at(other.request).is_wide || other.is_upgrade;
            if (is_to_meet) --to_meet;
            if (is_to_meet || meets_all) meet(other.request, one);
            if (other.is_upgrade) continue;  // which has nothing against its own hold
            if (other.mode > most) most = other.mode;
        }
        return most;
    }

    /// How many permits a request wants.
    struct demand {
        owner_id owner;
        std::uint32_t permits = 0;
        handle request = none;
    };
    /// The most that one owner wants, and the most that another one does.
    struct demands {
        demand first;
        demand second;

        void add(const demand& one) {
            if (one.owner == first.owner) {
                if (one.permits > first.permits) first = one;
            } else if (one.permits > first.permits) {
                second = first;
                first = one;
            } else if (one.permits > second.permits) {
                second = one;
            }
        }
        /// Of whoever is not that owner.
        [[nodiscard]] const demand& besides(const owner_id& owner) const {
            return owner == first.owner ? second : first;
        }
    };

    [[nodiscard]] demands look_ahead_for_permits(handle one, handle at) {
        const place& own = book_->place_at(at);
        const object& semaphore = book_->object_at(own.object);
        demands most;
        const bool meets_all = meets_all_of(semaphore);
        most.first = {book_->owner_of(one), own.permits, one};
        for (handle ahead = semaphore.queue.first; ahead != at;
             ahead = book_->place_at(ahead).next) {
            if ((most.second.permits >= semaphore.capacity && !meets_all) || !may_look()) break;
            const place& other = book_->place_at(ahead);
            if (book_->standing_of(other.request).lets_pass) continue;
            if (meets_all) meet(other.request, one);
            most.add({book_->owner_of(other.request), other.permits, other.request});
        }
        return most;
    }

    void look_at_holders(handle one, const object& lock, mode wanted, handle own_hold) {
        for (handle at = lock.holders.first; at != none; at = book_->place_at(at).next) {
            if (!may_look()) return;
            holding alone;
            alone.add(book_->place_at(at).mode, 0);
            const bool is_in_the_way = at != own_hold && !Rules::is_compatible(alone, wanted);
            if (is_in_the_way) meet_owner(book_->owner_of(book_->place_at(at).request), one);
        }
    }

    void look_at_permits(handle one, const object& semaphore, const demands& wanted) {
        ordered_map<owner_id, deferred<std::uint64_t>> held;
        for (handle at = semaphore.holders.first; at != none; at = book_->place_at(at).next) {
            if (!may_look()) return;
            held[book_->owner_of(book_->place_at(at).request)] += book_->place_at(at).permits;
        }
        for (const auto& [owner, permits] : held) {
            const demand& most = wanted.besides(owner);
            if (most.request == none) continue;
            if (Rules::has_permits(permits, most.permits, semaphore.capacity)) continue;
            if (owner == book_->owner_of(one))
                meet(most.request, one);
            else
                meet_owner(owner, one);
        }
    }

    void meet_owner(const owner_id& owner, handle from) {
        if (owner == book_->owner_of(goal_)) arrive(from);
        book_->waits().for_each_of(owner, [this, from](handle one) {
            if (may_look()) meet(one, from);
        });
    }

    void meet(handle one, handle from) {
        if (one == goal_) arrive(from);
        if (reached_.emplace(one, from).second) next_.push_back(one);
    }

    void arrive(handle from) {
        if (last_ == none) last_ = from;
    }

    [[nodiscard]] bool may_look() {
        if (left_ > 0) --left_;
        return left_ > 0;
    }

    [[nodiscard]] waiter waiter_of(handle one) const {
        const owner_id owner = book_->owner_of(one);
        return {owner.session, owner.tag, book_->at(one).sequence};
    }

    const book<Rules>* book_;
    std::uint32_t most_;         // looks of one search
    std::uint64_t left_in_all_;  // of all that are still to come
    std::uint32_t left_ = 0;     // of this one
    std::uint64_t given_up_ = 0;
    bool meets_all_ = false;  // also those ahead that wait for nothing else, wherever they are
    handle goal_ = none;
    handle last_ = none;  // the request from which the goal was reached first
    ordered_map<handle, deferred<handle>> reached_;  // requests, and from where
    queue<deferred<handle>> next_;                   // those of them to look from
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
