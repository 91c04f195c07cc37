// synod/client/detail/process.hpp - which process this is, and which thread: what a fork and a
// blocking lock must be told apart by.
//
// SPDX-License-Identifier: BSL-1.0

#pragma once

#include <synod/base/assert.hpp>

#include <atomic>
#include <cstdint>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace synod::inline SYNOD_ABI::client::detail {

/// A number that a forked child does not share with its parent; zero where there is no fork.
[[nodiscard]] inline std::int64_t this_process() noexcept {
#if defined(__unix__) || defined(__APPLE__)
    return ::getpid();
#else
    return 0;
#endif
}

/// The owner tag of the calling thread: unique among all threads that this process has ever had.
[[nodiscard]] inline std::uint64_t this_thread_tag() noexcept {
    static std::atomic<std::uint64_t> last{0};
    thread_local const std::uint64_t tag = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return tag;
}

}  // namespace synod::inline SYNOD_ABI::client::detail
