// tests/unit/client/session_core.cpp - a client's session against three real replicas: leases,
// losses, and what is told of them.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/client/session_core.hpp>

#include "support/catch.hpp"
#include "world.hpp"

#include <string>
#include <utility>

using namespace synod;
using namespace synod::client_test;
using client::stage;
using kind = client::notice::kind;

TEST_CASE("a lock is acquired, held, and handed on at its release") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(seconds(1));
    CHECK(b.core.find(second)->stage == stage::queued);

    a.core.release(first);
    REQUIRE(w.run_until([&] { return b.is(second, kind::granted); }, seconds(1)));
    CHECK(a.is(first, kind::released));
    CHECK(!a.error(first));
    CHECK(a.core.find(first) == nullptr);
    CHECK(w.holder("x") == b.core.find(second)->token);
    CHECK(b.core.find(second)->token > a.notices.front().token);
}

TEST_CASE("locks 3.12/22: a session is opened once, with no lock asked for and with many") {
    world<> w;
    auto& a = w.add_client();
    REQUIRE(w.run_until([&] { return a.core.phase() == client::phase::open; }));
    for (int i = 0; i < 200; ++i) a.acquire(std::to_string(i), w.now);
    REQUIRE(w.run_until([&] { return a.notices.size() == 200; }));
    CHECK(a.core.policy().observer.opened_sessions == 1);
    CHECK(w.table().sessions().size() == 1);
    CHECK(w.table().locks() == 200);
}

TEST_CASE("a try on a held lock is busy, and one with a deadline times out at the service") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    w.hold(a, "x");
    const auto tried = b.acquire("x", w.now, instant::never(), false);
    const auto timed = b.acquire("x", w.now, w.now + milliseconds(300));
    const instant asked = w.now;
    REQUIRE(w.run_until([&] { return b.is(tried, kind::failed); }));
    CHECK(b.error(tried) == errc::busy);
    REQUIRE(w.run_until([&] { return b.is(timed, kind::failed); }));
    CHECK(b.error(timed) == errc::timed_out);
    CHECK(w.now - asked >= milliseconds(300));
    CHECK(w.now - asked <= milliseconds(310));
}

TEST_CASE("a thread that asks for what it holds is refused, another tag of the session waits") {
    world<> w;
    auto& a = w.add_client();
    w.hold(a, "x", 1);
    const auto again = a.acquire("x", w.now, instant::never(), true, 1);
    const auto other = a.acquire("x", w.now, instant::never(), true, 2);
    w.run(milliseconds(100));
    CHECK(a.error(again) == errc::self_deadlock);
    CHECK(a.core.find(other)->stage == stage::queued);
}

TEST_CASE(
    "locks 3.12/15, 16: a lost event is made good by a query, and a lost reply by sending again") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(milliseconds(100));
    w.fate_of = [](node_id, node_id, const message& any) { return is_event(any) ? lost : at_once; };
    a.core.release(first);
    REQUIRE(w.run_until([&] { return b.is(second, kind::granted); }, seconds(2)));

    int dropped = 0;
    w.fate_of = [&](node_id, node_id, const message& any) {
        return reply_in<lock::granted>(any) && ++dropped <= 3 ? lost : at_once;
    };
    const auto third = b.acquire("y", w.now);
    REQUIRE(w.run_until([&] { return b.is(third, kind::granted); }, seconds(5)));
    CHECK(dropped == 4);
    CHECK(w.holder("y") == b.core.find(third)->token);
    CHECK(w.table().last_token() == b.core.find(third)->token);  // one grant, however often asked
}

TEST_CASE(
    "locks 3.12/25: a leader that crashes between commit and reply: its successor answers the "
    "resend") {
    world<> w;
    auto& a = w.add_client();
    w.hold(a, "x");
    const std::uint32_t old = w.leader();
    w.fate_of = [](node_id, node_id, const message& any) {
        return reply_in<lock::granted>(any) ? lost : at_once;
    };
    const auto second = a.acquire("y", w.now, instant::never(), true, 2);
    REQUIRE(w.run_until([&] { return w.holder("y").has_value(); }));
    const auto token = w.holder("y");
    w.crash(old);
    w.heal();
    REQUIRE(w.run_until([&] { return a.is(second, kind::granted); }, seconds(5)));
    CHECK(w.leader() != old);
    CHECK(a.core.find(second)->token == token);
    CHECK(a.core.policy().observer.lapses == 0);
}

TEST_CASE("a hold outlives any number of leaders while its client is heard") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    for (int i = 0; i < 6; ++i) {
        const std::uint32_t old = w.leader();
        w.crash(old);
        REQUIRE(w.run_until([&] { return w.leader() < replicas && w.leader() != old; }));
        w.start(old);
        w.run(seconds(3));
    }
    CHECK(a.is(held, kind::granted));
    CHECK(a.core.find(held)->stage == stage::held);
    CHECK(a.core.policy().observer.lapses == 0);
    CHECK(w.holder("x") == a.core.find(held)->token);
}

TEST_CASE("locks R4: renewals come often enough that jeopardy never does in quiet times") {
    world<> w;
    auto& a = w.add_client();
    w.hold(a, "x");
    const instant end = w.now + seconds(100);
    bool was_in_jeopardy = false;
    w.run_until(
        [&] {
            was_in_jeopardy = was_in_jeopardy || w.now >= a.core.lease().jeopardy_from();
            return false;
        },
        end);
    CHECK(!was_in_jeopardy);
    CHECK(a.core.policy().observer.safe_untils.size() >= 40);
    CHECK(a.core.policy().observer.safe_untils.size() <= 50);
}

TEST_CASE(
    "locks R4: a hold goes to jeopardy with a third of its lease left, and is lost at its end, for "
    "good") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    w.run(seconds(5));
    const instant safe_until = a.core.lease().safe_until();
    const duration length = a.core.lease().length();
    CHECK(length == safe_part(seconds(10), 10'000, milliseconds(100)));
    CHECK(safe_until - a.core.lease().jeopardy_from() == length / 3);

    w.cut_off(a);
    w.run_until([] { return false; }, safe_until + duration(-1));
    CHECK(a.core.find(held)->stage == stage::held);
    w.run_until([] { return false; }, safe_until);
    CHECK(a.is(held, kind::lost));
    CHECK(w.holder("x").has_value());  // the service is in no hurry

    w.heal();
    w.run(milliseconds(1));
    w.run_until([&] { return a.core.lease().safe_until() > w.now; }, seconds(2));
    CHECK(a.core.find(held)->stage == stage::lost);  // the session lives again, the hold does not
    a.core.release(held);
    REQUIRE(w.run_until([&] { return !w.holder("x").has_value(); }, seconds(2)));
    CHECK(a.is(held, kind::released));
    CHECK(a.error(held) == errc::hold_lost);
}

TEST_CASE(
    "locks 3.12/82: who gives back waits for the answer as long as its lease lasts, and the "
    "service hears of it later") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    w.cut_off(a);
    const instant safe_until = a.core.lease().safe_until();
    a.core.release(held);
    w.run_until([] { return false; }, safe_until + duration(-1));
    CHECK(a.is(held, kind::granted));
    w.run_until([] { return false; }, safe_until);
    CHECK(a.is(held, kind::released));
    CHECK(a.error(held) == errc::outcome_unknown);
    CHECK(w.holder("x").has_value());
    w.heal();
    CHECK(w.run_until([&] { return !w.holder("x").has_value(); }, seconds(3)));
}

TEST_CASE("locks 3.12/82: a session that closes in vain is done with its lease, and its holds") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    const auto given_back = w.hold(a, "y");
    w.cut_off(a);
    const instant safe_until = a.core.lease().safe_until();
    a.core.release(given_back);
    a.core.close();
    w.run_until([] { return false; }, safe_until);
    CHECK(a.core.phase() == client::phase::closing);
    CHECK(a.is(held, kind::lost));
    CHECK(a.error(given_back) == errc::outcome_unknown);
    CHECK(a.core.next_deadline() > w.now);
}

TEST_CASE(
    "locks 3.12/7: without a leader for ten leases nothing expires there, and all is lost here "
    "long before") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto held = w.hold(a, "x");
    const auto waits = b.acquire("x", w.now);
    const auto bounded = b.acquire("x", w.now, w.now + seconds(20), true, 2);
    w.run(seconds(1));
    const log_time before = w.table().sessions().now();
    for (std::uint32_t i = 1; i < replicas; ++i) w.crash((w.leader() + i) % replicas);
    w.run(seconds(11));
    CHECK(a.is(held, kind::lost));
    w.run(seconds(89));
    CHECK(b.error(bounded) == errc::timed_out);
    CHECK(b.error(waits) == errc::unreachable);

    for (std::uint32_t i = 0; i < replicas; ++i) {
        if (!w.is_up(i)) w.start(i);
    }
    REQUIRE(w.elect());
    CHECK(w.table().sessions().size() == 2);
    CHECK(w.table().sessions().now().milliseconds() < before.milliseconds() + 2'000);
    w.run(seconds(5));
    CHECK(a.core.policy().observer.expiries == 0);
    a.core.release(held);
    w.run(seconds(1));
    CHECK(
        !w.holder("x").has_value());  // nor is anything held for those who gave up (locks 3.12/81)
    w.hold(b, "x", 3);
}

TEST_CASE(
    "locks R4: a grant that arrives after its own safe window is lost and given back, never held") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(seconds(1));
    // Every reply to b is lost from now on; what is told of its grant comes when its lease is over.
    const instant arrives = b.core.lease().safe_until() + milliseconds(1);
    w.fate_of = [&](node_id, node_id to, const message& any) {
        if (to != b.self) return at_once;
        return is_event(any) ? fate{false, arrives - w.now} : lost;
    };
    a.core.release(first);
    REQUIRE(w.run_until([&] { return b.last(second) != nullptr; }));
    CHECK(b.is(second, kind::failed));
    CHECK(b.error(second) == errc::hold_lost);
    CHECK(w.holder("x").has_value());
    w.heal();
    REQUIRE(w.run_until([&] { return !w.holder("x").has_value(); }, seconds(5)));
    for (const auto& told : b.notices) CHECK(told.is != kind::granted);
}

TEST_CASE(
    "locks 3.12/11: a keep-alive whose reply is lost costs nothing: the next one keeps the "
    "session") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    int replies = 0;
    w.fate_of = [&](node_id, node_id, const message& any) {
        return reply_in<lock::kept>(any) && ++replies % 4 != 0 ? lost : at_once;
    };
    w.run(seconds(60));
    CHECK(replies > 20);
    CHECK(a.core.find(held)->stage == stage::held);
    CHECK(a.core.policy().observer.lapses == 0);
}

TEST_CASE("locks 3.12/10: a reply that takes longer than the lease does not extend it") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    w.fate_of = [&](node_id, node_id to, const message& any) {
        return to == a.self && reply_in<lock::kept>(any) ? fate{false, seconds(11)} : at_once;
    };
    REQUIRE(w.run_until([&] { return a.is(held, kind::lost); }, seconds(10)));
    CHECK(!w.run_until([&] { return a.core.lease().safe_until() > w.now; }, seconds(40)));
    CHECK(a.core.policy().observer.expiries == 0);  // the service has heard every one of them
    CHECK(w.holder("x").has_value());
}

TEST_CASE("locks R4: a clock that is set back revives no lease that has run out") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    w.fate_of = [](node_id, node_id, const message&) { return lost; };
    REQUIRE(w.run_until([&] { return a.is(held, kind::lost); }, seconds(60)));
    const instant earlier = a.core.lease().safe_until() + (duration(0) - milliseconds(1));
    a.acquire("y", earlier);
    a.core.tick(earlier);
    const std::size_t before = a.core.on_their_way();
    a.core.flush(earlier);
    CHECK(a.core.on_their_way() == before);
    CHECK(a.core.unsent() == 1);
}

namespace {

struct believes_the_resend : client::rules {
    [[nodiscard]] static instant renewed_at(instant, instant last_sent) { return last_sent; }
};

/// Lets one renewal take effect at once and its reply be lost; then it is sent again, and answered
/// just before the lease is over. Returns how far the client believes in its lease beyond what the
/// service has promised.
template <class Rules>
duration trust_beyond_lease() {
    lock::config service;
    world<Rules> w(service);
    client_config config;
    config.first_retry = seconds(2);
    config.longest_retry = seconds(2);
    config.renewal_part = 2;
    auto& a = w.add_client(config);
    w.hold(a, "x");
    bool is_kept = false;
    w.fate_of = [&](node_id, node_id, const message& any) {
        if (!reply_in<lock::kept>(any) || is_kept) return at_once;
        is_kept = true;
        return lost;
    };
    const auto& told = a.core.policy().observer.safe_untils;
    const std::size_t before = told.size();
    REQUIRE(w.run_until([&] { return told.size() > before; }));
    const auto deadline = w.table().sessions().deadline_of(a.core.session());
    const auto left = deadline->milliseconds() - w.at(w.leader()).time().milliseconds();
    return told.back() - (w.now + milliseconds(static_cast<std::int64_t>(left)));
}

}  // namespace

TEST_CASE(
    "a lease is timed from the first transmission of its renewal; from the resend it would outlive "
    "the service's (M56)") {
    CHECK(trust_beyond_lease<client::rules>() <= duration(0));
    CHECK(trust_beyond_lease<believes_the_resend>() > duration(0));
}

TEST_CASE(
    "an expired session loses its holds, fails its waits, and is followed by another one when it "
    "is asked") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto held = w.hold(a, "x");
    w.hold(b, "y");
    const auto queued = a.acquire("y", w.now);
    w.run(seconds(1));
    w.cut_off(a);
    w.run(seconds(15));
    CHECK(w.table().sessions().size() == 1);
    CHECK(!w.holder("x").has_value());
    w.heal();
    w.run(seconds(5));
    CHECK(a.core.policy().observer.expiries == 1);
    CHECK(a.core.phase() == client::phase::idle);
    CHECK(a.is(held, kind::lost));
    CHECK(a.error(queued) == errc::session_expired);
    CHECK(w.table().sessions().size() == 1);  // nothing is opened, let alone acquired, by itself

    w.hold(a, "x", 2);
    CHECK(a.core.policy().observer.opened_sessions == 2);
    a.core.release(held);
    w.run(seconds(1));
    CHECK(a.error(held) == errc::hold_lost);
    CHECK(w.holder("x").has_value());  // and the late release hurts nobody (M48)
}

namespace {

struct sure_of_failure : client::rules {
    [[nodiscard]] static errc end_of(bool) { return errc::session_expired; }
};

/// An acquire takes effect, its reply is lost, the session expires, and only the resend is
/// answered.
template <class Rules>
std::error_code end_of_resend() {
    world<Rules> w;
    client_config config;
    config.first_retry = milliseconds(500);
    auto& a = w.add_client(config);
    REQUIRE(w.run_until([&] { return a.core.phase() == client::phase::open; }));
    bool is_cut = false;
    w.fate_of = [&](node_id from, node_id to, const message& any) {
        if (command_in<lock::acquire>(any) && !is_cut) {
            is_cut = true;
            return at_once;
        }
        return is_cut && (from == a.self || to == a.self) ? lost : at_once;
    };
    const auto asked = a.acquire("x", w.now);
    w.run(seconds(15));
    w.heal();
    w.run_until([&] { return a.last(asked) != nullptr; });
    return a.error(asked);
}

}  // namespace

TEST_CASE("session_expired that answers a resend leaves the outcome unknown, not failed (M49)") {
    CHECK(end_of_resend<client::rules>() == errc::outcome_unknown);
    CHECK(end_of_resend<sure_of_failure>() == errc::session_expired);
}

TEST_CASE(
    "what was sent once may have been repeated by the network; only what never left has failed for "
    "certain") {
    CHECK(client::rules::end_of(true) == errc::outcome_unknown);
    CHECK(client::rules::end_of(false) == errc::session_expired);
}

TEST_CASE("locks 3.12/42, 81: a cancel and a grant may meet in any order: nothing stays held") {
    for (int order = 0; order < 4; ++order) {
        world<> w;
        auto& a = w.add_client();
        auto& b = w.add_client();
        const auto first = w.hold(a, "x");
        const auto asked = b.acquire("x", w.now);
        w.fate_of = [&](node_id, node_id, const message& any) {
            if (order == 1 && command_in<lock::acquire>(any)) return fate{false, milliseconds(40)};
            if (order == 2 && command_in<lock::cancel>(any)) return fate{false, milliseconds(40)};
            if (order == 3 && (is_event(any) || reply_in<lock::queued>(any))) return lost;
            return at_once;
        };
        w.run(milliseconds(5));
        b.core.cancel(asked);
        w.run(milliseconds(1));
        a.core.release(first);
        w.run(seconds(2));
        INFO("order " << order);
        CHECK(b.last(asked) == nullptr);
        CHECK(!w.holder("x").has_value());
        CHECK(w.table().locks() == 0);
        CHECK(w.table().describe().ended.empty());
        CHECK(b.core.on_their_way() == 0);
    }
}

TEST_CASE("a lock is handed on when its holder closes its session, at once") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(milliseconds(100));
    a.core.close();
    REQUIRE(w.run_until([&] { return b.is(second, kind::granted); }, milliseconds(10)));
    CHECK(a.core.phase() == client::phase::closed);
    CHECK(a.is(first, kind::released));
    const auto late = a.acquire("z", w.now);
    w.run(milliseconds(1));
    CHECK(a.error(late) == errc::stopped);
}

TEST_CASE("locks 3.12/60: what a dead client held stays closed for its lock-delay") {
    world<> w;
    client_config config;
    config.ttl = seconds(4);
    config.lock_delay = seconds(3);
    auto& a = w.add_client(config);
    auto& b = w.add_client();
    w.hold(a, "x");
    const instant last_seen = w.now;
    const auto next = b.acquire("x", w.now);
    w.fate_of = [](node_id from, node_id, const message&) {
        return from == node_id(64) ? lost : at_once;
    };
    REQUIRE(w.run_until([&] { return b.is(next, kind::granted); }));
    CHECK(w.now - last_seen >= seconds(7));
    CHECK(w.now - last_seen < seconds(8));
}

namespace {

/// A holder of two locks, who is told something about the hold of the first.
struct told_holder {
    template <class Event>
    void tell(Event event) {
        event.session = a.core.session();
        event.token = a.core.find(held)->token;
        lock::client_event told{the_cluster, {}};
        byte_writer out(told.event);
        encode(lock::event(event), out);
        a.core.receive(node_id(0), told, w.now);
    }

    world<> w;
    world<>::client_type& a = w.add_client();
    client::request_id held = w.hold(a, "x");
    client::request_id other = w.hold(a, "y");
};

}  // namespace

TEST_CASE("a client learns at once that its hold was ended by force, and of no other") {
    told_holder it;
    it.tell(lock::hold_revoked());
    CHECK(it.a.core.find(it.held)->stage == stage::gone);
    CHECK(it.a.core.find(it.other)->stage == stage::held);
    it.w.settle();
    CHECK(it.a.is(it.held, kind::lost));
    CHECK(it.a.error(it.held) == errc::hold_lost);
}

TEST_CASE("locks 3.6: a holder is told that its hold is asked for, and holds on; nobody else is") {
    told_holder it;
    it.tell(lock::revoke_requested());
    it.w.settle();
    CHECK(it.a.is(it.held, kind::asked_back));
    CHECK(it.a.core.find(it.held)->stage == stage::held);
    CHECK(it.a.is(it.other, kind::granted));
}

TEST_CASE("messages that make no sense are refused by name and change nothing") {
    world<> w;
    auto& a = w.add_client();
    const auto held = w.hold(a, "x");
    auto& seen = a.core.policy().observer.refusals;
    const auto why = [&](node_id from, const lock::to_client& any) {
        seen.clear();
        a.core.receive(from, any, w.now);
        return seen.empty() ? client::refusal::unknown_number : seen.back().second;
    };
    lock::client_event event{the_cluster, {}};
    CHECK(why(node_id(9), event) == client::refusal::unknown_sender);
    CHECK(why(node_id(0), lock::client_event{cluster_id(8), {}}) == client::refusal::wrong_cluster);
    CHECK(why(node_id(0), event) == client::refusal::malformed);
    byte_writer out(event.event);
    encode(lock::event(lock::session_ended{session_id({slot(99), 9})}), out);
    CHECK(why(node_id(0), event) == client::refusal::other_session);
    lock::client_reply said;
    said.cluster = the_cluster;
    CHECK(why(node_id(0), said) == client::refusal::unknown_number);
    CHECK(seen.size() == 1);
    CHECK(a.core.find(held)->stage == stage::held);
}

TEST_CASE("tries that end while no replica answers leave nothing behind, and the order stays") {
    world<> w;
    auto& a = w.add_client();
    w.fate_of = [](node_id, node_id, const message&) { return lost; };
    const auto first = a.acquire("x", w.now, instant::never(), true, 1);
    const auto second = a.acquire("x", w.now, instant::never(), true, 2);
    for (int i = 0; i < 1'000; ++i) {
        a.acquire("x", w.now, w.now + milliseconds(1), false, 3);
        CHECK(a.core.unsent() <= 6);
        w.run(milliseconds(2));
    }
    CHECK(a.notices.size() == 1'000);
    w.heal();
    REQUIRE(w.run_until([&] { return a.is(first, kind::granted); }, seconds(5)));
    CHECK(a.core.find(second)->stage == stage::queued);
    CHECK(a.core.unsent() == 0);
}

TEST_CASE("a client's sessions act as its principal") {
    world<> w;
    auto& a = w.add_client({}, "somebody");
    w.hold(a, "x");
    const auto sessions = w.table().describe().sessions;
    REQUIRE(sessions.size() == 1);
    CHECK(sessions[0].principal == "somebody");
}

TEST_CASE("arguments that make no sense are refused") {
    network net;
    const auto make = [&net](auto change) {
        client_identity identity{the_cluster, world<>::members(), {1, 1}, 1};
        client_config config;
        change(identity, config);
        using core = client::session_core<network::link>;
        return core::make(identity, config, net.connect(node_id(64)), {}, instant()).error();
    };
    CHECK(!make([](auto&, auto&) {}));
    CHECK(make([](auto& it, auto&) { it.replicas.clear(); }) == errc::no_members);
    CHECK(make([](auto& it, auto&) { it.replicas.push_back(node_id(64)); }) ==
          errc::id_out_of_range);
    CHECK(make([](auto& it, auto&) { it.replicas.push_back(node_id(0)); }) ==
          errc::duplicate_member);
    CHECK(make([](auto& it, auto&) { it.principal = std::string(129, 'p'); }) == errc::too_large);
    CHECK(!make([](auto& it, auto&) { it.principal = std::string(128, 'p'); }));
    CHECK(make([](auto&, auto& c) { c.ttl = milliseconds(90); }) == errc::lease_below_clock_error);
    CHECK(make([](auto&, auto& c) { c.drift_per_million = 999'999; }) ==
          errc::lease_below_clock_error);
    CHECK(make([](auto&, auto& c) { c.drift_per_million = 1'000'000; }) ==
          errc::limit_out_of_range);
    CHECK(make([](auto&, auto& c) { c.margin = duration(0); }) == errc::duration_out_of_range);
    CHECK(make([](auto&, auto& c) { c.longest_retry = duration(1); }) ==
          errc::duration_out_of_range);
    duration client_config::* const lengths[] = {
        &client_config::ttl,         &client_config::margin,        &client_config::first_retry,
        &client_config::first_query, &client_config::longest_retry, &client_config::patience,
        &client_config::longest_try, &client_config::farewell,      &client_config::lock_delay};
    for (const auto length : lengths) {
        const auto beyond = client_config::longest + duration(1);
        CHECK(make([&](auto&, auto& c) { c.*length = beyond; }) == errc::duration_out_of_range);
        CHECK(make([&](auto&, auto& c) { c.*length = duration(INT64_MAX); }) ==
              errc::duration_out_of_range);
    }
    CHECK(make([](auto&, auto& c) { c.lock_delay = milliseconds(-1); }) ==
          errc::duration_out_of_range);
    CHECK(!make([](auto&, auto& c) { c.patience = client_config::longest; }));
    CHECK(make([](auto&, auto& c) {
              c.longest_retry = c.first_retry = client_config::longest;
              c.renewal_part = 0xffff'ffff;
          }) == errc::lease_below_clock_error);
    CHECK(make([](auto&, auto& c) { c.window = 3; }) == errc::limit_out_of_range);
    CHECK(make([](auto&, auto& c) { c.jeopardy_part = 1; }) == errc::limit_out_of_range);
}

TEST_CASE("of two clients that would wait for each other one is told, and the other goes on") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    w.hold(a, "x");
    const auto own = w.hold(b, "y");
    const auto waiting = a.acquire("y", w.now);
    w.run(milliseconds(100));
    const auto refused = b.acquire("x", w.now);
    REQUIRE(w.run_until([&] { return b.is(refused, kind::failed); }, seconds(1)));
    CHECK(b.error(refused) == errc::would_deadlock);
    b.core.release(own);
    CHECK(w.run_until([&] { return a.is(waiting, kind::granted); }, seconds(1)));
}

TEST_CASE("a client whose wait gives way after a grant is told, also when the event is lost") {
    for (const bool hears : {true, false}) {
        world<> w;
        auto& a = w.add_client();
        auto& b = w.add_client();
        auto& c = w.add_client();
        w.hold(a, "x");
        const auto held = w.hold(c, "y");
        w.fate_of = [&](node_id, node_id, const message& any) {
            return is_event(any) && !hears ? lost : at_once;
        };
        b.acquire("x", w.now);
        w.run(milliseconds(50));
        b.acquire("y", w.now);
        w.run(milliseconds(50));
        const auto youngest = a.acquire("y", w.now);
        w.run(milliseconds(50));
        c.core.release(held);
        REQUIRE(w.run_until([&] { return a.is(youngest, kind::failed); }, seconds(5)));
        CHECK(a.error(youngest) == errc::would_deadlock);
    }
}

TEST_CASE("an owner whose release is overtaken by its next acquire is not taken for a deadlock") {
    for (const int late_ms : {1, 5, 200}) {
        world<> w;
        auto& a = w.add_client();
        auto& b = w.add_client();
        const auto first = w.hold(a, "x");
        const auto other = w.hold(b, "y");
        const auto waiting = b.acquire("x", w.now);
        w.run(milliseconds(50));
        w.fate_of = [&](node_id, node_id, const message& any) {
            return command_in<lock::release>(any) ? fate{false, milliseconds(late_ms)} : at_once;
        };
        a.core.release(first);
        const auto next = a.acquire("y", w.now);
        INFO("release late by " << late_ms << " ms");
        CHECK(w.run_until([&] { return b.is(waiting, kind::granted); }, seconds(2)));
        b.core.release(other);
        CHECK(w.run_until([&] { return a.is(next, kind::granted); }, seconds(2)));
    }
}

TEST_CASE(
    "an owner that locks again before its release has arrived waits for that, not for itself") {
    for (const bool waits : {true, false}) {
        for (const int late_ms : {0, 1, 5, 200}) {
            world<> w;
            auto& a = w.add_client();
            const auto first = w.hold(a, "x");
            w.fate_of = [&](node_id, node_id, const message& any) {
                return command_in<lock::release>(any) ? fate{false, milliseconds(late_ms)}
                                                      : at_once;
            };
            a.core.release(first);
            const auto second = a.acquire("x", w.now, instant::never(), waits);
            INFO("release late by " << late_ms << " ms");
            CHECK(w.run_until([&] { return a.is(second, kind::granted); }, seconds(2)));
            CHECK(!a.error(first));
            const auto third = a.acquire("x", w.now, instant::never(), true);
            CHECK(w.run_until([&] { return a.is(third, kind::failed); }, seconds(2)));
            CHECK(a.error(third) == errc::self_deadlock);
        }
    }
}

TEST_CASE("who gives back late and asks again in another mode gets that mode, and meets nobody") {
    using lock::mode;
    for (const auto& [before, after] :
         {std::pair(mode::shared, mode::exclusive), std::pair(mode::exclusive, mode::shared),
          std::pair(mode::shared, mode::shared)}) {
        for (const bool waits : {true, false}) {
            world<> w;
            auto& a = w.add_client();
            auto& b = w.add_client();
            const auto first = a.acquire("x", w.now, instant::never(), true, 1, before);
            REQUIRE(w.run_until([&] { return a.is(first, kind::granted); }));
            w.fate_of = [](node_id, node_id, const message& any) {
                return command_in<lock::release>(any) ? fate{false, milliseconds(20)} : at_once;
            };
            a.core.release(first);
            const auto second = a.acquire("x", w.now, instant::never(), waits, 1, after);
            REQUIRE(w.run_until([&] { return a.is(second, kind::granted); }, seconds(2)));
            CHECK(!a.error(first));
            const auto reads = b.acquire("x", w.now, instant::never(), false, 1, mode::shared);
            REQUIRE(w.run_until([&] { return b.last(reads) != nullptr; }, seconds(2)));
            CHECK(b.is(reads, after == mode::shared ? kind::granted : kind::failed));
        }
    }
}

TEST_CASE("an owner whose cancel is on its way may ask again") {
    world<> w;
    auto& a = w.add_client();
    REQUIRE(w.run_until([&] { return a.core.phase() == client::phase::open; }));
    w.fate_of = [](node_id, node_id, const message& any) {
        if (command_in<lock::cancel>(any)) return fate{false, milliseconds(30)};
        return reply_in<lock::granted>(any) ? fate{false, milliseconds(2)} : at_once;
    };
    const auto first = a.acquire("x", w.now);
    w.run(milliseconds(1));
    a.core.cancel(first);
    const auto second = a.acquire("x", w.now);
    CHECK(w.run_until([&] { return a.is(second, kind::granted); }, seconds(2)));
    CHECK(w.holder("x") == a.core.find(second)->token);
}

TEST_CASE(
    "a waiter learns from its next renewal that the leader has changed, and asks what it has "
    "missed") {
    world<> w;
    auto& a = w.add_client();
    auto& b = w.add_client();
    const auto first = w.hold(a, "x");
    const auto second = b.acquire("x", w.now);
    w.run(seconds(20));  // by now b asks every eight seconds only
    const std::uint32_t old = w.leader();
    w.crash(old);
    a.core.release(first);
    REQUIRE(w.run_until([&] { return a.is(first, kind::released); }, seconds(2)));
    CHECK(w.holder("x").has_value());
    CHECK(w.run_until([&] { return b.is(second, kind::granted); }, milliseconds(2'600)));
}

TEST_CASE("what is answered to a session that is over is not taken for an answer to the next one") {
    world<> w;
    auto& a = w.add_client();
    REQUIRE(w.run_until([&] { return a.core.phase() == client::phase::open; }));
    bool is_cut = false;
    w.fate_of = [&](node_id from, node_id to, const message& any) {
        if (reply_in<lock::granted>(any)) return fate{false, seconds(20)};
        return is_cut && (from == a.self || to == a.self) ? lost : at_once;
    };
    a.acquire("x", w.now);
    w.run(milliseconds(10));
    is_cut = true;
    w.run(seconds(15));
    is_cut = false;
    REQUIRE(w.run_until([&] { return a.core.policy().observer.expiries == 1; }, seconds(3)));
    const auto second = a.acquire("y", w.now);
    w.run(seconds(6));
    CHECK(a.core.policy().observer.refusals.back().second == client::refusal::unknown_number);
    CHECK(a.last(second) == nullptr);
    CHECK(w.run_until([&] { return a.is(second, kind::granted); }, seconds(20)));
    CHECK(a.core.find(second)->token == w.holder("y"));
}
