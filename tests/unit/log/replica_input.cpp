// tests/unit/log/replica_input.cpp - messages that no honest peer sends now: refused with a reason,
// and nothing changes.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>

#include "cluster.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

using namespace synod;
using namespace synod::log_test;

namespace {

/// A leader, a follower, and what both know, before and after.
struct bad_input {
    bad_input() : leader(c.elect()), follower(c.follower_of(leader)) {
        (void)c.propose(leader, "x");
        c.run(milliseconds(50));
        led = c.at(leader).status().leader;
        before = picture();
        c.seen.refused.clear();
        c.network.record();
    }

    [[nodiscard]] std::vector<std::uint64_t> picture() {
        std::vector<std::uint64_t> all;
        for (const node_id node : {leader, follower}) {
            const replica_status s = c.at(node).status();
            all.insert(all.end(), {static_cast<std::uint64_t>(s.standing), s.leader.packed(),
                                   s.promised.packed(), s.first.value(), s.chosen_below.value(),
                                   s.applied_below.value(), s.next.value(), c.disk_of(node).records,
                                   c.machine(node).lines.size()});
        }
        return all;
    }

    template <class Message>
    void refuses(refusal why, node_id to, node_id from, Message message) {
        c.hand(to, from, std::move(message));
        CHECK(c.seen.refused[why] == 1);
        CHECK(picture() == before);
        CHECK(c.network.recorded.empty());
        c.seen.refused.clear();
    }

    cluster<> c;
    node_id leader;
    node_id follower;
    ballot led;
    std::vector<std::uint64_t> before;
    buffer_pool pool{sharing::one_thread};
};

}  // namespace

/// Out of line: inlined, gcc 12 takes the moved variant for an uninitialised one.
[[gnu::noinline]] static replica_message as_any(const accepted& message) { return message; }

TEST_CASE("another cluster, a stranger, or an old life of a disk is not listened to") {
    bad_input t;
    const message_header good = t.c.header_of(t.leader);
    const ballot high(99, t.leader);
    t.refuses(refusal::wrong_cluster, t.follower, t.leader,
              prepare{{cluster_id(8), good.sender}, high, slot()});
    t.refuses(refusal::unknown_sender, t.follower, node_id(9),
              prepare{good, ballot(99, node_id(9)), slot()});
    t.refuses(refusal::unknown_sender, t.follower, node_id(4'000'000),
              heartbeat{good, high, 1, slot(), slot()});
    t.refuses(refusal::wrong_incarnation, t.follower, t.leader,
              prepare{{good.cluster, incarnation(2)}, high, slot()});
    t.refuses(refusal::wrong_cluster, t.leader, t.follower,
              as_any(accepted{{cluster_id(8), good.sender}, t.led, slot(0)}));
}

TEST_CASE("nobody speaks for another's ballot, or for one that nobody makes") {
    bad_input t;
    const message_header header = t.c.header_of(t.follower);
    const entry value = entry::make(t.pool, entry_kind::commands, t.led, 0);
    const ballot of_leader(99, t.leader);
    t.refuses(refusal::invalid_ballot, t.leader, t.follower, prepare{header, of_leader, slot()});
    t.refuses(refusal::invalid_ballot, t.leader, t.follower,
              accept<entry>{header, of_leader, slot(5), slot(), value});
    t.refuses(refusal::invalid_ballot, t.leader, t.follower,
              heartbeat{header, of_leader, 1, slot(), slot()});
    t.refuses(refusal::invalid_ballot, t.leader, t.follower, transfer{header, of_leader});
    t.refuses(refusal::invalid_ballot, t.follower, t.leader, prepare{header, ballot(), slot()});
    t.refuses(refusal::invalid_ballot, t.follower, t.leader, refused{header, t.led, ballot()});
    t.refuses(refusal::invalid_ballot, t.leader, t.follower,
              probe_reply{header, 1, ballot::from_packed(~std::uint64_t{0})});
}

TEST_CASE("an accept or a chosen value without an entry is malformed") {
    bad_input t;
    const message_header header = t.c.header_of(t.leader);
    t.refuses(refusal::malformed, t.follower, t.leader,
              accept<entry>{header, t.led, slot(5), slot(), entry()});
    t.refuses(refusal::malformed, t.follower, t.leader,
              chosen<entry>{header, {slot(5), t.led, entry()}});
    t.refuses(refusal::malformed, t.follower, t.leader,
              chosen<entry>{header,
                            {slot(5), ballot(), entry::make(t.pool, entry_kind::no_op, t.led, 0)}});
}

TEST_CASE("answers to questions that nobody asked are dropped") {
    bad_input t;
    const message_header header = t.c.header_of(t.follower);
    t.refuses(refusal::stale_reply, t.leader, t.follower, accepted{header, t.led, slot(1'000)});
    t.refuses(refusal::stale_reply, t.leader, t.follower,
              accepted{header, ballot(1, t.follower), slot(0)});
    t.refuses(refusal::stale_reply, t.leader, t.follower,
              heartbeat_reply{header, t.led, 1'000'000, slot()});
    t.refuses(refusal::stale_reply, t.leader, t.follower,
              promise<entry>{header, t.led, slot(), slot(), slot(), true, {}});
    t.refuses(refusal::stale_reply, t.follower, t.leader, accepted{header, t.led, slot(0)});
    t.refuses(refusal::stale_reply, t.leader, t.follower, probe_reply{header, 77, ballot()});
    t.refuses(refusal::stale_reply, t.leader, t.follower, refused{header, t.led, t.led});
    t.refuses(refusal::stale_reply, t.leader, t.follower, forgotten{header, slot(1'000)});
}

TEST_CASE("a follower that misses nothing believes nobody who says that he has trimmed it") {
    bad_input t;
    const message_header header = t.c.header_of(t.leader);
    const entry value = entry::make(t.pool, entry_kind::no_op, t.led, 0);
    t.refuses(refusal::stale_reply, t.follower, t.leader, forgotten{header, slot(1'000)});
    t.refuses(refusal::stale_reply, t.follower, t.leader, forgotten{header, slot(0)});
    t.refuses(refusal::stale_reply, t.follower, t.leader,
              chosen<entry>{header, {slot(0), t.led, value}});
    CHECK(!t.c.at(t.follower).status().is_behind);
}

TEST_CASE("a stale answer to a probe does not drive the next ballot up") {
    bad_input t;
    const ballot far(1'000'000, t.follower);
    t.refuses(refusal::stale_reply, t.leader, t.follower,
              probe_reply{t.c.header_of(t.follower), 77, far});
    t.c.isolate(t.leader);
    t.c.run(seconds(3));
    t.c.heal();
    t.c.run(milliseconds(100));
    const auto next = t.c.leader();
    REQUIRE(next.has_value());
    REQUIRE(*next != t.leader);
    REQUIRE(!t.c.at(*next).transfer_leadership(t.leader, t.c.now()));
    t.c.run(milliseconds(100));
    REQUIRE(t.c.leader() == t.leader);
    CHECK(t.c.at(t.leader).status().leader > t.led);
    CHECK(t.c.at(t.leader).status().leader.round() < far.round());
}

TEST_CASE("a promise that contradicts itself does not make a candidate believe that it is behind") {
    bad_input t;
    const message_header header = t.c.header_of(t.leader);
    REQUIRE(!t.c.at(t.leader).transfer_leadership(t.follower, t.c.now()));
    for (const node_id other : t.c.all() - node_set{t.follower}) t.c.cut(t.follower, other);
    t.c.run(milliseconds(60));
    REQUIRE(t.c.at(t.follower).status().standing == standing::preparing);
    const ballot attempt = t.c.at(t.follower).status().promised;
    REQUIRE(attempt.proposer() == t.follower);
    const slot from = t.c.at(t.follower).status().chosen_below;
    t.c.seen.refused.clear();

    t.c.hand(t.follower, t.leader,
             promise<entry>{header, attempt, from, from, slot(1'000), true, {}});
    CHECK(t.c.seen.refused[refusal::invalid_slot] == 1);
    CHECK(t.c.at(t.follower).status().standing == standing::preparing);
    CHECK(!t.c.at(t.follower).status().is_behind);

    t.c.hand(t.follower, t.leader,
             promise<entry>{header, attempt, from, slot(1'000), slot(1'000), true, {}});
    CHECK(t.c.at(t.follower).status().standing == standing::follower);
    CHECK(t.c.at(t.follower).status().is_behind);
    CHECK(t.c.seen.fell_behind == 1);
}

TEST_CASE("a leader that is not followed any more has nothing to hand over") {
    bad_input t;
    const message_header header = t.c.header_of(t.leader);
    t.refuses(refusal::unexpected, t.follower, t.leader,
              transfer{header, ballot(t.led.round() + 1, t.leader)});
    t.refuses(refusal::unexpected, t.leader, t.follower,
              transfer{t.c.header_of(t.follower), ballot(t.led.round() + 1, t.follower)});
}

TEST_CASE("slots at the end of all numbers change nothing and trip nothing") {
    bad_input t;
    const slot last(~std::uint64_t{0});
    const message_header header = t.c.header_of(t.leader);
    const entry value = entry::make(t.pool, entry_kind::no_op, t.led, 0);
    t.c.hand(t.follower, t.leader, accept<entry>{header, t.led, last, slot(), value});
    t.c.hand(t.follower, t.leader, chosen<entry>{header, {last, t.led, value}});
    t.c.hand(t.follower, t.leader, fetch{header, last});
    t.c.hand(t.leader, t.follower, accepted{header, t.led, last});
    t.c.hand(t.leader, t.follower, probe_reply{header, 77, ballot()});
    CHECK(t.picture() == t.before);
    t.c.hand(t.follower, t.leader, forgotten{header, slot(3)});
    t.c.hand(t.follower, t.leader, transfer{header, ballot(99, t.leader)});
    t.c.run(milliseconds(200));
    CHECK(t.c.leader() == t.leader);
}

TEST_CASE("a watermark beyond everything makes a follower ask, and harms nobody") {
    bad_input t;
    const message_header header = t.c.header_of(t.leader);
    t.c.hand(t.follower, t.leader,
             heartbeat{header, t.led, 9, slot(~std::uint64_t{0}), slot(~std::uint64_t{0})});
    CHECK(t.c.at(t.follower).status().trimmable_below <= t.c.at(t.follower).status().applied_below);
    t.c.run(seconds(1));
    (void)t.c.propose(t.leader, "y");
    t.c.run(milliseconds(100));
    CHECK(t.c.agrees());
}

TEST_CASE("a request for a vote that calls its own slot chosen is refused [PMS 2.3]") {
    bad_input t;
    const slot next = t.c.at(t.leader).status().next;
    slot behind = next;
    ++behind;
    const entry value = entry::make(t.pool, entry_kind::no_op, t.led, 0);
    t.refuses(refusal::invalid_slot, t.follower, t.leader,
              accept<entry>{t.c.header_of(t.leader), t.led, next, behind, value});
    CHECK(t.c.at(t.follower).status().applied_below == next);
}

TEST_CASE("a value that nobody asked for is not believed to be chosen") {
    bad_input t;
    // Whoever has asked once waits no more once nothing is missing.
    t.c.cut(t.leader, t.follower);
    (void)t.c.propose(t.leader, "missed");
    t.c.run(milliseconds(20));
    t.c.heal();
    t.c.run(milliseconds(100));
    REQUIRE(t.c.at(t.follower).status().applied_below == t.c.at(t.leader).status().next);
    t.before = t.picture();
    t.c.seen.refused.clear();
    t.c.network.record();
    const entry missed = entry::make(t.pool, entry_kind::no_op, t.led, 0);
    t.refuses(
        refusal::stale_reply, t.follower, t.leader,
        chosen<entry>{t.c.header_of(t.leader), {t.c.at(t.leader).status().next, t.led, missed}});

    const ballot later(t.led.round() + 1, t.follower);
    const slot next = t.c.at(t.leader).status().next;
    const entry value = entry::make(t.pool, entry_kind::no_op, later, 0);
    t.refuses(refusal::stale_reply, t.leader, t.follower,
              chosen<entry>{t.c.header_of(t.follower), {next, later, value}});
}

TEST_CASE("a vote of a node that has none is not counted [PMS 2.3]") {
    cluster<> c(4, test_limits(), 1, {}, 1);
    const node_id leader = c.elect();
    const node_id outsider(3);
    REQUIRE(leader != outsider);
    const ballot led = c.at(leader).status().leader;
    c.seen.refused.clear();
    c.hand(leader, outsider, accepted{c.header_of(outsider), led, slot(0)});
    CHECK(c.seen.refused[refusal::stale_reply] == 1);
}

TEST_CASE("a heartbeat of a ballot that was beaten is refused, and its leader told") {
    bad_input t;
    const node_id third = *(t.c.all() - node_set{t.leader, t.follower}).begin();
    t.c.hand(t.follower, third, prepare{t.c.header_of(third), ballot(99, third), slot()});
    t.before = t.picture();
    t.c.seen.refused.clear();
    t.c.network.record();
    t.c.hand(t.follower, t.leader, heartbeat{t.c.header_of(t.leader), t.led, 1, slot(), slot()});
    CHECK(t.c.seen.refused[refusal::promised_higher] == 1);
    CHECK(t.picture() == t.before);
    CHECK(t.c.network.sent<refused>().size() == 1);
}

TEST_CASE("a heartbeat that says more is applied than chosen is refused") {
    bad_input t;
    t.refuses(refusal::invalid_slot, t.follower, t.leader,
              heartbeat{t.c.header_of(t.leader), t.led, 9, slot(1), slot(2)});
}

namespace {

/// Messages of every kind, of which each field is plausible, borderline or absurd by itself.
class forger {
public:
    forger(bad_input& t, std::uint64_t seed) : t_(t), random_(seed) {}

    [[nodiscard]] node_id node() { return node_id(static_cast<std::uint32_t>(random_.below(3))); }

    [[nodiscard]] replica_message message(node_id to, node_id from) {
        const message_header header = t_.c.header_of(from);
        switch (random_.below(13)) {
            case 0:
                return accept<entry>{header, some_ballot(to, from), at(to), at(to), value(from)};
            case 1: return accepted{header, some_ballot(to, from), at(to)};
            case 2: return heartbeat{header, some_ballot(to, from), number(), at(to), at(to)};
            case 3: return heartbeat_reply{header, some_ballot(to, from), number(), at(to)};
            case 4: return prepare{header, some_ballot(to, from), at(to)};
            case 5: return promise_of(to, from);
            case 6: return refused{header, some_ballot(to, from), some_ballot(to, from)};
            case 7: return probe{header, number()};
            case 8: return probe_reply{header, number(), some_ballot(to, from)};
            case 9: return fetch{header, at(to)};
            case 10: return chosen<entry>{header, some_vote(to, from)};
            case 11: return forgotten{header, at(to)};
            default: return transfer{header, some_ballot(to, from)};
        }
    }

private:
    [[nodiscard]] std::uint64_t number() {
        const std::uint64_t some[] = {0, 1, 2, random_.below(100), ~std::uint64_t{0}};
        return some[random_.below(std::size(some))];
    }
    [[nodiscard]] slot at(node_id to) {
        const replica_status status = t_.c.at(to).status();
        const std::uint64_t next = status.chosen_below.value();
        const std::uint64_t some[] = {0,
                                      1,
                                      status.first.value(),
                                      next - 1,
                                      next,
                                      next + 1,
                                      next + 63,
                                      next + 64,
                                      next + 511,
                                      next + 1024,
                                      ~std::uint64_t{0}};
        return slot(some[random_.below(std::size(some))]);
    }
    [[nodiscard]] ballot some_ballot(node_id to, node_id from) {
        const replica_status status = t_.c.at(to).status();
        const std::uint64_t round = std::min(status.promised.round(), ballot::max_round - 2);
        // Rarely beyond all, for after a ballot of the last round there is no other.
        if (random_.below(400) == 0) return ballot::from_packed(number() - random_.below(512));
        switch (random_.below(6)) {
            case 0: return {};
            case 1: return status.promised;
            case 2: return status.leader;
            case 3: return ballot(round + 1 + random_.below(2), from);
            case 4: return ballot(round + 1, node());
            default: return ballot(1, from);
        }
    }
    [[nodiscard]] entry value(node_id from) {
        bytes frames;
        byte_writer(frames).block(as_bytes("forged"));
        const ballot origin(1 + random_.below(9), from);
        const auto elapsed = static_cast<std::uint32_t>(number());
        switch (random_.below(4)) {
            case 0: return {};
            case 1: return entry::make(t_.pool, entry_kind::no_op, origin, elapsed);
            case 2: return entry::make(t_.pool, entry_kind::new_leader, origin, elapsed);
            default: return entry::make(t_.pool, entry_kind::commands, origin, elapsed, 1, frames);
        }
    }
    [[nodiscard]] vote<entry> some_vote(node_id to, node_id from) {
        return {at(to), some_ballot(to, from), value(from)};
    }
    [[nodiscard]] promise<entry> promise_of(node_id to, node_id from) {
        promise<entry> made{t_.c.header_of(from), some_ballot(to, from), at(to), at(to), at(to),
                            random_.below(2) == 0};
        for (std::uint64_t i = random_.below(4); i > 0; --i) {
            made.votes.push_back(some_vote(to, from));
        }
        return made;
    }

    bad_input& t_;
    prng random_;
};

}  // namespace

TEST_CASE("no message trips an assertion, whatever is in it and whoever gets it") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        bad_input t;
        forger forge(t, seed);
        for (int i = 0; i < 500; ++i) {
            const node_id to = forge.node();
            const node_id from = forge.node();
            if (to != from) t.c.hand(to, from, forge.message(to, from));
            if (i % 8 == 0) t.c.run(milliseconds(20));
        }
        std::size_t reasons = 0;
        for (const refusal why :
             {refusal::invalid_ballot, refusal::invalid_slot, refusal::promised_higher,
              refusal::forgotten_slot, refusal::beyond_window, refusal::stale_reply,
              refusal::malformed, refusal::unexpected}) {
            reasons += t.c.seen.refused[why] > 0 ? 1 : 0;
        }
        CHECK(reasons >= 5);
    }
}
