// tests/unit/lock/listing.cpp - which locks there are, who holds them, and who waits: page by page,
// for who may see it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/table.hpp>

#include "driver.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::lock_test;
using lock::mode;
using lock::refusal;
using lock::reply;

namespace {

using name_list = std::vector<std::string>;

struct looker : trio {
    lock::listed list(const std::string& prefix, const std::string& after = {},
                      std::uint32_t limit = 0, std::uint8_t with = lock::list_names) {
        return get<lock::listed>(run(lock::list_locks{stamp(c), prefix, after, limit, with}));
    }
    static name_list names_of(const lock::listed& page) {
        name_list all;
        for (const lock::listed_lock& one : page.locks) all.push_back(one.name);
        return all;
    }
    /// All that there is, gathered from pages of so many.
    name_list names_in_pages(const std::string& prefix, std::uint32_t limit) {
        name_list all;
        lock::listed page;
        do {
            page = list(prefix, all.empty() ? "" : all.back(), limit);
            REQUIRE(!page.locks.empty());
            for (const std::string& name : names_of(page)) all.push_back(name);
        } while (page.end == lock::page_end::more);
        return all;
    }
};

}  // namespace

TEST_CASE("locks are listed in order of name, by prefix, page by page") {
    looker d;
    for (const char* const name : {"b/2", "a", "b/1", "c", "b", "b/3"}) d.hold(d.a, name);
    CHECK(looker::names_of(d.list("")) == name_list{"a", "b", "b/1", "b/2", "b/3", "c"});
    CHECK(looker::names_of(d.list("b/")) == name_list{"b/1", "b/2", "b/3"});
    CHECK(looker::names_of(d.list("b/", "b/1")) == name_list{"b/2", "b/3"});
    CHECK(looker::names_of(d.list("", "b/1x")) == name_list{"b/2", "b/3", "c"});
    CHECK(d.list("d").locks.empty());
    const auto page = d.list("b", "", 2);
    CHECK(looker::names_of(page) == name_list{"b", "b/1"});
    CHECK(page.end == lock::page_end::more);
    CHECK(d.list("b", "b/1", 2).end == lock::page_end::last);
    for (const std::uint32_t limit : {1U, 2U, 3U, 4U, 6U, 7U})
        CHECK(d.names_in_pages("", limit) == name_list{"a", "b", "b/1", "b/2", "b/3", "c"});
}

TEST_CASE("a listed lock tells how many hold it and wait for it, and who, if that was asked for") {
    looker d;
    const auto reader = d.hold_in(mode::shared, d.a, "x", 5);
    d.acquire_in(mode::shared, d.a, "x", lock::no_wait, lock::reentrant, 5);
    const auto writer = d.wait(d.b, "x");
    const auto bare = d.list("").locks;
    REQUIRE(bare.size() == 1);
    CHECK(bare[0] == lock::listed_lock{"x", 0, 1, 1, 0, {}, {}});
    const auto all = d.list("", "", 0, lock::list_holders | lock::list_waiters).locks;
    REQUIRE(all.size() == 1);
    CHECK(all[0].holders == std::vector<lock::listed_holder>{{d.a, 5, reader, mode::shared, 2, 0}});
    CHECK(all[0].waiters == std::vector<lock::listed_waiter>{{d.b, 0, writer, mode::exclusive, 0}});
    CHECK(d.list("", "", 0, lock::list_waiters).locks[0].holders.empty());
}

TEST_CASE("semaphores are listed with their permits, and closed locks with their delays") {
    looker d;
    d.run(lock::acquire_permits{d.stamp(d.a), 0, "s", 2, 3});
    const auto lost = get<lock::opened>(d.run(lock::open_session{{0, 7}, 1, 10, 50})).session;
    d.hold(lost, "x");
    d.pass(10);
    const auto all = d.list("", "", 0, lock::list_holders).locks;
    REQUIRE(all.size() == 2);
    CHECK(all[0].capacity == 3);
    REQUIRE(all[0].holders.size() == 1);
    CHECK(all[0].holders[0].permits == 2);
    CHECK(all[1] == lock::listed_lock{"x", 0, 0, 0, 1, {}, {}});
}

TEST_CASE("of many who hold and wait the first are told, in the order in which they come") {
    looker d;
    std::vector<fencing_token> tokens;
    for (std::uint64_t tag = 1; tag <= 20; ++tag)
        tokens.push_back(d.hold_in(mode::shared, d.a, "x", tag));
    std::vector<std::uint64_t> waits;
    for (std::uint64_t tag = 21; tag <= 40; ++tag)
        waits.push_back(d.wait(d.b, "x", lock::wait_forever, tag));
    const auto all = d.list("", "", 0, lock::list_holders | lock::list_waiters).locks;
    REQUIRE(all.size() == 1);
    CHECK(all[0].held == 20);
    CHECK(all[0].waiting == 20);
    REQUIRE(all[0].holders.size() == lock::told_of_each_lock);
    REQUIRE(all[0].waiters.size() == lock::told_of_each_lock);
    for (std::size_t i = 0; i < lock::told_of_each_lock; ++i) {
        CHECK(all[0].holders[i].token == tokens[i]);
        CHECK(all[0].waiters[i].request == waits[i]);
    }
}

TEST_CASE("a page is only so long, whatever was asked for, and the pages miss nothing") {
    looker d;
    name_list all;
    for (int i = 100; i < 190; ++i) {
        all.push_back(std::to_string(i) + std::string(400, 'n'));
        d.hold(d.a, all.back());
    }
    const auto page = d.list("", "", 1'000);
    CHECK(page.end == lock::page_end::more);
    bytes encoded;
    byte_writer out(encoded);
    lock::encode(reply(page), out);
    CHECK(encoded.size() >= lock::list_page_bytes);
    CHECK(encoded.size() < lock::list_page_bytes + 500);
    CHECK(d.names_in_pages("", 0) == all);
}

TEST_CASE("a look that makes no sense is refused") {
    looker d;
    const auto ask = [&](const std::string& prefix, const std::string& after, std::uint8_t with) {
        return d.run(lock::list_locks{d.stamp(d.c), prefix, after, 0, with});
    };
    CHECK(ask("", "", 4) == no(refusal::malformed));
    CHECK(ask(std::string(513, 'n'), "", 0) == no(refusal::name_too_long));
    CHECK(ask("", std::string(513, 'n'), 0) == no(refusal::name_too_long));
}

TEST_CASE("what a principal may not read is not listed, and does not count for the page") {
    looker d;
    for (const char* const name : {"a", "b/1", "b/2", "c"}) d.hold(d.a, name);
    const auto give = [&](const std::string& prefix, std::uint8_t rights) {
        CHECK(d.run(lock::set_acl{d.stamp(d.c), {prefix, "", rights}}) ==
              reply(lock::administered{}));
    };
    give("", lock::all_rights);
    give("b/", lock::may_administer);
    CHECK(looker::names_of(d.list("")) == name_list{"a", "c"});
    CHECK(d.names_in_pages("", 1) == name_list{"a", "c"});
    CHECK(d.run(lock::list_locks{d.stamp(d.c), "b/", ""}) == no(refusal::denied));
}
