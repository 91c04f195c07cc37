// tests/unit/client/errands.cpp - commands that a session carries for its caller, against three
// real replicas.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/errands.hpp>
#include <synod/client/session_core.hpp>

#include "support/catch.hpp"
#include "world.hpp"

#include <cstdint>
#include <string>

using namespace synod;
using namespace synod::client_test;
using lock::reply;

namespace {

lock::acquire_permits permits(std::uint32_t number, std::uint64_t wait_ms = lock::wait_forever) {
    lock::acquire_permits asked;
    asked.owner = 1;
    asked.name = "s";
    asked.permits = number;
    asked.capacity = 4;
    asked.wait_ms = wait_ms;
    return asked;
}
lock::acquire exclusive(const std::string& name) {
    lock::acquire asked;
    asked.owner = 1;
    asked.name = name;
    return asked;
}

/// One client with an open session, and another one.
struct two_clients : world<> {
    client_type& a = add_client();
    client_type& b = add_client();

    /// Runs an errand to its end, and returns what it has come to.
    client::conclusion<reply> end(client_type& who, lock::command what) {
        const auto errand = who.run(std::move(what), now);
        REQUIRE(run_until([&] { return who.end_of(errand) != nullptr; }));
        return *who.end_of(errand);
    }

    /// What an errand of `b` comes to that waits for what `a` holds, and is told of its grant after
    /// the lease has run out.
    std::error_code end_after_lapse(lock::command holds, lock::command waits) {
        const auto held = end(a, std::move(holds));
        const auto waiting = b.run(std::move(waits), now);
        run(milliseconds(100));
        fate_of = [this](node_id, node_id to, const message&) {
            return to == b.self ? lost : at_once;
        };
        end(a, lock::release{{}, 1, get<lock::granted>(held.reply).token});
        REQUIRE(run_until([&] { return b.core.policy().observer.lapses > 0; }, seconds(30)));
        fate_of = [](node_id, node_id, const message& any) {
            return reply_in<lock::kept>(any) ? lost : at_once;
        };
        REQUIRE(run_until([&] { return b.end_of(waiting) != nullptr; }, seconds(10)));
        return b.end_of(waiting)->error;
    }
};

}  // namespace

TEST_CASE("an errand ends with its reply, once, however often it has to be sent") {
    two_clients w;
    int dropped = 0;
    w.fate_of = [&](node_id, node_id, const message& any) {
        return reply_in<lock::granted>(any) && ++dropped <= 3 ? lost : at_once;
    };
    const auto first = w.end(w.a, permits(3));
    CHECK(first.reply == reply(lock::granted{fencing_token(1)}));
    CHECK(!first.error);
    CHECK(dropped == 4);
    CHECK(w.end(w.b, permits(2, lock::no_wait)).reply == reply(lock::busy{}));
    w.run(seconds(5));
    CHECK(w.a.conclusions.size() == 1);
    CHECK(w.a.notices.empty());
    CHECK(w.table().last_token() == fencing_token(1));
}

TEST_CASE("an errand that has to wait ends with how its wait does, also when the event is lost") {
    for (const bool hears : {true, false}) {
        two_clients w;
        const auto held = w.end(w.a, permits(3));
        const auto waiting = w.b.run(permits(2), w.now);
        const auto limited = w.b.run(permits(2, 700), w.now);
        w.run(milliseconds(100));
        CHECK(w.b.core.find(waiting)->stage == client::stage::queued);
        w.fate_of = [&](node_id, node_id, const message& any) {
            return is_event(any) && !hears ? lost : at_once;
        };
        REQUIRE(w.run_until([&] { return w.b.end_of(limited) != nullptr; }, seconds(10)));
        CHECK(w.b.end_of(limited)->reply ==
              reply(lock::request_status{lock::request_state::timed_out, {}}));
        w.end(w.a, lock::release{{}, 1, get<lock::granted>(held.reply).token});
        REQUIRE(w.run_until([&] { return w.b.end_of(waiting) != nullptr; }, seconds(10)));
        CHECK(w.b.end_of(waiting)->reply == reply(lock::granted{fencing_token(2)}));
        w.run(seconds(1));
        CHECK(w.table().describe().ended.empty());  // how a wait ended is acknowledged
    }
}

TEST_CASE("an errand that is given up in time is not held in the end, whatever overtakes what") {
    two_clients w;
    w.end(w.a, permits(3));
    const auto timed = w.b.run(permits(2), w.now, w.now + milliseconds(300));
    const auto cancelled = w.b.run(permits(1), w.now);
    w.b.core.cancel(cancelled);
    REQUIRE(w.run_until([&] { return w.b.end_of(timed) != nullptr; }, seconds(2)));
    CHECK(w.b.end_of(timed)->error == errc::timed_out);
    w.run(seconds(2));
    CHECK(w.b.end_of(cancelled) == nullptr);
    const auto state = w.table().describe();
    REQUIRE(state.locks.size() == 1);
    CHECK(state.locks.front().holders.size() == 1);
    CHECK(state.locks.front().queue.empty());
}

TEST_CASE("what an errand has done nobody knows, where its session has expired meanwhile") {
    two_clients w;
    w.end(w.a, permits(3));
    w.cut_off(w.a);
    const auto resized = w.a.run(lock::set_capacity{{}, "s", 9}, w.now);
    w.run(seconds(20));
    CHECK(w.a.end_of(resized) == nullptr);
    w.heal();
    REQUIRE(w.run_until([&] { return w.a.end_of(resized) != nullptr; }, seconds(10)));
    CHECK(w.a.end_of(resized)->error == errc::outcome_unknown);
}

TEST_CASE(
    "without a leader errands end: what had an effect is unknown, what would wait is not held") {
    two_clients w;
    w.end(w.a, permits(3));
    w.fate_of = [](node_id, node_id, const message&) { return lost; };
    const auto resized = w.a.run(lock::set_capacity{{}, "s", 9}, w.now);
    const auto asked = w.a.run(permits(1), w.now);
    w.run(seconds(60));
    REQUIRE(w.a.end_of(resized) != nullptr);
    REQUIRE(w.a.end_of(asked) != nullptr);
    CHECK(w.a.end_of(resized)->error == errc::outcome_unknown);
    CHECK(w.a.end_of(asked)->error == errc::unreachable);
}

TEST_CASE("an errand of a session that closes is stopped, and so is one that comes later") {
    two_clients w;
    w.end(w.a, permits(3));
    const auto waiting = w.b.run(permits(2), w.now);
    w.run(milliseconds(100));
    w.b.core.close();
    const auto late = w.b.run(permits(1), w.now);
    w.run(milliseconds(100));
    REQUIRE(w.b.end_of(waiting) != nullptr);
    CHECK(w.b.end_of(waiting)->error == errc::stopped);
    CHECK(w.b.end_of(late)->error == errc::stopped);
}

TEST_CASE("what may have had its effect is unknown when its session closes") {
    two_clients w;
    w.end(w.b, permits(1));
    w.fate_of = [&](node_id, node_id to, const message&) {
        return to == w.b.self ? lost : at_once;
    };
    const auto sent = w.b.run(lock::add_to_counter{{}, "c"}, w.now);
    w.run(milliseconds(100));
    w.b.core.close();
    w.heal();
    REQUIRE(w.run_until([&] { return w.b.end_of(sent) != nullptr; }));
    CHECK(w.b.end_of(sent)->error == errc::outcome_unknown);
    CHECK(w.table().describe().values.values.size() == 1);
}

TEST_CASE("what a cancel does not undo is unknown when it is given up") {
    two_clients w;
    lock::acquire shared = exclusive("x");
    shared.mode = lock::mode::shared;
    const auto own = w.end(w.a, shared);
    w.end(w.b, shared);
    const fencing_token token = get<lock::granted>(own.reply).token;
    const auto waiting = w.a.run(lock::convert{{}, 1, token, lock::mode::exclusive}, w.now,
                                 w.now + milliseconds(300));
    const auto alone =
        w.a.run(lock::arrive_at_barrier{{}, 1, "b", 2}, w.now, w.now + milliseconds(300));
    lock::acquire again = exclusive("y");
    again.flags = lock::reentrant;
    w.end(w.b, exclusive("y"));
    const auto reentrant = w.a.run(again, w.now, w.now + milliseconds(300));
    const auto plain = w.a.run(exclusive("y"), w.now, w.now + milliseconds(300));
    w.run(seconds(2));
    for (const auto one : {waiting, alone, reentrant}) {
        REQUIRE(w.a.end_of(one) != nullptr);
        CHECK(w.a.end_of(one)->error == errc::outcome_unknown);
    }
    REQUIRE(w.a.end_of(plain) != nullptr);
    CHECK(w.a.end_of(plain)->error == errc::timed_out);
}

TEST_CASE("a lock whose owner gives an errand's back is asked for again") {
    two_clients w;
    lock::acquire_all both;
    both.owner = 1;
    both.locks = {{"x"}, {"y"}};
    w.fate_of = [&](node_id, node_id to, const message& any) {
        return to == w.a.self && reply_in<lock::granted>(any) ? lost : at_once;
    };
    const auto given_up = w.a.run(both, w.now);
    w.run(seconds(1));
    REQUIRE(w.table().locks() == 2);
    int cancels = 0;
    w.fate_of = [&](node_id, node_id, const message& any) {
        return command_in<lock::cancel>(any) && ++cancels == 1 ? lost : at_once;
    };
    w.a.core.cancel(given_up);
    w.a.core.flush(w.now);
    const auto asked = w.a.acquire("x", w.now, instant::never(), true, 1);
    CHECK(w.run_until([&] { return w.a.is(asked, client::notice::kind::granted); }, seconds(5)));
    CHECK(cancels > 1);
}

TEST_CASE("locks R4: what is granted to an errand after the lease has run out is given back") {
    two_clients w;
    CHECK(w.end_after_lapse(permits(4), permits(2)) == errc::hold_lost);
    CHECK(w.run_until([&] { return w.table().locks() == 0; }, seconds(5)));
}

TEST_CASE("locks R4: a late grant that no cancel undoes is not told as held") {
    two_clients w;
    lock::acquire again = exclusive("z");
    again.flags = lock::reentrant;
    CHECK(w.end_after_lapse(exclusive("z"), again) == errc::outcome_unknown);
}

TEST_CASE("what concerns the session itself is no errand") {
    two_clients w;
    w.end(w.a, permits(1));
    for (const lock::command& one :
         {lock::command(lock::open_session{}), lock::command(lock::keep_alive{}),
          lock::command(lock::close_session{})}) {
        CHECK(w.end(w.a, one).error == errc::unsupported);
    }
    w.run(seconds(1));
    CHECK(w.a.core.phase() == client::phase::open);
    CHECK(w.table().locks() == 1);
}

TEST_CASE("who gives way to others is told who they are") {
    two_clients w;
    w.end(w.a, exclusive("x"));
    const auto other = w.end(w.b, exclusive("y"));
    const auto waiting = w.a.run(exclusive("y"), w.now);
    w.run(milliseconds(50));
    const auto refused = w.end(w.b, exclusive("x"));
    const auto* const told = get_if<lock::would_deadlock>(&refused.reply);
    REQUIRE(told != nullptr);
    REQUIRE(told->cycle.size() == 2);
    CHECK(told->cycle[0].session == w.b.core.session());
    CHECK(told->cycle[1].session == w.a.core.session());
    w.end(w.b, lock::release{{}, 1, get<lock::granted>(other.reply).token});
    CHECK(w.run_until([&] { return w.a.end_of(waiting) != nullptr; }, seconds(1)));
}

TEST_CASE("an errand whose owner's release is still on its way asks again") {
    two_clients w;
    const auto held = w.hold(w.a, "x");
    w.fate_of = [](node_id, node_id, const message& any) {
        return command_in<lock::release>(any) ? fate{false, milliseconds(200)} : at_once;
    };
    w.a.core.release(held);
    const auto again = w.end(w.a, lock::acquire_all{{}, 1, {{"x"}, {"y"}}});
    CHECK(holds_alternative<lock::granted>(again.reply));
}
