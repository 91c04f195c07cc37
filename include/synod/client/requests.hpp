// synod/client/requests.hpp - the locks that a client has asked for, and how far each has come.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/client/parcel.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace synod::inline SYNOD_ABI::client {

/// What a caller asks of `session_core::acquire`; an errand has only the owner and the deadline of
/// one.
struct wish {
    std::string name;  // of the lock
    /// The tag that asks; a tag waits for a lock that it holds itself, so it is refused.
    std::uint64_t owner = 0;
    bool waits = true;                    // otherwise it is answered at once: held, or errc::busy
    instant deadline = instant::never();  // when the caller gives up, by its own clock
    lock::mode mode = lock::mode::exclusive;
};

/// How far a request has come.
enum class stage : std::uint8_t {
    unsent,  // waits for a session, a safe lease, or room
    asked,   // its acquire is on its way
    queued,  // it waits at the service
    held,
    lost,       // was held; the service may think that it still is
    gone,       // was held by a session that is over
    releasing,  // its release is on its way
};

/// One request, from the call of acquire to the end of its hold.
struct request {
    client::wish wish;
    client::stage stage = stage::unsent;
    std::uint64_t sequence = 0;  // of its acquire; names it to the service
    fencing_token token;         // once held
    bool follows_debt = false;  // its owner was giving the same lock back when its acquire was sent
    bool follows_any_debt = false;  // or another one
    bool is_errand = false;         // a command of the caller's own, which ends with its reply
    bool makes_request = true;      // it may wait, be held, and be cancelled at the service
    bool is_undone = true;          // by that: then nothing remains of it
    instant query_at = instant::never();
    duration query_wait;

    [[nodiscard]] bool is_waiting() const { return stage <= stage::queued; }
    [[nodiscard]] bool is_leased() const {
        return stage == stage::held || stage == stage::releasing;
    }

    /// When something is due for it.
    [[nodiscard]] instant due() const {
        return is_waiting() ? earlier(wish.deadline, query_at) : instant::never();
    }
};

/// Finds requests by id, by sequence and by what is due next. All operations are logarithmic in
/// their number, or linear where they visit all. `Request` is client::request.
template <class Request>
class requests {
    using id_type = synod::detail::deferred<request_id, Request>;

public:
    request_id add(client::wish wish) {
        const request_id fresh(++last_id_);
        Request& made = all_[fresh];
        made.wish = std::move(wish);
        ++waiting_;
        timers_.insert({made.due(), fresh});
        return fresh;
    }

    /// nullptr for one that has ended.
    [[nodiscard]] const Request* find(request_id id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? nullptr : &found->second;
    }

    /// Zero if there is none.
    [[nodiscard]] request_id find_by_sequence(std::uint64_t sequence) const {
        const auto found = by_sequence_.find(sequence);
        return found == by_sequence_.end() ? request_id() : found->second;
    }

    /// Changes a request by `change(Request&)`, and keeps the indexes right. Precondition: there is
    /// one.
    template <class Change>
    void update(request_id id, Change&& change) {
        Request& one = all_.at(id);
        unlist(id, one);
        change(one);
        list(id, one);
    }

    void erase(request_id id) {
        const auto found = all_.find(id);
        if (found == all_.end()) return;
        unlist(id, found->second);
        all_.erase(found);
    }

    /// Calls `visit(id, request)` for each, in the order in which they were added. `visit` may
    /// change or erase the one it is given.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (auto next = all_.begin(); next != all_.end();) {
            const auto here = next++;
            visit(here->first, std::as_const(here->second));
        }
    }

    [[nodiscard]] bool is_unsent(request_id id) const {
        const Request* const one = find(id);
        return one != nullptr && one->stage == stage::unsent;
    }

    /// Drops what is not unsent any more from `ids`, once that is more than half of them: while
    /// nothing can be sent, requests go on to be made and to end. Amortised constant for each id.
    void tidy(queue<id_type>& ids) const {
        if (ids.size() <= 2 * waiting_) return;
        for (std::size_t left = ids.size(); left > 0; --left) {
            const request_id next = ids.front();
            ids.pop_front();
            if (is_unsent(next)) ids.push_back(next);
        }
    }

    /// The request that is due first, and when; zero and never() when none is.
    [[nodiscard]] auto first_due() const {
        return timers_.empty() ? timer(instant::never(), request_id()) : *timers_.begin();
    }

    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// Those that end, one way or the other, when the lease runs out.
    [[nodiscard]] std::size_t leased() const { return leased_; }

private:
    using timer = std::pair<instant, id_type>;

    void list(request_id id, const Request& one) {
        if (one.sequence != 0) by_sequence_.emplace(one.sequence, id);
        if (one.is_waiting()) timers_.insert({one.due(), id});
        waiting_ += one.is_waiting() ? 1 : 0;
        leased_ += one.is_leased() ? 1 : 0;
    }

    void unlist(request_id id, const Request& one) {
        if (one.sequence != 0) by_sequence_.erase(one.sequence);
        if (one.is_waiting()) timers_.erase({one.due(), id});
        waiting_ -= one.is_waiting() ? 1 : 0;
        leased_ -= one.is_leased() ? 1 : 0;
    }

    ordered_map<request_id, Request> all_;
    ordered_map<std::uint64_t, id_type>
        by_sequence_;            // those that have one, of the current session
    ordered_set<timer> timers_;  // those that wait
    std::uint64_t last_id_ = 0;
    std::size_t waiting_ = 0;
    std::size_t leased_ = 0;
};

}  // namespace synod::inline SYNOD_ABI::client
