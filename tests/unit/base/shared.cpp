// tests/unit/base/shared.cpp - a handle does what the thing itself does, and offers no more than
// it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/shared.hpp>
#include <synod/paxos.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"
#include "support/recorder.hpp"

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace synod;
using text = std::string;
using store = memory_storage<records<text>>;
using basket = support::basket<text>;

struct slow_store : store {
    void start_sync(const sync_token& token) noexcept { started.push_back(token); }
    std::vector<sync_token> started;
};

struct only_fetches {
    void send(node_id, const fetch&) noexcept { ++count; }
    int count = 0;
};

static_assert(storage<shared<store>, text> && !async_storage<shared<store>, text>);
static_assert(async_storage<shared<slow_store>, text>);
static_assert(transport<shared<basket>, paxos_message<text>>);
static_assert(transport<shared<only_fetches>, fetch> && !transport<shared<only_fetches>, prepare>);

}  // namespace

TEST_CASE("a shared transport sends through the one it stands for") {
    basket real;
    shared link(real);
    auto copy = link;
    link.send(node_id(1), fetch{});
    copy.send(node_id(2), prepare{});
    CHECK(real.letters.size() == 2);
    CHECK(&copy.target() == &real);
}

TEST_CASE("a shared storage outlives the role that used it") {
    slow_store real;
    {
        shared<slow_store> handle(real);
        handle.append(identity_record{cluster_id(1), node_id(2), incarnation(3)});
        handle.append(vote<text>{slot(1), ballot(1, node_id(0)), "x"});
        handle.append(vote<text>{slot(2), ballot(1, node_id(0)), "y"});
        CHECK(!handle.sync());
        handle.forget(slot(2));
        handle.start_sync(sync_token{4, 5});
    }
    CHECK(real.started == std::vector{sync_token{4, 5}});
    int identities = 0;
    std::vector<text> values;
    const auto sink = [&](const auto& record) {
        if constexpr (requires { record.value; }) {
            values.push_back(record.value);
        } else {
            ++identities;
        }
    };
    CHECK(!shared<slow_store>(real).recover(sink));
    CHECK(identities == 1);
    CHECK(values == std::vector<text>{"y"});
}
