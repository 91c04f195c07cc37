// tests/unit/lock/hash_index.cpp - the index against std::map, with hashes that collide on purpose;
// and the lists in a slab.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/prng.hpp>
#include <synod/lock/detail/hash_index.hpp>
#include <synod/lock/detail/slab.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace synod;
namespace inner = synod::lock::detail;

TEST_CASE("the index finds what is in it and nothing else, however bad the hash") {
    for (const std::uint64_t spread_over : {1U, 3U, 16U, 1'000'000U}) {
        const auto hash_of_key = [&](std::uint64_t key) {
            return inner::spread(key % spread_over) | (spread_over == 3 ? 15U : 0U);
        };
        std::vector<std::uint64_t> keys(400);
        inner::hash_index index;
        std::map<std::uint64_t, inner::handle> naive;
        prng random(spread_over);
        for (int i = 0; i < 20'000; ++i) {
            const auto at = static_cast<inner::handle>(random.below(keys.size()));
            const std::uint64_t key = std::uint64_t{at} * 7 + 1;
            const auto found =
                index.find(hash_of_key(key), [&](inner::handle one) { return keys[one] == key; });
            REQUIRE((found != inner::none) == naive.contains(key));
            if (found == inner::none) {
                keys[at] = key;
                index.insert(at, hash_of_key(key));
                naive[key] = at;
            } else {
                REQUIRE(found == naive[key]);
                index.erase(found, hash_of_key(key));
                naive.erase(key);
            }
        }
    }
}

TEST_CASE("the hash of bytes depends on every byte and on the length") {
    std::map<std::uint64_t, int> seen;
    for (std::size_t size = 0; size <= 40; ++size) {
        bytes text(size, std::byte{'a'});
        ++seen[inner::hash_of(text)];
        for (std::size_t at = 0; at < size; ++at) {
            text[at] = std::byte{'b'};
            ++seen[inner::hash_of(text)];
            text[at] = std::byte{'a'};
        }
    }
    CHECK(seen.size() == 41 + 40 * 41 / 2);
}

TEST_CASE("a slab hands out again what it was given back, and lists keep their order") {
    struct node {
        int value = 0;
        inner::handle previous = inner::none, next = inner::none;
    };
    using links = inner::links<node, &node::previous, &node::next>;
    inner::slab<node> all;
    inner::chain list;
    std::vector<inner::handle> taken;
    for (int i = 0; i < 200; ++i) {
        taken.push_back(all.take());
        all[taken.back()].value = i;
        links::append(all, list, taken.back());
    }
    for (const int i : {0, 199, 100, 101}) {
        links::remove(all, list, taken[static_cast<std::size_t>(i)]);
        all.give_back(taken[static_cast<std::size_t>(i)]);
    }
    CHECK(all.size() == 196);
    std::vector<int> left;
    for (auto at = list.first; at != inner::none; at = all[at].next) left.push_back(all[at].value);
    CHECK(left.size() == 196);
    CHECK(left.front() == 1);
    CHECK(left.back() == 198);
    CHECK(left[98] == 99);
    CHECK(left[99] == 102);
    CHECK(all.take() == taken[101]);
}

TEST_CASE("a list keeps the order of std::list, forwards and backwards, wherever it changes") {
    struct node {
        inner::handle previous = inner::none, next = inner::none;
    };
    using links = inner::links<node, &node::previous, &node::next>;
    inner::slab<node> all;
    inner::chain list;
    std::list<inner::handle> naive;
    prng random(1);
    for (int i = 0; i < 20'000; ++i) {
        const auto at =
            std::next(naive.begin(), static_cast<std::ptrdiff_t>(random.below(naive.size() + 1)));
        if (naive.size() < 8 && random.below(2) == 0) {
            const inner::handle fresh = all.take();
            const inner::handle before = at == naive.begin() ? inner::none : *std::prev(at);
            links::insert_behind(all, list, before, fresh);
            naive.insert(at, fresh);
        } else if (at != naive.end()) {
            links::remove(all, list, *at);
            all.give_back(*at);
            naive.erase(at);
        }
        std::list<inner::handle> forwards, backwards;
        for (auto one = list.first; one != inner::none; one = all[one].next)
            forwards.push_back(one);
        for (auto one = links::last(all, list); one != inner::none;
             one = links::before(all, list, one)) {
            backwards.push_front(one);
        }
        REQUIRE(forwards == naive);
        REQUIRE(backwards == naive);
    }
}

TEST_CASE("names that differ in three places at once have hashes of their own") {
    std::set<std::uint64_t> seen;
    std::string name = "lock 0123456789a";
    for (int first = 0; first < 256; first += 4) {
        for (int second = 0; second < 256; second += 4) {
            for (int third = 0; third < 256; third += 4) {
                name[7] = static_cast<char>(first);
                name[11] = static_cast<char>(second);
                name[15] = static_cast<char>(third);
                seen.insert(inner::hash_of(as_bytes(name)));
            }
        }
    }
    CHECK(seen.size() == 64 * 64 * 64);
}
