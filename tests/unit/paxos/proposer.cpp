// tests/unit/paxos/proposer.cpp - the whole proposer: a ballot is reserved before it is used, and
// questions are asked until answered.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/proposer.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

template <class Storage>
using role = proposer<text, wire, Storage, watched>;

/// Proposer p, whose accepts learner l is sent, too.
template <class Storage = disk>
struct subject {
    explicit subject(limits limits = {})
        : one(*role<Storage>::make(seen_by(p), {}, {}, watched_by(seen, limits), {l})) {
        one.storage().syncs = 0;
    }

    std::error_code propose(std::uint64_t at, text value) {
        const auto error = one.propose(slot(at), std::move(value), now);
        CHECK(one.transport().letters.empty());
        return error;
    }

    template <class Message>
    void hand(node_id from, Message question) {
        one.receive(from, message(std::move(question)), now);
        CHECK(one.transport().letters.empty());
    }

    auto flush() {
        one.flush(now);
        return one.transport().take();
    }

    /// Proposes in slot 0 and wins phase 1 without having heard of a vote. Returns what it then
    /// says.
    auto lead(text value) {
        CHECK(!propose(0, std::move(value)));
        static_cast<void>(flush());
        hand(a, promise_of(one.attempt()));
        hand(b, promise_of(one.attempt()));
        CHECK(one.is_leading());
        return flush();
    }

    void choose(std::uint64_t at) {
        hand(a, accepted_of(one.attempt(), at));
        hand(b, accepted_of(one.attempt(), at));
    }

    /// Waits until the deadline and no longer.
    auto wait() {
        now = one.next_deadline();
        REQUIRE(now != instant::never());
        one.tick(now);
        return flush();
    }

    template <class Message>
    void refuses(node_id from, Message question, refusal why) {
        const auto before = one;
        seen.refused.clear();
        hand(from, std::move(question));
        CHECK(one == before);
        CHECK(fingerprint_of(one) == fingerprint_of(before));
        CHECK(seen.refused == std::vector{why});
        CHECK(flush().empty());
    }

    events seen;
    role<Storage> one;
    instant now = start;
};

template <class Storage>
role<Storage> restarted(subject<Storage>& last) {
    auto next =
        role<Storage>::recover(seen_by(p), {}, last.one.storage(), watched_by(last.seen), {l});
    REQUIRE(next.has_value());
    return *std::move(next);
}

}  // namespace

TEST_CASE("a proposer reserves its ballot durably before a prepare leaves [PMS 2.2, phase 1(a)]") {
    subject<slow_disk> one;
    CHECK(!one.propose(0, "x"));
    CHECK(one.flush().empty());
    REQUIRE(one.one.storage().started.size() == 1);
    one.one.synced(one.one.storage().started.front(), {});
    const auto sent = one.flush();
    CHECK(receivers<prepare>(sent) == node_set{a, b, c});
    CHECK(only<prepare>(sent).front() == prepare_of(p1));
}

TEST_CASE("a restarted proposer uses no ballot of its earlier life [PTP 2.2]") {
    subject one;
    static_cast<void>(one.lead("x"));
    const ballot used = one.one.attempt();
    auto next = restarted(one);
    CHECK(!next.attempt().exists());
    next.receive(a, promise_of(used), start);  // late, for the life before
    next.receive(b, promise_of(used), start);
    CHECK(!next.is_leading());
    CHECK(!next.propose(slot(0), "y", start));
    CHECK(next.attempt() > used);
    next.receive(a, promise_of(used), start);
    next.receive(b, promise_of(used), start);
    CHECK(!next.is_leading());
}

TEST_CASE("a ballot whose reservation a crash took back was told to nobody [PTP 2.2]") {
    subject one;
    CHECK(!one.propose(0, "x"));
    CHECK(one.one.transport().letters.empty());
    auto next = restarted(one);
    CHECK(!next.propose(slot(0), "x", start));
    CHECK(next.attempt() == p1);
}

TEST_CASE(
    "a leader asks all acceptors to vote for its value, and shows it to the learners [PMS 2.2]") {
    subject one;
    const auto sent = one.lead("x");
    CHECK(receivers<accept<text>>(sent) == node_set{a, b, c, l});
    for (const auto& said : only<accept<text>>(sent)) CHECK(said == accept_of(p1, 0, "x"));
    CHECK(one.one.storage().syncs == 1);  // for the reservation only
}

TEST_CASE("a leader proposes the value that it found [PMS 2.2, phase 2(a)]") {
    subject one;
    CHECK(!one.propose(0, "mine"));
    one.hand(a, refused{header(), p1, q1});
    static_cast<void>(one.wait());
    CHECK(one.one.attempt() == p2);
    one.hand(a, promise_of(p2, {vote_of(0, q1, "theirs")}));
    one.hand(b, promise_of(p2));
    for (const auto& said : only<accept<text>>(one.flush()))
        CHECK(said == accept_of(p2, 0, "theirs"));
    one.choose(0);
    REQUIRE(one.one.chosen(slot(0)) != nullptr);
    CHECK(*one.one.chosen(slot(0)) == "theirs");
}

TEST_CASE("a quorum of votes in its ballot tells the proposer what is chosen [PMS 2.3]") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.hand(a, accepted_of(p1, 0));
    CHECK(one.one.chosen(slot(0)) == nullptr);
    one.hand(a, accepted_of(p1, 0));
    CHECK(one.one.chosen(slot(0)) == nullptr);
    one.hand(c, accepted_of(p1, 0));
    REQUIRE(one.one.chosen(slot(0)) != nullptr);
    CHECK(*one.one.chosen(slot(0)) == "x");
    CHECK(one.one.chosen_below() == slot(1));
    CHECK(one.one.next_deadline() == instant::never());
}

TEST_CASE("phase 1 serves all slots: a leader asks for votes at once [PMMC fig 7]") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.choose(0);
    CHECK(!one.propose(1, "y"));
    const auto sent = one.flush();
    CHECK(only<prepare>(sent).empty());
    CHECK(only<accept<text>>(sent).size() == 4);
    CHECK(only<accept<text>>(sent).front().chosen_below == slot(1));
    one.choose(1);
    CHECK(*one.one.chosen(slot(1)) == "y");
}

TEST_CASE("slots are decided in any order, with holes between them") {
    subject one;
    CHECK(!one.propose(5, "five"));
    CHECK(!one.propose(2, "two"));
    static_cast<void>(one.flush());
    one.hand(a, promise_of(p1));
    one.hand(b, promise_of(p1));
    CHECK(only<accept<text>>(one.flush()).size() == 8);
    one.choose(5);
    CHECK(*one.one.chosen(slot(5)) == "five");
    CHECK(one.one.chosen(slot(2)) == nullptr);
    CHECK(one.one.chosen_below() == slot(0));
    one.choose(2);
    CHECK(*one.one.chosen(slot(2)) == "two");
    CHECK(!one.propose(0, "zero"));
    CHECK(!one.propose(1, "one"));
    one.choose(0);
    one.choose(1);
    CHECK(one.one.chosen_below() == slot(3));
    CHECK(one.one.next_deadline() == instant::never());
}

TEST_CASE(
    "votes found in slots that nobody asked for here are brought to an end, too [PMMC fig 7]") {
    subject one;
    CHECK(!one.propose(0, "x"));
    one.hand(a, refused{header(), p1, q1});
    static_cast<void>(one.wait());
    one.hand(a, promise_of(p2, {vote_of(3, q1, "theirs")}));
    one.hand(b, promise_of(p2));
    const auto sent = only<accept<text>>(one.flush());
    CHECK(sent.size() == 8);
    CHECK(sent.back() == accept_of(p2, 3, "theirs"));
    CHECK(one.propose(3, "mine") == errc::busy);
}

TEST_CASE("a promise in parts is adopted whole before anything is proposed [PMMC fig 7]") {
    subject one;
    CHECK(!one.propose(0, "mine"));
    CHECK(!one.propose(1, "mine"));
    one.hand(a, refused{header(), p1, q1});
    static_cast<void>(one.wait());
    one.hand(b, promise_of(p2));
    one.hand(
        a, promise<text>{header(), p2, slot(0), slot(1), slot(0), false, {vote_of(0, q1, "zero")}});
    const auto asked = one.flush();
    CHECK(only<accept<text>>(asked).empty());
    CHECK(only<prepare>(asked) == std::vector{prepare_of(p2, 1)});
    one.hand(a,
             promise<text>{header(), p2, slot(1), slot(2), slot(0), true, {vote_of(1, q1, "one")}});
    const auto sent = only<accept<text>>(one.flush());
    REQUIRE(sent.size() == 8);
    CHECK(sent.front() == accept_of(p2, 0, "zero"));
    CHECK(sent.back() == accept_of(p2, 1, "one"));
}

TEST_CASE("what cannot be proposed is refused at once, for a reason") {
    limits small;
    small.window = 3;
    subject one(small);
    CHECK(!one.propose(2, "x"));
    CHECK(one.propose(2, "y") == errc::busy);
    CHECK(one.propose(3, "y") == errc::overloaded);
    CHECK(one.propose(~std::uint64_t{0}, "y") == errc::overloaded);
    static_cast<void>(one.lead("zero"));
    one.choose(0);
    CHECK(one.propose(0, "late") == errc::busy);
    CHECK(!one.propose(3, "y"));
}

TEST_CASE("a refusal by a higher ballot makes a proposer wait and then go above it [PMS 2.2]") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.hand(c, refused{header(), p1, ballot(7, q)});
    CHECK(!one.one.is_leading());
    CHECK(one.seen.stepped_down == std::vector{p1});
    CHECK(one.flush().empty());
    one.one.tick(one.now);  // not yet
    CHECK(one.flush().empty());
    const auto sent = one.wait();
    CHECK(only<prepare>(sent).front().ballot == ballot(8, p));
}

TEST_CASE("a refusal that names no higher ballot changes nothing [PMS 2.2]") {
    subject one;
    static_cast<void>(one.lead("x"));
    const auto before = one.one;
    one.hand(c, refused{header(), p1, p1});
    CHECK(one.one == before);
    CHECK(one.seen.refused == std::vector{refusal::stale_reply});
    CHECK(one.one.is_leading());
}

TEST_CASE("votes of an earlier ballot are not counted for the present one [PMS 2.3]") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.hand(a, accepted_of(p1, 0));
    one.hand(c, refused{header(), p1, q1});
    static_cast<void>(one.wait());
    one.hand(a, promise_of(p2, {vote_of(0, p1, "x")}));
    one.hand(b, promise_of(p2));
    static_cast<void>(one.flush());
    one.hand(b, accepted_of(p2, 0));
    one.refuses(c, accepted_of(p1, 0), refusal::stale_reply);
    CHECK(one.one.chosen(slot(0)) == nullptr);
    one.hand(c, accepted_of(p2, 0));
    CHECK(*one.one.chosen(slot(0)) == "x");
}

TEST_CASE("an accept leaves with the ballot it was made for [PMS 2.2, phase 2(a)]") {
    subject<slow_disk> one;
    CHECK(!one.propose(0, "x"));
    static_cast<void>(one.flush());
    one.one.synced(one.one.storage().started.back(), {});
    static_cast<void>(one.flush());
    one.hand(a, promise_of(p1));
    one.hand(b, promise_of(p1));  // the accepts are staged now
    one.hand(c, refused{header(), p1, q1});
    one.now = one.one.next_deadline();
    one.one.tick(one.now);
    CHECK(one.one.attempt() == p2);
    const auto sent = only<accept<text>>(one.flush());
    CHECK(sent.size() == 4);
    for (const auto& said : sent) CHECK(said.ballot == p1);
}

TEST_CASE("an unanswered prepare is repeated, later each time, and syncs nothing more") {
    subject one;
    CHECK(!one.propose(0, "x"));
    CHECK(one.flush().size() == 3);
    duration before(0);
    for (int i = 0; i < 4; ++i) {
        const instant asked = one.now;
        CHECK(only<prepare>(one.wait()) == std::vector(3, prepare_of(p1)));
        const duration waited = one.now - asked;
        CHECK(waited > before / 2);
        before = waited;
    }
    CHECK(before >= milliseconds(160));
    CHECK(one.one.storage().syncs == 1);
    CHECK(one.one.attempt() == p1);
}

TEST_CASE("an unanswered accept is repeated to those who have not voted") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.hand(b, accepted_of(p1, 0));
    const auto sent = one.wait();
    CHECK(receivers<accept<text>>(sent) == node_set{a, c, l});
    CHECK(only<prepare>(sent).empty());
}

TEST_CASE("an accept of a leader that had nothing to do is repeated, too") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.choose(0);
    CHECK(one.one.next_deadline() == instant::never());
    CHECK(!one.propose(1, "y"));
    static_cast<void>(one.flush());  // and all of it is lost
    CHECK(only<accept<text>>(one.wait()).size() == 4);
}

TEST_CASE("a proposer that is beaten and has nothing left to do stays quiet") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.choose(0);
    one.hand(c, refused{header(), p1, q1});
    CHECK(one.wait().empty());
    CHECK(one.one.next_deadline() == instant::never());
}

TEST_CASE("a slot that the acceptors have forgotten is proposed no more [PMMC 4.1]") {
    subject one;
    CHECK(!one.propose(1, "late"));
    CHECK(!one.propose(8, "new"));
    static_cast<void>(one.flush());
    const auto forgetful = [](std::vector<vote<text>> votes) {
        return promise<text>{header(), p1, slot(0), slot(5), slot(5), true, std::move(votes)};
    };
    one.hand(a, forgetful({}));
    one.hand(b, promise_of(p1));
    const auto sent = only<accept<text>>(one.flush());
    CHECK(sent == std::vector(4, accept<text>{header(), p1, slot(8), slot(5), "new"}));
    CHECK(one.seen.fell_behind == std::vector{std::pair(slot(0), slot(5))});
    CHECK(one.one.chosen_below() == slot(5));
    CHECK(one.one.chosen(slot(1)) == nullptr);
    CHECK(one.propose(1, "again") == errc::busy);
    one.choose(8);
    CHECK(one.one.next_deadline() == instant::never());
}

TEST_CASE("an acceptor that forgets in the middle of a round ends it [PMMC 4.1]") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.hand(c, forgotten{header(), slot(3)});
    CHECK(one.seen.fell_behind == std::vector{std::pair(slot(0), slot(3))});
    CHECK(one.one.chosen_below() == slot(3));
    CHECK(one.one.next_deadline() == instant::never());
    const auto before = one.one;
    one.hand(b, forgotten{header(), slot(2)});
    CHECK(one.one == before);
    CHECK(one.seen.fell_behind.size() == 1);
    CHECK(one.seen.refused == std::vector{refusal::stale_reply});
}

TEST_CASE("a proposer that forgets lets go of values and nothing else") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.choose(0);
    one.one.forget(slot(1));
    CHECK(one.one.chosen(slot(0)) == nullptr);
    CHECK(one.one.chosen_below() == slot(1));
    CHECK(one.propose(0, "again") == errc::busy);
    one.refuses(c, accepted_of(p1, 0), refusal::stale_reply);
}

TEST_CASE("an error of the storage silences a proposer for good") {
    subject one;
    one.one.storage().error = broken_disk();
    CHECK(!one.propose(0, "x"));
    CHECK(one.flush().empty());
    CHECK(one.one.error() == broken_disk());
    CHECK(one.seen.failed == std::vector{broken_disk()});
    CHECK(one.propose(1, "y") == broken_disk());

    const auto before = one.one;
    one.hand(a, promise_of(p1));
    one.hand(b, promise_of(p1));
    one.hand(a, refused{header(), p1, q1});
    one.one.tick(one.now + seconds(100));
    CHECK(one.one == before);
    CHECK(one.flush().empty());
}

TEST_CASE("a proposer refuses what is not for it, and nothing changes") {
    subject one;
    static_cast<void>(one.lead("x"));
    const auto each = [&one](node_id from, message_header header, refusal why) {
        promise<text> promised = promise_of(p1);
        promised.header = header;
        one.refuses(from, promised, why);
        one.refuses(from, accepted{header, p1, slot()}, why);
        one.refuses(from, refused{header, p1, ballot(9, q)}, why);
        one.refuses(from, forgotten{header, slot(9)}, why);
    };
    each(a, {cluster_id(8), incarnation(1)}, refusal::wrong_cluster);
    each(a, {cluster_id(7), incarnation(0)}, refusal::wrong_incarnation);
    each(stranger, header(), refusal::unknown_sender);
    each(node_id(~std::uint32_t{0}), header(), refusal::unknown_sender);
    one.refuses(q, accepted_of(p1, 0), refusal::unknown_sender);  // a member, and no acceptor
    one.refuses(q, forgotten{header(), slot(9)}, refusal::unknown_sender);
    one.refuses(q, refused{header(), p1, q2}, refusal::unknown_sender);
}

TEST_CASE("a proposer refuses answers that answer nothing, and nothing changes") {
    subject one;
    static_cast<void>(one.lead("x"));
    one.refuses(a, refused{header(), p1, ballot()}, refusal::invalid_ballot);
    one.refuses(a, refused{header(), p1, ballot::from_packed(0xffU)}, refusal::invalid_ballot);
    one.refuses(a, accepted_of(p2, 0), refusal::stale_reply);
    one.refuses(a, accepted_of(p1, 1), refusal::stale_reply);
    one.refuses(a, accepted_of(p1, ~std::uint64_t{0}), refusal::stale_reply);
    one.refuses(a, promise_of(p1), refusal::stale_reply);
    one.refuses(a, prepare_of(ballot(9, a)), refusal::unexpected);
    one.refuses(a, accept_of(ballot(9, a), 0, "y"), refusal::unexpected);
    one.refuses(a, fetch{header(), slot()}, refusal::unexpected);
    one.refuses(a, voted_of(0, p1, "x"), refusal::unexpected);
}

TEST_CASE("no message that a peer can make up trips an assertion of a proposer") {
    subject one;
    CHECK(!one.propose(0, "x"));
    static_cast<void>(one.flush());
    const slot last(~std::uint64_t{0});
    one.hand(a, promise<text>{header(), p1, slot(), last, slot(), true, {}});
    one.hand(a, promise<text>{header(), p1, slot(), last, last, true, {}});
    one.hand(a, refused{header(), p1, ballot(ballot::max_round, node_id(63))});
    for (int i = 0; i < 3; ++i) CHECK(one.wait().empty());  // no ballot is left to try
    one.hand(a, forgotten{header(), last});
    CHECK(one.one.attempt() == p1);
}

TEST_CASE("proposers in different states differ in fingerprint, copies do not") {
    subject one;
    std::vector<role<disk>> states{one.one};
    const auto note = [&] { states.push_back(one.one); };
    CHECK(!one.propose(1, "x"));
    note();
    static_cast<void>(one.flush());
    note();
    one.hand(a, promise_of(p1));
    note();
    one.hand(b, promise_of(p1));
    note();
    static_cast<void>(one.flush());
    note();
    one.choose(1);
    note();
    CHECK(!one.propose(0, "y"));
    note();
    for (std::size_t i = 0; i < states.size(); ++i) {
        for (std::size_t j = 0; j < states.size(); ++j) {
            CHECK((states[i] == states[j]) == (i == j));
            CHECK((fingerprint_of(states[i]) == fingerprint_of(states[j])) == (i == j));
        }
    }
}
