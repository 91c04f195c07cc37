// synod/lock/detail/objects.hpp - locks and semaphores by name, which of them have changed, and
// what lost holds leave at them.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/time.hpp>
#include <synod/lock/detail/delays.hpp>
#include <synod/lock/detail/entries.hpp>
#include <synod/lock/detail/hash_index.hpp>
#include <synod/lock/detail/slab.hpp>
#include <synod/lock/queueing.hpp>
#include <synod/lock/rules.hpp>
#include <synod/lock/state.hpp>
#include <synod/log/session.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// A name with its hash, for whoever looks it up and then makes what was not there.
struct hashed_name {
    std::string_view text;
    std::uint64_t hash;

    explicit hashed_name(std::string_view name) : text(name), hash(hash_of(as_bytes(name))) {}
};

/// Objects exist from the first time that somebody asks for them until `drop_if_idle` finds that
/// nothing needs them. Finding one by name takes constant time on average.
template <class Rules>
class objects {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    [[nodiscard]] object& operator[](handle one) { return all_[one]; }
    [[nodiscard]] const object& operator[](handle one) const { return all_[one]; }
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    [[nodiscard]] std::uint64_t name_bytes() const { return name_bytes_; }

    /// What has that name will be looked up soon. Inline, see detail::prefetch.
    [[gnu::always_inline]] void expect(std::string_view name) const {
        by_name_.prefetch(hashed_name(name).hash);
    }

    /// `none` if nothing has that name.
    [[nodiscard]] handle find(const hashed_name& name) const {
        return by_name_.find(name.hash,
                             [&](handle one) { return all_[one].name.view() == name.text; });
    }
    [[nodiscard]] handle find(std::string_view name) const { return find(hashed_name(name)); }
    /// What has that name, which comes into being as a lock, or as a semaphore with that capacity,
    /// and with that policy.
    [[nodiscard]] handle reach(std::string_view name, std::uint32_t capacity, policy by) {
        const hashed_name wanted(name);
        const handle found = find(wanted);
        return found != none ? found : make(wanted, capacity, by);
    }
    /// The same where nothing has that name.
    [[nodiscard]] handle make(const hashed_name& name, std::uint32_t capacity, policy by) {
        const handle fresh = all_.take();
        object& made = all_[fresh];
        made.name.assign(name.text);
        made.capacity = capacity;
        made.policy = by == policy::any ? policy::fifo : by;
        made.holders = made.queue = {};
        made.shared = made.exclusive = made.permits = made.waiting = made.update = 0;
        made.touched = made.is_delayed = made.is_phase_over = made.has_wide = false;
        by_name_.insert(fresh, name.hash);
        name_bytes_ += name.text.size();
        return fresh;
    }

    /// Its queue, its holders or its lock-delays have changed.
    void touch(handle one) {
        if (all_[one].touched) return;
        all_[one].touched = true;
        touched_.push_back(one);
    }
    /// The objects that have been touched since they were taken from here, in the order in which
    /// that began; then `none`.
    [[nodiscard]] handle take_touched() {
        if (next_touched_ == touched_.size()) {
            touched_.clear();
            next_touched_ = 0;
            return none;
        }
        const handle one = touched_[next_touched_++];
        all_[one].touched = false;
        return one;
    }

    /// Ends an object that nobody holds or waits for, or is kept from; leaves any other.
    void drop_if_idle(handle one) {
        const object& idle = all_[one];
        if (!idle.holders.empty() || !idle.queue.empty()) return;
        if (idle.touched || idle.is_delayed) return;
        by_name_.erase(one, hash_of(as_bytes(idle.name.view())));
        name_bytes_ -= idle.name.size();
        all_.give_back(one);
    }

    void add_delay(handle target, const deferred<delay_record>& one) {
        delays_.add(target, one);
        all_[target].is_delayed = true;
    }
    /// Ends the lock-delays of an object that a client has left, or that are over.
    void end_delays(handle target, const client_uuid& client) {
        delays_.end_those_of(target, client);
        note_delays(target);
    }
    void end_delays(handle target, log_time now) {
        delays_.end_those_over(target, now);
        note_delays(target);
    }
    [[nodiscard]] const auto& delays() const { return delays_; }

    /// What stands in the way of whoever would hold an object: holds, and lock-delays but for those
    /// of `reclaimer`.
    [[nodiscard]] holding obstacles(handle one, const client_uuid* reclaimer = nullptr) const {
        holding found = all_[one].held();
        if (all_[one].is_delayed) found.add(delays_.standing_at(one, reclaimer));
        return found;
    }

private:
    void note_delays(handle target) {
        all_[target].is_delayed = delays_.has_any(target);
        touch(target);
    }

    slab<deferred<object>> all_;
    basic_hash_index<deferred<handle>> by_name_;            // all of them
    detail::delays<deferred<delay_record>, Rules> delays_;  // of those with object::is_delayed
    std::vector<deferred<handle>> touched_;  // from next_touched_ on, those with object::touched
    std::size_t next_touched_ = 0;
    std::uint64_t name_bytes_ = 0;  // of all of them
};

}  // namespace synod::inline SYNOD_ABI::lock::detail
