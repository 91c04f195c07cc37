// tests/unit/base/ordered.cpp - the ordered map and set against those of the standard library, and
// the tree below them.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/detail/balanced_tree.hpp>
#include <synod/base/fingerprint.hpp>
#include <synod/base/ordered.hpp>
#include <synod/base/prng.hpp>

#include "support/catch.hpp"
#include "unit/base/fragile.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace synod;
using detail::balanced_tree;
using detail::tree_links;

template <class Ours, class Theirs>
bool same(const Ours& ours, const Theirs& theirs) {
    if (ours.size() != theirs.size() || ours.empty() != theirs.empty()) return false;
    auto expected = theirs.begin();
    for (const auto& one : ours) {
        if (!(one == *expected++)) return false;
    }
    return true;
}

std::size_t count_of(const tree_links* at) { return at == nullptr ? 0 : at->count; }

/// Counts, weights and parents of the tree below a node are right.
bool is_sound(const tree_links* at, const tree_links* parent) {
    if (at == nullptr) return true;
    const std::size_t before = count_of(at->child[detail::before]);
    const std::size_t after = count_of(at->child[detail::after]);
    if (at->parent != parent || at->count != before + after + 1) return false;
    if (before + 1 > 3 * (after + 1) || after + 1 > 3 * (before + 1)) return false;
    return is_sound(at->child[detail::before], at) && is_sound(at->child[detail::after], at);
}

struct numbered : tree_links {
    int number = 0;
};

int number_of(tree_links* at) { return static_cast<numbered*>(at)->number; }

void attach(balanced_tree& tree, numbered& fresh) {
    tree_links* parent = nullptr;
    detail::tree_side side = detail::before;
    for (tree_links* at = tree.root(); at != nullptr; at = at->child[side]) {
        parent = at;
        side = fresh.number < number_of(at) ? detail::before : detail::after;
    }
    tree.attach(&fresh, parent, side);
}

/// The tree has the numbers of these, in order, and is in balance.
void check(const balanced_tree& tree, const std::set<int>& expected) {
    REQUIRE(is_sound(tree.root(), nullptr));
    REQUIRE(tree.size() == expected.size());
    tree_links* at = tree.first();
    for (const int number : expected) {
        if (at == nullptr || number_of(at) != number) FAIL("not in order");
        at = balanced_tree::next(at);
    }
    REQUIRE(at == nullptr);
    if (!expected.empty()) REQUIRE(number_of(tree.last()) == *expected.rbegin());
}

/// Attaches and detaches all nodes, in these two orders.
void fill_and_drain(const std::vector<int>& arrivals, const std::vector<int>& departures) {
    std::vector<numbered> nodes(arrivals.size());
    balanced_tree tree;
    std::set<int> expected;
    for (const int one : arrivals) {
        nodes[static_cast<std::size_t>(one)].number = one;
        attach(tree, nodes[static_cast<std::size_t>(one)]);
        expected.insert(one);
        check(tree, expected);
    }
    for (const int one : departures) {
        tree.detach(&nodes[static_cast<std::size_t>(one)]);
        expected.erase(one);
        check(tree, expected);
    }
}

std::vector<int> shuffled(std::vector<int> numbers, prng& random) {
    for (std::size_t i = numbers.size(); i > 1; --i) {
        std::swap(numbers[i - 1], numbers[random.below(i)]);
    }
    return numbers;
}

}  // namespace

TEST_CASE("a tree stays in balance in whatever order nodes come and go") {
    std::vector<int> rising;
    for (int i = 0; i < 200; ++i) rising.push_back(i);
    const std::vector<int> falling(rising.rbegin(), rising.rend());
    prng random(1);
    fill_and_drain(rising, rising);
    fill_and_drain(rising, falling);
    fill_and_drain(falling, rising);
    for (int i = 0; i < 20; ++i) {
        fill_and_drain(shuffled(rising, random), shuffled(rising, random));
        fill_and_drain(rising, shuffled(rising, random));
    }
}

TEST_CASE("an ordered map does what std::map does") {
    prng random(1);
    ordered_map<std::string, std::string> ours;
    std::map<std::string, std::string> theirs;
    for (int i = 0; i < 20'000; ++i) {
        const std::string key =
            "a key that does not fit in place " + std::to_string(random.below(200));
        const std::string value = std::to_string(i);
        switch (random.below(6)) {
            case 0:
                REQUIRE(ours.emplace(key, value).second == theirs.emplace(key, value).second);
                break;
            case 1: ours.insert_or_assign(key, value), theirs.insert_or_assign(key, value); break;
            case 2: ours[key] += value, theirs[key] += value; break;
            case 3: REQUIRE(ours.erase(key) == theirs.erase(key)); break;
            case 4:
                if (const auto found = ours.find(key); found != ours.end()) ours.erase(found);
                theirs.erase(key);
                break;
            default:
                REQUIRE(ours.contains(key) == theirs.contains(key));
                if (theirs.contains(key)) REQUIRE(ours.at(key) == theirs.at(key));
        }
        REQUIRE(ours.size() == theirs.size());
        if (i % 100 == 0) REQUIRE(same(ours, theirs));
        if (!theirs.empty()) REQUIRE(ours.back() == *theirs.rbegin());
    }
    const std::string last = ours.back().first;
    const auto is_useless = [&last](const auto& one) {
        return one.first == last || one.second.size() % 2 == 1;
    };
    CHECK(erase_if(ours, is_useless) == std::erase_if(theirs, is_useless));
    CHECK(same(ours, theirs));
    ours.clear();
    CHECK(ours.empty());
    CHECK(ours.begin() == ours.end());
}

TEST_CASE("an ordered set does what std::set does") {
    prng random(2);
    ordered_set<std::pair<int, int>> ours;
    std::set<std::pair<int, int>> theirs;
    for (int i = 0; i < 20'000; ++i) {
        const std::pair key(static_cast<int>(random.below(20)), static_cast<int>(random.below(20)));
        if (random.below(2) == 0) {
            REQUIRE(ours.insert(key) == theirs.insert(key).second);
        } else {
            REQUIRE(ours.erase(key) == theirs.erase(key));
        }
        const auto found = std::as_const(ours).lower_bound(key);
        const auto expected = theirs.lower_bound(key);
        REQUIRE((found == ours.end()) == (expected == theirs.end()));
        if (expected != theirs.end()) REQUIRE(*found == *expected);
        if (i % 100 == 0) REQUIRE(same(ours, theirs));
    }
}

TEST_CASE("copies of an ordered map are equal and independent, and hash alike") {
    ordered_set<int> one;
    ordered_set<int> in_another_order;
    for (int i = 0; i < 100; ++i) one.insert(i);
    for (int i = 99; i >= 0; --i) in_another_order.insert(i);
    CHECK(one == in_another_order);
    CHECK(fingerprint_of(one) == fingerprint_of(in_another_order));

    ordered_set<int> copy = one;
    CHECK(copy == one);
    copy.erase(50);
    CHECK_FALSE(copy == one);
    CHECK(one.contains(50));
    copy.insert(100);
    CHECK_FALSE(copy == one);
    CHECK(fingerprint_of(copy) != fingerprint_of(one));

    const ordered_set<int> moved = std::move(copy);
    CHECK(moved.size() == 100);
    copy = one;
    CHECK(copy == one);
    copy.erase(99);
    CHECK_FALSE(copy == one);
    CHECK_FALSE(one == copy);
}

TEST_CASE("an element stays where it is while others come and go") {
    ordered_map<int, std::string> all;
    const std::string* const place = &all[500];
    for (int i = 0; i < 1'000; ++i) all[i] = std::to_string(i);
    for (int i = 0; i < 1'000; ++i) {
        if (i != 500) all.erase(i);
    }
    CHECK(&all.at(500) == place);
    CHECK(*place == "500");
}

TEST_CASE("what is erased leaves its memory to what comes next, and nothing else") {
    ordered_map<int, std::shared_ptr<int>> all;
    const auto owned = std::make_shared<int>(1);
    std::set<const void*> places;
    for (int i = 0; i < 10; ++i) {
        all[i] = owned;
        places.insert(&all[i]);
    }
    for (int i = 0; i < 10; ++i) all.erase(i);
    CHECK(owned.use_count() == 1);
    for (int i = 0; i < 10; ++i) CHECK(places.contains(&all[i]));
    all[0] = owned;
    all.clear();
    CHECK(owned.use_count() == 1);
    CHECK(places.contains(&all[0]));
}

TEST_CASE("a copy that fails half way leaves nothing behind") {
    ordered_map<int, fragile> all;
    for (int i = 0; i < 3; ++i) REQUIRE(all.emplace(i).second);
    fragile::copies_left = 2;
    using map = ordered_map<int, fragile>;
    CHECK_THROWS_AS(map(all), std::runtime_error);
    CHECK(fragile::alive == 3);
    fragile::copies_left = 0;
    const fragile more;
    CHECK_THROWS_AS(all.emplace(3, more), std::runtime_error);
    CHECK(all.size() == 3);
    CHECK(fragile::alive == 4);
}
