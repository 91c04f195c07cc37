// tests/unit/lock/values.cpp - values, registers and counters, and what transactions are tied to.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/detail/values.hpp>
#include <synod/lock/value_commands.hpp>
#include <synod/lock/value_config.hpp>
#include <synod/lock/value_invariant.hpp>
#include <synod/lock/value_replies.hpp>
#include <synod/lock/value_rules.hpp>
#include <synod/lock/value_state.hpp>

#include "driver.hpp"
#include "support/catch.hpp"
#include "watched.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

using conditions = std::vector<lock::condition>;
using written_values = std::vector<lock::put>;
using names = std::vector<std::string>;

struct values : trio {
    explicit values() = default;

    reply txn(const conditions& guards, const written_values& written, const names& deleted = {}) {
        return run(lock::guarded_txn{stamp(a), guards, written, deleted});
    }
    reply set(const std::string& name, std::uint64_t expected, const std::string& value) {
        return run(lock::compare_and_set{stamp(a), name, expected, value});
    }
    reply read(const std::string& name) { return run(lock::read_value{stamp(b), name}); }
    reply add(const std::string& name, std::int64_t delta) {
        return run(lock::add_to_counter{stamp(a), name, delta});
    }
    reply count(const std::string& name) { return run(lock::read_counter{stamp(b), name}); }
};

reply committed(std::uint64_t revision) { return lock::committed{revision}; }
reply failed(std::uint32_t which, std::uint64_t version) {
    return lock::condition_failed{which, version};
}
reply value(std::uint64_t version, const std::string& is) { return lock::value_read{version, is}; }
reply counted(std::int64_t number, std::uint64_t version) { return lock::counted{number, version}; }

constexpr auto largest = std::numeric_limits<std::int64_t>::max();
constexpr auto smallest = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("locks 3.10: a register is set by who knows its version") {
    values d;
    CHECK(d.read("x") == value(0, ""));
    CHECK(d.set("x", 1, "one") == failed(0, 0));
    CHECK(d.set("x", 0, "one") == committed(1));
    CHECK(d.set("x", 0, "two") == failed(0, 1));
    CHECK(d.set("x", 1, std::string("\0two", 4)) == committed(2));
    CHECK(d.read("x") == value(2, std::string("\0two", 4)));
}

TEST_CASE(
    "locks 3.4: a transaction does all that it says, or nothing, and says which condition failed") {
    values d;
    CHECK(d.txn({}, {{"x", "1"}, {"y", "2"}}) == committed(1));
    CHECK(d.txn({lock::version_is("x", 1), lock::version_is("y", 2)}, {{"x", "3"}}, {"y"}) ==
          failed(1, 1));
    CHECK(d.read("x") == value(1, "1"));
    CHECK(d.read("y") == value(1, "2"));
    CHECK(d.txn({lock::version_is("x", 1), lock::version_is("y", 1), lock::version_is("z", 0)},
                {{"x", "3"}}, {"y"}) == committed(2));
    CHECK(d.read("x") == value(2, "3"));
    CHECK(d.read("y") == value(0, ""));
}

TEST_CASE("locks 3.10: a value that was deleted and written anew has another version") {
    values d;
    d.set("x", 0, "one");
    CHECK(d.txn({}, {}, {"x"}) == committed(2));
    CHECK(d.set("x", 0, "one") == committed(3));
    CHECK(d.set("x", 1, "two") == failed(0, 3));
}

TEST_CASE("a transaction that changes nothing takes no revision") {
    values d;
    d.set("x", 0, "one");
    CHECK(d.txn({lock::version_is("x", 1)}, {}, {"y"}) == committed(1));
    CHECK(d.txn({}, {}) == committed(1));
    CHECK(d.txn({}, {{"x", "one"}}) == committed(2));
}

TEST_CASE("locks 3.4: what is written under a token is written while its hold is valid") {
    values d;
    const auto token = d.hold(d.a, "l");
    const conditions guarded{lock::token_valid("l", token)};
    CHECK(d.txn(guarded, {{"x", "1"}}) == committed(1));
    CHECK(d.txn({lock::token_valid("another", token)}, {{"x", "2"}}) == failed(0, 0));
    CHECK(d.run(lock::guarded_txn{d.stamp(d.b), guarded, {{"x", "2"}}, {}}) == committed(2));
    d.release(d.a, token);
    CHECK(d.txn(guarded, {{"x", "3"}}) == failed(0, 0));
    d.hold(d.a, "l");
    CHECK(d.txn(guarded, {{"x", "3"}}) == failed(0, 0));
    CHECK(d.read("x") == value(2, "2"));
}

TEST_CASE("locks 3.4: at the very entry at which a hold expires its token is no longer valid") {
    values d;
    const auto brief = d.open(9, 100);
    const auto token = d.hold(brief, "l");
    const conditions guarded{lock::token_valid("l", token)};
    d.pass(99);
    CHECK(d.txn(guarded, {{"x", "1"}}) == committed(1));
    d.now = d.now + 1;  // seen first by the command itself
    CHECK(d.txn(guarded, {{"x", "2"}}) == failed(0, 0));
}

TEST_CASE(
    "locks 3.4: a token is valid for its mode and for weaker ones; an upgrade makes it stale") {
    values d;
    const auto token = d.hold_in(mode::update, d.a, "l");
    CHECK(d.txn({lock::token_valid("l", token, mode::exclusive)}, {}) == failed(0, 0));
    CHECK(d.txn({lock::token_valid("l", token, mode::update)}, {}) == committed(0));
    CHECK(d.txn({lock::token_valid("l", token, mode::shared)}, {}) == committed(0));
    const auto upgraded = token_of(d.convert(d.a, token, mode::exclusive));
    CHECK(d.txn({lock::token_valid("l", token, mode::shared)}, {}) == failed(0, 0));
    CHECK(d.txn({lock::token_valid("l", upgraded)}, {}) == committed(0));
}

TEST_CASE("locks 3.11: who writes under a permit of a semaphore ties the write to it") {
    values d;
    const reply held = d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 2, 3, lock::no_wait});
    const conditions guarded{lock::token_valid("s", token_of(held), mode::shared)};
    CHECK(d.txn(guarded, {{"x", "1"}}) == committed(1));
    d.close(d.b);
    CHECK(d.txn(guarded, {{"x", "2"}}) == committed(2));
    d.release(d.a, token_of(held));
    CHECK(d.txn(guarded, {{"x", "3"}}) == failed(0, 0));
}

TEST_CASE("locks 3.10: a counter begins at zero, and never wraps") {
    values d;
    CHECK(d.count("n") == counted(0, 0));
    CHECK(d.add("n", 5) == counted(5, 1));
    CHECK(d.add("n", -7) == counted(-2, 2));
    CHECK(d.add("n", smallest) == no(refusal::counter_overflow));
    CHECK(d.add("n", largest) == counted(largest - 2, 3));
    CHECK(d.add("n", 3) == no(refusal::counter_overflow));
    CHECK(d.count("n") == counted(largest - 2, 3));
    CHECK(d.add("n", 2) == counted(largest, 4));
    CHECK(d.add("m", smallest) == counted(smallest, 5));
    CHECK(d.add("m", -1) == no(refusal::counter_overflow));
    CHECK(d.add("m", largest) == counted(-1, 6));
}

TEST_CASE("locks 3.10: an addition that is sent again is counted once") {
    values d;
    const lock::add_to_counter asked{d.late_stamp(d.a), "n", 1};
    CHECK(d.run(asked) == counted(1, 1));
    d.add("m", 1);
    CHECK(d.run(asked) == no(refusal::stale_sequence));
    const lock::add_to_counter again{d.late_stamp(d.b), "n", 1};
    CHECK(d.run(again) == counted(2, 3));
    CHECK(d.run(again) == counted(2, 3));
    const lock::compare_and_set set{d.late_stamp(d.b), "x", 0, "one"};
    CHECK(d.run(set) == committed(4));
    CHECK(d.run(set) == committed(4));
}

TEST_CASE("a value is no counter, and a counter no value") {
    values d;
    d.set("x", 0, "one");
    d.add("n", 1);
    CHECK(d.add("x", 1) == no(refusal::kind_mismatch));
    CHECK(d.count("x") == no(refusal::kind_mismatch));
    CHECK(d.read("n") == no(refusal::kind_mismatch));
    CHECK(d.set("n", 2, "one") == no(refusal::kind_mismatch));
    CHECK(d.txn({lock::version_is("n", 2)}, {{"x", "two"}}, {"n"}) == committed(3));
    CHECK(d.count("n") == counted(0, 0));
    CHECK(d.set("n", 0, "one") == committed(4));
}

TEST_CASE("a transaction with a name that cannot be, or that it writes twice, is refused whole") {
    values d;
    CHECK(d.txn({}, {{"x", "1"}, {"", "2"}}) == no(refusal::name_empty));
    CHECK(d.txn({}, {{"x", "1"}}, {std::string(513, 'n')}) == no(refusal::name_too_long));
    CHECK(d.txn({lock::version_is("", 0)}, {}) == no(refusal::name_empty));
    CHECK(d.txn({}, {{"x", "1"}, {"x", "2"}}) == no(refusal::name_repeated));
    CHECK(d.txn({}, {{"x", "1"}}, {"x"}) == no(refusal::name_repeated));
    CHECK(d.txn({}, {}, {"x", "x"}) == no(refusal::name_repeated));
    CHECK(d.read("x") == value(0, ""));
    CHECK(d.read("") == no(refusal::name_empty));
    CHECK(d.count("") == no(refusal::name_empty));
    CHECK(d.add(std::string(513, 'n'), 1) == no(refusal::name_too_long));
}

TEST_CASE(
    "locks 3.12/78: at every limit of values the answer is definite, and deleting still works") {
    auto config = short_leases();
    config.values = {
        .max_values = 2, .max_value_bytes = 4, .max_operations = 3, .max_total_bytes = 14};
    driver<> d(config);
    const auto a = d.open(1);
    const auto txn = [&](const written_values& written, const names& deleted) {
        return d.run(lock::guarded_txn{d.stamp(a), {}, written, deleted});
    };
    CHECK(txn({{"x", "12345"}}, {}) == no(refusal::limit));
    CHECK(txn({{"x", "1"}, {"y", "1"}, {"z", "1"}}, {}) == no(refusal::limit));
    CHECK(txn({{"x", "1"}, {"y", "1"}}, {"a", "b"}) == no(refusal::limit));
    CHECK(txn({{"x", "1234"}, {"y", "1"}}, {}) == committed(1));
    CHECK(d.run(lock::add_to_counter{d.stamp(a), "n", 1}) == no(refusal::limit));
    CHECK(txn({{"z", "1"}}, {"y"}) == committed(2));
    CHECK(txn({}, {"z"}) == committed(3));
    CHECK(d.run(lock::add_to_counter{d.stamp(a), "n", 1}) == counted(1, 4));
    CHECK(txn({{"x", "12"}}, {}) == committed(5));
    CHECK(txn({{"x", "1234"}}, {}) == committed(6));
    CHECK(txn({{"y", ""}}, {"x"}) == committed(7));
    CHECK(txn({{"y", "12345"}}, {}) == no(refusal::limit));
}

TEST_CASE("values outlive the sessions that wrote them, and a snapshot keeps them") {
    values d;
    d.set("x", 0, std::string("\0", 1));
    d.add("n", -5);
    d.close(d.a);
    auto copy = std::move(*lock::table::make());
    REQUIRE(restore(copy, snapshot_of(d.table)));
    CHECK(copy == d.table);
    const lock::read_value asked{d.stamp(d.b), "x"};
    CHECK(execute(copy, {{slot(500), 0}, d.now}, asked) == value(1, std::string("\0", 1)));
    const lock::add_to_counter added{d.stamp(d.b), "n", 1};
    CHECK(execute(copy, {{slot(501), 0}, d.now}, added) == counted(-4, 3));
    const lock::value_state kept = copy.describe().values;
    CHECK(kept.revision == 3);
    REQUIRE(kept.values.size() == 2);
    CHECK(kept.values[0].name == "n");
}

TEST_CASE("a name that is too long by now is still given up") {
    values d;
    CHECK(d.txn({}, {{"abcdefgh", "v"}}) == committed(1));
    lock::set_limits tighter{d.stamp(d.a), short_leases()};
    tighter.limits.max_name_bytes = 4;
    CHECK(d.run(tighter) == reply(lock::administered{}));
    CHECK(d.txn({}, {{"abcdefgh", "w"}}) == no(refusal::name_too_long));
    CHECK(d.txn({}, {}, {"abcdefgh"}) == committed(2));
    CHECK(d.txn({}, {}, {""}) == no(refusal::name_empty));
    CHECK(d.txn({}, {}, {std::string(513, 'n')}) == no(refusal::name_too_long));
}

TEST_CASE("a transaction of one operation at the most is no configuration: a register needs two") {
    lock::config config;
    config.values.max_operations = 1;
    CHECK(lock::table::make(config).error() == errc::limit_out_of_range);
}

TEST_CASE("a list of values that is no state of a table breaks an invariant") {
    using lock::invariant::values_are_right;
    const lock::value_state good{
        7, {{"n", lock::value_kind::counter, 7, "", -2}, {"x", {}, 3, "one"}}};
    const auto with = [&good](auto&& change) {
        lock::value_state made = good;
        change(made);
        return values_are_right(made);
    };
    CHECK(values_are_right(good));
    CHECK(!with([](auto& is) { is.revision = 6; }));
    CHECK(!with([](auto& is) { is.values[0].version = 0; }));
    CHECK(!with([](auto& is) { is.values[0].value = "both"; }));
    CHECK(!with([](auto& is) { is.values[1].number = 1; }));
    CHECK(!with([](auto& is) { is.values[1].name = "n"; }));
    CHECK(!with([](auto& is) { is.values[0].name = ""; }));
    using lock::invariant::values_move_forward;
    lock::value_state later = good;
    later.values[1].value = "two";
    CHECK(!values_move_forward(good, later));
    later.values[1].version = later.revision = 8;
    CHECK(values_move_forward(good, later));
    CHECK(!values_move_forward(later, good));
}

TEST_CASE("locks 3.4: a token of permits is good in a transaction as it is for check_token") {
    trio d;
    const auto held = d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 1, 2});
    REQUIRE(holds_alternative<lock::granted>(held));
    const fencing_token token = get<lock::granted>(held).token;
    CHECK(d.run(lock::check_token{d.stamp(d.a), "s", token}) ==
          reply(lock::token_checked{lock::validity::valid}));
    const auto said =
        d.run(lock::guarded_txn{d.stamp(d.a), {lock::token_valid("s", token)}, {{"x", "1"}}, {}});
    CHECK(holds_alternative<lock::committed>(said));
}

namespace {

struct versions_stand_still : lock::rules {
    static std::uint64_t next_revision(std::uint64_t last) { return last == 0 ? 1 : last; }
};
struct any_version_will_do : lock::rules {
    static bool is_same_version(std::uint64_t, std::uint64_t) { return true; }
};
struct any_held_token_will_do : lock::rules {
    static bool is_good(bool, bool) { return true; }
};
struct counters_wrap : lock::rules {
    static bool can_add(std::int64_t number, std::int64_t) { return number < 10; }
};

template <class Rules>
reply set_twice(watched<Rules>& w) {
    w.run(lock::compare_and_set{w.stamp(w.a), "x", 0, "one"});
    return w.run(lock::compare_and_set{w.stamp(w.a), "x", 0, "two"});
}

template <class Rules>
reply write_under_a_reader(watched<Rules>& w) {
    const reply held = w.run(lock::acquire{w.stamp(w.a), 0, "l", mode::shared, lock::no_wait, 0});
    return w.run(lock::guarded_txn{
        w.stamp(w.a), {lock::token_valid("l", token_of(held))}, {{"x", "1"}}, {}});
}

}  // namespace

TEST_CASE("locks 3.10: a version that is given again is found") {
    watched<versions_stand_still> w;
    set_twice(w);
    CHECK(w.broken.empty());
    w.run(lock::compare_and_set{w.stamp(w.a), "x", 1, "two"});
    CHECK(w.broken == "only_moves_forward");
}

TEST_CASE("locks 3.4: a write over what somebody else wrote is found") {
    watched<lock::rules> right;
    CHECK(set_twice(right) == failed(0, 1));
    watched<any_version_will_do> wrong;
    CHECK(set_twice(wrong) != failed(0, 1));
}

TEST_CASE("locks 3.4: a token that is shown for more than it stands for is found") {
    watched<lock::rules> right;
    CHECK(write_under_a_reader(right) == failed(0, 0));
    watched<any_held_token_will_do> wrong;
    CHECK(write_under_a_reader(wrong) != failed(0, 0));
}

TEST_CASE("locks 3.10: a counter that does not know its end is found") {
    watched<counters_wrap> w;
    w.run(lock::add_to_counter{w.stamp(w.a), "n", 10});
    CHECK(w.run(lock::add_to_counter{w.stamp(w.a), "n", 1}) == no(refusal::counter_overflow));
    watched<lock::rules> right;
    right.run(lock::add_to_counter{right.stamp(right.a), "n", 10});
    CHECK(right.run(lock::add_to_counter{right.stamp(right.a), "n", 1}) == counted(11, 2));
}
