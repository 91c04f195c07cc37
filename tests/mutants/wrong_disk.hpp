// tests/mutants/wrong_disk.hpp - what comes of records on their way to a disk.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/paxos/records.hpp>
#include <synod/paxos/storage.hpp>

#include "mutants/mutant.hpp"

#include <concepts>
#include <map>
#include <system_error>
#include <vector>

namespace synod::mutants {

/// A disk. M1 never keeps a promise; M7 writes a vote in two parts; M8 tries a failed sync again
/// and believes it; M31 lets a leader count its own vote before it is written.
template <class Disk>
class wrong_disk : public Disk {
public:
    using Disk::Disk;
    using vote_type = typename Disk::vote_type;

    template <class Record>
    void append(const Record& one) noexcept {
        Disk::append(one);
    }
    void append(const identity_record& one) noexcept {
        self_ = one.node;
        Disk::append(one);
    }
    void append(const promise_record& one) noexcept {
        if (!is(mutant::m1)) Disk::append(one);
    }
    void append(const vote_type& one) noexcept {
        if (is(mutant::m7)) write_ballot_first(one);
        if (is(mutant::m31) && one.ballot.proposer() == self_) {
            unwritten_.push_back(one);
        } else {
            Disk::append(one);
        }
    }

    [[nodiscard]] std::error_code sync() noexcept {
        std::error_code error = Disk::sync();
        if (is(mutant::m8) && error) error = Disk::sync();
        if (is(mutant::m8)) error = {};
        write();
        return error;
    }
    void start_sync(const sync_token& token) noexcept
        requires requires(Disk& disk) { disk.start_sync(token); }
    {
        Disk::start_sync(token);
        write();
    }
    template <class Synced>
    void finish(Synced&& synced) {
        Disk::finish([&](const sync_token& token, const std::error_code& error) {
            synced(token, is(mutant::m8) ? std::error_code() : error);
        });
    }
    template <class Process>
    void crash(Process& next) {
        unwritten_.clear();
        Disk::crash(next);
    }

    friend bool operator==(const wrong_disk& a, const wrong_disk& b)
        requires std::equality_comparable<Disk>
    {
        return static_cast<const Disk&>(a) == b && a.unwritten_ == b.unwritten_ &&
               a.values_ == b.values_;
    }

    template <class Sink>
    void fingerprint(Sink& sink) const
        requires requires(const Disk& disk) { disk.fingerprint(sink); }
    {
        Disk::fingerprint(sink);
        sink.add(unwritten_);
        sink.add(values_.size());
        for (const auto& one : values_) sink.add(one.second);
    }

private:
    /// The ballot of the new vote, with the value that was there.
    void write_ballot_first(const vote_type& one) {
        const auto [old, is_new] = values_.try_emplace(one.at, one);
        if (!is_new) Disk::append(vote_type{one.at, one.ballot, old->second.value});
        old->second = one;
    }
    void write() {
        for (const vote_type& one : unwritten_) Disk::append(one);
        unwritten_.clear();
    }

    node_id self_{max_nodes};
    std::vector<vote_type> unwritten_;
    std::map<slot, vote_type> values_;
};

}  // namespace synod::mutants
