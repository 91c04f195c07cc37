// synod/lock/detail/lines.hpp - the places of requests: in the queues of objects, and among those
// who hold them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/clients.hpp>
#include <synod/lock/detail/entries.hpp>
#include <synod/lock/detail/number_index.hpp>
#include <synod/lock/detail/objects.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/detail/standings.hpp>

#include <cstdint>

namespace synod::inline SYNOD_ABI::lock::detail {

/// The part of a book that knows where requests stand, and nothing of how they come and go. Every
/// operation takes constant time, but for walking from place to place, and for what is about a
/// standing, an upgrade or a request for several locks, which is logarithmic in the number of
/// those.
template <class Rules>
class lines : public clients<Rules> {
protected:
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;
    using clients<Rules>::clients_;

public:
    [[nodiscard]] request& at(handle one) { return requests_[one]; }
    [[nodiscard]] const request& at(handle one) const { return requests_[one]; }
    [[nodiscard]] const place& place_at(handle one) const { return places_[one]; }
    [[nodiscard]] const request& request_of(handle one) const { return at(places_[one].request); }
    [[nodiscard]] const object& object_at(handle one) const { return objects_[one]; }
    [[nodiscard]] detail::objects<Rules>& objects() { return objects_; }
    [[nodiscard]] const detail::objects<Rules>& objects() const { return objects_; }

    [[nodiscard]] owner_id owner_of(handle one) const {
        return {clients_[requests_[one].client].session, requests_[one].tag};
    }

    /// The place that is held under a token, or `none`.
    [[nodiscard]] handle find_hold(fencing_token token) const {
        return by_token_.find(none, token.value());
    }

    /// How a waiting request stands to others; once it no longer waits, as one that says nothing.
    [[nodiscard]] const standing& standing_of(handle one) const {
        return at(one).has_standing ? standings_.of(one) : standings_.usual;
    }

    /// Calls `visit(handle)` for every request, in order of session, and of each session in order
    /// of arrival.
    template <class Visit>
    void for_each_request(Visit&& visit) const {
        this->for_each_client([&](handle owner) {
            for (handle one = clients_[owner].requests.first; one != none;
                 one = at(one).client_next) {
                visit(one);
            }
        });
    }

    /// Calls `visit(place handle)` for every place of a request, which may drop that place.
    template <class Visit>
    void for_each_place(handle whose, Visit&& visit) const {
        for (handle one = at(whose).places, next = none; one != none; one = next) {
            next = places_[one].sibling;
            visit(one);
        }
    }

    /// The hold that a waiting place is to replace, or `none`.
    [[nodiscard]] handle upgraded_by(handle one) const {
        return places_[one].is_upgrade ? upgrades_.at(one) : none;
    }
    /// Of those who wait for an object, the requests for several locks.
    [[nodiscard]] std::uint32_t wide_at(handle target) const {
        return objects_[target].has_wide ? wide_.at(target) : 0;
    }

    /// The place ahead of a waiting one in its queue, or `none`.
    [[nodiscard]] handle ahead_of(handle one) const {
        return neighbours::before(places_, objects_[places_[one].object].queue, one);
    }
    [[nodiscard]] handle last_in_queue(handle target) const {
        return neighbours::last(places_, objects_[target].queue);
    }

protected:
    using neighbours = links<deferred<place>, &place::previous, &place::next>;
    using index = basic_number_index<deferred<handle>>;

    [[nodiscard]] handle add_place(handle whose, handle target, const stake& wanted) {
        const handle fresh = places_.take();
        places_[fresh] = {};
        places_[fresh].request = whose;
        places_[fresh].object = target;
        places_[fresh].mode = wanted.mode;
        places_[fresh].permits = wanted.permits;
        places_[fresh].before = wanted.mode;
        *link_to(whose, none) = fresh;
        ++clients_[at(whose).client].requested;
        return fresh;
    }
    /// The link of a request's list that names a place, or that ends the list.
    [[nodiscard]] handle* link_to(handle whose, handle wanted) {
        handle* link = &requests_[whose].places;
        while (*link != wanted) link = &places_[*link].sibling;
        return link;
    }

    /// A hold is about to end, or to be weaker.
    void note_writer(object& target, const place& held) {
        const bool is_writer = held.mode == lock::mode::exclusive;
        if (target.policy == policy::phase_fair && is_writer) target.is_phase_over = true;
    }
    [[nodiscard]] bool stands_behind(handle one, handle other) const {
        const std::uint64_t own = standing_of(one).rank;
        const std::uint64_t others = standing_of(other).rank;
        return own == others ? Rules::goes_behind(at(one).at(), at(other).at()) : own > others;
    }

    /// Behind `before`, or first if that is `none`.
    void stand_in_queue(handle before, handle arrival) {
        const handle target = places_[arrival].object;
        neighbours::insert_behind(places_, objects_[target].queue, before, arrival);
        ++objects_[target].waiting;
        if (request_of(arrival).is_wide) count_wide(target, 1);
        ++clients_[request_of(arrival).client].waiting;
        objects_.touch(target);
    }

    void leave_queue(handle one) {
        object& target = objects_[places_[one].object];
        neighbours::remove(places_, target.queue, one);
        --target.waiting;
        if (request_of(one).is_wide) count_wide(places_[one].object, -1);
        --clients_[request_of(one).client].waiting;
        objects_.touch(places_[one].object);
    }

    void join_holders(handle one, fencing_token token) {
        place& held = places_[one];
        object& target = objects_[held.object];
        held.token = token;
        neighbours::append(places_, target.holders, one);
        target.add(held.stake());
        by_token_.insert(one, none, token.value());
    }

    void leave_holders(handle one) {
        const place& held = places_[one];
        by_token_.erase(none, held.token.value());
        object& target = objects_[held.object];
        neighbours::remove(places_, target.holders, one);
        note_writer(target, held);
        target.remove(held.stake());
        objects_.touch(held.object);
    }

    slab<deferred<request>> requests_;
    slab<deferred<place>> places_;
    detail::objects<Rules> objects_;
    index by_token_;                                  // every place that is held
    ordered_map<handle, deferred<handle>> upgrades_;  // of places with place::is_upgrade
    standings<Rules> standings_;                      // of requests with request::has_standing

private:
    void count_wide(handle target, int more) {
        std::uint32_t& waiting = wide_[target];
        waiting += static_cast<std::uint32_t>(more);
        objects_[target].has_wide = waiting != 0;
        if (waiting == 0) wide_.erase(target);
    }

    ordered_map<handle, deferred<std::uint32_t>> wide_;  // of objects with object::has_wide
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
