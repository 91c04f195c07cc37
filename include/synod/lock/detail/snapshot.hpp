// synod/lock/detail/snapshot.hpp - the lists of a book as records, records as bytes, and both back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/ids.hpp>
#include <synod/base/ordered.hpp>
#include <synod/lock/config.hpp>
#include <synod/lock/detail/book.hpp>
#include <synod/lock/detail/fields.hpp>
#include <synod/lock/state.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::lock::detail {

/// What is the same in all places of a request.
template <class Rules>
[[nodiscard]] request_record record_of(const book<Rules>& all, handle which) {
    const request& one = all.at(which);
    request_record made;
    made.owner = {all.client_at(one.client).session, one.tag};
    made.sequence = one.sequence;
    made.at = one.at();
    made.state = one.state;
    made.first = all.first_token_of(which);
    made.deadline = all.deadline_of(which);
    made.kind = one.kind;
    made.reclaims = one.reclaims && one.state == request_state::queued;
    return made;
}

template <class Rules>
[[nodiscard]] request_record record_at(const book<Rules>& all, handle which) {
    const place& one = all.place_at(which);
    request_record made = record_of(all, one.request);
    made.standing = all.standing_of(one.request);
    made.token = one.token;
    made.mode = one.mode;
    made.permits = one.permits;
    made.before = one.before;
    made.count = one.count;
    if (one.has_lease) made.lease = all.leases().of(which);
    made.has_value = one.has_value;
    if (one.has_value) {
        made.value = all.elections().of(which).value;
        made.proclaimed = all.elections().of(which).proclaimed;
    }
    if (one.is_upgrade) made.upgrades = all.place_at(all.upgraded_by(which)).token;
    return made;
}

template <class Rules>
[[nodiscard]] auto records_of(const book<Rules>& all, handle first) {
    std::vector<synod::detail::deferred<request_record, Rules>> records;
    for (handle one = first; one != none; one = all.place_at(one).next) {
        records.push_back(record_at(all, one));
    }
    return records;
}

/// Calls `visit(handle)` for every object, once for each thing that it is there for.
template <class Rules, class Visit>
void for_each_object_unsorted(const book<Rules>& all, Visit&& visit) {
    all.for_each_request([&](handle one) {
        all.for_each_place(one, [&](handle at) { visit(all.place_at(at).object); });
    });
    all.objects().delays().for_each([&](handle target, const auto&) { visit(target); });
}

/// Calls `visit(handle)` for every object in order of name, which it sorts them by first.
template <class Rules, class Visit>
void for_each_object(const book<Rules>& all, Visit&& visit) {
    ordered_map<std::string_view, synod::detail::deferred<handle, Rules>> sorted;
    for_each_object_unsorted(
        all, [&](handle target) { sorted.emplace(all.object_at(target).name.view(), target); });
    for (const auto& [name, one] : sorted) visit(one);
}

/// Fills in the locks, the ended requests, and which holds end by force.
template <class Rules, class State>
void describe(const book<Rules>& all, State& out) {
    all.forced_ends().for_each([&out](const auto& one) { out.forced_ends.push_back(one); });
    out.locks.reserve(all.objects().size());
    for_each_object(all, [&](handle one) {
        const object& lock = all.object_at(one);
        out.locks.push_back({std::string(lock.name.view()), records_of(all, lock.holders.first),
                             records_of(all, lock.queue.first), lock.capacity,
                             all.objects().delays().of(one), lock.policy});
    });
    all.for_each_request([&](handle one) {
        const bool is_over = all.at(one).places == none && !is_at_gate(all.at(one));
        if (is_over) out.ended.push_back(record_of(all, one));
    });
}

/// A record on its way into a book.
template <class Rules>
[[nodiscard]] request arrival_of(book<Rules>& all, const request_record& from) {
    request asked;
    asked.set_at(from.at);
    asked.sequence = from.sequence;
    asked.tag = from.owner.tag;
    asked.client = all.reach_client(from.owner.session);
    asked.kind = from.kind;
    asked.reclaims = from.reclaims;
    asked.is_listed = asked.told_queued = true;
    return asked;
}

/// Fills a book from records: every request arrives again in the order of positions, and then is
/// granted or ends again.
template <class Rules>
class book_filler {
    template <class T>
    using deferred = synod::detail::deferred<T, Rules>;

public:
    explicit book_filler(book<Rules>& empty) : all_(&empty) {}

    /// Takes note of what a request has to do with a lock.
    void add(const request_record& one, const deferred<lock_record>& lock) {
        arrivals_[one.at].push_back({&one, &lock});
    }
    /// The same for one that has ended, or waits at a gate.
    void add(const request_record& one) { arrivals_[one.at].push_back({&one, nullptr}); }

    void fill() {
        for (const auto& [at, places] : arrivals_) arrive(places);
        for (const auto& [token, held] : holds_) hold(token, held);
        for (const auto& [token, one] : upgrades_) all_->set_upgrades(one, holds_[token].place);
        while (all_->objects().take_touched() != none) {
        }
    }

private:
    struct arrival {
        const request_record* record;
        const deferred<lock_record>* lock;  // nullptr if it has ended, or waits at a gate
    };
    struct held_place {
        handle place = none;
        const request_record* record = nullptr;
    };

    void arrive(const std::vector<arrival>& places) {
        const request_record& first = *places.front().record;
        request asked = arrival_of(*all_, first);
        if (places.front().lock == nullptr) {
            asked.state = first.state;
            asked.is_listed = false;
            return static_cast<void>(all_->add(asked, first.deadline));
        }
        asked.is_wide = places.size() > 1;
        const handle fresh = all_->add(asked, first.deadline);
        all_->set_standing(fresh, first.standing);
        for (const auto& [record, lock] : places) {
            enqueue(fresh, *record,
                    all_->objects().reach(lock->name, lock->capacity, lock->policy));
        }
    }

    void enqueue(handle whose, const request_record& from, handle lock) {
        if (from.upgrades != fencing_token()) {
            upgrades_[from.upgrades] = all_->enqueue_upgrade(whose, lock, from.mode);
            return;
        }
        const handle fresh = all_->enqueue(whose, lock, {from.mode, from.permits});
        if (from.state == request_state::granted) {
            holds_[from.token] = {fresh, &from};
        } else {
            if (from.lease.ttl_ms != 0) all_->want_lease(fresh, from.lease);
            if (from.has_value) all_->set_value(fresh, from.value);
        }
    }

    void hold(fencing_token token, const held_place& held) {
        all_->hold(held.place, token, {});
        all_->restore_hold(held.place, *held.record);
        const handle whose = all_->place_at(held.place).request;
        if (all_->at(whose).state != request_state::granted) {
            all_->note_granted(whose, held.record->first);
        }
    }

    book<Rules>* all_;
    ordered_map<position, std::vector<deferred<arrival>>> arrivals_;
    ordered_map<fencing_token, deferred<held_place>> holds_;
    ordered_map<fencing_token, deferred<handle>> upgrades_;
};

/// Those who wait at gates, as requests.
template <class Rules, class State>
[[nodiscard]] auto passages_of(const State& from) {
    std::vector<synod::detail::deferred<request_record, Rules>> found;
    for (const auto& gate : from.gates.gates) {
        for (const auto& one : gate.waiting) {
            request_record& made = found.emplace_back();
            made.owner = one.owner;
            made.sequence = one.sequence;
            made.at = one.at;
            made.deadline = one.deadline;
            made.kind = request_kind::passage;
        }
    }
    return found;
}

/// Fills an empty book. Precondition: the state breaks no invariant.
template <class Rules, class State>
void rebuild(book<Rules>& all, const State& from) {
    book_filler<Rules> filler(all);
    for (const auto& lock : from.locks) {
        for (const request_record& one : lock.holders) filler.add(one, lock);
        for (const request_record& one : lock.queue) filler.add(one, lock);
        for (const delay_record& one : lock.delays) {
            all.objects().add_delay(all.objects().reach(lock.name, lock.capacity, lock.policy),
                                    one);
        }
    }
    for (const request_record& one : from.ended) filler.add(one);
    const auto passages = passages_of<Rules>(from);
    for (const request_record& one : passages) filler.add(one);
    filler.fill();
    for (const auto& one : from.forced_ends) all.force_end(all.find_hold(one.token), one);
}

template <class Records>
void write_records(const Records& records, byte_writer& out) {
    out.number(std::uint64_t{records.size()});
    for (const auto& one : records) one.fields(one, field_writer(out));
}

/// Reads a value whose fields were fewer in version 1.
template <class Value>
[[nodiscard]] bool read_fields(byte_reader& in, std::uint8_t version, Value& value) {
    field_reader fields(in);
    if (version == 1)
        value.fields_of_version_1(value, fields);
    else
        value.fields(value, fields);
    return fields.ok();
}

template <class Records>
[[nodiscard]] bool read_requests(byte_reader& in, std::uint8_t version, Records& records) {
    for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
        auto& one = records.emplace_back();
        if (!read_fields(in, version, one)) return false;
        if (version == 1) one.first = one.token;
    }
    return in.ok();
}

/// Reads what `write_records` wrote.
template <class Records>
[[nodiscard]] bool read_records(byte_reader& in, Records& records) {
    for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
        auto& one = records.emplace_back();
        field_reader fields(in);
        one.fields(one, fields);
        if (!fields.ok()) return false;
    }
    return in.ok();
}

/// The lock-delays of sessions, in the order of their ids.
template <class State>
void write_profiles(const State& now, byte_writer& out) {
    for (const auto& one : now.sessions) out.number(one.lock_delay_ms);
}

/// False, too, for a lock-delay that is longer than any limit lets one be. The present limit may be
/// lower than what it was then.
template <class State>
[[nodiscard]] bool read_profiles(byte_reader& in, State& now) {
    for (auto& one : now.sessions) {
        one.lock_delay_ms = in.number<std::uint64_t>();
        if (one.lock_delay_ms >= ttl_end_ms) return false;
    }
    const log_time latest = now.now + ttl_end_ms;
    for (const auto& lock : now.locks) {
        for (const auto& one : lock.delays) {
            if (one.until > latest) return false;
        }
    }
    return in.ok();
}

template <class State>
void write_locks(const State& now, byte_writer& out) {
    out.number(std::uint64_t{now.locks.size()});
    for (const auto& one : now.locks) {
        out.text(one.name);
        out.number(one.capacity);
        write_records(one.holders, out);
        write_records(one.queue, out);
        write_records(one.delays, out);
    }
}

template <class State>
[[nodiscard]] bool read_locks(byte_reader& in, std::uint8_t version, State& now) {
    for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
        auto& one = now.locks.emplace_back();
        one.name = in.text();
        if (one.name.empty() || one.name.size() > name_bytes_end) return false;
        if (version > 1) one.capacity = in.number<std::uint32_t>();
        if (!read_requests(in, version, one.holders)) return false;
        if (!read_requests(in, version, one.queue)) return false;
        if (version > 1 && !read_records(in, one.delays)) return false;
    }
    return in.ok();
}

}  // namespace synod::inline SYNOD_ABI::lock::detail
