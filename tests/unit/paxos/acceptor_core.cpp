// tests/unit/paxos/acceptor_core.cpp - given an acceptor's state, one message, one answer.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/acceptor_core.hpp>
#include <synod/paxos/invariant.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

/// A core, and what it decides. Each message is followed by the invariants that no message may
/// break.
struct subject {
    explicit subject(limits limits = {}) : out(seen_by(a), watched_by(seen, limits)) {}

    template <class Message>
    message ask(node_id from, Message question) {
        out.sent.clear();
        out.records.clear();
        const auto before = core;
        core.receive(from, std::move(question), out);
        CHECK(invariant::accepted_within_promise(core));
        CHECK(invariant::promise_never_falls(before, core));
        CHECK(invariant::vote_never_regresses(before, core));
        REQUIRE(out.sent.size() <= 1);
        if (out.sent.empty()) return {};
        CHECK(out.sent.front().to == from);
        return out.sent.front().message;
    }

    /// The answer must be of that type.
    template <class Answer, class Message>
    Answer expect(node_id from, Message question) {
        const message said = ask(from, std::move(question));
        const auto* const answer = said.template get_if<Answer>();
        REQUIRE(answer != nullptr);
        return *answer;
    }

    events seen;
    acceptor_core<text> core;
    support::recorder<text, watched> out;
};

}  // namespace

TEST_CASE("an acceptor promises a ballot above its promise [PMS 2.2, phase 1(b)]") {
    subject one;
    const auto said = one.expect<promise<text>>(p, prepare_of(p1));
    CHECK(said == promise_of(p1));
    CHECK(one.core.promised() == p1);
    CHECK(one.out.records == std::vector<decltype(one.out)::record>{promise_record{p1}});
    CHECK(one.seen.promised == std::vector{p1});

    one.expect<promise<text>>(q, prepare_of(q1));  // same round, higher proposer
    CHECK(one.core.promised() == q1);
}

TEST_CASE("an acceptor refuses a ballot below its promise [PMS 2.2, phase 1(b)]") {
    subject one;
    one.ask(q, prepare_of(q1));
    const auto before = one.core;
    const auto said = one.expect<refused>(p, prepare_of(p1));
    CHECK(said.beaten == p1);
    CHECK(said.promised == q1);
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
    CHECK(one.seen.refused == std::vector{refusal::promised_higher});
}

TEST_CASE("an acceptor answers a repeated prepare as it did before [PTP 2.3, step 2]") {
    subject one;
    const auto first = one.expect<promise<text>>(p, prepare_of(p1));
    const auto before = one.core;
    CHECK(one.expect<promise<text>>(p, prepare_of(p1)) == first);
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
    CHECK(one.seen.promised.size() == 1);
}

TEST_CASE("an acceptor votes in the ballot that it promised [PMS 2.2, phase 2(b)]") {
    subject one;
    one.ask(p, prepare_of(p1));
    CHECK(one.expect<accepted>(p, accept_of(p1, 0, "x")) == accepted_of(p1, 0));
    CHECK(one.core.votes().at(slot(0)) == vote_of(0, p1, "x"));
    CHECK(one.out.records == std::vector<decltype(one.out)::record>{vote_of(0, p1, "x")});
    CHECK(one.seen.accepted == std::vector{std::pair(slot(0), p1)});
}

TEST_CASE("an acceptor refuses to vote below its promise [PMS 2.2, phase 2(b)]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    one.ask(q, prepare_of(q2));
    const auto before = one.core;
    const auto said = one.expect<refused>(p, accept_of(p2, 0, "y"));
    CHECK(said.beaten == p2);
    CHECK(said.promised == q2);
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
}

TEST_CASE("one promise holds in all slots [PMS 2.2, phase 2(b)]") {
    subject one;
    one.ask(q, prepare_of(q2, 5));
    one.expect<refused>(p, accept_of(p1, 0, "x"));
    one.expect<refused>(p, accept_of(p1, 9, "x"));
    one.expect<accepted>(q, accept_of(q2, 0, "y"));
}

TEST_CASE("a vote in a ballot that was never promised promises it [PMMC 2.2]") {
    subject one;
    one.expect<accepted>(q, accept_of(q2, 0, "y"));
    CHECK(one.core.promised() == q2);
    one.expect<refused>(p, prepare_of(p2));
    one.expect<refused>(p, accept_of(p2, 0, "x"));
    CHECK(one.core.votes().value_of(slot(0)) == "y");
}

TEST_CASE("a repeated accept is answered again and kept once [PMS 2.2, phase 2(b)]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    const auto before = one.core;
    CHECK(one.expect<accepted>(p, accept_of(p1, 0, "x")) == accepted_of(p1, 0));
    CHECK(one.out.records.empty());
    CHECK(one.core == before);
    CHECK(one.seen.accepted.size() == 1);
}

TEST_CASE("a vote of a higher ballot takes the place of the old one [PMS 2.2, phase 2(b)]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    one.expect<accepted>(q, accept_of(q2, 0, "y"));
    CHECK(one.core.votes().at(slot(0)) == vote_of(0, q2, "y"));
}

TEST_CASE("a promise reports the vote with the ballot it was cast in [PMS 2.2, phase 1(b)]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    one.ask(q, prepare_of(q1));
    const auto said = one.expect<promise<text>>(q, prepare_of(q2));
    CHECK(said == promise_of(q2, {vote_of(0, p1, "x")}));
}

TEST_CASE(
    "a promise reports every vote from the slot asked for, over holes [PMS 2.2, phase 1(b)]") {
    subject one;
    for (const std::uint64_t at : {1U, 3U, 6U}) one.ask(p, accept_of(p1, at, "x"));
    const auto said = one.expect<promise<text>>(q, prepare_of(q2, 2));
    CHECK(said.from == slot(2));
    CHECK(said.next == slot(7));
    CHECK(said.complete);
    CHECK(said.votes == std::vector{vote_of(3, p1, "x"), vote_of(6, p1, "x")});
}

TEST_CASE("a promise that cannot hold all votes says so, and where the rest begins [PMMC fig 7]") {
    limits small;
    small.votes_per_answer = 2;
    subject one(small);
    for (const std::uint64_t at : {0U, 2U, 5U}) one.ask(p, accept_of(p1, at, "x"));

    const auto first = one.expect<promise<text>>(q, prepare_of(q2, 0));
    CHECK(first.votes == std::vector{vote_of(0, p1, "x"), vote_of(2, p1, "x")});
    CHECK(!first.complete);
    CHECK(first.next == slot(3));

    const auto second = one.expect<promise<text>>(q, prepare_of(q2, first.next.value()));
    CHECK(second.votes == std::vector{vote_of(5, p1, "x")});
    CHECK(second.complete);
    CHECK(second.next == slot(6));
}

TEST_CASE("a promise that holds exactly all votes is complete [PMMC fig 7]") {
    limits small;
    small.votes_per_answer = 2;
    subject one(small);
    for (const std::uint64_t at : {0U, 1U}) one.ask(p, accept_of(p1, at, "x"));
    CHECK(one.expect<promise<text>>(q, prepare_of(q2)).complete);
}

TEST_CASE("a prepare from beyond all votes is answered with none") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    const auto said = one.expect<promise<text>>(q, prepare_of(q2, 9));
    CHECK(said.votes.empty());
    CHECK(said.from == slot(9));
    CHECK(said.next == slot(9));
    CHECK(said.complete);
}

TEST_CASE("no vote is cast in a forgotten slot [PMMC 4.1]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "x"));
    one.core.forget(slot(3));
    const auto before = one.core;
    CHECK(one.expect<forgotten>(q, accept_of(q2, 2, "y")).first == slot(3));
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
    CHECK(one.seen.refused == std::vector{refusal::forgotten_slot});
    one.expect<accepted>(q, accept_of(q2, 3, "y"));
}

TEST_CASE("a promise does not call a forgotten slot empty [PMMC 4.1]") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 2U}) one.ask(p, accept_of(p1, at, "x"));
    one.core.forget(slot(2));
    const auto said = one.expect<promise<text>>(q, prepare_of(q2));
    CHECK(said.first == slot(2));
    CHECK(said.votes == std::vector{vote_of(2, p1, "x")});
}

TEST_CASE("a slot further ahead than the acceptor may remember is refused and nothing is kept") {
    limits small;
    small.window = small.retained = 4;
    subject one(small);
    const auto before = one.core;
    for (const std::uint64_t at : {std::uint64_t{4}, ~std::uint64_t{0}}) {
        CHECK(one.ask(p, accept_of(p1, at, "x")) == message());
        CHECK(one.out.sent.empty());
        CHECK(one.core == before);
    }
    CHECK(one.seen.refused == std::vector(2, refusal::beyond_window));
    one.expect<accepted>(p, accept_of(p1, 3, "x"));
    one.core.forget(slot(1));
    one.expect<accepted>(p, accept_of(p1, 4, "x"));
}

TEST_CASE("a chosen value is taken over whatever is promised [PMS 2.2, P2]") {
    subject one;
    one.ask(p, accept_of(p1, 0, "old"));
    one.ask(q, prepare_of(q2));
    one.core.learn(b, vote_of(0, p2, "chosen"), one.out);
    CHECK(one.core.votes().at(slot(0)) == vote_of(0, p2, "chosen"));
    CHECK(one.core.promised() == q2);
}

TEST_CASE("a vote at least as recent as the chosen one is left alone [PMS 2.2, P2]") {
    subject one;
    one.ask(q, accept_of(q2, 0, "x"));
    const auto before = one.core;
    one.out.records.clear();
    one.core.learn(b, vote_of(0, q2, "x"), one.out);
    one.core.learn(b, vote_of(0, p1, "x"), one.out);
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
}

TEST_CASE("a core replays its records in any state of forgetting") {
    acceptor_core<text> core;
    core.recover(promise_record{q1});
    core.recover(forget_record{slot(2)});
    core.recover(vote_of(1, p1, "gone"));
    core.recover(vote_of(3, p1, "x"));
    CHECK(core.promised() == q1);
    CHECK(core.votes().first() == slot(2));
    CHECK(core.votes().at(slot(3)) == vote_of(3, p1, "x"));
    core.recover(vote_of(4, q2, "y"));
    CHECK(core.promised() == q2);
}

TEST_CASE("cores in different states differ in fingerprint, copies do not") {
    subject one;
    one.ask(p, prepare_of(p1));
    const auto promised = one.core;
    const auto copy = promised;
    one.ask(p, accept_of(p1, 0, "x"));
    const auto voted = one.core;
    one.ask(q, accept_of(q1, 0, "x"));
    CHECK(copy == promised);
    CHECK(fingerprint_of(copy) == fingerprint_of(promised));
    CHECK(promised != voted);
    CHECK(voted != one.core);
    CHECK(fingerprint_of(promised) != fingerprint_of(voted));
    CHECK(fingerprint_of(voted) != fingerprint_of(one.core));
}
