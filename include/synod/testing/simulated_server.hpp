// synod/testing/simulated_server.hpp - one replica, its service, its disk and its clock, through
// all of its lives.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/shared.hpp>
#include <synod/log/replica.hpp>
#include <synod/testing/audited.hpp>
#include <synod/testing/describe.hpp>
#include <synod/testing/oracle.hpp>
#include <synod/testing/simulated_disk.hpp>
#include <synod/testing/simulated_network.hpp>
#include <synod/testing/simulated_process.hpp>
#include <synod/testing/stage.hpp>
#include <synod/testing/virtual_clock.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Where a server is in its lives.
enum class server_state : std::uint8_t {
    up,
    down,    // starts again by itself, or when told
    faulty,  // its disk cannot be trusted, and it said so: out for good
};

/// What the servers of one run share.
template <class Suite, class Network>
struct server_setting {
    stage& run;
    Network& network;
    oracle<typename Suite::watched_quorums>& watch;
    typename Suite::auditor& auditor;
    cluster_id cluster;
    std::uint32_t count = 3;
    log_limits limits{};
    typename Suite::config config{};
};

/// A real replica of `Suite::machine` and whatever surrounds it. `Suite` names the types: see
/// lock_suite.hpp.
template <class Suite, class Network, class Disk>
class simulated_server {
public:
    using message_type = typename Suite::message;
    using setting_type = server_setting<Suite, Network>;

    /// The transport of the replica and of its service.
    class link {
    public:
        static constexpr bool is_single_threaded = true;
        using message_type = typename Suite::message;

        explicit link(simulated_server& owner) : owner_(&owner) {}
        template <class One>
        void send(node_id to, One&& message) noexcept {
            owner_->send(to, message_type(std::forward<One>(message)));
        }

    private:
        simulated_server* owner_;
    };

    /// Tells the oracle who leads.
    struct watcher : silent_observer {
        void elected(ballot with) const { owner->note_election(with); }

        simulated_server* owner = nullptr;
    };

    using machine_type = audited<typename Suite::machine, typename Suite::auditor>;
    using policy_type = typename Suite::template policy<watcher>;
    using transport_type = typename Suite::template transport<link>;
    using replica_type = synod::replica<machine_type, transport_type, shared<Disk>, policy_type>;
    using service_type = typename Suite::template service<link>;

    simulated_server(setting_type& setting, node_id self, virtual_clock shows)
        : clock(shows),
          setting_(setting),
          self_(self),
          process_(std::make_unique<simulated_process>()),
          disk_(setting.run, *process_) {}
    simulated_server(const simulated_server&) = delete;
    simulated_server& operator=(const simulated_server&) = delete;

    /// Begins a life on what the disk holds. A disk that fails to be read is tried again later.
    void start() {
        setting_.run.acting = self_;
        const bool was_damaged = disk_.is_damaged();
        auto begun = begin();
        if (!begun) return stay_down(begun.error());
        replica_.emplace(std::move(*begun));
        judge_beginning(was_damaged);
        service_.emplace(setting_.cluster, link(*this));
        state_ = server_state::up;
        note("starts");
        act([](auto&, instant) {});
    }

    /// Ends this life now; what is not durable is lost. The next begins at `again`.
    void crash(instant again) {
        setting_.run.acting = self_;
        replica_.reset();
        service_.reset();
        auto next = std::make_unique<simulated_process>();
        disk_.crash(*next);
        process_ = std::move(next);
        setting_.watch.ended(self_, incarnation_, disk_.marks());
        reads_.clear();
        state_ = server_state::down;
        wake_ = again;
        note("crashes");
    }

    /// A message arrives.
    void receive(node_id from, message_type&& message) {
        act([&](replica_type& replica, instant now) {
            message.visit([&](auto& one) { take(replica, from, std::move(one), now); });
        });
    }

    /// When something is due here: a deadline, the end of a sync, or the next life.
    [[nodiscard]] instant wake() const { return wake_ < paused_until_ ? paused_until_ : wake_; }

    /// Does what is due.
    void attend() {
        if (state_ == server_state::down) return start();
        act([&](replica_type& replica, instant now) {
            finish_syncs(replica);
            if (replica.next_deadline() <= now) replica.tick(now);
        });
    }

    /// Asks for a read; `done(machine)` is called if it becomes readable. False if this node cannot
    /// serve one.
    template <class Done>
    bool read(Done&& done) {
        if (!is_awake() || !replica_->is_leading()) return false;
        bool is_queued = false;
        act([&](replica_type& replica, instant now) {
            const submission said = replica.read(now);
            is_queued = said.answer == answer::queued;
            if (is_queued) reads_.push_back({said.ticket, std::forward<Done>(done)});
        });
        return is_queued;
    }

    /// Stands still until then: hears nothing, does nothing, and knows nothing of it.
    void pause(instant until) { paused_until_ = until; }
    [[nodiscard]] instant paused_until() const { return paused_until_; }
    [[nodiscard]] bool is_awake() const {
        return state_ == server_state::up && setting_.run.now >= paused_until_;
    }

    /// A new disk, or an old copy of this one: from now on it is another incarnation, which nobody
    /// admits.
    void replace_disk() { incarnation_ = Suite::next_incarnation(incarnation_); }

    /// What is due may have changed with the clock.
    void reschedule() {
        if (state_ != server_state::up) return;
        wake_ = clock.when(replica_->next_deadline(), setting_.run.now);
        if constexpr (requires { disk_.next_due(); }) wake_ = earlier(wake_, disk_.next_due());
    }

    void retire() {
        if (state_ == server_state::up) crash(instant::never());
        wake_ = instant::never();
    }

    [[nodiscard]] node_id self() const { return self_; }
    [[nodiscard]] server_state state() const { return state_; }
    [[nodiscard]] bool is_admitted() const { return incarnation_ == incarnation(1); }
    [[nodiscard]] Disk& disk() { return disk_; }
    [[nodiscard]] bool is_leading() const { return replica_ && replica_->is_leading(); }
    /// Precondition: it is up.
    [[nodiscard]] const replica_type& replica() const { return *replica_; }

    virtual_clock clock;

private:
    using done_type = typename Suite::read_callback;
    struct waiting_read {
        ticket which;
        done_type done;
    };

    [[nodiscard]] result<replica_type> begin() {
        const auto group = own_group();
        auto machine = Suite::make_machine(setting_.config);
        SYNOD_ASSERT(machine.has_value());
        policy_type policy{.quorums = Suite::make_quorums(node_set::first(setting_.count))};
        policy.observer.owner = this;
        policy.limits = setting_.limits;
        policy.limits.seed = setting_.run.random.next() % 1'000'000;
        const bool restores = self_.value() % 2 == 1;
        const machine_type fresh(std::move(*machine), setting_.auditor, *process_, restores);
        const instant now = clock.at(setting_.run.now);
        const transport_type through(link(*this));
        auto old = replica_type::recover(group, fresh, through, shared(disk_), policy, now);
        if (old.error() != errc::nothing_to_recover) return old;
        return replica_type::make(group, fresh, through, shared(disk_), policy, now);
    }

    [[nodiscard]] group own_group() const {
        std::vector<member> members;
        for (const node_id node : node_set::first(setting_.count)) {
            members.push_back({node, node == self_ ? incarnation_ : incarnation(1)});
        }
        return *group::make(setting_.cluster, self_, members);
    }

    /// What a life begins with is what the last one left; of a damaged disk, none begins.
    void judge_beginning(bool was_damaged) {
        if (was_damaged) setting_.run.violate("damage_is_reported: n" + to_string(self_));
        setting_.watch.began(self_, incarnation_, disk_.marks(), replica_->status().promised);
    }

    void stay_down(const std::error_code& why) {
        note("does not start: " + why.message());
        const bool is_passing = why == std::errc::io_error || why == std::errc::no_space_on_device;
        state_ = is_passing ? server_state::down : server_state::faulty;
        wake_ = is_passing ? setting_.run.now + setting_.run.between(milliseconds(10), seconds(1))
                           : instant::never();
        auto next = std::make_unique<simulated_process>();
        disk_.crash(*next);
        process_ = std::move(next);
    }

    /// One turn of the crank: `step(replica, now)`, then everything that it has brought about.
    template <class Step>
    void act(Step&& step) {
        if (state_ != server_state::up) return;
        setting_.run.acting = self_;
        process_->delay = duration(0);
        const instant now = clock.at(setting_.run.now);
        step(*replica_, now);
        const bool is_doomed = draw_doom();
        replica_->flush(now);
        if (!process_->is_dead()) serve();
        tell_votes();
        if (process_->is_dead()) setting_.run.strike(fault::crash_in_flush);
        if (is_doomed || replica_->status().error) {
            return crash(setting_.run.now + setting_.run.between(milliseconds(5), seconds(3)));
        }
        if (process_->delay > duration(0)) pause(setting_.run.now + process_->delay);
        reschedule();
    }

    /// Crashes come between any two effects, and ten times likelier while something waits to be
    /// synced.
    [[nodiscard]] bool draw_doom() {
        const std::uint64_t rate = disk_.has_pending() ? 1'000 : 100;
        stage& run = setting_.run;
        if (!run.faults.contains(fault::crash_in_flush)) return false;
        if (run.random.below(1'000'000) >= rate) return false;
        const std::uint64_t most = std::uint64_t{4} << run.random.below(5);
        process_->doom(run.random.below(most));
        return true;
    }

    void serve() {
        const machine_type& machine = std::as_const(*replica_).machine();
        replica_->drain([&](const completion& end) {
            if (!service_->complete(machine, end)) finish_read(machine, end);
        });
        service_->flush(*replica_);
    }

    void finish_read(const machine_type& machine, const completion& end) {
        for (auto one = reads_.begin(); one != reads_.end(); ++one) {
            if (one->which != end.ticket) continue;
            if (end.outcome == outcome::readable) one->done(machine.machine());
            reads_.erase(one);
            return;
        }
    }

    void finish_syncs(replica_type& replica) {
        if constexpr (requires { disk_.next_due(); }) {
            if (const auto late = disk_.take_late()) replica.synced(*late, {});
            disk_.finish([&](const sync_token& token, const std::error_code& error) {
                replica.synced(token, error);
            });
        } else {
            static_cast<void>(replica);
        }
    }

    void tell_votes() {
        disk_.drain_votes([this](const auto& cast) {
            if (is_admitted()) setting_.watch.voted(self_, cast);
        });
    }

    void note_election(ballot with) {
        note("is elected in ballot " + to_string(with));
        if (is_admitted()) setting_.watch.elected(self_, with);
    }

    template <class One>
    void take(replica_type& replica, node_id from, One&& one, instant now) {
        if constexpr (requires { replica.receive(from, std::forward<One>(one), now); }) {
            replica.receive(from, std::forward<One>(one), now);
        } else if constexpr (requires {
                                 service_->receive(replica, from, std::forward<One>(one), now);
                             }) {
            service_->receive(replica, from, std::forward<One>(one), now);
        }
    }

    void send(node_id to, message_type&& message) {
        if (!process_->acts()) return;
        tell_votes();
        if (is_admitted()) {
            const speaker by{self_, disk_.marks(), replica_->status().applied_below};
            message.visit([&](const auto& one) { setting_.watch.left(one, by); });
        }
        stage& run = setting_.run;
        const auto sent = run.trace.note_send(run.now, self_, digest_of(message), [&] {
            return "sends n" + to_string(to) + ' ' + describe(message);
        });
        setting_.network.post({self_, to, sent, std::move(message)}, run.now + process_->delay);
    }

    void note(const std::string& what) {
        stage& run = setting_.run;
        run.trace.note(run.now, self_, fingerprint_of(what).low, [&] { return what; });
    }

    setting_type& setting_;
    node_id self_;
    std::unique_ptr<simulated_process> process_;  // of this life, or of the next one
    Disk disk_;
    std::optional<replica_type> replica_;  // while it is up
    std::optional<service_type> service_;
    std::vector<waiting_read> reads_;
    server_state state_ = server_state::down;
    incarnation incarnation_{1};  // of the disk
    instant wake_;
    instant paused_until_;
};

}  // namespace synod::inline SYNOD_ABI::testing
