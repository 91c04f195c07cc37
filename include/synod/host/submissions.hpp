// synod/host/submissions.hpp - commands and reads from any thread, on their way to a replica, and
// their ends on the way back.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/bytes.hpp>
#include <synod/base/detail/deferred.hpp>
#include <synod/base/queue.hpp>
#include <synod/base/time.hpp>
#include <synod/host/callback.hpp>
#include <synod/host/detail/intake.hpp>
#include <synod/host/ending.hpp>
#include <synod/log/replica.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::host {

/// Takes the end of a command.
using command_callback = callback<ending&&>;

/// Takes the end of a read: the machine, when it is readable, else nullptr.
template <class Machine>
using read_callback = callback<host::outcome, const Machine*>;

/// Everything that was submitted to one replica and has not ended. Each submission ends exactly
/// once: `submit` and `read` end what they refuse at once, `hand_over` what the replica refuses,
/// `complete` what it took on, and `close` the rest.
///
/// Thread-safety: `submit` and `read` are for any thread, all else for the one that runs the
/// replica. Callbacks are called on the one or the other, with nothing locked.
template <class Machine>
class submissions {
    using on_command = synod::detail::deferred<command_callback, Machine>;
    using ending = synod::detail::deferred<host::ending, Machine>;

public:
    /// Room for `most` commands of up to `most_bytes` together, and for `most` reads, that the
    /// replica has not been handed yet.
    submissions(std::size_t most, std::size_t most_bytes)
        : commands_(most, most_bytes), reads_(most, most) {}

    /// Returns whether it waits for the replica; if not, it has ended.
    bool submit(bytes_view command, on_command done) {
        command_job job{to_bytes(command), std::move(done)};
        const auto admitted = commands_.push(job, command.size());
        if (admitted == detail::admission::taken) return true;
        job.done(ending{refusal_of(admitted), {}, {}, {}});
        return false;
    }

    bool read(read_callback<Machine> done) {
        const auto admitted = reads_.push(done, 1);
        if (admitted == detail::admission::taken) return true;
        done(refusal_of(admitted), nullptr);
        return false;
    }

    /// Proposes what has come.
    template <class Replica>
    void hand_over(Replica& replica, instant now) {
        commands_.take(command_batch_);
        for (command_job& job : command_batch_) propose(replica, job, now);
        command_batch_.clear();
        reads_.take(read_batch_);
        for (auto& done : read_batch_) ask(replica, done, now);
        read_batch_.clear();
    }

    /// Ends what a completion of the replica names. False if that came from elsewhere.
    bool complete(const Machine& machine, const completion& end) {
        if (!commands_waiting_.empty() && commands_waiting_.front().ticket == end.ticket) {
            on_command done = take_front(commands_waiting_);
            done(ending{detail::outcome_of(end.outcome), end.at, to_bytes(end.result), {}});
            return true;
        }
        if (reads_waiting_.empty() || reads_waiting_.front().ticket != end.ticket) return false;
        read_callback<Machine> done = take_front(reads_waiting_);
        const bool is_readable = end.outcome == synod::outcome::readable;
        done(detail::outcome_of(end.outcome), is_readable ? &machine : nullptr);
        return true;
    }

    /// Ends everything: what the replica took on is unknown, the rest was never proposed. What is
    /// submitted later is `stopped`.
    void close() {
        commands_.close();
        reads_.close();
        while (!commands_waiting_.empty()) {
            take_front(commands_waiting_)(ending{outcome::unknown, {}, {}, {}});
        }
        while (!reads_waiting_.empty()) take_front(reads_waiting_)(outcome::stopped, nullptr);
        commands_.take(command_batch_);
        for (command_job& job : command_batch_) job.done(ending{outcome::stopped, {}, {}, {}});
        reads_.take(read_batch_);
        for (auto& done : read_batch_) done(outcome::stopped, nullptr);
    }

private:
    struct command_job {
        bytes command;
        on_command done;
    };

    template <class Callback>
    struct waiting {
        synod::ticket ticket;
        Callback done;
    };

    [[nodiscard]] static outcome refusal_of(detail::admission refused) {
        return refused == detail::admission::full ? outcome::overloaded : outcome::stopped;
    }

    template <class Callback>
    [[nodiscard]] static Callback take_front(queue<waiting<Callback>>& from) {
        Callback done = std::move(from.front().done);
        from.pop_front();
        return done;
    }

    template <class Replica>
    void propose(Replica& replica, command_job& job, instant now) {
        const submission said = replica.propose(job.command, now);
        if (said.answer == answer::queued) {
            commands_waiting_.push_back({said.ticket, std::move(job.done)});
        } else {
            job.done(ending{detail::outcome_of(said.answer), {}, {}, said.leader});
        }
    }

    template <class Replica>
    void ask(Replica& replica, read_callback<Machine>& done, instant now) {
        const submission said = replica.read(now);
        if (said.answer == answer::queued) {
            reads_waiting_.push_back({said.ticket, std::move(done)});
        } else {
            done(detail::outcome_of(said.answer), nullptr);
        }
    }

    detail::intake<command_job> commands_;
    detail::intake<read_callback<Machine>> reads_;
    std::vector<command_job> command_batch_;  // empty between calls
    std::vector<read_callback<Machine>> read_batch_;
    queue<waiting<on_command>> commands_waiting_;           // tickets rise, as completions come
    queue<waiting<read_callback<Machine>>> reads_waiting_;  // likewise
};

}  // namespace synod::inline SYNOD_ABI::host
