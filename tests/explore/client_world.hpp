// tests/explore/client_world.hpp - the world of sessions: clients, a network that loses, repeats
// and delays, clocks that drift, a lock table, and a resource behind a gate.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/testing/interning.hpp>

#include "explore/client_life.hpp"
#include "explore/lock_log.hpp"
#include "explore/lock_suites.hpp"
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

/// Each number bounds how often something happens, or how many there are of something. A letter
/// that is never delivered is lost.
struct client_world_sizes {
    std::uint32_t clients = 1;
    std::uint32_t acquires = 1;    // of each client
    std::uint32_t writes = 0;      // of all clients together
    std::uint32_t deliveries = 6;  // of letters
    std::uint32_t repeats = 0;     // letters that are delivered and stay
    std::uint32_t ticks = 2;       // of true time, a second each
    std::uint32_t ttl = 2;         // of sessions, in seconds
    std::uint32_t drift = 0;       // of all clocks, in per cent
    std::uint32_t told_drift = 0;  // what clients are told of it
    mutant mistake = mutant::none;

    static constexpr std::uint32_t most_clients = 2;
    static constexpr std::uint32_t tick_ms = 1000;
};

[[nodiscard]] inline synod::client_config client_config_of(const client_world_sizes& sizes) {
    synod::client_config config;
    config.ttl = synod::seconds(sizes.ttl);
    config.drift_per_million = sizes.told_drift * 10'000;
    config.margin = synod::milliseconds(1);
    config.renewal_part = 2;
    config.first_retry = config.longest_retry = synod::milliseconds(500);
    config.first_query = config.patience = synod::client_config::longest;
    return config;
}

/// Who holds by the rules of the client, holds at the service.
template <class Suite>
class client_world {
    using log = lock_log<Suite>;
    using moment_ptr = typename log::moment_ptr;
    using life = client_life<typename Suite::client_rules>;
    using clients = synod::testing::reactions<client_past, client_input, client_answer>;
    using letter_number = synod::testing::interned<letter>;
    using stage = client_answer::stage;

public:
    struct state {
        struct client {
            typename clients::component past{};
            typename clients::answer shows{};
            std::uint32_t local_ms = 0;  // its clock
            std::uint32_t acquires = 0;  // so far

            template <class Sink>
            void fingerprint(Sink& sink) const {
                sink.add(past);
                sink.add(local_ms);
                sink.add(acquires);
            }
        };

        moment_ptr at;
        std::vector<client> clients{};
        std::vector<letter_number> network{};  // sorted
        typename Suite::gate gate;
        synod::fencing_token newest{};  // of the writes that the gate let in
        std::uint32_t ticks = 0;        // so far, as the rest
        std::uint32_t deliveries = 0;
        std::uint32_t repeats = 0;
        std::uint32_t writes = 0;
        std::string_view broken{};  // by the newest step

        template <class Sink>
        void fingerprint(Sink& sink) const {
            sink.add(at->print.high);
            sink.add(at->print.low);
            sink.add(clients);
            sink.add(network);
            sink.add(gate.marks().exclusive);
            sink.add(newest);
            for (const std::uint32_t one : {ticks, deliveries, repeats, writes}) sink.add(one);
        }
    };

    struct step {
        std::string text;

        friend std::string to_string(const step& one) { return one.text; }
    };

    explicit client_world(const client_world_sizes& sizes)
        : sizes_(sizes), config_(client_config_of(sizes)), log_(table_config(sizes)) {}

    [[nodiscard]] state initial() {
        const typename Suite::making mistake(sizes_.mistake);
        synod::mutants::begin_run();
        state first;
        first.at = log_.begin(1, leader());
        for (std::uint32_t i = 0; i < sizes_.clients; ++i) {
            first.clients.push_back({pasts_.components().of(client_past{i, {}}), {}, 0, 0});
            tell(first, i, client_input::kind::begin);
        }
        return first;
    }

    template <class Visit>
    void for_each_step(const state& here, Visit&& visit) {
        const typename Suite::making mistake(sizes_.mistake);
        for (std::uint32_t i = 0; i < sizes_.clients; ++i) visit_wishes(here, i, visit);
        if (here.deliveries < sizes_.deliveries) visit_letters(here, visit);
        if (here.ticks < sizes_.ticks) visit_clocks(here, visit);
    }

    [[nodiscard]] std::string_view broken(const state& here) const {
        if (const char* const broken = synod::lock::invariant::first_broken(here.at->state))
            return broken;
        for (const auto& one : here.clients) {
            if (believes_to_hold(one) && !is_held(here, shown(one).token))
                return "who_believes_to_hold_holds";
        }
        return {};
    }
    [[nodiscard]] std::string_view broken(const state& before, const state& after) const {
        if (before.at != after.at && !after.at->broken.empty()) return after.at->broken;
        return after.broken;
    }

    template <class Sink>
    void facts(const state& before, const step& /*step*/, const state& after, Sink&& sink) const {
        for (std::uint32_t i = 0; i < sizes_.clients; ++i) {
            if (before.clients[i].past == after.clients[i].past) continue;
            for (const std::string& one : shown(after.clients[i]).told) sink(one);
        }
        if (before.newest != after.newest) sink("written under " + in_words(after.newest));
        for (const letter_number number : after.network) {
            if (std::ranges::find(before.network, number) == before.network.end())
                sink("sent: " + to_string(letters_[number]));
        }
    }

private:
    [[nodiscard]] static synod::ballot leader() { return {1, synod::node_id(0)}; }

    [[nodiscard]] static synod::lock::config table_config(const client_world_sizes& sizes) {
        synod::lock::config config;
        config.sessions.min_ttl_ms = std::uint64_t{sizes.ttl} * 1000;
        return config;
    }

    [[nodiscard]] const client_answer& shown(const typename state::client& one) const {
        return pasts_.answers()[one.shows];
    }

    [[nodiscard]] static synod::instant clock_of(const typename state::client& one) {
        return synod::instant() + synod::milliseconds(std::int64_t{one.local_ms});
    }

    [[nodiscard]] bool believes_to_hold(const typename state::client& one) const {
        const client_answer& says = shown(one);
        return says.is == stage::holding && clock_of(one) < says.safe_until;
    }

    [[nodiscard]] static bool is_held(const state& here, synod::fencing_token token) {
        for (const auto& lock : here.at->state.locks) {
            for (const auto& one : lock.holders) {
                if (one.token == token) return true;
            }
        }
        return false;
    }

    void post(state& here, const letter& sent) {
        const letter_number number = letters_.of(sent);
        here.network.insert(std::ranges::upper_bound(here.network, number), number);
    }

    /// Lets something happen to a client, and sends what it sends.
    void tell(state& here, std::uint32_t which, client_input::kind is, const letter& came = {}) {
        auto& one = here.clients[which];
        const auto input = inputs_.of({is, clock_of(one), came});
        const auto reaction = pasts_.of(one.past, input, [&](client_past& past) {
            past.inputs.push_back(input);
            return lived(past);
        });
        one.past = reaction.next;
        one.shows = reaction.answer;
        const client_answer& says = shown(one);
        for (const letter& sent : says.sent) post(here, sent);
        if (says.fails_for_sure && here.at->ledger.was_granted(says.session, says.sequence))
            here.broken = "failures_are_definite";
    }

    [[nodiscard]] client_answer lived(const client_past& past) const {
        life again(past.self, config_);
        for (const auto number : past.inputs) again.take(inputs_[number]);
        return again.show();
    }

    template <class Visit>
    void visit_wishes(const state& here, std::uint32_t which, Visit& visit) {
        const auto& one = here.clients[which];
        const stage is = shown(one).is;
        const std::string name = name_of_client(which);
        state next = here;
        if (is == stage::resting && one.acquires < sizes_.acquires) {
            ++next.clients[which].acquires;
            tell(next, which, client_input::kind::acquire);
            visit(step{name + " asks for a"}, std::move(next));
        } else if (is == stage::holding || is == stage::lost) {
            tell(next, which, client_input::kind::release);
            visit(step{name + " gives a back"}, std::move(next));
        }
        if (!believes_to_hold(one) || here.writes == sizes_.writes) return;
        state written = here;
        ++written.writes;
        post(written, {letter::kind::write, which, 0, 0, {}, shown(one).token});
        visit(step{name + " writes"}, std::move(written));
    }

    template <class Visit>
    void visit_letters(const state& here, Visit& visit) {
        for (std::size_t i = 0; i < here.network.size(); ++i) {
            if (i > 0 && here.network[i] == here.network[i - 1]) continue;
            const letter came = letters_[here.network[i]];
            state next = here;
            ++next.deliveries;
            next.network.erase(next.network.begin() + static_cast<std::ptrdiff_t>(i));
            deliver(next, came);
            visit(step{"deliver " + to_string(came)}, std::move(next));
            if (here.repeats == sizes_.repeats) continue;
            state repeated = here;
            ++repeated.deliveries;
            ++repeated.repeats;
            deliver(repeated, came);
            visit(step{"deliver a copy of " + to_string(came)}, std::move(repeated));
        }
    }

    void deliver(state& here, const letter& came) {
        switch (came.is) {
            case letter::kind::request: return serve(here, came);
            case letter::kind::write: return write(here, came.token);
            case letter::kind::reply:
            case letter::kind::event:
                return tell(here, came.client, client_input::kind::receive, came);
        }
    }

    /// The service: one node, which carries out what comes in the order in which it comes.
    void serve(state& here, const letter& came) {
        const synod::position at{here.at->state.last.slot.next(), 0};
        here.at = log_.apply(*here.at, at, came.content);
        post(here, {letter::kind::reply, came.client, came.number, came.index, here.at->reply, {}});
        post_events(here);
    }

    void post_events(state& here) {
        for (const synod::lock::event& told : here.at->events) {
            const auto opener = here.at->ledger.opener_of(session_of(told));
            if (!opener) continue;
            letter news{letter::kind::event, static_cast<std::uint32_t>(opener->low), 0, 0, {}, {}};
            synod::byte_writer out(news.content);
            encode(told, out);
            post(here, news);
        }
    }

    /// The resource. It must take the writes of the newest token that it has seen, and refuse all
    /// others.
    void write(state& here, synod::fencing_token token) {
        const bool is_taken = !here.gate.admit(token);
        if (is_taken != (token >= here.newest))
            here.broken = is_taken ? "no_stale_write" : "current_writes_are_taken";
        if (is_taken) here.newest = token;
    }

    /// Every clock runs as fast or as slowly as it may, and log time may stand still besides.
    template <class Visit>
    void visit_clocks(const state& here, Visit& visit) {
        const std::uint32_t fast = client_world_sizes::tick_ms * (100 + sizes_.drift) / 100;
        const std::uint32_t slow = client_world_sizes::tick_ms * (100 - sizes_.drift) / 100;
        const bool drifts = sizes_.drift > 0;
        for (const std::uint32_t logged : {fast, std::uint32_t{0}}) {
            const std::string stall = logged > 0 ? "" : ", and none in the log";
            visit(step{"time passes" + stall}, passed(here, slow, logged));
            if (drifts) visit(step{"time passes in haste" + stall}, passed(here, fast, logged));
        }
    }

    [[nodiscard]] state passed(const state& here, std::uint32_t local_ms, std::uint32_t logged_ms) {
        state next = here;
        ++next.ticks;
        if (logged_ms > 0) {
            next.at = log_.pass_time(*here.at, leader(), logged_ms);
            post_events(next);
        }
        for (std::uint32_t i = 0; i < sizes_.clients; ++i) {
            next.clients[i].local_ms += local_ms;
            tell(next, i, client_input::kind::tick);
        }
        return next;
    }

    client_world_sizes sizes_;
    synod::client_config config_;
    log log_;
    clients pasts_;
    synod::testing::interner<client_input> inputs_;
    synod::testing::interner<letter> letters_;
};

}  // namespace explore
