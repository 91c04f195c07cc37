// tests/concept/archetypes.hpp - for each concept a type that has the least it asks for. Declared,
// never defined: nothing is linked.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/quorum.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/paxos/observer.hpp>
#include <synod/paxos/storage.hpp>
#include <synod/paxos/transport.hpp>

#include <system_error>

namespace arch {

/// A value: regular, and no more. It does not hash, compare by order, print or convert.
struct value {
    value();
    value(const value&);
    value& operator=(const value&);
    ~value();
    friend bool operator==(const value&, const value&);
};

/// Moves and nothing else: no default, no copy.
struct only_moves {
    only_moves() = delete;
    only_moves(const only_moves&) = delete;
    only_moves& operator=(const only_moves&) = delete;
    only_moves(only_moves&&) noexcept;
    only_moves& operator=(only_moves&&) noexcept;
    ~only_moves();
};

struct transport : only_moves {
    template <class Message>
    void send(synod::node_id to, const Message& message) noexcept;
};

/// Of any value: a role keeps the host's, a replica entries.
template <class Value>
struct storage_of : only_moves {
    void append(const synod::identity_record& record) noexcept;
    void append(const synod::promise_record& record) noexcept;
    void append(const synod::reserve_record& record) noexcept;
    void append(const synod::chosen_record& record) noexcept;
    void append(const synod::forget_record& record) noexcept;
    void append(const synod::vote<Value>& record) noexcept;
    std::error_code sync() noexcept;
    void forget(synod::slot below) noexcept;
    template <class Sink>
    std::error_code recover(Sink&& sink) {
        sink(synod::identity_record{});
        sink(synod::promise_record{});
        sink(synod::reserve_record{});
        sink(synod::chosen_record{});
        sink(synod::forget_record{});
        sink(synod::vote<Value>{});
        return {};
    }
};

template <class Value>
struct async_storage_of : storage_of<Value> {
    void start_sync(const synod::sync_token& token) noexcept;
};

using storage = storage_of<value>;
using async_storage = async_storage_of<value>;

/// Copyable, for a policy is copied; neither default-constructible nor comparable.
struct quorum_system {
    quorum_system() = delete;
    quorum_system(const quorum_system&);
    quorum_system& operator=(const quorum_system&);
    ~quorum_system();
    bool is_phase1(synod::node_set set) const;
    bool is_phase2(synod::node_set set) const;
    synod::node_set members() const;
};

struct observer : only_moves {
    void refused(synod::node_id from, synod::refusal why);
    void promised(synod::ballot which);
    void accepted(synod::slot at, synod::ballot which);
    void chosen(synod::slot below);
    void elected(synod::ballot leading);
    void stepped_down(synod::ballot led);
    void applied(synod::slot at);
    void fell_behind(synod::slot needed, synod::slot first_kept);
    void failed(const std::error_code& error);
};

struct nothing {
    nothing() = delete;
    nothing(const nothing&) = delete;
    nothing& operator=(const nothing&) = delete;
    ~nothing();
};

struct state_machine : only_moves {
    void apply(const synod::apply_context& context, synod::bytes_view command,
               synod::result_writer& result);
    void snapshot(synod::byte_writer& out) const;
    std::error_code restore(synod::byte_reader& in);
};

struct timed_state_machine : state_machine {
    void advance(synod::log_time now);
    synod::log_time next_deadline() const;
    void new_leader(synod::ballot leader);
};

struct event_source : state_machine {
    template <class Sink>
    void drain_events(Sink&& sink) {
        sink(0);
    }
};

struct codec : nothing {
    using value_type = nothing;
    void encode(const nothing& value, synod::byte_writer& out) const;
    bool decode(synod::byte_reader& in, nothing& value) const;
};

}  // namespace arch
