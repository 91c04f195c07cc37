// tests/unit/paxos/acceptor.cpp - the whole acceptor: nothing is revealed before it is durable, and
// nothing bad changes it.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/acceptor.hpp>
#include <synod/paxos/invariant.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

template <class Storage>
using role = acceptor<text, wire, Storage, watched>;

/// Acceptor a, whose votes learner l is told of.
template <class Storage = disk>
struct subject {
    explicit subject(limits limits = {}, node_set learners = {l})
        : one(*role<Storage>::make(seen_by(a), {}, {}, watched_by(seen, limits), learners)) {
        one.storage().syncs = 0;
    }

    template <class Message>
    void hand(node_id from, Message question) {
        one.receive(from, message(std::move(question)), start);
        CHECK(one.transport().letters.empty());
    }

    auto flush() {
        one.flush(start);
        CHECK(invariant::accepted_within_promise(one));
        return one.transport().take();
    }

    /// The message changes nothing and is answered by nothing, for the reason given.
    template <class Message>
    void refuses(node_id from, Message question, refusal why) {
        const auto before = one;
        seen.refused.clear();
        hand(from, std::move(question));
        CHECK(one == before);
        CHECK(fingerprint_of(one) == fingerprint_of(before));
        CHECK(flush().empty());
        CHECK(seen.refused == std::vector{why});
    }

    events seen;
    role<Storage> one;
};

/// What the next life of the acceptor finds on the disk of this one.
template <class Storage>
role<Storage> restarted(subject<Storage>& last) {
    auto next =
        role<Storage>::recover(seen_by(a), {}, last.one.storage(), watched_by(last.seen), {l});
    REQUIRE(next.has_value());
    return *std::move(next);
}

template <class Message>
Message under_other_header(Message message, message_header header) {
    message.header = header;
    return message;
}

}  // namespace

TEST_CASE("an acceptor says nothing before flush, and syncs before it promises [PTP 2.2]") {
    subject one;
    one.hand(p, prepare_of(p1));
    CHECK(one.one.storage().syncs == 0);
    const auto sent = one.flush();
    CHECK(one.one.storage().syncs == 1);
    CHECK(only<promise<text>>(sent) == std::vector{promise_of(p1)});
    CHECK(receivers<promise<text>>(sent) == node_set{p});
}

TEST_CASE("one sync serves all that came before a flush [PTP 2.2]") {
    subject one;
    one.hand(p, prepare_of(p1));
    for (const std::uint64_t at : {0U, 1U, 2U}) one.hand(p, accept_of(p1, at, "x"));
    const auto sent = one.flush();
    CHECK(one.one.storage().syncs == 1);
    CHECK(only<accepted>(sent).size() == 6);  // to the proposer and to the learner
    CHECK(only<promise<text>>(sent).size() == 1);
}

TEST_CASE("a flush with nothing to record syncs nothing") {
    subject one;
    CHECK(one.flush().empty());
    one.hand(p, prepare_of(p1));
    static_cast<void>(one.flush());
    one.hand(p, prepare_of(p1));
    CHECK(one.flush().size() == 1);
    CHECK(one.one.storage().syncs == 1);
}

TEST_CASE("an acceptor tells the proposer and the learners of a vote [PMS 2.2, 2.3]") {
    subject one({}, {l, q});
    one.hand(p, accept_of(p1, 4, "x"));
    const auto sent = one.flush();
    CHECK(receivers<accepted>(sent) == node_set{p, q, l});
    for (const accepted& said : only<accepted>(sent)) CHECK(said == accepted_of(p1, 4));
}

TEST_CASE("learners hear of no vote that was not cast [PMS 2.2, 2.3]") {
    limits small;
    small.window = small.retained = 4;
    subject one(small);
    one.hand(q, prepare_of(q1));
    static_cast<void>(one.flush());
    one.hand(p, accept_of(p1, 0, "x"));
    one.hand(q, accept_of(q1, 9, "x"));
    const auto sent = one.flush();
    CHECK(only<accepted>(sent).empty());
    CHECK(only<refused>(sent).size() == 1);
}

TEST_CASE("a crash after flush loses neither promise nor vote [PTP 2.2]") {
    subject one;
    one.hand(p, accept_of(p1, 3, "x"));
    one.hand(q, prepare_of(q2));
    static_cast<void>(one.flush());
    const auto next = restarted(one);
    CHECK(next.promised() == q2);
    CHECK(next.votes().at(slot(3)) == vote_of(3, p1, "x"));
    CHECK(invariant::promise_never_falls(one.one, next));
    CHECK(invariant::vote_never_regresses(one.one, next));
}

TEST_CASE("what a crash takes back was never revealed [PTP 2.2]") {
    subject one;
    one.hand(p, accept_of(p1, 3, "x"));
    CHECK(one.one.transport().letters.empty());
    const auto next = restarted(one);
    CHECK(!next.promised().exists());
    CHECK(!next.votes().ballot_of(slot(3)).exists());
}

TEST_CASE("forgotten slots stay forgotten after a restart [PMMC 4.1]") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 2U}) one.hand(p, accept_of(p1, at, "x"));
    static_cast<void>(one.flush());
    one.one.forget(slot(2));
    static_cast<void>(one.flush());
    auto next = restarted(one);
    CHECK(next.votes().first() == slot(2));
    next.receive(q, accept_of(q2, 1, "y"), start);
    next.receive(q, prepare_of(q2), start);
    next.flush(start);
    const auto sent = next.transport().take();
    CHECK(only<accepted>(sent).empty());
    CHECK(only<promise<text>>(sent).front().first == slot(2));
}

TEST_CASE("an order to forget less than before is no step back, also after a restart [PMMC 4.1]") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 2U, 3U}) one.hand(p, accept_of(p1, at, "x"));
    one.one.forget(slot(3));
    static_cast<void>(one.flush());
    subject<disk> next;
    next.one = restarted(one);
    next.one.forget(slot(1));
    static_cast<void>(next.flush());
    CHECK(restarted(next).votes().first() == slot(3));
}

TEST_CASE("votes are dropped only once it is durable that they are given up [PMMC 4.1]") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 2U}) one.hand(p, accept_of(p1, at, "x"));
    static_cast<void>(one.flush());
    one.one.forget(slot(2));
    const auto next = restarted(one);  // crashed before the flush
    CHECK(next.votes().first() == slot(0));
    CHECK(next.votes().value_of(slot(1)) == "x");
}

TEST_CASE("a repeated prepare rests on the record that its first answer rested on [PTP 2.2]") {
    subject<slow_disk> one;
    one.hand(p, prepare_of(p1));
    CHECK(one.flush().empty());
    one.hand(p, prepare_of(p1));  // stages no record of its own
    CHECK(one.flush().empty());
    REQUIRE(one.one.storage().started.size() == 1);
    one.one.synced(one.one.storage().started.front(), {});
    CHECK(only<promise<text>>(one.flush()).size() == 2);
}

TEST_CASE("a refusal rests on the promise that it reveals [PTP 2.2]") {
    subject<slow_disk> one;
    one.hand(q, prepare_of(q2));
    one.hand(p, prepare_of(p1));
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    one.one.synced(one.one.storage().started.front(), {});
    CHECK(only<refused>(one.flush()).size() == 2);
}

TEST_CASE("an answer to a learner rests on the votes that it reveals [PTP 2.2]") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    one.hand(l, fetch{header(), slot()});
    CHECK(one.flush().empty());
    one.one.synced(one.one.storage().started.front(), {});
    CHECK(only<voted<text>>(one.flush()) == std::vector{voted_of(0, p1, "x")});
}

TEST_CASE("a slow disk keeps nobody from being heard, only from being answered [PTP 2.2]") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    one.hand(p, accept_of(p1, 1, "y"));
    CHECK(one.flush().empty());
    const auto started = one.one.storage().started;
    REQUIRE(started.size() == 2);

    one.one.synced(started[0], {});
    CHECK(receivers<accepted>(one.flush()) == node_set{p, l});
    one.one.synced(started[1], {});
    const auto sent = only<accepted>(one.flush());
    CHECK(sent == std::vector(2, accepted_of(p1, 1)));
    CHECK(one.flush().empty());
}

TEST_CASE("a later sync covers the earlier ones, whose end then changes nothing") {
    subject<slow_disk> one;
    for (const std::uint64_t at : {0U, 1U}) {
        one.hand(p, accept_of(p1, at, "x"));
        CHECK(one.flush().empty());
    }
    const auto started = one.one.storage().started;
    one.one.synced(started[1], {});
    CHECK(only<accepted>(one.flush()).size() == 4);
    const auto before = one.one;
    one.one.synced(started[0], {});
    CHECK(one.one == before);
    CHECK(one.flush().empty());
}

TEST_CASE("a flush does not ask twice for the same sync") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    CHECK(one.flush().empty());
    CHECK(one.one.storage().started.size() == 1);
}

TEST_CASE("a sync that an earlier life started releases no vote of this one") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    const sync_token old = one.one.storage().started.front();

    auto next = restarted(one);
    next.receive(p, accept_of(p1, 0, "x"), start);
    next.flush(start);
    const auto before = next;
    next.synced(old, {});
    CHECK(next == before);
    next.flush(start);
    CHECK(next.transport().letters.empty());
    next.synced(old, broken_disk());
    CHECK(!next.error());
    next.synced(next.storage().started.back(), {});
    next.flush(start);
    CHECK(only<accepted>(next.transport().letters).size() == 2);
}

TEST_CASE("a sync of records that do not exist yet is ignored") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    sync_token token = one.one.storage().started.front();
    token.records += 1;
    one.one.synced(token, {});
    CHECK(one.flush().empty());
}

TEST_CASE("an error of the storage silences an acceptor for good") {
    subject one;
    one.hand(p, prepare_of(p1));
    static_cast<void>(one.flush());
    one.one.storage().error = broken_disk();
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    CHECK(one.one.error() == broken_disk());
    CHECK(one.seen.failed == std::vector{broken_disk()});

    one.one.storage().error = {};  // a disk that works again is not to be believed
    const auto before = one.one;
    one.hand(p, prepare_of(p1));
    one.hand(l, fetch{header(), slot()});
    one.hand(q, prepare_of(q2));
    CHECK(one.one == before);
    CHECK(one.flush().empty());
    CHECK(one.seen.failed.size() == 1);
}

TEST_CASE("an error at the end of a started sync silences an acceptor for good") {
    subject<slow_disk> one;
    one.hand(p, accept_of(p1, 0, "x"));
    CHECK(one.flush().empty());
    const sync_token token = one.one.storage().started.front();
    one.one.synced(token, broken_disk());
    CHECK(one.one.error() == broken_disk());
    CHECK(one.flush().empty());
    one.one.synced(token, {});
    CHECK(one.flush().empty());
    CHECK(one.seen.failed.size() == 1);
}

TEST_CASE("a learner's question is answered with votes, some at a time") {
    limits small;
    small.votes_per_answer = 2;
    subject one(small);
    for (const std::uint64_t at : {0U, 2U, 3U, 5U}) one.hand(p, accept_of(p1, at, "x"));
    static_cast<void>(one.flush());
    one.hand(l, fetch{header(), slot(1)});
    CHECK(only<voted<text>>(one.flush()) ==
          std::vector{voted_of(2, p1, "x"), voted_of(3, p1, "x")});
    one.hand(l, fetch{header(), slot(9)});
    CHECK(one.flush().empty());
}

TEST_CASE("a learner's question about forgotten slots is answered with where memory begins") {
    subject one;
    for (const std::uint64_t at : {0U, 1U, 2U}) one.hand(p, accept_of(p1, at, "x"));
    one.one.forget(slot(2));
    static_cast<void>(one.flush());
    one.hand(l, fetch{header(), slot(0)});
    const auto sent = one.flush();
    CHECK(only<forgotten>(sent) == std::vector{forgotten{header(), slot(2)}});
    CHECK(only<voted<text>>(sent) == std::vector{voted_of(2, p1, "x")});
}

TEST_CASE("an acceptor refuses what is not for it, and nothing changes") {
    subject one;
    one.hand(p, accept_of(p1, 0, "x"));
    static_cast<void>(one.flush());
    const message_header elsewhere{cluster_id(8), incarnation(1)};
    const message_header long_ago{cluster_id(7), incarnation(0)};
    const message_header admitted_later{cluster_id(7), incarnation(2)};

    const auto each = [&one](node_id from, message_header header, refusal why) {
        one.refuses(from, under_other_header(prepare_of({9, from}), header), why);
        one.refuses(from, under_other_header(accept_of({9, from}, 0, "y"), header), why);
        one.refuses(from, under_other_header(fetch{{}, slot()}, header), why);
    };
    each(p, elsewhere, refusal::wrong_cluster);
    each(p, long_ago, refusal::wrong_incarnation);
    each(p, admitted_later, refusal::wrong_incarnation);
    each(stranger, header(), refusal::unknown_sender);
    each(node_id(63), header(), refusal::unknown_sender);
}

TEST_CASE("an id that no set can hold is an unknown sender") {
    subject one;
    for (const node_id from : {node_id(64), node_id(1'000), node_id(~std::uint32_t{0})}) {
        one.refuses(from, fetch{header(), slot()}, refusal::unknown_sender);
        one.refuses(from, prepare_of(p1), refusal::unknown_sender);
    }
}

TEST_CASE("an acceptor refuses a ballot that is none, or that another proposer owns [PMS 2.2]") {
    subject one;
    const auto each = [&one](node_id from, ballot which) {
        one.refuses(from, prepare_of(which), refusal::invalid_ballot);
        one.refuses(from, accept_of(which, 0, "y"), refusal::invalid_ballot);
    };
    one.refuses(p, accept<text>{header(), p1, slot(0), slot(1), "y"}, refusal::invalid_slot);
    each(p, ballot());
    each(p, ballot::from_packed(p.value()));         // round 0
    each(p, ballot::from_packed(1U << 8U | 0xffU));  // proposer 255
    each(p, q1);
    each(q, p3);
}

TEST_CASE("an acceptor has no use for the messages to other roles") {
    subject one;
    one.refuses(b, accepted_of(p1, 0), refusal::unexpected);
    one.refuses(b, promise_of(p1), refusal::unexpected);
    one.refuses(b, refused{header(), p1, q1}, refusal::unexpected);
    one.refuses(b, voted_of(0, p1, "x"), refusal::unexpected);
    one.refuses(b, forgotten{header(), slot(3)}, refusal::unexpected);
}

TEST_CASE("no message that a peer can make up trips an assertion of an acceptor") {
    subject one;
    const slot last(~std::uint64_t{0});
    const ballot highest(ballot::max_round, p);
    one.hand(p, prepare{header(), highest, last});
    one.hand(p, accept<text>{header(), highest, last, last, "x"});
    one.hand(l, fetch{header(), last});
    CHECK(only<promise<text>>(one.flush()).size() == 1);
    CHECK(one.one.promised() == highest);
}

TEST_CASE("an acceptor is a value: copies go their own ways") {
    subject one;
    one.hand(p, prepare_of(p1));
    auto copy = one.one;
    CHECK(copy == one.one);
    CHECK(fingerprint_of(copy) == fingerprint_of(one.one));

    copy.flush(start);
    CHECK(copy != one.one);
    CHECK(fingerprint_of(copy) != fingerprint_of(one.one));
    CHECK(only<promise<text>>(copy.transport().take()) == only<promise<text>>(one.flush()));
}

TEST_CASE("acceptors that wait for different syncs differ") {
    subject<slow_disk> one;
    one.hand(p, prepare_of(p1));
    const auto before = one.one;
    CHECK(one.flush().empty());
    CHECK(before != one.one);
    const auto unsynced = one.one;
    one.one.synced(one.one.storage().started.front(), {});
    CHECK(unsynced != one.one);
    CHECK(fingerprint_of(unsynced) != fingerprint_of(one.one));
}

TEST_CASE("an acceptor never acts of its own accord") {
    subject one;
    const auto before = one.one;
    one.one.tick(start);
    CHECK(one.one == before);
    CHECK(one.one.next_deadline() == instant::never());
}
