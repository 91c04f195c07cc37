// synod/testing/log_world_node.hpp - one node of a log as a value: a whole replica with its disk
// and its clock, or what a crash has left.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/errc.hpp>
#include <synod/log/replica.hpp>
#include <synod/paxos/invariant.hpp>
#include <synod/testing/durable_records.hpp>
#include <synod/testing/log_world_disk.hpp>
#include <synod/testing/log_world_machine.hpp>
#include <synod/testing/log_world_network.hpp>
#include <synod/testing/log_world_parts.hpp>
#include <synod/testing/policy_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// How something ended that a node was asked for.
struct log_end {
    char letter = 0;  // of the command; none for a read
    outcome how = outcome::unknown;

    // When decided.
    position at{};
    std::size_t number = 0;  // of the commands that the node has applied, counted from one
    bytes result{};

    friend bool operator==(const log_end&, const log_end&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(letter);
        sink.add(how);
        sink.add(at);
        sink.add(number);
        sink.add(result);
    }
};

/// What came of a step at a node.
struct log_answer {
    bool is_taken = true;          // false when the node had no use for it
    std::vector<log_letter> sent;  // in order
    std::vector<log_vote> votes;   // that became durable
    std::vector<log_end> ends;     // in order
    std::string_view broken;       // what the node did against its duties

    friend bool operator==(const log_answer&, const log_answer&) = default;

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(is_taken);
        sink.add(sent);
        sink.add(votes);
        sink.add(ends);
        sink.add(broken);
    }
};

/// One replica of a log's world, and what is left of it between a crash and a restart.
template <parts_of_log Parts>
class log_node {
    using machine = typename Parts::template noted<Parts>;
    using disk = typename Parts::disk;
    using policy = typename Parts::policy;

public:
    using replica = synod::replica<machine, letter_basket, disk, policy>;

    /// The policy must outlive the node. Throws std::invalid_argument, with the reason, if no
    /// replica begins with it on a new disk.
    log_node(const group& group, const policy& lent) : group_(group), policy_(&lent) {
        auto first = replica::make(group, {}, letter_basket(group.self()), {}, lent, {});
        if (!first) throw std::invalid_argument("no node begins so: " + first.error().message());
        running_ = *std::move(first);
    }

    [[nodiscard]] bool is_running() const { return running_.has_value(); }
    /// Precondition of these: is_running().
    [[nodiscard]] const replica& role() const {
        if (!running_) throw std::logic_error("a node that has crashed has no replica");
        return *running_;
    }
    [[nodiscard]] bool may_tick() const { return role().next_deadline() != instant::never(); }
    [[nodiscard]] bool is_syncing() const {
        if constexpr (is_async) return role().storage().is_syncing();
        return false;
    }
    [[nodiscard]] bool has_late_answer() const {
        if constexpr (is_async) return role().storage().has_late_answer();
        return false;
    }

    // The steps. Each leaves the node flushed and drained, or crashed at `point`.

    [[nodiscard]] log_answer propose(char letter, crash_point point) {
        return act(point, [&] {
            const auto byte = static_cast<std::byte>(letter);
            note_asked(live().propose({&byte, 1}, now_), letter, {});
        });
    }
    /// `completed` is every command whose end somebody has been told.
    [[nodiscard]] log_answer read(letter_set completed, crash_point point) {
        return act(point, [&] { note_asked(live().read(now_), 0, completed); });
    }
    [[nodiscard]] log_answer tick(crash_point point) {
        return act(point, [&] {
            now_ = std::max(now_, live().next_deadline());
            live().tick(now_);
        });
    }
    [[nodiscard]] log_answer transfer(node_id to, crash_point point) {
        return act(point, [&] { static_cast<void>(live().transfer_leadership(to, now_)); });
    }
    [[nodiscard]] log_answer receive(const log_letter& letter, crash_point point) {
        return act(point, [&] { live().receive(letter.from, letter.message, now_); });
    }
    [[nodiscard]] log_answer trim(crash_point point) {
        return act(point, [&] { live().trim(live().status().applied_below); });
    }
    [[nodiscard]] log_answer end_sync(crash_point point) {
        return act(point, [&] {
            if constexpr (is_async) live().synced(live().storage().end_sync(), {});
        });
    }
    [[nodiscard]] log_answer answer_late(crash_point point) {
        return act(point, [&] {
            if constexpr (is_async) live().synced(live().storage().take_late_answer(), {});
        });
    }

    [[nodiscard]] log_answer crash() {
        lose_memory();
        return {};
    }
    [[nodiscard]] log_answer restart() {
        if (!left_) throw std::logic_error("a node that runs is not restarted");
        auto next = replica::recover(group_, survivor_ ? *survivor_ : machine(),
                                     letter_basket(group_.self()), *left_, *policy_, now_);
        log_answer answer;
        if (!next) {
            answer.is_taken = !may_stay_down(next.error());
            if (answer.is_taken) answer.broken = "what_was_written_is_recovered";
            return answer;
        }
        running_ = *std::move(next);
        answer.broken = broken_by({left_->kept().promised(), left_->kept()}, acceptor_of(live()));
        left_.reset();
        survivor_.reset();
        return answer;
    }

    friend bool operator==(const log_node& a, const log_node& b) {
        return a.group_.self() == b.group_.self() && a.running_ == b.running_ &&
               a.left_ == b.left_ && a.survivor_ == b.survivor_ && a.now_ == b.now_ &&
               a.asked_ == b.asked_ && a.lead_ == b.lead_ && a.used_ == b.used_ &&
               a.used_before_ == b.used_before_ &&
               (!a.running_ || remembers_the_same(*a.running_, *b.running_));
    }

    template <class Sink>
    void fingerprint(Sink& sink) const {
        sink.add(group_.self());
        sink.add(is_running());
        if (running_) sink.add(*running_);
        if (left_) sink.add(*left_);
        if (survivor_) sink.add(*survivor_);
        sink.add(now_);
        sink.add(asked_);
        sink.add(lead_);
        sink.add(used_);
        sink.add(used_before_);
        if (running_) add_memory(*running_, sink);
    }

private:
    static constexpr bool is_async = synod::detail::starts_sync<disk>;

    /// Nothing of it was durable, or all that it needs is trimmed.
    [[nodiscard]] static bool may_stay_down(const std::error_code& why) {
        return why == errc::nothing_to_recover || why == errc::fallen_behind;
    }

    /// A command or a read whose end is not known yet.
    struct request {
        synod::ticket ticket;
        char letter = 0;       // of a command; none for a read
        letter_set completed;  // before a read was asked for

        friend bool operator==(const request&, const request&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(ticket);
            sink.add(letter);
            sink.add(completed);
        }
    };

    /// The time that this node spends as a leader, and what of it it has stamped on entries.
    struct leading_time {
        ballot led;
        instant since;
        duration stamped;

        friend bool operator==(const leading_time&, const leading_time&) = default;

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(led);
            sink.add(since);
            sink.add(stamped);
        }
    };

    [[nodiscard]] replica& live() {
        if (!running_) throw std::logic_error("a node that has crashed takes no steps");
        return *running_;
    }

    template <class Input>
    [[nodiscard]] log_answer act(crash_point point, Input&& input) {
        live().storage().arm(point);
        live().transport().watch(live().storage());
        if constexpr (requires(machine& one) { one.show(now_); }) live().machine().show(now_);
        const log_time before = live().time();
        const acceptor was = acceptor_of(live());
        log_answer answer;
        input();
        live().flush(now_);
        if (live().time() < before) answer.broken = "log_time_never_falls";
        collect(answer);
        if (answer.broken.empty()) answer.broken = broken_by(was, acceptor_of(live()));
        note_attempts(answer);
        if (!point.comes()) {
            live().drain([&](const completion& one) { end(one, answer); });
            if (!live().is_leading() && !asked_.empty()) answer.broken = "what_is_asked_ends";
        } else {
            answer.is_taken = live().storage().has_come_to(point);
            lose_memory();
        }
        return answer;
    }

    /// A node as the invariants of acceptors see it: with what it promises, and the votes that are
    /// durable.
    class acceptor {
    public:
        acceptor(ballot promised, durable_records<entry> kept)
            : promised_(promised), kept_(std::move(kept)) {}

        [[nodiscard]] ballot promised() const { return promised_; }
        [[nodiscard]] const synod::votes<entry>& votes() const { return kept_.votes(); }
        [[nodiscard]] ballot reserved() const { return kept_.reserved(); }

    private:
        ballot promised_;
        durable_records<entry> kept_;
    };
    [[nodiscard]] static acceptor acceptor_of(replica& one) {
        return {one.status().promised, one.storage().kept()};
    }

    [[nodiscard]] static std::string_view broken_by(const acceptor& was, const acceptor& is) {
        using namespace invariant;
        if (!accepted_within_promise(is)) return "accepted_within_promise";
        if (!promise_never_falls(was, is)) return "promise_never_falls";
        if (!vote_never_regresses(was, is)) return "vote_never_regresses";
        if (!reservation_never_falls(was.reserved(), is.reserved()))
            return "reservation_never_falls";
        return {};
    }

    void collect(log_answer& answer) {
        letter_basket& basket = live().transport();
        if (basket.is_early()) answer.broken = "nothing_before_its_sync";
        answer.sent = basket.take();
        answer.votes = live().storage().take_fresh();
        for (const log_vote& one : live().storage().take_appended()) stamp(one, answer);
        if (!live().machine().is_told_right()) answer.broken = "time_and_leaders_rise";
    }

    /// A leader puts on its entries all the time that it leads, but for less than a millisecond.
    void stamp(const log_vote& cast, log_answer& answer) {
        const bool is_own =
            cast.ballot.proposer() == group_.self() && cast.value.origin() == cast.ballot;
        if (!is_own) return;
        if (cast.value.kind() == entry_kind::new_leader) lead_ = {cast.ballot, now_, {}};
        if (cast.value.kind() != entry_kind::commands || lead_.led != cast.ballot) return;
        lead_.stamped = lead_.stamped + milliseconds(cast.value.elapsed_ms());
        const duration left = now_ - lead_.since - lead_.stamped;
        if (left < duration(0)) answer.broken = "log_time_counts_nothing_twice";
        if (left >= milliseconds(1)) answer.broken = "log_time_keeps_up";
    }

    void note_asked(const submission& said, char letter, letter_set completed) {
        if (said.answer == answer::queued) asked_.push_back({said.ticket, letter, completed});
    }

    void end(const completion& one, log_answer& answer) {
        const auto where = std::ranges::find(asked_, one.ticket, &request::ticket);
        if (where == asked_.end()) {
            answer.broken = "what_is_asked_ends_once";
            return;
        }
        log_end ended{where->letter, one.outcome, one.at};
        if (one.outcome == outcome::decided) {
            ended.number = number_of(one.at);
            ended.result.assign(one.result.begin(), one.result.end());
        }
        answer.ends.push_back(std::move(ended));
        if (one.outcome == outcome::readable && !shows(where->completed))
            answer.broken = "reads_are_linearizable";
        asked_.erase(where);
    }

    [[nodiscard]] std::size_t number_of(position at) const {
        const auto& notes = role().machine().notes();
        const auto where = std::ranges::find(notes, at, &log_note::at);
        return where == notes.end() ? 0 : static_cast<std::size_t>(where - notes.begin()) + 1;
    }

    [[nodiscard]] bool shows(letter_set completed) const {
        letter_set shown;
        for (const log_note& one : role().machine().notes()) shown.insert(one.letter);
        return shown.includes(completed);
    }

    /// Of what leaves: what a crash holds back uses no ballot.
    void note_attempts(log_answer& answer) {
        for (const log_letter& one : answer.sent) {
            const auto* const asked = one.message.template get_if<prepare>();
            if (asked == nullptr) continue;
            if (!invariant::ballot_never_reused(used_before_, asked->ballot))
                answer.broken = "ballot_never_reused";
            used_ = std::max(used_, asked->ballot);
        }
    }

    void lose_memory() {
        if (Parts::machine_survives_crash()) survivor_ = live().machine();
        disk kept = live().storage();
        kept.crash();
        left_ = std::move(kept);
        running_.reset();
        asked_.clear();
        lead_ = {};
        used_before_ = std::max(used_before_, used_);
        used_ = {};
    }

    group group_;
    const policy* policy_;  // the world's
    std::optional<replica> running_;
    std::optional<disk> left_;         // while it does not run
    std::optional<machine> survivor_;  // of a crash, by mistake
    instant now_;                      // on this node's clock, which stands still but for ticks
    std::vector<request> asked_;
    leading_time lead_;   // the newest
    ballot used_;         // the highest of this life's prepares
    ballot used_before_;  // of earlier lives'
};

}  // namespace synod::inline SYNOD_ABI::testing
