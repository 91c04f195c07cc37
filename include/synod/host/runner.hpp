// synod/host/runner.hpp - a thread of its own for one replica: it waits, hands in what comes,
// flushes, and hands out results.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/detail/deferred.hpp>
#include <synod/host/callback.hpp>
#include <synod/host/clock.hpp>
#include <synod/host/detail/engine.hpp>
#include <synod/host/detail/owners.hpp>
#include <synod/host/ending.hpp>
#include <synod/host/submissions.hpp>
#include <synod/log/replica.hpp>
#include <synod/transport/threads.hpp>

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace synod::inline SYNOD_ABI::host {

/// Runs `Replica` on a thread of its own, connected to a `Network` that is a `thread_network` whose
/// messages include those between replicas. What else the network brings is handed to `Service`, as
/// lock::service takes it.
///
/// Thread-safety: all members but the destructor and the assignments, from any thread. Callbacks
/// run on the replica's thread, or on the calling one for what is refused at once; they may call
/// `submit`, `read`, `post` and `status`, must neither wait for this runner nor destroy it, and
/// must not throw.
///
/// Destroying it stops the thread, which takes as long as one flush, that is one sync; then the
/// replica is gone as after a crash, and the storage, if the replica holds a `shared` one, remains
/// for `recover`. By then every submission has ended: `unknown` when the replica had taken it on,
/// else `stopped`; and every request at the service is answered `stopped`.
template <class Replica, class Network, class Service = no_service, clock Clock = steady_clock>
class runner {
    using on_command = synod::detail::deferred<command_callback, Replica>;
    using ending = synod::detail::deferred<host::ending, Replica>;

public:
    using replica_type = Replica;
    using machine_type = typename Replica::machine_type;

    /// Connects node `self`, builds its replica by `make(link, now)`, which returns a
    /// result<Replica>, and starts the thread. Errors: duplicate_member while that node is
    /// connected, id_out_of_range, those of `make`, and the system's if there is no thread to be
    /// had.
    template <class Make>
    [[nodiscard]] static result<runner> start(Network& network, node_id self, Make&& make,
                                              Service service = Service(), options how = options(),
                                              Clock clock = Clock()) {
        auto inbox = network.connect(self);
        if (!inbox) return unexpected(inbox.error());
        auto replica = make(network.link_of(self), clock.now());
        if (!replica) return unexpected(replica.error());
        auto made = std::make_unique<engine>(network, self, std::move(*inbox), std::move(*replica),
                                             std::move(service), std::move(how), std::move(clock));
        if (const std::error_code error = made->start()) return unexpected(error);
        return runner(std::move(made));
    }

    /// Asks for `command` to be decided; the bytes are copied. `done(ending&&)` is called exactly
    /// once.
    void submit(bytes_view command, on_command done) {
        if (engine_->submissions().submit(command, std::move(done))) engine_->wake();
    }

    /// The same, and waits for the end. Not for the replica's own thread, which would wait for
    /// itself.
    [[nodiscard]] ending submit_and_wait(bytes_view command) {
        ending end;
        bool has_ended = false;
        std::mutex mutex;
        std::condition_variable ended;
        submit(command, [&](ending&& came) {
            const std::lock_guard lock(mutex);
            end = std::move(came);
            has_ended = true;
            ended.notify_one();
        });
        std::unique_lock lock(mutex);
        ended.wait(lock, [&has_ended] { return has_ended; });
        return end;
    }

    /// Looks at the machine when it shows everything that was completed, anywhere, before now.
    /// `done(outcome, machine)` is called exactly once, on the replica's thread if the outcome is
    /// `readable`; else the machine is nullptr.
    void read(read_callback<machine_type> done) {
        if (engine_->submissions().read(std::move(done))) engine_->wake();
    }

    /// Runs `job(replica, now)` on the replica's thread, before its next flush: to trim, to hand
    /// leadership over, to look at what this one replica knows. False, and `job` is dropped, when
    /// too many wait or the runner stops; a job that waits by then is dropped.
    bool post(callback<Replica&, instant> job) { return engine_->post(std::move(job)); }

    /// The end of a sync that the replica's async_storage was asked for: the storage calls this
    /// from a thread of its own, and the replica's takes it up. The first sync may be asked for
    /// before `start` has returned the runner to call, so its end must be kept until then; and
    /// nobody may call any more when the runner is destroyed.
    void synced(const sync_token& token, const std::error_code& error)
        requires detail::syncs_apart<Replica>
    {
        engine_->synced(token, error);
    }

    /// What the replica knew after its last flush.
    [[nodiscard]] replica_status status() const { return engine_->status(); }

private:
    using engine = detail::engine<Replica, Network, Service, Clock>;

    explicit runner(std::unique_ptr<engine> made) : engine_(std::move(made)) {}

    std::unique_ptr<engine> engine_;  // lives where its thread knows it
};

}  // namespace synod::inline SYNOD_ABI::host
