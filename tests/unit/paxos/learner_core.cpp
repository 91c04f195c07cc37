// tests/unit/paxos/learner_core.cpp - votes counted, and which slots are chosen.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/learner_core.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

struct subject {
    bool count(node_id from, std::uint64_t at, ballot voted) {
        return core.count(from, slot(at), voted, policy);
    }
    bool advance() { return core.advance(kept, policy); }

    events seen;
    watched policy = watched_by(seen);
    learner_core core;
    votes<text> kept;
};

}  // namespace

TEST_CASE("a quorum of votes in one ballot chooses [PMS 2.3]") {
    subject one;
    CHECK(!one.count(a, 0, p1));
    CHECK(!one.core.is_chosen(slot(0)));
    CHECK(one.count(b, 0, p1));
    CHECK(one.core.is_chosen(slot(0)));
    CHECK(!one.count(c, 0, p1));  // is chosen already
}

TEST_CASE("votes in different ballots are not counted together [PMS 2.3]") {
    subject one;
    CHECK(!one.count(a, 0, p1));
    CHECK(!one.count(b, 0, q1));
    CHECK(!one.count(c, 0, p2));
    CHECK(!one.core.is_chosen(slot(0)));
    CHECK(one.count(b, 0, p2));
}

TEST_CASE("a vote of a lower ballot than another's takes nothing away [PMS 2.3]") {
    subject one;
    one.count(a, 0, p2);
    CHECK(!one.count(b, 0, p1));
    CHECK(one.core.voters(slot(0)) == node_set{a});
    CHECK(one.count(c, 0, p2));
}

TEST_CASE("each acceptor counts once, however often it votes [PTP 2.1]") {
    subject one;
    for (int i = 0; i < 5; ++i) CHECK(!one.count(a, 0, p1));
    CHECK(one.core.voters(slot(0)) == node_set{a});
    CHECK(one.count(b, 0, p1));
}

TEST_CASE("votes of those who are no acceptors choose nothing [PTP 2.1]") {
    subject one;
    for (const node_id from : {p, q, l}) CHECK(!one.count(from, 0, p1));
    CHECK(!one.count(a, 0, p1));
    CHECK(one.count(b, 0, p1));
}

TEST_CASE("a learner moves on when a chosen value is at hand [PMS 2.2, P2]") {
    subject one;
    one.count(a, 0, q2);
    one.count(b, 0, q2);
    CHECK(!one.advance());
    one.kept.put(slot(0), p1, "of a lower ballot");
    CHECK(!one.advance());
    one.kept.put(slot(0), p3, "of a higher ballot, and so the same");
    CHECK(one.advance());
    CHECK(one.core.next() == slot(1));
    CHECK(one.seen.chosen == std::vector{slot(1)});
}

TEST_CASE("a value whose slot is not chosen is not moved past [PMS 2.2, P2]") {
    subject one;
    one.kept.put(slot(0), p1, "x");
    one.count(a, 0, p1);
    CHECK(!one.advance());
}

TEST_CASE("slots are moved past in order, none skipped [PMMC 2.1]") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 3U}) one.kept.put(slot(at), p1, "x");
    for (const std::uint64_t at : {3U, 1U, 0U}) {
        one.count(a, at, p1);
        one.count(b, at, p1);
        static_cast<void>(one.advance());
        CHECK(one.core.next() == slot(at == 0 ? 2 : 0));
    }
    CHECK(one.core.is_chosen(slot(3)));
    CHECK(!one.core.is_chosen(slot(2)));
    CHECK(one.seen.chosen == std::vector{slot(2)});
}

TEST_CASE("votes for a slot that is settled change nothing [PMMC 2.1]") {
    subject one;
    one.kept.put(slot(0), p1, "x");
    one.count(a, 0, p1);
    one.count(b, 0, p1);
    CHECK(one.advance());
    const auto before = one.core;
    CHECK(!one.count(c, 0, p2));
    CHECK(!one.advance());
    CHECK(one.core == before);
}

TEST_CASE("a watermark settles a slot only with a vote of its ballot or a higher [PMS 2.2, P2]") {
    subject one;
    one.kept.put(slot(0), p1, "of a lower ballot");
    one.kept.put(slot(1), q2, "x");
    one.core.hear(q2, slot(2));
    CHECK(one.core.known_below() == slot(2));
    CHECK(one.core.is_chosen(slot(0)));
    CHECK(!one.advance());
    one.kept.put(slot(0), q2, "y");
    CHECK(one.advance());
    CHECK(one.core.next() == slot(2));
}

TEST_CASE("a lower watermark than known says nothing new") {
    subject one;
    one.core.hear(q2, slot(2));
    const auto before = one.core;
    one.core.hear(p3, slot(1));
    CHECK(one.core == before);
}

TEST_CASE("a slot settled by somebody's word needs a vote of that ballot [PMS 2.2, P2]") {
    subject one;
    one.core.settle(slot(0), p2);
    CHECK(one.core.is_chosen(slot(0)));
    one.kept.put(slot(0), q1, "x");
    CHECK(!one.advance());
    one.kept.put(slot(0), p2, "y");
    CHECK(one.advance());
}

TEST_CASE("skipping and starting over move past slots without a word of what was chosen") {
    subject one;
    one.count(a, 3, p1);
    one.core.skip(slot(2));
    CHECK(one.core.next() == slot(2));
    CHECK(one.core.voters(slot(3)) == node_set{a});
    one.core.restart(slot(9));
    CHECK(one.core.next() == slot(9));
    CHECK(!one.count(a, 3, p1));
}

TEST_CASE("flexible quorums count votes by the second phase [FPaxos 3]") {
    struct four {
        synod::rules rules;
        flexible quorums = *flexible::make(node_set::first(4), 3, 2);
    };
    four policy;
    learner_core core;
    CHECK(!core.count(a, slot(0), p1, policy));
    CHECK(core.count(p, slot(0), p1, policy));
}

TEST_CASE("learner cores in different states differ in fingerprint, copies do not") {
    subject one;
    std::vector<learner_core> states{one.core};
    one.count(a, 0, p1);
    states.push_back(one.core);
    one.count(b, 0, p2);
    states.push_back(one.core);
    one.core.hear(p2, slot(1));
    states.push_back(one.core);
    one.core.hear(q2, slot(2));
    states.push_back(one.core);
    for (std::size_t i = 0; i < states.size(); ++i) {
        for (std::size_t j = 0; j < states.size(); ++j) {
            CHECK((states[i] == states[j]) == (i == j));
            CHECK((fingerprint_of(states[i]) == fingerprint_of(states[j])) == (i == j));
        }
    }
}
