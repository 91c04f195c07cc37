// synod/testing/audited.hpp - a state machine under the eyes of an auditor, which compares what all
// replicas apply.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/fingerprint.hpp>
#include <synod/log/state_machine.hpp>
#include <synod/testing/simulated_process.hpp>

#include <cstdint>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::testing {

/// Every input that a machine has had, in order, as numbers: equal at equal index on every replica
/// and in every life, or replicas have diverged. Input `n` is what takes a machine from n to n + 1.
class audit_trail {
public:
    /// The digest of input `index` and all before it, as some replica saw it. False if another saw
    /// another.
    [[nodiscard]] bool agrees(std::uint64_t index, std::uint64_t digest) {
        if (index < digests_.size()) return digests_[index] == digest;
        digests_.push_back(digest);
        return true;
    }

    /// Likewise for the whole state after `inputs` inputs, a multiple of state_every.
    [[nodiscard]] bool agrees_on_state(std::uint64_t inputs, std::uint64_t digest) {
        return states_.try_emplace(inputs, digest).first->second == digest;
    }

    [[nodiscard]] bool is_new(std::uint64_t index) const { return index >= digests_.size(); }
    [[nodiscard]] std::uint64_t size() const { return digests_.size(); }

    /// How many inputs lie between two comparisons of the whole state.
    static constexpr std::uint64_t state_every = 64;

private:
    std::vector<std::uint64_t> digests_;
    std::map<std::uint64_t, std::uint64_t> states_;  // digests, by number of inputs
};

/// `Machine`, and what the auditor hears of it: `auditor.saw(machine, input)` once for each input
/// of the log, from whichever replica comes there first, and `auditor.diverged(what)` when another
/// replica has had other inputs, or come to another state. Inputs are `applied`, `advanced` and
/// `led`. A replica of an audited machine is a replica of the machine itself: it answers like it.
/// It counts inputs from the first one of the log, so it must have seen them all: no replica may
/// begin with the snapshot of another.
template <timed_state_machine Machine, class Auditor>
class audited {
public:
    struct applied {
        apply_context context;
        bytes_view command;
        bytes_view result;
    };
    struct advanced {
        log_time to;
    };
    struct led {
        ballot by;
    };

    /// With `restores` the machine is replaced, now and then, by one restored from its snapshot.
    audited(Machine machine, Auditor& auditor, const simulated_process& process, bool restores)
        : machine_(std::move(machine)),
          auditor_(&auditor),
          process_(&process),
          restores_(restores) {}

    void apply(const apply_context& context, bytes_view command, result_writer& result) {
        scratch_.clear();
        byte_writer own(scratch_);
        machine_.apply(context, command, own);
        result.raw(scratch_);
        digest_.add(context.at);
        digest_.add(context.now);
        digest_.add(fingerprint_of(command).low);
        digest_.add(fingerprint_of(scratch_).low);
        report(applied{context, command, scratch_});
    }
    void advance(log_time to) {
        machine_.advance(to);
        digest_.add(to);
        report(advanced{to});
    }
    void new_leader(ballot by) {
        machine_.new_leader(by);
        digest_.add(by);
        report(led{by});
    }

    [[nodiscard]] log_time next_deadline() const { return machine_.next_deadline(); }
    void snapshot(byte_writer& out) const { machine_.snapshot(out); }
    [[nodiscard]] std::error_code restore(byte_reader& in) { return machine_.restore(in); }
    template <class Sink>
    void drain_events(Sink&& sink) {
        machine_.drain_events(std::forward<Sink>(sink));
    }
    [[nodiscard]] const auto& sessions() const { return machine_.sessions(); }

    [[nodiscard]] Machine& machine() { return machine_; }
    [[nodiscard]] const Machine& machine() const { return machine_; }
    /// How many inputs it has had.
    [[nodiscard]] std::uint64_t inputs() const { return inputs_; }

private:
    template <class Input>
    void report(const Input& input) {
        const std::uint64_t index = inputs_++;
        if (process_->is_dead()) return;
        audit_trail& trail = auditor_->trail();
        const bool is_new = trail.is_new(index);
        if (!trail.agrees(index, digest_.value().low))
            return auditor_->diverged("inputs or results");
        if (is_new) auditor_->saw(machine_, input);
        if (inputs_ % audit_trail::state_every != 0) return;
        bytes state;
        byte_writer out(state);
        machine_.snapshot(out);
        if (!trail.agrees_on_state(inputs_, fingerprint_of(state).low)) {
            auditor_->diverged("states");
        }
        live_on_in(state);
    }

    /// From here on the machine is one that was restored from its own snapshot: nothing may be lost
    /// by that, except events.
    void live_on_in(const bytes& state) {
        if (!restores_) return;
        byte_reader in(state);
        if (machine_.restore(in)) auditor_->diverged("a state and what its snapshot restores");
    }

    Machine machine_;
    Auditor* auditor_;
    const simulated_process* process_;
    bool restores_;
    fingerprinter digest_;  // of every input so far
    std::uint64_t inputs_ = 0;
    bytes scratch_;
};

}  // namespace synod::inline SYNOD_ABI::testing
