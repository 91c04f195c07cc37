// tests/unit/paxos/outbox.cpp - a message leaves when what it rests on is durable, and never
// before.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/outbox.hpp>
#include <synod/paxos/output.hpp>

#include "unit/paxos/world.hpp"

#include <type_traits>

namespace {

using namespace world;

using box = outbox<text, one_of<prepare, refused>>;

struct delivery {
    node_id to;
    message what;
};

/// Whatever may leave now.
std::vector<delivery> released(box& out) {
    std::vector<delivery> found;
    out.release(rules(), [&found](node_id to, auto&& one) {
        if constexpr (requires { one.visit([](auto&) {}); }) {
            one.visit([&](auto& held) { found.emplace_back(to, std::move(held)); });
        } else {
            found.emplace_back(to, std::move(one));
        }
    });
    return found;
}

refused refusal_of(ballot beaten) { return {header(), beaten, q2}; }

}  // namespace

TEST_CASE("an outbox lets go what rests on nothing, in the order of its kind") {
    box out;
    CHECK(out.is_idle());
    out.stage(a, accept_of(p1, 0, "x"), 0);
    out.stage(p, accepted_of(p1, 0), 0);
    out.stage(b, accept_of(p1, 1, "y"), 0);
    CHECK(!out.is_idle());
    const auto sent = released(out);
    REQUIRE(sent.size() == 3);
    CHECK(sent[0].what == message(accept_of(p1, 0, "x")));
    CHECK(sent[1].what == message(accept_of(p1, 1, "y")));
    CHECK(sent[1].to == b);
    CHECK(sent[2].what == message(accepted_of(p1, 0)));
    CHECK(out.is_idle());
    CHECK(released(out).empty());
}

TEST_CASE("a message that rests on a record leaves after the sync and not before [PTP 2.2]") {
    box out;
    disk storage;
    out.stage(b, prepare_of(p1), out.newest_record());
    out.note_record();
    out.stage(p, accepted_of(p1, 0), out.newest_record());
    out.stage(a, accept_of(p1, 0, "x"), out.newest_record());
    out.stage(p, refusal_of(p1), out.newest_record());
    CHECK(released(out).size() == 1);
    CHECK(!out.is_idle());
    CHECK(!out.sync(storage));
    CHECK(storage.syncs == 1);
    CHECK(released(out).size() == 3);
    CHECK(out.is_idle());
}

TEST_CASE("what a message rests on is every record staged before it was built [PTP 2.2]") {
    events seen;
    output<watched, disk, box> lent(seen_by(a), watched_by(seen), disk());
    lent.append(promise_record{p1});
    lent.send(p, accepted_of(p1, 0));  // staged no record of its own
    CHECK(released(lent.outbox()).empty());
    CHECK(!lent.outbox().sync(lent.storage()));
    CHECK(released(lent.outbox()).size() == 1);
    lent.send(p, accepted_of(p1, 0));
    CHECK(released(lent.outbox()).size() == 1);
}

TEST_CASE("what a core is lent is not copied by mistake") {
    using lent = output<watched, disk, box>;
    STATIC_REQUIRE(std::is_copy_constructible_v<lent>);
    STATIC_REQUIRE(!std::is_convertible_v<lent&, lent>);
}

TEST_CASE("a failed sync lets nothing go [PTP 2.2]") {
    box out;
    disk storage;
    storage.error = broken_disk();
    out.note_record();
    out.stage(p, accepted_of(p1, 0), 1);
    CHECK(out.sync(storage) == broken_disk());
    CHECK(released(out).empty());
    CHECK(out.has_unsynced());
}

TEST_CASE("what is staged while others leave leaves with them, unless it rests on a record") {
    box out;
    out.stage(p, accepted_of(p1, 0), 0);
    std::vector<ballot> sent;
    out.release(rules(), [&](node_id, auto&& one) {
        if constexpr (requires { one.ballot; }) {
            sent.push_back(one.ballot);
            if (one.ballot != p1) return;
            out.stage(p, accepted_of(p2, 0), 0);
            out.note_record();
            out.stage(p, accepted_of(p3, 0), out.newest_record());
        }
    });
    CHECK(sent == std::vector{p1, p2});
    CHECK(!out.is_idle());
    disk storage;
    CHECK(!out.sync(storage));
    CHECK(released(out).size() == 1);
    CHECK(out.is_idle());
}

TEST_CASE("a token names what was staged when its sync was started, and who asked") {
    box out;
    box other;
    slow_disk storage;
    out.note_record();
    CHECK(!out.sync(storage));
    out.note_record();
    CHECK(!out.sync(storage));
    REQUIRE(storage.started.size() == 2);
    CHECK(storage.started[0].records == 1);
    CHECK(storage.started[1].records == 2);
    CHECK(storage.started[0].instance == storage.started[1].instance);
    CHECK(storage.syncs == 0);

    CHECK(out.has_started(rules(), storage.started[1]));
    CHECK(!other.has_started(rules(), storage.started[1]));
    out.synced(storage.started[0]);
    CHECK(out.has_unsynced());
    out.synced(storage.started[1]);
    CHECK(!out.has_unsynced());
    out.synced(storage.started[0]);  // late
    CHECK(!out.has_unsynced());
}

TEST_CASE("outboxes compare by what they will do, not by what they did") {
    box fresh;
    box used;
    disk storage;
    used.note_record();
    used.stage(p, accepted_of(p1, 0), 1);
    CHECK(fresh != used);
    CHECK(!used.sync(storage));
    CHECK(fresh != used);
    CHECK(fingerprint_of(fresh) != fingerprint_of(used));
    static_cast<void>(released(used));
    CHECK(fresh == used);
    CHECK(fingerprint_of(fresh) == fingerprint_of(used));

    for (box* const one : {&fresh, &used}) {
        one->note_record();
        one->stage(p, refusal_of(p1), one->newest_record());
        one->stage(a, accept_of(p1, 0, "x"), one->newest_record());
    }
    CHECK(fresh == used);
    CHECK(fingerprint_of(fresh) == fingerprint_of(used));
    box copy = used;
    copy.stage(p, accepted_of(p1, 0), copy.newest_record());
    CHECK(copy != used);
    CHECK(fingerprint_of(copy) != fingerprint_of(used));
}

TEST_CASE("outboxes differ when one has asked for a sync and the other has not") {
    box idle;
    slow_disk storage;
    idle.note_record();
    box waiting = idle;
    CHECK(!waiting.sync(storage));
    CHECK(idle != waiting);
    CHECK(fingerprint_of(idle) != fingerprint_of(waiting));
}
