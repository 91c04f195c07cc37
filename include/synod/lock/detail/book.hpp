// synod/lock/detail/book.hpp - who holds and who waits for what: the lists and indexes, and none of
// the rules.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/elections.hpp>
#include <synod/lock/detail/entries.hpp>
#include <synod/lock/detail/forced_ends.hpp>
#include <synod/lock/detail/leases.hpp>
#include <synod/lock/detail/lines.hpp>
#include <synod/lock/detail/number_index.hpp>
#include <synod/lock/detail/profiles.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/detail/wait_list.hpp>
#include <synod/lock/reply.hpp>

#include <cstdint>
#include <string>

namespace synod::inline SYNOD_ABI::lock::detail {

/// Keeps requests and their places in their lists. Every operation takes constant time on average
/// for each place that it touches, but for those that set or clear a timer, look up a session, or
/// are about an upgrade, a standing or a request for several locks, which are logarithmic in the
/// number of those, and `enqueue`, which passes those that stand behind. `Rules` are those of
/// whoever keeps the book; it applies none.
template <class Rules>
class book : public lines<Rules> {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;
    using base = lines<Rules>;

public:
    using base::at;
    using base::for_each_place;
    using base::owner_of;
    using base::request_of;
    using base::standing_of;

    [[nodiscard]] detail::profiles<deferred<profile>>& profiles() { return profiles_; }
    [[nodiscard]] const detail::profiles<deferred<profile>>& profiles() const { return profiles_; }
    [[nodiscard]] const profile& profile_of(const request& one) const {
        return profiles_.of(clients_[one.client].session);
    }

    [[nodiscard]] memory_use use() const {
        return {objects_.size(), requests_.size(), places_.size(), profiles_.size(),
                objects_.name_bytes() + profiles_.text_bytes()};
    }

    [[nodiscard]] handle find_request(handle owner, std::uint64_t sequence) const {
        return by_sequence_.find(owner, sequence);
    }
    /// Takes a request in that has no places yet. Its client and position are set; its links are
    /// not looked at.
    [[nodiscard]] handle add(const request& what, log_time deadline) {
        const handle fresh = requests_.take();
        requests_[fresh] = what;
        requests_[fresh].places = none;
        of_client::append(requests_, clients_[what.client].requests, fresh);
        by_sequence_.insert(fresh, what.client, what.sequence);
        requests_[fresh].has_deadline =
            what.state == request_state::queued && deadline != log_time::never();
        if (requests_[fresh].has_deadline) waits_.start({deadline, what.at(), fresh});
        if (what.is_listed) waits_.add(wait_of(fresh));
        if (counts_by_itself(what)) count(fresh);
        return fresh;
    }

    [[nodiscard]] log_time deadline_of(handle one) const {
        return at(one).has_deadline ? waits_.deadline_of(one) : log_time::never();
    }
    /// The first of a request's tokens, also once that lock is given back; zero unless it is
    /// granted.
    [[nodiscard]] fencing_token first_token_of(handle one) const {
        const request& its = at(one);
        if (its.state != request_state::granted) return {};
        return its.has_first ? firsts_.at(one) : places_[its.places].token;
    }

    /// A request is going to wait for longer than its command. It is found by its owner from now
    /// on.
    void list_wait(handle one) {
        requests_[one].is_listed = true;
        waits_.add(wait_of(one));
    }

    void set_standing(handle one, const standing& what) {
        if (what == standing_of(one)) return;
        requests_[one].has_standing = true;
        standings_.set(one, what);
    }

    /// Gives a waiting request its next place, behind all that wait for that lock and rank before
    /// it, or came before it with the same rank. Places come in order of name.
    handle enqueue(handle one, handle target, const stake& wanted) {
        const handle fresh = add_place(one, target, wanted);
        handle before = base::last_in_queue(target);
        while (before != none && !stands_behind(one, places_[before].request)) {
            before = base::ahead_of(before);
        }
        stand_in_queue(before, fresh);
        return fresh;
    }

    /// Moves a waiting place behind another of that queue, or to the front if that is `none`. Its
    /// standing says so already.
    void move_behind(handle before, handle one) {
        auto& queue = objects_[places_[one].object].queue;
        neighbours::remove(places_, queue, one);
        neighbours::insert_behind(places_, queue, before, one);
    }

    /// Gives a request that can be granted at once its place ahead of all that wait.
    handle enqueue_first(handle one, handle target, const stake& wanted) {
        const handle fresh = add_place(one, target, wanted);
        stand_in_queue(none, fresh);
        return fresh;
    }

    /// Gives it the place ahead of all that wait. Which hold that is to replace, `set_upgrades`
    /// tells.
    [[nodiscard]] handle enqueue_upgrade(handle one, handle target, lock::mode wanted) {
        return enqueue_first(one, target, {wanted, 0});
    }

    /// A waiting place is to be held for so long at the most.
    void want_lease(handle one, const lease& wanted) {
        places_[one].has_lease = true;
        leases_.want(one, wanted);
    }
    void set_upgrades(handle one, handle hold) {
        places_[one].is_upgrade = true;
        base::upgrades_.emplace(one, hold);
    }

    /// The place of the upgrade that waits for an object, or `none`.
    [[nodiscard]] handle upgrade_of(handle target) const {
        const handle front = objects_[target].queue.first;
        return front != none && places_[front].is_upgrade ? front : none;
    }

    /// What stands in the way of a waiting place, and of nobody else who asks for the same.
    [[nodiscard]] holding obstacles_of(handle one) const {
        const request& whose = request_of(one);
        const handle target = places_[one].object;
        return objects_.obstacles(target, whose.reclaims ? &profile_of(whose).client : nullptr);
    }

    /// Moves a waiting place among the holders of its object; an upgrade takes that of the hold
    /// that it upgrades, with its lease. Once this is done for all places of a request,
    /// `note_granted` is due.
    void hold(handle one, fencing_token token, log_time now) {
        const place& asked = places_[one];
        if (asked.has_lease) leases_.begin(one, token, now);
        if (asked.is_upgrade) replace(base::upgraded_by(one), one, token);
        if (request_of(one).reclaims) {
            objects_.end_delays(asked.object, profile_of(request_of(one)).client);
        }
        leave_queue(one);
        base::join_holders(one, token);
        if (asked.has_value) announce(one);
    }
    /// Takes a request in that holds one object at once, and waits nowhere. Precondition: it
    /// reclaims nothing.
    [[nodiscard]] handle add_hold(const request& what, handle target, const stake& wanted,
                                  fencing_token token) {
        const handle fresh = add(what, log_time::never());
        base::join_holders(add_place(fresh, target, wanted), token);
        requests_[fresh].state = request_state::granted;
        return fresh;
    }
    void note_granted(handle one, fencing_token first) {
        stop_waiting(one);
        requests_[one].has_first =
            places_[requests_[one].places].token != first || requests_[one].is_wide;
        if (requests_[one].has_first) firsts_.emplace(one, first);
        requests_[one].state = request_state::granted;
    }

    /// Gives a hold what a snapshot says of it.
    void restore_hold(handle one, const request_record& from) {
        place& held = places_[one];
        held.before = from.before;
        held.count = from.count;
        held.has_value = from.has_value;
        if (from.has_value) elections_.resume(one, name_at(one), from);
        if (from.lease.ttl_ms == 0) return;
        held.has_lease = true;
        leases_.resume(one, held.token, from.lease);
    }

    /// Gives a place a value, which is seen from the grant on.
    void set_value(handle one, const std::string& value) {
        place& its = places_[one];
        its.has_value = true;
        elections_.set(one, value);
        if (its.token != fencing_token()) announce(one);
    }

    /// Changes the mode of a hold for good.
    void convert(handle one, lock::mode to) {
        place& held = places_[one];
        if (to != lock::mode::exclusive) note_writer(objects_[held.object], held);
        objects_[held.object].remove(held.stake());
        held.mode = held.before = to;
        objects_[held.object].add(held.stake());
        objects_.touch(held.object);
        if (held.has_value && !Rules::may_lead(to)) drop_value(one);
    }
    void set_count(handle one, std::uint32_t acquisitions) { places_[one].count = acquisitions; }

    void set_capacity(handle one, std::uint32_t capacity) {
        objects_[one].capacity = capacity;
        objects_.touch(one);
    }

    /// A hold that is about to end goes on standing in the way of others.
    void leave_delay(handle one, const client_uuid& client, log_time until) {
        const place& held = places_[one];
        objects_.add_delay(held.object, {held.token, held.mode, held.permits, client, until});
    }

    /// Ends a waiting request in all its places; it is kept for its client.
    void end(handle one, request_state how) {
        const bool is_counted = counts_by_itself(at(one));
        drop_places(one);
        stop_waiting(one);
        requests_[one].state = how;
        if (!is_counted) count(one);
    }

    /// Lets go of a request, whatever its state.
    void forget(handle one) {
        drop_places(one);
        stop_waiting(one);
        const request& gone = requests_[one];
        if (gone.has_first) firsts_.erase(one);
        client& owner = clients_[gone.client];
        if (counts_by_itself(gone)) {
            --owner.requested;
            --owner.waiting;
        }
        of_client::remove(requests_, owner.requests, one);
        by_sequence_.erase(gone.client, gone.sequence);
        requests_.give_back(one);
    }

    /// Lets go of one place, and of its request with the last.
    void forget_place(handle one) {
        const handle whose = places_[one].request;
        drop_place(one);
        if (requests_[whose].places == none) forget(whose);
    }

    [[nodiscard]] detail::elections<Rules>& elections() { return elections_; }
    [[nodiscard]] const detail::elections<Rules>& elections() const { return elections_; }

    [[nodiscard]] detail::leases<Rules>& leases() { return leases_; }
    [[nodiscard]] const detail::leases<Rules>& leases() const { return leases_; }

    /// A hold ends by force, then or when it was to already if that is earlier.
    void force_end(handle one, const forced_end& wanted) {
        places_[one].has_forced_end = true;
        forced_ends_.add(wanted);
    }
    [[nodiscard]] const detail::forced_ends<Rules>& forced_ends() const { return forced_ends_; }

    /// Those who wait: all of them with a limit, and by owner those that are listed.
    [[nodiscard]] const wait_list<Rules>& waits() const { return waits_; }

private:
    using base::add_place;
    using base::by_token_;
    using base::clients_;
    using base::leave_holders;
    using base::leave_queue;
    using base::link_to;
    using base::note_writer;
    using base::objects_;
    using base::places_;
    using base::requests_;
    using base::stand_in_queue;
    using base::standings_;
    using base::stands_behind;
    using neighbours = typename base::neighbours;
    using of_client = links<deferred<request>, &request::client_previous, &request::client_next>;

    [[nodiscard]] wait_entry wait_of(handle one) const {
        return {owner_of(one), requests_[one].at(), one};
    }

    void stop_waiting(handle one) {
        request& ended = requests_[one];
        if (ended.has_deadline) waits_.stop(one, ended.at());
        if (ended.is_listed) waits_.remove(wait_of(one));
        if (ended.has_standing) standings_.drop(one);
        ended.has_deadline = ended.is_listed = ended.has_standing = false;
    }
    void count(handle one) {
        client& owner = clients_[at(one).client];
        ++owner.requested;
        ++owner.waiting;
    }

    /// An upgrade is about to be held in the place of a hold.
    void replace(handle old, handle upgrade, fencing_token token) {
        const place& held = places_[old];
        place& asked = places_[upgrade];
        asked.count = held.count;
        asked.before = held.mode;
        end_upgrade(upgrade);
        asked.has_lease = held.has_lease;
        if (held.has_lease) leases_.resume(upgrade, token, leases_.of(old));
        if (held.has_forced_end && Rules::inherits_end()) {
            asked.has_forced_end = true;
            forced_ends_.hand_on(held.token, token);
        }
        forget_place(old);
    }

    [[nodiscard]] std::string name_at(handle one) const {
        return std::string(objects_[places_[one].object].name.view());
    }
    void end_upgrade(handle one) {
        places_[one].is_upgrade = false;
        base::upgrades_.erase(one);
    }

    void announce(handle one) {
        const place& its = places_[one];
        elections_.announce(one, name_at(one), its.token);
    }
    void drop_value(handle one) {
        places_[one].has_value = false;
        elections_.drop(one, name_at(one));
    }

    void drop_place(handle one) {
        const place& gone = places_[one];
        if (gone.has_lease) leases_.drop(one, gone.token);
        if (gone.has_forced_end) forced_ends_.drop(gone.token);
        if (gone.has_value) drop_value(one);
        if (gone.is_upgrade) end_upgrade(one);
        if (gone.token == fencing_token())
            leave_queue(one);
        else
            leave_holders(one);
        --clients_[at(gone.request).client].requested;
        *link_to(gone.request, one) = gone.sibling;
        places_.give_back(one);
    }
    void drop_places(handle whose) {
        for_each_place(whose, [this](handle one) { drop_place(one); });
    }

    detail::leases<Rules> leases_;            // of places with place::has_lease
    detail::forced_ends<Rules> forced_ends_;  // of those with place::has_forced_end
    detail::elections<Rules> elections_;      // of those with place::has_value
    detail::profiles<deferred<profile>> profiles_;
    basic_number_index<deferred<handle>> by_sequence_;  // every request
    wait_list<Rules> waits_;
    ordered_map<handle, deferred<fencing_token>> firsts_;  // of requests with request::has_first
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
