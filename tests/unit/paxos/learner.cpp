// tests/unit/paxos/learner.cpp - the whole learner: a value and a quorum of votes for it, in any
// order.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/learner.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

struct subject {
    explicit subject(limits limits = {})
        : one(*learner<text, wire, watched>::make(seen_by(l), {}, watched_by(seen, limits),
                                                  start)) {}

    template <class Message>
    void hand(node_id from, Message question) {
        one.receive(from, message(std::move(question)), now);
        CHECK(one.transport().letters.empty());
    }

    auto wait() {
        now = one.next_deadline();
        one.tick(now);
        one.flush(now);
        return one.transport().take();
    }

    template <class Message>
    void refuses(node_id from, Message question, refusal why) {
        const auto before = one;
        seen.refused.clear();
        hand(from, std::move(question));
        CHECK(one == before);
        CHECK(fingerprint_of(one) == fingerprint_of(before));
        CHECK(seen.refused == std::vector{why});
    }

    [[nodiscard]] text value(std::uint64_t at) const {
        const text* const known = one.chosen(slot(at));
        return known == nullptr ? "unknown" : *known;
    }

    events seen;
    learner<text, wire, watched> one;
    instant now = start;
};

}  // namespace

TEST_CASE("a learner knows a value when a quorum voted in its ballot [PMS 2.3]") {
    subject one;
    one.hand(p, accept_of(p1, 0, "x"));
    one.hand(a, accepted_of(p1, 0));
    CHECK(one.value(0) == "unknown");
    one.hand(a, accepted_of(p1, 0));
    CHECK(one.value(0) == "unknown");
    one.hand(b, accepted_of(p1, 0));
    CHECK(one.value(0) == "x");
    CHECK(one.one.chosen_below() == slot(1));
    CHECK(one.seen.chosen == std::vector{slot(1)});
}

TEST_CASE("it does not matter whether the votes or the value come first [PMS 2.3]") {
    subject one;
    one.hand(a, accepted_of(p1, 0));
    one.hand(b, accepted_of(p1, 0));
    CHECK(one.one.chosen_below() == slot(0));
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.value(0) == "x");
}

TEST_CASE(
    "votes for different values make no quorum, nor do votes in different ballots [PMS 2.3]") {
    subject one;
    one.hand(p, accept_of(p1, 0, "x"));
    one.hand(q, accept_of(q2, 0, "y"));
    one.hand(a, accepted_of(p1, 0));
    one.hand(b, accepted_of(q2, 0));
    CHECK(one.value(0) == "unknown");

    subject same_value;  // is no better: the ballots differ
    same_value.hand(a, voted_of(0, p1, "x"));
    same_value.hand(b, voted_of(0, q2, "y"));
    same_value.hand(c, voted_of(0, p3, "x"));
    CHECK(same_value.value(0) == "unknown");
}

TEST_CASE("a value of a lower ballot than the chosen one is not taken for it [PMS 2.2, P2]") {
    subject one;
    one.hand(p, accept_of(p1, 0, "x"));
    one.hand(a, accepted_of(q2, 0));
    one.hand(b, accepted_of(q2, 0));
    CHECK(one.value(0) == "unknown");
    one.hand(q, accept_of(q2, 0, "y"));
    CHECK(one.value(0) == "y");
}

TEST_CASE("slots become known in order, whatever the order of the votes [PMMC 2.1]") {
    subject one;
    for (const std::uint64_t at : {2U, 0U, 1U}) {
        one.hand(p, accept_of(p1, at, text(1, static_cast<char>('a' + at))));
        one.hand(a, accepted_of(p1, at));
        one.hand(b, accepted_of(p1, at));
        CHECK(one.one.chosen_below() == slot(at == 2 ? 0 : at == 0 ? 1 : 3));
    }
    CHECK(one.value(0) + one.value(1) + one.value(2) == "abc");
    CHECK(one.seen.chosen == std::vector{slot(1), slot(3)});
}

TEST_CASE("a learner asks all acceptors for what it misses, and goes on asking") {
    subject one;
    CHECK(one.one.next_deadline() > start);
    for (int i = 0; i < 3; ++i) {
        const auto sent = one.wait();
        CHECK(receivers<fetch>(sent) == node_set{a, b, c});
        CHECK(only<fetch>(sent) == std::vector(3, fetch{header(), slot(0)}));
    }
    one.hand(a, voted_of(0, p1, "x"));
    one.hand(b, voted_of(0, p1, "x"));
    CHECK(one.value(0) == "x");
    CHECK(only<fetch>(one.wait()).front().from == slot(1));
}

TEST_CASE("a learner that makes progress asks again soon, one that makes none ever later") {
    subject one;
    for (int i = 0; i < 8; ++i) static_cast<void>(one.wait());
    CHECK(one.one.next_deadline() - one.now >= seconds(1));
    one.hand(a, voted_of(0, p1, "x"));
    one.hand(b, voted_of(0, p1, "x"));
    CHECK(one.one.next_deadline() - one.now < milliseconds(40));
}

TEST_CASE("a learner told that slots are forgotten says so once it needs them") {
    subject one;
    one.hand(a, forgotten{header(), slot(4)});
    CHECK(one.seen.fell_behind == std::vector{std::pair(slot(0), slot(4))});
    one.hand(a, forgotten{header(), slot(0)});
    CHECK(one.seen.fell_behind.size() == 1);
    CHECK(one.seen.refused == std::vector{refusal::stale_reply});
    CHECK(one.one.chosen_below() == slot(0));
}

TEST_CASE("a learner forgets values when told, and takes them up no more") {
    subject one;
    one.hand(a, voted_of(0, p1, "x"));
    one.hand(b, voted_of(0, p1, "x"));
    one.one.forget(slot(1));
    CHECK(one.value(0) == "unknown");
    const auto before = one.one;
    one.hand(c, voted_of(0, p1, "x"));
    CHECK(one.one == before);
}

TEST_CASE("a slot further ahead than a learner may remember is refused") {
    limits small;
    small.window = small.retained = 4;
    subject one(small);
    for (const std::uint64_t at : {std::uint64_t{4}, ~std::uint64_t{0}}) {
        one.refuses(p, accept_of(p1, at, "x"), refusal::beyond_window);
        one.refuses(a, accepted_of(p1, at), refusal::beyond_window);
    }
    one.hand(a, accepted_of(p1, 3));
    CHECK(one.seen.refused.size() == 1);
}

TEST_CASE("a learner refuses what is not for it, and nothing changes") {
    subject one;
    const auto each = [&one](node_id from, message_header header, refusal why) {
        one.refuses(from, accept<text>{header, ballot(1, from), slot(), slot(), "x"}, why);
        one.refuses(from, accepted{header, p1, slot()}, why);
        one.refuses(from, voted<text>{header, vote_of(0, p1, "x")}, why);
        one.refuses(from, forgotten{header, slot(3)}, why);
    };
    each(p, {cluster_id(8), incarnation(1)}, refusal::wrong_cluster);
    each(p, {cluster_id(7), incarnation(0)}, refusal::wrong_incarnation);
    each(stranger, header(), refusal::unknown_sender);
    one.refuses(q, accepted_of(p1, 0), refusal::unknown_sender);  // a member, and no acceptor
    one.refuses(q, voted_of(0, p1, "x"), refusal::unknown_sender);
    one.refuses(q, forgotten{header(), slot(3)}, refusal::unknown_sender);
    one.refuses(p, accept_of(q1, 0, "x"), refusal::invalid_ballot);
    one.refuses(p, accept<text>{header(), p1, slot(0), slot(1), "x"}, refusal::invalid_slot);
    one.refuses(a, prepare_of(ballot(9, a)), refusal::unexpected);
    one.refuses(a, promise_of(p1), refusal::unexpected);
    one.refuses(a, refused{header(), p1, q1}, refusal::unexpected);
}

TEST_CASE("votes of no ballot are refused, however many agree on them [PMS 2.3]") {
    subject one;
    for (const node_id from : {a, b, c}) {
        one.refuses(from, accepted{header(), ballot(), slot()}, refusal::invalid_ballot);
        one.refuses(from, voted_of(0, ballot(), "x"), refusal::invalid_ballot);
        one.refuses(from, voted_of(0, ballot::from_packed(0xffU), "x"), refusal::invalid_ballot);
    }
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.value(0) == "unknown");
}

TEST_CASE("learners in different states differ in fingerprint, copies do not") {
    subject one;
    std::vector<learner<text, wire, watched>> states{one.one};
    one.hand(a, accepted_of(p1, 0));
    states.push_back(one.one);
    one.hand(p, accept_of(p1, 0, "x"));
    states.push_back(one.one);
    one.hand(b, accepted_of(p1, 0));
    states.push_back(one.one);
    for (std::size_t i = 0; i < states.size(); ++i) {
        for (std::size_t j = 0; j < states.size(); ++j) {
            CHECK((states[i] == states[j]) == (i == j));
            CHECK((fingerprint_of(states[i]) == fingerprint_of(states[j])) == (i == j));
        }
    }
}
