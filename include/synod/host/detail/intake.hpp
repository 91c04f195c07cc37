// synod/host/detail/intake.hpp - a bounded queue through which any thread hands jobs to the one
// that runs a replica.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace synod::inline SYNOD_ABI::host::detail {

/// What became of a job that was pushed.
enum class admission { taken, full, closed };

/// Many push, one takes. Thread-safe.
template <class Job>
class intake {
public:
    /// Room for `most` jobs that weigh up to `heaviest` together.
    intake(std::size_t most, std::size_t heaviest) : most_(most), heaviest_(heaviest) {}

    /// Moves from `job` only if it is taken.
    [[nodiscard]] admission push(Job& job, std::size_t weight) {
        const std::lock_guard lock(mutex_);
        if (is_closed_) return admission::closed;
        if (jobs_.size() >= most_ || weight > heaviest_ - weight_) return admission::full;
        jobs_.push_back(std::move(job));
        weight_ += weight;
        return admission::taken;
    }

    /// Exchanges what has been pushed for `empty`, whose memory is used again.
    void take(std::vector<Job>& empty) {
        const std::lock_guard lock(mutex_);
        std::swap(jobs_, empty);
        weight_ = 0;
    }

    /// From now on nothing is taken.
    void close() {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
    }

private:
    std::mutex mutex_;  // guards all below
    std::vector<Job> jobs_;
    std::size_t weight_ = 0;  // of jobs_; at most heaviest_
    bool is_closed_ = false;
    std::size_t most_;
    std::size_t heaviest_;
};

}  // namespace synod::inline SYNOD_ABI::host::detail
