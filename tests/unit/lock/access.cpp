// tests/unit/lock/access.cpp - who may do what: every command by every principal, and how rules are
// found.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::access_change;
using lock::access_rule;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

/// One session for each principal, and one that administers everything.
template <class Rules = lock::rules>
struct guarded : driver<Rules> {
    explicit guarded(const lock::config& config = short_leases()) : driver<Rules>(config) {}

    session_id open_as(const std::string& principal, std::uint64_t client) {
        const lock::open_session asked{{0, client}, 1, 100'000, 0, principal};
        return get<lock::opened>(this->run(asked)).session;
    }
    reply change(session_id who, const access_rule& rule, access_change how = access_change::put) {
        return this->run(lock::set_acl{this->stamp(who), rule, how});
    }
    void give(const std::string& prefix, const std::string& principal, std::uint8_t rights) {
        CHECK(change(root, {prefix, principal, rights}) == reply(lock::administered{}));
    }
    void begin() { give("", "root", lock::all_rights); }
    bool may_lock(session_id who, const std::string& name) {
        const reply said = this->acquire(who, name, lock::no_wait);
        if (const auto* const held = get_if<lock::granted>(&said)) this->release(who, held->token);
        return said != no(refusal::denied);
    }

    session_id root = open_as("root", 1);
    session_id alice = open_as("alice", 2);
    session_id bob = open_as("bob", 3);
    session_id nobody = open_as("", 4);
};

constexpr std::uint8_t nothing_needed = 0xff;

/// What each command needs, told once more. A command that is not here does not compile.
template <class Command>
struct needed_by;
template <std::uint8_t Rights>
struct needs {
    static constexpr std::uint8_t rights = Rights;
};
// clang-format off
template <> struct needed_by<lock::open_session> : needs<nothing_needed> {};
template <> struct needed_by<lock::keep_alive> : needs<nothing_needed> {};
template <> struct needed_by<lock::close_session> : needs<nothing_needed> {};
template <> struct needed_by<lock::acquire> : needs<lock::may_lock> {};
template <> struct needed_by<lock::release> : needs<nothing_needed> {};
template <> struct needed_by<lock::query> : needs<nothing_needed> {};
template <> struct needed_by<lock::acknowledge> : needs<nothing_needed> {};
template <> struct needed_by<lock::cancel> : needs<nothing_needed> {};
template <> struct needed_by<lock::convert> : needs<nothing_needed> {};
template <> struct needed_by<lock::acquire_all> : needs<lock::may_lock> {};
template <> struct needed_by<lock::acquire_permits> : needs<lock::may_lock> {};
template <> struct needed_by<lock::set_capacity> : needs<lock::may_administer> {};
template <> struct needed_by<lock::release_all> : needs<nothing_needed> {};
template <> struct needed_by<lock::renew_hold> : needs<nothing_needed> {};
template <> struct needed_by<lock::request_revoke> : needs<lock::may_administer> {};
template <> struct needed_by<lock::force_release> : needs<lock::may_administer> {};
template <> struct needed_by<lock::check_token> : needs<lock::may_read> {};
template <> struct needed_by<lock::set_acl> : needs<lock::may_administer> {};
template <> struct needed_by<lock::guarded_txn> : needs<lock::may_write> {};
template <> struct needed_by<lock::read_value> : needs<lock::may_read> {};
template <> struct needed_by<lock::compare_and_set> : needs<lock::may_write> {};
template <> struct needed_by<lock::add_to_counter> : needs<lock::may_write> {};
template <> struct needed_by<lock::read_counter> : needs<lock::may_read> {};
template <> struct needed_by<lock::set_limits> : needs<lock::may_administer> {};
template <> struct needed_by<lock::bump_epoch> : needs<lock::may_administer> {};
template <> struct needed_by<lock::list_locks> : needs<lock::may_read> {};
template <> struct needed_by<lock::set_latch> : needs<lock::may_write> {};
template <> struct needed_by<lock::count_down> : needs<lock::may_write> {};
template <> struct needed_by<lock::await_latch> : needs<lock::may_lock> {};
template <> struct needed_by<lock::arrive_at_barrier> : needs<lock::may_lock> {};
template <> struct needed_by<lock::enter_double_barrier> : needs<lock::may_lock> {};
template <> struct needed_by<lock::leave_double_barrier> : needs<nothing_needed> {};
template <> struct needed_by<lock::campaign> : needs<lock::may_lock> {};
template <> struct needed_by<lock::proclaim> : needs<nothing_needed> {};
template <> struct needed_by<lock::observe> : needs<lock::may_read> {};
template <> struct needed_by<lock::watch> : needs<lock::may_read> {};
template <> struct needed_by<lock::read_prefix> : needs<lock::may_read> {};
// clang-format on

[[nodiscard]] std::uint8_t needed(const lock::command& asked) {
    return visit([]<class One>(const One&) { return needed_by<One>::rights; }, asked);
}

/// Each kind of command, about the lock `a/x` that root holds, or about what is the asker's own.
std::vector<lock::command> one_of_each(fencing_token held, fencing_token own,
                                       const request_stamp& stamp) {
    return {
        lock::open_session{{0, 9}, 1, 1'000},
        lock::keep_alive{stamp},
        lock::close_session{stamp},
        lock::acquire{stamp, 0, "a/x", mode::exclusive, lock::no_wait},
        lock::release{stamp, 0, own},
        lock::query{stamp, 1},
        lock::acknowledge{stamp, 1},
        lock::cancel{stamp, 1},
        lock::convert{stamp, 0, own, mode::shared},
        lock::acquire_all{stamp, 0, {{"a/y"}, {"a/z"}}, lock::no_wait},
        lock::acquire_permits{stamp, 0, "a/s", 1, 3, lock::no_wait},
        lock::set_capacity{stamp, "a/s", 3},
        lock::release_all{stamp, 0, {own}},
        lock::renew_hold{stamp, 0, own, 1'000},
        lock::request_revoke{stamp, held, {}, {}, 50, lock::revocation::forced},
        lock::force_release{stamp, held},
        lock::check_token{stamp, "a/x", held},
        lock::set_acl{stamp, {"a/", "carol", lock::may_lock}},
        lock::guarded_txn{stamp, {}, {{"a/v", "its value"}}, {"a/w"}},
        lock::read_value{stamp, "a/v"},
        lock::compare_and_set{stamp, "a/v", 0, "its value"},
        lock::add_to_counter{stamp, "a/n", 1},
        lock::read_counter{stamp, "a/n"},
        lock::set_limits{stamp, short_leases()},
        lock::bump_epoch{stamp, 3},
        lock::list_locks{stamp, "a/", ""},
        lock::set_latch{stamp, "a/l", 3},
        lock::count_down{stamp, "a/l", 1, 0},
        lock::await_latch{stamp, 0, "a/l", lock::no_wait},
        lock::arrive_at_barrier{stamp, 0, "a/b", 1},
        lock::enter_double_barrier{stamp, 0, "a/d", 1},
        lock::leave_double_barrier{stamp, 0, "a/d"},
        lock::campaign{stamp, 0, "a/e", "its value", lock::no_wait},
        lock::proclaim{stamp, 0, own, "its value"},
        lock::observe{stamp, "a/e"},
        lock::watch{stamp, "a/", 0},
        lock::read_prefix{stamp, "a/"},
    };
}

/// Whether a command is denied to somebody who has these rights at `a/`, or for all names where the
/// command is about the whole table.
bool is_denied(std::size_t kind, std::uint8_t rights) {
    guarded<> d;
    const auto held = d.hold(d.root, "a/x");
    const auto own = d.hold(d.alice, "b");
    d.run(lock::acquire_permits{d.stamp(d.root), 0, "a/s", 1, 3});
    d.begin();
    const auto all = one_of_each(held, own, d.stamp(d.alice));
    REQUIRE(all.size() == lock::command::count);
    const bool is_about_all = holds_alternative<lock::set_limits>(all[kind]) ||
                              holds_alternative<lock::bump_epoch>(all[kind]);
    if (rights != lock::no_rights) d.give(is_about_all ? "" : "a/", "alice", rights);
    return d.run(all[kind]) == no(refusal::denied);
}

}  // namespace

TEST_CASE("locks 3.4: every command asks for the one right that it needs, and for no other") {
    const auto all = one_of_each({}, {}, {});
    REQUIRE(all.size() == lock::command::count);
    for (std::size_t kind = 0; kind < all.size(); ++kind) {
        INFO("kind " << kind);
        REQUIRE(all[kind].index() == kind);
        const std::uint8_t right = needed(all[kind]);
        CHECK(is_denied(kind, lock::no_rights) == (right != nothing_needed));
        if (right == nothing_needed) continue;
        CHECK(!is_denied(kind, right));
        CHECK(is_denied(kind, static_cast<std::uint8_t>(lock::all_rights & ~right)));
    }
}

TEST_CASE("locks 3.4: where there are no rules everybody may do everything, else what is allowed") {
    guarded<> d;
    CHECK(d.may_lock(d.nobody, "x"));
    d.begin();
    CHECK(!d.may_lock(d.nobody, "x"));
    CHECK(!d.may_lock(d.alice, "x"));
    CHECK(d.may_lock(d.root, "x"));
    CHECK(d.change(d.root, {"", "root", 0}, access_change::remove) == reply(lock::administered{}));
    CHECK(d.may_lock(d.nobody, "x"));
}

TEST_CASE("locks 3.4: the longest prefix decides, then the rule that names the principal") {
    guarded<> d;
    d.begin();
    d.give("", "", lock::may_lock);
    d.give("a/", "alice", lock::no_rights);
    d.give("a/b/", "", lock::may_lock);
    d.give("c", "alice", lock::may_lock);
    d.give("c", "", lock::no_rights);
    CHECK(d.may_lock(d.alice, "x"));
    CHECK(!d.may_lock(d.alice, "a/x"));
    CHECK(d.may_lock(d.bob, "a/x"));
    CHECK(d.may_lock(d.alice, "a/b/x"));
    CHECK(d.may_lock(d.alice, "cc"));
    CHECK(!d.may_lock(d.bob, "cc"));
    CHECK(!d.may_lock(d.nobody, "c"));
    CHECK(!d.may_lock(d.root, "cc"));
}

TEST_CASE("locks 3.4: a transaction needs a right for every name that it mentions") {
    guarded<> d;
    d.begin();
    d.give("a/", "alice", lock::may_write);
    const auto is_denied = [&](const lock::guarded_txn& asked) {
        lock::guarded_txn stamped = asked;
        stamped.stamp = d.stamp(d.alice);
        return d.run(stamped) == no(refusal::denied);
    };
    CHECK(!is_denied({{}, {}, {{"a/v", {}}}, {"a/w"}}));
    CHECK(is_denied({{}, {}, {{"a/v", {}}, {"b", {}}}, {}}));
    CHECK(is_denied({{}, {}, {{"a/v", {}}}, {"b"}}));
    CHECK(is_denied({{}, {lock::version_is("a/v", 0)}, {{"a/v", {}}}, {}}));
    d.give("a/", "alice", lock::may_write | lock::may_read);
    CHECK(!is_denied({{}, {lock::version_is("a/u", 0)}, {{"a/v", {}}}, {}}));
    CHECK(is_denied({{}, {lock::token_valid("b", {})}, {{"a/v", {}}}, {}}));
}

TEST_CASE("locks 3.12/59: a request for several locks is denied as a whole if one of them is") {
    guarded<> d;
    d.begin();
    d.give("a", "alice", lock::may_lock);
    CHECK(d.acquire_all(d.alice, {"a1", "a2"}, lock::no_wait) ==
          reply(lock::granted{fencing_token(1)}));
    CHECK(d.acquire_all(d.alice, {"a3", "b", "a4"}) == no(refusal::denied));
    CHECK(d.table.locks() == 2);
}

TEST_CASE("who is asked to give back needs not be overruled: asking takes a right to lock") {
    guarded<> d;
    const auto held = d.hold(d.bob, "x");
    d.begin();
    d.give("", "alice", lock::may_lock);
    const auto ask = [&](lock::revocation how) {
        return d.run(lock::request_revoke{d.stamp(d.alice), held, {}, {}, 50, how});
    };
    CHECK(ask(lock::revocation::cooperative) == reply(lock::revoking{1}));
    CHECK(ask(lock::revocation::forced) == no(refusal::denied));
    CHECK(d.table.describe().forced_ends.empty());
}

TEST_CASE("what is held and waited for stays so when a right is withdrawn, and can be given back") {
    guarded<> d;
    const auto held = d.hold_in(mode::shared, d.alice, "x");
    const auto other = d.hold_in(mode::shared, d.alice, "y");
    const auto wait = d.wait(d.bob, "x");
    d.begin();
    CHECK(d.keep(d.alice) == reply(lock::kept{100'000}));
    CHECK(d.convert(d.alice, other, mode::exclusive) ==
          reply(lock::granted{fencing_token(other.value() + 1)}));
    CHECK(d.release(d.alice, held) == reply(lock::released{0}));
    CHECK(granted_to(d.events()) == std::vector{d.bob});
    CHECK(d.cancel(d.bob, wait, lock::on_granted::release) == reply(lock::released{0}));
    CHECK(d.close(d.alice) == reply(lock::closed{}));
}

TEST_CASE("who loses a hold by force is told by whom, and as whom that acts") {
    guarded<> d;
    const auto first = d.hold(d.alice, "x");
    const auto second = d.hold(d.alice, "y");
    d.run(lock::request_revoke{d.stamp(d.root), second, {}, {}, 50, lock::revocation::forced});
    d.events();
    d.run(lock::force_release{d.stamp(d.root), first});
    CHECK(d.events() ==
          std::vector<lock::event>{lock::hold_revoked{d.alice, first, d.root, "root"}});
    d.close(d.root);
    d.pass(50);
    CHECK(d.events() ==
          std::vector<lock::event>{lock::hold_revoked{d.alice, second, d.root, "root"}});
}

TEST_CASE("a denied command is answered the same again, also when the right has come meanwhile") {
    guarded<> d;
    d.begin();
    const lock::acquire asked{d.stamp(d.alice), 0, "x", mode::exclusive, lock::no_wait};
    CHECK(d.run(asked) == no(refusal::denied));
    d.give("", "alice", lock::may_lock);
    CHECK(d.run(asked) == no(refusal::denied));
    CHECK(d.may_lock(d.alice, "x"));
}

TEST_CASE("there are no rules without somebody who can change them all") {
    guarded<> d;
    CHECK(d.change(d.root, {"a/", "root", lock::all_rights}) == no(refusal::denied));
    CHECK(d.change(d.root, {"", "root", lock::may_lock}) == no(refusal::denied));
    d.begin();
    d.give("", "alice", lock::may_lock);
    CHECK(d.change(d.root, {"", "root", 0}, access_change::remove) == no(refusal::denied));
    CHECK(d.change(d.root, {"", "root", lock::may_lock}) == no(refusal::denied));
    CHECK(d.table.describe().access.size() == 2);
}

TEST_CASE("who administers a prefix sets the rules below it, and no others") {
    guarded<> d;
    d.begin();
    d.give("a/", "alice", lock::may_administer);
    CHECK(d.change(d.alice, {"a/b/", "bob", lock::may_lock}) == reply(lock::administered{}));
    CHECK(d.change(d.alice, {"a/", "bob", lock::may_lock}) == reply(lock::administered{}));
    CHECK(d.change(d.alice, {"a", "bob", lock::may_lock}) == no(refusal::denied));
    CHECK(d.change(d.alice, {"", "alice", lock::all_rights}) == no(refusal::denied));
    CHECK(d.may_lock(d.bob, "a/x"));
    CHECK(!d.may_lock(d.bob, "x"));
}

TEST_CASE("a rule that makes no sense is refused, and so is one too many") {
    lock::config config = short_leases();
    config.max_access_rules = 2;
    guarded<> d(config);
    d.begin();
    CHECK(d.change(d.root, {"x", "alice", 16}) == no(refusal::malformed));
    CHECK(d.change(d.root, {"x", std::string(129, 'p'), 0}) == no(refusal::name_too_long));
    CHECK(d.change(d.root, {std::string(513, 'x'), "", 0}) == no(refusal::name_too_long));
    d.give("x", "alice", lock::may_lock);
    CHECK(d.change(d.root, {"y", "alice", lock::may_lock}) == no(refusal::limit));
    d.give("x", "alice", lock::no_rights);
    CHECK(d.change(d.root, {"y", "", 0}, access_change::remove) == reply(lock::administered{}));
    d.change(d.root, {"x", "alice", 0}, access_change::remove);
    d.give("y", "alice", lock::may_lock);
}

TEST_CASE("a session keeps its principal and its meta, within their limits") {
    guarded<> d;
    const auto open = [&](const std::string& principal, const std::string& meta,
                          std::uint64_t client) {
        return d.run(lock::open_session{{0, client}, 1, 1'000, 0, principal, meta});
    };
    CHECK(open(std::string(129, 'p'), "", 10) == no(refusal::name_too_long));
    CHECK(open("", std::string(1'025, 'm'), 10) == no(refusal::limit));
    const reply said = open(std::string(128, 'p'), std::string(1'024, 'm'), 10);
    const lock::state all = d.table.describe();
    CHECK(all.sessions.back().session == get<lock::opened>(said).session);
    CHECK(all.sessions.back().principal == std::string(128, 'p'));
    CHECK(all.sessions.back().meta == std::string(1'024, 'm'));
    CHECK(open(std::string(128, 'p'), "", 10) == said);
    CHECK(open("another", "", 10) == no(refusal::denied));
}

TEST_CASE("locks 3.12/74: a snapshot keeps who the sessions act as, and who may do what") {
    guarded<> d;
    d.begin();
    d.give("a", "alice", lock::may_lock);
    guarded<> copy;
    REQUIRE(restore(copy.table, snapshot_of(d.table)));
    REQUIRE(copy.table == d.table);
    const auto ask = [&](session_id who, std::uint64_t sequence, const std::string& name) {
        const lock::acquire asked{{who, sequence, 0}, 0, name, mode::exclusive, lock::no_wait};
        return copy.execute({{slot(1'000), 0}, copy.now}, asked);
    };
    CHECK(ask(d.alice, 50, "b") == no(refusal::denied));
    CHECK(ask(d.bob, 50, "a") == no(refusal::denied));
    CHECK(ask(d.alice, 51, "a") == reply(lock::granted{fencing_token(1)}));
}

namespace {

struct any_right_will_do : lock::rules {
    static bool suffices(std::uint8_t given, std::uint8_t) { return given != 0; }
};
struct the_shortest_decides : lock::rules {
    static bool decides_before(const lock::specificity& one, const lock::specificity& other) {
        return one.prefix_bytes < other.prefix_bytes;
    }
};
struct one_allowed_lock_is_enough : lock::rules {
    static bool is_denied(std::size_t denied, std::size_t asked) { return denied == asked; }
};
struct nobody_need_administer : lock::rules {
    static bool can_be_undone(std::size_t, std::size_t) { return true; }
};

}  // namespace

TEST_CASE("locks 3.4: a right that does for another, and a short prefix that decides, are found") {
    const auto locks_with = [](auto d, std::uint8_t in_all, std::uint8_t below) {
        d.begin();
        d.give("", "alice", in_all);
        d.give("a", "alice", below);
        return d.may_lock(d.alice, "ax");
    };
    CHECK(!locks_with(guarded<>(), 0, lock::may_read));
    CHECK(locks_with(guarded<any_right_will_do>(), 0, lock::may_read));
    CHECK(!locks_with(guarded<>(), lock::may_lock, 0));
    CHECK(locks_with(guarded<the_shortest_decides>(), lock::may_lock, 0));
}

TEST_CASE("locks 3.12/59: a request that is let in for one of its locks is found") {
    const auto holds = [](auto d) {
        d.begin();
        d.give("a", "alice", lock::may_lock);
        d.acquire_all(d.alice, {"a", "b"}, lock::no_wait);
        return d.table.locks();
    };
    CHECK(holds(guarded<>()) == 0);
    CHECK(holds(guarded<one_allowed_lock_is_enough>()) == 2);
}

TEST_CASE("locks 3.4: rules that nobody can change any more are found") {
    driver<nobody_need_administer> mutant;
    const request_stamp stamp = mutant.stamp(mutant.open(1));
    static_cast<void>(mutant.execute(lock::set_acl{stamp, {"x", "", 0}}));
    const char* const broken = lock::invariant::first_broken(mutant.table.describe());
    CHECK(std::string(broken == nullptr ? "" : broken) == "somebody_administers");
}

TEST_CASE("locks 3.4: who administers everything takes back what a rule for a part has denied") {
    guarded<> d;
    d.begin();
    d.give("app/", "", lock::may_read | lock::may_lock);
    const fencing_token held = d.hold(d.alice, "app/x");
    CHECK(d.run(lock::force_release{d.stamp(d.bob), held}) == no(refusal::denied));
    CHECK(d.run(lock::force_release{d.stamp(d.root), held}) == reply(lock::released{0}));
    CHECK(d.change(d.bob, {"app/", "", lock::all_rights}) == no(refusal::denied));
    d.give("app/", "", lock::all_rights);
    CHECK(d.change(d.root, {"app/", "", 0}, access_change::remove) == reply(lock::administered{}));
}

TEST_CASE("locks 3.4: neither changes nor what there is show what a longer rule hides") {
    guarded<> d;
    d.begin();
    d.give("", "", lock::may_read);
    d.give("secret/", "bob", lock::no_rights);
    const auto put = [&d](const std::string& name) {
        return d.run(lock::guarded_txn{d.stamp(d.root), {}, {{name, "v"}}, {}});
    };
    CHECK(holds_alternative<lock::committed>(put("secret/k")));
    CHECK(holds_alternative<lock::committed>(put("z")));
    const auto seen_by = [&d](session_id who) {
        const auto changes = get<lock::watched>(d.run(lock::watch{d.stamp(who), "", 1}));
        const auto all = get<lock::prefix_read>(d.run(lock::read_prefix{d.stamp(who), "", "", 1}));
        return std::tuple(changes.changes.size(), all.entries[0].name, all.next_name);
    };
    CHECK(seen_by(d.alice) == std::tuple(std::size_t{2}, "secret/k", "z"));
    CHECK(seen_by(d.bob) == std::tuple(std::size_t{1}, "z", ""));
}
