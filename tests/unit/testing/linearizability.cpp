// tests/unit/testing/linearizability.cpp - verdicts by hand, and against trying every order.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/linearizability.hpp>
#include <synod/testing/models.hpp>

#include "naive.hpp"
#include "support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::testing_test;
using testing::cas_register_model;
using testing::check_linearizability;
using testing::history_of;
using testing::kv_append_model;
using testing::linearizability;
using testing::mutex_model;
using testing::process_id;
using testing::verdict;

namespace {

constexpr process_id ada(1);
constexpr process_id bob(2);
constexpr process_id eve(3);

using register_function = cas_register_model::function;

cas_register_model::input read() { return {register_function::read}; }
cas_register_model::input write(std::int64_t value) { return {register_function::write, 0, value}; }
cas_register_model::input swap(std::int64_t expected, std::int64_t desired) {
    return {register_function::compare_and_set, expected, desired};
}
cas_register_model::output saw(std::int64_t value) { return {value}; }

linearizability judge(const history_of<cas_register_model>& recorded) {
    return check_linearizability(cas_register_model(), recorded);
}

/// Ada writes 1 while Bob reads it, and Eve, who calls after Bob has returned, reads `last`.
history_of<cas_register_model> read_twice(cas_register_model::output last) {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.invoke(bob, read());
    made.complete(bob, saw(1));
    made.invoke(eve, read());
    made.complete(eve, last);
    made.complete(ada, {});
    return made;
}

// A model of a user's own: a queue. A dequeue of an empty queue answers nothing.
struct queue_model {
    struct input {
        std::optional<int> enqueued;  // nothing: a dequeue
    };
    using output = std::optional<int>;
    using state = std::vector<int>;

    [[nodiscard]] state initial() const { return {}; }
    [[nodiscard]] bool step(state& now, const testing::operation<input, output>& next) const {
        output answer;
        if (next.input.enqueued) {
            now.push_back(*next.input.enqueued);
        } else if (!now.empty()) {
            answer = now.front();
            now.erase(now.begin());
        }
        return !next.output || *next.output == answer;
    }
};

// Another: a source of fencing tokens, which rise and may leave numbers out.
struct token_model {
    struct input {};
    using output = std::uint64_t;
    using state = std::uint64_t;

    [[nodiscard]] state initial() const { return 0; }
    [[nodiscard]] bool step(state& now, const testing::operation<input, output>& next) const {
        if (!next.output) return true;
        const bool rises = *next.output > now;
        now = *next.output;
        return rises;
    }
};

struct register_world {
    using model = cas_register_model;
    using states = model::state;

    static model::input input(prng& random) {
        const auto some = [&random] { return static_cast<std::int64_t>(random.below(2)); };
        return {static_cast<register_function>(random.below(3)), some(), some()};
    }
    static model::output output(prng& random) {
        model::output made{std::nullopt, random.below(2) == 0};
        if (random.below(3) != 0) made.seen = static_cast<std::int64_t>(random.below(2));
        return made;
    }
    static model::output execute(states& all, process_id /*caller*/, const model::input& asked) {
        if (asked.function == register_function::read) return {all.content};
        const bool swaps = asked.function == register_function::compare_and_set;
        if (swaps && all.content != asked.expected) return {std::nullopt, false};
        all.content = asked.desired;
        return {};
    }
};

struct append_world {
    using model = kv_append_model;
    using states = std::map<std::string, std::string>;

    static model::input input(prng& random) {
        const std::string text(1, static_cast<char>('x' + random.below(2)));
        const std::string key(1, static_cast<char>('a' + random.below(2)));
        return {static_cast<model::function>(random.below(3)), key, text};
    }
    static model::output output(prng& random) {
        return std::array<std::string, 4>{"", "x", "y", "xy"}.at(random.below(4));
    }
    static model::output execute(states& all, process_id /*caller*/, const model::input& asked) {
        std::string& text = all[asked.key];
        if (asked.function == model::function::get) return text;
        if (asked.function == model::function::put) text.clear();
        text += asked.text;
        return {};
    }
};

struct mutex_world {
    using model = mutex_model;
    using states = std::map<std::string, std::optional<process_id>>;

    static model::input input(prng& random) {
        const std::string name(1, static_cast<char>('a' + random.below(2)));
        return {static_cast<model::function>(random.below(2)), name};
    }
    static model::output output(prng& random) { return {random.below(2) == 0}; }
    static model::output execute(states& all, process_id caller, const model::input& asked) {
        std::optional<process_id>& holder = all[asked.mutex];
        if (asked.function == model::function::acquire) {
            if (holder) return {false};
            holder = caller;
            return {true};
        }
        if (holder != caller) return {false};
        holder.reset();
        return {true};
    }
};

struct queue_world {
    using model = queue_model;
    using states = std::deque<int>;

    static model::input input(prng& random) {
        if (random.below(2) == 0) return {};
        return {static_cast<int>(random.below(2))};
    }
    static model::output output(prng& random) { return input(random).enqueued; }
    static model::output execute(states& all, process_id /*caller*/, const model::input& asked) {
        if (asked.enqueued) {
            all.push_back(*asked.enqueued);
            return {};
        }
        if (all.empty()) return {};
        const int front = all.front();
        all.pop_front();
        return front;
    }
};

}  // namespace

TEST_CASE("nothing at all is linearizable") {
    const linearizability found = judge({});
    CHECK(found.verdict == verdict::linearizable);
    CHECK(found.failing_prefix == 0);
    CHECK(found.failing_events.empty());
}

TEST_CASE("a value that a read saw is there for later reads") {
    CHECK(judge(read_twice(saw(1))).verdict == verdict::linearizable);
    const linearizability found = judge(read_twice({}));
    CHECK(found.verdict == verdict::not_linearizable);
    CHECK(found.failing_prefix == 5);
    CHECK(found.is_shortest);
    CHECK(found.failing_events == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("operations that overlap can take effect in either order") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.invoke(bob, write(2));
    made.complete(bob, {});
    made.complete(ada, {});
    made.invoke(eve, read());
    SECTION("Ada last") { made.complete(eve, saw(1)); }
    SECTION("Bob last") { made.complete(eve, saw(2)); }
    CHECK(judge(made).verdict == verdict::linearizable);
}

TEST_CASE("operations that follow one another take effect in that order") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.complete(ada, {});
    made.invoke(bob, write(2));
    made.complete(bob, {});
    made.invoke(eve, read());
    made.complete(eve, saw(1));
    CHECK(judge(made).failing_prefix == 6);
}

TEST_CASE("an abandoned operation takes effect late, or never") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.abandon(ada);
    made.invoke(bob, read());
    made.complete(bob, {});
    CHECK(judge(made).verdict == verdict::linearizable);
    made.invoke(bob, read());
    made.complete(bob, saw(1));
    CHECK(judge(made).verdict == verdict::linearizable);
    made.invoke(ada, read());
    made.complete(ada, {});
    CHECK(judge(made).failing_prefix == 8);
}

TEST_CASE("an abandoned acquire need not find the mutex free ever again") {
    history_of<mutex_model> made;
    made.invoke(ada, {});
    made.complete(ada, {});
    made.invoke(bob, {});
    made.abandon(bob);
    CHECK(check_linearizability(mutex_model(), made).verdict == verdict::linearizable);
}

TEST_CASE("what failed has no effect, and a history fails when it says so") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.invoke(bob, read());
    made.complete(bob, saw(1));
    made.invoke(eve, write(2));
    made.complete(eve, {});
    CHECK(judge(made).verdict == verdict::linearizable);
    made.fail(ada);
    CHECK(judge(made).failing_prefix == 6);
}

TEST_CASE("what returned unseen has taken effect by then") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.complete_unseen(ada);
    made.invoke(bob, read());
    made.complete(bob, {});
    CHECK(judge(made).failing_prefix == 4);
}

TEST_CASE("a prefix is judged without knowing how its open operations will end") {
    // Only Ada's answer rules out that she swapped and so let Bob see 2.
    history_of<cas_register_model> made;
    made.invoke(eve, write(1));
    made.complete(eve, {});
    made.invoke(ada, swap(1, 2));
    made.invoke(bob, read());
    made.complete(bob, saw(2));
    made.invoke(bob, write(3));
    made.complete(bob, {});
    made.complete(ada, {std::nullopt, false});
    const linearizability found = judge(made);
    CHECK(found.verdict == verdict::not_linearizable);
    CHECK(found.failing_prefix == 8);
}

TEST_CASE("the key that fails first is the one that is reported") {
    history_of<kv_append_model> made;
    const auto get = [&made](process_id process, const std::string& key, const std::string& seen) {
        made.invoke(process, {kv_append_model::function::get, key, {}});
        made.complete(process, seen);
    };
    get(ada, "c", "");
    get(bob, "b", "wrong");
    get(ada, "a", "wrong");
    get(ada, "c", "wrong");
    const linearizability found = check_linearizability(kv_append_model(), made);
    CHECK(found.verdict == verdict::not_linearizable);
    CHECK(found.failing_prefix == 4);
    CHECK(found.failing_events == std::vector<std::size_t>{2, 3});
}

TEST_CASE("a limit makes a verdict undecided, never linearizable") {
    const auto good = read_twice(saw(1));
    const auto cost = judge(good).size;
    CHECK(cost.steps >= 3);
    CHECK(cost.configurations == 3);
    const auto within = [&good](testing::search_limits limits) {
        return check_linearizability(cas_register_model(), good, limits).verdict;
    };
    for (std::uint64_t steps = 0; steps < cost.steps; ++steps) {
        CHECK(within({.steps = steps}) == verdict::undecided);
    }
    CHECK(within({.steps = cost.steps}) == verdict::linearizable);
    CHECK(within({.configurations = 2}) == verdict::undecided);
    CHECK(within({.configurations = 3}) == verdict::linearizable);
}

TEST_CASE("a limit that ends the search for the shortest prefix leaves one that fails") {
    history_of<cas_register_model> made;
    made.invoke(bob, swap(0, 1));  // open until the end, so that the long way round has to be tried
    made.invoke(ada, read());
    made.complete(ada, saw(1));
    made.invoke(ada, write(0));
    made.complete(ada, {});
    made.complete(bob, {});
    const linearizability whole = judge(made);
    REQUIRE(whole.failing_prefix == 3);
    bool cut_short = false;
    for (std::uint64_t steps = 0; steps <= whole.size.steps; ++steps) {
        const linearizability found =
            check_linearizability(cas_register_model(), made, {.steps = steps});
        CHECK(found.verdict != verdict::linearizable);
        CHECK((found.failing_prefix == 3 || !found.is_shortest));
        cut_short = cut_short || (found.failing_prefix > 3 && !found.is_shortest);
    }
    CHECK(cut_short);
}

TEST_CASE("one key that fails decides, whatever a limit leaves open elsewhere") {
    using function = kv_append_model::function;
    history_of<kv_append_model> made;
    for (const std::string text : {"x", "y"}) {
        made.invoke(eve, {function::put, "b", text});
        made.complete(eve, {});
    }
    made.invoke(ada, {function::get, "a", {}});
    made.complete(ada, "wrong");
    const linearizability found = check_linearizability(kv_append_model(), made, {.steps = 2});
    CHECK(found.verdict == verdict::not_linearizable);
    CHECK(found.failing_prefix == 6);
    CHECK_FALSE(found.is_shortest);
}

TEST_CASE("the events that fail are told in their order, without those that come later") {
    history_of<cas_register_model> made;
    made.invoke(ada, write(1));
    made.invoke(bob, write(2));
    made.complete(bob, {});
    made.complete(ada, {});
    made.invoke(eve, read());
    made.invoke(ada, write(3));
    made.complete(eve, saw(4));
    made.complete(ada, {});
    made.invoke(bob, read());
    CHECK(judge(made).failing_events == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6});
}

TEST_CASE(
    "what follows one after another costs a step each, and the shortest prefix costs as much "
    "again") {
    constexpr std::uint64_t operations = 1'000;
    history_of<cas_register_model> made;
    for (std::uint64_t i = 1; i < operations; ++i) {
        made.invoke(ada, write(1));
        made.complete(ada, {});
    }
    CHECK(judge(made).size.steps == operations - 1);
    made.invoke(ada, read());
    made.complete(ada, {});
    made.invoke(ada, write(1));
    made.complete(ada, {});
    const linearizability found = judge(made);
    CHECK(found.failing_prefix == 2 * operations);
    CHECK(found.size.steps == 2 * operations);
}

TEST_CASE("open operations that are not needed cost nothing") {
    history_of<cas_register_model> made;
    for (std::uint64_t i = 10; i < 30; ++i) {
        made.invoke(process_id(i), write(static_cast<std::int64_t>(i)));
        made.abandon(process_id(i));
    }
    for (std::int64_t i = 1; i <= 50; ++i) {
        made.invoke(ada, write(i));
        made.complete(ada, {});
        made.invoke(bob, read());
        made.complete(bob, saw(i));
    }
    const linearizability found = judge(made);
    CHECK(found.verdict == verdict::linearizable);
    CHECK(found.size.steps == 100);
}

TEST_CASE("open operations that change nothing are not tried in every combination") {
    history_of<cas_register_model> made;
    for (std::uint64_t i = 10; i < 30; ++i) {
        made.invoke(process_id(i), read());
        made.abandon(process_id(i));
    }
    made.invoke(ada, read());
    made.complete(ada, saw(1));
    const linearizability found = judge(made);
    CHECK(found.verdict == verdict::not_linearizable);
    CHECK(found.size.configurations == 0);
}

TEST_CASE("fencing tokens rise in the order of their grants") {
    history_of<token_model> made;
    made.invoke(ada, {});
    made.invoke(bob, {});
    made.complete(ada, 7);
    made.complete(bob, 5);
    CHECK(check_linearizability(token_model(), made).verdict == verdict::linearizable);
    made.invoke(eve, {});
    made.complete(eve, 6);
    CHECK(check_linearizability(token_model(), made).failing_prefix == 6);
}

TEST_CASE("a queue hands out what was put in first") {
    history_of<queue_model> made;
    for (const int each : {1, 2}) {
        made.invoke(ada, {each});
        made.complete(ada, {});
    }
    made.invoke(bob, {});
    made.complete(bob, 2);
    CHECK(check_linearizability(queue_model(), made).failing_prefix == 6);
}

TEMPLATE_TEST_CASE("verdict and shortest prefix are those of trying every order", "",
                   register_world, append_world, mutex_world, queue_world) {
    using model = typename TestType::model;
    std::size_t failing = 0;
    std::size_t before_the_end = 0;
    constexpr std::size_t histories = 4'000;
    for (std::uint64_t seed = 0; seed < histories; ++seed) {
        const auto events = random_history<TestType>(seed, {}).make();
        const auto expected = naive_failing_prefix(model(), events);
        const auto found = check_linearizability(model(), record(events, events.size()));
        CAPTURE(seed);
        REQUIRE(found.verdict == (expected ? verdict::not_linearizable : verdict::linearizable));
        REQUIRE(found.failing_prefix == expected.value_or(0));
        REQUIRE(found.is_shortest);
        if (!expected) continue;
        ++failing;
        if (*expected < events.size()) ++before_the_end;
    }
    CHECK(failing > histories / 10);
    CHECK(failing < histories * 9 / 10);
    CHECK(before_the_end > failing / 10);
}
