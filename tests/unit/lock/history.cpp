// tests/unit/lock/history.cpp - random histories: against the reference, against the invariants,
// and across snapshots.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "beside_reference.hpp"
#include "driver.hpp"
#include "random_commands.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;

namespace {

/// Counts what happened, so that a history in which nothing happens is not taken for a proof.
class tally {
public:
    void add(const lock::reply& answer) {
        const auto* refused = get_if<lock::refused>(&answer);
        ++counts_[{answer.index(), refused == nullptr ? 99 : static_cast<int>(refused->reason)}];
    }
    void add(const lock::event& happened) {
        ++events_[happened.index()];
        if (const auto* over = get_if<lock::wait_ended>(&happened)) ++ends_[over->state];
    }

    /// An upgrade is one that waited or not, of a hold acquired once or more often.
    void add_upgrades(const lock::state& before, const lock::state& after) {
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.holders) {
                if (one.token <= before.last_token || one.before == one.mode) continue;
                ++(one.at == after.last ? upgraded_at_once : upgraded_after_a_wait);
                if (one.count > 1) ++upgraded_again;
            }
        }
    }
    /// Requests for several locks that were granted, at once or after a wait.
    void add_together(const lock::state& before, const lock::state& after) {
        std::map<position, std::size_t> fresh;
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.holders) {
                if (one.token > before.last_token) ++fresh[one.at];
            }
        }
        for (const auto& [at, locks] : fresh) {
            if (locks > 1) ++(at == after.last ? together_at_once : together_after_a_wait);
        }
    }
    /// Holds that left a lock-delay, and lock-delays that were reclaimed.
    void add_delays(const lock::state& before, const lock::state& after) {
        const auto delays_of = [](const lock::state& one) {
            std::set<fencing_token> found;
            for (const lock::lock_record& lock : one.locks) {
                for (const lock::delay_record& delay : lock.delays) found.insert(delay.token);
            }
            return found;
        };
        const std::set<fencing_token> old = delays_of(before);
        const std::set<fencing_token> now = delays_of(after);
        for (const fencing_token one : now) left_delays += old.contains(one) ? 0 : 1;
        for (const fencing_token one : old) {
            if (after.now == before.now && !now.contains(one)) ++reclaimed;
        }
    }

    /// Transactions that changed something, and had a token for a condition.
    void add_guarded(const lock::command& asked, const lock::reply& said) {
        const auto* const txn = get_if<lock::guarded_txn>(&asked);
        if (txn == nullptr || !holds_alternative<lock::committed>(said)) return;
        const auto is_of_token = [](const lock::condition& one) {
            return one.kind == lock::condition_kind::token_valid;
        };
        const bool is_guarded = std::ranges::any_of(txn->conditions, is_of_token);
        if (is_guarded && !txn->puts.empty()) ++written_under_a_token;
    }

    void add_changes(const lock::state& before, const lock::state& after) {
        for (const lock::change& one : after.watch.changes) {
            const bool is_gone = one.effect == lock::change_effect::gone;
            const bool is_new = one.index > before.values.revision;
            if (is_new && is_gone && one.kind == lock::change_kind::leader) ++leaders_that_are_gone;
        }
    }

    std::size_t leaders_that_are_gone = 0;
    std::size_t written_under_a_token = 0;
    /// A request that came to wait, and an older one that gave way to it.
    void add_victims(const lock::reply& answer, const std::vector<lock::event>& events) {
        if (!holds_alternative<lock::queued>(answer)) return;
        for (const lock::event& one : events) {
            if (holds_alternative<lock::wait_deadlocked>(one)) ++older_victims;
        }
    }

    /// Places in queues that were overtaken, and those of them that can be no more.
    void add_overtaken(const lock::state& before, const lock::state& after, std::uint32_t most) {
        std::map<std::pair<std::string, position>, std::uint32_t> old;
        for (const lock::lock_record& lock : before.locks) {
            for (const auto& one : lock.queue) old[{lock.name, one.at}] = one.standing.bypassed;
        }
        for (const lock::lock_record& lock : after.locks) {
            for (const lock::request_record& one : lock.queue) {
                const auto was = old.find({lock.name, one.at});
                if (was == old.end() || one.standing.bypassed == was->second) continue;
                ++(lock.capacity == 0 ? overtaken : overtaken_for_permits);
                if (one.standing.bypassed == most) ++overtaken_for_good;
            }
        }
    }

    /// Queues that are not in the order of arrival, by policy, and requests for several locks in
    /// them.
    void add_ranks(const lock::state& after) {
        std::map<position, std::size_t> places;
        for (const lock::lock_record& lock : after.locks) {
            for (std::size_t i = 1; i < lock.queue.size(); ++i) {
                if (lock.queue[i].at > lock.queue[i - 1].at) continue;
                if (lock.queue[i - 1].upgrades != fencing_token()) continue;
                ++reordered[lock.policy];
                if (++places[lock.queue[i].at] > 1) ++reordered_twice;
            }
        }
    }

    std::map<lock::policy, std::size_t> reordered;
    std::size_t reordered_twice = 0;
    std::size_t overtaken = 0;
    std::size_t overtaken_for_permits = 0;
    std::size_t overtaken_for_good = 0;
    std::size_t older_victims = 0;
    std::size_t left_delays = 0;
    std::size_t reclaimed = 0;
    std::size_t together_at_once = 0;
    std::size_t together_after_a_wait = 0;
    std::size_t upgraded_at_once = 0;
    std::size_t upgraded_after_a_wait = 0;
    std::size_t upgraded_again = 0;

    [[nodiscard]] std::size_t refusals_for(lock::refusal why) const {
        std::size_t seen = 0;
        for (const auto& [kind, count] : counts_)
            seen += kind.second == static_cast<int>(why) ? count : 0;
        return seen;
    }

    [[nodiscard]] std::size_t waits_that_ended(lock::request_state how) const {
        const auto found = ends_.find(how);
        return found == ends_.end() ? 0 : found->second;
    }
    template <class Reply>
    [[nodiscard]] std::size_t number_of() const {
        const auto found = counts_.find({lock::reply(Reply{}).index(), 99});
        return found == counts_.end() ? 0 : found->second;
    }

    [[nodiscard]] std::size_t kinds() const {
        std::set<std::size_t> seen;
        for (const auto& [kind, count] : counts_) seen.insert(kind.first);
        return seen.size();
    }
    [[nodiscard]] std::size_t refusals() const {
        std::size_t seen = 0;
        for (const auto& [kind, count] : counts_) seen += kind.second == 99 ? 0 : 1;
        return seen;
    }
    [[nodiscard]] std::size_t rarest_event() const {
        std::size_t rarest = events_.size() < lock::event::count ? 0 : ~std::size_t{0};
        for (const auto& [kind, count] : events_) rarest = count < rarest ? count : rarest;
        return rarest;
    }

private:
    std::map<std::pair<std::size_t, int>, std::size_t> counts_;
    std::map<std::size_t, std::size_t> events_;
    std::map<lock::request_state, std::size_t> ends_;
};

/// One history with reference and table side by side; false at the first difference.
bool agree(std::uint64_t seed, const lock::config& config, int length, tally& seen) {
    lock::table table = std::move(*lock::table::make(config));
    compiled_reference naive(config);
    random_commands source(seed);
    for (int i = 0; i < length; ++i) {
        const step made = source.next();
        const lock::state before = state_of(table);
        const lock::reply expected = answer(naive, made);
        const lock::reply given = answer(table, made);
        const auto events = events_of(table);
        if (told(given) != expected || told(events) != naive.events()) return false;
        const lock::state after = state_of(table);
        lock::state same = naive.describe();
        same.last = after.last;  // the reference does not count a leader's first entry
        if (after != same || table.config() != naive.config()) return false;
        if (first_broken(after) != nullptr) return false;
        if (!lock::invariant::only_moves_forward(before, after)) return false;
        if (!lock::invariant::grants_fit(before, after)) return false;
        if (!lock::invariant::forced_ends_only_approach(before, after)) return false;
        seen.add(given);
        if (!made.leader.exists()) seen.add_guarded(made.asked, given);
        seen.add_upgrades(before, after);
        seen.add_together(before, after);
        seen.add_delays(before, after);
        seen.add_victims(given, events);
        const std::uint32_t most = table.config().max_bypass;
        seen.add_overtaken(before, after, most);
        seen.add_ranks(after);
        if (!lock::invariant::bypass_stays_bounded(before, after, most)) return false;
        seen.add_changes(before, after);
        source.heard(given);
        for (const lock::event& one : events) {
            seen.add(one);
            source.heard(one);
        }
    }
    return true;
}

/// As many histories as there are, or fewer where each takes ten times as long.
std::uint64_t histories() {
    const char* const fewer = std::getenv("SYNOD_HISTORIES");
    return fewer == nullptr ? 1'000 : std::strtoull(fewer, nullptr, 10);
}

/// All that can happen happened, and what is rare did not happen once only.
void check_coverage(tally& seen) {
    CHECK(seen.refusals_for(lock::refusal::denied) > 1'000);
    CHECK(seen.refusals() >= 25);
    CHECK(seen.rarest_event() > 100);
    CHECK(seen.upgraded_at_once > 100);
    CHECK(seen.upgraded_after_a_wait > 100);
    CHECK(seen.upgraded_again > 20);
    CHECK(seen.together_at_once > 1'000);
    CHECK(seen.together_after_a_wait > 500);
    CHECK(seen.left_delays > 1'000);
    CHECK(seen.reclaimed > 100);
    CHECK(seen.older_victims > 50);
    CHECK(seen.reordered[lock::policy::priority] > 1'000);
    CHECK(seen.reordered[lock::policy::phase_fair] > 50);
    CHECK(seen.reordered_twice > 100);
    CHECK(seen.refusals_for(lock::refusal::policy_mismatch) > 1'000);
    CHECK(seen.overtaken > 500);
    CHECK(seen.overtaken_for_permits > 100);
    CHECK(seen.overtaken_for_good > 100);
    CHECK(seen.refusals_for(lock::refusal::upgrade_conflict) > 100);
    CHECK(seen.refusals_for(lock::refusal::self_deadlock) > 100);
    CHECK(seen.refusals_for(lock::refusal::counter_overflow) > 100);
    CHECK(seen.refusals_for(lock::refusal::name_repeated) > 100);
    CHECK(seen.number_of<lock::committed>() > 5'000);
    CHECK(seen.number_of<lock::condition_failed>() > 5'000);
    CHECK(seen.written_under_a_token > 50);
    CHECK(seen.number_of<lock::watched>() > 1'000);
    CHECK(seen.number_of<lock::compacted>() > 1'000);
    CHECK(seen.number_of<lock::proclaimed>() > 100);
    CHECK(seen.leaders_that_are_gone > 1'000);
    CHECK(seen.number_of<lock::awaiting>() > 1'000);
    CHECK(seen.number_of<lock::passed>() > 1'000);
    CHECK(seen.number_of<lock::barrier_broken>() > 20);
    CHECK(seen.waits_that_ended(lock::request_state::passed) > 1'000);
    CHECK(seen.waits_that_ended(lock::request_state::broken) > 1'000);
}

}  // namespace

TEST_CASE(
    "the table agrees with its reference over 1,000,000 random commands, and no invariant breaks") {
    tally seen;
    const std::uint64_t number = histories();
    for (std::uint64_t seed = 1; seed <= number; ++seed) {
        INFO("seed " << seed);
        REQUIRE(agree(seed, seed % 2 == 0 ? tight_limits() : short_leases(), 1'000, seen));
    }
    CHECK(seen.kinds() == lock::reply::count);
    if (number >= 1'000) check_coverage(seen);
}

TEST_CASE("the table agrees with its reference where the tokens end") {
    tally seen;
    auto config = short_leases();
    config.tokens_after = fencing_token(1, fencing_token::max_counter - 20);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        INFO("seed " << seed);
        REQUIRE(agree(seed, config, 300, seen));
    }
}

TEST_CASE(
    "locks 3.12/73, M37, M50: a snapshot at every index and the rest of the history give the whole "
    "history") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        std::vector<step> history;
        std::vector<bytes> snapshots;
        std::vector<std::vector<lock::event>> told;
        lock::table table = std::move(*lock::table::make(tight_limits()));
        random_commands source(seed);
        for (int i = 0; i < 250; ++i) {
            history.push_back(source.next());
            source.heard(answer(table, history.back()));
            told.push_back(events_of(table));
            snapshots.push_back(snapshot_of(table));
        }
        for (std::size_t from = 0; from < history.size(); ++from) {
            lock::table restored = std::move(*lock::table::make());
            REQUIRE(restore(restored, snapshots[from]));
            REQUIRE(snapshot_of(restored) == snapshots[from]);
            std::size_t differs = 0;
            for (std::size_t i = from + 1; i < history.size(); ++i) {
                static_cast<void>(answer(restored, history[i]));
                if (events_of(restored) != told[i]) differs = i;
            }
            INFO("seed " << seed << ", snapshot at " << from);
            REQUIRE(differs == 0);
            REQUIRE(snapshot_of(restored) == snapshots.back());
            REQUIRE(restored.next_deadline() == table.next_deadline());
        }
    }
}

TEST_CASE("locks R1: two replicas that apply the same history through bytes have the same bytes") {
    lock::table typed = std::move(*lock::table::make(tight_limits()));
    lock::table encoded = std::move(*lock::table::make(tight_limits()));
    random_commands source(77);
    for (int i = 0; i < 2'000; ++i) {
        const step made = source.next();
        const lock::reply given = answer(typed, made);
        source.heard(given);
        encoded.advance(made.context.now);
        if (made.leader.exists()) {
            encoded.new_leader(made.leader);
            continue;
        }
        bytes asked;
        byte_writer to_asked(asked);
        lock::encode(made.asked, to_asked);
        bytes replied;
        byte_writer to_replied(replied);
        encoded.apply(made.context, asked, to_replied);
        lock::reply same;
        REQUIRE(lock::decode(replied, same));
        REQUIRE(same == given);
    }
    CHECK(typed.state_hash() == encoded.state_hash());
}
