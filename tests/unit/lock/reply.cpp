// tests/unit/lock/reply.cpp - replies as bytes and back, and the error for each refusal.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/reply.hpp>

#include "codec_laws.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace synod;
using namespace synod::lock_test;

static_assert(codec<lock::reply_codec>);

namespace {

std::vector<lock::reply> one_of_each() {
    return {
        lock::opened{session_id({slot(3), 4}), 4'000},
        lock::kept{77},
        lock::closed{},
        lock::granted{fencing_token(1, 2)},
        lock::queued{},
        lock::busy{},
        lock::released{3},
        lock::request_status{lock::request_state::timed_out, {}},
        lock::acknowledged{},
        lock::cancelled{},
        lock::already_granted{fencing_token(1, 3)},
        lock::refused{lock::refusal::token_space_exhausted},
        lock::resized{4},
        lock::not_released{{{fencing_token(1, 3), lock::refusal::not_owner}, {}}},
        lock::would_deadlock{{{session_id({slot(3), 4}), 5, 6}, {}}},
        lock::revoking{2},
        lock::token_checked{lock::validity::valid},
        lock::administered{},
        lock::committed{7},
        lock::condition_failed{1, 7},
        lock::value_read{7, "its value"},
        lock::counted{-7, 8},
        lock::listed{{{"a name", 3, 1, 1, 0, {{}}, {{}}}, {}}, lock::page_end::more},
        lock::latched{7, 3},
        lock::awaiting{7},
        lock::passed{7},
        lock::barrier_broken{7},
        lock::proclaimed{7},
        lock::observed{7, fencing_token(1, 3), "its value"},
        lock::watched{
            8, {{7, lock::change_kind::counter, lock::change_effect::gone, "n", {}, "", -7}, {}}},
        lock::compacted{7},
        lock::prefix_read{7, "next", {{}}},
    };
}

}  // namespace

TEST_CASE("every reply survives its encoding") {
    CHECK(one_of_each().size() == lock::reply::count);
    check_round_trips<lock::reply_codec>(one_of_each());
}

TEST_CASE("a reply that is cut short, too long, or of another version or kind is refused") {
    check_refusals<lock::reply_codec>(one_of_each());
    CHECK(!decodes_with<lock::reply_codec>(lock::refused{}, 2, 27));
    CHECK(!decodes_with<lock::reply_codec>(lock::request_status{}, 2, 8));
}

TEST_CASE("bytes that decode as a reply are the encoding of that reply") {
    check_canonical<lock::reply_codec>(one_of_each());
}

TEST_CASE("every refusal has an error to go with it") {
    CHECK(lock::error_of(lock::refusal::session_expired) == errc::session_expired);
    CHECK(lock::error_of(lock::refusal::limit) == errc::limit_reached);
    CHECK(lock::error_of(lock::refusal::unsupported) == errc::unsupported);
    CHECK(lock::error_of(lock::refusal::upgrade_conflict) == errc::upgrade_conflict);
    CHECK(lock::error_of(lock::refusal::permits_out_of_range) == errc::permits_out_of_range);
    CHECK(lock::error_of(lock::refusal::unknown_lock) == errc::unknown_lock);
    CHECK(lock::error_of(lock::refusal::denied) == errc::denied);
    CHECK(lock::error_of(lock::refusal::policy_mismatch) == errc::policy_mismatch);
    for (int reason = 0; reason <= static_cast<int>(last_of(lock::refusal{})); ++reason) {
        const auto error = make_error_code(lock::error_of(static_cast<lock::refusal>(reason)));
        CHECK(error.message() != "unknown error");
    }
}
