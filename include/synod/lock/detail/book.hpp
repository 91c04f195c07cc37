// synod/lock/detail/book.hpp - who holds and who waits for what: the lists and indexes, and none of the rules.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/command.hpp>
#include <synod/lock/detail/hash_index.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/reply.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// One acquire or upgrade from the moment it is queued: it waits, then is held, or ends and is kept until its client has
/// acknowledged that.
struct request {
    position at;                 // of its command; the order of queues
    std::uint64_t sequence = 0;  // of its command; names it within its session
    std::uint64_t tag = 0;       // of its owner
    log_time deadline;           // of its wait; never once it no longer waits
    fencing_token token;         // zero unless it is held
    handle client = none;
    handle object = none;    // none once it has ended
    handle previous = none;  // in its object's queue, or among its holders
    handle next = none;
    handle client_previous = none;  // in its client's requests
    handle client_next = none;
    handle upgrades = none;   // the hold that it is to replace, while it waits for that
    std::uint32_t count = 1;  // of a hold: releases that end it
    request_state state = request_state::queued;
    lock::mode mode = lock::mode::exclusive;
    request_kind kind = request_kind::acquire;
    lock::mode before = lock::mode::exclusive;  // of the hold that it has replaced; else its own
    bool told_queued = false;  // its client knows that it waits, so how that ends is an event
};

/// One lock. It exists while it is held or waited for.
struct object {
    std::string name;
    chain holders;
    chain queue;  // an upgrade, if one waits, and then in order of position
    holding held;
    std::uint32_t waiting = 0;
    bool touched = false;  // stands in the list of those whose grant loop is due
};

/// What a session has in this table.
struct client {
    session_id session;
    chain requests;               // in order of position
    std::uint32_t requested = 0;  // all of them
    std::uint32_t waiting = 0;    // those that wait, and the ended ones
};

/// The wait of one request that has a limit.
struct wait_timer {
    log_time deadline;
    position at;
    handle request = none;

    friend auto operator<=>(const wait_timer&, const wait_timer&) = default;
};

/// Keeps requests in their lists. Every operation takes constant time on average, but for those that set or clear a timer and
/// those that look up a session, which are logarithmic. `Rules` are those of whoever keeps the book; it applies none.
template <class Rules>
class book {
public:
    [[nodiscard]] request& at(handle one) { return requests_[one]; }
    [[nodiscard]] const request& at(handle one) const { return requests_[one]; }
    [[nodiscard]] const object& object_at(handle one) const { return objects_[one]; }
    [[nodiscard]] const client& client_at(handle one) const { return clients_[one]; }
    [[nodiscard]] std::size_t objects() const { return objects_.size(); }

    /// A session's client, which comes into being with its first use.
    [[nodiscard]] handle reach_client(session_id session) {
        const auto [place, is_new] = client_of_.emplace(session, none);
        if (is_new) {
            place->second = clients_.take();
            clients_[place->second] = {session, {}, 0, 0};
        }
        return place->second;
    }
    [[nodiscard]] handle find_client(session_id session) const {
        const auto found = client_of_.find(session);
        return found == client_of_.end() ? none : found->second;
    }

    /// Precondition: it has no requests.
    void drop_client(handle one) {
        SYNOD_ASSERT(clients_[one].requests.empty());
        client_of_.erase(clients_[one].session);
        clients_.give_back(one);
    }

    [[nodiscard]] handle find_object(std::string_view name) const {
        return by_name_.find(hash_of(as_bytes(name)),
                             [&](handle one) { return objects_[one].name == name; });
    }
    [[nodiscard]] handle reach_object(std::string_view name) {
        if (const handle found = find_object(name); found != none) return found;
        const handle fresh = objects_.take();
        object& made = objects_[fresh];
        made.name = name;
        made.holders = made.queue = {};
        made.held = {};
        made.waiting = 0;
        made.touched = false;
        by_name_.insert(fresh, name_hash{this});
        return fresh;
    }

    [[nodiscard]] handle find_request(handle owner, std::uint64_t sequence) const {
        return by_sequence_.find(sequence_hash::of(owner, sequence), [&](handle one) {
            return requests_[one].client == owner && requests_[one].sequence == sequence;
        });
    }
    [[nodiscard]] handle find_hold(fencing_token token) const {
        return by_token_.find(spread(token.value()),
                              [&](handle one) { return requests_[one].token == token; });
    }

    /// Takes a request in, behind all that wait for its object. Its client and position are set; its links are not looked at.
    [[nodiscard]] handle enqueue(const request& what, handle target) {
        const handle fresh = add(what);
        join_queue(fresh, target);
        start_waiting(fresh);
        return fresh;
    }

    /// Takes a request in, ahead of all that wait for its object. Which hold it is to replace, `set_upgrades` tells.
    [[nodiscard]] handle enqueue_upgrade(const request& what, handle target) {
        const handle fresh = add(what);
        stand_in_queue(target, none, fresh);
        start_waiting(fresh);
        return fresh;
    }
    void set_upgrades(handle one, handle hold) { requests_[one].upgrades = hold; }

    /// The upgrade that waits for an object, or `none`.
    [[nodiscard]] handle upgrade_of(handle target) const {
        const handle front = objects_[target].queue.first;
        return front != none && requests_[front].upgrades != none ? front : none;
    }

    /// Takes a request in that has ended already.
    void add_ended(const request& what) {
        requests_[add(what)].object = none;
        ++clients_[what.client].waiting;
    }

    /// Moves a waiting request among the holders of its object; an upgrade takes the place of the hold that it upgrades.
    void hold(handle one, fencing_token token) {
        request& asked = requests_[one];
        const handle target = asked.object;
        if (asked.upgrades != none) {
            asked.count = requests_[asked.upgrades].count;
            asked.before = requests_[asked.upgrades].mode;
            forget(asked.upgrades);
        }
        leave_queue(one);
        --clients_[asked.client].waiting;
        asked.object = target;
        asked.state = request_state::granted;
        asked.token = token;
        neighbours::append(requests_, objects_[target].holders, one);
        ++objects_[target].held.in(asked.mode);
        by_token_.insert(one, token_hash{this});
    }

    /// Changes the mode of a held request for good.
    void convert(handle one, lock::mode to) {
        request& held = requests_[one];
        --objects_[held.object].held.in(held.mode);
        ++objects_[held.object].held.in(to);
        held.mode = held.before = to;
        touch(held.object);
    }
    void set_count(handle one, std::uint32_t acquisitions) { requests_[one].count = acquisitions; }

    /// Ends a waiting request; it is kept for its client.
    void end(handle one, request_state how) {
        leave_queue(one);
        requests_[one].state = how;
    }

    /// Lets go of a request, whatever its state.
    void forget(handle one) {
        const request& gone = requests_[one];
        if (gone.state == request_state::granted)
            leave_holders(one);
        else
            --clients_[gone.client].waiting;
        if (gone.state == request_state::queued) leave_queue(one);
        client& owner = clients_[gone.client];
        of_client::remove(requests_, owner.requests, one);
        --owner.requested;
        by_sequence_.erase(one, sequence_hash{this});
        requests_.give_back(one);
    }

    /// The first wait to end, or nullptr.
    [[nodiscard]] const wait_timer* first_timer() const {
        return timers_.empty() ? nullptr : &*timers_.begin();
    }

    /// The objects whose queue or holders have changed since they were taken from here, in the order in which that began.
    [[nodiscard]] handle take_touched() {
        if (next_touched_ == touched_.size()) {
            touched_.clear();
            next_touched_ = 0;
            return none;
        }
        const handle one = touched_[next_touched_++];
        objects_[one].touched = false;
        return one;
    }

    /// Ends an object that nobody holds or waits for; leaves any other.
    void drop_if_idle(handle one) {
        const object& idle = objects_[one];
        if (!idle.holders.empty() || !idle.queue.empty() || idle.touched) return;
        by_name_.erase(one, name_hash{this});
        objects_.give_back(one);
    }

    /// Calls `visit(handle)` for every object in order of name. Sorts them first, so it is for snapshots.
    template <class Visit>
    void for_each_object(Visit&& visit) const {
        std::map<std::string_view, deferred<handle>> sorted;
        for (const auto& [session, owner] : client_of_) {
            for (handle one = clients_[owner].requests.first; one != none;
                 one = requests_[one].client_next) {
                const handle target = requests_[one].object;
                if (target != none) sorted.emplace(objects_[target].name, target);
            }
        }
        for (const auto& [name, one] : sorted) visit(one);
    }

    /// Calls `visit(client handle)` for every client in order of session.
    template <class Visit>
    void for_each_client(Visit&& visit) const {
        for (const auto& [session, owner] : client_of_) visit(owner);
    }

private:
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

    using neighbours = links<deferred<request>, &request::previous, &request::next>;
    using of_client = links<deferred<request>, &request::client_previous, &request::client_next>;

    /// What the indexes hash elements by.
    struct name_hash {
        const book* all;
        std::uint64_t operator()(handle one) const {
            return hash_of(as_bytes(all->objects_[one].name));
        }
    };
    struct sequence_hash {
        const book* all;
        static std::uint64_t of(handle client, std::uint64_t sequence) {
            return spread(spread(sequence) + client);
        }
        std::uint64_t operator()(handle one) const {
            return of(all->requests_[one].client, all->requests_[one].sequence);
        }
    };
    struct token_hash {
        const book* all;
        std::uint64_t operator()(handle one) const {
            return spread(all->requests_[one].token.value());
        }
    };

    [[nodiscard]] wait_timer timer_of(handle one) const {
        return {requests_[one].deadline, requests_[one].at, one};
    }

    [[nodiscard]] handle add(const request& what) {
        const handle fresh = requests_.take();
        requests_[fresh] = what;
        client& owner = clients_[what.client];
        of_client::append(requests_, owner.requests, fresh);
        ++owner.requested;
        by_sequence_.insert(fresh, sequence_hash{this});
        return fresh;
    }

    void start_waiting(handle one) {
        if (requests_[one].deadline != log_time::never()) timers_.insert(timer_of(one));
        ++clients_[requests_[one].client].waiting;
    }

    void join_queue(handle one, handle target) {
        handle before = objects_[target].queue.last;
        while (before != none && !Rules::goes_behind(requests_[one].at, requests_[before].at)) {
            before = requests_[before].previous;
        }
        stand_in_queue(target, before, one);
    }

    /// Behind `before`, or first if that is `none`.
    void stand_in_queue(handle target, handle before, handle arrival) {
        requests_[arrival].object = target;
        neighbours::insert_behind(requests_, objects_[target].queue, before, arrival);
        ++objects_[target].waiting;
        touch(target);
    }

    void leave_queue(handle one) {
        request& asked = requests_[one];
        object& target = objects_[asked.object];
        neighbours::remove(requests_, target.queue, one);
        --target.waiting;
        touch(asked.object);
        asked.object = asked.upgrades = none;
        if (asked.deadline != log_time::never()) timers_.erase(timer_of(one));
        asked.deadline = log_time::never();
    }

    void leave_holders(handle one) {
        request& held = requests_[one];
        by_token_.erase(one, token_hash{this});
        object& target = objects_[held.object];
        neighbours::remove(requests_, target.holders, one);
        --target.held.in(held.mode);
        touch(held.object);
        held.object = none;
    }

    void touch(handle one) {
        if (objects_[one].touched) return;
        objects_[one].touched = true;
        touched_.push_back(one);
    }

    using index = basic_hash_index<deferred<handle>>;

    slab<deferred<request>> requests_;
    slab<deferred<object>> objects_;
    slab<deferred<client>> clients_;
    std::map<session_id, deferred<handle>> client_of_;  // one per element of clients_
    index by_name_;                                     // every object
    index by_sequence_;                                 // every request
    index by_token_;                                    // every held request
    std::set<deferred<wait_timer>> timers_;             // every waiting request with a limit
    std::vector<deferred<handle>> touched_;  // from next_touched_ on, those with object::touched
    std::size_t next_touched_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
