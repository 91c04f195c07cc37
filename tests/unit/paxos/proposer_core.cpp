// tests/unit/paxos/proposer_core.cpp - phase 1: what a proposer asks, whom it believes, and what
// binds it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/proposer_core.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

/// Proposer p. Its first attempt is p1, the next p2.
struct subject {
    explicit subject(limits limits = {}) : out(seen_by(p), watched_by(seen, limits)) {}

    void start(std::uint64_t from = 0) {
        out.sent.clear();
        core.start(slot(from), out);
    }

    /// Whether phase 1 ended with it.
    bool hand(node_id from, promise<text> message) {
        out.sent.clear();
        return core.receive(from, std::move(message), out);
    }

    /// The promise changes nothing.
    void refuses(node_id from, const promise<text>& message, refusal why) {
        const auto before = core;
        seen.refused.clear();
        CHECK(!hand(from, message));
        CHECK(core == before);
        CHECK(fingerprint_of(core) == fingerprint_of(before));
        CHECK(out.sent.empty());
        CHECK(seen.refused == std::vector{why});
    }

    [[nodiscard]] const vote<text>* bound(std::uint64_t at) const {
        return core.bound(slot(at), rules());
    }
    [[nodiscard]] slot first_free() const { return core.first_free(rules()); }

    events seen;
    proposer_core<text> core;
    support::recorder<text, watched> out;
};

/// A part of a promise: the votes in the slots from `from` up to but not including `next`.
promise<text> part(std::uint64_t from, std::uint64_t next, bool complete,
                   std::vector<vote<text>> votes = {}) {
    return {header(), p1, slot(from), slot(next), slot(), complete, std::move(votes)};
}

}  // namespace

TEST_CASE("a proposer begins by reserving a ballot and asking all [PMS 2.2, phase 1(a)]") {
    subject one;
    one.start(4);
    CHECK(one.core.attempt() == p1);
    CHECK(one.out.records == std::vector<decltype(one.out)::record>{reserve_record{p1}});
    CHECK(receivers<prepare>(one.out.sent) == node_set{a, b, c});
    for (const prepare& asked : only<prepare>(one.out.sent)) CHECK(asked == prepare_of(p1, 4));
    CHECK(!one.core.is_leading());
}

TEST_CASE("every attempt has a ballot above all that were used or seen [PTP 2.2]") {
    subject one;
    one.start();
    one.start();
    CHECK(one.core.attempt() == p2);
    one.core.see(ballot(17, q));
    one.start();
    CHECK(one.core.attempt() == ballot(18, p));
    one.core.see(ballot(3, q));
    one.start();
    CHECK(one.core.attempt() == ballot(19, p));
}

TEST_CASE("a proposer that recovers goes on above what it had reserved or promised [PTP 2.2]") {
    subject one;
    one.core.recover(reserve_record{p3});
    one.start();
    CHECK(one.core.attempt() == ballot(4, p));

    subject other;
    other.core.recover(promise_record{ballot(9, q)});
    other.start();
    CHECK(other.core.attempt() == ballot(10, p));
}

TEST_CASE("a proposer that has no ballot left does nothing [PTP 2.2]") {
    subject one;
    one.core.see(ballot(ballot::max_round - 1, q));
    one.start();
    CHECK(one.core.attempt() == ballot(ballot::max_round, p));
    one.core.stop(one.out);
    const auto before = one.core;
    one.out.records.clear();
    one.start();
    CHECK(one.core == before);
    CHECK(one.out.records.empty());
    CHECK(one.out.sent.empty());
}

TEST_CASE("a quorum of promises ends phase 1, once [PMS 2.2, phase 2(a)]") {
    subject one;
    one.start();
    CHECK(!one.hand(a, promise_of(p1)));
    CHECK(one.hand(c, promise_of(p1)));
    CHECK(one.core.is_leading());
    CHECK(one.seen.elected == std::vector{p1});
    one.refuses(b, promise_of(p1), refusal::stale_reply);
}

TEST_CASE("each acceptor counts once, however often it promises [PTP 2.1]") {
    subject one;
    one.start();
    for (int i = 0; i < 5; ++i) CHECK(!one.hand(a, promise_of(p1)));
    CHECK(!one.core.is_leading());
    CHECK(one.hand(b, promise_of(p1)));
}

TEST_CASE("only acceptors count [PTP 2.1]") {
    subject one;
    one.start();
    for (const node_id from : {p, q, l, stranger}) {
        one.refuses(from, promise_of(p1), refusal::stale_reply);
    }
}

TEST_CASE("a promise of another ballot does not count [PMS 2.2, phase 2(a)]") {
    subject one;
    one.start();
    one.start();  // p2 now
    one.refuses(a, promise_of(p1), refusal::stale_reply);
    one.refuses(b, promise_of(q2), refusal::stale_reply);
    one.refuses(c, promise_of(p3), refusal::stale_reply);
    CHECK(!one.hand(a, promise_of(p2)));
    CHECK(one.hand(b, promise_of(p2)));
}

TEST_CASE("a promise to a proposer that has stopped does not count") {
    subject one;
    one.refuses(a, promise_of(p1), refusal::stale_reply);
    one.start();
    one.core.stop(one.out);
    one.refuses(a, promise_of(p1), refusal::stale_reply);
}

TEST_CASE("the reported vote of the highest ballot binds the proposer [PMS 2.2, phase 2(a)]") {
    const auto low = promise_of(p3, {vote_of(0, p1, "low")});
    const auto high = promise_of(p3, {vote_of(0, q2, "high")});
    for (const bool low_first : {true, false}) {
        subject one;
        one.core.see(p2);
        one.start();
        one.hand(a, low_first ? low : high);
        CHECK(one.hand(b, low_first ? high : low));
        REQUIRE(one.bound(0) != nullptr);
        CHECK(*one.bound(0) == vote_of(0, q2, "high"));
    }
}

TEST_CASE("a proposer is free where no vote was reported [PMS 2.2, phase 2(a)]") {
    subject one;
    one.core.see(q2);
    one.start();
    one.hand(a, promise_of(p3, {vote_of(2, p1, "x")}));
    CHECK(one.hand(b, promise_of(p3)));
    CHECK(one.bound(0) == nullptr);
    CHECK(one.bound(1) == nullptr);
    REQUIRE(one.bound(2) != nullptr);
    CHECK(one.bound(3) == nullptr);
}

TEST_CASE("a value that means nothing binds like any other [PMS 2.2, phase 2(a)]") {
    subject one;
    one.core.see(p1);
    one.start();
    one.hand(a, promise_of(p2, {vote_of(0, p1, "")}));
    CHECK(one.hand(b, promise_of(p2)));
    REQUIRE(one.bound(0) != nullptr);
    CHECK(one.bound(0)->value.empty());
}

TEST_CASE("new values go behind all slots for which votes were reported [PMMC fig 7]") {
    subject one;
    one.core.see(p1);
    one.start(2);
    promise<text> with_votes = part(2, 9, true, {vote_of(4, p1, "x"), vote_of(8, p1, "y")});
    with_votes.ballot = p2;
    one.hand(a, with_votes);
    promise<text> without = part(2, 2, true);
    without.ballot = p2;
    CHECK(one.hand(b, without));
    CHECK(one.core.from() == slot(2));
    CHECK(one.first_free() == slot(9));
}

TEST_CASE("without votes new values go where phase 1 began [PMMC fig 7]") {
    subject one;
    one.start(5);
    one.hand(a, part(5, 5, true));
    CHECK(one.hand(b, part(5, 5, true)));
    CHECK(one.first_free() == slot(5));
}

TEST_CASE("a promise in parts counts when its last part has come [PMMC fig 7]") {
    subject one;
    one.core.see(ballot());
    one.start();
    CHECK(!one.hand(a, promise_of(p1)));
    CHECK(!one.hand(b, part(0, 3, false)));
    CHECK(one.out.sent.size() == 1);
    CHECK(only<prepare>(one.out.sent) == std::vector{prepare_of(p1, 3)});
    CHECK(receivers<prepare>(one.out.sent) == node_set{b});
    CHECK(!one.hand(b, part(3, 5, false)));
    CHECK(one.hand(b, part(5, 8, true)));
}

TEST_CASE("a part counts only where the last one ended, so none is missed or counted twice") {
    subject one;
    one.start();
    CHECK(!one.hand(b, part(0, 3, false)));
    one.refuses(b, part(0, 3, false), refusal::stale_reply);  // again
    one.refuses(b, part(5, 8, true), refusal::stale_reply);   // out of order
    one.refuses(b, part(2, 8, true), refusal::stale_reply);
    CHECK(!one.hand(b, part(3, 8, true)));
    CHECK(one.hand(a, promise_of(p1)));
}

TEST_CASE("those who have not reported everything are asked again from where they stopped") {
    subject one;
    one.start();
    one.hand(a, promise_of(p1));
    one.hand(b, part(0, 3, false));
    one.out.sent.clear();
    one.core.ask_again(one.out);
    CHECK(receivers<prepare>(one.out.sent) == node_set{b, c});
    CHECK(only<prepare>(one.out.sent) == std::vector{prepare_of(p1, 3), prepare_of(p1, 0)});
    CHECK(one.out.records.size() == 1);
    one.hand(c, promise_of(p1));
    one.out.sent.clear();
    one.core.ask_again(one.out);  // leading: nothing to ask
    CHECK(one.out.sent.empty());
}

TEST_CASE("a promise that contradicts itself is refused and changes nothing") {
    limits small;
    small.window = small.retained = 8;
    subject one(small);
    one.core.see(ballot());
    one.start();
    const auto nonsense = [&one](promise<text> message) {
        one.refuses(a, message, refusal::invalid_slot);
    };
    nonsense(part(0, 0, false));                                  // incomplete, and no progress
    nonsense(part(0, 99, true));                                  // more than anybody may remember
    nonsense(part(0, 3, true, {vote_of(3, ballot(1, a), "x")}));  // a vote outside of its bounds
    nonsense(part(0, 3, true, {vote_of(1, ballot(), "x")}));      // a vote of no ballot
    nonsense(part(0, 3, true, {vote_of(1, p1, "x")}));  // a vote of the ballot just asked for
    nonsense(part(0, 3, true, {vote_of(1, q2, "x")}));  // a vote above the promise
    promise<text> forgetful = part(0, 3, true);
    forgetful.first = slot(4);  // forgotten further than reported
    nonsense(forgetful);
    promise<text> backwards = part(0, 3, true, {vote_of(1, ballot(1, a), "x")});
    backwards.first = slot(2);  // a vote in a forgotten slot
    nonsense(backwards);
}

TEST_CASE("a promise that ends before it begins does not count") {
    subject one;
    one.start(5);
    one.refuses(a, part(5, 4, true), refusal::stale_reply);
}

TEST_CASE("nothing is proposed in a slot that one of the quorum has forgotten [PMMC 4.1]") {
    subject one;
    one.core.see(q2);
    one.start();
    promise<text> forgetful{header(), p3, slot(0), slot(7), slot(6), true, {vote_of(6, q2, "y")}};
    one.hand(a, promise_of(p3, {vote_of(0, p1, "stale"), vote_of(6, p1, "x")}));
    CHECK(one.hand(b, forgetful));
    CHECK(one.core.first_kept() == slot(6));
    CHECK(one.bound(0) == nullptr);
    REQUIRE(one.bound(6) != nullptr);
    CHECK(one.bound(6)->value == "y");
    CHECK(one.first_free() == slot(7));
}

TEST_CASE("it does not matter who reports first that slots are forgotten [PMMC 4.1]") {
    subject one;
    one.core.see(q2);
    one.start();
    one.hand(b, promise<text>{header(), p3, slot(0), slot(6), slot(6), true, {}});
    CHECK(one.hand(a, promise_of(p3, {vote_of(0, p1, "stale"), vote_of(6, p1, "x")})));
    CHECK(one.core.first_kept() == slot(6));
    CHECK(one.bound(0) == nullptr);
    CHECK(one.bound(6) != nullptr);
}

TEST_CASE("a proposer far behind still gets elected") {
    limits small;
    small.window = small.retained = 8;
    subject one(small);
    one.start();
    const promise<text> far{header(), p1, slot(0), slot(1'000'004), slot(1'000'000), true, {}};
    one.hand(a, far);
    CHECK(one.hand(b, far));
    CHECK(one.core.first_kept() == slot(1'000'000));
    CHECK(one.first_free() == slot(1'000'000));
}

TEST_CASE("only a ballot above the attempt beats it, and only while there is one") {
    subject one;
    CHECK(!one.core.see(q1));
    one.start();
    CHECK(one.core.attempt() == p2);
    CHECK(!one.core.see(p2));
    CHECK(!one.core.see(q1));
    CHECK(one.core.see(q2));
    one.core.stop(one.out);
    CHECK(!one.core.see(ballot(9, q)));
    CHECK(one.seen.stepped_down.empty());  // was never leading
}

TEST_CASE("a leader that stops says so, and is bound by nothing any more") {
    subject one;
    one.core.see(p1);
    one.start();
    one.hand(a, promise_of(p2, {vote_of(0, p1, "x")}));
    one.hand(b, promise_of(p2));
    one.core.stop(one.out);
    CHECK(one.seen.stepped_down == std::vector{p2});
    CHECK(one.bound(0) == nullptr);
    CHECK(!one.core.is_leading());
}

TEST_CASE("released slots bind no more") {
    subject one;
    one.core.see(p1);
    one.start();
    one.hand(a, promise_of(p2, {vote_of(0, p1, "x"), vote_of(1, p1, "y")}));
    one.hand(b, promise_of(p2));
    one.core.release(slot(1));
    CHECK(one.bound(0) == nullptr);
    CHECK(one.bound(1) != nullptr);
}

TEST_CASE("proposer cores in different states differ in fingerprint, copies do not") {
    subject one;
    std::vector<proposer_core<text>> states{one.core};
    one.core.see(q1);
    states.push_back(one.core);
    one.start();
    states.push_back(one.core);
    one.hand(a, promise_of(p2, {vote_of(0, p1, "x")}));
    states.push_back(one.core);
    one.hand(b, promise_of(p2));
    states.push_back(one.core);
    one.core.stop(one.out);
    states.push_back(one.core);
    for (std::size_t i = 0; i < states.size(); ++i) {
        for (std::size_t j = 0; j < states.size(); ++j) {
            CHECK((states[i] == states[j]) == (i == j));
            CHECK((fingerprint_of(states[i]) == fingerprint_of(states[j])) == (i == j));
        }
    }
}
