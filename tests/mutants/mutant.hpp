// tests/mutants/mutant.hpp - one wrong world for every known mistake: the types that ship, each with one member that can go wrong.
//
// All mutants share one set of types, so that everything is compiled once; which mistake is made is chosen at run time, and with none
// chosen the types do what those that ship do.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/testing/lock_suite.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace synod::mutants {

/// The mistakes of the list, by their numbers there.
enum class mutant : std::uint8_t {
    none,
    m1,
    m2,
    m3,
    m4,
    m5,
    m6,
    m7,
    m8,
    m9,
    m10,
    m11,
    m12,
    m13,
    m14,
    m15,
    m16,
    m17,
    m18,
    m19,
    m20,
    m21,
    m23,
    m24,
    m25,
    m26,
    m28,
    m29,
    m31,
    m32,
    m33,
    m34,
    m38,
    m46,
    m47,
    m48,
    m49,
    m50,
    m51,
    m53,
    m54,
    m55,
    m56,
    m57,
    m58,
    m59,
    m60,
    m64,
    m65,
};

/// The mistake that is being made. Checkers run on one thread.
inline mutant active = mutant::none;

[[nodiscard]] inline bool is(mutant which) { return active == which; }

/// Makes one mistake for as long as it lives.
class making {
public:
    explicit making(mutant which) { active = which; }
    ~making() { active = mutant::none; }
    making(const making&) = delete;
    making& operator=(const making&) = delete;
};

/// The rules of Paxos and of the log.
struct wrong_rules : log_rules {
    [[nodiscard]] bool may_promise(ballot promised, ballot asked) {
        before_ = promised;
        if (is(mutant::m13)) return asked.round() >= promised.round() && asked != promised;
        return log_rules::may_promise(promised, asked);
    }
    [[nodiscard]] static bool may_accept(ballot promised, ballot asked) {
        if (is(mutant::m3)) return true;
        if (is(mutant::m13)) return asked.round() >= promised.round();
        return log_rules::may_accept(promised, asked);
    }
    [[nodiscard]] static ballot promise_after_vote(ballot promised, ballot voted) {
        return is(mutant::m4) ? promised : log_rules::promise_after_vote(promised, voted);
    }
    /// M6 reports the promise of before, for the proposer turns away votes of its own ballot.
    template <class Value>
    [[nodiscard]] vote<Value> reported(vote<Value> cast, ballot promised) const {
        if (is(mutant::m6) && before_ > cast.ballot) cast.ballot = before_;
        return log_rules::reported(std::move(cast), promised);
    }
    [[nodiscard]] static bool is_forgotten(slot at, slot first) {
        return !is(mutant::m28) && log_rules::is_forgotten(at, first);
    }
    [[nodiscard]] static bool counts_promise(ballot attempt, ballot promised) {
        return is(mutant::m14) || log_rules::counts_promise(attempt, promised);
    }
    [[nodiscard]] static node_set counted(node_set so_far, node_id from) {
        if (is(mutant::m15) && so_far.contains(from)) {
            for (const node_id other : node_set::first(max_nodes)) {
                if (so_far.contains(other)) continue;
                so_far.insert(other);
                break;
            }
        }
        return log_rules::counted(so_far, from);
    }
    [[nodiscard]] static bool outranks(ballot reported, ballot best) {
        return is(mutant::m11) ? !best.exists() : log_rules::outranks(reported, best);
    }
    template <class Value>
    [[nodiscard]] static bool is_bound(const vote<Value>& best) {
        if (is(mutant::m10)) return false;
        if constexpr (requires { best.value.kind(); }) {
            if (is(mutant::m18) && best.ballot.exists() && best.value.kind() == entry_kind::no_op) {
                return false;
            }
        } else if (is(mutant::m18) && best.value == Value()) {
            return false;  // the value of roles that stands for a no-op
        }
        return log_rules::is_bound(best);
    }
    [[nodiscard]] static bool is_complete(bool says_complete) {
        return is(mutant::m26) || log_rules::is_complete(says_complete);
    }
    [[nodiscard]] static slot first_free(slot known, slot reported_end) {
        return is(mutant::m24) ? known : log_rules::first_free(known, reported_end);
    }
    [[nodiscard]] static bool counts_together(ballot tally, ballot voted) {
        return is(mutant::m19) || log_rules::counts_together(tally, voted);
    }
    [[nodiscard]] static bool carries_chosen(ballot voted, ballot chosen_in) {
        return is(mutant::m21) ? voted.exists() : log_rules::carries_chosen(voted, chosen_in);
    }
    /// M51 lets an answer rest on what it staged itself, and on nothing if that is nothing.
    [[nodiscard]] std::uint64_t rests_on(std::uint64_t newest_record) {
        if (is(mutant::m2)) return 0;
        if (is(mutant::m51) && newest_record == std::exchange(newest_, newest_record)) return 0;
        return log_rules::rests_on(newest_record);
    }
    [[nodiscard]] static bool counts_sync(std::uint64_t instance, std::uint64_t started_by) {
        return is(mutant::m65) || log_rules::counts_sync(instance, started_by);
    }
    [[nodiscard]] static ballot stamped(ballot built_for, ballot current) {
        return is(mutant::m29) ? current : log_rules::stamped(built_for, current);
    }
    [[nodiscard]] static bool may_read(slot applied_below, slot barrier) {
        return is(mutant::m32) || log_rules::may_read(applied_below, barrier);
    }
    [[nodiscard]] static bool confirms(std::uint64_t answered, std::uint64_t needed) {
        if (is(mutant::m33)) return answered + 1 >= needed && answered > 0;
        if (is(mutant::m34)) return true;
        return log_rules::confirms(answered, needed);
    }
    [[nodiscard]] static bool takes_over(ballot next, ballot leader) {
        return is(mutant::m53) ? next != leader : log_rules::takes_over(next, leader);
    }

    friend bool operator==(const wrong_rules& a, const wrong_rules& b) {
        return a.before_ == b.before_ && a.memory() == b.memory();
    }

    /// Rules that remember something are part of what their node will do.
    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(before_);
        sink.add(memory());
    }

private:
    [[nodiscard]] std::uint64_t memory() const { return is(mutant::m51) ? newest_ : 0; }

    ballot before_;             // the promise before the last prepare
    std::uint64_t newest_ = 0;  // the newest record when a message was built last
};

/// M12 counts its attempts of this life, and looks at nothing else.
struct wrong_ballots : ballot_source {
    [[nodiscard]] ballot next(std::uint64_t highest_round, node_id self) {
        if (is(mutant::m12)) return {++attempts_, self};
        return ballot_source::next(highest_round, self);
    }

private:
    std::uint64_t attempts_ = 0;
};

/// M16 takes half for a majority, M25 one promise for a phase-1 quorum.
struct wrong_quorums : majority {
    explicit wrong_quorums(const majority& right) : majority(right) {}

    [[nodiscard]] bool is_phase1(node_set set) const {
        if (is(mutant::m25)) return !set.empty();
        return is(mutant::m16) ? is_half(set) : majority::is_phase1(set);
    }
    [[nodiscard]] bool is_phase2(node_set set) const {
        return is(mutant::m16) ? is_half(set) : majority::is_phase2(set);
    }

private:
    [[nodiscard]] bool is_half(node_set set) const {
        return 2 * set.size() + 1 >= members().size();
    }
};

/// M54 stamps whole milliseconds and forgets the rest.
struct wrong_stamper : time_stamper {
    [[nodiscard]] std::uint32_t stamp(instant now, std::uint32_t max_step_ms) {
        const std::uint32_t whole = time_stamper::stamp(now, max_step_ms);
        if (is(mutant::m54)) start(now);
        return whole;
    }
};

template <class Observer>
struct wrong_policy {
    using stamper = wrong_stamper;

    wrong_rules rules{};
    wrong_ballots ballots{};
    wrong_quorums quorums;
    Observer observer{};
    log_limits limits{};
};

/// The messages of a replica, or of roles. M5 forgets to report votes; M17 takes a refusal for a promise.
template <class Link, class Value = entry>
class wrong_transport {
public:
    static constexpr bool is_single_threaded = true;

    explicit wrong_transport(Link link) : link_(std::move(link)) {}

    template <class One>
    void send(node_id to, One&& message) noexcept {
        link_.send(to, std::forward<One>(message));
    }
    void send(node_id to, promise<Value>&& message) noexcept {
        if (is(mutant::m5)) message.votes.clear();
        link_.send(to, std::move(message));
    }
    void send(node_id to, prepare&& message) noexcept {
        if (is(mutant::m17)) asked_from_[message.ballot] = message.from;
        link_.send(to, std::move(message));
    }
    void send(node_id to, refused&& message) noexcept {
        const auto asked = asked_from_.find(message.beaten);
        if (!is(mutant::m17) || asked == asked_from_.end())
            return link_.send(to, std::move(message));
        link_.send(
            to,
            promise<Value>{
                message.header, message.beaten, asked->second, asked->second, slot(), true, {}});
    }

    [[nodiscard]] auto take()
        requires requires(Link& link) { link.take(); }
    {
        return link_.take();
    }

    friend bool operator==(const wrong_transport&, const wrong_transport&)
        requires std::equality_comparable<Link>
    = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(link_);
    }

private:
    Link link_;
    static inline std::map<ballot, slot> asked_from_;
};

/// A disk. M1 never keeps a promise; M7 writes a vote in two parts; M8 tries a failed sync again and believes it; M31 lets a leader
/// count its own vote before it is written.
template <class Disk>
class wrong_disk : public Disk {
public:
    using Disk::Disk;
    using vote_type = typename Disk::vote_type;

    template <class Record>
    void append(const Record& one) noexcept {
        Disk::append(one);
    }
    void append(const identity_record& one) noexcept {
        self_ = one.node;
        Disk::append(one);
    }
    void append(const promise_record& one) noexcept {
        if (!is(mutant::m1)) Disk::append(one);
    }
    void append(const vote_type& one) noexcept {
        if (is(mutant::m7)) write_ballot_first(one);
        if (is(mutant::m31) && one.ballot.proposer() == self_) {
            unwritten_.push_back(one);
        } else {
            Disk::append(one);
        }
    }

    [[nodiscard]] std::error_code sync() noexcept {
        std::error_code error = Disk::sync();
        if (is(mutant::m8) && error) error = Disk::sync();
        if (is(mutant::m8)) error = {};
        write();
        return error;
    }
    void start_sync(const sync_token& token) noexcept
        requires requires(Disk& disk) { disk.start_sync(token); }
    {
        Disk::start_sync(token);
        write();
    }
    template <class Synced>
    void finish(Synced&& synced) {
        Disk::finish([&](const sync_token& token, const std::error_code& error) {
            synced(token, is(mutant::m8) ? std::error_code() : error);
        });
    }
    template <class Process>
    void crash(Process& next) {
        unwritten_.clear();
        Disk::crash(next);
    }

    friend bool operator==(const wrong_disk& a, const wrong_disk& b)
        requires std::equality_comparable<Disk>
    {
        return static_cast<const Disk&>(a) == b && a.unwritten_ == b.unwritten_ &&
               a.values_ == b.values_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const
        requires requires(const Disk& disk) { disk.fingerprint(sink); }
    {
        Disk::fingerprint(sink);
        sink.add(unwritten_);
        sink.add(values_.size());
        for (const auto& one : values_) sink.add(one.second);
    }

private:
    /// The ballot of the new vote, with the value that was there.
    void write_ballot_first(const vote_type& one) {
        const auto [old, is_new] = values_.try_emplace(one.at, one);
        if (!is_new) Disk::append(vote_type{one.at, one.ballot, old->second.value});
        old->second = one;
    }
    void write() {
        for (const vote_type& one : unwritten_) Disk::append(one);
        unwritten_.clear();
    }

    node_id self_{max_nodes};
    std::vector<vote_type> unwritten_;
    std::map<slot, vote_type> values_;
};

/// What a lone learner hears. M20 takes a vote for one of every ballot with the same value.
template <class Value>
class wrong_ear {
public:
    void note(const accept<Value>& message) {
        if (is(mutant::m20)) values_[{message.at, message.ballot}] = message.value;
    }
    [[nodiscard]] accepted heard(accepted message) const {
        const auto asked = values_.find({message.at, message.ballot});
        if (asked == values_.end()) return message;
        for (const auto& [where, value] : values_) {
            if (where.first == message.at && value == asked->second) message.ballot = where.second;
        }
        return message;
    }

    friend bool operator==(const wrong_ear&, const wrong_ear&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(values_.size());
        for (const auto& [where, value] : values_) {
            sink.add(where.first);
            sink.add(where.second);
            sink.add(value);
        }
    }

private:
    std::map<std::pair<slot, ballot>, Value> values_;  // that votes were asked for
};

/// What a replica's own clock shows while it applies, in milliseconds. Whoever runs replicas side by side sets it before each input;
/// where nobody does, it shows nothing that two of them agree on.
inline std::optional<std::uint64_t> own_clock_shows;

[[nodiscard]] inline std::uint64_t own_clock() {
    static std::uint64_t reads = 0;
    return own_clock_shows ? *own_clock_shows : ++reads / 5 % 40;
}

struct wrong_lock_rules : lock::rules {
    [[nodiscard]] static bool is_over(log_time deadline, log_time now) {
        if (is(mutant::m38)) now = now + own_clock();
        if (is(mutant::m58)) deadline = deadline + 500;
        return lock::rules::is_over(deadline, now);
    }
    [[nodiscard]] static fencing_token next_token(fencing_token last) {
        if (is(mutant::m47) && last.counter() % 8 == 7) return {last.epoch(), last.counter() - 5};
        return lock::rules::next_token(last);
    }
    [[nodiscard]] static bool goes_behind(const position& asked, const position& waiting) {
        return !is(mutant::m60) && lock::rules::goes_behind(asked, waiting);
    }
    [[nodiscard]] static bool may_grant(bool timers_are_due) {
        return is(mutant::m59) || lock::rules::may_grant(timers_are_due);
    }
    [[nodiscard]] static bool may_release(const lock::owner_id& holder,
                                          const lock::owner_id& asker) {
        if (is(mutant::m48) || is(mutant::m57)) return true;
        return lock::rules::may_release(holder, asker);
    }
    [[nodiscard]] static bool is_new_leader(ballot known, ballot leader) {
        return is(mutant::m53) ? leader != known : lock::rules::is_new_leader(known, leader);
    }
};

/// The table. M23 lives on when its replica is gone, and has everything applied to it once more; M46 takes time from the replica's own clock; M48 releases
/// a lock by its name, whatever the token; M50 has no waiting requests in its snapshots; M55 takes slots for positions.
class wrong_table : public lock::basic_table<wrong_lock_rules> {
    using base = lock::basic_table<wrong_lock_rules>;

public:
    [[nodiscard]] static result<wrong_table> make(const lock::config& config) {
        if (is(mutant::m23) && survivor_) return *survivor_;
        auto made = base::make(config);
        if (!made) return unexpected(made.error());
        return wrong_table(std::move(*made));
    }
    static void begin_run() { survivor_.reset(); }

    void apply(const apply_context& context, bytes_view encoded, result_writer& result) {
        apply_context at = context;
        if (is(mutant::m55)) at.at.index = 0;
        if (!is(mutant::m48)) return base::apply(at, encoded, result);
        const bytes rewritten = by_name(encoded);
        base::apply(at, rewritten, result);
        note_names();
    }
    void advance(log_time to) { base::advance(is(mutant::m46) ? to + own_clock() : to); }

    void snapshot(byte_writer& out) const {
        base::snapshot(out);
        if (is(mutant::m23)) survivor_ = std::make_unique<wrong_table>(*this);
    }
    [[nodiscard]] bool restore(byte_reader& in) {
        if (!base::restore(in)) return false;
        if (is(mutant::m50)) lose_waiting();
        return true;
    }

private:
    explicit wrong_table(base right) : base(std::move(right)) {}

    [[nodiscard]] bytes by_name(bytes_view encoded) const {
        lock::command asked;
        bytes same = to_bytes(encoded);
        if (!decode(encoded, asked) || !std::holds_alternative<lock::release>(asked)) return same;
        lock::release& release = std::get<lock::release>(asked);
        const auto name = names_.find(release.token);
        if (name == names_.end()) return same;
        for (const lock::lock_record& one : describe().locks) {
            if (one.name == name->second) release.token = one.holders.front().token;
        }
        bytes changed;
        byte_writer out(changed);
        encode(asked, out);
        return changed;
    }
    void note_names() {
        for (const lock::lock_record& one : describe().locks) {
            names_[one.holders.front().token] = one.name;
        }
    }
    void lose_waiting() {
        const lock::state now = describe();
        for (const lock::lock_record& lock : now.locks) {
            for (const lock::request_record& one : lock.queue) {
                const request_stamp stamp{one.owner.session, one.sequence + 1'000'000, 0};
                static_cast<void>(execute({now.last, now.now}, lock::cancel{stamp, one.sequence}));
            }
        }
    }

    std::map<fencing_token, std::string> names_;  // of the locks that were ever held
    static inline std::unique_ptr<wrong_table> survivor_;
};

/// The client. M49 calls a failure what may have happened; M56 times its lease from the last transmission.
struct wrong_client_rules : client::rules {
    [[nodiscard]] static instant renewed_at(instant first_sent, instant last_sent) {
        return is(mutant::m56) ? last_sent : client::rules::renewed_at(first_sent, last_sent);
    }
    [[nodiscard]] static errc end_of(bool was_sent) {
        return client::rules::end_of(was_sent && !is(mutant::m49));
    }
};

/// M64 lets in whoever comes.
class wrong_gate : public fence_gate<> {
public:
    [[nodiscard]] std::error_code admit(fencing_token token) {
        if (is(mutant::m64)) return {};
        return fence_gate<>::admit(token);
    }
};

/// A simulated lock service that makes one mistake, or none.
struct wrong_suite : testing::lock_suite {
    using machine = wrong_table;
    using client_rules = wrong_client_rules;
    using gate = wrong_gate;
    using read_callback = std::function<void(const machine&)>;

    template <class Observer>
    using policy = wrong_policy<Observer>;
    template <class Link>
    using transport = wrong_transport<Link>;

    using disk = wrong_disk<testing::lock_suite::disk>;
    using async_disk = wrong_disk<testing::lock_suite::async_disk>;

    [[nodiscard]] static wrong_quorums make_quorums(node_set members) {
        return wrong_quorums(*majority::make(members));
    }
    [[nodiscard]] static incarnation next_incarnation(incarnation lost) {
        return is(mutant::m9) ? lost : testing::lock_suite::next_incarnation(lost);
    }
    [[nodiscard]] static result<machine> make_machine(const lock::config& told) {
        return machine::make(told);
    }
};

}  // namespace synod::mutants
