// tests/unit/lock/service.cpp - three real replicas and clients that speak in messages: every
// request has one answer.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/shared.hpp>
#include <synod/lock/service.hpp>
#include <synod/lock/table.hpp>
#include <synod/storage/memory.hpp>
#include <synod/transport/memory.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace synod;

namespace {

using message =
    std::variant<replica_message, lock::client_request, lock::client_reply, lock::client_event>;
using network = memory_network<message>;
using store = memory_storage<records<entry>>;

/// What the replica's observer is told of clients, beside the reason.
struct refusals : silent_observer {
    void refused(node_id from, refusal why) const {
        if (from.value() >= max_nodes) told->emplace_back(from, why);
    }

    std::vector<std::pair<node_id, refusal>>* told = nullptr;
};

using policy = log_policy<majority, refusals>;
using lock_replica = replica<lock::table, network::link, shared<store>, policy>;

/// A host that has asked some of its clients who they are.
struct has_asked {
    std::map<node_id, std::string> known{};

    std::string_view operator()(node_id from, std::string_view claimed) const {
        const auto found = known.find(from);
        return found == known.end() ? claimed : found->second;
    }
};
using lock_service = lock::service<network::link, has_asked>;

constexpr cluster_id our_cluster(7);

/// One client's mail.
struct mail {
    std::map<std::uint64_t, std::vector<lock::client_reply>> replies;  // by number
    std::vector<lock::event> events;
};

/// Three replicas with their services on virtual time, and any number of clients.
class world {
public:
    explicit world(const log_limits& limits = {}, has_asked hosts = {})
        : limits_(limits), hosts_(std::move(hosts)) {
        static_cast<void>(network_.connect(node_id(max_nodes + 7)));
        for (const node_id node : node_set::first(3)) start(node);
        while (!leader()) step();
        run(50);
    }

    void start(node_id node) {
        std::vector<member> members;
        for (const node_id one : node_set::first(3)) members.push_back({one, incarnation(1)});
        policy made_for{.quorums = *majority::make(node_set::first(3)), .limits = limits_};
        made_for.observer.told = &refused;
        made_for.limits.seed = node.value() + 1;
        site& here = sites_[node.value()];
        auto made =
            lock_replica::make(*group::make(our_cluster, node, members), *lock::table::make(),
                               network_.connect(node), shared(here.storage), made_for, now_);
        here.replica = std::make_unique<lock_replica>(std::move(*made));
        here.service = std::make_unique<lock_service>(our_cluster, network_.connect(node), hosts_);
    }

    void step() {
        now_ = now_ + milliseconds(1);
        for (int round = 0; round < 8; ++round) {
            for (const node_id node : node_set::first(3)) serve(node);
        }
        for (std::uint32_t client = max_nodes; client < max_nodes + 8; ++client) collect(client);
    }
    void run(int milliseconds) {
        for (int i = 0; i < milliseconds; ++i) step();
    }

    /// The client's request, numbered.
    std::uint64_t send(std::uint32_t client, node_id to, const lock::command& asked) {
        bytes encoded;
        byte_writer out(encoded);
        lock::encode(asked, out);
        return send_bytes(client, to, encoded);
    }
    std::uint64_t send_bytes(std::uint32_t client, node_id to, const bytes& encoded,
                             cluster_id cluster = our_cluster) {
        const std::uint64_t number = ++numbers_;
        auto link = network_.connect(node_id(client));
        link.send(to, lock::client_request{cluster, number, encoded});
        return number;
    }

    [[nodiscard]] lock::client_reply answer(std::uint32_t client, std::uint64_t number) {
        for (int i = 0; i < 500 && mails[client].replies[number].empty(); ++i) step();
        run(20);
        REQUIRE(mails[client].replies[number].size() == 1);
        return mails[client].replies[number].front();
    }
    /// Sends to the leader and returns what the table said.
    [[nodiscard]] lock::reply ask(std::uint32_t client, const lock::command& asked) {
        const auto said = answer(client, send(client, *leader(), asked));
        REQUIRE(said.outcome == lock::outcome::answered);
        lock::reply decoded;
        REQUIRE(lock::decode(said.reply, decoded));
        return decoded;
    }

    [[nodiscard]] session_id open(std::uint32_t client, std::uint64_t ttl_ms = 60'000) {
        return get<lock::opened>(ask(client, lock::open_session{{1, client}, ++numbers_, ttl_ms}))
            .session;
    }
    [[nodiscard]] request_stamp stamp(session_id session) {
        const std::uint64_t next = ++sequences_[session];
        return {session, next, next - 1};
    }
    [[nodiscard]] lock::command acquire(session_id session, const std::string& name,
                                        std::uint64_t wait_ms = lock::wait_forever) {
        return lock::acquire{stamp(session), 0, name, lock::mode::exclusive, wait_ms, 0};
    }

    [[nodiscard]] std::optional<node_id> leader() const {
        for (const node_id node : node_set::first(3)) {
            const auto& here = sites_[node.value()];
            if (!here.is_cut && here.replica && here.replica->is_leading()) return node;
        }
        return std::nullopt;
    }
    [[nodiscard]] lock_replica& at(node_id node) { return *sites_[node.value()].replica; }
    [[nodiscard]] lock_service& service(node_id node) { return *sites_[node.value()].service; }
    void cut(node_id node, bool is_cut) { sites_[node.value()].is_cut = is_cut; }

    std::map<std::uint32_t, mail> mails;
    std::vector<std::pair<node_id, refusal>> refused;

private:
    struct site {
        store storage;
        std::unique_ptr<lock_replica> replica;
        std::unique_ptr<lock_service> service;
        bool is_cut = false;  // from other replicas
    };

    void serve(node_id node) {
        site& here = sites_[node.value()];
        if (here.replica == nullptr) {
            network_.drop(node);
            return;
        }
        network_.deliver(node, [&](node_id from, message&& any) {
            const bool from_replica = from.value() < max_nodes;
            if (from_replica && (here.is_cut || sites_[from.value()].is_cut)) return;
            std::visit([&](auto& one) { take(here, from, std::move(one)); }, any);
        });
        if (now_ >= here.replica->next_deadline()) here.replica->tick(now_);
        here.replica->flush(now_);
        here.service->serve(*here.replica);
    }

    template <class One>
    void take(site& here, node_id from, One&& one) {
        if constexpr (requires { here.replica->receive(from, std::move(one), now_); }) {
            here.replica->receive(from, std::move(one), now_);
        } else if constexpr (requires {
                                 here.service->receive(*here.replica, from, std::move(one), now_);
                             }) {
            here.service->receive(*here.replica, from, std::move(one), now_);
        }
    }

    void collect(std::uint32_t client) {
        network_.deliver(node_id(client), [&](node_id, message&& any) {
            if (auto* reply = get_if<lock::client_reply>(&any)) {
                mails[client].replies[reply->number].push_back(*reply);
            }
            if (auto* event = get_if<lock::client_event>(&any)) {
                REQUIRE(lock::decode(event->event, mails[client].events.emplace_back()));
            }
        });
    }

    log_limits limits_;
    has_asked hosts_;
    network network_;
    instant now_;
    std::array<site, 3> sites_;
    std::uint64_t numbers_ = 0;
    std::map<session_id, std::uint64_t> sequences_;
};

constexpr std::uint32_t ann = max_nodes;
constexpr std::uint32_t bob = max_nodes + 1;

lock::reply malformed() { return lock::refused{lock::refusal::malformed}; }

}  // namespace

TEST_CASE("a client opens a session, locks and unlocks by messages alone") {
    world w;
    const session_id session = w.open(ann);
    const auto granted = w.ask(ann, w.acquire(session, "door"));
    REQUIRE(holds_alternative<lock::granted>(granted));
    const fencing_token token = get<lock::granted>(granted).token;
    CHECK(w.ask(ann, lock::release{w.stamp(session), 0, token}) == lock::reply(lock::released{0}));
    CHECK(w.ask(ann, lock::query{w.stamp(session), 99}) ==
          lock::reply(lock::refused{lock::refusal::unknown_request}));
}

TEST_CASE("who waited is told by an event when the lock is his, and nobody else is") {
    world w;
    const session_id anns = w.open(ann);
    const session_id bobs = w.open(bob);
    const auto first = get<lock::granted>(w.ask(ann, w.acquire(anns, "door")));
    REQUIRE(w.ask(bob, w.acquire(bobs, "door")) == lock::reply(lock::queued{}));
    CHECK(w.mails[bob].events.empty());
    (void)w.ask(ann, lock::release{w.stamp(anns), 0, first.token});
    REQUIRE(w.mails[bob].events.size() == 1);
    const auto& event = get<lock::wait_granted>(w.mails[bob].events[0]);
    CHECK(event.session == bobs);
    CHECK(event.token > first.token);
    CHECK(w.mails[ann].events.empty());
}

TEST_CASE("events go to the client that spoke last for the session") {
    world w;
    const session_id anns = w.open(ann);
    const session_id bobs = w.open(bob);
    const auto first = get<lock::granted>(w.ask(ann, w.acquire(anns, "door")));
    REQUIRE(w.ask(bob, w.acquire(bobs, "door")) == lock::reply(lock::queued{}));
    constexpr std::uint32_t bobs_new_address = bob + 1;
    REQUIRE(
        holds_alternative<lock::kept>(w.ask(bobs_new_address, lock::keep_alive{w.stamp(bobs)})));
    (void)w.ask(ann, lock::release{w.stamp(anns), 0, first.token});
    CHECK(w.mails[bob].events.empty());
    CHECK(w.mails[bobs_new_address].events.size() == 1);
}

TEST_CASE("a session that expires is told so, and a closed one is forgotten") {
    world w;
    const session_id brief = w.open(ann, 1);
    const session_id closed = w.open(bob);
    CHECK(w.service(*w.leader()).speakers() == 2);
    CHECK(w.ask(bob, lock::close_session{w.stamp(closed)}) == lock::reply(lock::closed{}));
    w.run(30'000);
    REQUIRE(w.mails[ann].events.size() == 1);
    CHECK(get<lock::session_ended>(w.mails[ann].events[0]).session == brief);
    for (int i = 0; i < 100; ++i) {
        const session_id one = w.open(ann);
        (void)w.ask(ann, lock::close_session{w.stamp(one)});
    }
    CHECK(w.service(*w.leader()).speakers() <= 64);
}

TEST_CASE("a follower answers at once who leads, and proposes nothing") {
    world w;
    const node_id leader = *w.leader();
    const node_id follower = leader == node_id(0) ? node_id(1) : node_id(0);
    const auto said = w.answer(ann, w.send(ann, follower, lock::open_session{{1, 1}, 1, 1000}));
    CHECK(said.outcome == lock::outcome::not_leader);
    CHECK(said.has_hint);
    CHECK(said.hint == leader);
    CHECK(said.reply.empty());
}

TEST_CASE("the longest lawful command is answered") {
    world w;
    const node_id leader = *w.leader();
    lock::acquire_all longest;
    for (std::uint32_t i = 0; i < lock::config{}.max_locks_per_request; ++i) {
        longest.locks.push_back(
            {std::string(lock::name_bytes_end - 2, 'n') + std::to_string(10 + i)});
    }
    bytes lawful;
    byte_writer to_lawful(lawful);
    lock::encode(lock::command(longest), to_lawful);
    CHECK(w.answer(ann, w.send_bytes(ann, leader, lawful)).outcome == lock::outcome::answered);
}

TEST_CASE("malformed, oversized and misdirected requests get a definite answer and no log entry") {
    world w;
    const node_id leader = *w.leader();
    const slot before = w.at(leader).status().next;
    for (const bytes& garbage : {bytes{}, bytes(1), bytes(100, std::byte{0xff})}) {
        const auto said = w.answer(ann, w.send_bytes(ann, leader, garbage));
        REQUIRE(said.outcome == lock::outcome::answered);
        lock::reply decoded;
        REQUIRE(lock::decode(said.reply, decoded));
        CHECK(decoded == malformed());
    }
    CHECK(w.refused == std::vector(3, std::pair(node_id(ann), refusal::malformed)));
    w.refused.clear();
    const auto large = w.answer(ann, w.send_bytes(ann, leader, bytes(1'000'000)));
    CHECK(large.outcome == lock::outcome::too_large);
    CHECK(w.refused == std::vector{std::pair(node_id(ann), refusal::too_large)});
    w.refused.clear();
    bytes good;
    byte_writer out(good);
    lock::encode(lock::command(lock::open_session{{1, 1}, 1, 1000}), out);
    const auto foreign = w.answer(ann, w.send_bytes(ann, leader, good, cluster_id(8)));
    CHECK(foreign.outcome == lock::outcome::not_leader);
    CHECK(foreign.cluster == our_cluster);
    CHECK_FALSE(foreign.has_hint);
    CHECK(w.refused == std::vector{std::pair(node_id(ann), refusal::wrong_cluster)});
    CHECK(w.at(leader).status().next == before);
}

TEST_CASE("what exceeds the replica's bounds is overloaded, and nobody waits for ever") {
    log_limits limits;
    limits.pending_commands = 2;
    world w(limits);
    const node_id leader = *w.leader();
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 5; ++i) {
        numbers.push_back(w.send(ann, leader, lock::open_session{{1, i}, 1, 1000}));
    }
    std::map<lock::outcome, int> outcomes;
    for (const std::uint64_t number : numbers) ++outcomes[w.answer(ann, number).outcome];
    CHECK(outcomes[lock::outcome::answered] == 2);
    CHECK(outcomes[lock::outcome::overloaded] == 3);
}

TEST_CASE("a deposed leader answers that it does not know, and its table's events stay with it") {
    world w;
    const session_id anns = w.open(ann);
    const session_id bobs = w.open(bob);
    const auto first = get<lock::granted>(w.ask(ann, w.acquire(anns, "door")));
    REQUIRE(w.ask(bob, w.acquire(bobs, "door")) == lock::reply(lock::queued{}));
    const node_id old_leader = *w.leader();
    w.cut(old_leader, true);
    const std::uint64_t lost = w.send(ann, old_leader, lock::keep_alive{w.stamp(anns)});
    CHECK(w.answer(ann, lost).outcome == lock::outcome::outcome_unknown);
    while (!w.leader()) w.step();
    // Bob speaks to the new leader, which so learns where he is.
    REQUIRE(holds_alternative<lock::kept>(w.ask(bob, lock::keep_alive{w.stamp(bobs)})));
    (void)w.ask(ann, lock::release{w.stamp(anns), 0, first.token});
    CHECK(w.mails[bob].events.size() == 1);
    w.cut(old_leader, false);
    w.run(1'000);
    CHECK(w.mails[bob].events.size() == 1);  // the old leader applies it, too, and says nothing
    CHECK(w.service(old_leader).speakers() == 0);
}

TEST_CASE("a service that stops answers everybody who waits") {
    world w;
    const node_id leader = *w.leader();
    w.cut(leader, true);
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t i = 0; i < 3; ++i) {
        numbers.push_back(w.send(ann, leader, lock::open_session{{1, i}, 1, 1000}));
    }
    w.step();
    CHECK(w.service(leader).waiting() == 3);
    w.service(leader).stop();
    CHECK(w.service(leader).waiting() == 0);
    for (const std::uint64_t number : numbers) {
        CHECK(w.answer(ann, number).outcome == lock::outcome::stopped);
    }
}

TEST_CASE("locks 3.4: a session acts as whom the host vouches for, whatever its client says") {
    world w({}, {{{node_id(ann), "ann"}}});
    const auto open = [&](std::uint32_t client, std::uint64_t nonce) {
        return w.ask(client, lock::open_session{{1, client}, nonce, 60'000, 0, "root", "meta"});
    };
    const auto anns = get<lock::opened>(open(ann, 1)).session;
    const auto bobs = get<lock::opened>(open(bob, 1)).session;
    CHECK(open(ann, 1) == lock::reply(lock::opened{anns, 60'000}));
    for (const node_id node : node_set::first(3)) {
        std::map<session_id, std::string> principals;
        for (const auto& one : w.at(node).machine().describe().sessions) {
            principals[one.session] = one.principal;
            CHECK(one.meta == "meta");
        }
        CHECK(principals == std::map<session_id, std::string>{{anns, "ann"}, {bobs, "root"}});
    }
}

TEST_CASE("locks 3.8: whom the host vouches for is measured as what a client says is") {
    world w({}, {{{node_id(ann), std::string(lock::principal_bytes_end + 1, 'a')}}});
    CHECK(w.ask(ann, lock::open_session{{1, ann}, 1, 60'000}) ==
          lock::reply(lock::refused{lock::refusal::name_too_long}));
}
