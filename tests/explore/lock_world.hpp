// tests/explore/lock_world.hpp - the world of the lock table: clients whose commands arrive in any
// order, late, twice or batched, log time, leaders, and replicas that go on from a snapshot.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/testing/interning.hpp>

#include "explore/lock_log.hpp"
#include "explore/lock_menu.hpp"
#include "mutants/mutant.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace explore {

/// What a client knows is what the ledger does: a reply that is lost or late is a command that asks
/// without it.
template <class Suite>
class lock_world {
    using log = lock_log<Suite>;
    using moment = typename log::moment;
    using moment_ptr = typename log::moment_ptr;
    using asked_number = synod::testing::interned<asked>;

public:
    struct state {
        moment_ptr at;
        std::array<synod::session_id, lock_world_sizes::most_clients> sessions{};  // zero: none yet
        std::array<std::uint8_t, lock_world_sizes::most_clients> sent{};  // commands, by client
        std::vector<asked_number> arrived{};                              // sorted
        std::vector<asked_number> under_way{};                            // sorted
        synod::position last{};                                           // of the newest command
        bool entry_is_open = false;   // its entry may take another
        std::uint8_t repeats = 0;     // so far
        std::uint8_t late = 0;        // so far
        std::uint8_t ticks = 0;       // of true time
        std::uint32_t leaders = 2;    // those that have taken over, as bits
        std::uint32_t left_over = 0;  // those of whom an old entry has been found, as bits

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(at->print.high);
            sink.add(at->print.low);
            sink.add(sent);
            sink.add(arrived);
            sink.add(under_way);
            sink.add(last);
            sink.add(entry_is_open);
            for (const std::uint32_t one : {std::uint32_t{repeats}, std::uint32_t{late},
                                            std::uint32_t{ticks}, leaders, left_over})
                sink.add(one);
        }
    };

    struct step {
        enum class kind : std::uint8_t {
            ask,       // a command arrives
            ask_with,  // likewise, in the entry of the one before
            send,      // a command is sent, and takes its time
            arrive,    // one that took its time
            repeat,    // one that has arrived before
            tick,
            left_over,  // an entry of an older leader, which carries time
            lead,
            restore,
            jump,
        };
        kind is;
        const asked* what = nullptr;  // a command; lives as long as the world
        std::uint64_t leader = 0;     // its round

        friend std::string to_string(const step& one) {
            switch (one.is) {
                case kind::ask: return one.what->text;
                case kind::ask_with: return one.what->text + ", in the same entry";
                case kind::send: return "sent, " + one.what->text;
                case kind::arrive: return "late, " + one.what->text;
                case kind::repeat: return "again, " + one.what->text;
                case kind::tick: return "time passes";
                case kind::left_over:
                    return "time passes in an old entry of leader " + std::to_string(one.leader);
                case kind::lead: return "leader " + std::to_string(one.leader) + " takes over";
                case kind::restore: return "restore";
                case kind::jump: return "the own clock of the last replica jumps ahead";
            }
            return {};
        }
    };

    explicit lock_world(const lock_world_sizes& sizes) : sizes_(sizes), log_(config_of(sizes)) {}

    [[nodiscard]] state initial() {
        const typename Suite::making mistake(sizes_.mistake);
        synod::mutants::begin_run();
        state first;
        first.at = log_.begin(sizes_.replicas, leader_of(1));
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        const typename Suite::making mistake(sizes_.mistake);
        for (std::uint32_t client = 0; client < sizes_.clients; ++client)
            visit_commands(here, client, visit);
        visit_arrivals(here, visit);
        visit_time(here, visit);
        visit_leaders(here, visit);
        if (sizes_.restores) {
            state next = here;
            next.at = log_.restore(*here.at);
            visit(step{step::kind::restore}, std::move(next));
        }
        if (sizes_.replicas > 1 && !here.at->is_ahead) {
            state next = here;
            next.at = log_.jump(*here.at);
            visit(step{step::kind::jump}, std::move(next));
        }
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        const char* const broken = synod::lock::invariant::first_broken(here.at->state);
        if (broken != nullptr) return broken;
        const std::uint64_t passed = std::uint64_t{here.ticks} * lock_world_sizes::tick_ms;
        return here.at->clock.now().milliseconds() <= passed ? "" : "log_time_is_no_faster";
    }
    [[nodiscard]] std::string_view broken(const state& /*before*/, const state& after) const {
        return after.at->broken;
    }

    template <class Sink>
    void facts(const state& before, const step& taken, const state& after, Sink&& sink) const {
        const bool has_reply = taken.is <= step::kind::repeat && taken.is != step::kind::send;
        synod::lock::reply said;
        if (has_reply && decode(after.at->reply, said)) sink("answered: " + in_words(said));
        if (before.at == after.at) return;
        for (const synod::lock::event& told : after.at->events)
            sink("told " + owner_of(after, session_of(told)) + ": " + in_words(told));
        if (before.at->state.leader != after.at->state.leader)
            sink("leader " + std::to_string(after.at->state.leader.round()) + " is followed");
        for (std::uint32_t i = 0; i < sizes_.locks; ++i) {
            const std::string name(1, static_cast<char>('a' + i));
            std::string now = who_holds(after, name);
            if (now != who_holds(before, name)) sink(std::move(now));
        }
    }

private:
    [[nodiscard]] static synod::ballot leader_of(std::uint64_t round) {
        return {round, synod::node_id(0)};
    }

    [[nodiscard]] static bool is_live(const state& here, synod::session_id session) {
        const auto& all = here.at->state.sessions;
        return std::any_of(all.begin(), all.end(),
                           [session](const auto& one) { return one.session == session; });
    }

    template <class Visit>
    void visit_commands(const state& here, std::uint32_t client, Visit& visit) {
        if (here.sessions[client] == synod::session_id()) {
            if (sizes_.in_turn && client > 0 && here.sessions[client - 1] == synod::session_id())
                return;
            const std::uint64_t ttl_ms = std::uint64_t{sizes_.ttl} * lock_world_sizes::tick_ms;
            const std::uint64_t delay_ms = std::uint64_t{sizes_.delay} * lock_world_sizes::tick_ms;
            const synod::lock::open_session made{{0, client}, 1, ttl_ms, delay_ms};
            return ask(here, client, made, visit);
        }
        if (here.sent[client] == sizes_.commands) return;
        asker whose;
        whose.stamp = {here.sessions[client], here.sent[client] + std::uint64_t{1}, 0};
        whose.is_live = is_live(here, here.sessions[client]);
        for (const auto* const list : {&here.arrived, &here.under_way}) {
            for (const asked_number number : *list) {
                const asked& one = all_asked_[number];
                if (one.client == client && one.acquire != 0) whose.acquires.push_back(one.acquire);
            }
        }
        lock_menu menu(sizes_, whose, here.at->ledger, [&](const synod::lock::command& made) {
            state next = here;
            ++next.sent[client];
            ask(next, client, made, visit);
        });
        menu.offer();
    }

    /// The command arrives in an entry of its own, or behind the one before, or later.
    template <class Visit>
    void ask(const state& here, std::uint32_t client, const synod::lock::command& made,
             Visit& visit) {
        const asked_number number = all_asked_.of(asked(client, made));
        const asked* const what = &all_asked_[number];
        visit(step{step::kind::ask, what}, arrived(here, number, next_entry(here)));
        if (here.entry_is_open && here.last.index + 1 < sizes_.batch) {
            const synod::position behind{here.last.slot, here.last.index + 1};
            visit(step{step::kind::ask_with, what}, arrived(here, number, behind));
        }
        const bool opens = holds_alternative<synod::lock::open_session>(made);
        if (opens || here.late == sizes_.late) return;
        state next = here;
        ++next.late;
        insert(next.under_way, number);
        visit(step{step::kind::send, what}, std::move(next));
    }

    template <class Visit>
    void visit_arrivals(const state& here, Visit& visit) {
        for (const asked_number number : here.under_way) {
            state next = here;
            next.under_way.erase(std::ranges::find(next.under_way, number));
            visit(step{step::kind::arrive, &all_asked_[number]},
                  arrived(next, number, next_entry(here)));
        }
        if (here.repeats == sizes_.repeats) return;
        for (const asked_number number : here.arrived) {
            state next = here;
            ++next.repeats;
            visit(step{step::kind::repeat, &all_asked_[number]},
                  arrived(next, number, next_entry(here)));
        }
    }

    [[nodiscard]] static synod::position next_entry(const state& here) {
        return {here.last.slot.next(), 0};
    }

    static void insert(std::vector<asked_number>& sorted, asked_number number) {
        const auto place = std::ranges::lower_bound(sorted, number);
        if (place == sorted.end() || *place != number) sorted.insert(place, number);
    }

    [[nodiscard]] state arrived(const state& here, asked_number number, synod::position at) {
        const asked& what = all_asked_[number];
        state next = here;
        next.at = log_.apply(*here.at, at, what.command);
        next.last = at;
        next.entry_is_open = sizes_.batch > 1;
        insert(next.arrived, number);
        synod::lock::reply said;
        if (!decode(next.at->reply, said)) return next;
        const auto* const opened = get_if<synod::lock::opened>(&said);
        const bool is_first = next.sessions[what.client] == synod::session_id();
        if (opened != nullptr && is_first) next.sessions[what.client] = opened->session;
        return next;
    }

    /// True time passes with the entries of the newest leader. What older ones have proposed may
    /// still be found, and carries time that has been counted.
    template <class Visit>
    void visit_time(const state& here, Visit& visit) {
        std::uint64_t newest = 1;
        while (here.leaders >> (newest + 1) != 0) ++newest;
        if (here.ticks < sizes_.ticks) {
            state next = passed(here, newest);
            ++next.ticks;
            visit(step{step::kind::tick}, std::move(next));
        }
        for (std::uint64_t round = 1; round < newest; ++round) {
            if ((here.left_over >> round & 1U) != 0) continue;
            state next = passed(here, round);
            next.left_over |= std::uint32_t{1} << round;
            visit(step{step::kind::left_over, nullptr, round}, std::move(next));
        }
    }

    [[nodiscard]] state passed(const state& here, std::uint64_t round) {
        state next = here;
        next.at = log_.pass_time(*here.at, leader_of(round), lock_world_sizes::tick_ms);
        next.entry_is_open = false;
        return next;
    }

    /// In any order, for the first entry of an older leader may be found behind that of a newer
    /// one.
    template <class Visit>
    void visit_leaders(const state& here, Visit& visit) {
        for (std::uint64_t round = 2; round <= sizes_.leaders; ++round) {
            if ((here.leaders >> round & 1U) != 0) continue;
            state next = here;
            next.at = log_.take_over(*here.at, leader_of(round));
            next.leaders |= std::uint32_t{1} << round;
            next.entry_is_open = false;
            visit(step{step::kind::lead, nullptr, round}, std::move(next));
        }
    }

    [[nodiscard]] std::string owner_of(const state& here, synod::session_id session) const {
        const auto opener = here.at->ledger.opener_of(session);
        return opener ? name_of_client(opener->low) : "nobody";
    }

    [[nodiscard]] std::string who_holds(const state& here, const std::string& name) const {
        for (const synod::lock::lock_record& lock : here.at->state.locks) {
            if (lock.name != name || lock.holders.empty()) continue;
            std::string text;
            for (const synod::lock::request_record& one : lock.holders) {
                text += (text.empty() ? "" : ", ") + owner_of(here, one.owner.session) + " holds " +
                        name + (lock.capacity == 0 ? in_words(one.mode) : "") + " under " +
                        in_words(one.token);
                if (lock.capacity != 0) text += ", " + std::to_string(one.permits) + " permits";
                if (one.count > 1) text += " " + std::to_string(one.count) + " times";
            }
            return text;
        }
        return name + " is free";
    }

    lock_world_sizes sizes_;
    log log_;
    synod::testing::interner<asked> all_asked_;
};

}  // namespace explore
