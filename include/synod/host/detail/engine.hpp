// synod/host/detail/engine.hpp - what a runner's thread does.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/host/callback.hpp>
#include <synod/host/clock.hpp>
#include <synod/host/detail/ended_syncs.hpp>
#include <synod/host/detail/intake.hpp>
#include <synod/host/options.hpp>
#include <synod/host/submissions.hpp>
#include <synod/log/replica.hpp>
#include <synod/paxos/storage.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::host {

/// For a replica without clients that speak in messages.
struct no_service {
    template <class Table>
    static bool complete(const Table&, const completion&) {
        return false;
    }
    template <class Replica>
    static void flush(Replica&) {}
    static void stop() {}
};

namespace detail {

/// Whether the storage of a replica is an async_storage.
template <class Replica>
concept syncs_apart = synod::detail::starts_sync<
    std::remove_reference_t<decltype(std::declval<Replica&>().storage())>>;

/// One replica, its thread, and the mailboxes between that thread and all others.
template <class Replica, class Network, class Service, class Clock>
class engine {
public:
    using machine_type = typename Replica::machine_type;
    using job = callback<Replica&, instant>;

    engine(Network& network, node_id self, typename Network::inbox inbox, Replica replica,
           Service service, options how, Clock clock)
        : network_(network),
          self_(self),
          inbox_(std::move(inbox)),
          replica_(std::move(replica)),
          service_(std::move(service)),
          options_(std::move(how)),
          clock_(std::move(clock)),
          submissions_(options_.max_submissions, options_.max_submitted_bytes),
          jobs_(options_.max_submissions, options_.max_submissions),
          status_(replica_.status()) {}
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    /// Stops the thread and waits for it.
    ~engine() {
        is_stopping_.store(true, std::memory_order_release);
        wake();
        if (thread_.joinable()) thread_.join();
    }

    [[nodiscard]] std::error_code start() {
        try {
            thread_ = std::thread([this] { run(); });
        } catch (const std::system_error& error) {
            return error.code();
        }
        return {};
    }

    [[nodiscard]] auto& submissions() { return submissions_; }

    bool post(job asked) {
        if (jobs_.push(asked, 1) != admission::taken) return false;
        wake();
        return true;
    }

    void synced(const sync_token& token, const std::error_code& error) {
        syncs_.put(token, error);
        wake();
    }

    void wake() { network_.wake(self_); }

    [[nodiscard]] replica_status status() const {
        const std::lock_guard lock(status_mutex_);
        return status_;
    }

private:
    void run() {
        while (!is_stopping_.load(std::memory_order_acquire)) {
            inbox_.wait(until_due());
            step(clock_.now());
        }
        jobs_.close();
        jobs_.take(job_batch_);
        job_batch_.clear();
        submissions_.close();
        service_.stop();
    }

    [[nodiscard]] duration until_due() const {
        const instant next = replica_.next_deadline();
        return next == instant::never() ? options_.longest_wait : next - clock_.now();
    }

    /// Everything that there is to do at `now`.
    void step(instant now) {
        inbox_.deliver([&](node_id from, auto&& message) {
            visit([&](auto& one) { take(from, std::move(one), now); }, message);
        });
        take_syncs();
        run_jobs(now);
        submissions_.hand_over(replica_, now);
        if (now >= replica_.next_deadline()) replica_.tick(now);
        replica_.flush(now);
        publish(now);  // whoever is told of an ending finds in the status what brought it about
        replica_.drain([this](const completion& end) { complete(end); });
        service_.flush(replica_);
        trim(now);
    }

    /// A network of many kinds carries messages, too, that are for nobody here.
    template <class Message>
    void take(node_id from, Message&& message, instant now) {
        if constexpr (requires { replica_.receive(from, std::forward<Message>(message), now); }) {
            replica_.receive(from, std::forward<Message>(message), now);
        } else if constexpr (requires {
                                 service_.receive(replica_, from, std::forward<Message>(message),
                                                  now);
                             }) {
            service_.receive(replica_, from, std::forward<Message>(message), now);
        } else {
            replica_.policy().observer.refused(from, refusal::unexpected);
        }
    }

    void take_syncs() {
        if constexpr (syncs_apart<Replica>) {
            if (const auto ended = syncs_.take()) replica_.synced(ended->token, ended->error);
        }
    }

    void run_jobs(instant now) {
        jobs_.take(job_batch_);
        for (job& next : job_batch_) next(replica_, now);
        job_batch_.clear();
    }

    void complete(const completion& end) {
        const machine_type& machine = std::as_const(replica_).machine();
        if (!service_.complete(machine, end)) submissions_.complete(machine, end);
    }

    /// Lets go of what every member has applied, a good part of it at a time, because each step is
    /// a record.
    void trim(instant now) {
        if (!options_.trims) return;
        const replica_status fresh = replica_.status();
        if (fresh.trimmable_below < fresh.first + trim_step) return;
        replica_.trim(fresh.trimmable_below);
        publish(now);
    }

    void publish(instant now) {
        const replica_status fresh = replica_.status();
        {
            const std::lock_guard lock(status_mutex_);
            status_ = fresh;
        }
        watch_elections(fresh, now);
    }

    void watch_elections(const replica_status& fresh, instant now) {
        const standing before = standing_;
        standing_ = fresh.standing;
        if (standing_ == before) return;
        if (before == standing::follower) missed_since_ = now;
        if (!options_.on_leadership) return;
        if (standing_ == standing::leading) {
            options_.on_leadership({self_, fresh.leader, true, now - missed_since_});
        } else if (before == standing::leading) {
            options_.on_leadership({self_, fresh.leader, false, duration(0)});
        }
    }

    static constexpr std::uint64_t trim_step = 1024;

    Network& network_;
    node_id self_;
    typename Network::inbox inbox_;
    Replica replica_;
    Service service_;
    options options_;
    Clock clock_;
    host::submissions<machine_type> submissions_;
    ended_syncs syncs_;  // of use only to an async_storage
    intake<job> jobs_;
    std::vector<job> job_batch_;  // empty between steps
    standing standing_ = standing::follower;
    instant missed_since_;  // when it was a follower last
    mutable std::mutex status_mutex_;
    replica_status status_;  // guarded by status_mutex_
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;  // started last, joined first
};

}  // namespace detail

}  // namespace synod::inline SYNOD_ABI::host
