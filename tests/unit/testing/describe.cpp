// tests/unit/testing/describe.cpp - messages in words say what matters of them, and their numbers
// differ where they do.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/host/lock_node.hpp>
#include <synod/testing/describe.hpp>

#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace synod;
using testing::describe;
using testing::digest_of;

namespace {

using message = host::lock_message;

constexpr message_header header{cluster_id(7), incarnation(1)};
constexpr ballot third(3, node_id(1));
constexpr ballot fourth(4, node_id(2));

[[nodiscard]] bytes some_bytes(std::uint8_t value) { return bytes(3, std::byte{value}); }

template <class... Types>
[[nodiscard]] constexpr std::size_t types_of(const one_of<Types...>&) {
    return sizeof...(Types);
}

/// One of each type, and of each those that differ from it in one member.
[[nodiscard]] std::vector<message> different_messages() {
    using lock::client_event;
    using lock::client_reply;
    using lock::client_request;
    using lock::outcome;
    buffer_pool pool(sharing::one_thread);
    const entry value = entry::make(pool, entry_kind::no_op, third, 5);
    const cluster_id home(7);
    const cluster_id away(8);
    return {
        accept<entry>{header, third, slot(1), slot(0), value},
        accept<entry>{header, third, slot(1), slot(1), value},
        accept<entry>{header, third, slot(1), slot(0), {}},
        accepted{header, third, slot(1)},
        accepted{header, fourth, slot(1)},
        accepted{header, third, slot(2)},
        accepted{{cluster_id(7), incarnation(2)}, third, slot(1)},
        prepare{header, third, slot(1)},
        promise<entry>{header, third, slot(0), slot(2), slot(0), true, {}},
        promise<entry>{header, third, slot(0), slot(2), slot(0), true, {{slot(1), third, value}}},
        refused{header, third, fourth},
        refused{header, fourth, fourth},
        fetch{header, slot(1)},
        chosen<entry>{header, {slot(1), third, value}},
        forgotten{header, slot(1)},
        heartbeat{header, third, 9, slot(4), slot(3)},
        heartbeat{header, third, 9, slot(4), slot(4)},
        heartbeat_reply{header, third, 9, slot(3)},
        heartbeat_reply{header, third, 10, slot(3)},
        probe{header, 9},
        probe_reply{header, 9, third},
        probe_reply{header, 9, fourth},
        transfer{header, third},
        client_request{home, 1, some_bytes(1)},
        client_request{away, 1, some_bytes(1)},
        client_request{home, 2, some_bytes(1)},
        client_request{home, 1, some_bytes(2)},
        client_reply{home, 1, outcome::answered, false, {}, some_bytes(1)},
        client_reply{away, 1, outcome::answered, false, {}, some_bytes(1)},
        client_reply{home, 2, outcome::answered, false, {}, some_bytes(1)},
        client_reply{home, 1, outcome::stopped, false, {}, some_bytes(1)},
        client_reply{home, 1, outcome::answered, true, {}, some_bytes(1)},
        client_reply{home, 1, outcome::answered, true, node_id(2), some_bytes(1)},
        client_reply{home, 1, outcome::answered, false, {}, some_bytes(2)},
        client_event{home, some_bytes(1)},
        client_event{away, some_bytes(1)},
        client_event{home, some_bytes(2)},
    };
}

}  // namespace

TEST_CASE("messages that differ have numbers that do, and equal ones do not") {
    const auto all = different_messages();
    const auto again = different_messages();
    std::set<std::uint64_t> numbers;
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO("message " << i << ": " << describe(all[i]));
        CHECK(digest_of(all[i]) == digest_of(again[i]));
        CHECK(numbers.insert(digest_of(all[i])).second);
    }
}

TEST_CASE("no two types of messages are described by the same word first") {
    std::map<std::string, std::size_t> types;
    for (const message& one : different_messages()) {
        const std::string text = describe(one);
        const auto known = types.emplace(text.substr(0, text.find(' ')), one.index()).first;
        CHECK(known->second == one.index());
    }
    CHECK(types.size() == types_of(message()));
}

TEST_CASE("a message in words says its ballot, its slot, and what is told of them") {
    CHECK(describe(message(prepare{header, third, slot(5)})) == "prepare ballot 3.1 from slot 5");
    CHECK(describe(message(accept<entry>{header, third, slot(5), slot(2), {}})) ==
          "accept slot 5 ballot 3.1");
    CHECK(describe(message(accepted{header, third, slot(5)})) == "accepted slot 5 ballot 3.1");
    CHECK(describe(message(refused{header, third, fourth})) == "refused ballot 3.1 for 4.2");
    CHECK(describe(message(heartbeat{header, third, 9, slot(4), slot(3)})) ==
          "heartbeat 9 ballot 3.1 chosen below 4");
    CHECK(describe(message(probe_reply{header, 9, {}})) == "probe_reply 9 promised none");
    CHECK(describe(message(forgotten{header, slot(5)})) == "forgotten below slot 5");
}

TEST_CASE(
    "a promise in words says how many votes it reports, of which slots, and whether these are "
    "all") {
    promise<entry> said{header, third, slot(2), slot(6), slot(0), true, {{slot(2), third, {}}}};
    CHECK(describe(message(said)) == "promise ballot 3.1 with 1 votes of slots 2 to 6, all");
    said.complete = false;
    CHECK(describe(message(said)) == "promise ballot 3.1 with 1 votes of slots 2 to 6, in part");
}
