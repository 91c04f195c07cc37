// tests/concept/concepts.cpp - what each concept takes, and that it takes nothing less.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/shared.hpp>
#include <synod/paxos/messages.hpp>
#include <synod/paxos/text_log.hpp>

#include "concept/archetypes.hpp"

#include <string_view>
#include <variant>

namespace {

using namespace synod;

// Each near miss has all of its archetype but one thing, which it hides.

// transport

using some_messages = std::variant<prepare, fetch>;

static_assert(transport<arch::transport, prepare>);
static_assert(transport<arch::transport, some_messages>);
static_assert(transport<arch::transport, paxos_message<arch::value>>);

struct may_throw : arch::only_moves {
    void send(node_id to, prepare message);
};
struct answers : arch::only_moves {
    bool send(node_id to, prepare message) noexcept;
};
struct sends_no_fetch : arch::only_moves {
    void send(node_id to, prepare message) noexcept;
};
struct sends_a_fetch_that_throws : sends_no_fetch {
    using sends_no_fetch::send;
    void send(node_id to, fetch message);
};
struct does_not_move : arch::nothing {
    void send(node_id to, prepare message) noexcept;
};

static_assert(transport<sends_no_fetch, prepare>);
static_assert(!transport<may_throw, prepare>);
static_assert(!transport<answers, prepare>);
static_assert(!transport<sends_no_fetch, some_messages>);
static_assert(!transport<sends_a_fetch_that_throws, some_messages>);
static_assert(!transport<does_not_move, prepare>);
static_assert(!transport<arch::only_moves, prepare>);

// storage

static_assert(storage<arch::storage, arch::value>);
static_assert(!storage<arch::storage, int>);  // keeps other votes
static_assert(!async_storage<arch::storage, arch::value>);
static_assert(async_storage<arch::async_storage, arch::value>);

template <class Record>
struct does_not_append : arch::storage {
    using arch::storage::append;
    void append(const Record& record) noexcept = delete;
};
struct append_throws : arch::storage {
    using arch::storage::append;
    void append(const vote<arch::value>& record);
};
struct append_answers : arch::storage {
    using arch::storage::append;
    bool append(const promise_record& record) noexcept;
};
struct does_not_sync : arch::storage {
    void sync() noexcept = delete;
};
struct sync_throws : arch::storage {
    std::error_code sync();
};
struct sync_says_nothing : arch::storage {
    void sync() noexcept;
};
struct sync_says_yes_or_no : arch::storage {
    bool sync() noexcept;
};
struct does_not_recover : arch::storage {
    void recover() = delete;
};
struct recover_says_nothing : arch::storage {
    template <class Sink>
    void recover(Sink&& sink);
};
struct does_not_forget : arch::storage {
    void forget() = delete;
};
struct forget_throws : arch::storage {
    void forget(slot below);
};
struct start_sync_throws : arch::storage {
    void start_sync(const sync_token& token);
};
struct start_sync_without_token : arch::storage {
    void start_sync() noexcept;
};
struct only_starts_sync : arch::async_storage {
    void sync() noexcept = delete;
};

static_assert(!storage<does_not_append<identity_record>, arch::value>);
static_assert(!storage<does_not_append<promise_record>, arch::value>);
static_assert(!storage<does_not_append<reserve_record>, arch::value>);
static_assert(!storage<does_not_append<chosen_record>, arch::value>);
static_assert(!storage<does_not_append<forget_record>, arch::value>);
static_assert(!storage<does_not_append<vote<arch::value>>, arch::value>);
static_assert(!storage<append_throws, arch::value>);
static_assert(!storage<append_answers, arch::value>);
static_assert(!storage<does_not_sync, arch::value>);
static_assert(!storage<sync_throws, arch::value>);
static_assert(!storage<sync_says_nothing, arch::value>);
static_assert(!storage<sync_says_yes_or_no, arch::value>);
static_assert(!storage<does_not_recover, arch::value>);
static_assert(!storage<recover_says_nothing, arch::value>);
static_assert(!storage<does_not_forget, arch::value>);
static_assert(!storage<forget_throws, arch::value>);
static_assert(!async_storage<start_sync_throws, arch::value>);
static_assert(!async_storage<start_sync_without_token, arch::value>);
static_assert(!async_storage<only_starts_sync, arch::value>);
// Nearly asynchronous is no storage at all, for it would be taken for one that only blocks.
static_assert(!storage<start_sync_throws, arch::value>);
static_assert(!storage<start_sync_without_token, arch::value>);
static_assert(!storage<shared<start_sync_throws>, arch::value>);
static_assert(storage<shared<arch::storage>, arch::value>);
static_assert(async_storage<shared<arch::async_storage>, arch::value>);
static_assert(!storage<shared<append_throws>, arch::value>);
static_assert(!storage<shared<append_answers>, arch::value>);
static_assert(!storage<shared<sync_throws>, arch::value>);
static_assert(!storage<shared<sync_says_yes_or_no>, arch::value>);
static_assert(!storage<shared<recover_says_nothing>, arch::value>);
static_assert(!storage<shared<forget_throws>, arch::value>);
static_assert(!transport<shared<may_throw>, prepare>);
static_assert(!transport<shared<answers>, prepare>);

// quorum_system

static_assert(quorum_system<arch::quorum_system>);
static_assert(quorum_system<majority> && quorum_system<flexible>);

struct no_phase1 : arch::quorum_system {
    bool is_phase1() const = delete;
};
struct no_phase2 : arch::quorum_system {
    bool is_phase2() const = delete;
};
struct phase1_changes_it : arch::quorum_system {
    bool is_phase1(node_set set);
};
struct phase2_counts : arch::quorum_system {
    int is_phase2(node_set set) const;
};
struct no_members : arch::quorum_system {
    node_set members() const = delete;
};
struct moves_only : arch::only_moves {
    bool is_phase1(node_set set) const;
    bool is_phase2(node_set set) const;
    node_set members() const;
};

static_assert(!quorum_system<no_phase1>);
static_assert(!quorum_system<no_phase2>);
static_assert(!quorum_system<phase1_changes_it>);
static_assert(!quorum_system<phase2_counts>);
static_assert(!quorum_system<no_members>);
static_assert(!quorum_system<moves_only>);

// observer

static_assert(observer<arch::observer>);
static_assert(observer<silent_observer>);
static_assert(observer<text_log<void (*)(std::string_view)>>);

struct sees_no_refusal : silent_observer {
    void refused() = delete;
};
struct sees_no_promise : silent_observer {
    void promised() = delete;
};
struct sees_no_vote : silent_observer {
    void accepted() = delete;
};
struct sees_nothing_chosen : silent_observer {
    void chosen() = delete;
};
struct sees_nothing_applied : silent_observer {
    void applied() = delete;
};
struct sees_nobody_elected : silent_observer {
    void elected() = delete;
};
struct sees_nobody_step_down : silent_observer {
    void stepped_down() = delete;
};
struct sees_nobody_fall_behind : silent_observer {
    void fell_behind() = delete;
};
struct sees_no_failure : silent_observer {
    void failed() = delete;
};

static_assert(!observer<sees_no_refusal>);
static_assert(!observer<sees_no_promise>);
static_assert(!observer<sees_no_vote>);
static_assert(!observer<sees_nothing_chosen>);
static_assert(!observer<sees_nothing_applied>);
static_assert(!observer<sees_nobody_elected>);
static_assert(!observer<sees_nobody_step_down>);
static_assert(!observer<sees_nobody_fall_behind>);
static_assert(!observer<sees_no_failure>);

// state_machine, timed_state_machine, event_source

static_assert(state_machine<arch::state_machine>);
static_assert(!timed_state_machine<arch::state_machine> && !event_source<arch::state_machine>);
static_assert(timed_state_machine<arch::timed_state_machine>);
static_assert(event_source<arch::event_source>);

struct does_not_apply : arch::state_machine {
    void apply() = delete;
};
struct apply_says_something : arch::state_machine {
    bool apply(const apply_context& context, bytes_view command, result_writer& result);
};
struct no_snapshot : arch::state_machine {
    void snapshot() const = delete;
};
struct snapshot_changes_it : arch::state_machine {
    void snapshot(byte_writer& out);
};
struct no_restore : arch::state_machine {
    void restore() = delete;
};
struct restore_says_nothing : arch::state_machine {
    void restore(byte_reader& in);
};
struct restore_says_whether : arch::state_machine {
    bool restore(byte_reader& in);
};
struct stays_where_it_is : arch::nothing {
    void apply(const apply_context& context, bytes_view command, result_writer& result);
    void snapshot(byte_writer& out) const;
    std::error_code restore(byte_reader& in);
};
struct advances_only : arch::state_machine {
    void advance(log_time now);
};
struct advances_by_milliseconds : arch::timed_state_machine {
    void advance(std::uint64_t milliseconds);
};
struct advances_in_two_ways : arch::state_machine {
    void advance(log_time now);
    void advance(std::uint64_t milliseconds);
};
struct advances_by_anything : arch::state_machine {
    template <class Time>
    void advance(Time now);
};
struct does_not_advance : arch::timed_state_machine {
    void advance() = delete;
};
struct no_deadline : arch::timed_state_machine {
    log_time next_deadline() const = delete;
};
struct deadline_on_a_wall_clock : arch::timed_state_machine {
    instant next_deadline() const;
};
struct no_new_leader : arch::timed_state_machine {
    void new_leader() = delete;
};
struct no_apply_but_time : arch::timed_state_machine {
    void apply() = delete;
};
struct no_events : arch::event_source {
    void drain_events() = delete;
};
struct events_and_no_snapshot : arch::event_source {
    void snapshot() const = delete;
};

static_assert(!state_machine<does_not_apply>);
static_assert(!state_machine<apply_says_something>);
static_assert(!state_machine<no_snapshot>);
static_assert(!state_machine<snapshot_changes_it>);
static_assert(!state_machine<no_restore>);
static_assert(!state_machine<restore_says_nothing>);
static_assert(!state_machine<restore_says_whether>);
static_assert(!state_machine<stays_where_it_is>);
// Nearly timed is no machine at all, for it would be taken for one without timers.
static_assert(!state_machine<advances_only>);
static_assert(!state_machine<advances_by_milliseconds>);
static_assert(!state_machine<advances_in_two_ways>);
static_assert(!state_machine<advances_by_anything>);
static_assert(!state_machine<does_not_advance>);
static_assert(!state_machine<no_deadline>);
static_assert(!state_machine<deadline_on_a_wall_clock>);
static_assert(!state_machine<no_new_leader>);
static_assert(!timed_state_machine<does_not_advance>);
static_assert(!timed_state_machine<no_deadline>);
static_assert(!timed_state_machine<deadline_on_a_wall_clock>);
static_assert(!timed_state_machine<no_new_leader>);
static_assert(!timed_state_machine<no_apply_but_time>);
static_assert(!event_source<no_events>);
static_assert(!event_source<events_and_no_snapshot>);

// codec

static_assert(codec<arch::codec>);

struct codec_of_nothing {
    void encode(int value, byte_writer& out) const;
    bool decode(byte_reader& in, int& value) const;
};
struct does_not_encode : arch::codec {
    void encode() const = delete;
};
struct does_not_decode : arch::codec {
    void decode() const = delete;
};
struct decode_says_nothing : arch::codec {
    void decode(byte_reader& in, arch::nothing& value) const;
};
struct encode_changes_it : arch::codec {
    void encode(const arch::nothing& value, byte_writer& out);
};

static_assert(!codec<codec_of_nothing>);
static_assert(!codec<does_not_encode>);
static_assert(!codec<does_not_decode>);
static_assert(!codec<decode_says_nothing>);
static_assert(!codec<encode_changes_it>);

}  // namespace
