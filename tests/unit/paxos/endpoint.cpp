// tests/unit/paxos/endpoint.cpp - whose storage it is, and the order of things in a flush.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/paxos/endpoint.hpp>

#include "unit/paxos/world.hpp"

namespace {

using namespace world;

using acceptor_on_disk = acceptor<text, wire, disk, watched>;
using proposer_on_disk = proposer<text, wire, disk, watched>;
using learner_of_text = learner<text, wire, watched>;

group group_of(std::uint64_t cluster, node_id self, std::uint64_t life) {
    return *group::make(cluster_id(cluster), self,
                        {{self, incarnation(life)}, {q, incarnation(1)}});
}

watched policy_for(const group& group, events& seen) {
    return {.quorums = *majority::make({group.self()}), .observer = spy(seen)};
}

template <class Role>
std::error_code recovered(const group& group, const disk& storage) {
    events seen;
    return Role::recover(group, {}, storage, policy_for(group, seen)).error();
}

/// The disk of a role made for that group.
template <class Role>
disk formatted(const group& group) {
    events seen;
    auto made = Role::make(group, {}, {}, policy_for(group, seen));
    REQUIRE(made.has_value());
    return made->storage();
}

template <class Role>
void knows_its_own_storage() {
    const group own = group_of(7, a, 1);
    const disk storage = formatted<Role>(own);
    events seen;
    CHECK(Role::make(own, {}, storage, policy_for(own, seen)).error() == errc::storage_not_empty);
    CHECK(!recovered<Role>(own, storage));
    CHECK(recovered<Role>(own, disk()) == errc::nothing_to_recover);
    CHECK(recovered<Role>(group_of(8, a, 1), storage) == errc::wrong_cluster);
    CHECK(recovered<Role>(group_of(7, b, 1), storage) == errc::wrong_node);
    CHECK(recovered<Role>(group_of(7, a, 2), storage) == errc::wrong_incarnation);
}

template <class Role>
void checks_its_policy() {
    events seen;
    watched policy = watched_by(seen);
    policy.quorums = *majority::make({a, b, stranger});
    CHECK(Role::make(seen_by(a), {}, {}, policy).error() == errc::id_not_a_member);
    CHECK(Role::recover(seen_by(a), {}, {}, policy).error() == errc::id_not_a_member);

    policy = watched_by(seen);
    policy.limits.window = 0;
    CHECK(Role::make(seen_by(a), {}, {}, policy).error() == errc::zero_window);
    CHECK(Role::recover(seen_by(a), {}, {}, policy).error() == errc::zero_window);
}

template <class Role>
void passes_on_errors_of_its_storage() {
    events seen;
    disk broken;
    broken.error = broken_disk();
    CHECK(Role::make(seen_by(a), {}, broken, watched_by(seen)).error() == broken_disk());
}

/// Fails when it is read.
struct unreadable : disk {
    template <class Sink>
    [[nodiscard]] std::error_code recover(Sink&&) {
        return broken_disk();
    }
};

}  // namespace

TEST_CASE("a role is made on a new storage and recovered on its own, and on no other") {
    knows_its_own_storage<acceptor_on_disk>();
    knows_its_own_storage<proposer_on_disk>();
}

TEST_CASE("a role is refused a policy that makes no sense") {
    checks_its_policy<acceptor_on_disk>();
    checks_its_policy<proposer_on_disk>();
    events seen;
    watched policy = watched_by(seen);
    policy.quorums = *majority::make({a, stranger});
    CHECK(learner_of_text::make(seen_by(l), {}, policy, start).error() == errc::id_not_a_member);
    policy = watched_by(seen);
    policy.limits.votes_per_answer = 0;
    CHECK(learner_of_text::make(seen_by(l), {}, policy, start).error() == errc::limit_out_of_range);
}

TEST_CASE("a storage that fails while a role is made says so") {
    passes_on_errors_of_its_storage<acceptor_on_disk>();
    passes_on_errors_of_its_storage<proposer_on_disk>();
    events seen;
    using role = acceptor<text, wire, unreadable, watched>;
    CHECK(role::make(seen_by(a), {}, {}, watched_by(seen)).error() == broken_disk());
    CHECK(role::recover(seen_by(a), {}, {}, watched_by(seen)).error() == broken_disk());
}

TEST_CASE("an identity that was never synced is nothing to recover") {
    disk storage = formatted<acceptor_on_disk>(group_of(7, a, 1));
    disk torn;
    torn.append(identity_record{cluster_id(7), a, incarnation(1)});
    CHECK(recovered<acceptor_on_disk>(group_of(7, a, 1), torn) == errc::nothing_to_recover);
    CHECK(!recovered<acceptor_on_disk>(group_of(7, a, 1), storage));
}

TEST_CASE("flush sends what rests on nothing first, then syncs, then sends the rest [PTP 2.2]") {
    using box = outbox<text, one_of<prepare>>;
    events seen;
    endpoint<box, wire, disk, watched> end(seen_by(p), {}, {}, watched_by(seen));
    auto& out = end.output();
    out.send(a, prepare_of(p1));
    out.append(reserve_record{p2});
    out.send(b, prepare_of(p2));

    std::vector<std::pair<node_id, std::size_t>> order;  // the receiver, and the syncs before
    end.flush([&](node_id to, auto&&) { order.emplace_back(to, end.storage().syncs); });
    CHECK(order == std::vector{std::pair(a, std::size_t{0}), std::pair(b, std::size_t{1})});
}

TEST_CASE("what is staged while a flush delivers is synced and sent by the same flush [PTP 2.2]") {
    using box = outbox<text, one_of<prepare>>;
    events seen;
    endpoint<box, wire, disk, watched> end(seen_by(p), {}, {}, watched_by(seen));
    end.output().send(a, prepare_of(p1));

    std::vector<std::size_t> syncs;
    end.flush([&](node_id to, auto&&) {
        syncs.push_back(end.storage().syncs);
        if (to != a) return;
        auto& out = end.output();
        out.append(reserve_record{p2});
        out.send(b, prepare_of(p2));
    });
    CHECK(syncs == std::vector<std::size_t>{0, 1});
    CHECK(end.outbox().is_idle());
}

TEST_CASE("a failed endpoint leaves the storage alone") {
    using box = outbox<text, one_of<prepare>>;
    events seen;
    disk broken;
    broken.error = broken_disk();
    endpoint<box, wire, disk, watched> end(seen_by(p), {}, broken, watched_by(seen));
    end.output().append(reserve_record{p1});
    end.flush();
    end.flush();
    CHECK(end.storage().syncs == 1);
    CHECK(end.error() == broken_disk());
    CHECK(seen.failed.size() == 1);
}
