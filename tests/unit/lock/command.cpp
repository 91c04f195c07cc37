// tests/unit/lock/command.cpp - commands as bytes and back.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/lock/command.hpp>

#include "codec_laws.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace synod;
using namespace synod::lock_test;

static_assert(codec<lock::command_codec>);

namespace {

std::vector<lock::command> one_of_each() {
    const request_stamp stamp{session_id({slot(3), 4}), 7, 5};
    return {
        lock::open_session{{1, 2}, 3, 4'000, 500, "a principal", "about it"},
        lock::keep_alive{stamp},
        lock::close_session{stamp},
        lock::acquire{stamp,
                      9,
                      "a name",
                      lock::mode::update,
                      50,
                      lock::reentrant | lock::barge,
                      30,
                      {lock::on_deadlock::youngest, 7},
                      lock::policy::priority},
        lock::release{stamp, 9, fencing_token(3, 77)},
        lock::query{stamp, 6},
        lock::acknowledge{stamp, 6},
        lock::cancel{stamp, 6, lock::on_granted::keep},
        lock::convert{stamp, 9, fencing_token(3, 77), lock::mode::update, 50},
        lock::acquire_all{stamp, 9, {{"one", lock::mode::shared}, {"another"}}, 50},
        lock::acquire_permits{stamp, 9, "a name", 2, 5, 50, 30, lock::barge},
        lock::set_capacity{stamp, "a name", 5},
        lock::release_all{stamp, 9, {fencing_token(3, 77), fencing_token(3, 78)}},
        lock::renew_hold{stamp, 9, fencing_token(3, 77), 4'000},
        lock::request_revoke{stamp, fencing_token(3, 77), "a name", "a reason", 50},
        lock::force_release{stamp, fencing_token(3, 77)},
        lock::check_token{stamp, "a name", fencing_token(3, 77), lock::mode::update},
        lock::set_acl{stamp, {"a prefix", "a principal", lock::may_read}},
        lock::guarded_txn{
            stamp,
            {lock::token_valid("a lock", fencing_token(3, 77)), lock::version_is("one", 6)},
            {{"one", "its value"}, {"another", {}}},
            {"a third"}},
        lock::read_value{stamp, "one"},
        lock::compare_and_set{stamp, "one", 6, "its value"},
        lock::add_to_counter{stamp, "one", -6},
        lock::read_counter{stamp, "one"},
        lock::set_limits{stamp, {}},
        lock::bump_epoch{stamp, 3},
        lock::list_locks{stamp, "a prefix", "a name", 5, lock::list_holders},
        lock::set_latch{stamp, "a gate", 3},
        lock::count_down{stamp, "a gate", 2, 5},
        lock::await_latch{stamp, 9, "a gate", 50, 5},
        lock::arrive_at_barrier{stamp, 9, "a gate", 3, 50},
        lock::enter_double_barrier{stamp, 9, "a gate", 3, 50},
        lock::leave_double_barrier{stamp, 9, "a gate", 50},
        lock::campaign{stamp, 9, "a name", "its value", 50, 4'000},
        lock::proclaim{stamp, 9, fencing_token(3, 77), "its value"},
        lock::observe{stamp, "a name"},
        lock::watch{stamp, "a pre", 6, 5},
        lock::read_prefix{stamp, "a pre", "a prefix", 5},
    };
}

}  // namespace

TEST_CASE("every command survives its encoding") {
    CHECK(one_of_each().size() == lock::command::count);
    check_round_trips<lock::command_codec>(one_of_each());
}

TEST_CASE("a command that is cut short, too long, or of another version or kind is refused") {
    check_refusals<lock::command_codec>(one_of_each());
}

TEST_CASE("a command with a mode or a choice that does not exist is refused") {
    const auto commands = one_of_each();
    CHECK(!decodes_with<lock::command_codec>(
        commands[3], encoded<lock::command_codec>(commands[3]).size() - 21, 3));
    CHECK(decodes_with<lock::command_codec>(
        commands[3], encoded<lock::command_codec>(commands[3]).size() - 21, 2));
    CHECK(!decodes_with<lock::command_codec>(
        commands[3], encoded<lock::command_codec>(commands[3]).size() - 3, 3));
    CHECK(!decodes_with<lock::command_codec>(
        commands[3], encoded<lock::command_codec>(commands[3]).size() - 1, 4));
    CHECK(!decodes_with<lock::command_codec>(
        commands[7], encoded<lock::command_codec>(commands[7]).size() - 1, 2));
}

TEST_CASE("a view decodes to the same command, and leaves its name in the bytes") {
    using view_codec = lock::detail::one_of_codec<lock::command_view, 1>;
    for (const lock::command& one : one_of_each()) {
        const bytes all = encoded<lock::command_codec>(one);
        lock::command_view view;
        REQUIRE(lock::decode(all, view));
        CHECK(view.index() == one.index());
        CHECK(encoded<view_codec>(view) == all);
        if (const auto* asked = get_if<lock::acquire_view>(&view)) {
            CHECK(asked->name == get<lock::acquire>(one).name);
            CHECK(as_bytes(asked->name).data() > all.data());
            CHECK(as_bytes(asked->name).end() < all.data() + all.size());
        }
        if (const auto* asked = get_if<lock::acquire_permits_view>(&view)) {
            CHECK(asked->name == get<lock::acquire_permits>(one).name);
            CHECK(as_bytes(asked->name).data() > all.data());
            CHECK(as_bytes(asked->name).end() < all.data() + all.size());
        }
        lock::command_view refused;
        CHECK(!lock::decode(bytes_view(all).first(all.size() - 1), refused));
    }
}

TEST_CASE("a list whose length is not true is refused, whatever the length") {
    const lock::command asked = lock::release_all{{}, 9, {fencing_token(3, 77)}};
    const std::size_t length_at = encoded<lock::command_codec>(asked).size() - 12;
    for (const std::uint8_t untrue : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{255}}) {
        CHECK(!decodes_with<lock::command_codec>(asked, length_at, untrue));
    }
    CHECK(!decodes_with<lock::command_codec>(asked, length_at + 3, 255));
    CHECK(decodes_with<lock::command_codec>(asked, length_at, 1));
}

TEST_CASE("bytes that decode as a command are the encoding of that command") {
    check_canonical<lock::command_codec>(one_of_each());
}
