// tests/unit/host/runner.cpp - replicas on threads of their own: commands from many threads,
// leaders that go and come back.
//
// SPDX-License-Identifier: BSL-1.0

#include <synod/base/shared.hpp>
#include <synod/host/runner.hpp>
#include <synod/storage/memory.hpp>

#include "support/catch.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

using namespace synod;

namespace {

/// Counts its commands, and remembers which came: each once.
struct tally {
    void apply(const apply_context&, bytes_view command, result_writer& result) {
        byte_reader in(command);
        is_sound = seen.insert(in.number<std::uint64_t>()).second && is_sound;
        result.number(std::uint64_t{seen.size()});
    }
    static void snapshot(byte_writer&) {}
    static std::error_code restore(byte_reader&) { return {}; }

    std::set<std::uint64_t> seen;
    bool is_sound = true;
};

using network = thread_network<replica_message>;
using store = memory_storage<records<entry>>;
using tally_replica = replica<tally, network::link, shared<store>>;
using tally_runner = host::runner<tally_replica, network>;

bytes encoded(std::uint64_t number) {
    bytes out;
    byte_writer(out).number(number);
    return out;
}

/// Three nodes whose storages stay when they go.
class trio {
public:
    explicit trio(host::options how = {}) : how_(std::move(how)) {
        how_.on_leadership = [this, told = how_.on_leadership](const auto& change) {
            note(change);
            if (told) told(change);
        };
        for (const node_id node : node_set::first(3)) start(node);
    }
    ~trio() {
        for (auto& runner : runners_) runner.reset();  // before what they report to
    }

    void start(node_id node) {
        std::vector<member> members;
        for (const node_id one : node_set::first(3)) members.push_back({one, incarnation(1)});
        const synod::group group = *group::make(cluster_id(1), node, members);
        log_policy<> policy{.quorums = *majority::make(node_set::first(3))};
        policy.limits.election_timeout = milliseconds(100);
        policy.limits.seed = node.value() + 1;
        store& kept = stores_[node.value()];
        const auto make = [&](network::link link, instant now) {
            auto old = tally_replica::recover(group, {}, link, shared(kept), policy, now);
            const bool is_new = old.error() == make_error_code(errc::nothing_to_recover);
            return is_new ? tally_replica::make(group, {}, link, shared(kept), policy, now)
                          : std::move(old);
        };
        auto made = tally_runner::start(net, node, make, {}, how_);
        REQUIRE(made.has_value());
        const std::lock_guard lock(mutex_);
        runners_[node.value()].emplace(std::move(*made));
    }

    void stop(node_id node) {
        const std::lock_guard lock(mutex_);
        runners_[node.value()].reset();
        const std::lock_guard also(leaders_mutex_);
        leaders_.erase(node);
    }

    /// Submits to `node` if it is up; `done` is called in any case.
    void submit(node_id node, bytes_view command, host::command_callback done) {
        const std::lock_guard lock(mutex_);
        auto& runner = runners_[node.value()];
        if (!runner) return done(host::ending{host::outcome::stopped, {}, {}, {}});
        runner->submit(command, std::move(done));
    }
    [[nodiscard]] host::ending submit(node_id node, bytes_view command) {
        std::promise<host::ending> promise;
        auto future = promise.get_future();
        submit(node, command,
               [&promise](host::ending&& end) { promise.set_value(std::move(end)); });
        return future.get();
    }

    [[nodiscard]] tally_runner& at(node_id node) { return *runners_[node.value()]; }

    /// A node that says it leads, and is up.
    node_id wait_for_leader() {
        return wait_for([](node_set leaders) { return !leaders.empty(); });
    }
    /// Until this one does.
    void wait_for_leader(node_id node) {
        wait_for([node](node_set leaders) { return leaders.contains(node); });
    }

    network net;

private:
    void note(const host::leadership_change& change) {
        const std::lock_guard lock(leaders_mutex_);
        if (change.leads) {
            leaders_.insert(change.node);
        } else {
            leaders_.erase(change.node);
        }
        leaders_changed_.notify_all();
    }

    template <class Good>
    node_id wait_for(Good&& good) {
        std::unique_lock lock(leaders_mutex_);
        leaders_changed_.wait(lock, [&] { return good(leaders_); });
        return *leaders_.begin();
    }

    host::options how_;
    std::mutex leaders_mutex_;
    std::condition_variable leaders_changed_;
    node_set leaders_;  // guarded by leaders_mutex_: who has said that it leads, and is up
    std::mutex mutex_;  // guards runners_
    std::array<store, 3> stores_;
    std::array<std::optional<tally_runner>, 3> runners_;
};

/// Submits until decided, looking for the leader as clients do. Only what is surely not decided is
/// sent again.
host::ending persist(trio& cluster, std::uint64_t number, std::atomic<int>& ends) {
    node_id to(static_cast<std::uint32_t>(number % 3));
    for (;;) {
        host::ending end = cluster.submit(to, encoded(number));
        ++ends;
        if (end.outcome == host::outcome::decided || end.outcome == host::outcome::unknown) {
            return end;
        }
        to = cluster.wait_for_leader();
    }
}

}  // namespace

TEST_CASE(
    "a command submitted to the leader is decided with its result, elsewhere it is told where to "
    "go") {
    trio cluster;
    const node_id leader = cluster.wait_for_leader();
    const auto end = cluster.at(leader).submit_and_wait(encoded(1));
    CHECK(end.outcome == host::outcome::decided);
    CHECK(byte_reader(end.result).number<std::uint64_t>() == 1);
    const node_id other((leader.value() + 1) % 3);
    const auto told = cluster.at(other).submit_and_wait(encoded(2));
    CHECK(told.outcome == host::outcome::not_leader);
    const bytes huge(1'000'000);
    CHECK(cluster.at(leader).submit_and_wait(huge).outcome == host::outcome::too_large);
}

TEST_CASE("a read shows the machine on its own thread") {
    trio cluster;
    const node_id leader = cluster.wait_for_leader();
    for (std::uint64_t i = 0; i < 10; ++i) (void)cluster.at(leader).submit_and_wait(encoded(i));
    std::promise<std::size_t> seen;
    cluster.at(leader).read([&](host::outcome how, const tally* machine) {
        seen.set_value(how == host::outcome::readable ? machine->seen.size() : 0);
    });
    CHECK(seen.get_future().get() == 10);
}

TEST_CASE("a job runs on the replica's thread, and hands leadership over") {
    trio cluster;
    const node_id leader = cluster.wait_for_leader();
    const node_id heir((leader.value() + 1) % 3);
    (void)cluster.at(leader).submit_and_wait(encoded(1));
    std::promise<std::error_code> said;
    REQUIRE(cluster.at(leader).post([&](tally_replica& replica, instant now) {
        said.set_value(replica.transfer_leadership(heir, now));
    }));
    CHECK_FALSE(said.get_future().get());
    cluster.wait_for_leader(heir);
    CHECK(cluster.at(heir).status().leader.proposer() == heir);
}

TEST_CASE("elections are reported, with how long they took") {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<host::leadership_change> changes;
    host::options how;
    how.on_leadership = [&](const host::leadership_change& change) {
        const std::lock_guard lock(mutex);
        changes.push_back(change);
        changed.notify_one();
    };
    trio cluster(how);
    std::unique_lock lock(mutex);
    changed.wait(lock, [&changes] { return !changes.empty(); });
    CHECK(changes.front().leads);
    CHECK(changes.front().ballot.proposer() == changes.front().node);
    CHECK(changes.front().took >= duration(0));
    CHECK(changes.front().took < seconds(10));
}

TEST_CASE(
    "leaders are destroyed and rebuilt under load: every command ends once, and what was decided "
    "stays") {
    trio cluster;
    cluster.wait_for_leader();
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t each = 150;
    std::atomic<int> ends{0};
    std::atomic<std::uint64_t> finished{0};
    std::mutex mutex;
    std::set<std::uint64_t> decided;
    std::vector<std::thread> workers;
    for (std::uint64_t worker = 0; worker < threads; ++worker) {
        workers.emplace_back([&, worker] {
            for (std::uint64_t i = 0; i < each; ++i) {
                const std::uint64_t number = worker * each + i;
                const auto end = persist(cluster, number, ends);
                ++finished;
                finished.notify_one();
                const std::lock_guard lock(mutex);
                if (end.outcome == host::outcome::decided) decided.insert(number);
            }
        });
    }
    for (std::uint64_t part = 1; part <= 3; ++part) {
        for (auto now = finished.load(); now < part * threads * each / 4; now = finished.load()) {
            finished.wait(now);
        }
        const node_id leader = cluster.wait_for_leader();
        cluster.stop(leader);
        cluster.wait_for_leader();
        cluster.start(leader);
    }
    for (auto& worker : workers) worker.join();
    CHECK(decided.size() >= threads * each - 3 * threads);
    for (;;) {  // the leader may change once more
        std::promise<bool> good;
        cluster.at(cluster.wait_for_leader()).read([&](host::outcome how, const tally* machine) {
            if (how != host::outcome::readable) return good.set_value(false);
            for (const std::uint64_t number : decided) CHECK(machine->seen.contains(number));
            CHECK(machine->is_sound);
            good.set_value(true);
        });
        if (good.get_future().get()) break;
    }
}

TEST_CASE("destroying a runner ends what was submitted, and takes no longer than a flush") {
    for (int round = 0; round < 10; ++round) {
        std::atomic<int> ends{0};
        {
            trio cluster;
            const node_id leader = cluster.wait_for_leader();
            for (const node_id node : node_set::first(3)) {
                if (node != leader) cluster.stop(node);
            }
            for (std::uint64_t i = 0; i < 100; ++i) {
                cluster.submit(leader, encoded(i), [&](host::ending&& end) {
                    if (end.outcome != host::outcome::decided) ++ends;
                });
            }
            const auto before = std::chrono::steady_clock::now();
            cluster.stop(leader);
            CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(5));
            CHECK(ends == 100);
        }
        CHECK(ends == 100);
    }
}

TEST_CASE("a node that is running is not started twice, and errors of the replica come back") {
    trio cluster;
    const auto make = [](network::link, instant) -> result<tally_replica> {
        return errc::zero_window;
    };
    CHECK(tally_runner::start(cluster.net, node_id(0), make).error() ==
          make_error_code(errc::duplicate_member));
    CHECK(tally_runner::start(cluster.net, node_id(5), make).error() ==
          make_error_code(errc::zero_window));
    CHECK(cluster.net.connect(node_id(5)).has_value());  // and nothing stays connected
    CHECK(tally_runner::start(cluster.net, node_id(100'000), make).error() ==
          make_error_code(errc::id_out_of_range));
}
