// tests/unit/lock/rules.cpp - mutants: each replaces one rule, and an invariant or an answer gives
// it away.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/rules.hpp>
#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>

using namespace synod;
using namespace synod::lock_test;
using lock::reply;

namespace {

/// A table without the checks that the driver makes, so that a mutant can be watched breaking them.
template <class Rules>
class victim {
public:
    explicit victim(const lock::config& config = short_leases()) : driver_(config) {
        a = get<lock::opened>(run(lock::open_session{{0, 1}, 1, 100})).session;
        b = get<lock::opened>(run(lock::open_session{{0, 2}, 1, 100'000})).session;
    }

    reply run(const lock::command& asked) {
        before = driver_.table.describe();
        return driver_.execute(asked);
    }
    reply acquire(session_id session, const std::string& name, std::uint64_t wait_ms,
                  lock::mode wanted = lock::mode::exclusive) {
        return run(lock::acquire{stamp(session), 0, name, wanted, wait_ms, 0});
    }
    reply permits(session_id session, std::uint32_t number, std::uint64_t wait_ms) {
        return run(lock::acquire_permits{stamp(session), 0, "s", number, 3, wait_ms});
    }
    reply convert(session_id session, fencing_token token, lock::mode to) {
        return run(lock::convert{stamp(session), 0, token, to, lock::wait_forever});
    }
    reply release(session_id session, fencing_token token) {
        return run(lock::release{stamp(session), 0, token});
    }
    void pass(std::uint64_t milliseconds) { driver_.pass(milliseconds); }

    [[nodiscard]] std::string broken() const {
        const lock::state after = driver_.table.describe();
        if (const char* const name = lock::invariant::first_broken(after)) return name;
        if (!lock::invariant::only_moves_forward(before, after)) return "only_moves_forward";
        if (!lock::invariant::forced_ends_only_approach(before, after))
            return "forced_ends_only_approach";
        return lock::invariant::grants_fit(before, after) ? "" : "grants_fit";
    }

    session_id a;
    session_id b;
    lock::state before;

private:
    request_stamp stamp(session_id session) { return {session, ++sequence_, 0}; }

    driver<Rules> driver_;
    std::uint64_t sequence_ = 0;
};

struct waits_are_over_late : lock::rules {
    static bool is_over(log_time deadline, log_time now) { return deadline < now; }
};
struct token_of_yesterday : lock::rules {
    static fencing_token next_token(fencing_token last) {
        return fencing_token(last.value() % 2 + 1);
    }
};
struct grants_what_is_held : lock::rules {
    static bool is_compatible(const lock::holding&, lock::mode) { return true; }
};
struct updates_go_together : lock::rules {
    static bool is_compatible(const lock::holding& others, lock::mode asked) {
        return asked == lock::mode::update || lock::rules::is_compatible(others, asked);
    }
};
struct nobody_is_let_in : lock::rules {
    static bool is_compatible(const lock::holding& others, lock::mode) {
        return others.total() == 0;
    }
};
struct permits_never_end : lock::rules {
    static bool has_permits(std::uint64_t, std::uint32_t, std::uint32_t) { return true; }
};
struct permits_are_all_taken : lock::rules {
    static bool has_permits(std::uint64_t held, std::uint32_t, std::uint32_t) { return held == 0; }
};
struct a_cancel_gives_one_back : lock::rules {
    static std::uint32_t given_back(std::uint32_t) { return 1; }
};
struct anybody_may_upgrade : lock::rules {
    static bool may_upgrade(const lock::holding&, lock::mode, bool) { return true; }
};
struct anything_is_covered : lock::rules {
    static bool covers(lock::mode, lock::mode) { return true; }
};
struct anybody_may_release : lock::rules {
    static bool may_release(const lock::owner_id&, const lock::owner_id&) { return true; }
};
struct a_lost_hold_leaves_nothing : lock::rules {
    static bool leaves_delay(std::uint64_t) { return false; }
};
struct anybody_may_reclaim : lock::rules {
    static bool may_reclaim(const client_uuid&, const client_uuid&) { return true; }
};
struct any_leader_counts : lock::rules {
    static bool is_new_leader(ballot, ballot) { return true; }
};
struct tokens_wrap : lock::rules {
    static bool has_tokens(fencing_token, std::uint32_t) { return true; }
};

}  // namespace

TEST_CASE("the rules as they are break nothing") {
    victim<lock::rules> v;
    v.acquire(v.a, "x", lock::no_wait);
    CHECK(v.broken().empty());
    v.acquire(v.b, "x", 50);
    CHECK(v.broken().empty());
    v.pass(50);
    CHECK(v.broken().empty());
    v.release(v.a, fencing_token(1));
    CHECK(v.broken().empty());
}

TEST_CASE("locks 3.12/1, R2: a wait that is valid at its deadline is found overdue") {
    victim<waits_are_over_late> v;
    v.acquire(v.a, "x", lock::no_wait);
    v.acquire(v.b, "x", 50);
    v.pass(50);
    CHECK(v.broken() == "nothing_is_overdue");
}

TEST_CASE("locks 3.2, M47: a token that does not rise is found") {
    victim<token_of_yesterday> v;
    v.acquire(v.a, "x", lock::no_wait);
    v.release(v.a, fencing_token(1));
    v.acquire(v.a, "x", lock::no_wait);
    v.release(v.a, fencing_token(2));
    v.acquire(v.a, "x", lock::no_wait);
    CHECK(v.broken() == "only_moves_forward");
}

TEST_CASE("locks 3.5: a second exclusive holder is found") {
    victim<grants_what_is_held> v;
    v.acquire(v.a, "x", lock::no_wait);
    v.acquire(v.b, "x", lock::no_wait);
    CHECK(v.broken() == "no_holds_conflict");
}

TEST_CASE("locks 3.3: a second one that holds for update is found") {
    victim<updates_go_together> v;
    v.acquire(v.a, "x", lock::no_wait, lock::mode::update);
    v.acquire(v.b, "x", lock::no_wait, lock::mode::update);
    CHECK(v.broken() == "no_holds_conflict");
}

TEST_CASE("locks 3.5: a reader that is kept out by readers is found") {
    victim<nobody_is_let_in> v;
    v.acquire(v.a, "x", lock::no_wait, lock::mode::shared);
    v.acquire(v.b, "x", lock::wait_forever, lock::mode::shared);
    CHECK(v.broken() == "fronts_have_to_wait");
}

TEST_CASE("locks 3.5: two that hold and wait for each other are found") {
    auto config = short_leases();
    config.max_cycle_search = 0;  // else the second gives way
    victim<anybody_may_upgrade> v(config);
    v.acquire(v.a, "x", lock::no_wait, lock::mode::shared);
    v.acquire(v.b, "x", lock::no_wait, lock::mode::shared);
    v.convert(v.a, fencing_token(1), lock::mode::exclusive);
    CHECK(v.broken().empty());
    v.convert(v.b, fencing_token(2), lock::mode::exclusive);
    CHECK(v.broken() == "queues_rise_in_position");
}

TEST_CASE("locks 3.5: a reader that acquires again, as a writer, is found") {
    victim<anything_is_covered> mutant;
    victim<lock::rules> real;
    const auto write_again = [](auto& v) {
        v.acquire(v.a, "x", lock::no_wait, lock::mode::shared);
        lock::acquire asked;
        asked.stamp = {v.a, 50, 0};
        asked.name = "x";
        asked.flags = lock::reentrant;
        return v.run(asked);
    };
    CHECK(write_again(mutant) == reply(lock::granted{fencing_token(1)}));
    CHECK(write_again(real) == no(lock::refusal::self_deadlock));
}

TEST_CASE("locks 3.2, M57: a release by another session that succeeds is found") {
    victim<anybody_may_release> mutant;
    victim<lock::rules> real;
    mutant.acquire(mutant.a, "x", lock::no_wait);
    real.acquire(real.a, "x", lock::no_wait);
    CHECK(mutant.release(mutant.b, fencing_token(1)) == reply(lock::released{0}));
    CHECK(real.release(real.b, fencing_token(1)) == no(lock::refusal::not_owner));
}

template <class Rules>
reply after_an_expiry(std::uint8_t flags = lock::no_flags) {
    victim<Rules> v;
    const lock::open_session asked{{0, 3}, 1, 20, 50};
    v.acquire(get<lock::opened>(v.run(asked)).session, "x", lock::no_wait);
    v.pass(20);
    const request_stamp stamp{v.b, 100, 0};
    return v.run(lock::acquire{stamp, 0, "x", lock::mode::exclusive, lock::no_wait, flags});
}

TEST_CASE("locks 3.6: a lock-delay that is left out lets the next one in at once") {
    CHECK(holds_alternative<lock::busy>(after_an_expiry<lock::rules>()));
    CHECK(holds_alternative<lock::granted>(after_an_expiry<a_lost_hold_leaves_nothing>()));
}

TEST_CASE("locks 3.12/63: a reclaim by whom it does not belong to lets in whoever asks for it") {
    CHECK(holds_alternative<lock::busy>(after_an_expiry<lock::rules>(lock::reclaim)));
    CHECK(holds_alternative<lock::granted>(after_an_expiry<anybody_may_reclaim>(lock::reclaim)));
}

TEST_CASE("M53: an older leader that counts is found by its ballot") {
    driver<any_leader_counts> mutant;
    mutant.table.new_leader(ballot(7, node_id(0)));
    const lock::state before = mutant.table.describe();
    mutant.table.new_leader(ballot(6, node_id(0)));
    CHECK(!lock::invariant::only_moves_forward(before, mutant.table.describe()));
}

TEST_CASE("locks 3.12/30: a counter that wraps is found") {
    auto config = short_leases();
    config.tokens_after = fencing_token(0, fencing_token::max_counter);
    driver<tokens_wrap> mutant(config);
    const lock::state before = mutant.table.describe();
    const request_stamp stamp = mutant.stamp(mutant.open(1));
    static_cast<void>(mutant.execute(lock::acquire{stamp, 0, "x"}));
    CHECK(!lock::invariant::only_moves_forward(before, mutant.table.describe()));
}

TEST_CASE("locks 3.3: more permits than there are, and permits that are kept back, are found") {
    victim<permits_never_end> more;
    more.permits(more.a, 2, lock::no_wait);
    CHECK(more.broken().empty());
    more.permits(more.b, 2, lock::no_wait);
    CHECK(more.broken() == "grants_fit");
    victim<permits_are_all_taken> fewer;
    fewer.permits(fewer.a, 1, lock::no_wait);
    fewer.permits(fewer.b, 1, lock::wait_forever);
    CHECK(fewer.broken() == "fronts_have_to_wait");
}

TEST_CASE("M62: a cancel that gives back one lock of several leaves a hold behind") {
    victim<a_cancel_gives_one_back> v;
    v.run(lock::acquire_all{{v.a, 1, 0}, 0, {{"x"}, {"y"}}, lock::no_wait});
    v.run(lock::cancel{{v.a, 2, 0}, 1, lock::on_granted::release});
    v.run(lock::query{{v.a, 3, 0}, 1});
    REQUIRE(v.before.locks.size() == 1);
    CHECK(v.before.locks[0].name == "y");
}
