// tests/unit/testing/models.cpp - what registers, keys with texts, and mutexes do, one operation at
// a time.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/testing/linearizability_model.hpp>
#include <synod/testing/models.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <optional>
#include <string>

using namespace synod;
using testing::cas_register_model;
using testing::kv_append_model;
using testing::mutex_model;
using testing::process_id;

namespace {

constexpr process_id ada(1);
constexpr process_id bob(2);

/// The state after one step, or nothing when the step is none.
template <testing::linearizability_model Model>
std::optional<typename Model::state> after(typename Model::state state, process_id process,
                                           typename Model::input input,
                                           std::optional<typename Model::output> output) {
    const Model model;
    if (!model.step(state, {process, input, output})) return std::nullopt;
    return state;
}

using cas_function = cas_register_model::function;

cas_register_model::state holds(std::int64_t value) { return {value}; }

mutex_model::state held_by(process_id process) { return {process}; }

}  // namespace

TEST_CASE("a register answers a read with what it holds") {
    const auto read = [](cas_register_model::state state, std::optional<std::int64_t> seen) {
        return after<cas_register_model>(state, ada, {}, {{seen}}).has_value();
    };
    CHECK(read({}, std::nullopt));
    CHECK_FALSE(read({}, 0));
    CHECK(read(holds(0), 0));
    CHECK_FALSE(read(holds(0), std::nullopt));
    CHECK_FALSE(read(holds(0), 1));
    CHECK(after<cas_register_model>(holds(3), ada, {}, std::nullopt) == holds(3));
}

TEST_CASE("a compare-and-set swaps the expected value alone, and says which it was") {
    using output = cas_register_model::output;
    const cas_register_model::input asked{cas_function::compare_and_set, 1, 2};
    const output yes{{}, true};
    const output no{{}, false};
    CHECK(after<cas_register_model>(holds(1), ada, asked, yes) == holds(2));
    CHECK_FALSE(after<cas_register_model>(holds(1), ada, asked, no));
    CHECK(after<cas_register_model>(holds(3), ada, asked, no) == holds(3));
    CHECK_FALSE(after<cas_register_model>(holds(3), ada, asked, yes));
    CHECK_FALSE(after<cas_register_model>({}, ada, {cas_function::compare_and_set, 0, 2}, yes));
    CHECK(after<cas_register_model>(holds(1), ada, asked, std::nullopt) == holds(2));
    CHECK(after<cas_register_model>(holds(3), ada, asked, std::nullopt) == holds(3));
    CHECK(after<cas_register_model>({}, ada, {cas_function::write, 0, 5}, yes) == holds(5));
}

TEST_CASE("an absent value and a zero have different fingerprints") {
    CHECK(fingerprint_of(cas_register_model::state{}) != fingerprint_of(holds(0)));
    CHECK(fingerprint_of(mutex_model::state{}) != fingerprint_of(held_by(process_id(0))));
}

TEST_CASE("a put replaces a text and an append adds to it") {
    using function = kv_append_model::function;
    CHECK(after<kv_append_model>("a", ada, {function::put, "k", "b"}, "") == "b");
    CHECK(after<kv_append_model>("a", ada, {function::append, "k", "b"}, "") == "ab");
    CHECK(after<kv_append_model>("a", ada, {function::get, "k", ""}, "a") == "a");
    CHECK_FALSE(after<kv_append_model>("a", ada, {function::get, "k", ""}, ""));
    CHECK(kv_append_model().key({function::get, "k", "text"}) == "k");
}

TEST_CASE("a mutex has one holder, who alone can release it") {
    using function = mutex_model::function;
    const auto acquire = [](mutex_model::state state, process_id process, bool succeeded) {
        return after<mutex_model>(state, process, {function::acquire, {}}, {{succeeded}});
    };
    const auto release = [](mutex_model::state state, process_id process, bool succeeded) {
        return after<mutex_model>(state, process, {function::release, {}}, {{succeeded}});
    };
    CHECK(acquire({}, ada, true) == held_by(ada));
    CHECK_FALSE(acquire({}, ada, false));
    CHECK_FALSE(acquire(held_by(bob), ada, true));
    CHECK_FALSE(acquire(held_by(ada), ada, true));
    CHECK(acquire(held_by(bob), ada, false) == held_by(bob));
    CHECK(release(held_by(ada), ada, true) == mutex_model::state{});
    CHECK_FALSE(release(held_by(ada), ada, false));
    CHECK_FALSE(release(held_by(ada), bob, true));
    CHECK(release(held_by(ada), bob, false) == held_by(ada));
    CHECK_FALSE(release({}, ada, true));
    CHECK(mutex_model().key({function::release, "m"}) == "m");
}
