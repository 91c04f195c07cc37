// tests/unit/lock/watch.cpp - what those who watch are told, page by page, and that nothing is left
// out silently.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/detail/journal.hpp>
#include <synod/lock/detail/watching.hpp>
#include <synod/lock/watch_commands.hpp>
#include <synod/lock/watch_config.hpp>
#include <synod/lock/watch_invariant.hpp>
#include <synod/lock/watch_replies.hpp>
#include <synod/lock/watch_rules.hpp>
#include <synod/lock/watch_state.hpp>

#include "driver.hpp"
#include "support/catch.hpp"
#include "watched.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::change;
using lock::change_effect;
using lock::change_kind;
using lock::refusal;
using lock::reply;

namespace {

lock::config few_changes(std::uint32_t most) {
    auto config = short_leases();
    config.watch.max_changes = most;
    return config;
}

struct watching : driver<> {
    explicit watching(const lock::config& config = short_leases()) : driver<>(config) {}

    session_id a = open(1, 100'000);
    session_id b = open(2, 100'000);

    void put(const std::vector<std::string>& under, const std::string& value = "v") {
        lock::guarded_txn asked{stamp(a), {}, {}, {}};
        for (const std::string& name : under) asked.puts.push_back({name, value});
        run(asked);
    }
    void remove(const std::string& name) { run(lock::guarded_txn{stamp(a), {}, {}, {name}}); }
    reply watch(const std::string& prefix, std::uint64_t from, std::uint32_t limit = 0) {
        return run(lock::watch{stamp(b), prefix, from, limit});
    }
    lock::watched page(const std::string& prefix, std::uint64_t from, std::uint32_t limit = 0) {
        return get<lock::watched>(watch(prefix, from, limit));
    }
    lock::prefix_read read(const std::string& prefix, const std::string& from = "",
                           std::uint32_t limit = 0) {
        return get<lock::prefix_read>(run(lock::read_prefix{stamp(b), prefix, from, limit}));
    }
};

/// Kind, name and index of each, such as "value x 3", and "gone" behind what is.
std::vector<std::string> in_words(const std::vector<change>& changes) {
    std::vector<std::string> said;
    for (const change& one : changes) {
        constexpr const char* kinds[] = {"value ", "counter ", "leader "};
        said.push_back(kinds[static_cast<std::size_t>(one.kind)] + one.name + ' ' +
                       std::to_string(one.index) +
                       (one.effect == change_effect::gone ? " gone" : ""));
    }
    return said;
}
using words = std::vector<std::string>;

}  // namespace

TEST_CASE("locks 3.4: who watches is told what has changed since, deletions too, in order") {
    watching d;
    d.put({"x", "y"});
    d.run(lock::add_to_counter{d.stamp(d.a), "n", 7});
    d.remove("x");
    const auto won = d.run(lock::campaign{d.stamp(d.a), 0, "e", "alice"});
    d.release(d.a, token_of(won));
    const auto all = d.page("", 1);
    CHECK(in_words(all.changes) == words{"value x 1", "value y 1", "counter n 2", "value x 3 gone",
                                         "leader e 4", "leader e 5 gone"});
    CHECK(all.next_index == 6);
    CHECK(all.changes[2].number == 7);
    CHECK(all.changes[4].token == token_of(won));
    CHECK(all.changes[4].value == "alice");
    CHECK(in_words(d.page("x", 2).changes) == words{"value x 3 gone"});
    CHECK(d.page("z", 1).changes.empty());
    CHECK(d.watch("", 6) == reply(lock::watched{6, {}}));
    CHECK(d.watch("", 9) == reply(lock::watched{9, {}}));
}

TEST_CASE("locks 3.4: pages follow one another, and none cuts a transaction in two") {
    watching d;
    d.put({"a", "b", "c"});
    d.put({"d"});
    d.put({"e"});
    const auto first = d.page("", 1, 2);
    CHECK(in_words(first.changes) == words{"value a 1", "value b 1", "value c 1"});
    CHECK(first.next_index == 2);
    const auto second = d.page("", first.next_index, 1);
    CHECK(in_words(second.changes) == words{"value d 2"});
    CHECK(second.next_index == 3);
    const auto third = d.page("", second.next_index, 1);
    CHECK(in_words(third.changes) == words{"value e 3"});
    CHECK(third.next_index == 4);
    const auto skipping = d.page("d", 1, 1);
    CHECK(skipping.next_index == 4);
}

TEST_CASE(
    "locks 3.12/76: from an index that is forgotten no change is told, but where to begin anew") {
    watching d(few_changes(3));
    for (const char* name : {"p", "q", "r", "s", "t"}) d.put({name});
    CHECK(d.watch("", 1) == reply(lock::compacted{2}));
    CHECK(d.watch("", 2) == reply(lock::compacted{2}));
    CHECK(d.watch("nothing like that", 2) == reply(lock::compacted{2}));
    CHECK(d.watch("", 0) == reply(lock::compacted{2}));
    CHECK(in_words(d.page("", 3).changes) == words{"value r 3", "value s 4", "value t 5"});
    const auto state = d.read("");
    CHECK(state.index == 5);
    CHECK(in_words(state.entries) ==
          words{"value p 1", "value q 2", "value r 3", "value s 4", "value t 5"});
    d.put({"u"});
    CHECK(in_words(d.page("", state.index + 1).changes) == words{"value u 6"});
}

TEST_CASE("locks 3.12/76: a transaction that is longer than what is kept is forgotten whole") {
    watching d(few_changes(2));
    d.put({"x"});
    d.put({"p", "q", "r"});
    CHECK(d.watch("", 2) == reply(lock::compacted{2}));
    CHECK(d.watch("", 3) == reply(lock::watched{3, {}}));
    d.put({"y"});
    CHECK(in_words(d.page("", 3).changes) == words{"value y 3"});
    watching none(few_changes(0));
    none.put({"x"});
    CHECK(none.watch("", 1) == reply(lock::compacted{1}));
    CHECK(none.watch("", 2) == reply(lock::watched{2, {}}));
}

TEST_CASE("locks 3.12/76: long values are forgotten sooner") {
    auto config = short_leases();
    config.watch.max_change_bytes = 12;
    watching d(config);
    d.put({"x"}, "12345");
    d.put({"y"}, "12345");
    CHECK(d.page("", 1).changes.size() == 2);
    d.put({"z"});
    CHECK(d.watch("", 1) == reply(lock::compacted{1}));
}

TEST_CASE("what there is under a prefix is read page by page, leaders behind values") {
    watching d;
    d.put({"ab", "ac", "b"});
    const auto won = d.run(lock::campaign{d.stamp(d.a), 0, "ab", "alice"});
    d.run(lock::campaign{d.stamp(d.a), 0, "ad", "alice"});
    d.run(lock::add_to_counter{d.stamp(d.a), "aa", 7});
    const auto first = d.read("a", "", 2);
    CHECK(in_words(first.entries) == words{"counter aa 4", "value ab 1", "leader ab 2"});
    CHECK(first.entries[2].token == token_of(won));
    CHECK(first.next_name == "ac");
    CHECK(first.index == 4);
    const auto second = d.read("a", first.next_name, 2);
    CHECK(in_words(second.entries) == words{"value ac 1", "leader ad 3"});
    CHECK(second.next_name.empty());
    CHECK(d.read("c").entries.empty());
    CHECK(d.watch(std::string(513, 'n'), 1) == no(refusal::name_too_long));
    CHECK(d.run(lock::read_prefix{d.stamp(d.b), std::string(513, 'n')}) ==
          no(refusal::name_too_long));
}

TEST_CASE(
    "locks 3.10: who begins anew after a gap knows the leader, by its token, and then of its end") {
    watching d(few_changes(1));
    const auto first = d.run(lock::campaign{d.stamp(d.a), 0, "e", "alice"});
    d.put({"x"});
    d.put({"y"});
    CHECK(holds_alternative<lock::compacted>(d.watch("e", 1)));
    const auto seen = get<lock::observed>(d.run(lock::observe{d.stamp(d.b), "e"}));
    CHECK(seen == lock::observed{3, token_of(first), "alice"});
    d.release(d.a, token_of(first));
    const auto told = d.page("e", seen.index + 1);
    REQUIRE(told.changes.size() == 1);
    CHECK(told.changes[0].effect == change_effect::gone);
    CHECK(told.changes[0].token == token_of(first));
}

TEST_CASE("locks 3.12/74: a snapshot keeps the changes that can be told, and what is forgotten") {
    watching d(few_changes(3));
    d.put({"p", "q"});
    d.put({"r"});
    d.remove("p");
    auto copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    const apply_context context{{slot(100), 0}, d.now};
    const lock::watch old{d.late_stamp(d.b), "", 1};
    CHECK(execute(copy, context, old) == reply(lock::compacted{1}));
    const lock::watch kept{d.late_stamp(d.b), "", 2};
    CHECK(execute(copy, context, kept) == d.execute(context, kept));
    const lock::guarded_txn more{d.late_stamp(d.a), {}, {{"s", "v"}, {"t", "v"}}, {}};
    CHECK(execute(copy, context, more) == d.execute(context, more));
    CHECK(copy.describe().watch == d.table.describe().watch);
}

TEST_CASE("a page of nothing is no configuration") {
    lock::config config;
    config.watch.max_page = 0;
    CHECK(lock::table::make(config).error() == errc::limit_out_of_range);
}

TEST_CASE("changes that leave something out break an invariant") {
    lock::state good;
    good.values = {5, {{"x", {}, 4, "v", 0}}};
    good.watch = {3,
                  {{4, {}, change_effect::written, "x", {}, "v", 0},
                   {5, {}, change_effect::gone, "y", {}, "", 0}}};
    const auto broken = [&good](auto&& change) {
        lock::state made = good;
        change(made);
        const char* const name = lock::invariant::first_broken(made);
        return std::string(name == nullptr ? "" : name);
    };
    CHECK(broken([](auto&) {}).empty());
    CHECK(broken([](auto& is) { is.watch.changes.pop_back(); }) == "changes_have_no_gap");
    CHECK(broken([](auto& is) { is.watch.compacted = 2; }) == "changes_have_no_gap");
    CHECK(broken([](auto& is) { is.values.revision = 6; }) == "changes_have_no_gap");
    CHECK(broken([](auto& is) { is.watch.changes[1].index = 6; }) == "changes_have_no_gap");
    CHECK(broken([](auto& is) { is.watch.changes[1].name = "x"; }) == "changes_tell_the_state");
    CHECK(broken([](auto& is) { is.watch.changes[0].value = "w"; }) == "changes_tell_the_state");
    CHECK(broken([](auto& is) { is.watch.changes[0].name = "z"; }) == "changes_tell_the_state");
    lock::state later = good;
    later.watch.changes[1].name = "z";
    CHECK(!lock::invariant::changes_are_kept(good, later));
    later = good;
    later.watch.changes.erase(later.watch.changes.begin());
    CHECK(!lock::invariant::changes_are_kept(good, later));
    later.watch.compacted = 4;
    CHECK(lock::invariant::changes_are_kept(good, later));
    CHECK(!lock::invariant::changes_are_kept(later, good));
}

namespace {

struct gaps_are_silent : lock::rules {
    static bool is_kept_from(std::uint64_t, std::uint64_t) { return true; }
};

/// What a client knows under one prefix that watches from the beginning, and reads anew where it is
/// told to; in one step for each write so many times behind.
template <class Rules>
std::map<std::string, std::string> followed(int behind) {
    driver<Rules> d(few_changes(4));
    std::uint64_t sequence = 0;
    session_id self;
    const auto run = [&d](const lock::command& asked) { return d.execute(asked); };
    self = get<lock::opened>(run(lock::open_session{{0, 1}, 1, 100'000})).session;
    const auto stamp = [&] {
        ++sequence;
        return request_stamp{self, sequence, sequence - 1};
    };
    std::map<std::string, std::string> known;
    std::uint64_t next = 1;
    for (int i = 0; i < 40; ++i) {
        const std::string name(1, static_cast<char>('a' + i % 7));
        if (i % 3 == 2)
            run(lock::guarded_txn{stamp(), {}, {}, {name}});
        else
            run(lock::guarded_txn{stamp(), {}, {{name, std::to_string(i)}}, {}});
        if (i % behind != behind - 1) continue;
        reply said = run(lock::watch{stamp(), "", next});
        if (holds_alternative<lock::compacted>(said)) {
            known.clear();
            const auto state = get<lock::prefix_read>(run(lock::read_prefix{stamp(), "", ""}));
            for (const change& one : state.entries) known[one.name] = one.value;
            next = state.index + 1;
            said = run(lock::watch{stamp(), "", next});
        }
        const auto page = get<lock::watched>(said);
        for (const change& one : page.changes) {
            if (one.effect == change_effect::gone)
                known.erase(one.name);
            else
                known[one.name] = one.value;
        }
        next = page.next_index;
    }
    std::map<std::string, std::string> missed = known;
    for (const auto& one : d.table.describe().values.values) {
        const auto found = missed.find(one.name);
        if (found != missed.end() && found->second == one.value)
            missed.erase(found);
        else
            missed[one.name] = "not known";
    }
    return missed;
}

}  // namespace

TEST_CASE(
    "locks 3.12/76: who watches, and reads anew when told to, knows what there is, however far "
    "behind") {
    for (const int behind : {1, 2, 4, 5, 8, 10, 20, 40}) {
        INFO(behind << " behind");
        CHECK(followed<lock::rules>(behind).empty());
    }
    CHECK(!followed<gaps_are_silent>(20).empty());
}

TEST_CASE("locks 3.10: a page ends where it is long, whatever number of changes was asked for") {
    watching d;
    const std::string longest(4'096, 'v');
    for (int i = 0; i < 40; ++i) d.put({"name " + std::to_string(10 + i)}, longest);
    const auto changes = d.page("", 1);
    CHECK(changes.changes.size() == 16);
    CHECK(changes.next_index == 17);
    CHECK(d.page("", 17).changes.size() == 16);
    const auto all = d.read("");
    CHECK(all.entries.size() == 16);
    CHECK(all.next_name == "name 26");
    CHECK(d.read("", "name 42").entries.size() == 8);
}
