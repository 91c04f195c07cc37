// tests/unit/lock/event.cpp - events as bytes and back.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/event.hpp>
#include <synod/lock/messages.hpp>

#include "codec_laws.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace synod;
using namespace synod::lock_test;

static_assert(codec<lock::event_codec>);

namespace {

const session_id whose({slot(3), 4});

std::vector<lock::event> one_of_each() {
    return {
        lock::wait_granted{whose, 5, fencing_token(6)},
        lock::wait_ended{whose, 5, lock::request_state::token_space_exhausted},
        lock::session_ended{whose},
        lock::hold_ended{whose, fencing_token(6)},
        lock::wait_deadlocked{whose, 5, {{whose, 7, 5}, {}}},
        lock::revoke_requested{whose, fencing_token(6), whose, "a reason", 50},
        lock::hold_revoked{whose, fencing_token(6), whose, "a principal"},
    };
}

}  // namespace

TEST_CASE("every event survives its encoding and names its session") {
    CHECK(one_of_each().size() == lock::event::count);
    check_round_trips<lock::event_codec>(one_of_each());
    for (const lock::event& one : one_of_each()) CHECK(session_of(one) == whose);
}

TEST_CASE("an event that is cut short, too long, or of another version or kind is refused") {
    check_refusals<lock::event_codec>(one_of_each());
}

TEST_CASE("bytes that decode as an event are the encoding of that event") {
    check_canonical<lock::event_codec>(one_of_each());
}

TEST_CASE("messages compare by content") {
    const lock::to_client a =
        lock::client_reply{cluster_id(1), 2, lock::outcome::answered, false, {}, {}};
    lock::to_client b = a;
    CHECK(a == b);
    get<lock::client_reply>(b).outcome = lock::outcome::not_leader;
    CHECK(a != b);
}
