// tests/unit/log/replica_async.cpp - replicas whose storages sync while they go on.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/log/replica.hpp>
#include <synod/storage/memory.hpp>
#include <synod/testing/rounds.hpp>
#include <synod/transport/memory.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

using namespace synod;

namespace {

/// A sync takes three steps of the test, and one is begun in each step that has something to sync.
struct slow_disk {
    template <class Record>
    void append(const Record& record) noexcept {
        kept.append(record);
    }
    std::error_code sync() noexcept { return kept.sync(); }
    void start_sync(const sync_token& token) noexcept { under_way.push_back({token, step + 3}); }
    template <class Sink>
    std::error_code recover(Sink&& sink) {
        return kept.recover(std::forward<Sink>(sink));
    }
    void forget(slot below) noexcept { kept.forget(below); }

    /// The sync that is done now.
    [[nodiscard]] std::optional<sync_token> take_done() {
        if (under_way.empty() || under_way.front().second > step) return std::nullopt;
        const sync_token done = under_way.front().first;
        under_way.pop_front();
        return done;
    }

    memory_storage<records<entry>> kept;
    std::deque<std::pair<sync_token, std::uint64_t>> under_way;  // and the step in which it is done
    std::uint64_t step = 0;
};
static_assert(async_storage<slow_disk, entry>);

using network = memory_network<replica_message>;
using slow_node = replica<testing::summing_machine, network::link, slow_disk>;

class trio {
public:
    trio() {
        std::vector<member> members;
        for (std::uint32_t i = 0; i < 3; ++i) members.push_back({node_id(i), incarnation(1)});
        for (const member& one : members) {
            const auto group = group::make(cluster_id(1), one.node, members);
            log_policy<> policy{.quorums = *majority::make(group->nodes())};
            policy.limits.seed = one.node.value() + 1;
            nodes.push_back(
                *slow_node::make(*group, {}, net.connect(one.node), {}, policy, instant()));
        }
    }

    /// A millisecond in which everybody hears, syncs end and begin, and the leader is asked for one
    /// more, if `loads`.
    void step(bool loads) {
        now = now + milliseconds(1);
        for (std::uint32_t i = 0; i < 3; ++i) {
            slow_node& one = nodes[i];
            ++one.storage().step;
            net.deliver(node_id(i), [&](node_id from, auto&& message) {
                one.receive(from, std::forward<decltype(message)>(message), now);
            });
            while (const auto done = one.storage().take_done()) one.synced(*done, {});
            if (now >= one.next_deadline()) one.tick(now);
            if (loads && one.is_leading()) {
                const bytes command(sizeof(std::uint64_t));
                asked += one.propose(command, now).answer == answer::queued ? 1 : 0;
            }
            one.flush(now);
            one.drain([this](const completion& end) {
                decided += end.outcome == outcome::decided ? 1 : 0;
            });
        }
    }

    network net;
    std::vector<slow_node> nodes;
    instant now;
    std::uint64_t asked = 0;
    std::uint64_t decided = 0;
};

}  // namespace

TEST_CASE(
    "replicas agree over storages that sync while they go on, and know what all have applied") {
    trio all;
    for (int i = 0; i < 5'000; ++i) all.step(true);
    REQUIRE(all.asked > 1'000);
    for (const slow_node& one : all.nodes) {
        const replica_status status = one.status();
        CHECK(status.applied_below > slot(1'000));
        CHECK(status.applied_below - status.trimmable_below < 1'000);
    }
    for (int i = 0; i < 1'000; ++i) all.step(false);
    CHECK(all.decided == all.asked);
    CHECK(all.nodes[0].status().applied_below == all.nodes[1].status().applied_below);
    CHECK(all.nodes[0].status().applied_below == all.nodes[2].status().applied_below);
}
